"""Looking again in a bucket: only what is new is fetched, and for following only recent days are
listed."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote_plus

import pytest

from queries.case import Case
from queries.errors import InvestigationError
from queries.raw import raw_record
from queries.refresh import look_again
from queries.sources.buckets.options import Selection
from tests.evidence_files import ACCOUNT
from tests.sources.buckets import OTHER_ACCOUNT, deliveries, delivery, key, ledger, opened
from tests.sources.proxies import Answer, FaultProxy
from tests.sources.s3_server import Server

TODAY = f"{datetime.now(UTC):%Y/%m/%d}"


def grown(case: Case, **how: Any) -> Case:
    found = look_again(case, **how)
    assert found is not None
    case.close()
    return found


def listed(proxy: FaultProxy) -> str:
    return " ".join(unquote_plus(r.query) for r in proxy.requests if r.is_list)


def test_only_new_objects_are_fetched_and_only_recent_days_listed(
    server: Server, proxy: FaultProxy, bucket: str
) -> None:
    server.fill(bucket, {**deliveries(4), **deliveries(1, account=OTHER_ACCOUNT)})
    selection = Selection(accounts=frozenset({ACCOUNT}))
    case = opened(proxy.url, f"s3://{bucket}", selection=selection)
    said = ledger(case)[f"s3://{bucket}"]
    for number, owner in ((7, ACCOUNT), (8, OTHER_ACCOUNT)):
        name = key(number, day=TODAY, account=owner)
        server.client().put_object(Bucket=bucket, Key=name, Body=delivery(number))
    proxy.forget()
    case = grown(case, recent=True)
    with case:
        assert proxy.fetched() == [f"/{bucket}/{key(7, day=TODAY)}"]
        assert "/2026/03/02/" not in listed(proxy)
        assert OTHER_ACCOUNT not in listed(proxy)
        assert case.totals["pushes"] == 5
        assert case.totals["evidence_complete"]
        # What the ledger says of the whole selection stays.
        assert ledger(case)[f"s3://{bucket}"] == said
        assert '"v7"' in raw_record(case, 4, 1).text
        assert look_again(case, recent=True) is None
        assert look_again(case) is None
    # The next run finds what grew, and what it fetched.
    proxy.forget()
    with opened(proxy.url, f"s3://{bucket}", selection=selection) as again:
        assert again.from_cache
    assert proxy.fetched() == []


def test_what_failed_is_tried_again_by_hand_only(
    server: Server, proxy: FaultProxy, bucket: str
) -> None:
    server.fill(bucket, deliveries(3, day=TODAY))
    proxy.rule = lambda request: (
        Answer(403, "AccessDenied")
        if request.is_object and request.path.endswith("1.json.gz")
        else None
    )
    case = opened(proxy.url, f"s3://{bucket}")
    assert case.totals["pushes"] == 2
    proxy.forget()
    assert look_again(case, recent=True) is None
    assert proxy.fetched() == []
    case = grown(case)
    assert set(proxy.fetched()) == {f"/{bucket}/{key(1, day=TODAY)}"}
    assert not case.totals["evidence_complete"]
    proxy.rule = lambda request: None
    with grown(case) as case:
        assert case.totals["pushes"] == 3
        assert case.totals["evidence_complete"]
        assert len(ledger(case)) == 3
        assert case.ask("SELECT count(*) FROM files").rows == [(3,)]


def test_a_bucket_that_cannot_be_listed_any_more_is_said(
    server: Server, proxy: FaultProxy, bucket: str
) -> None:
    server.fill(bucket, deliveries(2))
    with opened(proxy.url, f"s3://{bucket}") as case:
        proxy.rule = lambda request: Answer(400, "ExpiredToken")
        for recent in (True, False):
            with pytest.raises(InvestigationError, match="the session has expired"):
                look_again(case, recent=recent)
        assert case.ask("SELECT count(*) FROM pushes").rows == [(2,)]


def test_nothing_is_kept_without_a_cache_however_often_one_looks(
    server: Server, proxy: FaultProxy, bucket: str
) -> None:
    from queries.case import cache_folder

    server.fill(bucket, deliveries(2))
    case = opened(proxy.url, f"s3://{bucket}", use_cache=False)
    for number in (3, 4):
        server.client().put_object(Bucket=bucket, Key=key(number, day=TODAY), Body=delivery(number))
        case = grown(case, recent=True)
    paths = [row[0] for row in case.ask("SELECT path FROM files").rows]
    with case:
        assert case.totals["pushes"] == 4
        assert '"v3"' in raw_record(case, 2, 1).text
    from pathlib import Path

    assert not any(Path(path).exists() for path in paths)
    assert not cache_folder().exists()


def test_an_object_that_was_replaced_is_fetched_and_read_again(
    server: Server, proxy: FaultProxy, bucket: str
) -> None:
    server.fill(bucket, deliveries(3, day=TODAY))
    case = opened(proxy.url, f"s3://{bucket}")
    changed = key(1, day=TODAY)
    server.client().put_object(Bucket=bucket, Key=changed, Body=delivery(9))
    proxy.forget()
    with grown(case, recent=True) as case:
        assert set(proxy.fetched()) == {f"/{bucket}/{changed}"}
        assert case.totals["pushes"] == 3
        tags = {tag for (tag,) in case.ask("SELECT image_tags FROM pushes").rows}
        assert tags == {"v0", "v9", "v2"}
        assert "changed after it was read" in ledger(case)[f"s3://{bucket}/{changed}"][1][-1]
        assert look_again(case, recent=True) is None
        proxy.rule = lambda request: Answer(403, "AccessDenied") if request.is_object else None
        server.client().put_object(Bucket=bucket, Key=changed, Body=delivery(10))
        with pytest.raises(InvestigationError, match="what was read stays"):
            look_again(case, recent=True)
        assert case.totals["pushes"] == 3
