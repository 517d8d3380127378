"""Which PutImage records are one act of publishing.

An index claims its children by the digests it lists, attachments (signatures, attestations,
SBOMs) are claimed by the image they name; time alone never groups. The claim is bounded to the
same principal and the life of one registry login (12 hours), so that an index made later from an
old, honest digest does not swallow the push that brought it.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from queries.manifest import (
    ATTACHMENT_TAG,
    ATTESTATION,
    INDEX,
    SBOM,
    SIGNATURE,
    Manifest,
)

LOGIN_LIFE = timedelta(hours=12)
"""Life of a registry login (https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_GetAuthorizationToken.html)."""

_ATTACHMENT_KINDS = frozenset({SIGNATURE, ATTESTATION, SBOM})


@dataclass(slots=True)
class ImageEvent:
    """One PutImage record that succeeded, or was attempted."""

    event_key: int
    time: datetime | None
    repository: str
    tag: str | None
    digest: str | None
    principal: str
    access_key_id: str | None
    manifest: Manifest
    failed: bool
    service: str
    """Empty, or what kind of service acted (see `queries.index.pushes`)."""
    row: dict[str, object] = field(default_factory=dict)


@dataclass(slots=True)
class Part:
    """A record folded into a push."""

    event: ImageEvent
    role: str
    """index | platform | attestation | signature | sbom | attachment | image"""
    attached: bool = False
    """It names the image itself; an index's own attestations are listed by the index."""


@dataclass(slots=True)
class Group:
    """One push: its root record and the records folded under it."""

    root: ImageEvent
    parts: list[Part] = field(default_factory=list)

    @property
    def tags(self) -> list[str]:
        """Tags this push set, the root's own first."""
        tags = [self.root.tag] if self.root.tag else []
        for part in self.parts:
            own = part.role in ("platform", "index")
            if own and part.event.tag and part.event.tag not in tags:
                tags.append(part.event.tag)
        return tags

    def named_by(self, tag: str) -> ImageEvent:
        """The record that put a tag last; within one second, the one that lists the others.

        Builders have put one tag on each platform's manifest and on the index, and ended on a
        platform's (docker/buildx#663).
        """
        puts = [self.root, *(part.event for part in self.parts if part.role != "attestation")]
        puts = [event for event in puts if event.tag == tag]
        if not puts:
            return self.root
        last = max(event.time or datetime.min for event in puts)
        puts = [event for event in puts if (event.time or datetime.min) == last]
        return self.root if any(event is self.root for event in puts) else puts[-1]


def group_pushes(events: list[ImageEvent]) -> list[Group]:
    """Group the successful PutImage events of one repository, given in time order."""
    parents = _children_of_indexes(events)
    attached = _attachments(events, parents)
    groups: dict[int, Group] = {}
    for event in events:
        root = _root(event, parents, attached)
        group = groups.setdefault(id(root), Group(root))
        if root is event:
            continue
        if id(event) in parents:
            group.parts.append(Part(event, parents[id(event)][1]))
        else:
            group.parts.append(Part(event, _attachment_role(event), attached=True))
    return list(groups.values())


def _children_of_indexes(
    events: list[ImageEvent],
) -> dict[int, tuple[ImageEvent, str]]:
    """Child event -> (the index that claims it, its role): the nearest index in time wins."""
    by_digest: dict[str, list[ImageEvent]] = defaultdict(list)
    for event in events:
        if event.digest:
            by_digest[event.digest].append(event)
    claimed: dict[int, tuple[ImageEvent, str]] = {}
    distance: dict[int, timedelta] = {}
    for index in events:
        if not index.manifest.children or _is_attachment(index):
            continue
        for child in index.manifest.children:
            for event in by_digest.get(child.digest, ()):
                gap = _gap(event, index)
                if event is index or gap is None or not _same_actor(event, index):
                    continue
                if id(event) not in claimed or gap < distance[id(event)]:
                    role = "attestation" if child.attestation else "platform"
                    claimed[id(event)] = (index, role)
                    distance[id(event)] = gap
    return claimed


def _gap(event: ImageEvent, index: ImageEvent) -> timedelta | None:
    """Time between a child and its index, None when too far apart to be one act."""
    if event.time is None or index.time is None:
        return None
    gap = index.time - event.time
    # A clock of whole seconds and unordered delivery may put the index a little earlier.
    if gap < timedelta(seconds=-60) or gap > LOGIN_LIFE:
        return None
    return abs(gap)


def _same_actor(event: ImageEvent, other: ImageEvent) -> bool:
    return event.principal == other.principal


def _attachments(
    events: list[ImageEvent], parents: dict[int, tuple[ImageEvent, str]]
) -> dict[int, ImageEvent]:
    """Attachment event -> the push record of the image that it names, where that is known."""
    owners: dict[str, list[ImageEvent]] = defaultdict(list)
    result: dict[int, ImageEvent] = {}
    for event in events:
        if event.digest and not _is_attachment(event):
            owners[event.digest].append(event)
    for event in events:
        if id(event) in parents or not _is_attachment(event):
            continue
        named = owners.get(_names(event), [])
        # The push that was there to be signed, not a retag of the image that came later.
        before = [owner for owner in named if _not_after(owner, event)]
        if named:
            result[id(event)] = before[-1] if before else named[0]
    return result


def _not_after(event: ImageEvent, other: ImageEvent) -> bool:
    return event.time is None or other.time is None or event.time <= other.time


def _is_attachment(event: ImageEvent) -> bool:
    if event.manifest.subject or (event.tag and ATTACHMENT_TAG.fullmatch(event.tag)):
        return True
    return event.manifest.kind in _ATTACHMENT_KINDS


def _names(event: ImageEvent) -> str:
    """The digest of the image that an attachment belongs to."""
    if event.manifest.subject:
        return event.manifest.subject
    match = ATTACHMENT_TAG.fullmatch(event.tag or "")
    return f"sha256:{match.group(1)}" if match else ""


def _attachment_role(event: ImageEvent) -> str:
    if event.manifest.kind in _ATTACHMENT_KINDS:
        return event.manifest.kind
    return "attachment" if event.manifest.kind != INDEX else "attachment list"


def _root(
    event: ImageEvent,
    parents: dict[int, tuple[ImageEvent, str]],
    attached: dict[int, ImageEvent],
) -> ImageEvent:
    """The record that stands for the whole push. Records that claim each other in a circle, which
    only an altered log can hold, are stood for by the first of them."""
    way = [event]
    while True:
        if id(event) in parents:
            event = parents[id(event)][0]
        elif id(event) in attached:
            event = attached[id(event)]
        else:
            return event
        if any(event is passed for passed in way):
            start = next(i for i, passed in enumerate(way) if passed is event)
            return min(way[start:], key=lambda each: each.event_key)
        way.append(event)
