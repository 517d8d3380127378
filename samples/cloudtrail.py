"""CloudTrail records: how one is built, and the trail that collects them.

A record has the fields and the field order CloudTrail writes (eventVersion 1.11). Fields that
a real record leaves out (``tlsDetails`` behind a service, ``errorCode`` on success) are left
out here too, because readers must cope with their absence.
"""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from random import Random
from typing import TypeAlias

Record: TypeAlias = dict[str, object]
Fields: TypeAlias = Mapping[str, object]

INTERNAL = "AWS Internal"
_MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
_KEY_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
_GLOBAL_HOSTS = {
    "iam": "iam.amazonaws.com",
    "ecr": "api.ecr.{region}.amazonaws.com",
    "signin": "{region}.signin.aws.amazon.com",
}


def iso(when: datetime) -> str:
    """Write a time as CloudTrail does: UTC, whole seconds."""
    return when.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def java_date(when: datetime) -> str:
    """Write a time as STS does inside ``responseElements`` (`Mar 2, 2026, 4:05:06 PM`)."""
    hour = when.hour % 12 or 12
    half = "AM" if when.hour < 12 else "PM"
    day = f"{_MONTHS[when.month - 1]} {when.day}, {when.year}"
    return f"{day}, {hour}:{when.minute:02}:{when.second:02} {half}"


@dataclass
class Ids:
    """Identifiers of every shape, all drawn from one seeded source."""

    rng: Random

    def event(self) -> str:
        return str(uuid.UUID(int=self.rng.getrandbits(128), version=4))

    def key(self, prefix: str) -> str:
        """An access key id: AKIA or ASIA and 16 characters, marked as an example."""
        return f"{prefix}{self._letters(9)}EXAMPLE"

    def principal(self, prefix: str) -> str:
        """A unique id: AIDA (user) or AROA (role) and 17 characters."""
        return f"{prefix}{self._letters(10)}EXAMPLE"

    def hex(self, length: int) -> str:
        return f"{self.rng.getrandbits(4 * length):0{length}x}"

    def instance(self) -> str:
        return f"i-0{self.hex(16)}"

    def _letters(self, count: int) -> str:
        return "".join(self.rng.choice(_KEY_ALPHABET) for _ in range(count))


@dataclass
class Clock:
    """Where a story has got to; every step takes a little time."""

    now: datetime
    rng: Random

    def tick(self, low: float = 1, high: float = 4) -> datetime:
        """Let between `low` and `high` seconds pass and return the new time."""
        self.now += timedelta(seconds=self.rng.uniform(low, high))
        return self.now


@dataclass(frozen=True)
class Client:
    """Where a call comes from, as the record shows it."""

    address: str
    agent: str

    @property
    def is_service(self) -> bool:
        return self.address == INTERNAL or self.address.endswith(".amazonaws.com")


@dataclass(frozen=True)
class Caller:
    """Somebody who can call: the ``userIdentity`` of the records and the client in use."""

    identity: Fields
    account: str
    client: Client
    source_identity: str | None = None

    @property
    def arn(self) -> str:
        return str(self.identity.get("arn", ""))

    @property
    def key(self) -> str:
        return str(self.identity.get("accessKeyId", ""))

    def through(self, service: str) -> "Caller":
        """The same caller seen behind a service, which hides the address and the agent."""
        identity = {**self.identity, "invokedBy": service}
        return replace(self, identity=identity, client=Client(service, service))

    def seen_abroad(self) -> "Caller":
        """What the other account's record of a cross-account call says of the caller."""
        identity = {
            "type": "AWSAccount",
            "principalId": self.identity["principalId"],
            "accountId": self.account,
        }
        return replace(self, identity=identity)


@dataclass(frozen=True)
class Failure:
    code: str
    message: str


def denied(caller: Caller, action: str, resource: str) -> Failure:
    """The refusal IAM words when no policy allows the action."""
    return Failure(
        "AccessDenied",
        f"User: {caller.arn} is not authorized to perform: {action} on resource: {resource} "
        f"because no identity-based policy allows the {action} action",
    )


@dataclass(frozen=True)
class Call:
    """One API call before it becomes a record: `name` is written `service:Operation`."""

    name: str
    region: str
    request: Fields | None = None
    response: Fields | None = None
    reads: bool = False
    failure: Failure | None = None
    resources: Sequence[Fields] = ()
    extra: Fields = field(default_factory=dict)


@dataclass(frozen=True)
class Entry:
    """A record and the account whose trail it belongs to."""

    account: str
    region: str
    when: datetime
    record: Record


def _tls(call: Call) -> Fields:
    service = call.name.partition(":")[0]
    host = _GLOBAL_HOSTS.get(service, f"{service}.{{region}}.amazonaws.com")
    return {
        "tlsVersion": "TLSv1.3",
        "cipherSuite": "TLS_AES_128_GCM_SHA256",
        "clientProvidedHostHeader": host.format(region=call.region),
    }


def _error(failure: Failure | None) -> Fields:
    return {"errorCode": failure.code, "errorMessage": failure.message} if failure else {}


@dataclass
class Trail:
    """Collects the records of all accounts and regions, in the order they are told."""

    ids: Ids
    entries: list[Entry] = field(default_factory=list)
    twice: list[str] = field(default_factory=list)
    """eventIDs to deliver a second time in a later file."""

    def call(self, when: datetime, caller: Caller, call: Call) -> Record:
        """Record one call in the caller's own account."""
        return self._keep(when, caller, call, caller.account, self.ids.event())

    def call_across(self, when: datetime, caller: Caller, call: Call, owner: str) -> Record:
        """Record one call on another account's resource: a record in each, tied together."""
        shared = replace(call, extra={**call.extra, "sharedEventID": self.ids.event()})
        request_id = self.ids.event()
        mine = self._keep(when, caller, shared, caller.account, request_id)
        self._keep(when, caller.seen_abroad(), shared, owner, request_id)
        return mine

    def service_event(self, when: datetime, account: str, call: Call, details: Fields) -> Record:
        """Record something AWS did by itself: no caller, no request, only details."""
        record: Record = {
            "eventVersion": "1.11",
            "userIdentity": {"accountId": account, "invokedBy": INTERNAL},
            **self._what(when, Client(INTERNAL, INTERNAL), call),
            "requestParameters": None,
            "responseElements": None,
            "eventID": self.ids.event(),
            "readOnly": call.reads,
            "resources": list(call.resources),
            "eventType": "AwsServiceEvent",
            "managementEvent": True,
            "recipientAccountId": account,
            "serviceEventDetails": dict(details),
            "eventCategory": "Management",
        }
        self.entries.append(Entry(account, call.region, when, record))
        return record

    def _keep(
        self, when: datetime, caller: Caller, call: Call, account: str, request_id: str
    ) -> Record:
        record: Record = {
            "eventVersion": "1.11",
            "userIdentity": caller.identity,
            **self._what(when, caller.client, call),
            **_error(call.failure),
            "requestParameters": call.request,
            "responseElements": call.response if call.failure is None else None,
            # A sign-in is not a request: its records have no id for one.
            **({} if call.name.startswith("signin:") else {"requestID": request_id}),
            "eventID": self.ids.event(),
            "readOnly": call.reads,
            **({"resources": list(call.resources)} if call.resources else {}),
            "eventType": "AwsApiCall",
            "managementEvent": True,
            "recipientAccountId": account,
            "eventCategory": "Management",
            **({} if caller.client.is_service else {"tlsDetails": _tls(call)}),
            **call.extra,
        }
        self.entries.append(Entry(account, call.region, when, record))
        return record

    @staticmethod
    def _what(when: datetime, client: Client, call: Call) -> Fields:
        service, _, operation = call.name.partition(":")
        return {
            "eventTime": iso(when),
            "eventSource": f"{service}.amazonaws.com",
            "eventName": operation,
            "awsRegion": call.region,
            "sourceIPAddress": client.address,
            "userAgent": client.agent,
        }
