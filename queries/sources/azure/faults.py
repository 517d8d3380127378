"""Any error on the way to a blob, as one sentence that says what to do next; `fault_of` is total.

Errors are told by their names and codes, so nothing of Azure's libraries is imported here.
https://learn.microsoft.com/rest/api/storageservices/blob-service-error-codes
"""

from __future__ import annotations

from dataclasses import dataclass

from queries.errors import needs_extra
from queries.sources.buckets.faults import (
    AGAIN,
    ARCHIVED,
    CLOCK,
    DELETED,
    DENIED,
    KEY_DENIED,
    NO_BUCKET,
    NO_OBJECT,
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

EXTRA = needs_extra("reading az:// and abfs://", "azure")
ROLE = "Storage Blob Data Reader"
NO_CONNECTION_STRING = Fault(
    SIGN_IN, "AZURE_STORAGE_CONNECTION_STRING is not a connection string; copy it anew"
)


@dataclass(frozen=True, slots=True)
class Asked:
    """What was being done when it failed, for the sentence."""

    action: str
    """`list`, `head` (one blob by its exact name), `get` or `sign in`."""
    container: str = ""
    account: str = ""
    tier: str = ""
    signed: bool = True


def fault_of(error: BaseException, asked: Asked) -> Fault:
    """The sentence for an error; never raises."""
    if isinstance(error, NotFetched):
        return error.fault
    names = names_of(error)
    told = getattr(error, "error_code", None)
    code = str(getattr(told, "value", told) or "")
    status = getattr(error, "status_code", None)
    status = status if isinstance(status, int) else 0
    for found in (
        of_transfer(error, names),
        _missing(names, error),
        _sign_in(names, code, status, asked),
        _by_code(code, status, asked),
        of_network(names, f"the account {asked.account}" * bool(asked.account), _BUNDLE),
        of_disk(error),
    ):
        if found is not None:
            return found
    return unknown(asked.action, code or type(error).__name__)


_BUNDLE = "REQUESTS_CA_BUNDLE"


def _missing(names: set[str], error: BaseException) -> Fault | None:
    if "ImportError" in names:
        return Fault(USAGE, EXTRA)
    if "ValueError" in names and "onnection string" in str(error):
        return NO_CONNECTION_STRING
    # A key that is no base64; Azure's own name for it is that of an error in signing.
    if "AzureSigningError" in names or type(error).__module__ == "binascii":
        return Fault(SIGN_IN, "the account key is not a key; copy it anew")
    return None


def _sign_in(names: set[str], code: str, status: int, asked: Asked) -> Fault | None:
    """Whatever is wrong with the credentials themselves."""
    if "CredentialUnavailableError" in names or (
        "ClientAuthenticationError" in names and not status
    ):
        return Fault(
            SIGN_IN,
            "no Azure credentials that work were found; run `az login`, or set"
            " AZURE_STORAGE_CONNECTION_STRING, AZURE_STORAGE_SAS_TOKEN or a service principal, or"
            f" read a public container with --no-sign-request; then {AGAIN}",
        )
    if code in ("AuthenticationFailed", "InvalidAuthenticationInfo"):
        return Fault(
            SIGN_IN,
            f"{asked.account} does not accept the key, SAS or token: it is wrong or expired, or"
            f" the clock of this computer is; renew it (`az login`), then {AGAIN}",
        )
    if code == "KeyBasedAuthenticationNotPermitted":
        return Fault(
            SIGN_IN,
            f"{asked.account} takes no account keys; unset the key and sign in with `az login`",
        )
    if code == "RequestTimeTooSkewed":
        return Fault(CLOCK, "the clock of this computer is wrong; set it, then run again")
    if status == 401 and not code:
        return Fault(SIGN_IN, f"{asked.account} wants a sign-in; run `az login`, then {AGAIN}")
    return None


_ANONYMOUS = {"NoAuthenticationInformation", "PublicAccessNotPermitted"}
_BUSY = {"InternalError", "OperationTimedOut", "ServerBusy"}


def _by_code(code: str, status: int, asked: Asked) -> Fault | None:
    if code.startswith("KeyVault"):
        return Fault(
            KEY_DENIED,
            f"the account's own key in Key Vault cannot be used ({code}): it is disabled, deleted"
            " or out of the account's reach; ask its owner",
        )
    if not asked.signed and (code in _ANONYMOUS or status in (401, 403, 404)):
        return Fault(
            DENIED,
            f"{asked.container} is not public (or not there); leave out --no-sign-request",
        )
    if code in _ANONYMOUS:
        return Fault(SIGN_IN, f"{asked.account} wants a sign-in; run `az login`, then {AGAIN}")
    if code == "AuthorizationFailure":
        return Fault(
            DENIED,
            f"access denied: the firewall of {asked.account} may not let this computer in, or the"
            f" role {ROLE} is missing; ask its owner for either",
        )
    if code in ("AuthorizationSourceIPMismatch", "AuthorizationProtocolMismatch"):
        return Fault(DENIED, "access denied: the SAS is for another address or protocol")
    if code.startswith("Authorization") or status == 403:
        needed = "list (l)" if asked.action == "list" else "read (r)"
        return Fault(
            DENIED,
            f"access denied: the role {ROLE} on {asked.container} is missing, or the right to"
            f" {needed} in the SAS",
        )
    if code in ("BlobArchived", "BlobBeingRehydrated"):
        return Fault(
            ARCHIVED,
            f"is archived ({asked.tier or 'Archive'}) and must be rehydrated first (`az storage"
            f" blob set-tier --tier Hot`, takes hours); then {AGAIN}",
        )
    if code in ("ContainerNotFound", "ContainerBeingDeleted", "ContainerDisabled"):
        return Fault(
            NO_BUCKET,
            f"no container is called {asked.container} in {asked.account}; check both names",
        )
    if code in ("AccountIsDisabled", "InvalidResourceName", "ResourceTypeMismatch"):
        return Fault(
            NO_BUCKET, f"{asked.container} in {asked.account} cannot be read ({code}); check it"
        )
    if status == 404:
        if asked.action == "head":
            return NO_OBJECT
        if asked.action == "list":
            return Fault(NO_BUCKET, f"{asked.container} was not found in {asked.account}")
        return DELETED
    if status in (412, 416):
        return of_transfer(ObjectChanged(), set())
    if code in _BUSY or status == 429 or status >= 500:
        return busy(code or status)
    return None
