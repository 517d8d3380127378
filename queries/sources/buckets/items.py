"""The objects of a bucket as items of evidence, each made when it is asked for."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import overload

from queries.index.delivery import delivery_order
from queries.sources.buckets.model import S3Object
from queries.sources.buckets.objects import Objects
from queries.sources.buckets.store import EvidenceStore
from queries.sources.local import Item

Wait = Callable[[int], None]
"""Waits until the object at a place is in the store; raises `NotFetched`."""


class RemoteItems(Sequence[Item]):
    """Items over objects at some places (None for all)."""

    def __init__(
        self,
        objects: Objects,
        store: EvidenceStore,
        wait: Wait,
        places: Sequence[int] | None = None,
    ) -> None:
        self._objects = objects
        self._store = store
        self._wait = wait
        self._places = range(len(objects)) if places is None else places

    def __len__(self) -> int:
        return len(self._places)

    @overload
    def __getitem__(self, place: int) -> Item: ...
    @overload
    def __getitem__(self, place: slice) -> list[Item]: ...
    def __getitem__(self, place: int | slice) -> Item | list[Item]:
        if isinstance(place, slice):
            return list(self.at(self._places[place]))
        at = self._places[place]
        return self._item(at, self._objects[at])

    def __iter__(self) -> Iterator[Item]:
        return self.at(self._places)

    def all_match(self, pattern: re.Pattern[str]) -> bool:
        """Whether the keys of all match as a whole."""
        return all(pattern.fullmatch(self._objects[place].key) for place in self._places)

    @property
    def objects(self) -> Sequence[S3Object]:
        """What they are items of."""
        return (
            self._objects if isinstance(self._places, range) else self._objects.picked(self._places)
        )

    def by_delivery(self) -> list[int]:
        """The places of the objects, in the order in which the loader reads them."""
        return sorted(self._places, key=lambda place: delivery_order(self._objects[place].key))

    def at(self, places: Iterable[int]) -> Iterator[Item]:
        return (self._item(place, self._objects[place]) for place in places)

    def _item(self, place: int, entry: S3Object) -> Item:
        wait = partial(self._wait, place)
        path = self._store.place(entry)
        return Item(entry.name, path, entry.size, entry.modified, fetch=wait)
