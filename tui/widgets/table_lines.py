"""One line of a PagedTable: cells cut and padded to their slots, and joined. No widget here."""

from __future__ import annotations

from collections.abc import Sequence

from rich.segment import Segment
from textual.content import Content, Span
from textual.strip import Strip
from textual.style import Style

from tui.text import ELLIPSIS, ESCAPE_STYLE, pad_content, safe_content
from tui.widgets.columns import MARKER_WIDTH, Row, Slot

CURSOR_MARK = "▸"
MISSING = "·"
SORT_MARK = {True: "▼", False: "▲"}


def header_line(
    slots: Sequence[Slot], sort: tuple[str, bool] | None, width: int, style: Style
) -> Strip:
    """The labels; the sorted column carries an arrow that is never cut off. For it the label may
    reach into the blanks beside its column, where columns are as narrow as their labels."""
    labels = [safe_content(column.label, cells) for column, _, cells in slots]
    places = [_place(slot, label) for slot, label in zip(slots, labels, strict=True)]
    for number, slot in enumerate(slots):
        if sort is not None and sort[0] == slot.column.key:
            least = places[number - 1] + labels[number - 1].cell_length if number else 0
            most = places[number + 1] if number + 1 < len(slots) else width
            room = slot.x + slot.width - least if _right(slot) else most - slot.x
            labels[number] = _with_arrow(slot, SORT_MARK[sort[1]], max(room, slot.width))
            places[number] = _place(slot, labels[number])
    segments: list[Segment] = []
    x = 0
    for place, label in zip(places, labels, strict=True):
        segments.append(Segment(" " * (place - x), style.rich_style))
        segments.extend(label.render_segments(style))
        x = place + label.cell_length
    return Strip(segments).adjust_cell_length(width, style.rich_style)


def _right(slot: Slot) -> bool:
    return slot.column.align == "right"


def _place(slot: Slot, label: Content) -> int:
    """Where a label begins."""
    return slot.x + slot.width - label.cell_length if _right(slot) else slot.x


def _with_arrow(slot: Slot, arrow: str, room: int) -> Content:
    label = slot.column.label
    if room < 4 and len(label) >= room:
        return Content(arrow)
    gap = " " if len(label) + 2 <= slot.width else ""  # else it could be the arrow of the next
    text = safe_content(label, room - 1 - len(gap))
    return Content(f"{arrow}{gap}{text}" if _right(slot) else f"{text}{gap}{arrow}")


def row_cells(slots: Sequence[Slot], row: Row | None) -> list[Content]:
    """The cells of a row, or of one that has not arrived."""
    cells = []
    for column, _, width in slots:
        if row is None:
            content = Content(MISSING if width else "")
        else:
            value = row.get(column.key)
            shown = value if column.render is None else column.render(value, row)
            content = safe_content(shown, width)
            if column.narrow is not None and content.plain.endswith(ELLIPSIS):
                content = safe_content(column.narrow(value, row), width)
        cells.append(pad_content(content, width, right=column.align == "right"))
    return cells


def join_cells(
    slots: Sequence[Slot],
    cells: Sequence[Content],
    width: int,
    base: Style,
    *,
    mark: str = "",
    strong: str | None = None,
    strong_style: Style | None = None,
) -> Strip:
    """A line of `width` cells.

    Args:
        slots: Places of the cells.
        cells: Their text, each exactly as wide as its slot.
        width: Width of the line.
        base: Style of the line.
        mark: What stands in front of the first column.
        strong: Key of the column in `strong_style`.
        strong_style: Style of that one cell.
    """
    segments = [Segment(mark.ljust(MARKER_WIDTH), base.rich_style)]
    x = MARKER_WIDTH
    for slot, content in zip(slots, cells, strict=True):
        if slot.x > x:
            segments.append(Segment(" " * (slot.x - x), base.rich_style))
        style = base
        if strong_style is not None and slot.column.key == strong:
            style, content = strong_style, _plain(content)
        segments.extend(content.render_segments(style))
        x = slot.x + slot.width
    return Strip(segments).adjust_cell_length(width, base.rich_style)


def centred(content: Content, width: int, style: Style) -> Strip:
    """A line with content in its middle."""
    left = max(0, width - content.cell_length) // 2
    segments = [Segment(" " * left, style.rich_style), *content.render_segments(style)]
    return Strip(segments).adjust_cell_length(width, style.rich_style)


def _plain(content: Content) -> Content:
    """Without colours of its own, which the cursor's background may drown; escapes stay marked."""
    escapes = [Span(s.start, s.end, "underline") for s in content.spans if s.style == ESCAPE_STYLE]
    return Content(content.plain, escapes, strip_control_codes=False)
