"""What is done with a value or a list: filtered, sorted, pivoted on, copied, asked for as SQL."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from textual.widgets import Input

from tests.tui.driving import API, IMPLANT, Driver, driving
from tests.tui.walking import SAM, in_front, to_activity, to_implant
from tui.dialogs import Picker, SqlView
from tui.pivots import pivots_of
from tui.question_table import QuestionTable
from tui.screens.pushes import PushesScreen
from tui.screens.repositories import RepositoriesScreen

STOLEN = "198.51.100.77"
SESSION = "arn:aws:sts::111122223333:assumed-role/ci-push/1773012388"


async def test_filter_narrows_as_you_type_enter_keeps_escape_clears() -> None:
    async with driving() as driver:
        await driver.go_to(repository=API)
        await driver.press("enter")
        all_pushes = await driver.total()
        await driver.press("/")
        counts = []
        for char in "prod":
            await driver.write(char)
            counts.append(await driver.total())
        assert all_pushes >= counts[0] >= counts[1] >= counts[-1] > 0
        assert counts[-1] < all_pushes
        await driver.press("enter")
        assert not driver.screen.query_one("#filter").display
        assert driver.table.has_focus
        assert await driver.total() == counts[-1]
        await driver.press("escape")
        driver.on(PushesScreen)
        assert await driver.total() == all_pushes
        await driver.press("/")
        await driver.write("nothing has this")
        assert await driver.total() == 0
        assert "nothing here has “nothing has this” in it" in driver.part("#pushes")
        await driver.press("escape")
        assert await driver.total() == all_pushes
        await driver.press("escape")
        driver.on(RepositoriesScreen)


async def test_letters_of_a_filter_are_text_and_no_keys() -> None:
    async with driving() as driver:
        await driver.press("/")
        await driver.write("q?:xe")
        driver.on(RepositoriesScreen)
        assert driver.screen.query_one("#filter", Input).value == "q?:xe"


async def test_filter_takes_percent_and_underscore_literally() -> None:
    async with driving() as driver:
        await driver.press("/")
        await driver.write("%")
        assert await driver.total() == 0
        await driver.press("escape", "/")
        await driver.write("_")
        assert await driver.total() == 0


async def test_sort_by_picker_and_by_header() -> None:
    async with driving() as driver:
        await driver.press("s")
        driver.on(Picker)
        await driver.write("pulls")
        await driver.press("enter")
        assert driver.table.sort == ("pulls", False)
        ascending = [row["pulls"] for row in await driver.rows()]
        assert ascending == sorted(ascending)
        assert driver.row["pulls"] == ascending[0]
        assert "▲" in driver.part("#repositories").splitlines()[0]
        table = driver.table
        slot = next(slot for slot in table._slots if slot.column.key == "pulls")
        await driver.click(table, slot.x + 2, 0)
        assert driver.table.sort == ("pulls", True)
        assert driver.row["pulls"] == ascending[-1]
        assert "▼" in driver.part("#repositories").splitlines()[0]


@pytest.mark.parametrize("place", ["", *"pPEeIDAKOi"])
async def test_each_list_can_be_put_in_every_order_that_it_offers_and_searched(place: str) -> None:
    async with driving() as driver:
        await driver.press(*place)
        await orders_and_filter(driver)


async def test_so_can_the_lists_of_a_repository_and_of_a_push() -> None:
    async with driving() as driver:
        await driver.go_to(repository=API)
        await driver.press("enter")
        await orders_and_filter(driver)
        await driver.press("t")
        await orders_and_filter(driver)
        await driver.press("escape", "enter")
        await orders_and_filter(driver)
        await driver.press("a")
        await orders_and_filter(driver)


async def orders_and_filter(driver: Driver) -> None:
    for table in driver.app.screen.query(QuestionTable):
        if table.question is None or not table.display:
            continue
        offered = table.sortable
        assert len(offered) > 2
        for column, _ in offered:
            table.sort_by(column)
            await driver.settle()
            assert driver.notices == []
            assert table.sort is not None
            assert table.sort[0] == column
        table.filter_by("no such words")
        await driver.settle()
        assert driver.notices == []
        assert table.row_count == 0


async def test_click_selects_a_row_and_a_second_click_opens_it() -> None:
    async with driving() as driver:
        await driver.click(driver.table, 5, 3)
        assert driver.table.cursor_row == 2
        name = driver.row["repository"]
        driver.on(RepositoriesScreen)
        await driver.click(driver.table, 5, 3)
        driver.on(PushesScreen)
        assert all(row["repository"] == name for row in await driver.rows())


async def test_pivot_on_an_address_shows_everything_from_there() -> None:
    async with driving(size=(200, 60)) as driver:
        await to_activity(driver)
        await driver.go_to(source_ip_address=STOLEN)
        await driver.to_column("source_ip_address")
        await driver.press("x")
        driver.on(Picker)  # the client of the row is offered too
        await driver.press("enter")
        assert driver.said("#scope").startswith(f"value {STOLEN}")
        assert {row["source_ip_address"] for row in await driver.rows()} == {STOLEN}


async def test_what_stands_in_place_of_an_address_is_offered_last_and_called_so() -> None:
    async with driving(size=(200, 60)) as driver:
        await to_activity(driver)
        await driver.go_to(source_ip_address="AWS Internal", user_agent="AWS Internal")
        choices = pivots_of(driver.row, "source_ip_address")
        assert [(choice.label, choice.note) for choice in choices] == [("AWS Internal", "client")]
        await driver.press("escape", "A")
        await driver.go_to(source_ip_address="secretsmanager.amazonaws.com")
        [choice] = pivots_of(driver.row, "source_ip_address")
        assert choice.note == "stands in place of an address"
        assert pivots_of(driver.row, "events") == []  # and from elsewhere it is no way on at all


async def test_pivot_on_who_offers_origin_session_and_key() -> None:
    async with driving() as driver:
        await to_implant(driver)
        await driver.to_column("origin")
        await driver.press("x")
        driver.on(Picker)
        shown = driver.part("#choices")
        for value in (SAM, SESSION, "ASIAHDB75CKWIEXAMPLE"):
            assert value in shown
        await driver.write("access key")
        await driver.press("enter")
        assert driver.said("#scope").startswith("value ASIAHDB75CKWIEXAMPLE")
        rows = await driver.rows()
        with_key = [row for row in rows if row["access_key_id"] == "ASIAHDB75CKWIEXAMPLE"]
        assert "PutImage" in {row["event_name"] for row in with_key}
        # And the call that issued the key, by the session before it.
        assert {row["event_name"] for row in rows if row not in with_key} == {"AssumeRole"}


async def test_pivot_on_a_tag_shows_what_happened_to_it() -> None:
    async with driving() as driver:
        await to_implant(driver)
        await driver.to_column("image_tags")
        await driver.press("x")
        assert driver.said("#scope").startswith("value prod")
        names = {row["event_name"] for row in await driver.rows()}
        assert {"PutImage", "BatchGetImage"} <= names


async def test_copy_takes_the_whole_value_and_the_whole_row() -> None:
    async with driving(size=(200, 60)) as driver:
        await to_implant(driver)
        await driver.to_column("image_digest")
        assert IMPLANT not in driver.part("#pushes")
        await driver.press("y")
        assert driver.app.clipboard == IMPLANT
        await driver.press("Y")
        row = dict(line.split(": ", 1) for line in driver.app.clipboard.splitlines())
        assert row["image_digest"] == IMPLANT
        assert row["origin"] == SAM
        assert row["event_time"] == "2026-03-08T23:54:57Z"


@pytest.mark.parametrize("name", ["repositories", "pushes", "activity", "principals", "evidence"])
async def test_sql_runs_verbatim_and_returns_what_is_shown(name: str) -> None:
    async with driving() as driver:
        await in_front(driver, name)
        await driver.press("/")
        await driver.write("e")
        await driver.press("enter")
        expected = await driver.rows()
        await driver.press("v")
        driver.on(SqlView)
        await driver.press("y")
        text = driver.app.clipboard
        assert text.startswith(f"-- duckdb -readonly '{driver.app.case.path}'")
        path = str(driver.app.case.path)
    # Another process: the program itself holds the file with a sealed configuration.
    code = (
        "import duckdb, json, sys; con = duckdb.connect(sys.argv[1], read_only=True);"
        "cur = con.execute(sys.stdin.read()); names = [c[0] for c in cur.description];"
        "print(json.dumps([dict(zip(names, row)) for row in cur.fetchall()], default=str))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, path], input=text, capture_output=True, text=True, check=True
    )
    assert json.loads(done.stdout) == json.loads(json.dumps(expected, default=str))
    assert expected
