"""Whatever goes wrong: one sentence with the next step, the rest loaded, nothing left out."""

from __future__ import annotations

import errno
import ssl
import sys
from pathlib import Path
from typing import Any

import botocore.exceptions
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from queries.case import Case, cache_folder
from queries.errors import InvestigationError
from queries.sources.buckets import faults
from queries.sources.buckets.faults import Fault, NotFetched
from queries.sources.s3.client import S3Client
from queries.sources.s3.faults import Asked, MfaNeeded, fault_of
from tests.evidence_files import to_the_end
from tests.sources.buckets import (
    deliveries,
    delivery,
    key,
    ledger,
    listed,
    opened,
    options,
)
from tests.sources.proxies import (
    Action,
    Answer,
    Cut,
    FaultProxy,
    Hang,
    Relabel,
    Request,
    Reset,
    Short,
    fault_proxy,
)
from tests.sources.s3_server import ADMIN, Server

MARKER = "SECRETMARKERDONOTSHOW"
GET = Asked("get", "logs", profile="ir")
LIST = Asked("list", "logs", profile="ir")


def answer(code: str, message: str = "no", status: int = 403, **headers: str) -> Exception:
    made: Exception = botocore.exceptions.ClientError(
        {
            "Error": {
                "Code": code,
                "Message": message,
                "Token-0": MARKER,
                "AWSAccessKeyId": MARKER,
            },
            "ResponseMetadata": {"HTTPStatusCode": status, "HTTPHeaders": headers},
        },
        "GetObject",
    )
    return made


def cases() -> list[tuple[Exception, Asked, str, str]]:
    """Error, what was asked, the kind of fault, and the words that must be in the sentence."""
    b = botocore.exceptions
    sso = Asked("get", "logs", profile="ir", sso=True)
    return [
        (answer("ExpiredToken", status=400), GET, faults.SIGN_IN, "profile ir, then run the same"),
        (answer("ExpiredToken", status=400), sso, faults.SIGN_IN, "`aws sso login --profile ir`"),
        (b.SSOTokenLoadError(error_msg="x"), sso, faults.SIGN_IN, "`aws sso login --profile ir`"),
        (b.UnauthorizedSSOTokenError(), sso, faults.SIGN_IN, "`aws sso login --profile ir`"),
        (
            b.TokenRetrievalError(provider="sso", error_msg="x"),
            Asked("sign in", profile="ir", sso=True),
            faults.SIGN_IN,
            "aws sso login",
        ),
        (b.NoCredentialsError(), LIST, faults.SIGN_IN, "--profile"),
        (
            b.PartialCredentialsError(provider="env", cred_var="x"),
            LIST,
            faults.SIGN_IN,
            "--profile",
        ),
        (b.ProfileNotFound(profile="ir"), LIST, faults.SIGN_IN, "list-profiles"),
        (
            b.CredentialRetrievalError(provider="custom-process", error_msg=MARKER),
            LIST,
            faults.SIGN_IN,
            "profile ir",
        ),
        (b.ConfigParseError(path="/x"), LIST, faults.SIGN_IN, "configuration"),
        (MfaNeeded(), GET, faults.SIGN_IN, "MFA code"),
        (answer("InvalidAccessKeyId"), GET, faults.SIGN_IN, "unknown"),
        (answer("SignatureDoesNotMatch"), GET, faults.SIGN_IN, "secret key"),
        (answer("AccessDenied"), GET, faults.DENIED, "s3:GetObject is missing, or kms:Decrypt"),
        (answer("AccessDenied"), GET, faults.DENIED, "--request-payer"),
        (answer("AccessDenied"), LIST, faults.DENIED, "s3:ListBucket"),
        (answer("403"), Asked("head", "logs"), faults.DENIED, "s3:GetObject"),
        (
            answer(
                "AccessDenied",
                "User: arn:aws:iam::1:user/x is not authorized to perform: kms:Decrypt on resource:"
                " arn:aws:kms:eu-west-1:111122223333:key/abc because no resource-based policy",
            ),
            GET,
            faults.KEY_DENIED,
            "arn:aws:kms:eu-west-1:111122223333:key/abc",
        ),
        (answer("KMS.DisabledException", status=400), GET, faults.KEY_DENIED, "disabled"),
        (
            answer("InvalidObjectState"),
            Asked("get", "logs", storage_class="DEEP_ARCHIVE"),
            faults.ARCHIVED,
            "(DEEP_ARCHIVE) and needs a restore",
        ),
        (
            answer("PermanentRedirect", status=301, **{"x-amz-bucket-region": "eu-north-1"}),
            GET,
            faults.ELSEWHERE,
            "--bucket-region eu-north-1",
        ),
        (
            answer("AuthorizationHeaderMalformed", status=400),
            GET,
            faults.ELSEWHERE,
            "--bucket-region",
        ),
        (
            answer("AccessDenied", "This is a Requester Pays bucket"),
            GET,
            faults.PAYER,
            "--request-payer",
        ),
        (answer("SlowDown", status=503), GET, faults.BUSY, "too busy"),
        (answer("Weird", status=502), GET, faults.BUSY, "HTTP 502"),
        (answer("NoSuchKey", status=404), GET, faults.GONE, "deleted after it was listed"),
        (answer("404", status=404), Asked("head", "logs"), faults.GONE, "no such object"),
        (answer("NoSuchBucket", status=404), LIST, faults.NO_BUCKET, "no bucket is called logs"),
        (answer("RequestTimeTooSkewed"), GET, faults.CLOCK, "clock"),
        (b.EndpointConnectionError(endpoint_url="https://x"), GET, faults.NETWORK, "no connection"),
        (b.ConnectTimeoutError(endpoint_url="https://x"), GET, faults.NETWORK, "no answer in time"),
        (b.ReadTimeoutError(endpoint_url="https://x"), GET, faults.NETWORK, "no answer in time"),
        (b.ProxyConnectionError(proxy_url="https://x"), GET, faults.NETWORK, "HTTPS_PROXY"),
        (b.SSLError(endpoint_url="https://x", error="x"), GET, faults.CERTIFICATE, "AWS_CA_BUNDLE"),
        (ssl.SSLCertVerificationError("x"), GET, faults.CERTIFICATE, "AWS_CA_BUNDLE"),
        (faults.ObjectChanged(), GET, faults.CHANGED, "replaced"),
        (faults.BodyCut(), GET, faults.CUT, "broke off"),
        (OSError(errno.ENOSPC, "full"), GET, faults.DISK, "XDG_CACHE_HOME"),
        (PermissionError(errno.EACCES, "Permission denied"), GET, faults.DISK, "--no-cache"),
        (b.ParamValidationError(report="x"), LIST, faults.USAGE, "not a name"),
        (answer("Other", "Something odd.", 418), GET, faults.OTHER, "(Other: Something odd)"),
        (ValueError("odd"), GET, faults.OTHER, "(ValueError: odd)"),
    ]


@pytest.mark.parametrize(("error", "asked", "kind", "words"), cases())
def test_each_error_has_its_sentence(error: Exception, asked: Asked, kind: str, words: str) -> None:
    fault = fault_of(error, asked)

    assert fault.kind == kind
    assert words in fault.text
    assert MARKER not in fault.text
    assert "\n" not in fault.text
    assert len(fault.text) < 330


@given(
    st.text(),
    st.text(),
    st.integers(100, 599),
    st.sampled_from(["list", "get", "head", "sign in", "?"]),
)
def test_no_answer_is_without_a_sentence(code: str, message: str, status: int, action: str) -> None:
    fault = fault_of(answer(code, message, status), Asked(action, "logs"))
    assert fault.text
    assert MARKER not in fault.text


@given(
    st.recursive(
        st.none() | st.text() | st.integers(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
def test_no_shape_of_an_answer_is_without_a_sentence(response: Any) -> None:
    error = RuntimeError("x")
    error.response = response  # type: ignore[attr-defined]
    assert fault_of(error, GET).text
    assert fault_of(NotFetched(Fault("a", "b")), GET) == Fault("a", "b")


@pytest.mark.parametrize(
    "secret",
    [
        "aws_secret_access_key = wJalrXUtnFEMI/K7MDENG",
        "x-amz-security-token: IQoJb3JpZ2luX2Vj",
        "AKIAIOSFODNN7EXAMPLE",
        "FwoGZXIvYXdzEJr//////////wEaDEXAMPLETOKENEXAMPLETOKEN",
        "password=hunter2",
    ],
)
def test_what_could_be_a_secret_is_cut_out(secret: str) -> None:
    text = fault_of(answer("Other", f"bad {secret} given", 418), GET).text
    for part in secret.replace("=", " ").replace(":", " ").split()[-1:]:
        assert part not in text


# --- through a real client, a real server and a proxy that breaks things ------------------------


def test_archived_objects_are_tried_and_then_named(
    server: Server, proxy: FaultProxy, bucket: str
) -> None:
    server.fill(bucket, deliveries(4))

    def rule(request: Request) -> Answer | None:
        archived = request.is_object and request.path.endswith(key(1))
        return Answer(403, "InvalidObjectState") if archived else None

    proxy.rule = rule
    with opened(proxy.url, f"s3://{bucket}") as case:
        assert case.totals["pushes"] == 3
        status, notes = ledger(case)[f"s3://{bucket}/{key(1)}"]
    assert status == "unreadable"
    assert "restore" in notes[0]
    assert len([path for path in proxy.fetched() if path.endswith(key(1))]) >= 1


def test_an_expired_session_ends_the_transfer_and_the_rest_is_named(
    server: Server, proxy: FaultProxy, bucket: str
) -> None:
    server.fill(bucket, deliveries(60))
    let_through = 20

    def rule(request: Request) -> Answer | None:
        if request.is_object and len(proxy.fetched()) > let_through:
            return Answer(400, "ExpiredToken", extra=f"<Token-0>{MARKER}</Token-0>")
        return None

    proxy.rule = rule
    with opened(proxy.url, f"s3://{bucket}") as case:
        loaded = case.totals["pushes"]
        assert 0 < loaded <= let_through
        note = case.totals["notes"][0]
        assert f"{60 - loaded} of 60 objects not fetched: the session has expired" in note
        for status, notes in ledger(case).values():
            assert status == "read" or "the session has expired" in notes[0]
    # Nobody asked for the rest again and again.
    assert len(proxy.fetched()) < 60
    proxy.rule = lambda request: None
    with opened(proxy.url, f"s3://{bucket}") as case:
        assert case.totals["pushes"] == 60
        assert case.totals["duplicates"] == 0


def test_throttling_and_server_errors_are_waited_out(
    server: Server, proxy: FaultProxy, bucket: str
) -> None:
    server.fill(bucket, deliveries(6))
    answers: dict[int, Action] = {
        0: Answer(503, "SlowDown"),
        1: Answer(500, "InternalError"),
        2: Reset(),
    }

    def rule(request: Request) -> Action | None:
        if request.nth or not request.is_object:
            return None
        return answers.get(int(request.path[-24:-8]))

    proxy.rule = rule
    with opened(proxy.url, f"s3://{bucket}") as case:
        assert case.totals["pushes"] == 6
        assert case.totals["evidence_complete"]


def test_a_transfer_that_breaks_off_is_begun_anew(
    server: Server, proxy: FaultProxy, bucket: str
) -> None:
    server.fill(bucket, deliveries(3))

    def rule(request: Request) -> Action | None:
        if not request.is_object or request.nth:
            return None
        return Cut(100) if request.path.endswith(key(0)) else Short(90)

    proxy.rule = rule
    with opened(proxy.url, f"s3://{bucket}") as case:
        assert case.totals["pushes"] == 3
        assert case.totals["evidence_complete"]


def test_a_body_that_is_always_too_short_is_reported(
    server: Server, proxy: FaultProxy, bucket: str
) -> None:
    server.fill(bucket, deliveries(3))
    proxy.rule = lambda request: Short(90) if request.path.endswith(key(1)) else None

    with opened(proxy.url, f"s3://{bucket}") as case:
        assert case.totals["pushes"] == 2
        assert "broke off" in ledger(case)[f"s3://{bucket}/{key(1)}"][1][0]


def test_an_object_replaced_or_deleted_after_the_listing_is_named(
    server: Server, proxy: FaultProxy, bucket: str
) -> None:
    server.fill(bucket, deliveries(4))
    client = server.client()

    def rule(request: Request) -> Action | None:
        if request.is_object and request.path.endswith(key(0)):
            client.delete_object(Bucket=bucket, Key=key(1))
            return Relabel("another")
        return None

    proxy.rule = rule
    with opened(proxy.url, f"s3://{bucket}", threads=1) as case:
        assert case.totals["pushes"] == 2
        found = ledger(case)
    assert "replaced" in found[f"s3://{bucket}/{key(0)}"][1][0]
    assert "deleted after it was listed" in found[f"s3://{bucket}/{key(1)}"][1][0]


def test_the_region_of_a_bucket_is_followed(server: Server, proxy: FaultProxy, bucket: str) -> None:
    server.fill(bucket, deliveries(3))
    header = {"x-amz-bucket-region": "eu-north-1"}

    def rule(request: Request) -> Answer | None:
        if "/eu-north-1/s3/" in request.headers.get("authorization", ""):
            return None
        return Answer(301, "PermanentRedirect", headers=header)

    proxy.rule = rule
    with opened(proxy.url, f"s3://{bucket}") as case:
        assert case.totals["pushes"] == 3
    proxy.rule = lambda request: Answer(301, "PermanentRedirect", headers=header)
    [(_, fault)] = listed(proxy.url, bucket).faults
    assert fault.kind == faults.ELSEWHERE
    assert "--bucket-region eu-north-1" in fault.text


def test_readers_who_pay_say_so_in_every_request(
    server: Server, proxy: FaultProxy, bucket: str
) -> None:
    server.fill(bucket, deliveries(3))

    def rule(request: Request) -> Answer | None:
        paid = request.headers.get("x-amz-request-payer") == "requester"
        return None if paid else Answer(403, "AccessDenied")

    proxy.rule = rule
    [(_, fault)] = listed(proxy.url, bucket).faults
    assert "--request-payer" in fault.text
    with opened(proxy.url, f"s3://{bucket}", request_payer=True) as case:
        assert case.totals["pushes"] == 3
        assert case.totals["evidence_complete"]


def test_no_network_is_said_once(server: Server, bucket: str) -> None:
    with opened("http://127.0.0.1:9", f"s3://{bucket}", attempts=1) as case:
        [(name, (status, notes))] = ledger(case).items()
    assert (name, status) == (f"s3://{bucket}/", "unreadable")
    assert "no connection to http://127.0.0.1:9" in notes[0]


def test_a_network_that_goes_away_is_given_up_after_a_while(
    server: Server, proxy: FaultProxy, bucket: str
) -> None:
    server.fill(bucket, deliveries(90))
    proxy.rule = lambda request: (
        Reset() if request.is_object and not request.path.endswith(key(0)) else None
    )

    with opened(proxy.url, f"s3://{bucket}", attempts=1) as case:
        assert case.totals["pushes"] == 1
        notes = [notes[0] for status, notes in ledger(case).values() if status != "read"]
    assert len(notes) == 89
    assert all("no connection" in note for note in notes)
    assert len(set(proxy.fetched())) < 90


def test_no_answer_at_all_is_a_fault_too(server: Server, proxy: FaultProxy, bucket: str) -> None:
    server.fill(bucket, deliveries(3))
    proxy.rule = lambda request: Hang() if request.path.endswith(key(1)) else None

    with opened(proxy.url, f"s3://{bucket}", attempts=1, read_timeout=2) as case:
        assert case.totals["pushes"] == 2
        assert "no answer in time" in ledger(case)[f"s3://{bucket}/{key(1)}"][1][0]


def test_a_full_disk_is_said_before_anything_is_fetched(
    server: Server, bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.fill(bucket, deliveries(2))
    monkeypatch.setattr("queries.sources.buckets.fetch._SPARE", 1 << 60)
    with pytest.raises(InvestigationError, match="narrow it"):
        opened(server.url, f"s3://{bucket}")


KINDS: list[Action] = [
    Answer(403, "AccessDenied"),
    Answer(403, "InvalidObjectState"),
    Answer(404, "NoSuchKey"),
    Answer(400, "ExpiredToken"),
    Answer(500, "InternalError"),
    Reset(),
    Cut(70),
    Short(50),
    Relabel("other"),
]


@pytest.fixture(scope="module")
def dozen(server: Server) -> str:
    server.fill("dozen", {key(n): delivery(n, records=n % 3 + 1) for n in range(12)})
    return "dozen"


@pytest.mark.slow
@pytest.mark.parametrize(("how", "examples"), [("obstore", 8), ("boto3 alone", 4), ("in parts", 4)])
def test_what_is_loaded_and_what_is_reported_make_up_what_was_listed(
    server: Server, dozen: str, how: str, examples: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = 1 if how == "in parts" else None
    if how == "boto3 alone":
        monkeypatch.setitem(sys.modules, "obstore", None)
    carried: list[Request] = []

    @settings(max_examples=examples)
    @given(
        broken=st.dictionaries(st.integers(0, 11), st.sampled_from(range(len(KINDS))), max_size=6),
        lasting=st.booleans(),
        threads=st.sampled_from([1, 3, 8]),
    )
    def nothing_is_left_out(broken: dict[int, int], lasting: bool, threads: int) -> None:
        with fault_proxy(server.url) as proxy:

            def rule(request: Request) -> Action | None:
                if not request.is_object or (request.nth and not lasting):
                    return None
                kind = broken.get(int(request.path[-24:-8]))
                return None if kind is None else KINDS[kind]

            proxy.rule = rule
            case = opened(
                proxy.url,
                f"s3://{dozen}",
                use_cache=False,
                first=first,
                attempts=1,
                threads=threads,
            )
            with to_the_end(case, 1)[-1] as whole:
                _check_sums(whole, dozen)
            carried.extend(r for r in proxy.requests if "amz-sdk-invocation-id" not in r.headers)

    nothing_is_left_out()
    assert bool(carried) == (how != "boto3 alone")  # boto3 numbers its requests


def _check_sums(case: Case, dozen: str) -> None:
    found = ledger(case)
    assert list(found) == [f"s3://{dozen}/{key(n)}" for n in range(12)]
    read = [n for n in range(12) if found[f"s3://{dozen}/{key(n)}"][0] == "read"]
    assert case.totals["raw_records"] == sum(n % 3 + 1 for n in read)
    assert case.totals["evidence_complete"] == (len(read) == 12)
    reported = sum(int(note.split()[2]) for note in case.totals["notes"] if "not fetched" in note)
    assert len(read) + reported == 12
    for n in set(range(12)) - set(read):
        status, notes = found[f"s3://{dozen}/{key(n)}"]
        assert status == "unreadable"
        assert notes[0].startswith("not fetched: ")


def test_no_secret_gets_into_any_file_or_text(
    server: Server,
    proxy: FaultProxy,
    bucket: str,
    monkeypatch: pytest.MonkeyPatch,
    aws: Path,
    capfd: pytest.CaptureFixture[str],
) -> None:
    token = f"{MARKER}-session-token"
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", ADMIN[0])
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", ADMIN[1])
    server.fill(bucket, deliveries(5))
    with opened(proxy.url, f"s3://{bucket}") as case:
        assert case.totals["pushes"] == 5
    monkeypatch.setenv("AWS_SESSION_TOKEN", token)

    def rule(request: Request) -> Answer | None:
        sent = request.headers.get("x-amz-security-token", "")
        return Answer(
            400, "ExpiredToken", f"The token {sent} has expired", extra=f"<Token-0>{sent}</Token-0>"
        )

    proxy.rule = rule
    client = S3Client(options(proxy.url))
    client.prepare()
    with pytest.raises(NotFetched) as failed:
        client.page(bucket, "", folders=False)
    with opened(proxy.url, f"s3://{bucket}") as case:
        said = repr(case.totals) + repr(dict(ledger(case)))
    said += str(failed.value) + repr(failed.value) + "".join(capfd.readouterr())
    secrets = (token, MARKER, ADMIN[1], ADMIN[0])
    assert not [secret for secret in secrets if secret in said]
    files = [path for path in (*cache_folder().rglob("*"), *aws.rglob("*")) if path.is_file()]
    assert files
    for path in files:
        content = path.read_bytes()
        assert not [secret for secret in secrets if secret.encode() in content], path
