"""Columns and rows of a PagedTable, and how columns share a width. No widget here."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from textual.content import Content

MARKER_WIDTH = 2
"""Cells in front of the first column, for the cursor's marker."""


SQUEEZED = 16
"""Cells that a flexible column keeps where it gives way so that others need not go."""


@dataclass(frozen=True, slots=True, eq=False)
class Row:
    """One row: a key that stays the same through sorting and filtering, and values by column key.

    Values of columns that are not shown may be present as well; renderers can use them.
    """

    key: Hashable
    values: Mapping[str, Any]

    def __getitem__(self, column_key: str) -> Any:
        return self.values[column_key]

    def get(self, column_key: str, default: Any = None) -> Any:
        return self.values.get(column_key, default)

    @classmethod
    def of(cls, key: Hashable, names: Sequence[str], values: Sequence[Any]) -> Row:
        """A row from a database tuple and the names of its columns."""
        return cls(key, dict(zip(names, values, strict=True)))


@dataclass(frozen=True, slots=True)
class Column:
    """How one column is shown.

    Args:
        key: Key of the value in a row, and the name of the column in messages.
        label: Header text.
        width: Cells, or None to share what the fixed columns leave.
        min_width: Cells a flexible column needs at least.
        align: Side the text stands at.
        priority: When the screen is narrow, the highest number goes first; 0 stays the longest.
        weight: Share of a flexible column in the space that is left.
        render: Makes the cell from (value, row). A str is taken as log text, never as markup;
            Content keeps its styles. None shows the value itself.
        narrow: Makes the cell where that does not fit, so that its end is not what gets lost.
        sorts: Whether rows can be put in its order; what is drawn of several values has none.
    """

    key: str
    label: str
    width: int | None = None
    min_width: int = 8
    align: Literal["left", "right"] = "left"
    priority: int = 0
    weight: int = 1
    render: Callable[[Any, Row], Content | str] | None = None
    narrow: Callable[[Any, Row], Content | str] | None = None
    sorts: bool = True

    @property
    def least(self) -> int:
        """Cells without which the column is not shown."""
        return max(1, self.min_width if self.width is None else self.width)


class Slot(NamedTuple):
    """A column at its place: `x` and `width` in cells, from the left edge of the table."""

    column: Column
    x: int
    width: int


def layout_columns(columns: Sequence[Column], width: int) -> list[Slot]:
    """Give every column that fits its place in `width` cells; never looks at data.

    Columns with the highest priority number are dropped first (of equals, the rightmost), until
    the rest fits; but before one of priority 0 goes, flexible ones give way down to `SQUEEZED`
    cells. One always stays, cut if need be. Flexible columns share the space left over.
    """
    gap = 2 if width >= 100 else 1
    kept = list(columns)

    def needed() -> int:
        return MARKER_WIDTH + sum(c.least for c in kept) + gap * (len(kept) - 1)

    def can_give(column: Column) -> int:
        return max(0, column.least - SQUEEZED) if column.width is None else 0

    while len(kept) > 1 and needed() > width:
        victim = max(range(len(kept)), key=lambda i: (kept[i].priority, i))
        if kept[victim].priority == 0 and needed() - sum(map(can_give, kept)) <= width:
            break
        del kept[victim]

    lacking = max(0, needed() - width)

    spare = max(0, width - needed()) if kept else 0
    weights = sum(max(0, c.weight) for c in kept if c.width is None)
    slots: list[Slot] = []
    x = MARKER_WIDTH
    for column in kept:
        cells = column.least
        given = min(lacking, can_give(column))
        lacking -= given
        cells -= given
        if column.width is None and weights > 0:
            share = spare * max(0, column.weight) // weights
            spare -= share
            weights -= max(0, column.weight)
            cells += share
        cells = max(0, min(cells, width - x))
        slots.append(Slot(column, x, cells))
        x += cells + gap
    return slots
