"""The labels above a table: each whole, and where it was, whatever the rows are sorted by."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator

import pytest
from textual.style import Style

import tui.screens
from tui.widgets.columns import Column, layout_columns
from tui.widgets.table_lines import SORT_MARK, header_line


def tables() -> Iterator[tuple[str, tuple[Column, ...]]]:
    """Every table of the program whose columns are a constant."""
    for module in pkgutil.iter_modules(tui.screens.__path__):
        found = importlib.import_module(f"tui.screens.{module.name}")
        for name, value in vars(found).items():
            if isinstance(value, tuple) and value and all(isinstance(v, Column) for v in value):
                yield f"{module.name}.{name}", value


TABLES = dict(tables())


def test_there_are_tables() -> None:
    assert len(TABLES) > 20


@pytest.mark.parametrize("width", [80, 120, 200])
@pytest.mark.parametrize("name", TABLES)
def test_an_arrow_cuts_no_label_and_moves_no_other(name: str, width: int) -> None:
    slots = layout_columns(TABLES[name], width)
    plain = header_line(slots, None, width, Style()).text
    for slot in slots:
        label = slot.column.label
        if not slot.column.sorts or label not in plain or len(label) < 2:
            continue
        for descending, arrow in SORT_MARK.items():
            line = header_line(slots, (slot.column.key, descending), width, Style()).text
            assert line.count(arrow) == 1
            assert label in line, line
            assert len(line) == width
            for other in slots:
                if other is not slot and len(other.column.label) > 1:
                    at = plain.find(other.column.label)
                    assert line.find(other.column.label) == at, line
