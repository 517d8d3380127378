"""A case over a bucket: the same answers as over a copy of it, fetched once, and kept in order."""

from __future__ import annotations

import io
import os
import sqlite3
import stat
import threading
import zipfile
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from queries.case import Case, cache_folder, open_case
from queries.errors import InvestigationError, WrongUsage
from queries.progress import CancelToken, Progress
from queries.raw import raw_record
from queries.sources.buckets.options import Selection
from queries.sources.buckets.remote import Remote
from tests.evidence_files import TABLES, write
from tests.queries.test_digests import log_name, write_trail
from tests.sources.buckets import OTHER_ACCOUNT, deliveries, delivery, key, ledger, opened, options
from tests.sources.proxies import Answer, FaultProxy, Request
from tests.sources.s3_server import Server


def tables(case: Case) -> dict[str, list[str]]:
    return {name: sorted(map(repr, case.ask(f"SELECT * FROM {name}").rows)) for name in TABLES}


def evidence_files() -> list[Path]:
    return sorted(p for p in (cache_folder() / "evidence").glob("*/*") if p.is_file())


def test_a_bucket_gives_the_rows_of_its_copy(server: Server, bucket: str, tmp_path: Path) -> None:
    objects = {**deliveries(9, records=4), **deliveries(3, region="eu-west-1")}
    objects["export/odd name+(1) %.json"] = b'{"Records": [{"eventVersion": "1.1"}]} tail'
    server.fill(bucket, objects)
    write(tmp_path, objects)

    with opened(server.url, f"s3://{bucket}") as remote, open_case([str(tmp_path)]) as local:
        assert tables(remote) == tables(local)
        assert remote.totals["raw_records"] == local.totals["raw_records"] > 30
        names = [name.removeprefix(f"s3://{bucket}/") for name in ledger(remote)]
        assert names == sorted(objects)


def test_objects_are_fetched_once_and_an_index_not_built_twice(
    server: Server, proxy: FaultProxy, bucket: str
) -> None:
    server.fill(bucket, deliveries(5))
    with opened(proxy.url, f"s3://{bucket}") as case:
        assert not case.from_cache
        assert case.totals["pushes"] == 5
    assert sorted(proxy.fetched()) == sorted(f"/{bucket}/{name}" for name in deliveries(5))
    proxy.forget()

    with opened(proxy.url, f"s3://{bucket}") as case:
        assert case.from_cache
        assert case.totals["pushes"] == 5
    assert proxy.fetched() == []


def test_a_new_version_of_an_object_is_all_that_is_read_again(
    server: Server, proxy: FaultProxy, bucket: str
) -> None:
    server.fill(bucket, deliveries(3))
    opened(proxy.url, f"s3://{bucket}").close()
    proxy.forget()
    server.client().put_object(Bucket=bucket, Key=key(1), Body=delivery(4))

    progress = Progress()
    remote = Remote(options(proxy.url))
    with open_case([f"s3://{bucket}"], progress=progress, remote=remote) as case:
        assert not case.from_cache
        assert progress.files_total == 1
        assert "changed after it was read" in ledger(case)[f"s3://{bucket}/{key(1)}"][1][-1]
        tags = sorted(tag for (tag,) in case.ask("SELECT image_tags FROM pushes").rows)
        assert tags == ["v0", "v2", "v4"]
    assert proxy.fetched() == [f"/{bucket}/{key(1)}"]


def test_where_evidence_came_from_is_written_down(server: Server, bucket: str) -> None:
    server.fill(bucket, deliveries(2))
    with opened(server.url, f"s3://{bucket}") as case:
        rows = case.ask("SELECT name, sha256, size, modified FROM files ORDER BY name").rows

    with sqlite3.connect(cache_folder() / "evidence" / "manifest.sqlite") as manifest:
        kept = manifest.execute(
            "SELECT bucket, key, sha256, size, etag, last_modified, fetched_at FROM objects"
            " ORDER BY key"
        ).fetchall()
    manifest.close()
    assert [(f"s3://{b}/{k}", digest, size) for b, k, digest, size, *_ in kept] == [
        row[:3] for row in rows
    ]
    assert all(etag and modified and fetched for *_, etag, modified, fetched in kept)
    modes = {stat.S_IMODE(path.stat().st_mode) for path in evidence_files() if path.suffix == ""}
    assert modes == {0o400}
    assert stat.S_IMODE((cache_folder() / "evidence").stat().st_mode) == 0o700


def test_nothing_is_kept_without_a_cache(
    server: Server, bucket: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    server.fill(bucket, deliveries(2))
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)

    with opened(server.url, f"s3://{bucket}", use_cache=False) as case:
        assert case.totals["pushes"] == 2
        assert raw_record(case, 0, 1).position == 1
        assert not (cache_folder() / "evidence").exists()
        assert [p for p in tmp_path.rglob("*") if p.is_file()]
    # DuckDB's folder for what does not fit into memory lives as long as the process.
    assert [p for p in tmp_path.rglob("*") if p.is_file()] == []


def test_an_interrupted_run_goes_on_where_it_stopped(
    server: Server, proxy: FaultProxy, bucket: str
) -> None:
    server.fill(bucket, deliveries(40))
    cancel = CancelToken()

    def rule(request: Request) -> None:
        if len(proxy.fetched()) > 15:
            cancel.cancel()

    proxy.rule = rule
    with opened(proxy.url, f"s3://{bucket}", cancel=cancel, threads=2) as case:
        assert case.totals["stopped"]
        statuses = [status for status, _ in ledger(case).values()]
        assert len(statuses) == 40
        assert not case.totals["evidence_complete"]
    first = evidence_files()
    assert not [path for path in first if path.name.startswith(".fetching")]
    proxy.rule = lambda request: None
    proxy.forget()

    with opened(proxy.url, f"s3://{bucket}") as case:
        assert case.totals["pushes"] == 40
        assert case.totals["duplicates"] == 0
        assert case.totals["evidence_complete"]
    kept = len([path for path in first if path.suffix == ""])
    assert 0 < kept < 40
    assert len(proxy.fetched()) == 40 - kept


def test_what_failed_is_tried_again_and_the_rest_is_not(
    server: Server, proxy: FaultProxy, bucket: str, tmp_path: Path
) -> None:
    server.fill(bucket, deliveries(10))
    denied = {f"/{bucket}/{key(number)}" for number in (2, 5, 7)}
    proxy.rule = lambda request: (
        Answer(403, "AccessDenied") if request.path in denied and request.is_object else None
    )
    kept = tmp_path / "incident.duckdb"

    def run(case_file: Path | None) -> Any:
        return open_case([f"s3://{bucket}"], case_file=case_file, remote=Remote(options(proxy.url)))

    with run(kept) as case:
        assert case.totals["pushes"] == 7
        found = ledger(case)
        bad = {name for name, (status, _) in found.items() if status == "unreadable"}
        assert bad == {f"s3:/{name}" for name in denied}
        assert all("s3:GetObject" in found[name][1][0] for name in bad)
        note = case.totals["notes"][0]
        assert note.startswith("evidence incomplete: 3 of 10 objects not fetched: access denied")
        assert not case.totals["evidence_complete"]
    with open_case([], case_file=kept) as case:
        assert case.totals["pushes"] == 7
    proxy.rule = lambda request: None
    proxy.forget()

    with run(kept) as case:
        assert case.totals["pushes"] == 10
        assert case.totals["evidence_complete"]
    assert set(proxy.fetched()) == denied
    with run(kept) as case:
        assert case.from_cache


def test_a_log_file_that_is_not_handed_out_is_not_called_altered(
    server: Server, proxy: FaultProxy, bucket: str, tmp_path: Path
) -> None:
    write_trail(tmp_path, range(8, 12))
    server.fill(bucket, {path.name: path.read_bytes() for path in tmp_path.iterdir()})
    proxy.rule = lambda request: (
        Answer(403, "AccessDenied")
        if request.is_object and request.path.endswith(log_name(9))
        else None
    )
    with opened(proxy.url, f"s3://{bucket}") as case:
        digests = case.totals["digests"]
        assert (digests["read"], digests["verified"]) == (4, 3)
        assert (digests["altered"], digests["missing"]) == ([], [])
        assert digests["not_compared"] == [log_name(9)]
        assert not any("ALTERED" in note for note in case.totals["notes"])
        assert any("could not be compared" in note for note in case.totals["notes"])
        assert not case.totals["evidence_complete"]


def test_a_case_file_over_a_live_bucket_grows(
    server: Server, proxy: FaultProxy, bucket: str, tmp_path: Path
) -> None:
    server.fill(bucket, deliveries(3))
    kept = tmp_path / "incident.duckdb"

    def run(path: str, **selection: Any) -> Case:
        remote = Remote(options(proxy.url), Selection(**selection))
        return open_case([path], case_file=kept, remote=remote)

    with run(f"s3://{bucket}") as case:
        assert case.totals["pushes"] == 3
    server.client().put_object(Bucket=bucket, Key=key(5), Body=delivery(5))
    proxy.forget()
    with run(f"s3://{bucket}") as case:
        assert case.totals["pushes"] == 4
        assert not case.from_cache
        assert '"v5"' in raw_record(case, 3, 1).text
    assert proxy.fetched() == [f"/{bucket}/{key(5)}"]
    with run(f"s3://{bucket}") as case:
        assert case.from_cache
    # Other evidence is not mixed in: another path, another account.
    with pytest.raises(WrongUsage, match="holds other evidence"):
        run(f"s3://{bucket}/{key(5)}")
    with pytest.raises(WrongUsage, match="holds other evidence"):
        run(f"s3://{bucket}", accounts=frozenset({OTHER_ACCOUNT}))


def test_an_index_of_a_bucket_grows_and_stands_for_the_one_before(
    server: Server, proxy: FaultProxy, bucket: str
) -> None:
    server.fill(bucket, deliveries(3))
    with opened(proxy.url, f"s3://{bucket}") as case:
        first = case.path
    server.client().put_object(Bucket=bucket, Key=key(0, region="eu-west-1"), Body=delivery(7))
    with opened(proxy.url, f"s3://{bucket}") as case:
        assert case.totals["pushes"] == 4
        assert sorted(row[0] for row in case.ask("SELECT file_id FROM files").rows) == [0, 1, 2, 3]
        assert list(cache_folder().glob("*.duckdb")) == [case.path]
        assert case.path != first
    # An object that is gone: the cache holds what is there.
    server.client().delete_object(Bucket=bucket, Key=key(1))
    progress = Progress()
    with open_case(
        [f"s3://{bucket}"], progress=progress, remote=Remote(options(proxy.url))
    ) as case:
        assert case.totals["pushes"] == 3
        assert progress.files_total == 0


def test_local_and_remote_evidence_in_one_run(server: Server, bucket: str, tmp_path: Path) -> None:
    server.fill(bucket, deliveries(3))
    write(tmp_path, {"extra.json.gz": delivery(77)})

    with opened(server.url, f"s3://{bucket}", str(tmp_path)) as case:
        assert case.totals["pushes"] == 4
        assert len(ledger(case)) == 4


def test_overlapping_paths_count_once(server: Server, bucket: str) -> None:
    server.fill(bucket, deliveries(3))

    with opened(server.url, f"s3://{bucket}/{key(1)}", f"s3://{bucket}/AWSLogs") as case:
        assert case.totals["pushes"] == 3
        assert case.totals["duplicates"] == 0
        notes = [notes for status, notes in ledger(case).values() if status == "skipped"]
    assert len(notes) in (0, 1)


def test_a_selection_is_part_of_the_case_and_said(server: Server, bucket: str) -> None:
    server.fill(bucket, {**deliveries(3), **deliveries(2, account=OTHER_ACCOUNT)})
    selection = Selection(since=datetime(2026, 3, 1), accounts=frozenset({OTHER_ACCOUNT}))

    with opened(server.url, f"s3://{bucket}", selection=selection) as case:
        assert case.totals["raw_records"] == 2
        status, notes = ledger(case)[f"s3://{bucket}"]
    assert status == "skipped"
    assert notes == [
        "only a part was asked for and listed: day folders 2026-02-28 to the last; account"
        f" {OTHER_ACCOUNT}"
    ]


def test_archives_in_a_bucket_are_opened(server: Server, bucket: str) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("logs/one.json.gz", delivery(1))
        archive.writestr("logs/two.json.gz", delivery(2))
    server.fill(bucket, {"export.zip": packed.getvalue(), **deliveries(1)})

    with opened(server.url, f"s3://{bucket}") as case:
        assert case.totals["pushes"] == 3
        assert f"s3://{bucket}/export.zip › logs/two.json.gz" in ledger(case)
        [file_id] = [
            row[0]
            for row in case.ask("SELECT file_id FROM files WHERE name LIKE '%two.json.gz'").rows
        ]
        assert '"v2"' in raw_record(case, file_id, 1).text


def test_a_raw_record_is_fetched_again_when_its_file_was_dropped(
    server: Server, proxy: FaultProxy, bucket: str
) -> None:
    server.fill(bucket, deliveries(4))
    with opened(proxy.url, f"s3://{bucket}", evidence_limit=1) as case:
        assert case.totals["pushes"] == 4
        assert [path for path in evidence_files() if path.suffix == ""] == []
        assert "more than the evidence cache may keep" in case.totals["notes"][0]
        assert '"v2"' in raw_record(case, 2, 1).text
        kept = case.path
    proxy.rule = lambda request: Answer(403, "ExpiredToken") if request.is_object else None
    with opened(proxy.url, f"s3://{bucket}") as case:
        assert case.from_cache
        with pytest.raises(InvestigationError, match="the session has expired"):
            raw_record(case, 1, 1)
    with (
        open_case([], case_file=kept) as case,
        pytest.raises(InvestigationError, match="together with its path"),
    ):
        raw_record(case, 1, 1)


def test_the_longest_unused_objects_are_dropped_first(server: Server, bucket: str) -> None:
    server.fill(bucket, {f"a/{number}.json.gz": delivery(number) for number in range(4)})
    size = sum(len(delivery(number)) for number in range(4))
    server.fill(f"{bucket}b", {f"b/{number}.json.gz": delivery(number) for number in range(4, 6)})
    opened(server.url, f"s3://{bucket}").close()
    opened(server.url, f"s3://{bucket}b", evidence_limit=size).close()

    with sqlite3.connect(cache_folder() / "evidence" / "manifest.sqlite") as manifest:
        buckets = [row[0] for row in manifest.execute("SELECT bucket FROM objects ORDER BY 1")]
    manifest.close()
    assert buckets.count(f"{bucket}b") == 2
    assert 0 < buckets.count(bucket) < 4
    assert len([path for path in evidence_files() if path.suffix == ""]) == len(buckets)


def test_a_cache_that_cannot_be_written_is_done_without(
    server: Server, bucket: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    server.fill(bucket, deliveries(2))
    blocked = tmp_path / "file"
    blocked.write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(blocked))

    with opened(server.url, f"s3://{bucket}") as case:
        assert case.totals["pushes"] == 2


def test_a_damaged_copy_in_the_cache_is_fetched_again(
    server: Server, proxy: FaultProxy, bucket: str
) -> None:
    server.fill(bucket, deliveries(2))
    with opened(proxy.url, f"s3://{bucket}") as case:
        case.path.unlink()
    [victim, *_] = [path for path in evidence_files() if path.suffix == ""]
    os.chmod(victim, 0o600)
    victim.write_bytes(b"cut")
    proxy.forget()

    with opened(proxy.url, f"s3://{bucket}") as case:
        assert case.totals["pushes"] == 2
    assert len(proxy.fetched()) == 1


def test_reading_begins_before_the_last_object_is_there(
    server: Server, proxy: FaultProxy, bucket: str
) -> None:
    server.fill(bucket, deliveries(20))
    release = threading.Event()
    progress = Progress()
    last = f"/{bucket}/{key(19)}"

    def rule(request: Request) -> None:
        if request.path == last:
            release.wait(60)

    proxy.rule = rule

    def watch() -> None:
        # The last object is held back until another one has been read.
        while not progress.files_done and not release.wait(0.01):
            pass
        release.set()

    watcher = threading.Thread(target=watch)
    watcher.start()
    with open_case(
        [f"s3://{bucket}"], progress=progress, remote=Remote(options(proxy.url))
    ) as case:
        assert case.totals["pushes"] == 20
    watcher.join()
