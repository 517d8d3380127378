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


def header_cells(slots: Sequence[Slot], sort: tuple[str, bool] | None) -> list[Content]:
    """Labels; the sorted column carries an arrow that is never cut off."""
    cells = []
    for column, _, width in slots:
        right = column.align == "right"
        label = safe_content(column.label, width)
        if sort is not None and sort[0] == column.key:
            arrow = SORT_MARK[sort[1]]
            text = safe_content(column.label, width - 2)
            label = Content(f"{arrow} {text}" if right else f"{text} {arrow}")
            label = Content(arrow) if width < 4 else label.truncate(width)
        cells.append(pad_content(label, width, right=right))
    return cells


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
