"""What a provider is: one cloud (or cluster) whose audit log the product reads.

A provider is a small package with four parts of the same names: `envelopes` (which export is
this?), `events` (a record to an `Event`), `vocabulary` (what its calls mean in the words below) and
`identity` (who a record names). `__init__` puts them into one `Provider`, and
`queries.providers.PROVIDERS` lists it. Nothing else knows a provider by name.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from queries.envelopes.model import Found, Record
from queries.json_stream import Piece

if TYPE_CHECKING:
    import duckdb

PUSH = "push"
"""A manifest was put: the act that publishes an image."""
UPLOAD = "upload"
"""A layer is being moved to the registry; without a push after it, an unfinished one."""
CHECK = "check"
"""Asked whether a layer, manifest or tag is there."""
PULL = "pull"
"""A manifest was fetched."""
DOWNLOAD = "download"
"""A layer was fetched."""
LOGIN = "login"
LIST = "list"
TAG = "tag"
UNTAG = "untag"
"""A tag was taken off; the image stays."""
DELETE = "delete"
EXPIRE = "expire"
"""The registry deleted images by a policy, on its own."""
CREATE_REPOSITORY = "create repository"
DELETE_REPOSITORY = "delete repository"
DELETE_REGISTRY = "delete registry"
"""All repositories whose key begins with this one's and a slash went with it."""
POLICY = "policy"
"""Who may do what was changed (not: read)."""
SETTINGS = "settings"
"""Another change to how the registry works: scanning, immutable tags, replication, clean-up."""
SCAN = "scan"
READ = "read"
"""Anything else that only reads."""

ACTIONS = frozenset(
    {
        PUSH, UPLOAD, CHECK, PULL, DOWNLOAD, LOGIN, LIST, TAG, UNTAG, DELETE, EXPIRE,
        CREATE_REPOSITORY, DELETE_REPOSITORY, DELETE_REGISTRY, POLICY, SETTINGS, SCAN, READ,
    }
)  # fmt: skip
"""The words of `events.registry_action`, which is NULL for a call to anything but a registry."""


@dataclass(slots=True)
class Image:
    """An image that a deployment names: the reference as written, its container, and a digest that
    the platform says it runs (`sha256:…`)."""

    reference: str
    container: str = ""
    digest: str = ""


@dataclass(slots=True)
class Deployment:
    """What a call starts, changes or ends on a platform that runs images."""

    platform: str
    """Short, in lower case: cloud run, kubernetes, container apps."""
    act: str
    """defined · deployed (lasting) · ran (ends by itself) · ended."""
    unit: str
    """The one thing that runs, unambiguous in the case: what replaces what is decided by it."""
    deployed: str
    """The same as a person would say it: `service prod/api`."""
    images: list[Image] = field(default_factory=list)

    def fields(self) -> dict[str, Any]:
        return {
            "platform": self.platform,
            "act": self.act,
            "unit": self.unit,
            "deployed": self.deployed,
            "images": [
                {"image": each.reference, "container": each.container, "digest": each.digest}
                for each in self.images
            ],
        }


@dataclass(slots=True)
class Creation:
    """A credential or a principal that a call makes, or a way in that it opens."""

    kind: str
    """access key · user · permissions · identity provider · other credential"""
    name: str
    principal: str = ""
    """Who can act with it later, as its own records will name it."""
    key: str = ""
    """The session key of those records."""

    def fields(self) -> dict[str, Any]:
        return {
            "kind": self.kind,
            "name": self.name,
            "principal": self.principal,
            "key": self.key,
        }


@dataclass(slots=True)
class Event:
    """A record in the words of the `events` relation. Empty text and None: it does not say.

    `principal` is a name for people that is the same whenever the same one acts. `key` is what a
    session is known by (an access key, a token's id, or a chain of impersonation made into one
    word); `issued_key` is the key that this call handed out, and `delegation` the principals that
    the record itself names behind `principal`, the first of them first.
    """

    provider: str
    time: str
    """ISO 8601 in UTC with a `Z`."""
    event_id: str
    service: str
    name: str
    plain_name: str = ""
    """The call's short name, where its own is long: what filters and lists of calls go by."""
    account: str = ""
    """Project, subscription or cluster."""
    region: str = ""
    address: str = ""
    agent: str = ""
    outcome: str = "ok"
    """ok, denied, failed"""
    error: str = ""
    """The error's own name, such as PERMISSION_DENIED."""
    error_message: str = ""
    request_id: str = ""
    reads: bool | None = None
    """Whether it only reads; None lets the verb of the name decide."""
    category: str = ""
    kind: str = ""
    """The kind of log, as the provider calls it."""
    principal: str = ""
    identity_type: str = ""
    principal_id: str = ""
    principal_account: str = ""
    user_name: str = ""
    key: str = ""
    issuer: str = ""
    invoked_by: str = ""
    identity_provider: str = ""
    source_identity: str = ""
    issued_key: str = ""
    issued_to: str = ""
    delegation: tuple[str, ...] = ()
    action: str = ""
    """One of ACTIONS for a call to a registry."""
    registry: str = ""
    """The account of the registry: who owns it."""
    repository: str = ""
    """`account/region/name`, unambiguous among all clouds."""
    repository_name: str = ""
    tag: str = ""
    digest: str = ""
    manifest: str = ""
    """The manifest's text, where the record has it."""
    artifact: str = ""
    """What was pushed when it is no image and the record says so without a manifest: one of the
    kinds of `queries.manifest` (helm_chart, signature, sbom, attestation, artifact)."""
    layer: str = ""
    target: str = ""
    """What the call was about, for the list of activity."""
    via: str = ""
    """docker client · API call: how a push came."""
    made_by: str = ""
    """Empty for a person or a job; `service`, `replication`, `pull-through cache`."""
    request: Any = None
    response: Any = None
    details: Any = None
    resource: str = ""
    deployment: Deployment | None = None
    creation: Creation | None = None

    def record(self, piece: Piece, *, lossy: bool = False) -> Record:
        """As the careful lane takes it, with the text as delivered."""
        return Record(
            self._fields(), piece.text, piece.repeated_keys, lossy=lossy, mapped=self._mapped()
        )

    def _fields(self) -> dict[str, Any]:
        context: dict[str, Any] = {}
        if self.issuer:
            context["sessionIssuer"] = {"arn": self.issuer}
        if self.source_identity:
            context["sourceIdentity"] = self.source_identity
        identity = {
            "type": self.identity_type,
            "arn": self.principal,
            "principalId": self.principal_id,
            "accountId": self.principal_account or (self.account if self.principal else ""),
            "accessKeyId": self.key,
            "userName": self.user_name,
            "invokedBy": self.invoked_by,
            "identityProvider": self.identity_provider,
            "sessionContext": context,
        }
        details = self.details
        if details is None and self.artifact:
            details = {"artifact": self.artifact}
        fields: dict[str, Any] = {
            "eventTime": self.time,
            "eventID": self.event_id,
            "eventSource": self.service,
            "eventName": self.name,
            "awsRegion": self.region,
            "sourceIPAddress": self.address,
            "userAgent": self.agent,
            "errorCode": self.error,
            "errorMessage": self.error_message,
            "requestID": self.request_id,
            "eventType": self.kind,
            "eventCategory": self.category,
            "recipientAccountId": self.account,
            "userIdentity": {name: value for name, value in identity.items() if value},
            "requestParameters": self.request,
            "responseElements": self.response,
            "serviceEventDetails": self.details
            or ({"artifact": self.artifact} if self.artifact else None),
        }
        fields = {name: value for name, value in fields.items() if value not in ("", None)}
        if self.reads is not None:
            fields["readOnly"] = self.reads
        if self.resource:
            fields["resources"] = [{"ARN": self.resource}]
        return fields

    def _mapped(self) -> dict[str, Any]:
        said = {
            "provider": self.provider,
            "plainName": self.plain_name,
            "action": self.action,
            "outcome": self.outcome,
            "registryId": self.registry,
            "repository": self.repository,
            "repositoryName": self.repository_name,
            "tag": self.tag,
            "digest": self.digest,
            "manifest": self.manifest,
            "layer": self.layer,
            "target": self.target,
            "via": self.via,
            "madeBy": self.made_by,
            "issuedKey": self.issued_key,
            "issuedTo": self.issued_to,
            "delegation": list(self.delegation) or None,
            "deployment": self.deployment.fields() if self.deployment else None,
            "creation": self.creation.fields() if self.creation else None,
        }
        return {name: value for name, value in said.items() if value}


@dataclass(frozen=True, slots=True)
class Calls:
    """Calls of a provider that mean one thing (`Provider.calls`)."""

    named: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Event source to the plain names of its calls."""
    writes: Sequence[str] = ()
    """Event sources of which every call that changes something counts."""
    also: str = ""
    """More of them, as a condition in SQL on an event `e`."""


# What calls can mean, besides what they do to a registry; questions and rules ask for these words.
CONSOLE_LOGIN = "console_login"
"""A person signed in with a password."""
CREDENTIAL_MADE = "credential_made"
IDENTITY_CHANGED = "identity_changed"
"""Users, roles, groups or what they may do were changed."""
SECRET_READ = "secret_read"  # noqa: S105 - a word
LOGGING_CHANGED = "logging_changed"
LOGGING_TAMPERED = "logging_tampered"
"""The logging was stopped, deleted or narrowed."""
LOGGING_TRIMMED = "logging_trimmed"
"""Those of them that are daily work as well."""
EVIDENCE_STOPPED = "evidence_stopped"
"""The log that is the evidence itself was stopped, begun again or changed."""
GAINS_RIGHTS, STAYS, READS_SECRETS, RUNS_CODE, OPENS_NETWORK = (
    "rights",
    "persistence",
    "secrets",
    "code",
    "network",
)
"""Sensitive calls, by the word that findings say."""
PUBLIC_PUSH = "public_push"
"""A push to where everybody can pull."""
NEW_WAY = "new_way"
"""Images may flow in or out of the registry by another way."""
OUTLET = "outlet"
"""The registry sends something to another place: notices, copies, exports."""
BY_CONTROL_PLANE = "by_control_plane"
"""An image comes in without a push: imported, or built by the registry."""
SHARED_CREDENTIALS = "shared_credentials"
"""The registry's shared password was read, changed or switched on."""
REGISTRY_CHANGED = "registry_changed"
"""The registry's settings were written as a whole."""


CONTAINER_HOST = "container host"
"""A machine whose agent is containerd and whose identity is no person's."""


def by_identity(identities: Mapping[str, str]) -> str:
    """Expression for `Provider.workload` where the type of identity tells it."""
    cases = " ".join(f"WHEN '{kind}' THEN '{word}'" for kind, word in identities.items())
    return (
        "CASE WHEN e.user_agent ILIKE 'containerd%' AND e.identity_type IS DISTINCT FROM 'User'"
        f" THEN '{CONTAINER_HOST}' ELSE CASE e.identity_type {cases} ELSE 'unknown' END END"
    )


@dataclass(frozen=True, slots=True)
class Envelope:
    """One export of a provider: its name on the screen, and its reader (None: not mine)."""

    name: str
    read: Callable[[Piece], Found | None]


@dataclass(frozen=True, slots=True)
class Hosted:
    """An image reference on a provider's registry: whose, where, and the repository's name."""

    provider: str
    account: str
    region: str
    repository: str
    key: str
    """As `events.repository` has it; empty where the reference leaves it open."""


@dataclass(frozen=True, slots=True)
class Provider:
    """One provider, as `PROVIDERS` lists it."""

    name: str
    """In `events.provider`: aws, google, azure, kubernetes."""
    title: str
    """On screens and in sentences."""
    envelopes: tuple[Envelope, ...] = ()
    sure: tuple[Envelope, ...] = ()
    """Those to ask before CloudTrail's own: they know by one look what can be nothing else."""
    hosted: Callable[[str, str], Hosted | None] = lambda host, path: None
    """(host in lower case, path without tag and digest) of an image reference to whose it is."""
    join: Callable[[duckdb.DuckDBPyConnection], None] | None = None
    """Points records of one act at the one that stands for it (`events.merged_into`), run after
    copies were merged. Whatever else of an event it changes is kept as it was read before
    (`queries.index.unjoined`)."""
    links: Sequence[str] = ()
    """SELECTs of an event's key and of what all events have in common that `join` may join or
    compare, from `{events}` without its long texts: of an index that grows, only those are joined
    again that have it in common with what came."""
    unseen: Callable[[duckdb.DuckDBPyConnection], list[str]] = lambda connection: []
    """Sentences about what the evidence of this provider cannot show (a log that was off)."""
    mentions: str = ""
    """Regular expression of its registries' hosts, to find references inside other texts."""
    mention_signs: tuple[str, ...] = ()
    """One of these stands in every such host."""
    placed: Callable[[Record, str], None] | None = None
    """Puts into a record what only the place it comes from tells: a log group, or a file's name."""
    names_table: Callable[[Sequence[str]], bool] = lambda names: False
    """Whether column names are those of one of its tables (a CSV file is told by its header)."""
    services: dict[str, str] = field(default_factory=dict)
    """`events.event_source` to its short name, where that is not the name without `suffix`."""
    suffix: str = ""
    """What the names of its services end in (`.googleapis.com`); left out on screens."""
    calls: Mapping[str, Calls] = field(default_factory=dict)
    """What some of its calls mean, by the words above."""
    natures: Sequence[tuple[str, str]] = ()
    """(condition in SQL on `origin` and `principal`, root · service · job · person): what sort of
    actor a name tells of, where the provider's own names tell it for sure."""
    likely_natures: Sequence[tuple[str, str]] = ()
    """The same by what names usually look like."""
    actors: Sequence[tuple[str, str]] = ()
    """(condition in SQL on `origin`, expression on it and `identity_arn`): who all the sessions of
    one actor are, where the origin alone does not say it."""
    workload: str = ""
    """Expression in SQL: what kind of workload pulled, for an event `e` and its session `s`."""
    nodes: Mapping[str, str] = field(default_factory=dict)
    """Such workloads that are machines which run what they pull, and their platform."""
    registry: str = ""
    """What its registry is called beside a deployment; empty for the provider's name."""
    asked_by: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Service to the calls by which somebody sets it to work; its own calls are then for them."""
    creating: Sequence[tuple[str, str]] = ()
    """(event source, name) of calls that make a credential or principal, where records were not
    mapped to an `Event`."""
    creation: Callable[[Mapping[str, Any]], Creation | None] = lambda event: None
    """What such a call made, from its columns in `events`."""
