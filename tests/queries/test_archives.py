"""Archives and compression: read as streams, never extracted, bombs and locks said aloud."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
import sys
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from queries import unpack
from queries.case import open_case
from queries.raw import raw_record
from queries.sources.archives import WORKBOOK, expand
from queries.sources.local import find_items

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd


def record(number: int) -> dict[str, object]:
    return {
        "eventVersion": "1.11",
        "eventID": f"00000000-0000-4000-8000-{number:012d}",
        "eventTime": f"2026-03-02T10:{number % 60:02d}:00Z",
        "eventSource": "ecr.amazonaws.com",
        "eventName": "DescribeImages",
        "awsRegion": "us-east-1",
        "userIdentity": {"type": "IAMUser", "arn": "arn:aws:iam::111122223333:user/lee"},
        "requestParameters": {"repositoryName": f"team/{number}"},
    }


def trail(*numbers: int) -> bytes:
    return json.dumps({"Records": [record(number) for number in numbers]}).encode()


def zipped(members: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return out.getvalue()


def tarred(members: dict[str, bytes], mode: str = "w:gz") -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode=mode) as archive:  # type: ignore[call-overload]
        for name, data in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return out.getvalue()


def event_ids(path: Path) -> list[str]:
    with open_case([str(path)], use_cache=False) as case:
        return [row[0] for row in case.ask("SELECT event_id FROM events ORDER BY 1").rows]


@pytest.fixture(scope="module")
def fifty(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """The events of a trail as it is."""
    plain = tmp_path_factory.mktemp("fifty") / "plain"
    plain.write_bytes(trail(*range(50)))
    return event_ids(plain)


@pytest.mark.parametrize(
    "pack",
    [
        pytest.param(gzip.compress, id="gzip"),
        pytest.param(bz2.compress, id="bzip2"),
        pytest.param(lzma.compress, id="xz"),
        pytest.param(zstd.compress, id="zstd"),
        pytest.param(lambda data: zipped({"a.json": data}), id="zip"),
        pytest.param(lambda data: tarred({"a.json": data}, "w"), id="tar"),
        pytest.param(lambda data: tarred({"a.json": data}, "w:gz"), id="tar.gz"),
        pytest.param(lambda data: tarred({"a.json": data}, "w:xz"), id="tar.xz"),
        pytest.param(lambda data: tarred({"a.json": data}, "w:bz2"), id="tar.bz2"),
        pytest.param(lambda data: zstd.compress(tarred({"a.json": data}, "w")), id="tar.zst"),
        pytest.param(lambda data: zipped({"a.json.gz": gzip.compress(data)}), id="zip of gzip"),
        pytest.param(lambda data: zipped({"in.zip": zipped({"a": data})}), id="zip in zip"),
        pytest.param(lambda data: tarred({"in.zip": zipped({"a": data})}), id="zip in tar.gz"),
        pytest.param(lambda data: zipped({"in.tgz": tarred({"a": data})}), id="tar.gz in zip"),
        pytest.param(lambda data: gzip.compress(zipped({"a": data})), id="zip in gzip"),
        pytest.param(lambda data: bz2.compress(gzip.compress(data)), id="gzip in bzip2"),
    ],
)
def test_every_wrapping_gives_the_same_events(
    tmp_path: Path, fifty: list[str], pack: Callable[[bytes], bytes]
) -> None:
    wrapped = tmp_path / "wrapped"
    wrapped.write_bytes(pack(trail(*range(50))))
    assert event_ids(wrapped) == fifty


def test_the_raw_record_of_a_nested_member_is_found_again(tmp_path: Path) -> None:
    inner = tarred({"x": trail(1), "y": trail(2, 3)})
    path = tmp_path / "export.zip"
    path.write_bytes(zipped({"first": trail(0), "deep.tgz": inner}))
    with open_case([str(path)], use_cache=False) as case:
        rows = case.ask("SELECT file_id, position, event_id FROM events ORDER BY event_id").rows
        assert len(rows) == 4
        for file_id, position, event_id in rows:
            text = raw_record(case, file_id, position).text
            assert json.loads(text)["eventID"] == event_id
        names = [row[0] for row in case.ask("SELECT name FROM files ORDER BY file_id").rows]
    assert [name.removeprefix(f"{path} › ") for name in names] == [
        "first",
        "deep.tgz › x",
        "deep.tgz › y",
    ]


def test_names_links_and_devices_in_a_tar_do_nothing(tmp_path: Path) -> None:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for name in ("../../outside.json", "/tmp/absolute.json"):
            info = tarfile.TarInfo(name)
            data = trail(1 if name.startswith("/") else 2)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
        for name, kind in (("link", tarfile.SYMTYPE), ("fifo", tarfile.FIFOTYPE)):
            info = tarfile.TarInfo(name)
            info.type, info.linkname = kind, "/etc/passwd"
            archive.addfile(info)
    inside = tmp_path / "inside"
    inside.mkdir()
    (inside / "evil.tar").write_bytes(out.getvalue())
    before = sorted(tmp_path.rglob("*"))
    with open_case([str(inside)], use_cache=False) as case:
        assert case.totals["events"] == 2
        skipped = case.ask("SELECT name, notes[1] FROM files WHERE status = 'skipped'").rows
    assert sorted(tmp_path.rglob("*")) == before
    assert not Path("/tmp/absolute.json").exists()
    assert len(skipped) == 2
    assert all("not followed" in note for _, note in skipped)


def test_an_archive_cut_in_the_middle_gives_what_is_whole(tmp_path: Path) -> None:
    # Random-looking members, so that the cut falls behind the first of them.
    members = {f"{n}.json": trail(*range(n * 100, n * 100 + 100)) for n in range(6)}
    whole = tarred(members, "w:gz")
    path = tmp_path / "cut.tar.gz"
    path.write_bytes(whole[: len(whole) * 2 // 3])
    with open_case([str(path)], use_cache=False) as case:
        assert 100 <= case.totals["events"] < 600
        assert not case.totals["evidence_complete"]
        notes = case.ask("SELECT notes[1] FROM files WHERE status = 'unreadable'").rows
    assert any("damaged" in note for (note,) in notes)


def test_a_locked_member_is_named_and_the_others_are_read(tmp_path: Path) -> None:
    data = bytearray(zipped({"open.json": trail(1), "locked.json": trail(2)}))
    # Set the "encrypted" bit of the second member, in its header and in the directory.
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = data.rindex(mark)
        data[at + offset] |= 1
    path = tmp_path / "half.zip"
    path.write_bytes(data)
    with open_case([str(path)], use_cache=False) as case:
        assert case.totals["events"] == 1
        name, note = case.ask("SELECT name, notes[1] FROM files WHERE status = 'unreadable'").rows[
            0
        ]
    assert name.endswith("locked.json")
    assert "encrypted" in note
    assert "password" in note


def test_a_bomb_is_stopped_and_said_aloud(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unpack, "RATIO_FREE_BYTES", 1 << 21)
    monkeypatch.setattr(unpack, "MAX_RATIO", 50)
    line = json.dumps(record(1)).encode() + b"\n"
    path = tmp_path / "bomb.json.gz"
    path.write_bytes(gzip.compress(line * 20_000))
    (tmp_path / "good.json").write_bytes(trail(7))
    with open_case([str(tmp_path)], use_cache=False) as case:
        notes = case.ask("SELECT notes[1] FROM files WHERE status = 'damaged'").rows
        events = case.totals["events"]
    assert "decompression bomb" in notes[0][0]
    assert events == 2


def test_an_archive_without_files_is_named(tmp_path: Path) -> None:
    (tmp_path / "empty.zip").write_bytes(zipped({}))
    listing = find_items([str(tmp_path)])
    expand(listing)
    assert not list(listing.items)
    assert [reason for _, reason in listing.passed_over] == ["a zip archive without files"]


class Pipe(io.RawIOBase):
    """Where no one can go back: a zip written to it says sizes only behind each member."""

    def __init__(self) -> None:
        super().__init__()
        self.data = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: bytes) -> int:  # type: ignore[override]
        self.data += data
        return len(data)


def piped(members: dict[str, bytes], method: int) -> bytes:
    out = Pipe()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return bytes(out.data)


@pytest.mark.parametrize(
    "pack",
    [
        pytest.param(zipped, id="packed"),
        pytest.param(lambda members: zipped(members, zipfile.ZIP_STORED), id="stored"),
        pytest.param(lambda members: piped(members, zipfile.ZIP_DEFLATED), id="packed to a pipe"),
        pytest.param(lambda members: piped(members, zipfile.ZIP_STORED), id="stored to a pipe"),
        pytest.param(lambda members: tarred(members, "w"), id="tar"),
        pytest.param(lambda members: zipped({"a.zip": zipped(members)}), id="zip in zip"),
        pytest.param(lambda members: tarred({"a.zip": zipped(members)}, "w"), id="zip in tar"),
    ],
)
def test_what_an_archive_has_in_front_of_a_cut_is_read(
    tmp_path: Path, pack: Callable[[dict[str, bytes]], bytes]
) -> None:
    lines = [json.dumps(record(number)) for number in range(3000)]
    members = {
        "folder/1.json": trail(5000),
        "2.json.gz": gzip.compress(trail(5001)),
        "3.ndjson": "\n".join(lines).encode(),
    }
    whole = pack(members)
    path = tmp_path / "cut"
    path.write_bytes(whole[: len(whole) * 3 // 5])
    with open_case([str(path)], use_cache=False) as case:
        # Both whole members, and what stands in the third before the cut.
        assert 500 < case.totals["events"] < 3002
        assert not case.totals["evidence_complete"]
        assert case.ask("SELECT 1 FROM events WHERE event_id LIKE '%5000'").rows
        assert case.ask("SELECT 1 FROM events WHERE event_id LIKE '%5001'").rows
        said = case.ask("SELECT name, status, notes FROM files WHERE status <> 'read'").rows
        # The raw record of what was rescued is found again.
        [(file_id, position, event_id)] = case.ask(
            "SELECT file_id, position, event_id FROM events ORDER BY event_id LIMIT 1 OFFSET 400"
        ).rows
        assert json.loads(raw_record(case, file_id, position).text)["eventID"] == event_id
    assert [status for name, status, _ in said if name.endswith("3.ndjson")] == ["damaged"]
    assert any("archive is damaged" in note for _, _, notes in said for note in notes)


def test_a_member_that_is_damaged_costs_only_its_own_end(tmp_path: Path) -> None:
    members = {f"{n}.json": trail(n) for n in range(3)}
    data = bytearray(zipped(members, zipfile.ZIP_STORED))
    data[data.index(b'"team/1"') + 3] ^= 0x20
    (tmp_path / "flipped.zip").write_bytes(data)
    packed = bytearray(zipped(members))
    at = packed.index(b"1.json") + len(b"1.json")
    packed[at : at + 40] = b"\xff" * 40
    (tmp_path / "broken.zip").write_bytes(packed)
    with open_case([str(tmp_path / "flipped.zip")], use_cache=False) as case:
        assert case.totals["events"] == 3
        [(status, note)] = case.ask("SELECT status, notes[1] FROM files WHERE notes <> []").rows
        assert (status, "checksum" in note) == ("damaged", True)
    with open_case([str(tmp_path / "broken.zip")], use_cache=False) as case:
        assert case.totals["events"] == 2
        [(name, status)] = case.ask("SELECT name, status FROM files WHERE notes <> []").rows
        assert (name.rsplit(" ")[-1], status) == ("1.json", "unreadable")


def test_tars_that_were_joined_or_have_a_broken_header_are_read_on(tmp_path: Path) -> None:
    one, two = tarred({"a": trail(1), "b": trail(2)}, "w"), tarred({"c": trail(3)}, "w")
    (tmp_path / "joined.tar").write_bytes(one + two)
    broken = bytearray(tarred({"a": trail(1), "b": trail(2), "c": trail(3)}, "w"))
    at = broken.index(b"b\x00")
    broken[at : at + 8] = b"\xff" * 8
    (tmp_path / "broken.tar").write_bytes(broken)
    (tmp_path / "tail.tar").write_bytes(one + b"written behind its end" * 100)
    with open_case([str(tmp_path / "joined.tar")], use_cache=False) as case:
        assert (case.totals["events"], case.totals["unreadable_files"]) == (3, 0)
    with open_case([str(tmp_path / "broken.tar")], use_cache=False) as case:
        assert case.totals["events"] == 2
        assert not case.totals["evidence_complete"]
    with open_case([str(tmp_path / "tail.tar")], use_cache=False) as case:
        assert (case.totals["events"], case.totals["unreadable_files"]) == (2, 0)


def test_a_tar_cut_in_a_header_is_damaged_and_a_workbook_is_named(tmp_path: Path) -> None:
    whole = tarred({"a.json": trail(1), "b.json": trail(2)}, "w")
    (tmp_path / "cut.tar").write_bytes(whole[: whole.index(b"b.json") + 50])
    (tmp_path / "whole.tar").write_bytes(whole)
    (tmp_path / "book.xlsx").write_bytes(zipped({"xl/workbook.xml": b"<x/>", "a.xml": b"<x/>"}))
    listing = find_items([str(tmp_path)])
    expand(listing)
    assert len(list(listing.items)) == 3
    [(damaged, reason)] = listing.unreadable
    assert damaged.endswith("cut.tar")
    assert "members before that were read" in reason
    assert [reason for _, reason in listing.passed_over] == [WORKBOOK]


def test_archives_nested_too_deep_are_named(tmp_path: Path) -> None:
    data = trail(1)
    for _ in range(5):
        data = zipped({"in.zip": data})
    path = tmp_path / "deep.zip"
    path.write_bytes(data)
    with open_case([str(path)], use_cache=False) as case:
        assert case.totals["events"] == 0
        notes = [row[0] for row in case.ask("SELECT notes[1] FROM files").rows]
    assert any("nested" in note for note in notes)
