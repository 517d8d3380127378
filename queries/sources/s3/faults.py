"""Any error on the way to an object, as one sentence that says what to do next.

`fault_of` is total: whatever is raised gets a sentence. Errors are told by their names and codes,
so nothing of boto3 is imported here. A sentence holds what AWS calls code and message, names and
regions, and never a key, signature or token: those parts of an error are not read.

Codes: https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from queries.sources.buckets.faults import (
    AGAIN,
    ARCHIVED,
    BUSY,
    CLOCK,
    DELETED,
    DENIED,
    ELSEWHERE,
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
    plain,
    unknown,
)


@dataclass(frozen=True, slots=True)
class Asked:
    """What was being done when it failed, for the sentence."""

    action: str
    """`list`, `head` (one object by its exact key), `get`, `sign in` or `lookup`."""
    bucket: str = ""
    profile: str = ""
    """Name of the profile in use; empty when the credentials come from elsewhere."""
    sso: bool = False
    """Whether the profile signs in with `aws sso login`."""
    request_payer: bool = False
    signed: bool = True
    region: str = ""
    endpoint: str = ""
    storage_class: str = ""


class MfaNeeded(Exception):
    """Credentials ran out while the interface had the terminal, and only a code can renew them."""


def fault_of(error: BaseException, asked: Asked) -> Fault:
    """The sentence for an error; never raises."""
    if isinstance(error, NotFetched):
        return error.fault
    names = names_of(error)
    code, message, headers, status = _answer(error)
    for found in (
        _ours(error, names),
        _sign_in(names, code, message, asked),
        _by_code(code, message, headers, asked) if code else None,
        _by_status(status, asked) if code else None,
        _network(names, asked),
        of_disk(error),
        _usage(error, names),
    ):
        if found is not None:
            return found
    return unknown(asked.action, code or type(error).__name__, message or str(error))


def _answer(error: BaseException) -> tuple[str, str, Mapping[str, Any], int]:
    """Code, message, headers and status of a service's answer, as far as there is one."""
    response = getattr(error, "response", None)
    if not isinstance(response, dict):
        return "", "", {}, 0
    told = response.get("Error")
    told = told if isinstance(told, dict) else {}
    meta = response.get("ResponseMetadata")
    meta = meta if isinstance(meta, dict) else {}
    headers = meta.get("HTTPHeaders")
    headers = headers if isinstance(headers, dict) else {}
    status = meta.get("HTTPStatusCode")
    code = str(told.get("Code") or "") or (str(status) if status else "")
    return code, str(told.get("Message") or ""), headers, status if isinstance(status, int) else 0


def _ours(error: BaseException, names: set[str]) -> Fault | None:
    if isinstance(error, MfaNeeded) or "RefreshWithMFAUnsupportedError" in names:
        return Fault(SIGN_IN, f"the session has ended and needs a new MFA code; quit and {AGAIN}")
    return of_transfer(error, names)


# --- credentials -------------------------------------------------------------------------------

_EXPIRED = {"ExpiredToken", "ExpiredTokenException", "RequestExpired", "TokenRefreshRequired"}
_SSO_ERRORS = {
    "SSOError",
    "SSOTokenLoadError",
    "TokenRetrievalError",
    "UnauthorizedSSOTokenError",
    "PendingAuthorizationExpiredError",
}
_LOGIN_ERRORS = {"LoginError", "LoginRefreshRequired", "LoginTokenLoadError"}


def _sign_in(names: set[str], code: str, message: str, asked: Asked) -> Fault | None:
    """Whatever is wrong with the credentials themselves."""
    if names & _SSO_ERRORS or (code == "UnauthorizedException" and asked.sso):
        return Fault(SIGN_IN, f"the SSO sign-in is missing or has expired; {_again(asked, True)}")
    if names & _LOGIN_ERRORS:
        option = f" --profile {asked.profile}" if asked.profile else ""
        return Fault(SIGN_IN, f"the sign-in has expired; run `aws login{option}`, then {AGAIN}")
    if code in _EXPIRED:
        return Fault(SIGN_IN, f"the session has expired; {_again(asked, asked.sso)}")
    if code == "InvalidToken":
        return Fault(SIGN_IN, f"the session token is not valid; {_again(asked, asked.sso)}")
    if "ProfileNotFound" in names:
        return Fault(
            SIGN_IN,
            f"no profile is called {asked.profile}; `aws configure list-profiles` names them",
        )
    if names & {"NoCredentialsError", "PartialCredentialsError", "NoAuthTokenError"}:
        return Fault(
            SIGN_IN,
            "no (complete) AWS credentials were found; name a profile with --profile, or read a"
            " public bucket with --no-sign-request",
        )
    if names & {"CredentialRetrievalError", "MetadataRetrievalError", "InfiniteLoopConfigError"}:
        return Fault(
            SIGN_IN, f"the credentials{_of(asked)} could not be had; check its AWS configuration"
        )
    if names & {
        "ConfigParseError",
        "ConfigNotFound",
        "InvalidConfigError",
        "UnknownCredentialError",
    }:
        return Fault(SIGN_IN, f"the AWS configuration{_of(asked)} cannot be used; check the file")
    if code in {"InvalidAccessKeyId", "UnrecognizedClientException", "InvalidClientTokenId"}:
        return Fault(
            SIGN_IN, f"the access key{_of(asked)} is unknown there; it may be deleted or mistyped"
        )
    if code in {"SignatureDoesNotMatch", "InvalidSignatureException", "AuthFailure"}:
        return Fault(SIGN_IN, f"the secret key{_of(asked)} does not fit the access key; check it")
    if asked.action == "sign in" and code in {"AccessDenied", "AccessDeniedException"}:
        return Fault(
            SIGN_IN,
            f"the role{_of(asked)} could not be assumed ({plain(message) or 'access denied'});"
            " check its trust policy, and the MFA code if it asked for one",
        )
    return None


def _again(asked: Asked, sso: bool) -> str:
    """How to get new credentials, as exactly as can be told."""
    if sso:
        return f"run `aws sso login --profile {asked.profile or 'default'}`, then {AGAIN}"
    if asked.profile:
        return f"renew the credentials of the profile {asked.profile}, then {AGAIN}"
    return f"renew the credentials (profile or environment), then {AGAIN}"


def _of(asked: Asked) -> str:
    return f" of the profile {asked.profile}" if asked.profile else ""


# --- what the service answers ------------------------------------------------------------------

_BUSY_CODES = {
    "503",
    "429",
    "BandwidthLimitExceeded",
    "InternalError",
    "OperationAborted",
    "RequestLimitExceeded",
    "RequestThrottled",
    "RequestTimeout",
    "ServiceUnavailable",
    "SlowDown",
    "Throttling",
    "ThrottlingException",
    "TooManyRequestsException",
    "TransientError",
}
_ELSEWHERE_CODES = {
    "301",
    "307",
    "400 redirect",
    "AuthorizationHeaderMalformed",
    "IllegalLocationConstraintException",
    "IncorrectEndpoint",
    "PermanentRedirect",
    "Redirect",
    "TemporaryRedirect",
}
_DENIED_CODES = {"403", "AccessDenied", "AccessDeniedException", "AllAccessDisabled", "Forbidden"}


def _by_code(code: str, message: str, headers: Mapping[str, Any], asked: Asked) -> Fault | None:
    if code.startswith("KMS.") or (code in _DENIED_CODES and "kms:" in message.lower()):
        return _kms(code, message)
    if code in _DENIED_CODES:
        return _denied(message, asked)
    if code == "InvalidObjectState":
        stored = asked.storage_class or "GLACIER or DEEP_ARCHIVE"
        return Fault(
            ARCHIVED,
            f"is archived ({stored}) and needs a restore first (`aws s3api restore-object`, takes"
            f" hours); then {AGAIN}",
        )
    if code in _ELSEWHERE_CODES:
        region = str(headers.get("x-amz-bucket-region") or "")
        if region and re.fullmatch(r"[a-z0-9-]{4,32}", region):
            where = f"the bucket is in the region {region}; add --bucket-region {region}"
        else:
            where = "the bucket is in another region; name it with --bucket-region"
        return Fault(ELSEWHERE, where)
    if code in _BUSY_CODES:
        return busy(code)
    if asked.action == "head" and code in {"404", "NoSuchKey"}:
        return NO_OBJECT
    if code in {"NoSuchKey", "NoSuchVersion"} or (code == "404" and asked.action == "get"):
        return DELETED
    if code == "NoSuchBucket" or (code == "404" and asked.action == "list"):
        return Fault(
            NO_BUCKET, f"no bucket is called {asked.bucket}{_there(asked)}; check the name"
        )
    if code == "InvalidBucketName":
        return Fault(NO_BUCKET, f"{asked.bucket} cannot be the name of a bucket; check it")
    if code in {"PreconditionFailed", "412"}:
        return of_transfer(ObjectChanged(), set())
    if code in {"RequestTimeTooSkewed", "RequestInTheFuture"}:
        return Fault(
            CLOCK,
            "the clock of this computer is wrong by more than 15 minutes; set it, then run again",
        )
    return None


def _there(asked: Asked) -> str:
    return f" at {asked.endpoint}" if asked.endpoint else ""


def _kms(code: str, message: str) -> Fault:
    found = re.search(r"arn:aws[\w-]*:kms:[\w:/-]+", message)
    key = f" ({found.group(0)})" if found else ""
    if code in _DENIED_CODES:
        return Fault(
            KEY_DENIED,
            f"the KMS key it is encrypted with{key} may not be used: kms:Decrypt is missing, in"
            " your policy or the key's; the permission on the bucket is not the problem",
        )
    return Fault(
        KEY_DENIED,
        f"the KMS key it is encrypted with{key} cannot be used ({code}): it is disabled, deleted"
        " or pending deletion; ask its owner",
    )


def _denied(message: str, asked: Asked) -> Fault:
    lowered = message.lower()
    payer = "" if asked.request_payer else ", or --request-payer if its readers must pay"
    if "requester" in lowered and "pay" in lowered:
        return Fault(PAYER, "readers of this bucket must pay for requests; add --request-payer")
    if not asked.signed:
        return Fault(DENIED, "access denied to anonymous requests; leave out --no-sign-request")
    if asked.action == "list":
        return Fault(
            DENIED,
            "access denied: s3:ListBucket is missing for this prefix (`ecr-investigate s3-policy"
            f" {asked.bucket}` prints what is needed); name a prefix or objects that you may read"
            f"{payer}",
        )
    if asked.action == "lookup":
        return Fault(DENIED, "access denied: cloudtrail:LookupEvents is missing")
    return Fault(
        DENIED,
        "access denied: s3:GetObject is missing, or kms:Decrypt if it is encrypted with a KMS key"
        f" (`ecr-investigate s3-policy {asked.bucket}` prints what is needed){payer}",
    )


def _by_status(status: int, asked: Asked) -> Fault | None:
    if status >= 500:
        return Fault(BUSY, f"the service failed at every attempt (HTTP {status}); later, {AGAIN}")
    return None


# --- everything below the service --------------------------------------------------------------


def _network(names: set[str], asked: Asked) -> Fault | None:
    if "EndpointProviderError" in names or "UnknownEndpointError" in names:
        return Fault(ELSEWHERE, "no endpoint is known for that region; check --bucket-region")
    return of_network(names, asked.endpoint, "AWS_CA_BUNDLE")


def _usage(error: BaseException, names: set[str]) -> Fault | None:
    if "ParamValidationError" in names:
        return Fault(USAGE, "is not a name that S3 accepts; check the path")
    if "NoRegionError" in names:
        return Fault(USAGE, "no region is configured; add --bucket-region")
    if "MissingDependencyException" in names or "ImportError" in names:
        return Fault(USAGE, "this way to sign in needs the package awscrt (pip install awscrt)")
    return None
