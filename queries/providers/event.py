"""A provider's record in the words of the `events` relation, and what it deploys or creates."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from queries.envelopes.model import Record
from queries.json_stream import Piece


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
    """One of `vocabulary.ACTIONS` for a call to a registry."""
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
