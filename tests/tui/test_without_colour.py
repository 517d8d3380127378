"""NO_COLOR: no colour reaches the terminal, and nothing is said by colour alone."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from rich.segment import Segment
from rich.style import Style

from tests.tui.driving import IMPLANT, MIDDLE, NARROW, WIDE, Driver, driving
from tui.app import FINDINGS
from tui.question_table import QuestionTable
from tui.screens.raw import RawScreen
from tui.screens.timeline import TimelineScreen

GO = "to the implant"
WALK = (
    ("m",),
    ("n",),
    ("escape", "R"),
    ("enter",),
    (GO, "enter", "2"),
    ("3",),
    ("5",),
    ("6",),
    ("c",),
    ("escape", "escape", "t"),
    ("enter",),
    ("escape", "escape", "D"),
    ("2",),
    ("3",),
    ("4",),
    ("escape", "p"),
    ("escape", "e"),
    ("R", "enter", GO, "w"),
    ("2",),
    ("3",),
    ("escape", "a"),
)
"""Keys that lead past every list of the program."""

REFUSED, MOVED = r"✗", r"●"
SAID = {
    "findings danger": "critical",
    "findings attention": "high",
    "findings muted": "low|info",
    "rules danger": "failed",
    "rules muted": "off|not asked",
    "pushes attention": f"{MOVED}|{REFUSED}",
    "pushes failed": REFUSED,
    "pushes muted": "◦",
    "layer-table attention": "new|added",
    "layer-table failed": "removed",
    "layer-table write": "reordered|elsewhere",
    "tag-table attention": MOVED,
    "span-table attention": "moved tag",
    "ran-table attention": MOVED,
    "ran-table failed": REFUSED,
    "deployment-table attention": MOVED,
    "deployment-table failed": REFUSED,
    "deployment-table muted": "–|unknown",
    # Columns critical, high, in numbers.
    "scan-table danger": r"[1-9]\d* +\d+ +\d+",
    "scan-table attention": r" 0 +[1-9]\d* +\d+",
    "files attention": "damaged|unreadable|not read",
    "files muted": "skipped",
    # Columns writes, refused, in numbers.
    "touched-table write": r" [1-9]\d* +\d+ +\d+",
    "touched-table failed": r" 0 +[1-9]\d* +\d+",
    "created-table danger": r" [1-9]\d*",
    "created-table attention": "key|user|role|profile|trust|policy|credential|login",
    "created-table failed": r"\(ref",
    "events write": "W",
    "events failed": REFUSED,
    "events attention": REFUSED,
}
"""What a row says in words or signs, for each thing that its colour says: table and state."""


@pytest.fixture
def no_colour(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")


async def keyed(driver: Driver, keys: tuple[str, ...]) -> None:
    for key in keys:
        if key == GO:
            await driver.go_to(image_digest=IMPLANT)
        else:
            await driver.press(key)


def drawn(driver: Driver) -> Iterator[Segment]:
    for strip in driver.app.screen._compositor.render_strips():
        yield from strip


def attributes(style: Style | None) -> tuple[bool, bool, bool]:
    if style is None:
        return False, False, False
    return bool(style.bold), bool(style.underline), bool(style.reverse)


@pytest.mark.parametrize("size", [NARROW, WIDE])
async def test_what_a_row_says_by_colour_it_says_in_a_word_or_a_sign_too(
    size: tuple[int, int],
) -> None:
    found: set[str] = set()
    async with driving(start=FINDINGS, size=size) as driver:
        for keys in ((), *WALK):
            await keyed(driver, keys)
            for table in driver.app.screen.query(QuestionTable):
                for line, state in rows_with_a_colour(driver, table):
                    case = f"{table.id} {state}"
                    assert case in SAID, f"{case}: in which word or sign? {line}"
                    assert re.search(SAID[case], line), f"{case}: {line}"
                    found.add(case)
    assert len(found) >= 12  # the walk has seen something


def rows_with_a_colour(driver: Driver, table: QuestionTable) -> Iterator[tuple[str, str]]:
    """Each row that is on the screen and has a state, as text; the heading is the first line."""
    if table.row_style is None or not table.is_on_screen:
        return
    lines = driver.text(table).split("\n")[1:]
    for number, line in enumerate(lines):
        row = table._rows.pages.row(round(table.scroll_y) + number)
        if row is not None and (state := table.row_style(row)):
            yield line, state


async def test_no_screen_has_a_colour(no_colour: None) -> None:
    async with driving(start=FINDINGS) as driver:
        more = (("T",), ("S",), ("escape", "?"), ("escape", ":"), ("escape", "Q"), ("escape", "e"))
        for keys in ((), *WALK[2:7], *more):
            await keyed(driver, keys)
            for segment in drawn(driver):
                for colour in (
                    segment.style and (segment.style.color, segment.style.bgcolor)
                ) or ():
                    assert colour is None or colour.is_default, f"{keys}: {segment}"


async def test_the_cursor_is_seen_without_colours(no_colour: None) -> None:
    async with driving(start=FINDINGS, size=MIDDLE) as driver:
        assert "▸" in driver.text(driver.table)
        await driver.press("S", "down")
        marked = [s.text for s in drawn(driver) if attributes(s.style)[1]]
        assert "All pushes" in "".join(marked)
        await driver.press("escape", ":")
        await driver.pilot.pause(0.3)
        await driver.press("down")
        marked = [s.text for s in drawn(driver) if attributes(s.style)[1]]
        assert "Go to" in "".join(marked)
        await driver.press("escape", "R", "enter", "o")
        driver.on(RawScreen)
        await driver.press("down")
        marked = [s.text for s in drawn(driver) if attributes(s.style)[2]]
        assert "eventVersion" in "".join(marked)
        await driver.press("T", "n")
        driver.on(TimelineScreen)
        assert any(attributes(s.style)[2] for s in drawn(driver))
