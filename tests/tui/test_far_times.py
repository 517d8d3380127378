"""Events at both ends of what a time can be: a forged record must not end the program."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest

from queries.report.document import FOUND, Moment, Timeline
from queries.report.timeline import svg
from tests.evidence_files import at, image, push, record, trail, write
from tests.headless.test_commands import output
from tests.tui.driving import driving

FIRST, LAST = "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z"


@pytest.fixture
def far(tmp_path: Path) -> Path:
    """A tag that is moved in the first second, now, and in the last."""
    records = [push(image(str(n)), "prod", at(n)) for n in range(3)]
    records += [push(image(when), "prod", at(9), eventTime=when) for when in (FIRST, LAST)]
    records += [record("StopLogging", at(5), eventSource="cloudtrail.amazonaws.com")]
    records += [record("ListImages", at(6), eventTime=when) for when in (FIRST, LAST)]
    return write(tmp_path / "logs", {"a.json": trail(records)})


async def test_every_screen_stands_the_first_and_the_last_second(far: Path) -> None:
    async with driving(far, start="findings") as driver:
        for place in "iRpKAOIDTEeBC":
            await driver.press(place, "end", "enter", "escape", "home", "enter", "escape")
        for keys in ("E", "end", "]", "\\", "home", "[", "\\", "end", "[", "\\"):
            await driver.press(keys)
        await driver.press("R", "enter", "end", "a", "t", "escape", "M", "home", "M", "B", "T")
        await driver.press(
            "n", "N", "end", "+", "+", "]", "-", "-", ".", "W", "home", "+", "[", ","
        )
        await driver.press("0", "z", "escape", "t", "enter")
        assert driver.app.is_running
        await driver.press("R", "enter", "t", "enter", "escape", "escape", "w", "2", "3", "4")
        await driver.press("escape", "enter", "5", "4", "c", "escape", "u", "2", "3", "4")
        await driver.press("S")
        await driver.write("two hours")
        await driver.press("enter")
        assert driver.app.is_running


@pytest.mark.parametrize(
    "command",
    [
        ("report", "--format", "html"),
        ("report", "--format", "markdown"),
        ("findings",),
        ("contain",),
        ("activity", "--since", "2h"),
        ("activity", "--act", "delete", "--since", "3650d"),
        ("pushes", "--format", "lines"),
        ("export", "--as", "stix", "--what", "findings"),
        ("export", "--as", "timesketch-jsonl", "--what", "events"),
        ("evidence",),
    ],
)
def test_every_command_stands_them(far: Path, command: tuple[str, ...]) -> None:
    name, *options = command
    output(name, far, *options)


def test_a_picture_holds_them() -> None:
    ends = [datetime.min, datetime.max.replace(microsecond=0)]
    moments = [Moment(when, "who", "what", FOUND) for when in ends]
    for shown in (moments, moments[:1], moments[1:]):
        assert svg(Timeline(tuple(shown), "title")).count(" UTC: what<") == len(shown)
