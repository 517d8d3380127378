"""The paged table, driven as a person drives it, over ten million rows that are a pure function."""

from __future__ import annotations

from typing import Any, TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from textual.app import App
from textual.content import Content

from tests.tui.widgets.fakes import COLUMNS, HOSTILE, TableApp, fake_page, fake_row
from tui.widgets.columns import MARKER_WIDTH, Column, layout_columns
from tui.widgets.paged_table import PagedTable, Row
from tui.widgets.pages import PageStore, Rows

M = TypeVar("M", bound=PagedTable.TableMessage)
MILLIONS = 10_000_000


def lines(app: App[Any], table: PagedTable) -> list[str]:
    return [table.render_line(y).text for y in range(table.size.height)]


def of(app: TableApp, kind: type[M]) -> list[M]:
    return [message for message in app.seen if isinstance(message, kind)]


async def test_ten_million_rows_with_a_bounded_number_of_pages() -> None:
    app = TableApp()
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        table = app.table
        assert table.row_count == MILLIONS
        assert table.total_exact
        for key in ["down"] * 3 + ["pagedown"] * 40 + ["G", "pageup", "home", "G", "k"]:
            await pilot.press(key)
        await pilot.pause()
        assert table.cursor_row == MILLIONS - 2
        assert table.selected_row is not None
        assert table.selected_row.key == f"key{MILLIONS - 2}"
        assert app.most_held <= 4
        assert table.held_pages <= 4
        asked = [m.page_index for m in of(app, PagedTable.PageRequested)]
        assert {0, 1, 2, 3, 4, MILLIONS // 200 - 1} <= set(asked)
        assert len(asked) < 15
        assert "▸ " in lines(app, table)[-2]
        assert f"api-{MILLIONS - 2}" in lines(app, table)[-2]


async def test_every_key_moves_as_said() -> None:
    app = TableApp(1000)
    async with app.run_test(size=(80, 24)) as pilot:
        table = app.table
        for keys, row in [
            ("j j k", 1), ("down", 2), ("up", 1), ("G", 999), ("home", 0), ("end", 999),
            ("g", 0), ("up", 0), ("pagedown", 22), ("pageup", 0),
        ]:  # fmt: skip
            await pilot.press(*keys.split())
            assert table.cursor_row == row, keys
        assert table.cursor_column == "when"
        await pilot.press("left", "l", "right", "right", "h")
        assert table.cursor_column == "pushes"
        await pilot.press(*["right"] * 9)
        assert table.cursor_column == "region"
        await pilot.press("enter")
        await pilot.pause()
        selected = of(app, PagedTable.RowSelected)
        assert [(m.row_index, m.row.key, m.column_key) for m in selected] == [(0, "key0", "region")]


async def test_full_values_are_kept_however_little_is_shown() -> None:
    app = TableApp(100)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        long = len(HOSTILE) - 1
        app.table.move_cursor(long, "agent")
        await pilot.pause()
        assert app.table.selected_cell == "x" * 90_000
        cells = of(app, PagedTable.CellHighlighted)
        assert (cells[-1].column_key, cells[-1].value) == ("agent", "x" * 90_000)


async def test_hostile_values_are_shown_literally_and_keep_the_columns_straight() -> None:
    app = TableApp(len(HOSTILE))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        shown = lines(app, app.table)
        assert "[/nope]" in shown[1]
        assert "[@click=app.quit]x[…" in shown[2]
        assert "\\x1b]52;c;" in shown[4]
        assert "abc\\u202egnp.exe" in shown[7]
        assert all(cell_len(line) == app.table.size.width for line in shown)
        assert not [c for line in shown for c in line if not c.isprintable()]
        assert "\x1b" not in app.export_screenshot()


async def test_missing_rows_are_placeholders_and_pages_are_asked_for_once() -> None:
    app = TableApp(answer=False)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        table = app.table
        assert "·" in lines(app, table)[1]
        assert "reading…" in lines(app, table)[0]
        assert table.selected_row is None
        await pilot.press("down", "down", "enter")
        await pilot.pause()
        assert [m.page_index for m in of(app, PagedTable.PageRequested)] == [0, 1]
        assert not of(app, PagedTable.RowSelected)
        before = lines(app, table)
        assert app.give(0)
        await pilot.pause()
        after = lines(app, table)
        assert table.scroll_offset.y == 0
        assert table.cursor_row == 2
        assert after[3].startswith("▸ 03-09")
        assert before[3].startswith("▸ ·")
        assert of(app, PagedTable.RowHighlighted)[-1].row is not None
        table.page_failed(1)
        await pilot.press("down")
        await pilot.pause()
        assert [m.page_index for m in of(app, PagedTable.PageRequested)] == [0, 1, 1]


async def test_late_answers_are_dropped() -> None:
    app = TableApp(answer=False)
    async with app.run_test() as pilot:
        await pilot.pause()
        old = app.table.generation
        new = app.table.reset(500)
        assert not app.give(0, old)
        assert app.table.held_pages == 0
        assert app.give(0, new)
        assert app.table.held_pages == 1


async def test_unknown_total_grows_until_a_short_page() -> None:
    app = TableApp(450, known=False)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        table = app.table
        assert (table.total_exact, table.row_count >= 200) == (False, True)
        for _ in range(4):
            await pilot.press("G")
            await pilot.pause()
        assert (table.total_exact, table.row_count) == (True, 450)
        assert table.cursor_row == 449
        table.set_total(30)
        await pilot.pause()
        assert table.cursor_row == 29
        assert table.row_count == 30


async def test_known_total_may_come_later() -> None:
    app = TableApp(MILLIONS, known=False)
    async with app.run_test() as pilot:
        await pilot.pause()
        app.table.set_total(MILLIONS)
        await pilot.press("G")
        await pilot.pause()
        assert app.table.selected_row is not None
        assert app.table.selected_row.key == f"key{MILLIONS - 1}"


async def test_empty_and_reading() -> None:
    app = TableApp(0, known=False, answer=False)
    async with app.run_test(size=(60, 12)) as pilot:
        await pilot.pause()
        assert any("reading…" in line for line in lines(app, app.table))
        app.table.empty_message = Content("no pushes between 03-01 and 03-10")
        app.table.set_page(0, [])
        await pilot.pause()
        assert any("no pushes between" in line for line in lines(app, app.table))
        await pilot.press("down", "G", "enter", "right", "pagedown")
        assert app.table.cursor_row == 0
        assert not of(app, PagedTable.RowSelected)
        app.table.reset(0)
        assert any("no pushes between" in line for line in lines(app, app.table))


async def test_old_rows_stay_dimmed_after_a_sort_until_new_ones_come() -> None:
    app = TableApp(500)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        app.answer = False
        app.table.reset(keep=True)
        await pilot.pause()
        assert "team/api-0" in lines(app, app.table)[1]
        assert app.table.selected_row is None
        await pilot.press("enter")
        assert not of(app, PagedTable.RowSelected)
        app.table.set_page(0, [fake_row(77)])
        await pilot.pause()
        assert [m.row.key for m in of(app, PagedTable.RowSelected)] == ["key77"]
        assert "team/api-77" in lines(app, app.table)[1]
        assert app.table.row_count == 1


async def test_keys_typed_before_the_rows_are_here_are_for_the_rows_that_come() -> None:
    app = TableApp(500, known=False, answer=False)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("down", "down", "enter")
        assert not of(app, PagedTable.RowSelected)
        app.give(0)
        await pilot.pause()
        assert [m.row.key for m in of(app, PagedTable.RowSelected)] == ["key2"]

        app.table.reset()
        await pilot.press("enter")
        app.table.reset()  # the screen asks once more, and puts the cursor somewhere
        app.table.move_cursor(4)
        app.give(0)
        await pilot.pause()
        assert [m.row.key for m in of(app, PagedTable.RowSelected)] == ["key2", "key4"]

        app.table.reset()
        await pilot.press("down", "enter", "up")  # Enter is taken back by moving on
        app.give(0)
        await pilot.pause()
        app.table.reset()
        await pilot.press("enter")
        app.table.page_failed(0)
        app.give(0)
        await pilot.pause()
        app.table.reset()
        await pilot.press("enter")
        app.table.set_page(0, [])  # nothing came
        await pilot.press("enter")
        assert [m.row.key for m in of(app, PagedTable.RowSelected)] == ["key2", "key4"]

        app.table.reset()
        await pilot.press("down", "down", "down", "enter")
        app.table.set_page(0, [fake_row(0), fake_row(1)])  # fewer than the keys moved over
        await pilot.pause()
        assert of(app, PagedTable.RowSelected)[-1].row.key == "key1"


async def test_coming_back_to_the_same_row() -> None:
    app = TableApp()
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        table = app.table
        table.move_cursor(123_456, "pushes")
        await pilot.press("up", "up")
        await pilot.pause()
        state, shown = table.view_state, lines(app, table)
        assert state.cursor_row == 123_454
        assert state.scroll == 123_456 - 22
        for total in (MILLIONS, None):
            table.reset(total)
            table.restore(*state)
            await pilot.pause()
            assert table.view_state == state
            assert lines(app, table) == shown


async def test_restore_before_the_first_layout() -> None:
    app = TableApp(back_to=(5_000, 4_990, "name"))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        assert app.table.view_state == (5_000, 4_990, "name")
        assert "▸ " in lines(app, app.table)[11]


async def test_the_scrollbar_stands_where_the_rows_are() -> None:
    app = TableApp(0)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        # The rows come and the cursor jumps before Textual has shown the scrollbar.
        app.table.set_total(1_000)
        app.table.move_cursor(900)
        await pilot.pause()
        bar = app.table.vertical_scrollbar
        assert bar.position == app.table.scroll_offset.y > 0
        assert bar.window_virtual_size == app.table.virtual_size.height


async def test_finding_a_row_by_key() -> None:
    app = TableApp()
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        assert app.table.move_to_row_key("key150")
        assert app.table.cursor_row == 150
        assert not app.table.move_to_row_key("key70123", hint=70_000)
        await pilot.pause()
        assert app.table.cursor_row == 70_123
        assert "▸ " in "".join(lines(app, app.table))


async def test_mouse() -> None:
    app = TableApp(1000)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        table = app.table
        await pilot.click(table, offset=(20, 5))
        assert (table.cursor_row, table.cursor_column) == (4, "name")
        assert not of(app, PagedTable.RowSelected)
        await pilot.click(table, offset=(20, 5))
        await pilot.pause()
        assert [m.row.key for m in of(app, PagedTable.RowSelected)] == ["key4"]
        await pilot.double_click(table, offset=(3, 8))
        await pilot.pause()
        assert [m.row.key for m in of(app, PagedTable.RowSelected)] == ["key4", "key7"]
        await pilot.click(table, offset=(40, 0))
        await pilot.pause()
        assert [m.column_key for m in of(app, PagedTable.HeaderSelected)] == ["pushes"]
        table.set_sort("pushes", descending=True)
        assert "▼ pushes" in lines(app, table)[0]
        table.set_sort("when")
        assert "when (UTC) ▲" in lines(app, table)[0]
        table.set_sort(None)
        assert "▲" not in lines(app, table)[0]


async def test_second_click_of_a_pair_that_opened_a_list_opens_nothing_in_it() -> None:
    class Opens(TableApp):
        def on_paged_table_row_selected(self, message: PagedTable.RowSelected) -> None:
            self.table.reset(1000)  # a new list under the pointer

    app = Opens(1000)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        await pilot.double_click(app.table, offset=(3, 1))  # the first click opens: cursor is there
        await pilot.pause()
        assert len(of(app, PagedTable.RowSelected)) == 1


async def test_the_wheel_scrolls_and_the_cursor_stays() -> None:
    app = TableApp()
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        app.table.scroll_to(y=5_000_000, animate=False)
        await pilot.pause()
        assert "api-5000000" in lines(app, app.table)[1]
        assert app.table.cursor_row == 0
        assert app.table.selected_row is not None
        assert app.table.selected_row.key == "key0"
        await pilot.press("down")
        assert app.table.scroll_offset.y == 1
        assert app.table.cursor_row == 1


async def test_narrow_screens_drop_columns_by_priority_and_back() -> None:
    app = TableApp(1000)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press(*["right"] * 3)
        assert app.table.cursor_column == "agent"
        await pilot.resize_terminal(64, 20)
        await pilot.pause()
        assert app.table.visible_columns == ["when", "name", "pushes", "region"]
        assert app.table.cursor_column == "when"
        await pilot.resize_terminal(40, 10)
        await pilot.pause()
        assert app.table.visible_columns == ["when", "name", "pushes"]
        assert all(cell_len(line) == app.table.size.width for line in lines(app, app.table))
        await pilot.resize_terminal(120, 40)
        await pilot.pause()
        assert app.table.visible_columns == [c.key for c in COLUMNS]
        assert app.table.cursor_column == "agent"


async def test_renderers_get_value_and_row_and_their_text_is_cleaned() -> None:
    def shown(value: Any, row: Row) -> Content:
        return Content.styled(f"{value}/{row['b']}\x1b[", "bold")

    table = PagedTable([Column("a", "A", render=shown)], row_style=lambda row: "no such state")

    class Other(App[None]):
        def compose(self) -> Any:
            yield table

    async with Other().run_test(size=(40, 8)) as pilot:
        table.reset(1)
        table.set_page(0, [Row("k", {"a": "[x]", "b": 2})])
        await pilot.pause()
        assert table.render_line(1).text.startswith("▸ [x]/2\\x1b[ ")


@pytest.mark.parametrize("theme", ["textual-dark", "textual-light", "ansi-dark"])
async def test_states_differ_and_the_cursor_shows_in_every_theme(theme: str) -> None:
    app = TableApp(1000)
    async with app.run_test(size=(80, 24)) as pilot:
        app.theme = theme
        await pilot.pause()
        styles = {list(app.table.render_line(1 + i))[1].style for i in (1, 3, 5, 7, 9)}
        assert len(styles) == 5
        assert app.table.render_line(1).text.startswith("▸")


@given(st.integers(1, 300), st.lists(st.tuples(st.none() | st.integers(1, 40), st.integers(0, 3))))
def test_columns_never_overlap_or_overflow(
    width: int, declared: list[tuple[int | None, int]]
) -> None:
    columns = [
        Column(str(i), "x", width=w, min_width=5, priority=p) for i, (w, p) in enumerate(declared)
    ]
    slots = layout_columns(columns, width)
    edge = MARKER_WIDTH
    for slot in slots:
        assert slot.x >= edge or slot.width == 0
        edge = slot.x + slot.width
    assert edge <= max(width, MARKER_WIDTH)
    kept = {slot.column.key for slot in slots}
    assert bool(kept) == bool(columns)
    for dropped in columns:
        if dropped.key not in kept:
            assert all(c.priority <= dropped.priority for c in columns if c.key in kept)


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(1, 3)), max_size=40))
def test_store_is_bounded_and_never_drops_what_is_in_use(moves: list[tuple[int, int]]) -> None:
    store = PageStore(10, 4)
    for first, count in moves:
        pages = list(range(first, first + count))
        for page in store.want(pages):
            assert page not in store
            store.put(page, fake_page(page, 10, 10_000))
        assert store.want(pages) == []
        assert all(page in store for page in pages)
        assert len(store) <= 4
        row = store.row(first * 10 + 3)
        assert row is not None
        assert store.find(row.key) == first * 10 + 3


def test_an_empty_page_far_out_is_not_the_end() -> None:
    rows = Rows(10, 4)
    rows.reset(None, exact=False, keep=False)
    rows.known = 95
    rows.set_page(9, [])
    assert (rows.known, rows.exact) == (90, False)
    rows.set_page(8, fake_page(8, 10, 85))
    assert (rows.known, rows.exact) == (85, True)


def test_what_matters_most_is_squeezed_and_not_dropped() -> None:
    columns = [
        Column("severity", "severity", width=8),
        Column("title", "what", min_width=50, weight=5),
        Column("who", "who", min_width=10, priority=1),
        Column("when", "when", width=20),
    ]

    def shown(width: int) -> list[tuple[str, int]]:
        return [(slot.column.key, slot.width) for slot in layout_columns(columns, width)]

    assert shown(79) == [("severity", 8), ("title", 47), ("when", 20)]
    assert shown(60) == [("severity", 8), ("title", 28), ("when", 20)]
    assert shown(40) == [("severity", 8), ("title", 29)]
    assert shown(20) == [("severity", 8)]
