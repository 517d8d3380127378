"""Labels and values, one fact below the other; long values wrap, and the list scrolls."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import ClassVar

from rich.segment import Segment
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.geometry import Size
from textual.strip import Strip

from tui.text import safe_content
from tui.widgets.line_view import LineView

_WORD = re.compile(r"\S+")
MAX_CELLS = 2000
"""Cells shown of one value; the rest is cut with "…" (the raw record has it all)."""


class Facts(LineView, can_focus=True):
    """Two columns: dim labels, and values that wrap in what is left of the width."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"facts--label", "facts--value"}
    DEFAULT_CSS = """
    Facts {
        height: auto;
        & > .facts--label { color: $text-muted; }
        & > .facts--value { color: $text; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "scroll_up", "Up", show=False, id="up"),
        Binding("down,j", "scroll_down", "Down", show=False, id="down"),
        Binding("g", "scroll_home", "Top", show=False, id="first"),
        Binding("G", "scroll_end", "End", show=False, id="last"),
    ]

    def __init__(
        self,
        facts: Sequence[tuple[str, Content | str]] = (),
        *,
        label_width: int | None = None,
        id: str | None = None,
        classes: str | None = None,
    ) -> None:
        super().__init__(id=id, classes=classes)
        self._facts = list(facts)
        self._label_width = label_width
        self._lines: list[tuple[Content, Content, int]] = []
        self._wrapped_at = -1

    def set(self, facts: Sequence[tuple[str, Content | str]]) -> None:
        """Show other facts. A str is log text (taken literally, newlines kept); an empty label
        continues the fact above."""
        self._facts = list(facts)
        self._wrapped_at = -1
        self._wrap(self.line_width)
        self.scroll_to(y=0, animate=False, force=True)
        self.refresh(layout=True)

    @property
    def facts(self) -> list[tuple[str, Content | str]]:
        return list(self._facts)

    def label_width(self, width: int) -> int:
        """Cells of the label column in so many cells: as declared, or as the labels need."""
        need = self._label_width
        if need is None:
            need = max((safe_content(k, 40).cell_length for k, _ in self._facts), default=0)
        return max(0, min(need, width // 3))

    def _wrap(self, width: int) -> int:
        """Break the facts into lines of `width` cells; returns the number of lines."""
        if width != self._wrapped_at and width > 0:
            self._wrapped_at = width
            labels = self.label_width(width)
            room = max(1, width - labels - (2 if labels else 0))
            self._lines = []
            for label, value in self._facts:
                content = safe_content(value, MAX_CELLS, keep="\n")
                parts = [p for line in content.split("\n") for p in _wrap_line(line, room, width)]
                if parts[0][1]:
                    parts.insert(0, (Content(""), 0))
                heads = [safe_content(label, labels), *([Content("")] * (len(parts) - 1))]
                self._lines += [(head, *part) for head, part in zip(heads, parts, strict=True)]
            self.virtual_size = Size(width, len(self._lines))
        return len(self._lines)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        return max(1, self._wrap(width - self.scrollbar_size_vertical))

    def on_resize(self) -> None:
        self._wrap(self.line_width)
        self.refresh()

    def render_line(self, y: int) -> Strip:
        width = self.size.width
        at = self.scroll_offset.y + y
        value_style = self.get_visual_style("facts--value")
        if at >= len(self._lines):
            return Strip.blank(width, value_style.rich_style)
        label, value, early = self._lines[at]
        label_style = self.get_visual_style("facts--label")
        labels = self.label_width(self.line_width)
        segments = label.render_segments(label_style)
        gap = labels - label.cell_length + (2 if labels else 0) - early
        segments.append(Segment(" " * gap, label_style.rich_style))
        segments += value.render_segments(value_style)
        return Strip(segments).adjust_cell_length(width, value_style.rich_style)


def _wrap_line(line: Content, room: int, width: int) -> list[tuple[Content, int]]:
    """Lines of at most `room` cells, each with how many cells it begins early.

    Lines are broken at spaces. A word that does not fit into the room but into the width (a digest
    on a narrow screen) gets a line of its own and stays whole, with a sign of a tree before it;
    longer ones are broken anywhere.
    """
    if line.cell_length <= room:
        return [(line, 0)]
    found: list[tuple[Content, int]] = []
    start = 0
    for match in _WORD.finditer(line.plain):
        begin = match.start()
        if not any(map(str.isalnum, line.plain[start:begin])):
            begin = start
        if line[begin : match.end()].cell_length > width:
            begin = match.start()
        word = line[begin : match.end()]
        if room < word.cell_length <= width:
            found += _wrapped(line[start:begin], room)
            found.append((word, word.cell_length - room))
            start = match.end()
    return found + _wrapped(line[start:], room)


def _wrapped(text: Content, room: int) -> list[tuple[Content, int]]:
    """Lines broken at spaces; nothing where there is nothing to see."""
    blank = len(text.plain) - len(text.plain.lstrip())
    text = text[blank:].rstrip()
    return [(part, 0) for part in text.wrap(room)] if text.plain else []
