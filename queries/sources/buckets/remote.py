"""The way to the buckets: which clouds are spoken to, with what, and what is wanted of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, cast

from queries.errors import InvestigationError
from queries.sources.buckets.clouds import CLOUDS
from queries.sources.buckets.faults import NotFetched
from queries.sources.buckets.model import S3_SCHEME, Door
from queries.sources.buckets.options import S3Options, Selection

if TYPE_CHECKING:
    from queries.sources.s3.client import S3Client


class Remote:
    """How to reach buckets and what is wanted of them; `prepare` before the terminal is taken."""

    def __init__(
        self, options: S3Options | None = None, selection: Selection | None = None
    ) -> None:
        self.options = options or S3Options()
        self.selection = selection or Selection()
        self._doors: dict[str, Door | NotFetched] = {}

    def prepare(self, schemes: Sequence[str] = (S3_SCHEME,)) -> None:
        """Resolve the credentials, asking on the terminal for what must be asked.

        Raises `InvestigationError` with a sentence when no cloud lets us in; nothing is kept
        anywhere but in memory. A cloud that does not, beside one that does, is in the ledger.
        """
        failed = []
        for scheme in schemes:
            try:
                self.door(scheme)
            except NotFetched as error:
                failed.append(error)
        if failed and len(failed) == len(schemes):
            raise InvestigationError(str(failed[0])) from None

    def door(self, scheme: str) -> Door:
        """A cloud's client, with credentials. Raises `NotFetched`, the same again when it failed
        once: nobody is asked for a code twice."""
        door = self._doors.get(scheme)
        if door is None:
            door = CLOUDS[scheme].door(self.options)
            try:
                door.prepare()
            except NotFetched as error:
                door = error
            self._doors[scheme] = door
        if isinstance(door, NotFetched):
            raise door
        return door

    def client(self) -> S3Client:
        """The door to AWS, with credentials. Raises `NotFetched`."""
        return cast("S3Client", self.door(S3_SCHEME))

    def narrowed(self, since: datetime) -> Remote:
        """The same buckets by the same credentials, days from `since` on."""
        chosen = self.selection
        later = max(since, chosen.since) if chosen.since else since
        other = Remote(self.options, replace(chosen, since=later))
        other._doors = self._doors
        return other
