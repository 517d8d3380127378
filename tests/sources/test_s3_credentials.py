"""Signing in: before the interface has the terminal, and never on it afterwards."""

from __future__ import annotations

import getpass
import json
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from queries.errors import InvestigationError
from queries.sources.buckets.faults import SIGN_IN, NotFetched
from queries.sources.buckets.options import S3Options
from queries.sources.buckets.remote import Remote
from queries.sources.buckets.source import RemoteSource
from queries.sources.local import Listing
from queries.sources.s3.client import S3Client
from tests.sources.buckets import deliveries, keys, listed, opened, options
from tests.sources.proxies import Answer, FaultProxy
from tests.sources.s3_server import READER, Server
from tests.sources.services import Sts, fake_sts

MFA = """
[profile ir]
role_arn = arn:aws:iam::111122223333:role/reader
source_profile = base
mfa_serial = arn:aws:iam::111122223333:mfa/dana
region = us-east-1

[profile base]
aws_access_key_id = BASEKEY00000000000001
aws_secret_access_key = base-secret
"""
SSO = """
[profile sso]
sso_session = corp
sso_account_id = 111122223333
sso_role_name = Reader
region = us-east-1

[sso-session corp]
sso_start_url = https://example.invalid/start
sso_region = us-east-1
"""


@pytest.fixture
def no_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A person at the terminal who types 123456; returns the prompts that were shown."""
    prompts: list[str] = []

    def answer(prompt: str = "") -> str:
        prompts.append(prompt)
        return "123456"

    monkeypatch.setattr(getpass, "getpass", answer)
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True, raising=False)
    return prompts


def profile(aws: Path, text: str) -> None:
    (aws / "config").write_text(text)


def test_an_mfa_code_is_asked_for_once_and_never_behind_the_interface(
    proxy: FaultProxy,
    bucket: str,
    aws: Path,
    no_keys: None,
    asked: list[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # The server here knows no sessions; what it is sent shows that there is one.
    proxy.rule = lambda request: Answer(404, "NoSuchBucket")
    profile(aws, MFA)
    with fake_sts(Sts(READER, datetime.now(UTC) + timedelta(hours=1))) as (url, requests):
        monkeypatch.setenv("AWS_ENDPOINT_URL_STS", url)
        client = S3Client(options(proxy.url, profile="ir"))
        client.prepare()
        assert len(asked) == 1
        assert "TokenCode=123456" in requests[0]
        for _ in range(2):
            with pytest.raises(NotFetched, match="no bucket is called"):
                client.page(bucket, "", folders=False)
        assert len(asked) == 1
    assert [request.headers["x-amz-security-token"] for request in proxy.requests] == ["t", "t"]


def test_a_session_that_ends_behind_the_interface_says_what_to_do(
    server: Server,
    bucket: str,
    aws: Path,
    no_keys: None,
    asked: list[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    server.fill(bucket, deliveries(2))
    profile(aws, MFA)
    with fake_sts(Sts(READER, datetime.now(UTC) + timedelta(hours=1))) as (url, _):
        monkeypatch.setenv("AWS_ENDPOINT_URL_STS", url)
        client = S3Client(options(server.url, profile="ir"))
        client.prepare()
        credentials: Any = client._session.get_credentials()
        credentials._expiry_time = datetime.now(UTC) - timedelta(minutes=1)
        with pytest.raises(NotFetched) as ended:
            client.page(bucket, "", folders=False)

    assert ended.value.fault.kind == SIGN_IN
    assert "new MFA code" in str(ended.value)
    assert len(asked) == 1


def test_a_code_cannot_be_asked_for_without_a_terminal(
    server: Server, aws: Path, no_keys: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    profile(aws, MFA)
    monkeypatch.setattr(sys.stdin, "isatty", lambda: False, raising=False)

    with pytest.raises(InvestigationError, match="MFA code"):
        Remote(options(server.url, profile="ir")).prepare()


def test_a_role_that_may_not_be_assumed_is_named(
    server: Server,
    aws: Path,
    no_keys: None,
    asked: list[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    profile(aws, MFA)
    with fake_sts(None) as (url, _):
        monkeypatch.setenv("AWS_ENDPOINT_URL_STS", url)
        remote = Remote(options(server.url, profile="ir"))
        with pytest.raises(InvestigationError, match="role of the profile ir could not be assumed"):
            remote.prepare()
        # The same failure again, without asking for another code.
        with pytest.raises(InvestigationError):
            remote.prepare()
    assert len(asked) == 1


def test_a_missing_sso_sign_in_names_the_exact_command(
    server: Server, aws: Path, no_keys: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    profile(aws, SSO)
    with pytest.raises(InvestigationError) as missing:
        Remote(options(server.url, profile="sso")).prepare()
    monkeypatch.setenv("AWS_PROFILE", "sso")
    with pytest.raises(InvestigationError) as by_environment:
        Remote(options(server.url)).prepare()

    assert "`aws sso login --profile sso`" in str(missing.value)
    assert "`aws sso login --profile sso`" in str(by_environment.value)


def test_no_credentials_and_no_profile_are_told_apart(server: Server, no_keys: None) -> None:
    with pytest.raises(InvestigationError, match="--no-sign-request"):
        Remote(options(server.url)).prepare()
    with pytest.raises(InvestigationError, match="no profile is called nobody"):
        Remote(options(server.url, profile="nobody")).prepare()


def test_a_source_without_credentials_is_in_the_ledger(server: Server, no_keys: None) -> None:
    listing = Listing()
    RemoteSource(Remote(options(server.url)), ["s3://logs/x"]).list_into(listing)

    [(name, reason)] = listing.unreadable
    assert name == "s3://logs/x"
    assert "credentials" in reason


def test_credentials_of_a_process_are_taken(
    server: Server, bucket: str, aws: Path, no_keys: None
) -> None:
    server.fill(bucket, deliveries(2))
    script = aws / "helper"
    answer = {"Version": 1, "AccessKeyId": READER[0], "SecretAccessKey": READER[1]}
    script.write_text(f"#!/bin/sh\necho '{json.dumps(answer)}'\n")
    script.chmod(0o700)
    profile(aws, f"[profile tool]\ncredential_process = {script}\n")

    assert keys(listed(server.url, bucket, profile="tool")) == sorted(deliveries(2))


def test_an_endpoint_is_asked_in_path_style_without_new_checksums(server: Server) -> None:
    client = S3Client(S3Options(endpoint_url=server.url))
    client.prepare()
    config = client._s3.meta.config

    assert config.s3["addressing_style"] == "path"
    assert config.request_checksum_calculation == "when_required"
    assert config.response_checksum_validation == "when_required"
    assert config.retries["mode"] == "adaptive"


def test_a_public_bucket_is_read_without_signing(
    public: str, proxy: FaultProxy, no_keys: None
) -> None:
    with opened(proxy.url, f"s3://{public}", no_sign_request=True) as case:
        assert case.totals["pushes"] == 4
        assert case.totals["evidence_complete"]
    assert len(proxy.fetched()) == 4
    assert not [request for request in proxy.requests if "authorization" in request.headers]
