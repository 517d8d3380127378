"""What Artifact Registry publishes to the topic `gcr`: that an image or a tag came or went.

    {"action": "INSERT", "digest": "us-docker.pkg.dev/p/repo/app@sha256:…", "tag": "…/app:1.1"}

https://cloud.google.com/artifact-registry/docs/configure-notifications
A notice has no user, no address and no time of its own: its time is that of the message around it.
"""

from __future__ import annotations

from typing import Any

from queries.envelopes.model import Found
from queries.json_stream import Piece
from queries.providers.event import Event
from queries.providers.google.names import hosted
from queries.providers.google.vocabulary import REGISTRY
from queries.providers.members import text
from queries.providers.vocabulary import DELETE, PUSH, UNTAG
from queries.times import utc_time

NOTICE = "gcr topic"
"""Such an event's `event_type`."""
NOBODY = "(not recorded)"
ABOUT = (
    "notices of Artifact Registry say that an image came or went, but not by whom and from where:"
    " the Data Access audit log does"
)


def is_notice(value: Any) -> bool:
    """Whether a JSON value is such a notice."""
    if not isinstance(value, dict) or value.get("action") not in ("INSERT", "DELETE"):
        return False
    return _named(value)[0] is not None


def notice(value: dict[str, Any], piece: Piece, time: str = "", message_id: str = "") -> Found:
    """The event of a notice; `time` and `message_id` are those of the message around it."""
    found, tag, digest = _named(value)
    if found is None:
        return Found()
    put = value["action"] == "INSERT"
    event = Event(
        provider="google",
        time=(utc_time(time) if time else "") or "",
        event_id=f"pubsub/{message_id}" if message_id else "",
        service=REGISTRY,
        name=str(value["action"]),
        account=found.account,
        region=found.region,
        kind=NOTICE,
        principal=NOBODY,
        action=PUSH if put else DELETE if digest else UNTAG,
        reads=False,
        registry=found.account,
        repository=found.key,
        repository_name=found.repository,
        tag=tag,
        digest=digest,
        target=f"{found.repository}:{tag}" if tag else f"{found.repository}@{digest[:19]}",
        via="docker client" if put else "",
        request=value,
    )
    return Found([event.record(piece, lossy=True)], about=[ABOUT])


def _named(value: dict[str, Any]) -> tuple[Any, str, str]:
    """(whose, tag, digest) of what a notice names; None for what is on no registry of Google."""
    by_digest, by_tag = text(value, "digest"), text(value, "tag")
    path, _, digest = by_digest.partition("@")
    named, colon, tag = by_tag.rpartition(":")
    host, _, rest = (path or (named if colon else by_tag)).partition("/")
    found = hosted(host, rest)
    return (found if found and found.key else None), tag if colon else "", digest
