"""Files that were cut into pieces for the way are read as what they were."""

from __future__ import annotations

import io
import json
import tarfile
import zipfile
from collections.abc import Sequence
from pathlib import Path

import pytest

from queries.case import Case, open_case
from queries.raw import raw_record
from queries.sources.pieces import next_name, opened
from tests.evidence_files import at, case_in_memory, image, one, push, rows, trail, write, zipped

RECORDS = [push(image(f"layer {n}"), f"v{n}", at(n)) for n in range(40)]
TRAIL = trail(RECORDS)
LINES = b"".join(json.dumps(each).encode() + b"\n" for each in RECORDS)


def cut(data: bytes, names: Sequence[str]) -> dict[str, bytes]:
    size = len(data) // len(names) + 1
    return {name: data[n * size : (n + 1) * size] for n, name in enumerate(names)}


def in_a_zip() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("a/trail.json", TRAIL)
    return out.getvalue()


def in_a_tar() -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as archive:
        member = tarfile.TarInfo("a/trail.json.gz")
        member.size = len(zipped(TRAIL))
        archive.addfile(member, io.BytesIO(zipped(TRAIL)))
    return out.getvalue()


def ledger(case: Case) -> list[tuple[str, str]]:
    found = rows(case, "SELECT name, status FROM files ORDER BY name")
    return [(name.split(" › ")[0].rsplit("/", 1)[-1], status) for name, status in found]


WHOLES = {
    "gzip": zipped(TRAIL),
    "json": TRAIL,
    "lines": LINES,
    "zip": in_a_zip(),
    "tar": in_a_tar(),
}


@pytest.mark.parametrize(
    ("whole", "names"),
    [
        ("gzip", ["x.json.gz.aa", "x.json.gz.ab", "x.json.gz.ac"]),
        ("gzip", ["xaa", "xab"]),
        ("gzip", ["x.json.gz.part1", "x.json.gz.part2", "x.json.gz.part3"]),
        ("gzip", ["x.gz.part-aa", "x.gz.part-ab"]),
        ("json", ["x.json.000", "x.json.001", "x.json.002"]),
        ("lines", ["x_aa", "x_ab", "x_ac"]),
        ("zip", ["x.zip.001", "x.zip.002"]),
        ("tar", ["x.tar.gz.00", "x.tar.gz.01"]),
    ],
)
def test_pieces_are_read_as_the_file_that_was_cut(
    tmp_path: Path, whole: str, names: list[str]
) -> None:
    with case_in_memory(write(tmp_path, cut(WHOLES[whole], names))) as case:
        assert one(case, "SELECT count(*) FROM events") == len(RECORDS)
        assert case.totals["evidence_complete"]
        first, *others = ledger(case)
        assert first == (names[0], "read")
        assert others == [(name, "skipped") for name in names[1:]]
        assert one(case, "SELECT DISTINCT notes[1] FROM files WHERE status = 'skipped'") == (
            f"a piece of {names[0]}, read with it"
        )


def test_a_record_of_a_file_in_pieces_is_found_again(tmp_path: Path) -> None:
    folder = write(tmp_path, cut(zipped(TRAIL), ["x.json.gz.aa", "x.json.gz.ab"]))
    with open_case([str(folder)], use_cache=False) as case:
        [(file_id, position)] = rows(
            case,
            "SELECT file_id, position FROM events WHERE event_id = $id",
            id=RECORDS[33]["eventID"],
        )
        assert json.loads(raw_record(case, file_id, position).text) == RECORDS[33]


def test_files_of_their_own_stay_so_whatever_their_names(tmp_path: Path) -> None:
    files = {
        "split.aa": LINES[: LINES.index(b"\n") + 1],
        "split.ab": LINES[LINES.index(b"\n") + 1 :],
        "audit.log.1": trail(RECORDS[:2]),
        "audit.log.2": trail(RECORDS[2:4]),
        "day.01": zipped(trail(RECORDS[4:6])),
        "day.02": zipped(trail(RECORDS[6:8])),
    }
    with case_in_memory(write(tmp_path, files)) as case:
        assert ledger(case) == [(name, "read") for name in sorted(files)]


def test_a_missing_piece_is_evidence_that_is_missing(tmp_path: Path) -> None:
    names = ["x.json.gz.aa", "x.json.gz.ab", "x.json.gz.ac", "x.json.gz.ad"]
    pieces = cut(zipped(TRAIL), names)
    del pieces["x.json.gz.ab"]
    with case_in_memory(write(tmp_path, pieces)) as case:
        (_, status), *others = ledger(case)
        assert status in ("damaged", "unreadable")
        assert others == [("x.json.gz.ac", "unreadable"), ("x.json.gz.ad", "unreadable")]
        assert not case.totals["evidence_complete"]


def test_a_file_in_pieces_can_be_read_from_any_place(tmp_path: Path) -> None:
    data = bytes(range(256)) * 10
    write(tmp_path, cut(data, ["x.aa", "x.ab", "x.ac"]))
    with opened(tmp_path / "x.aa") as whole:
        assert whole.read() == data
        assert whole.seek(-5, io.SEEK_END) == len(data) - 5
        assert whole.read() == data[-5:]
        whole.seek(len(data) // 3)
        assert whole.read(20) == data[len(data) // 3 :][:20]


def test_names_go_on_as_split_makes_them() -> None:
    after = {
        "xaz": "xba",
        "x.yz": "x.zaaa",
        "x.009": "x.010",
        "x.part9": "x.part10",
        "x.gz": "x.ha",
    }
    assert {name: next_name(name) for name in after} == after
    assert next_name("audit.log.1") == ""
