"""Marking on the screens: the sign, the dialog, the list, taking back, a case elsewhere."""

from __future__ import annotations

import shutil
from pathlib import Path

from queries.case import open_case
from queries.marks.events import mark_event
from tests.evidence_files import at, image, push, record, trail, write
from tests.tui.driving import API, IMPLANT, NARROW, driving
from tests.tui.test_hostile import CONTROL, MARKUP
from tui.marking import MARKED, MarkDialog
from tui.screens.marked import KeptScreen, MarkedScreen
from tui.screens.raw import RawScreen


def signs(text: str) -> int:
    return text.count(MARKED)


async def test_a_push_is_marked_tagged_listed_and_taken_back() -> None:
    async with driving() as driver:
        await driver.go_to(repository=API)
        await driver.press("enter")
        await driver.go_to(image_digest=IMPLANT)
        assert signs(driver.part("#pushes")) == 0
        await driver.press("M")
        marked = [line for line in driver.part("#pushes").splitlines() if MARKED in line]
        assert len(marked) == 1
        assert marked[0].startswith(f"▸{MARKED}")
        await driver.press("M")
        driver.on(MarkDialog)
        await driver.write("implant t1525")
        await driver.press("tab")
        await driver.write("not from the pipeline")
        await driver.press("enter")
        await driver.press("B")
        driver.on(MarkedScreen)
        assert driver.row["tags"] == "implant t1525"
        assert driver.row["comment"] == "not from the pipeline"
        assert driver.row["image_digest"] == IMPLANT
        await driver.press("U")
        assert driver.row["comment"] == ""
        await driver.press("U")
        assert await driver.total() == 0
        await driver.press("escape")
        assert signs(driver.part("#pushes")) == 0


async def test_a_mark_is_removed_on_its_screen_and_comes_back() -> None:
    async with driving() as driver:
        await driver.press("E", "M", "down", "M", "B")
        assert await driver.total() == 2
        first = driver.row["event_id"]
        await driver.press("d")
        assert await driver.total() == 1
        await driver.press("U")
        assert await driver.total() == 2
        assert driver.row["event_id"] == first
        await driver.press("M", "ctrl+d")
        assert await driver.total() == 1


async def test_the_record_under_the_cursor_is_marked_wherever_it_is_shown() -> None:
    async with driving() as driver:
        await driver.go_to(repository=API)
        await driver.press("enter")
        await driver.go_to(image_digest=IMPLANT)
        await driver.press("enter", "3")
        layer = driver.row
        await driver.press("M")
        assert driver.app.case.marks.of_event(layer["event_key"]) is not None
        await driver.press("enter")
        driver.on(RawScreen)
        assert "marked by" in driver.said("#where")
        await driver.press("M", "ctrl+d")
        assert "marked by" not in driver.said("#where")


async def test_where_nothing_can_be_marked_no_key_is_offered() -> None:
    async with driving() as driver:
        assert "Mark" not in [what for _, what in driver.screen.keys_here()]
        await driver.press("M", "U")
        assert len(driver.app.case.marks) == 0


async def test_a_case_elsewhere_says_once_what_is_missing(tmp_path: Path) -> None:
    logs = tmp_path / "logs"
    pushed = push(image("x"), "prod", at(0), eventID="p")
    write(logs, {"a.json": trail([pushed, record("ListUsers", at(1), eventID="l")])})
    case = open_case([str(logs)], case_file=tmp_path / "c.case")
    rows = case.ask("SELECT event_key FROM events WHERE event_id = 'p'").rows
    mark_event(case, rows[0][0], ["implant"])
    case.close()
    (tmp_path / "elsewhere").mkdir()
    moved = tmp_path / "elsewhere" / "c.case"
    shutil.move(tmp_path / "c.case", moved)
    shutil.rmtree(logs)
    async with driving(case_file=str(moved), paths_given=False) as driver:
        said = [notice for notice in driver.notices if "not where it was read" in notice]
        assert len(said) == 1
        await driver.press("B", "enter")
        driver.on(RawScreen)
        assert "as kept in the case" in driver.said("#where")
        assert '"PutImage"' in driver.text()
        await driver.press("escape", "escape", "E")
        await driver.go_to(event_id="l")
        await driver.press("enter")
        assert "no such file" in driver.said("#where")


async def test_what_the_open_evidence_does_not_have_is_shown_from_the_mark(
    tmp_path: Path,
) -> None:
    logs = tmp_path / "logs"
    write(logs, {"a.json": trail([push(image("x"), "prod", at(0), eventID="p")])})
    write(logs, {"b.json": trail([record("ListUsers", at(1), eventID="gone")])})
    async with driving(logs) as driver:
        await driver.press("E")
        await driver.go_to(event_id="gone")
        await driver.press("M")
    (logs / "b.json").unlink()
    async with driving(logs) as driver:
        await driver.press("B")
        assert "does not have this event" in driver.facts("#preview")["not here"]
        await driver.press("enter")
        driver.on(KeptScreen)
        assert '"ListUsers"' in driver.text()


async def test_hostile_text_in_marks_is_shown_and_not_obeyed(tmp_path: Path) -> None:
    hostile = [*MARKUP, *CONTROL]
    records = [record("ListUsers", at(i), userAgent=text) for i, text in enumerate(hostile)]
    write(tmp_path, {"a.json": trail(records)})
    with open_case([str(tmp_path)]) as case:
        rows = case.ask("SELECT event_key FROM events ORDER BY event_time").rows
        for (event_key,), text in zip(rows, hostile, strict=True):
            mark_event(case, event_key, [text], text)
    async with driving(tmp_path, size=NARROW) as driver:
        await driver.press("B")
        assert await driver.total() == len(hostile)
        for _ in hostile:
            await driver.press("M")
            driver.on(MarkDialog)
            assert not any(char in driver.text() for char in "\x1b\x07\u202e\x9b")
            await driver.press("escape", "down")
        await driver.press("enter")
        driver.on(RawScreen)


async def test_leaving_the_program_leaves_one_file_that_holds_all(tmp_path: Path) -> None:
    logs = write(tmp_path / "logs", {"a.json": trail([record("ListUsers", at(1), eventID="l")])})
    file = tmp_path / "c.case"
    async with driving(logs, case_file=str(file)) as driver:
        await driver.press("E", "M", "i", "escape")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["c.case", "logs"]
    async with driving(case_file=str(file), paths_given=False) as driver:
        await driver.press("B")
        assert driver.row["event_id"] == "l"
