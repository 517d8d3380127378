"""The numbers of the files of a listing that is read in parts: those they would get in one go.

Where nothing else tells, the number of its file decides which of equal copies is the event, and
which of two events of one second comes first. So a part leaves free the numbers of what is read
later. Members of archives have no place of their own in a listing before these are opened: they
come behind all files, in the order in which their archives are read.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from queries.sources.local import Item, Items

MODULUS = 1 << 256


@dataclass(frozen=True, slots=True)
class Numbers:
    """The numbers of some items, ascending, and the first one for lines that are about no file."""

    of_items: Sequence[int]
    top: int

    def place(self, number: int) -> int:
        """Which of the items has a number; -1 when none has."""
        if isinstance(self.of_items, range):
            place = number - self.of_items.start
            return place if 0 <= place < len(self.of_items) else -1
        place = bisect_left(self.of_items, number)
        found = place < len(self.of_items) and self.of_items[place] == number
        return place if found else -1


def numbers_from(first: int, count: int) -> Numbers:
    """One after the other."""
    return Numbers(range(first, first + count), first + count)


def numbered_as_listed(
    looked: Items, places: Sequence[int], opened: Items, free: int
) -> tuple[Items, Numbers]:
    """Items by their places in the listing: `looked` are those at some places, `opened` the same
    with archives replaced by their members, which are put behind and get numbers from `free` on."""
    items, members = Items(), list[Item]()
    numbers = array("I")
    starts = _starts(looked)
    at = 0
    for part in opened.parts():
        if id(part) in starts:  # taken over as it is
            at = starts[id(part)]
            items.add(part)
            numbers.extend(places[at : at + len(part)])
            at += len(part)
            continue
        for item in part:
            if item.member:
                members.append(item)
                continue
            while looked[at] != item:  # what was an archive
                at += 1
            items.append(item)
            numbers.append(places[at])
            at += 1
    items.add(members)
    numbers.extend(range(free, free + len(members)))
    return items, Numbers(numbers, free + len(members))


def counted(identities: Iterable[int]) -> tuple[int, int]:
    """How many identities there are, and their sum: known by it, whatever their order."""
    total = count = 0
    for number in identities:
        total, count = (total + number) % MODULUS, count + 1
    return count, total


def _starts(items: Items) -> dict[int, int]:
    """Where each part begins that makes its items when they are asked for."""
    found: dict[int, int] = {}
    start = 0
    for part in items.parts():
        if not isinstance(part, list):
            found[id(part)] = start
        start += len(part)
    return found
