"""obstore carries the bytes as boto3 would: literally, by the same way, with the same credentials.
What it cannot do, and whatever it becomes, boto3 does."""

from __future__ import annotations

import gzip
import json
import sqlite3
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from queries.case import cache_folder
from queries.progress import CancelToken
from queries.sources.buckets.faults import SIGN_IN, NotFetched
from queries.sources.buckets.fetch import Transfer
from queries.sources.buckets.model import S3Object
from queries.sources.buckets.options import S3Options
from queries.sources.buckets.store import EvidenceStore
from queries.sources.s3.client import S3Client
from queries.sources.s3.short_cut import ShortCut
from tests.sources.buckets import deliveries, opened, options
from tests.sources.proxies import Action, Answer, Cut, FaultProxy, Hang, Request, Reset, Short
from tests.sources.s3_server import ADMIN, DOMAIN, READER, Server
from tests.sources.tunnels import certificate, http_proxy, tls_front

Patch = pytest.MonkeyPatch
NOWHERE = "http://127.0.0.1:9"


def by_obstore(proxy: FaultProxy) -> list[Request]:
    """The objects that were asked for without boto3: it numbers its requests."""
    return [
        request
        for request in proxy.requests
        if request.is_object and "amz-sdk-invocation-id" not in request.headers
    ]


def prepared(url: str | None, **changes: Any) -> S3Client:
    client = S3Client(options(url or NOWHERE, **changes) if url else S3Options(**changes))
    client.prepare()
    return client


def whole(client: S3Client, wanted: S3Object) -> bytes:
    """An object's bytes, as the transfer takes them."""
    with client.get(wanted) as (_, body):
        return b"".join(iter(body.read, b""))


def fetched(client: S3Client, bucket: str) -> dict[str, bytes]:
    """Every object of a bucket."""
    return {
        entry.key: whole(client, entry) for entry in client.page(bucket, "", folders=False).objects
    }


@pytest.fixture(scope="module")
def six(server: Server) -> str:
    server.fill("six", deliveries(6))
    return "six"


# --- which way is taken -------------------------------------------------------------------------


def test_only_the_first_object_is_fetched_by_boto3(proxy: FaultProxy, six: str) -> None:
    with opened(proxy.url, f"s3://{six}", use_cache=False, threads=1) as case:
        assert case.totals["pushes"] == 6
    assert len(proxy.fetched()) == 6
    assert len(by_obstore(proxy)) == 5


def no_obstore(patch: Patch) -> None:
    patch.setitem(sys.modules, "obstore", None)


def other_obstore(patch: Patch) -> None:
    def broken(*_: Any, **__: Any) -> Any:
        raise TypeError("not as it was")

    patch.setattr("obstore.store.S3Store.__init__", broken)


def other_botocore(patch: Patch) -> None:
    made = S3Client._make_client

    def without(self: S3Client) -> Any:
        client = made(self)
        holder = type("Holder", (), {"__getattr__": lambda _, name: _hidden(client, name)})
        return holder()

    patch.setattr(S3Client, "_make_client", without)


def _hidden(client: Any, name: str) -> Any:
    if name in ("_endpoint", "_client_config"):
        raise AttributeError(name)
    return getattr(client, name)


def other_event(patch: Patch) -> None:
    patch.setattr(ShortCut, "_notice", lambda self, **said: None)


def other_answer(patch: Patch) -> None:
    patch.setattr("obstore.get", lambda store, key: object())


CHANGES = [no_obstore, other_obstore, other_botocore, other_event, other_answer]


@pytest.mark.parametrize("change", CHANGES)
def test_without_obstore_or_with_another_one_boto3_does_it_all(
    proxy: FaultProxy, six: str, change: Callable[[Patch], None], monkeypatch: Patch
) -> None:
    change(monkeypatch)
    with opened(proxy.url, f"s3://{six}", use_cache=False) as case:
        assert case.totals["pushes"] == 6
        assert case.totals["evidence_complete"]
    assert len(proxy.fetched()) == 6
    assert by_obstore(proxy) == []


# --- the same bytes -----------------------------------------------------------------------------

LITERAL = [
    *("a+b", "a%b", "a%2Fb", "a%25", "%2e%2e", "a%zz", "a%ffb", "a?b", "a#b", "a b", "a  b"),
    *("a&b=c", "a;b", "a:b", "a@b", "a!b$c'd(e)*f,", "~a", "a~b", "[x]{y}", "a^b", "a|b", "a`b"),
    *('a"b', "a<b>", "a.", "...", "a/...", "a=b/c=d", "con", "a/b/.c", "a../b", "x" * 200),
    *("ü", "u\u0308", "日本", "\U0001f600", "a\u00a0b", "\ufeffx", "\u202ex", "a\u0085b"),
]
UNFIT = ["a\tb", "a\nb", "a\x01b", "a\x7fb"]
"""What obstore would refuse."""
OTHER = ["/a", "a/", "a//b", "/", "//", "a/./b", "a/../b", "..", "."]
"""What it would take for another key; so does the server of the tests."""


def test_every_key_is_taken_literally(server: Server, proxy: FaultProxy, bucket: str) -> None:
    # "a", "b" and "a/b" are there too: what another reading of an odd key would find.
    names = ["!", "a", "b", "a/b", *LITERAL, *UNFIT]
    bodies = {name: f"body of {name!r}".encode() for name in names}
    server.fill(bucket, bodies)

    assert fetched(prepared(proxy.url), bucket) == bodies

    carried = {request.path.removeprefix(f"/{bucket}/") for request in by_obstore(proxy)}
    assert carried == set(names) - {"!", *UNFIT}
    assert len(proxy.fetched()) == len(names)


@pytest.mark.parametrize("name", OTHER)
def test_a_key_that_would_become_another_one_is_left_to_boto3(
    proxy: FaultProxy, six: str, name: str
) -> None:
    client = prepared(proxy.url, attempts=1)
    [entry, *_] = client.page(six, "", folders=False).objects
    whole(client, entry)
    with suppress(NotFetched):
        whole(client, S3Object(six, name, 1, "e", None))
    assert by_obstore(proxy) == []
    whole(client, entry)
    assert len(by_obstore(proxy)) == 1


def test_what_is_stored_is_what_comes(server: Server, proxy: FaultProxy, bucket: str) -> None:
    """CloudTrail's objects say Content-Encoding: gzip; nobody may unpack them on the way."""
    body = gzip.compress(b"{}" * 500)
    server.fill(bucket, {"0": b"first", "long": b"x" * (3 << 20)})
    server.client().put_object(Bucket=bucket, Key="1", Body=body, ContentEncoding="gzip")

    assert fetched(prepared(proxy.url), bucket) == {
        "0": b"first",
        "1": body,
        "long": b"x" * (3 << 20),
    }
    assert len(by_obstore(proxy)) == 2
    assert not [name for r in by_obstore(proxy) for name in r.headers if "checksum" in name]


def test_the_version_of_an_object_is_written_down(
    server: Server, proxy: FaultProxy, bucket: str
) -> None:
    server.fill(bucket, {})
    client = server.client()
    client.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    versions = {
        name: client.put_object(Bucket=bucket, Key=name, Body=body)["VersionId"]
        for name, body in deliveries(4).items()
    }

    with opened(proxy.url, f"s3://{bucket}", threads=1) as case:
        assert case.totals["pushes"] == 4

    assert len(by_obstore(proxy)) == 3
    with sqlite3.connect(cache_folder() / "evidence" / "manifest.sqlite") as manifest:
        kept = manifest.execute("SELECT key, version_id FROM objects WHERE bucket = ?", [bucket])
        assert dict(kept) == versions


# --- the same way -------------------------------------------------------------------------------


def test_proxy_certificate_and_addresses_of_aws_are_boto3s(
    proxy: FaultProxy, six: str, tmp_path: Path, monkeypatch: Patch
) -> None:
    """As at a desk behind a proxy that looks into TLS: no --endpoint-url, the bucket in the name of
    the host, and a certificate that only AWS_CA_BUNDLE knows."""
    shown = certificate(tmp_path, f"*.{DOMAIN}", DOMAIN)
    with tls_front(proxy.url, shown) as front, http_proxy(front) as (outlet, lines):
        monkeypatch.setenv("HTTPS_PROXY", outlet)
        monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
        with pytest.raises(NotFetched, match="AWS_CA_BUNDLE"):
            prepared(None, attempts=1).page(six, "", folders=False)
        monkeypatch.setenv("AWS_CA_BUNDLE", str(shown.authority))

        found = fetched(prepared(None, attempts=1), six)

    assert found == deliveries(6)
    carried = by_obstore(proxy)
    assert len(carried) == 5
    assert {request.headers["host"] for request in carried} == {f"{six}.{DOMAIN}"}
    assert len([line for line in lines if line.startswith(f"CONNECT {six}.{DOMAIN}:443 ")]) >= 2


def test_a_certificate_that_nobody_vouches_for_is_refused(
    proxy: FaultProxy, six: str, tmp_path: Path
) -> None:
    """By obstore too, though it is never asked before boto3 got through."""
    client = prepared(proxy.url)
    [entry, *_] = client.page(six, "", folders=False).objects
    whole(client, entry)
    proxy.forget()
    with tls_front(proxy.url, certificate(tmp_path, DOMAIN)) as front:
        client._short_cut._ways[six] = replace(
            client._short_cut._ways[six], base=f"{front}/{six}", client={"proxy_excludes": "x"}
        )
        assert client._short_cut.get(entry) is None
    assert proxy.fetched() == []


def test_a_proxy_is_used_for_http_and_left_out_where_it_should(
    proxy: FaultProxy, six: str, monkeypatch: Patch
) -> None:
    with http_proxy(proxy.url) as (outlet, lines):
        monkeypatch.setenv("http_proxy", outlet)
        assert fetched(prepared(proxy.url), six) == deliveries(6)
        assert len(by_obstore(proxy)) == 5
        assert any(f"/{six}/" in line for line in lines)
        monkeypatch.setenv("no_proxy", "127.0.0.1")
        proxy.forget()
        lines.clear()
        assert fetched(prepared(proxy.url), six) == deliveries(6)
        assert len(by_obstore(proxy)) == 5
        assert lines == []


def test_a_region_that_boto3_was_sent_to_is_signed_for(
    proxy: FaultProxy, six: str, monkeypatch: Patch
) -> None:
    def rule(request: Request) -> Action | None:
        if "/eu-north-1/s3/" in request.headers.get("authorization", ""):
            return None
        return Answer(301, "PermanentRedirect", headers={"x-amz-bucket-region": "eu-north-1"})

    proxy.rule = rule
    assert fetched(prepared(proxy.url), six) == deliveries(6)
    assert len(by_obstore(proxy)) == 5


def test_a_redirect_to_elsewhere_is_left_to_boto3(
    server: Server, proxy: FaultProxy, bucket: str
) -> None:
    """An object of that name and size may be there as well."""
    server.fill(bucket, {"0": b"first", "1": b"wanted", "2": b"wrong!"})
    elsewhere = {"Location": f"{proxy.url}/{bucket}/2"}

    def rule(request: Request) -> Action | None:
        again = request.nth < 1 and request.path.endswith("/1")
        return Answer(307, "TemporaryRedirect", headers=elsewhere) if again else None

    proxy.rule = rule
    client = prepared(proxy.url)
    found = {}
    for entry in client.page(bucket, "", folders=False).objects[:2]:
        found[entry.key] = whole(client, entry)
    assert found == {"0": b"first", "1": b"wanted"}


def test_the_environment_does_not_lead_obstore_astray(
    proxy: FaultProxy, six: str, monkeypatch: Patch
) -> None:
    """It would look there for what it is not told."""
    client = prepared(proxy.url)
    for name, value in {
        "AWS_ENDPOINT": NOWHERE,
        "AWS_ENDPOINT_URL": NOWHERE,
        "AWS_ENDPOINT_URL_S3": NOWHERE,
        "AWS_SKIP_SIGNATURE": "true",
        "AWS_SESSION_TOKEN": "of-somebody-else",
        "AWS_ACCESS_KEY_ID": ADMIN[0],
        "AWS_REGION": "eu-west-1",
        "AWS_S3_EXPRESS": "true",
        "AWS_REQUEST_PAYER": "true",
        "AWS_VIRTUAL_HOSTED_STYLE_REQUEST": "false",
        "AWS_PROXY_URL": NOWHERE,
        "HTTP_PROXY": NOWHERE,
        "http_proxy": NOWHERE,
    }.items():
        monkeypatch.setenv(name, value)

    assert fetched(client, six) == deliveries(6)
    carried = by_obstore(proxy)
    assert len(carried) == 5
    for request in carried:
        assert f"Credential={READER[0]}/" in request.headers["authorization"]
        assert "/us-east-1/s3/" in request.headers["authorization"]
        assert "x-amz-request-payer" not in request.headers
        assert "x-amz-security-token" not in request.headers
        assert "ecr-investigate" in request.headers["user-agent"]


# --- the same rights ----------------------------------------------------------------------------


def test_readers_who_pay_say_so(proxy: FaultProxy, six: str) -> None:
    proxy.rule = lambda request: (
        None
        if request.headers.get("x-amz-request-payer") == "requester"
        else Answer(403, "AccessDenied")
    )
    assert fetched(prepared(proxy.url, request_payer=True), six) == deliveries(6)
    assert len(by_obstore(proxy)) == 5


def test_nothing_is_signed_for_a_public_bucket(proxy: FaultProxy, public: str) -> None:
    assert fetched(prepared(proxy.url, no_sign_request=True), public) == deliveries(4)
    assert len(by_obstore(proxy)) == 3
    assert not [request for request in proxy.requests if "authorization" in request.headers]


def test_renewed_credentials_are_taken_and_their_end_is_said(
    proxy: FaultProxy, six: str, tmp_path: Path, aws: Path, monkeypatch: Patch
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    given = aws / "given"
    script = aws / "helper"
    script.write_text(f"#!/bin/sh\ncat {given}\n")
    script.chmod(0o700)
    (aws / "config").write_text(f"[profile tool]\ncredential_process = {script}\n")

    def give(keys: tuple[str, str]) -> None:
        until = datetime.now(UTC) + timedelta(hours=1)
        answer = {"Version": 1, "AccessKeyId": keys[0], "SecretAccessKey": keys[1]}
        given.write_text(json.dumps({**answer, "Expiration": until.isoformat()}))

    give(READER)
    client = prepared(proxy.url, profile="tool")
    credentials: Any = client._session.get_credentials()
    objects = client.page(six, "", folders=False).objects
    for entry in objects[:3]:
        whole(client, entry)
    give(ADMIN)
    credentials._expiry_time = datetime.now(UTC) - timedelta(minutes=1)
    for entry in objects[3:]:
        whole(client, entry)

    signed = [request.headers["authorization"].split("/", 1)[0] for request in by_obstore(proxy)]
    names = [text.rpartition("=")[2] for text in signed]
    assert names == [READER[0]] * 2 + [ADMIN[0]] * 3

    given.unlink()
    credentials._expiry_time = datetime.now(UTC) - timedelta(minutes=1)
    with pytest.raises(NotFetched) as ended:
        whole(client, objects[0])
    assert ended.value.fault.kind == SIGN_IN


# --- the same end -------------------------------------------------------------------------------


@pytest.mark.parametrize("fault", [Cut(70), Cut(2_000_000), Short(60), Reset()], ids=repr)
def test_a_transfer_of_obstores_that_fails_is_begun_anew(
    server: Server, proxy: FaultProxy, bucket: str, tmp_path: Path, fault: Action
) -> None:
    bodies = {"0": b"first", "1": b"x" * 100, "2": bytes(range(256)) * 12_000, "3": b"last"}
    server.fill(bucket, bodies)
    client = prepared(proxy.url)
    objects = client.page(bucket, "", folders=False).objects
    store = EvidenceStore(tmp_path)
    transfer = Transfer(lambda _: client, 8, store, objects, CancelToken())
    transfer.fetch_now(objects[0])
    proxy.rule = lambda request: fault if request.is_object and not request.nth else None

    for entry in objects:
        assert transfer.fetch_now(entry).read_bytes() == bodies[entry.key]

    assert by_obstore(proxy)
    store.close()


def test_a_service_that_throttles_is_not_asked_twice_for_every_object(
    proxy: FaultProxy, six: str
) -> None:
    client = prepared(proxy.url)
    [entry, *_] = client.page(six, "", folders=False).objects
    whole(client, entry)
    proxy.rule = lambda request: Answer(503, "SlowDown")

    left_to_boto3 = [client._short_cut.get(entry) for _ in range(200)]

    assert left_to_boto3 == [None] * 200
    assert len(by_obstore(proxy)) < 10
    proxy.rule = lambda request: None
    while client._short_cut.get(entry) is None:
        pass  # its rest is over after some more
    proxy.forget()
    assert all(client._short_cut.get(entry) for _ in range(20))
    assert len(by_obstore(proxy)) == 20


def test_no_answer_ends_in_time_and_stopping_does_not_wait_for_it(
    server: Server, proxy: FaultProxy, bucket: str, tmp_path: Path
) -> None:
    server.fill(bucket, {str(n): b"x" for n in range(4)})
    client = prepared(proxy.url, read_timeout=1, attempts=1)
    objects = client.page(bucket, "", folders=False).objects
    whole(client, objects[0])
    proxy.rule = lambda request: Hang() if request.is_object else None

    with pytest.raises(NotFetched, match="no answer in time"):
        whole(client, objects[1])

    patient = prepared(proxy.url, read_timeout=300, attempts=1)
    proxy.rule = lambda request: None
    whole(patient, objects[0])
    proxy.rule = lambda request: Hang() if request.is_object else None
    cancel = CancelToken()
    store = EvidenceStore(tmp_path)
    transfer = Transfer(lambda _: patient, 2, store, objects[1:], cancel)
    transfer.start()
    cancel.cancel()
    with pytest.raises(NotFetched, match="was stopped"):
        transfer.wait(0)
    assert [path for path in tmp_path.rglob("*") if path.name.startswith(".fetching")] == []
    store.close()
