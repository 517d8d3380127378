"""Opening evidence: kept and found again, sealed, stopped half-way, and never changed."""

from __future__ import annotations

import hashlib
import json
import os
import stat
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

from queries.case import Case, cache_folder, open_case
from queries.errors import Cancelled, InvestigationError, WrongUsage
from queries.evidence import evidence_report
from queries.progress import CancelToken, Progress
from queries.raw import raw_record
from queries.sources.local import find_items, looks_like_partial_download
from tests.evidence_files import (
    Record,
    at,
    image,
    index_in_memory,
    one,
    push,
    record,
    rows,
    trail,
    write,
    zipped,
)


@pytest.fixture
def logs(tmp_path: Path) -> Path:
    """Three files with one event each."""
    return write(
        tmp_path / "logs",
        {
            "a.json": trail([push(image("a"), "v1", at(0))]),
            "b.json.gz": zipped(trail([push(image("b"), "v1", at(1))])),
            "deep/er/c.ndjson": json.dumps(push(image("c"), "v1", at(2))).encode(),
        },
    )


def said(path: Path) -> dict[str, tuple[str, list[str]]]:
    """The ledger: what became of each file, by its name."""
    found = index_in_memory(path).execute("SELECT name, status, notes FROM files").fetchall()
    return {Path(name).name: (status, notes) for name, status, notes in found}


# --- kept and found again ----------------------------------------------------------------------


def test_the_same_evidence_is_indexed_once(logs: Path, own_cache: Path) -> None:
    with open_case([str(logs)]) as case:
        assert case.from_cache is False
        first = rows(case, "SELECT * FROM pushes ORDER BY push_key")
        totals = case.totals
    with open_case([str(logs)]) as case:
        assert case.from_cache is True
        assert rows(case, "SELECT * FROM pushes ORDER BY push_key") == first
        assert case.totals == totals
    assert len(list(cache_folder().glob("*.duckdb"))) == 1
    assert cache_folder().parent == own_cache
    others = [path.name for path in cache_folder().iterdir() if path.suffix != ".duckdb"]
    assert [name for name in others if not name.startswith("latest-")] == [], "nothing half"


@pytest.mark.parametrize("change", ["new file", "longer", "same length", "renamed", "gone"])
def test_what_changed_is_in_the_index(logs: Path, change: str) -> None:
    with open_case([str(logs)]) as case:
        before = case.totals["events"]
    if change == "new file":
        write(logs, {"d.json": trail([push(image("d"), "v1", at(3))])})
    elif change == "longer":
        (logs / "a.json").write_bytes(trail([push(image("a"), "v1", at(n)) for n in range(2)]))
    elif change == "same length":
        data = (logs / "a.json").read_bytes()
        (logs / "a.json").write_bytes(data.replace(b"10:00:00", b"10:00:09"))
        os.utime(logs / "a.json", (1, 1))
    elif change == "renamed":
        (logs / "a.json").rename(logs / "z.json")
    else:
        (logs / "a.json").unlink()
    with open_case([str(logs)]) as case:
        assert case.from_cache is False
        grown = {"new file": 1, "longer": 1, "gone": -1}.get(change, 0)
        assert case.totals["events"] == before + grown


def test_one_program_may_open_the_same_evidence_twice(logs: Path) -> None:
    with open_case([str(logs)]) as first, open_case([str(logs)]) as second:
        assert second.from_cache is True
        assert rows(first, "SELECT * FROM events ORDER BY event_key") == rows(
            second, "SELECT * FROM events ORDER BY event_key"
        )


def test_without_a_cache_nothing_outlives_the_program(logs: Path, own_cache: Path) -> None:
    with open_case([str(logs)], use_cache=False) as case:
        kept = case.path
        assert kept.exists()
    assert not kept.exists()
    assert list(own_cache.iterdir()) == []


def test_a_cache_that_cannot_be_written_stops_nobody(
    logs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    with open_case([str(logs)]) as case:
        assert case.totals["events"] == 3


@pytest.mark.parametrize("rubbish", [b"", b"no database at all", b"\0" * 20_000])
def test_a_spoilt_index_in_the_cache_is_made_anew(logs: Path, rubbish: bytes) -> None:
    open_case([str(logs)]).close()
    [kept] = cache_folder().glob("*.duckdb")
    kept.write_bytes(rubbish)
    with open_case([str(logs)]) as case:
        assert case.from_cache is False
        assert case.totals["events"] == 3
    with open_case([str(logs)]) as case:
        assert case.from_cache is True


def test_an_index_of_another_version_is_made_anew(logs: Path) -> None:
    open_case([str(logs)]).close()
    [kept] = cache_folder().glob("*.duckdb")
    with duckdb.connect(str(kept)) as connection:
        connection.execute("UPDATE meta SET value = '0' WHERE key = 'index_version'")
    with open_case([str(logs)]) as case:
        assert case.from_cache is False
        assert case.totals["events"] == 3


def test_a_case_file_is_kept_and_opened_without_the_evidence(logs: Path, tmp_path: Path) -> None:
    file = tmp_path / "new folder" / "intrusion.case"
    with open_case([str(logs)], case_file=file) as case:
        assert case.path == file
        expected = rows(case, "SELECT * FROM pushes ORDER BY push_key")
    with open_case([str(logs)], case_file=file) as case:
        assert case.from_cache is True
    for path in sorted(logs.rglob("*"), reverse=True):
        path.unlink() if path.is_file() else path.rmdir()
    with open_case([], case_file=file) as case:
        assert rows(case, "SELECT * FROM pushes ORDER BY push_key") == expected
        assert case.totals["pushes"] == 3
        with pytest.raises(InvestigationError, match="the record was in it when indexed"):
            raw_record(case, 0, 1)


def test_a_case_file_of_other_evidence_is_never_overwritten(logs: Path, tmp_path: Path) -> None:
    file = tmp_path / "one.case"
    open_case([str(logs)], case_file=file).close()
    before = file.read_bytes()
    other = write(tmp_path / "other", {"x.json": trail([push(image("x"), "v", at(0))])})
    with pytest.raises(WrongUsage, match="holds other evidence"):
        open_case([str(other)], case_file=file)
    assert file.read_bytes() == before


def test_a_file_that_is_no_case_is_left_alone(logs: Path, tmp_path: Path) -> None:
    notes = tmp_path / "notes.txt"
    notes.write_text("do not lose me")
    with pytest.raises(WrongUsage, match="holds other evidence"):
        open_case([str(logs)], case_file=notes)
    with pytest.raises(InvestigationError, match="was not made by this version"):
        open_case([], case_file=notes)
    assert notes.read_text() == "do not lose me"


def test_a_missing_case_file_is_a_wrong_usage(tmp_path: Path) -> None:
    with pytest.raises(WrongUsage, match="no such case file"):
        open_case([], case_file=tmp_path / "nothing.case")


def test_a_case_file_that_cannot_be_kept_is_said_at_once(logs: Path) -> None:
    with pytest.raises(InvestigationError, match="the case cannot be kept there"):
        open_case([str(logs)], case_file=logs / "a.json" / "x.case")


# --- sealed ------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def sealed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Case, Path]]:
    """A case that nothing can change, and the folder of its evidence."""
    folder = tmp_path_factory.mktemp("sealed")
    logs = write(folder / "logs", {"a.json": trail([push(image("a"), "v1", at(0))])})
    with open_case([str(logs)], case_file=folder / "sealed.case") as case:
        yield case, logs


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT * FROM read_csv('{file}')",
        "SELECT * FROM read_json_auto('{file}')",
        "SELECT * FROM read_text('{file}')",
        "SELECT * FROM '{file}'",
        "SELECT * FROM glob('{folder}/*')",
        "COPY events TO '{folder}/out.csv'",
        "ATTACH '{folder}/new.duckdb'",
        "EXPORT DATABASE '{folder}/dump'",
        "INSTALL httpfs",
        "LOAD httpfs",
        "SELECT * FROM 'https://example.com/x.parquet'",
        "SET enable_external_access = true",
        "SET memory_limit = '1TB'",
        "RESET ALL",
        "CREATE TABLE mine (x INT)",
        "UPDATE events SET principal = 'someone else'",
        "DELETE FROM pushes",
        "DROP TABLE files",
    ],
)
def test_a_question_can_touch_nothing_outside_and_change_nothing(
    sealed: tuple[Case, Path], statement: str
) -> None:
    case, logs = sealed
    asked = statement.format(file=logs / "a.json", folder=logs)
    before = sorted(os.listdir(logs))
    with pytest.raises(duckdb.Error):
        case.ask(asked)
    assert sorted(os.listdir(logs)) == before
    assert one(case, "SELECT count(*) FROM pushes") == 1


def test_duckdb_draws_no_progress_over_what_is_shown(logs: Path) -> None:
    with open_case([str(logs)]) as case, open_case([str(logs)]) as again:
        for each in (case, again):
            assert one(each, "SELECT current_setting('enable_progress_bar')") is False


def test_several_threads_may_ask_at_once(logs: Path) -> None:
    found: list[Any] = []
    with open_case([str(logs)]) as case:

        def ask() -> None:
            for _ in range(20):
                found.append(one(case, "SELECT count(*) FROM events"))

        threads = [threading.Thread(target=ask) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert found == [3] * 120


# --- stopping ----------------------------------------------------------------------------------


def test_stopping_before_the_start_reads_nothing_and_says_so(logs: Path) -> None:
    cancel = CancelToken()
    cancel.cancel()
    progress = Progress()
    with open_case([str(logs)], cancel=cancel, progress=progress) as case:
        assert case.totals["stopped"] is True
        assert case.totals["unread_files"] == 3
        assert case.totals["evidence_complete"] is False
        assert case.totals["notes"][0] == (
            "evidence incomplete: 3 files not read, reading was stopped"
        )
        assert progress.files_done == 0
    with open_case([str(logs)]) as case:
        assert case.from_cache is False, "what was stopped is not kept for next time"
        assert case.totals["events"] == 3


class _StopsItself(Progress):
    """Asks to stop once some files are in, as a person would who watches the numbers."""

    def __init__(self, cancel: CancelToken, after: int) -> None:
        super().__init__()
        self.cancel = cancel
        self.after = after

    def add(self, **changes: Any) -> None:
        super().add(**changes)
        if self.files_done >= self.after:
            self.cancel.cancel()


def test_stopping_keeps_what_was_read_and_names_the_rest(tmp_path: Path) -> None:
    folder = write(
        tmp_path,
        {f"{n:02}.json": trail([push(image(str(n)), "v1", at(n))]) for n in range(20)},
    )
    cancel = CancelToken()
    progress = _StopsItself(cancel, 5)
    with open_case([str(folder)], cancel=cancel, progress=progress, workers=1) as case:
        read, unread = (
            one(case, "SELECT count(*) FROM files WHERE status = 'read'"),
            (case.totals["unread_files"]),
        )
        assert (read, unread) == (5, 15)
        assert case.totals["events"] == 5
        notes = rows(case, "SELECT DISTINCT notes FROM files WHERE status = 'not read'")
        assert notes == [(["not read: the reading was stopped before it"],)]
        assert raw_record(case, 4, 1).position == 1


def test_stopping_inside_a_large_file_keeps_its_beginning(tmp_path: Path) -> None:
    lines = [
        json.dumps(record("DescribeImages", at(0), eventID=f"{n}", userAgent="x" * 9000))
        for n in range(1500)
    ]
    write(tmp_path, {"big.ndjson": "\n".join([*lines, "cut {"]).encode()})
    cancel = CancelToken()

    class StopsAtRecords(Progress):
        def add(self, **changes: Any) -> None:
            super().add(**changes)
            if self.records:
                cancel.cancel()

    with open_case(
        [str(tmp_path)], cancel=cancel, progress=StopsAtRecords(), fast=False, use_cache=False
    ) as case:
        assert 0 < case.totals["events"] < 1500
        [(status, notes)] = rows(case, "SELECT status, notes FROM files")
        assert status == "damaged"
        assert "the reading was stopped" in notes[0]
        assert case.totals["evidence_complete"] is False


def test_a_running_question_can_be_stopped_and_the_next_one_asked(logs: Path) -> None:
    cancel = CancelToken()
    with open_case([str(logs)]) as case:
        threading.Timer(0.2, cancel.cancel).start()
        with pytest.raises(Cancelled, match="stopped"):
            case.ask(
                "SELECT sum(a.i * b.i) FROM range(10000000) a(i), range(10000) b(i)", {}, cancel
            )
        assert one(case, "SELECT count(*) FROM events") == 3


def test_a_question_that_was_stopped_before_it_ran_does_not_run(logs: Path) -> None:
    cancel = CancelToken()
    cancel.cancel()
    with open_case([str(logs)]) as case, pytest.raises(Cancelled, match="stopped"):
        case.ask("SELECT count(*) FROM events", {}, cancel)


# --- the evidence stays as it is ---------------------------------------------------------------


def test_evidence_is_not_changed_by_anything(logs: Path, tmp_path: Path) -> None:
    write(logs, {"damaged.json.gz": zipped(trail([push(image("x"), "v", at(3))]))[:-9]})

    def state() -> dict[str, tuple[str, int, int]]:
        return {
            str(path): (
                hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else "",
                path.stat().st_mtime_ns,
                stat.S_IMODE(path.stat().st_mode),
            )
            for path in [logs, *logs.rglob("*")]
        }

    before = state()
    with open_case([str(logs)], case_file=tmp_path / "a.case") as case:
        for file, position in rows(case, "SELECT file_id, position FROM events"):
            raw_record(case, file, position)
        evidence_report(case)
    open_case([str(logs)]).close()
    assert state() == before


def test_the_ledger_has_the_hash_of_every_file_as_stored(logs: Path) -> None:
    write(
        logs,
        {
            "page.html": b"<html>" + b"x" * 3_000_000,
            "notes.txt": b"not a log",
            "cut.json.gz": zipped(trail([push(image("x"), "v", at(3))]))[:60],
            "digest.json": b'{"awsAccountId": "1", "logFiles": []}',
        },
    )
    with open_case([str(logs)]) as case:
        found = {entry["name"]: entry for entry in evidence_report(case)["files"]}
        for name, entry in found.items():
            data = Path(name).read_bytes()
            assert entry["sha256"] == hashlib.sha256(data).hexdigest(), name
            assert entry["size"] == len(data)
        assert len(found) == 7


def test_a_raw_record_is_its_text_byte_for_byte(tmp_path: Path) -> None:
    first = '{ "eventName":"PutImage",\n\t"eventTime" : "2026-03-02T10:00:00Z", "é": "\\u0000" }'
    second = '{"eventTime":"2026-03-02T10:01:00Z","eventName":"GetObject","x":1.10,"x":1e2}'
    folder = write(
        tmp_path,
        {
            "list.json": f"[{first} ,\n {second}]".encode(),
            "trail.json": f'{{"Records":[{first},{second}]}}'.encode(),
            "lines.ndjson": f"{second}\n\n{second}".encode(),
            "utf16.json": f"{first}\n{second}".encode("utf-16"),
        },
    )
    with open_case([str(folder)], use_cache=False) as case:
        wanted = {"lines.ndjson": [second, second]}
        for file, name in rows(case, "SELECT file_id, name FROM files"):
            texts = [raw_record(case, file, position).text for position in (1, 2)]
            assert texts == wanted.get(Path(name).name, [first, second])


def test_evidence_that_changed_since_is_not_shown_as_the_record(logs: Path) -> None:
    with open_case([str(logs)]) as case:
        (logs / "a.json").write_bytes(trail([push(image("else"), "v9", at(9))]))
        with pytest.raises(InvestigationError, match="has changed since it was indexed"):
            raw_record(case, 0, 1)
        (logs / "a.json").unlink()
        with pytest.raises(InvestigationError, match="no such file"):
            raw_record(case, 0, 1)


# --- paths -------------------------------------------------------------------------------------


def test_a_path_is_that_path_whatever_its_name(tmp_path: Path) -> None:
    """DuckDB takes `case [WIP] 1?/a[1].json` for a pattern and reads the decoy."""
    wanted = tmp_path / "case [WIP] 1?" / "a[1].json"
    decoy = tmp_path / "case W 1x" / "a1.json"
    for path, tag in ((wanted, "right"), (decoy, "wrong")):
        write(path.parent, {path.name: trail([push(image(tag), tag, at(0))])})
    for given in (wanted, wanted.parent):
        with open_case([str(given)], use_cache=False) as case:
            assert rows(case, "SELECT image_tags FROM pushes") == [("right",)]
            assert raw_record(case, 0, 1).file_name == str(wanted)
    wanted.unlink()
    with pytest.raises(WrongUsage, match="no such file or folder"):
        open_case([str(wanted)], use_cache=False)


@pytest.mark.parametrize(
    "name", ["*.json", "a;b.json", "it's.json", 'q".json', "-", "~", "ü\n.json"]
)
def test_odd_names_are_only_names(tmp_path: Path, name: str) -> None:
    folder = write(tmp_path, {name: trail([push(image("a"), "v", at(0))])})
    with open_case([str(folder)], use_cache=False) as case:
        assert case.totals["pushes"] == 1
        assert rows(case, "SELECT name FROM files") == [(str(folder / name),)]


def test_a_name_that_is_no_text_is_read_and_found_again(tmp_path: Path) -> None:
    name = os.fsencode(tmp_path) + b"/\xff\xfe.json"
    try:
        descriptor = os.open(name, os.O_CREAT | os.O_WRONLY)
    except OSError:
        pytest.skip("this file system takes only names that are text")
    os.write(descriptor, trail([push(image("a"), "v", at(0))]))
    os.close(descriptor)
    with open_case([str(tmp_path)]) as case:
        assert one(case, "SELECT name FROM files").endswith("\\xff\\xfe.json")
        assert raw_record(case, 0, 1).position == 1
    with open_case([str(tmp_path)]) as case:
        assert case.from_cache is True


def test_a_missing_path_is_a_wrong_usage_whatever_else_is_given(logs: Path) -> None:
    with pytest.raises(WrongUsage, match="taken literally, without wildcards"):
        open_case([str(logs), str(logs / "*.json")])


def test_a_file_given_twice_is_read_once(logs: Path) -> None:
    given = [str(logs / "a.json"), str(logs), str(logs / "deep" / ".." / "a.json")]
    with open_case(given, use_cache=False) as case:
        assert case.totals["raw_records"] == 3
        assert case.totals["duplicates"] == 0
        assert one(case, "SELECT count(*) FROM files WHERE status = 'skipped'") == 2


def test_an_empty_folder_is_no_error_and_holds_nothing(tmp_path: Path) -> None:
    with open_case([str(tmp_path)], use_cache=False) as case:
        assert (case.totals["files"], case.totals["events"]) == (0, 0)
        assert case.totals["window"] == {"first": None, "last": None}


def test_a_pipe_in_a_folder_does_not_hang_anything(logs: Path) -> None:
    os.mkfifo(logs / "pipe")
    (logs / "dangling").symlink_to("nowhere")
    found = said(logs)
    assert found["pipe"] == ("skipped", ["not a regular file"])
    assert found["dangling"] == ("unreadable", ["no such file or directory"])


def test_a_pipe_that_is_named_is_read_and_not_left_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    monkeypatch.setenv("TMPDIR", str(temporary))
    monkeypatch.setattr("tempfile.tempdir", None)
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    data = trail([push(image("a"), "v", at(0))])
    writer = threading.Thread(target=lambda: pipe.write_bytes(data))
    writer.start()
    with open_case([str(pipe)]) as case:
        writer.join()
        assert case.totals["pushes"] == 1
        assert raw_record(case, 0, 1).file_name == str(pipe)
    copies = [path for path in temporary.rglob("*") if path.is_file()]
    assert copies == [], "a copy of the evidence stays behind"


def test_a_file_that_vanishes_before_it_is_read_is_named(logs: Path) -> None:
    class Vanishing(Progress):
        """The file goes away between the listing and the reading."""

        @property
        def files_total(self) -> int:
            return 0

        @files_total.setter
        def files_total(self, count: int) -> None:
            if count:
                (logs / "b.json.gz").unlink()

    with open_case([str(logs)], progress=Vanishing(), use_cache=False) as case:
        assert case.totals["events"] == 2
        [(name, status, notes)] = rows(
            case, "SELECT name, status, notes FROM files WHERE status <> 'read'"
        )
        assert (Path(name).name, status) == ("b.json.gz", "unreadable")
        assert notes == ["could not be read (no such file or directory)"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_what_may_not_be_read_is_named_and_the_rest_read(logs: Path) -> None:
    (logs / "a.json").chmod(0)
    (logs / "deep").chmod(0)
    try:
        found = said(logs)
    finally:
        (logs / "deep").chmod(0o700)
    assert found["b.json.gz"][0] == "read"
    assert found["a.json"] == ("unreadable", ["could not be read (permission denied)"])
    assert found["deep"] == ("unreadable", ["permission denied"])


def test_files_are_listed_in_one_order(tmp_path: Path) -> None:
    write(tmp_path, dict.fromkeys(("b", "a/2", "a/10", "a.json", "B", "ä"), b""))
    names = [item.name.removeprefix(f"{tmp_path}/") for item in find_items([str(tmp_path)]).items]
    assert names == ["B", "a/10", "a/2", "a.json", "b", "ä"]


@pytest.mark.parametrize(
    ("name", "unfinished"),
    [
        ("x.json.gz.6eF3a1B2", True),
        ("x.json.gz.part", True),
        (".s3cmd.Ab12.tmp", True),
        ("x.json.gz.crdownload", True),
        ("x.json.gz", False),
        ("20260302", False),
        ("x.20260302", False),
        ("deadbeef.json", False),
        ("a.b.deadbeef", True),
    ],
)
def test_names_that_interrupted_transfers_leave(name: str, unfinished: bool) -> None:
    assert looks_like_partial_download(f"/some.where.00000000/{name}") is unfinished


# --- what the ledger says ----------------------------------------------------------------------

EVENT: Record = push(image("a"), "v1", at(0))


def test_binary_data_is_missing_evidence_only_where_the_name_says_a_log(tmp_path: Path) -> None:
    data = b"\x00\x01\x02\x03\x80" * 9
    names = [
        "1_CloudTrail_us-east-1",
        "a.json.gz",
        "a.csv.gpg",
        "a.zip",
        "a.png",
        "core",
        "a.etl.gz",
    ]
    files = dict.fromkeys(names, data) | {"in.json.gz": zipped(data), "in.png.gz": zipped(data)}
    found = {name: status for name, (status, _) in said(write(tmp_path, files)).items()}
    assert {name for name, status in found.items() if status == "skipped"} == {
        "a.png",
        "core",
        "in.png.gz",
    }


@pytest.mark.parametrize(
    ("data", "status", "note"),
    [
        (b"", "skipped", "the file is empty"),
        (b" \n\n", "skipped", "the file is blank"),
        (b'{"Records":[]}', "read", ""),
        (b'{"Records":null}', "skipped", "a trail file whose Records is not a list"),
        (b'{"Records":[1,"x",null]}', "skipped", "a JSON number, not a CloudTrail record"),
        (b"<!DOCTYPE html><p>", "skipped", "an HTML page, not a log"),
        (b"<?xml version='1.0'?><Error/>", "skipped", "XML, not a log"),
        (b"\x00\x01\x02\x03\x80" * 9, "unreadable", "binary data where its name says a log"),
        (b"just words", "skipped", "text that is not JSON (it begins 'just words')"),
        (b'{"hello": 1}', "skipped", "keys seen: hello"),
        (b'{"logFiles": [], "awsAccountId": "1"}', "skipped", "digest file"),
        (trail([EVENT])[:-30], "unreadable", "the text ends in the middle of a value"),
        (trail([EVENT, EVENT])[:-30], "damaged", "the text ends in the middle of a value"),
        (json.dumps(EVENT).encode() + b"\n{broken line}\n", "damaged", "line 2: not JSON"),
        (zipped(trail([EVENT])) + b"rest", "read", "other bytes after the end"),
        (trail([EVENT]).decode().encode("utf-16"), "read", "text is UTF-16"),
        (
            b'{"CloudTrailEvent": "{\\"eventName\\": \\"Put"}',
            "unreadable",
            "was cut or is not JSON",
        ),
    ],
)
def test_what_became_of_a_file_is_said(tmp_path: Path, data: bytes, status: str, note: str) -> None:
    write(tmp_path, {"logs/file.json": data})
    [(found, notes)] = said(tmp_path / "logs").values()
    assert found == status
    assert note in "; ".join(notes)
    assert bool(notes) == bool(note)


def test_an_id_used_for_different_events_is_called_out_and_all_are_kept(tmp_path: Path) -> None:
    a = push(image("a"), "v1", at(0), eventID="same")
    b = push(image("b"), "v2", at(1), eventID="same")
    write(tmp_path, {"t.json": trail([a, b, a])})
    with open_case([str(tmp_path)], use_cache=False) as case:
        assert case.totals["events"] == 2
        assert case.totals["duplicates"] == 1
        assert any("1 event IDs stand on records" in note for note in case.totals["notes"])
