"""Finding the objects, on a real server."""

from __future__ import annotations

import json
from datetime import datetime
from urllib.parse import unquote_plus

import pytest

from queries.progress import CancelToken, Progress
from queries.sources.buckets.clouds import Address
from queries.sources.buckets.faults import DENIED, EMPTY, NO_BUCKET, SIGN_IN, STOPPED
from queries.sources.buckets.listing import added, list_path
from queries.sources.buckets.model import S3_SCHEME
from queries.sources.buckets.options import Selection
from queries.sources.s3.client import S3Client
from tests.evidence_files import ACCOUNT, shared
from tests.sources.buckets import OTHER_ACCOUNT, deliveries, key, keys, listed, options
from tests.sources.proxies import Answer, FaultProxy, Request
from tests.sources.s3_server import LIMITED, Server

ORGANISATION = "o-exampleorg1"


def many_layouts() -> dict[str, bytes]:
    """Every layout that is known, and some that are not."""
    found = [
        key(1),
        key(2, region="eu-west-1"),
        key(3, service="CloudTrail-Digest"),
        key(4, service="CloudTrail-Insight"),
        key(5, root=f"AWSLogs/{ORGANISATION}", account=OTHER_ACCOUNT),
        key(6, root=f"{ORGANISATION}/AWSLogs/{ORGANISATION}"),
        key(7, root="teams/red/trail/AWSLogs"),
        "exports/2026/athena results.csv",
        "loose.json",
        f"AWSLogs/{ACCOUNT}/CloudTrail/note.txt",
    ]
    others = [
        f"AWSLogs/{ACCOUNT}/elasticloadbalancing/us-east-1/2026/03/02/x.log.gz",
        f"AWSLogs/{ACCOUNT}/vpcflowlogs/us-east-1/2026/03/02/x.log.gz",
        f"AWSLogs/{ORGANISATION}/{ACCOUNT}/Config/us-east-1/2026/3/2/x.json.gz",
    ]
    return dict.fromkeys([*found, *others], b"x")


def test_every_layout_is_found_and_other_services_are_left_out(
    server: Server, proxy: FaultProxy, bucket: str
) -> None:
    objects = many_layouts()
    server.fill(bucket, objects)

    found = listed(proxy.url, bucket)

    services = {"elasticloadbalancing", "vpcflowlogs", "Config"}
    assert keys(found) == sorted(k for k in objects if not any(f"/{s}/" in k for s in services))
    assert found.services == services
    assert not found.faults
    asked = [request.query for request in proxy.requests]
    assert not any(service in query for query in asked for service in services)


def test_what_cannot_match_is_never_listed(server: Server, proxy: FaultProxy, bucket: str) -> None:
    days = ["2026/02/27", "2026/02/28", "2026/03/01", "2026/03/02", "2026/03/05", "2025/12/31"]
    objects: dict[str, bytes] = {}
    for account in (ACCOUNT, OTHER_ACCOUNT):
        for region in ("us-east-1", "eu-west-1"):
            for day in days:
                objects |= deliveries(2, account=account, region=region, day=day)
                objects |= deliveries(
                    1, account=account, region=region, day=day, service="CloudTrail-Digest"
                )
    server.fill(bucket, objects)
    selection = Selection(
        datetime(2026, 3, 1), datetime(2026, 3, 2), frozenset({ACCOUNT}), frozenset({"eu-west-1"})
    )

    found = listed(proxy.url, bucket, selection=selection)

    kept = ("2026/02/28", "2026/03/01", "2026/03/02")
    assert keys(found) == sorted(
        k
        for k in objects
        if f"/{ACCOUNT}/" in k and "/eu-west-1/" in k and any(d in k for d in kept)
    )
    assert len(found.objects) == 9
    asked = " ".join(request.query for request in proxy.requests)
    for never in (OTHER_ACCOUNT, "us-east-1", "2026%2F02%2F27", "2026%2F03%2F05", "2025"):
        assert never not in asked


@pytest.mark.parametrize("day", ["2026/03/02", "2026/03/03"])
def test_a_prefix_deep_in_the_layout_is_enough(server: Server, bucket: str, day: str) -> None:
    server.fill(bucket, {**deliveries(2, day="2026/03/02"), **deliveries(2, day="2026/03/03")})
    prefix = f"AWSLogs/{ACCOUNT}/CloudTrail/us-east-1/{day}"

    found = listed(server.url, bucket, prefix)

    assert keys(found) == sorted(deliveries(2, day=day))


@pytest.fixture(scope="module")
def paged(server: Server) -> str:
    """A bucket with more keys in one folder than a page has."""
    server.fill("paged", {f"flat/{number:05}.json": b"{}" for number in range(1_050)})
    return "paged"


def test_more_than_one_page_of_keys(server: Server, paged: str) -> None:
    progress = Progress()
    client = S3Client(options(server.url))
    client.prepare()

    found = list_path(client, Address(S3_SCHEME, paged, ""), Selection(), progress=progress)

    assert keys(found) == [f"flat/{number:05}.json" for number in range(1_050)]
    assert "1,050" in progress.stage


def test_odd_keys_are_literal(server: Server, bucket: str) -> None:
    listing = json.loads(shared("cases", "s3_odd_keys.listing.json").read_text())
    names = [entry["Key"] for entry in listing["Contents"]]
    names += ["new\nline.json", '<x>&amp;".json', "emoji/\U0001f600.json", "tilde~/*", "a=b&c=d;e"]
    server.fill(bucket, {name: b"" if name.endswith("/") else b"{}" for name in names})

    found = listed(server.url, bucket)

    assert keys(found) == sorted(name for name in names if not name.endswith("/"))
    assert found.markers == ["folder/"]
    for name in names[:3]:
        assert keys(listed(server.url, bucket, name)) == [name]


def test_a_path_is_a_name_and_not_the_beginning_of_one(server: Server, bucket: str) -> None:
    server.fill(bucket, dict.fromkeys(["logs/a.json", "logs-old/b.json", "logs"], b"{}"))

    assert keys(listed(server.url, bucket, "logs")) == ["logs", "logs/a.json"]
    assert keys(listed(server.url, bucket, "logs/")) == ["logs/a.json"]
    [(name, fault)] = listed(server.url, bucket, "lo").faults
    assert name == f"s3://{bucket}/lo"
    assert fault.kind == EMPTY
    assert "logs-old/" in fault.text


def test_nothing_there_is_said(server: Server, bucket: str) -> None:
    server.fill(bucket, {})
    [(_, empty)] = listed(server.url, bucket).faults
    [(_, missing)] = listed(server.url, f"{bucket}x").faults
    server.fill(f"{bucket}y", deliveries(1))
    [(_, unmatched)] = listed(
        server.url, f"{bucket}y", selection=Selection(since=datetime(2027, 1, 1))
    ).faults

    assert (empty.kind, empty.text) == (EMPTY, "there is no object here")
    assert missing.kind == NO_BUCKET
    assert "2026-12-31" in unmatched.text


def test_without_the_right_to_list_an_object_is_found_by_its_name(
    server: Server, proxy: FaultProxy, bucket: str
) -> None:
    server.fill(bucket, deliveries(1))
    proxy.rule = lambda request: Answer(403, "AccessDenied") if request.is_list else None

    found = listed(proxy.url, bucket, key(0))
    [(_, fault)] = listed(proxy.url, bucket, "other.json").faults

    assert [(entry.key, entry.size) for entry in found.objects] == [
        (key(0), len(deliveries(1)[key(0)]))
    ]
    assert found.objects[0].etag == listed(server.url, bucket).objects[0].etag
    assert fault.kind == DENIED
    assert "s3:ListBucket" in fault.text


def test_a_policy_that_allows_only_awslogs_is_enough(
    server: Server, proxy: FaultProxy, bucket: str
) -> None:
    server.fill(bucket, deliveries(2))

    def rule(request: Request) -> Answer | None:
        narrow = "prefix=AWSLogs" in request.query
        return Answer(403, "AccessDenied") if request.is_list and not narrow else None

    proxy.rule = rule
    found = listed(proxy.url, bucket)

    assert keys(found) == sorted(deliveries(2))
    assert found.hidden == [f"s3://{bucket}/"]
    assert not found.faults


def test_a_folder_that_may_not_be_listed_is_named_and_the_rest_is_found(
    server: Server, proxy: FaultProxy, bucket: str
) -> None:
    server.fill(bucket, {**deliveries(2), **deliveries(2, account=OTHER_ACCOUNT)})

    def rule(request: Request) -> Answer | None:
        return Answer(403, "AccessDenied") if OTHER_ACCOUNT in request.query else None

    proxy.rule = rule
    found = listed(proxy.url, bucket)

    assert keys(found) == sorted(deliveries(2))
    [(name, fault)] = found.faults
    assert name == f"s3://{bucket}/AWSLogs/{OTHER_ACCOUNT}/"
    assert fault.kind == DENIED


def test_another_identity_is_refused(
    server: Server, bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.fill(bucket, deliveries(1))
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", LIMITED[0])
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", LIMITED[1])
    [(_, denied)] = listed(server.url, bucket).faults
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wrong-marker")
    [(_, wrong)] = listed(server.url, bucket).faults
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "UNKNOWNKEY0000000001")
    [(_, unknown)] = listed(server.url, bucket).faults
    [(_, anonymous)] = listed(server.url, bucket, no_sign_request=True).faults

    assert denied.kind == DENIED
    assert wrong.kind == SIGN_IN
    assert "secret key" in wrong.text
    assert unknown.kind == SIGN_IN
    assert anonymous.kind == DENIED
    assert "--no-sign-request" in anonymous.text


def test_listing_can_be_stopped(server: Server, proxy: FaultProxy, bucket: str) -> None:
    objects = {f"d{number:03}/x.json": b"{}" for number in range(60)}
    server.fill(bucket, objects)
    cancel = CancelToken()

    def rule(request: Request) -> None:
        if "d03" in request.query:
            cancel.cancel()

    proxy.rule = rule
    found = listed(proxy.url, bucket, cancel=cancel)

    assert len(found.objects) < len(objects)
    assert [fault.kind for _, fault in found.faults] == [STOPPED]


def test_a_listing_that_breaks_off_keeps_what_it_has(proxy: FaultProxy, paged: str) -> None:
    def rule(request: Request) -> Answer | None:
        return Answer(503, "SlowDown") if "continuation-token" in request.query else None

    proxy.rule = rule
    found = listed(proxy.url, paged, "flat/")

    assert len(found.objects) == 1_000
    [(name, fault)] = found.faults
    assert name == f"s3://{paged}/flat/"
    assert "SlowDown" in fault.text


def test_added_names_what_is_new_or_changed(server: Server, bucket: str) -> None:
    server.fill(bucket, deliveries(3))
    before = listed(server.url, bucket).objects
    client = server.client()
    client.put_object(Bucket=bucket, Key=key(1), Body=b"other")
    client.put_object(Bucket=bucket, Key=key(7), Body=b"new")

    now = listed(server.url, bucket).objects

    assert [entry.key for entry in added(before, now)] == [key(1), key(7)]


def test_a_long_month_is_listed_by_its_days_at_the_same_time(
    server: Server, proxy: FaultProxy, bucket: str
) -> None:
    objects = {key(n, day=f"2026/03/{n // 2 + 1:02}"): b"x" for n in range(24)}
    month = key(0, day="2026/03/01").split("/01/")[0]
    for odd in ("00.json", "02-late.json", "12.json", "zz/late.json", "zz.json", "ä.json"):
        objects[f"{month}/{odd}"] = b"x"
    server.fill(bucket, objects)
    client = S3Client(options(proxy.url))
    client.prepare()
    client._s3.meta.events.register(
        "provide-client-params.s3.ListObjectsV2", lambda params, **_: {**params, "MaxKeys": 2}
    )
    found = list_path(client, Address(S3_SCHEME, bucket, ""), Selection())
    assert keys(found) == sorted(objects)
    assert not found.faults
    listed = [unquote_plus(request.query) for request in proxy.requests if request.is_list]
    assert any(f"prefix={month}/11/" in query for query in listed)
    assert not any(f"prefix={month}/01/" in query for query in listed), "was there already"
