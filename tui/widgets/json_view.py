"""One JSON document: folded and unfolded, searched, with the JSON inside its strings opened.

Drawn line by line, and only the lines on screen; long strings are cut to the width.
"""

from __future__ import annotations

from typing import ClassVar

from rich.segment import Segment
from textual import events
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.geometry import Size
from textual.message import Message
from textual.strip import Strip
from textual.style import Style

from tui.text import safe_content
from tui.widgets.json_lines import line_content
from tui.widgets.json_search import JsonSearch
from tui.widgets.json_tree import (
    OPENING,
    Line,
    Node,
    close_inner,
    lines_of,
    open_inner,
    parse,
    to_json,
)
from tui.widgets.line_view import LineView

__all__ = ["JsonView"]


class JsonView(LineView, can_focus=True):
    """A document, foldable and searchable. Give it text with `set_document`."""

    ALLOW_SELECT = False
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "json-view--text",
        "json-view--key",
        "json-view--string",
        "json-view--number",
        "json-view--literal",
        "json-view--punctuation",
        "json-view--note",
        "json-view--match",
        "json-view--cursor",
    }
    DEFAULT_CSS = """
    JsonView {
        height: 1fr;
        min-height: 3;
        & > .json-view--text { color: $text; }
        & > .json-view--key { color: $text-muted; }
        & > .json-view--string { color: $text; }
        & > .json-view--number { color: $text; }
        & > .json-view--literal { color: $text; text-style: italic; }
        & > .json-view--punctuation { color: $text-muted; }
        & > .json-view--note { color: $text-warning; text-style: italic; }
        & > .json-view--match { background: $warning 40%; text-style: bold underline; }
        & > .json-view--cursor { background: $foreground 8%; }
        &:focus > .json-view--cursor { background: $primary 20%; }
        &:light > .json-view--note { color: $text; background: $warning 30%; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "move(-1)", "Up", show=False),
        Binding("down,j", "move(1)", "Down", show=False),
        Binding("pageup", "page(-1)", "Page up", show=False),
        Binding("pagedown", "page(1)", "Page down", show=False),
        Binding("home,g", "move(-1000000000)", "First line", show=False, id="first"),
        Binding("end,G", "move(1000000000)", "Last line", show=False, id="last"),
        Binding("enter,space", "toggle_fold", "Fold", show=False),
        Binding("left,h", "fold_or_up", "Fold, or go to the parent", show=False, id="left"),
        Binding("right,l", "unfold", "Unfold", show=False, id="right"),
        Binding("z", "fold_all", "Fold all", show=False),
        Binding("Z", "unfold_all", "Unfold all", show=False),
        Binding("o", "open_text", "Text as JSON", show=False),
        Binding("n", "next_match", "Next match", show=False),
        Binding("N", "prev_match", "Previous match", show=False, id="previous-match"),
    ]

    class JsonMessage(Message):
        def __init__(self, view: JsonView) -> None:
            super().__init__()
            self.view = view

        @property
        def control(self) -> JsonView:
            return self.view

    class LineHighlighted(JsonMessage):
        """The cursor stands on another value."""

        def __init__(self, view: JsonView, path: str) -> None:
            super().__init__(view)
            self.path = path

    class Searched(JsonMessage):
        """A search has `count` matching lines and stands at number `index` (1 is the first)."""

        def __init__(self, view: JsonView, text: str, index: int, count: int) -> None:
            super().__init__(view)
            self.text = text
            self.index = index
            self.count = count

    def __init__(
        self, document: str = "", *, id: str | None = None, classes: str | None = None
    ) -> None:
        super().__init__(id=id, classes=classes)
        self._cursor = 0
        self._search = JsonSearch()
        self._load(document)

    # ---- the document --------------------------------------------------------------------

    def set_document(self, document: str) -> None:
        """Show another document, from its beginning. Text that is no JSON is shown as lines."""
        text = self._search.text
        self._load(document)
        self._cursor = 0
        self._fit()
        self.scroll_to(y=0, animate=False, force=True)
        if text:
            self.search(text)
        self._tell()

    def _load(self, document: str) -> None:
        self._root, self._error = parse(document)
        self._search = JsonSearch()
        self._lines = lines_of(self._root)

    @property
    def error(self) -> str | None:
        """Why the document is shown as plain text; None when it is JSON."""
        return self._error

    @property
    def line_count(self) -> int:
        """Lines as folded now."""
        return len(self._lines)

    @property
    def cursor_line(self) -> int:
        return self._cursor

    @property
    def _node(self) -> Node:
        return self._lines[self._cursor].node if self._lines else self._root

    @property
    def selected_path(self) -> str:
        """``requestParameters.imageIds[0].imageTag``; "" at the top."""
        return self._node.path

    @property
    def selected_value(self) -> object:
        """The whole value at the cursor, however much is shown.

        A string as it is (unsafe!), a number as the text that was written, True, False, None;
        an object or array as JSON text.
        """
        node = self._node
        if node.kind in OPENING or (node.kind == "text" and node.parent is None):
            return to_json(node)
        return node.value

    def shown_text(self) -> str:
        """All lines as they are shown, uncut, with the same folds."""
        return "\n".join(self._line_content(line, None).plain for line in self._lines)

    # ---- folding -------------------------------------------------------------------------

    def _span(self, at: int) -> int:
        """Lines a node takes now, from its first line on."""
        node = self._lines[at].node
        if not node.foldable or node.folded:
            return 1
        end = at + 1
        while not (self._lines[end].closing and self._lines[end].node is node):
            end += 1
        return end + 1 - at

    def _first_line(self, node: Node) -> int | None:
        return next(
            (i for i, line in enumerate(self._lines) if line.node is node and not line.closing),
            None,
        )

    def _redo(self, node: Node, change: bool | None = None) -> None:
        """Draw a node's lines anew, after `change`ing its fold."""
        at = self._first_line(node)
        if at is None or node.kind == "text":
            return
        span = self._span(at)
        if change is not None:
            node.folded = change
        self._lines[at : at + span] = lines_of(node)
        self._cursor = at
        self._fit()
        self._tell()

    def action_toggle_fold(self) -> None:
        node = self._node
        if node.foldable:
            self._redo(node, not node.folded)

    def action_unfold(self) -> None:
        if self._node.foldable and self._node.folded:
            self._redo(self._node, False)

    def action_fold_or_up(self) -> None:
        node = self._node
        if node.foldable and not node.folded:
            self._redo(node, True)
        elif node.parent is not None and (at := self._first_line(node.parent)) is not None:
            self.move_to_line(at)

    def action_fold_all(self) -> None:
        self._set_folds(True)

    def action_unfold_all(self) -> None:
        self._set_folds(False)

    def _set_folds(self, folded: bool) -> None:
        """Fold everything below the top, or nothing; the cursor stays with its value."""
        keep = self._node
        for node in self._root.walk():
            node.folded = folded and node is not self._root
        self._lines = lines_of(self._root)
        while folded and keep.parent is not None and keep.parent is not self._root:
            keep = keep.parent
        self._cursor = self._first_line(keep) or 0
        self._fit()
        self._tell()

    def action_open_text(self) -> None:
        """Show the JSON a string holds below it; on an opened one (or its closing line), undo."""
        node = self._node
        at = self._first_line(node)
        if at is None or node.kind != "string":
            return
        span = self._span(at)
        if node.opened:
            close_inner(node)
        elif not open_inner(node):
            self.notify("This text holds no JSON object or array.", markup=False)
            return
        self._lines[at : at + span] = lines_of(node)
        self._cursor = at
        self._fit()
        self._tell()

    # ---- search --------------------------------------------------------------------------

    def search(self, text: str) -> int:
        """Find text in keys and values, whatever its case, folded or not; "" ends the search.

        Goes to the first match at or after the cursor.

        Returns:
            The number of lines that match.
        """
        self._search = JsonSearch(text, self._root)
        if self._search.nodes:
            self._go_to_match(self._search.first_from(self._node, self._root))
        else:
            self.post_message(self.Searched(self, text, 0, 0))
        self.refresh()
        return self.match_count

    @property
    def match_count(self) -> int:
        return len(self._search.nodes)

    @property
    def match_index(self) -> int:
        """Number of the current match, from 1; 0 without matches."""
        return self._search.number

    def action_next_match(self) -> None:
        if self.match_count:
            self._go_to_match((self._search.index + 1) % self.match_count)

    def action_prev_match(self) -> None:
        if self.match_count:
            self._go_to_match((self._search.index - 1) % self.match_count)

    def _go_to_match(self, index: int) -> None:
        self._search.index = index
        node = self._search.nodes[index]
        above: list[Node] = []
        parent = node.parent
        while parent is not None:
            above.append(parent)
            parent = parent.parent
        for ancestor in reversed(above):
            if ancestor.folded:
                self._redo(ancestor, False)
        at = self._first_line(node)
        if at is not None:
            self.move_to_line(at)
        self.post_message(self.Searched(self, self._search.text, index + 1, self.match_count))

    # ---- moving --------------------------------------------------------------------------

    def move_to_line(self, line: int) -> None:
        """Put the cursor on a line (as folded now), and scroll to it as little as needed."""
        self._cursor = max(0, min(line, len(self._lines) - 1))
        top, height = self.scroll_offset.y, max(1, self.size.height)
        if self._cursor < top:
            self.scroll_to(y=self._cursor, animate=False, force=True)
        elif self._cursor >= top + height:
            self.scroll_to(y=self._cursor - height + 1, animate=False, force=True)
        self._tell()

    def action_move(self, step: int) -> None:
        self.move_to_line(self._cursor + step)

    def action_page(self, direction: int) -> None:
        self.move_to_line(self._cursor + direction * max(1, self.size.height - 1))

    def on_click(self, event: events.Click) -> None:
        offset = event.get_content_offset(self)
        line = self.scroll_offset.y + offset.y if offset is not None else len(self._lines)
        if offset is None or line >= len(self._lines):
            return
        event.stop()
        node = self._lines[line].node
        on_marker = offset.x <= self._indent(node) + 1
        if on_marker or (line == self._cursor and event.chain == 1):
            self.move_to_line(line)
            self.action_toggle_fold()
        else:
            self.move_to_line(line)

    def on_mount(self) -> None:
        self._fit()

    def on_resize(self) -> None:
        self._fit()

    def _fit(self) -> None:
        self._cursor = max(0, min(self._cursor, len(self._lines) - 1))
        self.virtual_size = Size(self.line_width, len(self._lines))
        if self.size.height and self.is_mounted:
            top = self.scroll_offset.y
            if not top <= self._cursor < top + self.size.height:
                self.scroll_to(y=max(0, self._cursor - 2), animate=False, force=True)
        self.refresh()

    def _tell(self) -> None:
        self.refresh()
        if self.is_mounted:
            self.post_message(self.LineHighlighted(self, self._node.path))

    # ---- drawing -------------------------------------------------------------------------

    def _indent(self, node: Node) -> int:
        """Cells before a line; at most a third of the width, however deep the document."""
        depth = node.depth if self._root.kind != "text" else 0
        return min(2 * depth, max(2, self.size.width // 3)) if self.size.width else 2 * depth

    def render_line(self, y: int) -> Strip:
        width = self.size.width
        at = self.scroll_offset.y + y
        base = self.get_visual_style("json-view--text")
        if at >= len(self._lines):
            return Strip.blank(width, base.rich_style)
        if at == self._cursor:
            base = self.get_visual_style("json-view--text", "json-view--cursor")
            if self.app.no_color or self.app.native_ansi_color:
                base += Style(reverse=True)  # a tinted background would not be seen
        room = self.line_width
        content = safe_content(self._line_content(self._lines[at], room), room)
        if self._search.shown is not None:
            for match in self._search.shown.finditer(content.plain):
                content = content.stylize(".match", *match.span())
        under = ("json-view--cursor",) if at == self._cursor else ()

        def style_of(style: str | Style) -> Style:
            if isinstance(style, str) and style.startswith("."):
                return self.get_visual_style(f"json-view--{style[1:]}", *under)
            return style if isinstance(style, Style) else Style.parse(style)

        parts = content.render(base, end="", parse_style=style_of)
        strip = Strip([Segment(text, style.rich_style) for text, style in parts])
        return strip.adjust_cell_length(width, base.rich_style)

    def _line_content(self, line: Line, width: int | None) -> Content:
        node = line.node
        find = self._search.find if node is self._search.node else None
        return line_content(node, line.closing, self._indent(node), width, find)
