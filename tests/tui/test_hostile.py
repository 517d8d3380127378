"""Log text chosen by an attacker: shown as it is, never obeyed, on every screen and dialog."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from rich.style import Style
from textual.widgets._toast import Toast

from queries.safe_text import is_safe, safe_text
from tests.evidence_files import ACCOUNT, Record, at, image, push, record, shared, trail, write
from tests.tui.driving import Driver, driving
from tui.dialogs import Picker
from tui.screens.push import PushScreen
from tui.screens.raw import RawScreen
from tui.widgets.json_view import JsonView

MARKUP = [
    "[/red]closing without opening",
    "[bold red]ALARM[/]",
    "[link=http://example.com]click[/link]",
    "tool [00] v[1,2] \\[esc",
    "[@click=app.quit]quit[/]",
    "[",
    "$text [$error]x[/$error] {0} %s",
]
NESTED = [
    "agent [link=http://example.com[0]]open[/link] [bold",
    "[/] \\[x] [[b]] [@click=app.bell]x[/]",
    "[type=x,v={'a[0]'}]",
    "[@click=app.notify('[bold]x')]y[/]",
]
CONTROL = [
    "a\x1b[2J\x1b[Hwiped",
    "a\x1b]0;title\x07b",
    "\x1b]52;c;ZXZpbA==\x07",
    "shift\x0eout",
    "nul\x00byte",
    "two\nlines\ttab\rcr",
    "bidi \u202egpj.exe\u202c",
    "c1 \x9b31m \x9d0;x\x9c",
    "zero\u200bwidth \u2028ls",
]


def attacked(values: list[str]) -> list[Record]:
    """A push and another call for each text, which stands wherever somebody can choose it."""
    records = []
    for number, text in enumerate(values):
        arn = f"arn:aws:sts::{ACCOUNT}:assumed-role/ci-push/{text}"
        chosen: Record = {
            "userIdentity": {
                "type": "AssumedRole",
                "principalId": f"AROAEXAMPLE:{text}",
                "arn": arn,
                "accountId": ACCOUNT,
                "accessKeyId": f"ASIA{number}",
                "sessionContext": {"sourceIdentity": text},
            },
            "userAgent": text,
            "sourceIPAddress": text,
        }
        records.append(push(image("one", text), text, at(number), **chosen))
        refused = push(image("two", text), text, at(number, 20), failed=text, **chosen)
        records.append({**refused, "errorMessage": text})
        asked = {"repositoryName": text, "policyText": json.dumps({text: text})}
        records.append(
            record("SetRepositoryPolicy", at(number, 40), requestParameters=asked, **chosen)
        )
    return records


def own(values: list[str]) -> Callable[[Path], Path]:
    def make(folder: Path) -> Path:
        name = "[@click=app.quit]x.json"
        return write(folder / "[red] case [bold", {name: trail(attacked(values))})

    return make


def of_field(name: str) -> Callable[[Path], Path]:
    return lambda folder: shared("cases", name)


EVIDENCE = {
    "markup": own(MARKUP + NESTED),
    "control": own(CONTROL),
    "field markup": of_field("markup_in_fields.json"),
    "field nested": of_field("markup_nested_brackets.json"),
    "field control": of_field("control_chars.json"),
}


def check(driver: Driver) -> str:
    """Nothing on the screen acts or hides; returns its text."""
    for strip in driver.app.screen._compositor.render_strips():
        assert is_safe(strip.text), repr(strip.text)
        for segment in strip:
            style = segment.style or Style()
            assert not style.link
            assert not [key for key in style.meta if key.startswith("@click")], segment
    assert driver.app.is_running
    assert driver.app.title == "ecr-investigate"
    return driver.text()


@pytest.mark.parametrize("name", EVIDENCE)
async def test_every_screen_shows_hostile_text_as_it_is(name: str, tmp_path: Path) -> None:
    async with driving(EVIDENCE[name](tmp_path), notices_shown=True) as driver:
        check(driver)
        await driver.press("enter")
        rows = await driver.rows()
        shown = check(driver)
        for row in rows[:20]:
            assert in_cells(row["image_tags"], shown)
        await dialogs(driver, "?", "s", "v")
        await one_push(driver)
        for index in range(1, min(len(rows), 3)):
            driver.table.move_cursor(index)
            await driver.press("enter")
            check(driver)
            await driver.press("o")
            check(driver)
            await driver.press("escape", "escape")
        await elsewhere(driver)


def in_cells(value: str, shown: str) -> bool:
    """Whether a table shows the beginning of a value, as far as a cell goes."""
    return safe_text(value)[:9].strip() in shown


async def dialogs(driver: Driver, *keys: str) -> None:
    """Open and close dialogs; what they say is safe too."""
    for key in keys:
        before = len(driver.app.screen_stack)
        await driver.press(key)
        check(driver)
        if len(driver.app.screen_stack) > before:
            await driver.press("escape")
        assert len(driver.app.screen_stack) == before


async def one_push(driver: Driver) -> None:
    """The push under the cursor, its user, activity and record, and back."""
    row = driver.row
    await driver.to_column("origin")
    await dialogs(driver, "x")
    await driver.press("y")
    assert driver.app.clipboard == str(row["origin"] or "None")
    said = safe_text(f"copied {driver.app.clipboard}", 40).rstrip("…")
    check(driver)
    toast = driver.app.screen.query(Toast).last()
    assert unfolded(said) in unfolded(driver.text(toast))
    await driver.press("enter")
    driver.on(PushScreen)
    facts = driver.facts("#facts")
    assert (row["user_agent"] or "") in facts["client"]
    assert unfolded(safe_text(row["user_agent"])) in unfolded(check(driver))
    for key in "234":
        await driver.press(key)
        check(driver)
    await driver.press("1", "u")
    assert unfolded(safe_text(row["principal"] or "")) in unfolded(check(driver))
    for key in "234":
        await driver.press(key)
        check(driver)
    await driver.press("1", "a")
    check(driver)
    await dialogs(driver, "c", "v")
    await driver.press("F")
    driver.on(Picker)
    check(driver)
    await driver.write("error")
    await driver.press("enter")
    check(driver)
    await driver.press("escape", "enter")
    driver.on(RawScreen)
    check(driver)
    view = driver.screen.query_one(JsonView)
    assert is_safe(view.shown_text().replace("\n", " "))
    await driver.press("Y")
    assert json.loads(driver.app.clipboard)["eventID"]
    await driver.press("escape", "escape", "escape", "escape")


BORDERS = {ord(char): None for char in "│▌▐"}


def unfolded(text: str) -> str:
    """Text without the breaks and blanks of a layout."""
    return "".join(text.split()).translate(BORDERS)


async def elsewhere(driver: Driver) -> None:
    """The places that are reached by a key of their own."""
    for key in ("p", "K", "A", "O", "I", "E", "e"):
        await driver.press(key)
        check(driver)
        await driver.press("y")
        check(driver)
    await driver.press("ctrl+p")
    await driver.pilot.pause(0.1)
    check(driver)


async def test_what_reads_as_an_action_stays_text_under_the_mouse(tmp_path: Path) -> None:
    async with driving(own(["[@click=app.quit]quit[/]"])(tmp_path), notices_shown=True) as driver:
        await driver.press("enter")
        for widget in list(driver.screen.query("#pushes, #preview, #status, #crumbs")):
            for y in range(min(widget.region.height, 8)):
                for x in range(0, widget.region.width, 8):
                    await driver.pilot.click(widget, offset=(x, y))
            await driver.settle()
        assert driver.app.is_running
        assert driver.app.return_code is None


async def test_what_is_said_in_passing_is_safe_whoever_says_it(tmp_path: Path) -> None:
    said = "written: \x1b]52;c;ZXZpbA==\x07 [@click=app.quit]x[/]\u202e\nand [bold"
    async with driving(own(["team/api"])(tmp_path), notices_shown=True) as driver:
        driver.screen.notify(said, title=said)
        await driver.pilot.pause(0.1)
        assert driver.notices == [safe_text(said, keep="\n")]
        [toast] = driver.screen.query(Toast)
        shown = str(toast.render())
        assert "[@click=app.quit]x[/]" in shown
        assert is_safe(shown.replace("\n", " "))
