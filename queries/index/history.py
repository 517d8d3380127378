"""What each push did to its repository: new image, retag, moved tag; and what it replaced.

A small state machine walks a repository's pushes and deletions in time order. Deleting the
repository ends a lifetime: nothing before it is "replaced" by what comes after.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from queries.index.grouping import Group
from queries.index.members import as_object, as_objects, parsed_object

NEW_IMAGE = "new image"
RETAG = "retag"
MOVED_TAG = "moved tag"
MOVED_TO_KNOWN = "moved tag to known image"
SAME_AGAIN = "same image again"


@dataclass(slots=True)
class Deletion:
    """An event that took images away: tags and digests, or the whole repository."""

    event_key: int
    time: datetime | None
    whole_repository: bool = False
    tags: list[str] = field(default_factory=list)
    digests: list[str] = field(default_factory=list)
    images: int = 0
    """How many went; the answer lists an image once for each of its tags."""
    failed: int = 0
    by_policy: bool = False
    untags: bool = False
    """Only the tags went; the images are still there."""


@dataclass(slots=True)
class Effect:
    """What a push did."""

    what: str
    previous: Group | None = None
    lifetime: int = 1
    order_unprovable: bool = False


def read_deletion(row: dict[str, Any]) -> Deletion:
    """What a call took away, by its action and the columns of `events`.

    ECR's BatchDeleteImage takes many images and has no errorCode when only some failed: they stand
    in `responseElements.failures` (elastic/detection-rules#6339); its policies' runs list theirs
    in serviceEventDetails. Elsewhere a call names one image, in its own columns.
    """
    action = row["registry_action"]
    deletion = Deletion(
        row["event_key"],
        row["event_time"],
        whole_repository=action == "delete repository",
        by_policy=action == "expire",
    )
    answer = parsed_object(row["response_elements"])
    actions = parsed_object(row["service_event_details"]).get("lifecycleEventImageActions")
    if row["provider"] != "aws":
        deletion.tags += _texts(row["image_tag"])
        deletion.digests += _texts(row["image_digest"])
        deletion.untags = action == "untag"
        deletion.images = len(deletion.digests or deletion.tags)
    elif action == "delete":
        # Exports that leave the answer out still say what was asked for.
        named = answer or parsed_object(row["request_parameters"])
        images = as_objects(named.get("imageIds"))
        for image in images:
            deletion.tags += _texts(image.get("imageTag"))
            deletion.digests += _texts(image.get("imageDigest"))
        deletion.images = len(set(map(_digest_or_tag, images)) - {""})
        deletion.failed = len(as_objects(answer.get("failures")))
    elif action == "expire":
        for each in as_objects(actions):
            image = as_object(each.get("lifecycleEventImage"))
            deletion.digests += _texts(image.get("digest"))
            tags = image.get("tagList")
            deletion.tags += (
                [tag for tag in tags if isinstance(tag, str)] if isinstance(tags, list) else []
            )
        deletion.images = len(set(deletion.digests))
    return deletion


def _digest_or_tag(image: dict[str, Any]) -> str:
    return next(iter([*_texts(image.get("imageDigest")), *_texts(image.get("imageTag"))]), "")


@dataclass(slots=True)
class TagSpan:
    """How long a tag named an image: from the push that set it to what ended that."""

    tag: str
    group: Group
    until: datetime | None = None
    ended_by: int | None = None
    """The event that ended it: a push that moved the tag, or a deletion."""
    ended_how: str | None = None


class RepositoryHistory:
    """Walk one repository's life; call `push` and `delete` in time order."""

    def __init__(self) -> None:
        self.lifetime = 1
        self.spans: list[TagSpan] = []
        """Every image each tag ever named, in the order in which it began."""
        self._owners: dict[str, Group] = {}
        self._open: dict[str, TagSpan] = {}
        self._known: set[str] = set()

    def push(self, group: Group) -> Effect:
        digest = group.root.digest or ""
        previous = next(
            (
                self._owners[tag]
                for tag in group.tags
                if tag in self._owners and self._owners[tag].root.digest != digest
            ),
            None,
        )
        known = bool(digest) and digest in self._known
        already = bool(group.tags) and all(
            tag in self._owners and self._owners[tag].root.digest == digest for tag in group.tags
        )
        if previous is not None:
            what = MOVED_TO_KNOWN if known else MOVED_TAG
        elif known:
            what = SAME_AGAIN if already or not group.tags else RETAG
        else:
            what = NEW_IMAGE
        for tag in group.tags:
            self._name(tag, group)
        self._known.add(digest)
        self._known.update(part.event.digest for part in group.parts if part.event.digest)
        return Effect(what, previous, self.lifetime, _same_second_tags(group))

    def delete(self, deletion: Deletion) -> None:
        if deletion.whole_repository:
            self.lifetime += 1
            for tag in list(self._owners):
                self._end(tag, deletion, "repository deleted")
            self._known.clear()
            return
        how = "expired" if deletion.by_policy else "deleted"
        for tag in deletion.tags:
            self._end(tag, deletion, how)
        if deletion.untags:
            return
        for digest in deletion.digests:
            named = [tag for tag, group in self._owners.items() if group.root.digest == digest]
            if not deletion.tags:
                for tag in named:
                    self._end(tag, deletion, how)
            elif named:
                # Only a tag was taken off; others still name the image.
                continue
            self._known.discard(digest)

    def _name(self, tag: str, group: Group) -> None:
        """A tag names an image from now on; set again on the same one, it goes on."""
        span = self._open.get(tag)
        self._owners[tag] = group
        if span is not None:
            if span.group.root.digest == group.root.digest:
                return
            span.until, span.ended_by = group.root.time, group.root.event_key
            span.ended_how = "moved"
        self._open[tag] = TagSpan(tag, group)
        self.spans.append(self._open[tag])

    def _end(self, tag: str, deletion: Deletion, how: str) -> None:
        self._owners.pop(tag, None)
        span = self._open.pop(tag, None)
        if span is not None:
            span.until, span.ended_by, span.ended_how = deletion.time, deletion.event_key, how


def _same_second_tags(group: Group) -> bool:
    """Whether one tag was put on several manifests of the push within one second: which of them
    the tag finally named cannot be proven from whole-second times (docker/buildx#663)."""
    return any(
        part.role == "platform" and part.event.tag and part.event.time == group.root.time
        for part in group.parts
    )


def _texts(value: object) -> list[str]:
    return [value] if isinstance(value, str) else []
