"""Hostile strings, and a provider of ten million rows that is a pure function."""

from __future__ import annotations

from collections.abc import Sequence

from textual.app import App, ComposeResult

from tui.widgets.paged_table import Column, PagedTable, Row

HOSTILE = [
    "[/nope]",
    "[@click=app.quit]x[/]",
    "[bold red]not red[/]",
    "\x1b]52;c;ZXZpbA==\x07",
    "\x1b[2J\x1b[31mred",
    "\x9b31m c1",
    "abc\u202egnp.exe",
    "\u2066iso\u2069",
    "zero\u200bwidth\ufeff",
    "line\nbreak\ttab\r",
    "\ud800 lone",
    "tag\U000e0041\ufe0f",
    "日本語のとても長い名前です",
    "e\u0301" * 30,
    "a" + "\u0301" * 500,
    "👩\u200d💻 emoji 🎉🎉🎉🎉🎉🎉",
    "x" * 90_000,
]

COLUMNS = [
    Column("when", "when (UTC)", width=14),
    Column("name", "repository", min_width=12),
    Column("pushes", "pushes", width=8, align="right"),
    Column("agent", "user agent", width=20, priority=2),
    Column("region", "region", width=12, priority=1),
]


def fake_row(index: int) -> Row:
    return Row.of(
        f"key{index}",
        ["when", "name", "pushes", "agent", "region"],
        [
            f"03-09 {index % 86400:08}",
            f"team/api-{index}",
            index,
            HOSTILE[index % len(HOSTILE)],
            "us-east-1" if index % 2 else "eu-west-1",
        ],
    )


def fake_page(page: int, size: int, total: int) -> Sequence[Row]:
    return [fake_row(i) for i in range(page * size, min(total, (page + 1) * size))]


def fake_style(row: Row) -> str:
    return {3: "attention", 5: "danger", 7: "write", 9: "failed"}.get(row["pushes"] % 12, "")


class TableApp(App[None]):
    """A table that answers its own requests from `fake_page`, and keeps a list of messages."""

    def __init__(
        self,
        total: int = 10_000_000,
        *,
        known: bool = True,
        answer: bool = True,
        size: int = 200,
        back_to: tuple[int, int, str] | None = None,
    ) -> None:
        super().__init__()
        self.back_to = back_to
        self.total = total
        self.known = known
        self.answer = answer
        self.seen: list[PagedTable.TableMessage] = []
        self.most_held = 0
        self.table = PagedTable(COLUMNS, row_style=fake_style, page_size=size, max_pages=4)

    def compose(self) -> ComposeResult:
        yield self.table

    def on_mount(self) -> None:
        self.table.focus()
        self.table.reset(self.total if self.known else None)
        if self.back_to is not None:
            self.table.restore(*self.back_to)

    def give(self, page: int, generation: int | None = None) -> bool:
        rows = fake_page(page, self.table.page_size, self.total)
        return self.table.set_page(page, rows, generation)

    def on_paged_table_page_requested(self, message: PagedTable.PageRequested) -> None:
        self.seen.append(message)
        if self.answer:
            self.give(message.page_index, message.generation)
        self.most_held = max(self.most_held, self.table.held_pages)

    def on_paged_table_row_highlighted(self, message: PagedTable.RowHighlighted) -> None:
        self.seen.append(message)

    def on_paged_table_cell_highlighted(self, message: PagedTable.CellHighlighted) -> None:
        self.seen.append(message)

    def on_paged_table_row_selected(self, message: PagedTable.RowSelected) -> None:
        self.seen.append(message)

    def on_paged_table_header_selected(self, message: PagedTable.HeaderSelected) -> None:
        self.seen.append(message)
