"""Each trouble with Azure or Google is one clear sentence, made from the libraries' own errors."""

from __future__ import annotations

import re
from typing import Any

import pytest
import requests
from azure.core import exceptions as azure_errors
from azure.identity import CredentialUnavailableError
from google.api_core import exceptions as untyped_errors
from google.auth import exceptions as untyped_auth

from queries.sources.azure import faults as azure
from queries.sources.buckets import faults
from queries.sources.gcs import faults as google

google_errors: Any = untyped_errors
google_auth: Any = untyped_auth

SECRET = "c2VjcmV0IG1hcmtlciB0aGF0IG11c3Qgbm90IGJlIHNob3du"


def answered(status: int, code: str = "") -> azure_errors.HttpResponseError:
    """An answer of Azure's service, with a secret where a service may repeat what it was sent."""
    error = azure_errors.HttpResponseError(f"no AccountKey={SECRET} sig={SECRET}")
    error.status_code = status
    error.error_code = code  # type: ignore[attr-defined]
    return error


def asked(action: str, **more: object) -> azure.Asked:
    return azure.Asked(action, "logs", "contoso", **more)  # type: ignore[arg-type]


AZURE = [
    (CredentialUnavailableError("x"), asked("sign in"), faults.SIGN_IN, "run `az login`"),
    (ModuleNotFoundError("azure"), asked("sign in"), faults.USAGE, "'.[azure]'"),
    (answered(403, "AuthenticationFailed"), asked("list"), faults.SIGN_IN, "wrong or expired"),
    (answered(401), asked("list"), faults.SIGN_IN, "wants a sign-in"),
    (
        answered(403, "KeyBasedAuthenticationNotPermitted"),
        asked("list"),
        faults.SIGN_IN,
        "takes no account keys",
    ),
    (answered(403, "AuthorizationFailure"), asked("list"), faults.DENIED, "firewall of contoso"),
    (
        answered(403, "AuthorizationPermissionMismatch"),
        asked("get"),
        faults.DENIED,
        "Storage Blob Data Reader on logs is missing",
    ),
    (
        answered(409, "PublicAccessNotPermitted"),
        asked("list", signed=False),
        faults.DENIED,
        "leave out --no-sign-request",
    ),
    (answered(409, "BlobArchived"), asked("get", tier="Archive"), faults.ARCHIVED, "rehydrated"),
    (answered(404, "ContainerNotFound"), asked("list"), faults.NO_BUCKET, "called logs in contoso"),
    (answered(404, "BlobNotFound"), asked("get"), faults.GONE, "deleted after it was listed"),
    (answered(404), asked("head"), faults.GONE, "taken literally"),
    (answered(412, "ConditionNotMet"), asked("get"), faults.CHANGED, "replaced"),
    (answered(403, "KeyVaultEncryptionKeyNotFound"), asked("get"), faults.KEY_DENIED, "Key Vault"),
    (answered(503, "ServerBusy"), asked("get"), faults.BUSY, "too busy"),
    (
        azure_errors.ServiceRequestError("x"),
        asked("list"),
        faults.NETWORK,
        "no connection to the account contoso",
    ),
    (
        azure_errors.ServiceResponseTimeoutError("x"),
        asked("get"),
        faults.NETWORK,
        "no answer in time",
    ),
    (answered(400, "InvalidUri"), asked("get"), faults.OTHER, "could not be fetched (InvalidUri)"),
    (OSError(28, "No space left"), asked("get"), faults.DISK, "disk with the evidence cache"),
]


@pytest.mark.parametrize(("error", "what", "kind", "words"), AZURE)
def test_azure(error: Exception, what: azure.Asked, kind: str, words: str) -> None:
    said = azure.fault_of(error, what)
    assert (said.kind, words in said.text) == (kind, True), said.text
    _a_sentence(said)


def of_google(action: str, **more: object) -> google.Asked:
    return google.Asked(action, "logs", **more)  # type: ignore[arg-type]


GOOGLE = [
    (
        google_auth.DefaultCredentialsError("x"),
        of_google("sign in"),
        faults.SIGN_IN,
        "application-default login",
    ),
    (google_auth.RefreshError("x"), of_google("list"), faults.SIGN_IN, "expired"),
    (ModuleNotFoundError("google"), of_google("sign in"), faults.USAGE, "'.[gcs]'"),
    (google_errors.Unauthorized("x"), of_google("list"), faults.SIGN_IN, "does not accept"),
    (
        google_errors.Unauthorized("x"),
        of_google("list", signed=False),
        faults.DENIED,
        "leave out --no-sign-request",
    ),
    (google_errors.Forbidden("x"), of_google("list"), faults.DENIED, "storage.objects.list"),
    (google_errors.Forbidden("x"), of_google("get"), faults.DENIED, "storage.objects.get"),
    (
        google_errors.Forbidden("Request is prohibited; VPC Service Controls"),
        of_google("get"),
        faults.DENIED,
        "perimeter",
    ),
    (
        google_errors.Forbidden("Permission denied on Cloud KMS key"),
        of_google("get"),
        faults.KEY_DENIED,
        "Cloud KMS key",
    ),
    (
        google_errors.BadRequest("Bucket is a requester pays bucket but no user project provided"),
        of_google("list"),
        faults.PAYER,
        "--request-payer",
    ),
    (google_errors.NotFound("x"), of_google("list"), faults.NO_BUCKET, "called logs"),
    (google_errors.NotFound("x"), of_google("get"), faults.GONE, "replaced or deleted"),
    (google_errors.NotFound("x"), of_google("head"), faults.GONE, "taken literally"),
    (google_errors.TooManyRequests("x"), of_google("get"), faults.BUSY, "too busy"),
    (google_errors.ServiceUnavailable("x"), of_google("get"), faults.BUSY, "too busy"),
    (
        google_errors.RetryError("x", cause=requests.exceptions.ConnectionError(SECRET)),
        of_google("list"),
        faults.NETWORK,
        "no connection",
    ),
    (
        requests.exceptions.SSLError("x"),
        of_google("list"),
        faults.CERTIFICATE,
        "REQUESTS_CA_BUNDLE",
    ),
    (
        requests.exceptions.ProxyError("x"),
        of_google("list"),
        faults.NETWORK,
        "proxy cannot be reached",
    ),
    (RuntimeError(SECRET), of_google("get"), faults.OTHER, "could not be fetched"),
]


@pytest.mark.parametrize(("error", "what", "kind", "words"), GOOGLE)
def test_google(error: Exception, what: google.Asked, kind: str, words: str) -> None:
    said = google.fault_of(error, what)
    assert (said.kind, words in said.text) == (kind, True), said.text
    _a_sentence(said)


def _a_sentence(said: faults.Fault) -> None:
    assert SECRET not in said.text
    assert "\n" not in said.text
    assert not re.search(r"\bNone\b|  |\(\)", said.text)
    assert len(said.text) < 320
