"""Where you are: segments with "›" between them, cut in the middle when the line is narrow."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from rich.segment import Segment
from textual import events
from textual.content import Content
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from tui.text import ELLIPSIS, safe_content

SEPARATOR = " › "


def fit_segments(widths: Sequence[int], width: int, separator: int = len(SEPARATOR)) -> list[int]:
    """Which segments to show: indexes in order, -1 where some were left out ("…").

    The last one always stays, then the first, then the ones nearest to the last.
    """
    count = len(widths)
    if sum(widths) + separator * max(0, count - 1) <= width:
        return list(range(count))
    tail, used = [count - 1], widths[-1] + separator + 1  # with "… › "
    head: list[int] = []
    if count > 2 and used + widths[0] + separator <= width:
        head, used = [0], used + widths[0] + separator
    for index in range(count - 2, len(head), -1):
        if used + widths[index] + separator > width:
            break
        tail.insert(0, index)
        used += widths[index] + separator
    return [*head, -1, *tail]


class Breadcrumb(Widget):
    """One line. A click on a segment that is not the last posts `SegmentSelected`."""

    ALLOW_SELECT = False
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "breadcrumb--segment",
        "breadcrumb--last",
        "breadcrumb--separator",
        "breadcrumb--note",
    }
    DEFAULT_CSS = """
    Breadcrumb {
        height: 1;
        & > .breadcrumb--segment { color: $text-muted; }
        & > .breadcrumb--last { color: $text; text-style: bold; }
        & > .breadcrumb--separator { color: $text-disabled; }
        & > .breadcrumb--note { color: $text-warning; text-style: bold; }
    }
    """

    class SegmentSelected(Message):
        """A segment to go back to, by its index."""

        def __init__(self, breadcrumb: Breadcrumb, index: int) -> None:
            super().__init__()
            self.breadcrumb = breadcrumb
            self.index = index

        @property
        def control(self) -> Breadcrumb:
            return self.breadcrumb

    def __init__(
        self,
        segments: Sequence[Content | str] = (),
        *,
        id: str | None = None,
        classes: str | None = None,
    ) -> None:
        super().__init__(id=id, classes=classes)
        self._segments = list(segments)
        self._note = ""
        self._places: list[tuple[int, int, int]] = []

    def set(self, segments: Sequence[Content | str], note: str = "") -> None:
        """Show other segments; a str is log text, taken literally. `note`: what narrows what is
        shown here, at the end of the line."""
        self._segments, self._note = list(segments), note
        self.refresh()

    def render_line(self, y: int) -> Strip:
        if y or not self._note:
            return self._render_way(y, self.size.width)
        note = safe_content(self._note, max(self.size.width // 2, 1))
        room = max(self.size.width - note.cell_length - 2, 0)
        style = self.get_visual_style("breadcrumb--note")
        gap = Segment("  ", self.get_visual_style("breadcrumb--segment").rich_style)
        return Strip([*self._render_way(y, room), gap, *note.render_segments(style)])

    def _render_way(self, y: int, width: int) -> Strip:
        base = self.get_visual_style("breadcrumb--segment")
        self._places = []
        if y or not self._segments or width < 1:
            return Strip.blank(width, base.rich_style)
        contents = self._cut(width)
        shown = fit_segments([content.cell_length for content in contents], width)
        if len(shown) > 1 and shown[0] == -1 and contents[-1].cell_length + 4 > width:
            shown = shown[-1:]  # no room even for the "…" in front
        between = self.get_visual_style("breadcrumb--separator")
        segments: list[Segment] = []
        x = 0
        for place, index in enumerate(shown):
            if place:
                segments.append(Segment(SEPARATOR, between.rich_style))
                x += len(SEPARATOR)
            content = contents[index] if index >= 0 else Content(ELLIPSIS)
            last = index == len(contents) - 1
            style = self.get_visual_style("breadcrumb--last") if last else base
            if index < 0:
                style = between
            segments.extend(content.render_segments(style))
            if index >= 0 and not last:
                self._places.append((x, x + content.cell_length, index))
            x += content.cell_length
        return Strip(segments).adjust_cell_length(width, base.rich_style)

    def _cut(self, width: int) -> list[Content]:
        """The segments, each cut so that a long name leaves room for the way back: for the first
        place, and for the sign that there are others."""
        *before, last = self._segments
        contents = [safe_content(segment, max(12, width // 3)) for segment in before]
        taken = 0
        if contents:
            taken = contents[0].cell_length + len(SEPARATOR)
            if len(contents) > 1:
                taken += len(SEPARATOR) + 1
            if taken > width // 2:
                taken = len(SEPARATOR) + 1 if width >= 20 else 0
        return [*contents, safe_content(last, max(width - taken, 1))]

    def on_click(self, event: events.Click) -> None:
        offset = event.get_content_offset(self)
        for start, end, index in self._places if offset is not None else ():
            if offset is not None and start <= offset.x < end:
                event.stop()
                self.post_message(self.SegmentSelected(self, index))
