"""A text searched in a JSON document: where it stands, and at which of these places one is."""

from __future__ import annotations

import re

from tui.widgets.json_tree import Node, quote


class JsonSearch:
    """Text in keys and values, whatever its case, folded or not; "" finds nothing."""

    def __init__(self, text: str = "", root: Node | None = None) -> None:
        self.text = text
        self.nodes: list[Node] = []
        self.index = 0
        """Of the match one is at."""
        self.find: re.Pattern[str] | None = None
        """In the data."""
        self.shown: re.Pattern[str] | None = None
        """In what is shown of it."""
        if text and root is not None:
            find = self.find = re.compile(re.escape(text), re.IGNORECASE)
            shown = "|".join(dict.fromkeys(map(re.escape, (text, quote(text)[1:-1]))))
            self.shown = re.compile(shown, re.IGNORECASE)
            self.nodes = [
                node
                for node in root.walk()
                if find.search(node.scalar_text)
                or (isinstance(node.key, str) and find.search(node.key))
            ]

    @property
    def node(self) -> Node | None:
        """The match one is at."""
        return self.nodes[self.index] if self.nodes else None

    @property
    def number(self) -> int:
        """Of the match one is at, from 1; 0 without matches."""
        return self.index + 1 if self.nodes else 0

    def first_from(self, here: Node, root: Node) -> int:
        """The index of the first match at or after a value, else of the first of all."""
        order = {id(node): place for place, node in enumerate(root.walk())}
        place = order.get(id(here), 0)
        later = (i for i, node in enumerate(self.nodes) if order[id(node)] >= place)
        return next(later, 0)
