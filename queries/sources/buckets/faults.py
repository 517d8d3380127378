"""What can go wrong on the way to an object, as one sentence that says what to do next.

Each cloud has a `faults` of its own for what its service and its sign-in answer; here are the kinds
of trouble, and what is the same everywhere: the transfer, the network, the disk. A sentence holds
names, codes and regions, and never a key, signature or token: those parts of an error are not read.
"""

from __future__ import annotations

import errno
import re
from dataclasses import dataclass

from queries.sources.local import Unavailable

# What kind of trouble it is.
SIGN_IN = "sign-in"
DENIED = "denied"
KEY_DENIED = "key denied"
ARCHIVED = "archived"
ELSEWHERE = "elsewhere"
PAYER = "payer"
BUSY = "busy"
GONE = "gone"
NO_BUCKET = "no bucket"
CLOCK = "clock"
NETWORK = "network"
CERTIFICATE = "certificate"
CHANGED = "changed"
CUT = "cut"
DISK = "disk"
EMPTY = "empty"
USAGE = "usage"
STOPPED = "stopped"
OTHER = "other"

HOPELESS = frozenset({SIGN_IN, ELSEWHERE, NO_BUCKET, CLOCK, CERTIFICATE, DISK, USAGE, STOPPED})
"""Troubles that every other object will meet too: asking for the rest would only repeat them."""
AGAIN = "run the same command again: it goes on where this one stopped"


DID_NOT_WORK = {
    "list": "could not be listed",
    "head": "could not be looked up",
    "get": "could not be fetched",
    "sign in": "signing in did not work",
    "lookup": "the event history could not be read",
}
"""What was being done (`Asked.action` of each cloud) to what is said when nothing more is known."""


class NotFetched(Unavailable):
    """An object's bytes could not be had; its text is a whole sentence."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.text)
        self.fault = fault


@dataclass(frozen=True, slots=True)
class Fault:
    """What happened (one of the constants above) and the sentence about it."""

    kind: str
    text: str

    @property
    def hopeless(self) -> bool:
        return self.kind in HOPELESS


NO_OBJECT = Fault(GONE, "there is no such object or folder; names are taken literally")
DELETED = Fault(GONE, "was deleted after it was listed; there is nothing to fetch any more")


def busy(answer: object) -> Fault:
    """`answer`: the code or status that the service gave each time."""
    return Fault(
        BUSY, f"the service was too busy and refused every attempt ({answer}); later, {AGAIN}"
    )


class ObjectChanged(Exception):
    """The object is not the one that was listed any more."""


class BodyCut(Exception):
    """Fewer (or more) bytes arrived than the object has."""


def of_transfer(error: BaseException, names: set[str]) -> Fault | None:
    """What our own transfer found, and bodies that ended too soon."""
    if isinstance(error, ObjectChanged):
        return Fault(
            CHANGED, "was replaced by other content after it was listed; run the command again"
        )
    if isinstance(error, BodyCut) or names & {"IncompleteReadError", "IncompleteRead"}:
        return Fault(CUT, f"the transfer broke off several times before its end; {AGAIN}")
    return None


_NETWORK_ERRORS = {
    "ConnectTimeoutError",
    "ConnectionClosedError",
    "ConnectionError",
    "EndpointConnectionError",
    "HTTPClientError",
    "HTTPError",
    "NewConnectionError",
    "ProtocolError",
    "ProxyConnectionError",
    "ReadTimeoutError",
    "ResponseStreamingError",
    "ServiceRequestError",
    "ServiceResponseError",
    "TimeoutError",
    "TransportError",
    "gaierror",
}


_CERTIFICATE_ERRORS = {"SSLError", "SSLCertVerificationError", "CertificateError"}
_TIMEOUTS = {
    "ConnectTimeout",
    "ConnectTimeoutError",
    "ReadTimeout",
    "ReadTimeoutError",
    "ServiceRequestTimeoutError",
    "ServiceResponseTimeoutError",
    "TimeoutError",
}


def names_of(error: BaseException) -> set[str]:
    """The names of an error's class and of those it is derived from."""
    return {kind.__name__ for kind in type(error).__mro__}


def of_network(names: set[str], endpoint: str, bundle: str) -> Fault | None:
    """No connection, no answer, no trust. `bundle` is the variable that names certificates."""
    where = f" to {endpoint}" if endpoint else ""
    if names & _CERTIFICATE_ERRORS:
        return Fault(
            CERTIFICATE,
            f"the TLS certificate was not accepted; behind an inspecting proxy set {bundle} to"
            " its certificate",
        )
    if names & {"ProxyConnectionError", "ProxyError"}:
        return Fault(NETWORK, "the proxy cannot be reached; check HTTPS_PROXY and NO_PROXY")
    if names & _TIMEOUTS:
        return Fault(NETWORK, f"no answer in time{where}; {AGAIN}")
    if names & _NETWORK_ERRORS:
        return Fault(
            NETWORK,
            f"no connection{where}; check the network, the proxy and the endpoint, then {AGAIN}",
        )
    return None


def of_disk(error: BaseException) -> Fault | None:
    if not isinstance(error, OSError):
        return None
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return Fault(
            DISK,
            "the disk with the evidence cache is full; free some space or set XDG_CACHE_HOME to"
            f" another disk, then {AGAIN}",
        )
    if error.errno is not None:
        reason = (error.strerror or type(error).__name__).lower()
        return Fault(DISK, f"could not be kept in the evidence cache ({reason}); try --no-cache")
    return None


def unknown(action: str, detail: str, message: str = "") -> Fault:
    """The sentence for an error nobody has met yet."""
    said = plain(message)
    what = DID_NOT_WORK.get(action, "did not work")
    return Fault(OTHER, f"{what} ({detail}{': ' + said if said else ''}); {AGAIN}")


_SECRETIVE = re.compile(
    r"(?i)(aws_?secret\w*|account_?key|x-amz-[\w-]+|sig|token|signature|credential|password)\s*[=:]\s*\S+"
    r"|[A-Za-z0-9+/=_-]{40,}|\b(?:AKIA|ASIA)[A-Z0-9]{12,}"
)


def plain(message: str) -> str:
    """A service's own words, short, without anything that could be a key or a token."""
    text = _SECRETIVE.sub("…", " ".join(message.split()))
    return text[:160].rstrip(" .;:")
