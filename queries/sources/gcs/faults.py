"""Any error on the way to an object of Google's, as one sentence that says what to do next;
`fault_of` is total.

Errors are told by their names, status and reason: nothing of Google's libraries is imported here.
https://cloud.google.com/storage/docs/json_api/v1/status-codes
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from queries.errors import needs_extra
from queries.sources.buckets.faults import (
    AGAIN,
    DENIED,
    GONE,
    KEY_DENIED,
    NO_BUCKET,
    NO_OBJECT,
    PAYER,
    SIGN_IN,
    USAGE,
    Fault,
    NotFetched,
    ObjectChanged,
    busy,
    names_of,
    of_disk,
    of_network,
    of_transfer,
    unknown,
)

EXTRA = needs_extra("reading gs://", "gcs")
LOGIN = "run `gcloud auth application-default login`"


@dataclass(frozen=True, slots=True)
class Asked:
    """What was being done when it failed, for the sentence."""

    action: str
    """`list`, `head` (one object by its exact name), `get` or `sign in`."""
    bucket: str = ""
    signed: bool = True
    request_payer: bool = False
    endpoint: str = ""


def fault_of(error: BaseException, asked: Asked) -> Fault:
    """The sentence for an error; never raises."""
    if isinstance(error, NotFetched):
        return error.fault
    # Where all attempts failed, the last one's reason is what counts.
    cause = getattr(error, "cause", None)
    if "RetryError" in names_of(error) and isinstance(cause, BaseException):
        return fault_of(cause, asked)
    names = names_of(error)
    status, reasons, message = _answer(error)
    for found in (
        of_transfer(error, names),
        Fault(USAGE, EXTRA) if "ImportError" in names else None,
        _sign_in(names, status, asked),
        _by_status(status, reasons, message, asked),
        of_network(names, asked.endpoint, "REQUESTS_CA_BUNDLE"),
        of_disk(error),
    ):
        if found is not None:
            return found
    return unknown(asked.action, str(status or type(error).__name__))


def _answer(error: BaseException) -> tuple[int, set[str], str]:
    """Status, reasons and message of the service's answer, as far as there is one."""
    status: Any = getattr(error, "code", None)
    if not isinstance(status, int):
        status = getattr(getattr(error, "response", None), "status_code", 0)
    told: Any = getattr(error, "errors", None)
    reasons = {
        str(entry.get("reason"))
        for entry in (told if isinstance(told, (list, tuple)) else ())
        if isinstance(entry, dict)
    }
    return int(status or 0), reasons, str(getattr(error, "message", "") or "").lower()


def _sign_in(names: set[str], status: int, asked: Asked) -> Fault | None:
    """Whatever is wrong with the credentials themselves."""
    if "DefaultCredentialsError" in names:
        return Fault(
            SIGN_IN,
            f"no (usable) Google credentials were found; {LOGIN}, or set"
            " GOOGLE_APPLICATION_CREDENTIALS to a file of credentials, or read a public bucket"
            f" with --no-sign-request; then {AGAIN}",
        )
    if names & {"RefreshError", "OAuthError", "ReauthFailError", "MalformedError"}:
        return Fault(
            SIGN_IN, f"the Google credentials have expired or are not valid; {LOGIN}, then {AGAIN}"
        )
    if status == 401:
        if asked.signed:
            return Fault(SIGN_IN, f"Google does not accept the sign-in; {LOGIN}, then {AGAIN}")
        return _not_public(asked)
    return None


def _not_public(asked: Asked) -> Fault:
    return Fault(DENIED, f"{asked.bucket} is not public; leave out --no-sign-request")


def _by_status(status: int, reasons: set[str], message: str, asked: Asked) -> Fault | None:
    if "requester pays" in message or "UserProjectMissing" in reasons:
        return Fault(PAYER, "readers of this bucket must pay for requests; add --request-payer")
    if status in (400, 403) and ("kms" in message or "cryptokey" in message):
        return Fault(
            KEY_DENIED,
            "the Cloud KMS key it is encrypted with cannot be used: it is disabled or destroyed, or"
            " Cloud Storage may not decrypt with it; ask its owner",
        )
    if status == 403:
        if not asked.signed:
            return _not_public(asked)
        if "vpc service controls" in message or "vpcServiceControls" in reasons:
            return Fault(
                DENIED, "access denied: a perimeter of VPC Service Controls keeps this computer out"
            )
        right = "list" if asked.action == "list" else "get"
        return Fault(
            DENIED,
            f"access denied: storage.objects.{right} is missing for {asked.bucket} (the role"
            " Storage Object Viewer has it)",
        )
    if status == 404:
        if asked.action == "head":
            return NO_OBJECT
        if asked.action == "list":
            return Fault(NO_BUCKET, f"no bucket is called {asked.bucket}; check the name")
        return Fault(GONE, "was replaced or deleted after it was listed; run the command again")
    if status in (412, 416):
        return of_transfer(ObjectChanged(), set())
    if status == 400 and asked.action == "list":
        return Fault(NO_BUCKET, f"{asked.bucket} cannot be the name of a bucket; check it")
    if status == 429 or status >= 500 or status == 408:
        return busy(status)
    return None
