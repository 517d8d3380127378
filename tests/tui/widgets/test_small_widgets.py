"""Time strip, breadcrumb and facts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from textual.app import App, ComposeResult
from textual.content import Content
from textual.message import Message

from tests.tui.driving import until
from tests.tui.widgets.fakes import HOSTILE
from tui.widgets.breadcrumb import Breadcrumb, fit_segments
from tui.widgets.facts import Facts
from tui.widgets.sparkline import bar_line, levels, rebucket
from tui.widgets.time_strip import Mark, TimeStrip, sparkline

START = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
COUNTS = st.lists(st.integers(0, 10**9), max_size=200)


@given(COUNTS, st.integers(0, 200))
def test_buckets_keep_every_event(values: list[int], width: int) -> None:
    cells = rebucket(values, width)
    assert len(cells) == (width if values else 0)
    if 0 < width <= len(values):
        assert sum(cells) == sum(values)


@given(COUNTS, st.integers(0, 200))
def test_sparkline_shows_every_count_above_zero(values: list[int], width: int) -> None:
    text = sparkline(values, width)
    assert len(text) == min(width, len(values))
    for char, count in zip(text, rebucket(values, len(text)), strict=True):
        assert (char == " ") == (count == 0)


def test_bars() -> None:
    assert sparkline([0, 1, 4, 8], 10) == " ▁▄█"
    assert sparkline([1, 1, 1, 1000], 2) == "▁█"
    assert sparkline([], 5) == ""
    assert levels([0, 1, 100], height=2) == [0, 1, 16]
    assert [bar_line([0, 1, 12, 16], line) for line in (0, 1)] == [" ▁██", "  ▄█"]


class StripApp(App[None]):
    def __init__(self, height: int = 2) -> None:
        super().__init__()
        self.strip = TimeStrip()
        self.strip.styles.height = height
        self.seen: list[Message] = []

    def compose(self) -> ComposeResult:
        yield self.strip

    def on_mount(self) -> None:
        self.strip.focus()

    def on_time_strip_buckets_wanted(self, message: TimeStrip.BucketsWanted) -> None:
        self.seen.append(message)
        total = [(i * 7) % 5 for i in range(message.count)]
        failed = [1 if n == 4 else 0 for n in total]
        end = START + timedelta(hours=message.count)
        mark = Mark(START + timedelta(hours=10, minutes=30))
        self.strip.set_data(START, end, total, failed, [mark])

    def on_time_strip_range_selected(self, message: TimeStrip.RangeSelected) -> None:
        self.seen.append(message)

    def on_time_strip_range_cleared(self, message: TimeStrip.RangeCleared) -> None:
        self.seen.append(message)

    def ranges(self) -> list[tuple[datetime, datetime]]:
        return [(m.start, m.end) for m in self.seen if isinstance(m, TimeStrip.RangeSelected)]


def text_of(widget: TimeStrip | Breadcrumb | Facts) -> list[str]:
    return [widget.render_line(y).text for y in range(widget.size.height)]


def hour(number: int) -> datetime:
    return START + timedelta(hours=number)


@pytest.mark.parametrize("height", [1, 2, 3, 5])
async def test_strip_fits_every_size(height: int) -> None:
    app = StripApp(height)
    async with app.run_test(size=(80, 12)) as pilot:
        await pilot.pause()
        for width in (80, 33, 9, 3, 120):
            await pilot.resize_terminal(width, 12)
            await pilot.pause()
            shown = text_of(app.strip)
            assert [cell_len(line) for line in shown] == [width] * height
            if width > 10:
                assert shown[0][10] == "▼"
        wanted = [m.count for m in app.seen if isinstance(m, TimeStrip.BucketsWanted)]
        assert wanted == [80, 33, 9, 3, 120]


async def test_strip_labels() -> None:
    app = StripApp()
    async with app.run_test(size=(80, 12)) as pilot:
        await pilot.pause()
        label = text_of(app.strip)[1]
        assert label.startswith("03-01 09:00")
        assert label.endswith("03-04 17:00")
        assert "160 events, 16 failed" in label
        app.strip.set_range((hour(2), hour(12)))
        assert "[ 03-01 11:00 – 03-01 21:00 ] 10 h" in text_of(app.strip)[1]
        app.strip.set_data(START, START.replace(year=2027), [1])
        assert text_of(app.strip)[1].startswith("2026-03-01 09:00")
        app.strip.clear_data()
        assert not "".join(text_of(app.strip)).strip()
        await pilot.press("left_square_bracket", "right_square_bracket", "backslash")
        assert app.strip.cursor_time is None


async def test_strip_brush_by_key() -> None:
    app = StripApp()
    async with app.run_test(size=(80, 12)) as pilot:
        await pilot.press(*["right"] * 5, "[")
        await pilot.press(*["right"] * 4, "]")
        await pilot.pause()
        assert app.ranges() == [(hour(5), hour(80)), (hour(5), hour(10))]
        await pilot.press("end", "[", "backslash", "backslash")
        await pilot.pause()
        assert app.ranges()[-1] == (hour(79), hour(80))
        assert app.strip.selection is None
        assert sum(isinstance(m, TimeStrip.RangeCleared) for m in app.seen) == 1
        app.strip.narrow_start(hour(20))
        app.strip.narrow_end(hour(30))
        assert app.strip.selection == (hour(20), hour(30))


async def test_what_is_brushed_begins_and_ends_with_buckets_of_several_cells() -> None:
    app = StripApp()
    async with app.run_test(size=(80, 12)) as pilot:
        await pilot.pause()
        app.strip.set_data(START, hour(50), [1] * 50)  # one or two cells each
        brushed = []
        for _ in range(80):
            app.strip.narrow_start()
            app.strip.narrow_end()
            brushed.append(app.strip.selection)
            app.strip.clear_range()
            app.strip.action_move(1)
        assert list(dict.fromkeys(brushed)) == [(hour(n), hour(n + 1)) for n in range(50)]


@pytest.mark.parametrize("theme", ["textual-dark", "textual-light", "ansi-dark"])
async def test_the_brush_shows_in_every_theme(theme: str) -> None:
    app = StripApp()
    async with app.run_test(size=(80, 12)) as pilot:
        app.theme = theme
        await pilot.pause()
        before = list(app.strip.render_line(0))
        app.strip.set_range((hour(20), hour(30)))
        assert list(app.strip.render_line(0)) != before


async def test_strip_brush_by_mouse() -> None:
    app = StripApp()
    async with app.run_test(size=(80, 12)) as pilot:
        await pilot.pause()
        for first, last in ((30, 20), (5, 5)):
            await pilot.mouse_down(app.strip, offset=(first, 0))
            await pilot.hover(app.strip, offset=(last, 0))
            await pilot.mouse_up(app.strip, offset=(last, 0))
        await pilot.pause()
        assert app.ranges() == [(hour(20), hour(31))]
        assert app.strip.cursor_time == hour(5)


async def test_strip_with_one_moment_and_with_wrong_data() -> None:
    app = StripApp()
    async with app.run_test(size=(40, 12)) as pilot:
        await pilot.pause()
        app.strip.set_data(START, START, [3], marks=[Mark(START, "\x1b")])
        shown = text_of(app.strip)
        assert cell_len(shown[0]) == 40
        assert "\x1b" not in shown[0]
        with pytest.raises(ValueError, match="stressed"):
            app.strip.set_data(START, START, [3], [1, 2])


@given(st.lists(st.integers(1, 30), min_size=1, max_size=8), st.integers(1, 100))
def test_breadcrumb_keeps_the_last_segment_and_fits(widths: list[int], width: int) -> None:
    shown = fit_segments(widths, width)
    assert shown[-1] == len(widths) - 1
    assert [i for i in shown if i >= 0] == sorted({i for i in shown if i >= 0})
    cells = sum(widths[i] if i >= 0 else 1 for i in shown) + 3 * (len(shown) - 1)
    assert cells <= width or [i for i in shown if i >= 0] == [len(widths) - 1]


class CrumbApp(App[None]):
    def __init__(self) -> None:
        super().__init__()
        self.crumb = Breadcrumb(["Repositories", "team/api", "prod 9f2c1a…", "dana.ops [/x]"])
        self.chosen: list[int] = []

    def compose(self) -> ComposeResult:
        yield self.crumb

    def on_breadcrumb_segment_selected(self, message: Breadcrumb.SegmentSelected) -> None:
        self.chosen.append(message.index)


async def test_breadcrumb() -> None:
    app = CrumbApp()
    async with app.run_test(size=(80, 5)) as pilot:
        await pilot.pause()
        whole = "Repositories › team/api › prod 9f2c1a… › dana.ops [/x]"
        assert text_of(app.crumb)[0].rstrip() == whole
        await pilot.click(app.crumb, offset=(16, 0))
        await pilot.click(app.crumb, offset=(45, 0))
        await pilot.click(app.crumb, offset=(70, 0))
        await pilot.pause()
        assert app.chosen == [1]
        for width, text in (
            (50, "Repositories › … › prod 9f2c1a… › dana.ops [/x]"),
            (34, "Repositories › … › dana.ops [/x]"),
            (20, "… › dana.ops [/x]"),
            (8, "dana.op…"),
        ):
            await pilot.resize_terminal(width, 5)
            await pilot.pause()
            assert text_of(app.crumb)[0].rstrip() == text
        await pilot.resize_terminal(80, 5)
        app.crumb.set([*HOSTILE[:6], Content.styled("last", "bold")])
        await pilot.pause()
        assert text_of(app.crumb)[0].rstrip().endswith("last")
        assert text_of(app.crumb)[0].isprintable()


class FactsApp(App[None]):
    def __init__(self, facts: list[tuple[str, Content | str]]) -> None:
        super().__init__()
        self.facts = Facts(facts)

    def compose(self) -> ComposeResult:
        yield self.facts


async def test_facts_wrap_and_scroll() -> None:
    words = "kept eight layers and added one that is first seen here in this evidence"
    app = FactsApp([("replaced", "77ab03…"), ("layers", words), ("two", "a\nb"), ("", "more")])
    app.animation_level = "none"  # a busy machine would still be scrolling
    async with app.run_test(size=(40, 20)) as pilot:
        await pilot.pause()
        shown = [line.rstrip() for line in text_of(app.facts)]
        assert shown[0] == "replaced  77ab03…"
        assert shown[1].startswith("layers    kept eight")
        assert " ".join(line.strip() for line in shown[1:4]).split(None, 1)[1] == words
        assert shown[-3:] == ["two       a", "          b", "          more"]
        assert app.facts.size.height == len(shown)
        await pilot.resize_terminal(120, 20)
        await pilot.pause()
        assert app.facts.size.height == 5
        app.facts.styles.height = 2
        app.facts.focus()
        await until(pilot, lambda: app.facts.size.height == 2)
        await pilot.press("G")
        await until(pilot, lambda: app.facts.scroll_offset.y == 3)
        assert text_of(app.facts)[-1].rstrip() == "          more"
        app.facts.set([("new", Content.styled("value", "bold"))])
        await pilot.pause()
        assert text_of(app.facts)[0].rstrip() == "new  value"
        app.facts.set([])
        await pilot.pause()


async def test_a_long_name_in_a_tree_keeps_its_branch() -> None:
    app = FactsApp([("chain", "sam  AKIA1\n└─ " + "n" * 31 + "  ASIA1")])
    async with app.run_test(size=(40, 20)) as pilot:
        await pilot.pause()
        shown = [line.rstrip() for line in text_of(app.facts)]
        assert shown == ["chain  sam  AKIA1", "     └─ " + "n" * 31, "       ASIA1"]


async def test_no_scrollbar_stands_beside_what_is_all_visible() -> None:
    app = FactsApp([("line", "x")] * 6)
    async with app.run_test(size=(40, 20)) as pilot:
        app.facts.styles.height = 5
        await pilot.pause()
        assert app.facts.show_vertical_scrollbar
        app.facts.set([("line", "x")] * 5)
        await pilot.pause()
        assert not app.facts.show_vertical_scrollbar


async def test_a_digest_stays_whole_where_the_screen_is_wide_enough() -> None:
    digest = f"sha256:{'0123456789abcdef' * 4}"
    app = FactsApp([("what was replaced", f"moved tag · {digest} by ci"), ("who", "dana.ops")])
    async with app.run_test(size=(80, 20)) as pilot:
        await pilot.pause()
        shown = [line.strip() for line in text_of(app.facts)]
        assert shown[:4] == [
            "what was replaced  moved tag ·",
            digest,
            "by ci",
            "who                dana.ops",
        ]
        await pilot.resize_terminal(60, 20)
        await pilot.pause()
        assert digest in "".join(line[19:].rstrip() for line in text_of(app.facts))
        await pilot.resize_terminal(140, 20)
        await pilot.pause()
        assert text_of(app.facts)[0].rstrip().endswith(f"moved tag · {digest} by ci")


async def test_facts_are_literal_and_never_wider_than_the_screen() -> None:
    app = FactsApp([(value[:9], value) for value in HOSTILE])
    async with app.run_test(size=(30, 60)) as pilot:
        await pilot.pause()
        for line in text_of(app.facts):
            assert cell_len(line) == app.facts.size.width
            assert line.isprintable()
        assert "[/nope]" in text_of(app.facts)[0]
        assert "\x1b" not in app.export_screenshot()
