"""A bucket that takes long is read in parts, the newest objects first, and comes to the same."""

from __future__ import annotations

import os
import threading
import zipfile
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from queries import partly
from queries.case import Case, cache_folder, open_case
from queries.raw import raw_record
from queries.refresh import look_again
from queries.sources.buckets.options import Selection
from queries.sources.buckets.remote import Remote
from samples import incident_path
from tests.evidence_files import TABLES, to_the_end
from tests.sources.buckets import delivery, key, ledger, options
from tests.sources.proxies import Answer, FaultProxy, Request
from tests.sources.s3_server import Server

FIRST = 30_000
"""Bytes: less than a fifth of the sample incident."""
KEYS = {
    *("event_key", "copy_of", "merged_into", "issued_by_event", "push_key", "previous_push"),
    *("login_event", "ended_by", "definition_event"),
}
"""Columns that name an event by the numbers of its file and its place in that."""
COUNT = 12


@pytest.fixture(scope="module")
def incident(server: Server) -> str:
    """A bucket with the sample incident."""
    root = incident_path()
    files = {str(p.relative_to(root)): p.read_bytes() for p in root.rglob("*") if p.is_file()}
    server.fill("sample-incident", files)
    return "sample-incident"


def remote(proxy: FaultProxy, selection: Selection | None = None) -> Remote:
    return Remote(options(proxy.url), selection)


def tables(case: Case) -> dict[str, list[str]]:
    """All rows of all tables, with the name of a file for its number, which is another one."""
    names = dict(case.ask("SELECT file_id, name FROM files").rows)
    found = {}
    for table in TABLES:
        answer = case.ask(f"SELECT * FROM {table}")
        found[table] = sorted(repr(plain(row, names)) for row in answer.dicts())
    found["files"] = sorted(
        repr(plain(row, names)) for row in case.ask("SELECT * FROM files").dicts()
    )
    return found


def plain(row: dict[str, Any], names: dict[int, str]) -> dict[str, Any]:
    said = dict(row)
    for name in ("deployment_no", "path"):
        said.pop(name, None)
    for column, value in row.items():
        if column == "file_id":
            said[column] = names[value]
        elif column in KEYS and value is not None:
            said[column] = (names[value >> 32], value & 0xFFFFFFFF)
    return said


def counted(case: Case) -> dict[str, Any]:
    changes = [{**change, "event_key": None} for change in case.totals["logging_changes"]]
    return {**case.totals, "logging_changes": changes}


def test_in_parts_it_comes_to_what_it_is_in_one_go(
    proxy: FaultProxy, incident: str, tmp_path: Path
) -> None:
    with zipfile.ZipFile(tmp_path / "export.zip", "w") as export:
        for number in range(2):
            export.writestr(f"logs/{number}.json.gz", delivery(number))
    # Copies of what is in the bucket, and read with another part.
    for number, log in enumerate(sorted(incident_path().rglob("*_eu-west-1_*T0015Z_*.json.gz"))):
        (tmp_path / f"{number}.json.gz").write_bytes(log.read_bytes())
    moment = datetime(2026, 3, 5).timestamp()
    for path in tmp_path.iterdir():
        os.utime(path, (moment, moment))
    paths = [f"s3://{incident}", str(tmp_path)]
    case = open_case(paths, remote=remote(proxy), first=FIRST)
    parts = to_the_end(case, FIRST)
    print([c.totals.get("part") for c in parts])
    with parts[-1] as whole, open_case(paths, remote=remote(proxy), use_cache=False) as once:
        assert counted(whole) == counted(once)
        one, other = tables(whole), tables(once)
        for name in other:
            assert one[name] == other[name], name


@pytest.fixture(scope="module")
def days(server: Server) -> str:
    """A bucket with an object a day."""
    objects = {key(n, day=f"2026/03/{n:02}"): delivery(n) for n in range(1, COUNT + 1)}
    server.fill("a-bucket-of-days", objects)
    return "a-bucket-of-days"


def day_of(request: Request) -> int:
    """Which object of that bucket is asked for; 0 for a listing."""
    return int(request.path.split("/")[-2]) if request.is_object else 0


def test_what_cannot_be_had_is_said_and_tried_again_the_next_time(
    proxy: FaultProxy, days: str
) -> None:
    def rule(request: Request) -> Answer | None:
        if day_of(request) in (COUNT, COUNT - 2):
            return Answer(403, "AccessDenied")
        return Answer(400, "ExpiredToken") if 0 < day_of(request) < COUNT - 3 else None

    proxy.rule = rule
    # The session may expire before anything is shown, or behind the newest object.
    case = open_case([f"s3://{days}"], remote=remote(proxy), first=len(delivery(1)))
    with to_the_end(case, FIRST)[-1] as whole:
        lost = [name for name, (status, _) in ledger(whole).items() if status == "unreadable"]
        assert len(ledger(whole)) == COUNT
        assert len(lost) == COUNT - 2
        assert whole.totals["raw_records"] == 2
        said = " ".join(whole.totals["notes"])
        assert f"{COUNT - 4} of {COUNT} objects not fetched: the session has expired" in said
        assert f"2 of {COUNT} objects not fetched: access denied" in said
    proxy.rule = lambda request: None
    proxy.forget()
    case = open_case([f"s3://{days}"], remote=remote(proxy), first=len(delivery(1)))
    assert case.from_cache
    assert case.totals["part"] == [2, COUNT]
    with to_the_end(case, FIRST)[-1] as whole:
        assert whole.totals["raw_records"] == len(ledger(whole)) == COUNT
        assert whole.totals["evidence_complete"]
        assert "evidence incomplete" not in " ".join(whole.totals["notes"])
    assert len(proxy.fetched()) == len(set(proxy.fetched())) == len(lost)
    with open_case([f"s3://{days}"], remote=remote(proxy)) as again:
        assert again.from_cache


def test_what_comes_in_time_is_shown_first_however_fast_the_network_is(
    proxy: FaultProxy, days: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(partly, "SOON", 0.2)
    release = threading.Event()

    def rule(request: Request) -> None:
        if 0 < day_of(request) <= COUNT - 3:
            release.wait(60)

    proxy.rule = rule
    with open_case([f"s3://{days}"], remote=remote(proxy), first=1 << 20) as case:
        assert case.totals["part"] == [3, COUNT]
        release.set()
        grown = look_again(case, first=1 << 20)
        assert grown is not None
        with grown:
            assert grown.totals["raw_records"] == COUNT


def test_a_selection_holds_for_every_part_and_nothing_is_left_without_a_cache(
    proxy: FaultProxy, days: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    chosen = Selection(since=datetime(2026, 3, 4), until=datetime(2026, 3, 11))
    case = open_case(
        [f"s3://{days}"],
        remote=remote(proxy, chosen),
        first=len(delivery(1)),
        use_cache=False,
    )
    *parts, whole = to_the_end(case, FIRST)
    assert parts
    with whole:
        said = ledger(whole)
        # A day more at both ends.
        assert sorted(name.split("/")[-2] for name in said if name.endswith(".gz")) == [
            f"{day:02}" for day in range(3, 12)
        ]
        assert "only a part was asked for" in said[f"s3://{days}"][1][0]
        numbers = whole.ask("SELECT file_id FROM files WHERE records > 0 ORDER BY name").rows
        texts = [raw_record(whole, number, 1).text for (number,) in numbers]
        assert ['"v3"' in texts[0], '"v11"' in texts[-1]] == [True, True]
        assert len([path for path in tmp_path.rglob("*") if path.is_file()]) > 9
    assert not [path for path in tmp_path.rglob("evidence") if path.is_dir()]
    assert not cache_folder().exists()
