"""CloudTrail's field names as people and programs write them into headers, and where they belong.

`userIdentity.arn`, `user_identity_arn`, `useridentity.arn` and `User identity ARN` are one name:
letters and digits count, case and punctuation do not.
https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from itertools import islice
from typing import Any

from queries.envelopes.printed_text import looks_printed, of_powershell, parse_printed
from queries.envelopes.struct_text import DECODER, looks_like_struct, parse_struct

Path = tuple[str, ...]

MOST_COLUMNS = 1000
_LONGEST_NAME = 256
"""What is remembered of headers is bounded, whatever a file has for headers."""

_TOP = """eventVersion eventTime eventSource eventName awsRegion sourceIPAddress userAgent errorCode
errorMessage requestID eventID readOnly eventType apiVersion managementEvent recipientAccountId
sharedEventID vpcEndpointId vpcEndpointAccountId eventCategory requestParameters responseElements
additionalEventData serviceEventDetails resources userIdentity tlsDetails addendum
edgeDeviceDetails insightDetails sessionCredentialFromConsole eventContext"""
_ISSUER = "type principalId arn accountId userName"
_IDENTITY = """type principalId arn accountId accessKeyId userName invokedBy identityProvider
credentialId onBehalfOf onBehalfOf.userId onBehalfOf.identityStoreArn inScopeOf sessionContext
sessionContext.sessionIssuer sessionContext.attributes sessionContext.attributes.creationDate
sessionContext.attributes.mfaAuthenticated sessionContext.sourceIdentity
sessionContext.webIdFederationData sessionContext.webIdFederationData.federatedProvider
sessionContext.webIdFederationData.attributes sessionContext.ec2RoleDelivery"""
_REQUEST = """registryId repositoryName repositoryNames imageTag imageDigest imageManifest
imageManifestMediaType imageIds layerDigest layerDigests imageTagMutability policyText
lifecyclePolicyText force roleArn roleSessionName userName roleName functionName bucketName
taskDefinition family secretId name"""
_RESPONSE = """image image.registryId image.repositoryName image.imageManifest image.imageId
image.imageId.imageDigest image.imageId.imageTag repository repository.repositoryName
repository.repositoryArn credentials credentials.accessKeyId credentials.expiration assumedRoleUser
assumedRoleUser.arn assumedRoleUser.assumedRoleId federatedUser federatedUser.arn ConsoleLogin"""

OBJECTS = frozenset(
    {
        ("userIdentity",),
        ("requestParameters",),
        ("responseElements",),
        ("additionalEventData",),
        ("serviceEventDetails",),
        ("resources",),
        ("tlsDetails",),
        ("addendum",),
        ("insightDetails",),
        ("userIdentity", "sessionContext"),
        ("userIdentity", "onBehalfOf"),
        ("userIdentity", "sessionContext", "sessionIssuer"),
        ("userIdentity", "sessionContext", "attributes"),
        ("userIdentity", "sessionContext", "webIdFederationData"),
        ("responseElements", "image"),
        ("responseElements", "image", "imageId"),
        ("responseElements", "credentials"),
        ("requestParameters", "imageIds"),
    }
)
"""Members that hold objects; a cell with one is opened."""


def canonical(name: str) -> str:
    """A header's letters and digits, in small letters; empty for what is too long to be one."""
    return _canonical(name) if len(name) <= _LONGEST_NAME else ""


_LOGGED_TYPE = re.compile(r"(?<=[a-z0-9]{2})_[sdbtg]\Z")
"""What Log Analytics puts behind the names of a custom log, for the type of the values; that of
`event_i_d` is part of the name.
https://learn.microsoft.com/azure/azure-monitor/logs/data-collector-api#record-type-and-properties"""


@lru_cache(maxsize=4096)
def _canonical(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", _LOGGED_TYPE.sub("", name.lower()))


def _paths() -> dict[str, Path]:
    paths: list[Path] = [(name,) for name in _TOP.split()]
    paths += [("userIdentity", *name.split(".")) for name in _IDENTITY.split()]
    issuer = ("userIdentity", "sessionContext", "sessionIssuer")
    paths += [(*issuer, name) for name in _ISSUER.split()]
    paths += [("requestParameters", *name.split(".")) for name in _REQUEST.split()]
    paths += [("responseElements", *name.split(".")) for name in _RESPONSE.split()]
    found = {canonical("".join(path)): path for path in paths}
    # Without `userIdentity`, as Sentinel has it and as people write it.
    for path in paths:
        if path[:2] == ("userIdentity", "sessionContext") and len(path) > 2:
            found.setdefault(canonical("".join(path[1:])), path)
            found.setdefault(canonical("".join(path[2:])), path)
    return found


PATHS = _paths()
"""Header -> place in the record, for names that are CloudTrail's own."""

ALIASES: dict[str, Path] = {
    "time": ("eventTime",),
    "timestamp": ("eventTime",),
    "datetime": ("eventTime",),
    "date": ("eventTime",),
    "event": ("eventName",),
    "action": ("eventName",),
    "service": ("eventSource",),
    "region": ("awsRegion",),
    "sourceip": ("sourceIPAddress",),
    "ip": ("sourceIPAddress",),
    "ipaddress": ("sourceIPAddress",),
    "clientip": ("sourceIPAddress",),
    "useridentity": ("userIdentity",),
    "identitytype": ("userIdentity", "type"),
    "usertype": ("userIdentity", "type"),
    "arn": ("userIdentity", "arn"),
    "userarn": ("userIdentity", "arn"),
    "identityarn": ("userIdentity", "arn"),
    "principalarn": ("userIdentity", "arn"),
    "principal": ("userIdentity", "arn"),
    "actor": ("userIdentity", "arn"),
    "principalid": ("userIdentity", "principalId"),
    "user": ("userIdentity", "userName"),
    "username": ("userIdentity", "userName"),
    "invokedby": ("userIdentity", "invokedBy"),
    "accesskeyid": ("userIdentity", "accessKeyId"),
    "accesskey": ("userIdentity", "accessKeyId"),
    "awsaccesskey": ("userIdentity", "accessKeyId"),
    "awsaccesskeyid": ("userIdentity", "accessKeyId"),
    "account": ("recipientAccountId",),
    "accountid": ("recipientAccountId",),
    "awsaccount": ("recipientAccountId",),
    "awsaccountid": ("recipientAccountId",),
    "registryid": ("requestParameters", "registryId"),
    "repository": ("requestParameters", "repositoryName"),
    "repositoryname": ("requestParameters", "repositoryName"),
    "repo": ("requestParameters", "repositoryName"),
    "imagetag": ("requestParameters", "imageTag"),
    "tag": ("requestParameters", "imageTag"),
    "imagedigest": ("requestParameters", "imageDigest"),
    "digest": ("requestParameters", "imageDigest"),
    "imagemanifest": ("requestParameters", "imageManifest"),
    "error": ("errorCode",),
    # Microsoft Sentinel, table AWSCloudTrail
    "timegenerated": ("eventTime",),
    "timegeneratedutc": ("eventTime",),
    "awseventid": ("eventID",),
    "awsrequestid": ("requestID",),
    "eventtypename": ("eventType",),
    "category": ("eventCategory",),
    "sessioncreationdate": ("userIdentity", "sessionContext", "attributes", "creationDate"),
    "sessionmfaauthenticated": (
        "userIdentity",
        "sessionContext",
        "attributes",
        "mfaAuthenticated",
    ),
    # Splunk
    "eventtimeutc": ("eventTime",),
}
"""Other people's words. They give way to CloudTrail's own in the same row."""

_TELLING = """eventVersion eventSource eventName eventID awsRegion sourceIPAddress userIdentity
requestParameters responseElements recipientAccountId sharedEventID awsEventId eventTime
userIdentity.type userIdentity.arn userIdentity.userName userIdentity.principalId
userIdentity.accountId userIdentity.accessKeyId userAgent errorCode"""
TELLING = frozenset(canonical(name) for name in _TELLING.split())
"""Names of which two tell a table of CloudTrail events."""
_NEEDED = frozenset({"eventname", "eventsource", "eventid", "awseventid", "useridentity"})

_SPREAD = re.compile(
    r"(user_?identity|request_?parameters|response_?elements|additional_?event_?data"
    r"|service_?event_?details)[._/ ]+(.+)",
    re.IGNORECASE,
)
_SPREAD_ROOTS = {canonical("".join(path)): path[0] for path in OBJECTS if len(path) == 1}

_IDENTITY_NAMES = {
    part.lower(): part for name in (_IDENTITY + " " + _ISSUER).split() for part in name.split(".")
}
_RESOURCE_NAMES = {"arn": "ARN", "accountid": "accountId", "type": "type"}


def tells_cloudtrail(names: Iterable[str]) -> bool:
    """Whether headers are those of a table of CloudTrail events."""
    short = (name for name in names if len(name) <= _LONGEST_NAME)
    return _tells(tuple(islice(short, MOST_COLUMNS)))


@lru_cache(maxsize=256)
def _tells(names: tuple[str, ...]) -> bool:
    known = {canonical(name) for name in names}
    return len(known & TELLING) >= 2 and bool(known & _NEEDED)


def place(name: str) -> tuple[Path, bool] | None:
    """Where a column belongs in the record, and whether its name is CloudTrail's own."""
    return _place(name) if len(name) <= _LONGEST_NAME else None


@lru_cache(maxsize=4096)
def _place(name: str) -> tuple[Path, bool] | None:
    key = canonical(name)
    if path := PATHS.get(key):
        return path, True
    if spread := _SPREAD.fullmatch(name.strip()):
        root = _SPREAD_ROOTS[canonical(spread.group(1))]
        return (root, *spread.group(2).split(".")), True
    return (path, False) if (path := ALIASES.get(key)) else None


NOT_PRINTED = (
    "PowerShell prints only the outermost members of an object (export with ConvertTo-Json -Depth"
    " 20): what lies deeper is not in this source"
)


def printed_in_part(row: Mapping[str, Any]) -> bool:
    """Whether cells of a row hold what PowerShell prints of an object."""
    return any(isinstance(cell, str) and of_powershell(cell) for cell in row.values())


def build_record(row: Mapping[str, Any]) -> dict[str, Any]:
    """A record from a row of columns. Empty cells are absent members."""
    record: dict[str, Any] = {}
    found: list[tuple[bool, int, Path, Any]] = []
    for name, cell in row.items():
        where = place(str(name))
        if where is None or cell is None or cell == "":
            continue
        path, own = where
        if _says_nothing(path, cell):
            continue
        if path in OBJECTS or _is_list(path, cell):
            cell = open_object(cell, path)
            if cell is None:
                continue
        found.append((not own, len(path), path, cell))
    # CloudTrail's own names first, and whole objects before their members.
    for _, _, path, cell in sorted(found, key=lambda entry: entry[:2]):
        put(record, path, cell)
    _mend_identity(record)
    return record


_NOTHING = frozenset({"null", "none", "nan", "(null)", "n/a", "-", "<na>"})
_NEVER_CHOSEN = frozenset({"\\n", "[null]", "<null>"})
"""What databases write for NULL (`\\N`: Snowflake, MySQL, Hive), and no name or tag can be."""
_CHOSEN = frozenset({"requestParameters", "responseElements", "userAgent"})


def _says_nothing(path: Path, cell: Any) -> bool:
    """Whether a word stands where nothing was: data frames write nan and None, Splunk's add-on for
    AWS the error code `success`. In what a caller chose (a tag may be called NULL) words count.
    https://docs.splunk.com/Documentation/AddOns/released/AWS/CloudTrail
    """
    if not isinstance(cell, str) or len(cell) > 32:
        return False
    word = cell.strip().lower()
    if word in _NEVER_CHOSEN:
        return True
    if path[0] in _CHOSEN or path[-1] == "userName":
        return False
    return word in _NOTHING or (path == ("errorCode",) and word == "success")


def put(record: dict[str, Any], path: Path, value: Any) -> None:
    """Set a member deep in a record, unless it is there already."""
    at = record
    for part in path[:-1]:
        inner = at.get(part)
        if inner is None:
            inner = at[part] = {}
        if not isinstance(inner, dict):
            return
        at = inner
    if at.get(path[-1]) in (None, ""):
        at[path[-1]] = value


def open_object(cell: Any, path: Path) -> Any:
    """An object that is JSON or struct text in a cell; None for a written-out null."""
    if isinstance(cell, str):
        text = cell.strip()
        if text.lower() in ("null", "none", "nan", "{}", "[]", "-"):
            return None
        if path == ("resources",) and text.startswith("arn:"):
            return [{"ARN": arn} for arn in re.split(r"[,;\s]+", text)]
        opened = _json(text)
        if opened is None and looks_printed(text):
            opened = parse_printed(text)
        if opened is None and looks_like_struct(text):
            opened = parse_struct(text)
        if opened is None:
            return cell
        cell = opened
    if path[0] == "userIdentity":
        return _renamed(cell, _IDENTITY_NAMES)
    return _renamed(cell, _RESOURCE_NAMES) if path == ("resources",) else cell


def _json(text: str) -> Any:
    if not text.startswith(("{", "[")):
        return None
    try:
        return DECODER.decode(text)
    except (ValueError, RecursionError):
        return None


def _renamed(value: Any, names: Mapping[str, str], depth: int = 0) -> Any:
    """Member names with the case that CloudTrail gives them: tables have small letters only."""
    if depth > 8:
        return value
    if isinstance(value, list):
        return [_renamed(each, names, depth + 1) for each in value]
    if isinstance(value, dict):
        return {
            names.get(canonical(str(name)), name): _renamed(each, names, depth + 1)
            for name, each in value.items()
        }
    return value


def _is_list(path: Path, cell: Any) -> bool:
    """Whether the cell of a member deep in the parameters is a list, or an object that a program
    printed: the record has no text of that form there (a policy or a manifest is JSON)."""
    return (
        len(path) > 1
        and path[0] in ("requestParameters", "responseElements")
        and isinstance(cell, str)
        and (cell.startswith(("[", "@{")) or looks_printed(cell[:300]))
    )


def unread_cells(record: Mapping[str, Any]) -> list[str]:
    """Sentences about members of a record from a table that hold a text where objects belong."""
    return [
        f"a cell of {path[0]} is no object that can be read: it was not used"
        for path in OBJECTS
        if len(path) == 1
        and isinstance(cell := record.get(path[0]), str)
        and not of_powershell(cell)
    ]


def _mend_identity(record: dict[str, Any]) -> None:
    """A user column may hold an ARN or a name; an ARN says the account."""
    from queries.providers.aws.named import identity_of  # beside envelopes that import the columns

    identity = record.get("userIdentity")
    if isinstance(identity, str) and (named := identity_of(identity)) is not None:
        identity = record["userIdentity"] = named
    if not isinstance(identity, dict):
        return
    name, arn = identity.get("userName"), identity.get("arn")
    if isinstance(name, str) and name.startswith("arn:") and not arn:
        arn = identity["arn"] = identity.pop("userName")
    if isinstance(arn, str) and not arn.startswith("arn:"):
        # A column such as `principal` or `actor` with a plain name in it.
        identity.pop("arn")
        identity.setdefault("userName", arn)
        arn = None
    if isinstance(arn, str) and not identity.get("accountId"):
        account = arn.split(":")[4:5]
        if account and account[0].isdigit():
            identity["accountId"] = account[0]
