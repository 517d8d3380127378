"""What the widgets that draw their own lines have in common: one column kept for a scrollbar."""

from __future__ import annotations

from textual.geometry import Size
from textual.scroll_view import ScrollView

from tui.configuration.naming import NamedKeys


class LineView(NamedKeys, ScrollView):
    """Lines from top to bottom: wrapped or cut, never wider than the view."""

    DEFAULT_CSS = """
    LineView {
        overflow-x: hidden;
        overflow-y: auto;
        scrollbar-gutter: stable;
        scrollbar-size: 0 1;
    }
    """

    @property
    def line_width(self) -> int:
        """Cells of a line that the scrollbar leaves, whether or not it is shown."""
        return max(0, self.size.width - self.scrollbar_size_vertical)

    def watch_virtual_size(self, _before: Size, _now: Size) -> None:
        # Textual looks only where the layout gives another size than the content's: a list that
        # shrinks to exactly what is visible would keep its scrollbar.
        self._refresh_scrollbars()

    def watch_show_vertical_scrollbar(self, shown: bool) -> None:
        # Textual moves only a scrollbar that is shown: scrolled before, it would stand at the top.
        if shown:
            self.vertical_scrollbar.position = self.scroll_y
