"""The way through the sample incident by keys and mouse, as somebody with a question goes it."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from textual.command import CommandPalette
from textual.widgets import Input, OptionList, Static, TabbedContent

from samples import incident_path
from tests.evidence_files import shared
from tests.tui.driving import API, IMPLANT, MIDDLE, NARROW, Driver, driving, unpacked
from tests.tui.walking import SAM, down_and_back, to_activity, to_implant
from tui.dialogs import Help, Picker, SqlView
from tui.screens.activity import ActivityScreen
from tui.screens.evidence import EvidenceScreen
from tui.screens.principal import PrincipalScreen
from tui.screens.principals import PrincipalsScreen
from tui.screens.push import PushScreen
from tui.screens.pushes import PushesScreen
from tui.screens.raw import RawScreen
from tui.screens.repositories import RepositoriesScreen
from tui.widgets.breadcrumb import Breadcrumb
from tui.widgets.json_view import JsonView
from tui.widgets.time_strip import TimeStrip

STOLEN = "198.51.100.77"
SESSION = "arn:aws:sts::111122223333:assumed-role/ci-push/1773012388"


# ---- down and back up ---------------------------------------------------------------------------


@pytest.mark.parametrize("size", [NARROW, MIDDLE])
async def test_down_to_the_raw_record_and_back_to_the_same_places(size: tuple[int, int]) -> None:
    async with driving(size=size) as driver:
        await down_and_back(driver)


async def test_breadcrumb_says_the_way_and_leads_back() -> None:
    async with driving() as driver:
        await to_activity(driver)
        await driver.press("enter")
        expected = "Repositories › team/api › prod › activity: sam.sre › record"
        assert driver.part("#crumbs").strip() == expected
        crumbs = driver.screen.query_one("#crumbs", Breadcrumb)
        await driver.click(crumbs, crumbs.content_offset.x + expected.index("prod"))
        driver.on(PushScreen)
        assert driver.part("#crumbs").strip() == "Repositories › team/api › prod"
        crumbs = driver.screen.query_one("#crumbs", Breadcrumb)
        await driver.click(crumbs, crumbs.content_offset.x + 1)
        driver.on(RepositoriesScreen)


async def test_first_screen_lists_the_repositories_with_their_last_push() -> None:
    async with driving() as driver:
        assert await driver.total() == 9
        same_name = [row["repository"] for row in await driver.rows()]
        assert [name for name in same_name if name.endswith("/team/api")] == [
            API,
            "444455556666/eu-west-1/team/api",
        ]
        shown = driver.part("#repositories")
        assert "1111…3333/us-east-1/team/api" in shown
        assert "4444…6666/eu-west-1/team/api" in shown
        await driver.go_to(repository=API)
        assert driver.facts("#preview")["repository"] == API


async def test_push_says_what_was_replaced_and_who_stands_behind_it() -> None:
    async with driving(size=NARROW) as driver:
        await to_implant(driver)
        marked = next(line for line in driver.text().splitlines() if "▸" in line)
        assert "●" in marked
        assert "moved tag" in marked
        await driver.press("enter")
        facts = driver.facts("#facts")
        assert facts["replaced"].startswith("sha256:69bb94")
        assert "2026-03-06 14:05:33" in facts["replaced"]
        assert [line.split()[-2:] for line in facts["chain"].splitlines()] == [
            ["sam.sre", "AKIAURNFBJC6SEXAMPLE"],
            ["jump/sam.sre", "ASIA3KPOKLR27EXAMPLE"],
            ["ci-push/1773012388", "ASIAHDB75CKWIEXAMPLE"],
        ]
        assert STOLEN in facts["login"]
        # Every character is on the screen, none under the scrollbar.
        assert IMPLANT in "".join(driver.part("#facts").split())


async def test_layers_of_the_implant_are_the_old_ones_and_one_more() -> None:
    async with driving() as driver:
        await to_implant(driver)
        await driver.press("enter", "2")
        kept = [row["against_previous"] for row in await driver.rows()]
        assert kept == ["kept"] * 8 + ["new"]
        await driver.press("3")
        names = [row["event_name"] for row in await driver.rows()]
        assert "PutImage" in names
        await driver.go_to(event_name="PutImage")
        await driver.press("enter")
        driver.on(RawScreen)
        await driver.press("escape", "4")
        pulls = await driver.rows()
        assert pulls
        assert all(row["event_time"] > pulls[0]["event_time"] for row in pulls[1:])
        await driver.press("1", "b")
        assert driver.facts("#facts")["digest"].startswith("sha256:69bb94")


async def test_tab_key_and_mouse_go_round_the_tabs() -> None:
    async with driving() as driver:
        await to_implant(driver)
        await driver.press("enter")
        tabs = driver.on(PushScreen).query_one("#tabs", TabbedContent)
        seen = []
        for _ in range(7):
            seen.append(tabs.active)
            await driver.press("tab")
        assert seen == ["image", "layers", "records", "pulls", "ran", "logins", "image"]
        await driver.press("escape", "u")
        tabs = driver.on(PrincipalScreen).query_one("#tabs", TabbedContent)
        seen = []
        for key in "4321":
            await driver.press(key)
            seen.append(tabs.active)
        assert seen == ["pushed", "used", "sessions", "who"]


async def test_user_shows_both_chains_and_what_they_used() -> None:
    async with driving() as driver:
        await to_implant(driver)
        await driver.press("u")
        facts = driver.facts("#facts")
        assert facts["who"] == SAM
        assert STOLEN in facts["addresses"]
        assert API in facts["pushed to"]
        await driver.press("2")
        sessions = [row["principal"] for row in await driver.rows()]
        assert sum("/jump/" in name for name in sessions) == 2
        assert sum("/ci-push/" in name for name in sessions) == 2
        await driver.go_to(principal=SESSION)
        await driver.press("enter")
        assert driver.said("#scope").startswith("access key ASIA")
        await driver.press("escape", "3")
        await driver.go_to(kind="address", value=STOLEN)
        await driver.press("enter")
        assert driver.said("#scope").startswith(f"value {STOLEN}")
        await driver.press("escape", "4")
        await driver.go_to(image_digest=IMPLANT)
        await driver.press("enter")
        assert driver.facts("#facts")["digest"] == IMPLANT


# ---- filter and sort ----------------------------------------------------------------------------


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
        assert "no push" in driver.part("#pushes")
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


async def test_click_selects_a_row_and_a_second_click_opens_it() -> None:
    async with driving() as driver:
        await driver.click(driver.table, 5, 3)
        assert driver.table.cursor_row == 2
        name = driver.row["repository"]
        driver.on(RepositoriesScreen)
        await driver.click(driver.table, 5, 3)
        driver.on(PushesScreen)
        assert all(row["repository"] == name for row in await driver.rows())


# ---- help, palette, places ----------------------------------------------------------------------


async def in_front(driver: Driver, name: str) -> None:
    """Bring a screen to the front, its cursor where every key has something to do."""
    if name == "repositories":
        await driver.go_to(repository=API)
    elif name in ("principals", "evidence", "all events"):
        await driver.press({"principals": "p", "evidence": "e", "all events": "E"}[name])
        await driver.press("j", "j")
    elif name == "pushes":
        await to_implant(driver)
    elif name == "activity":
        await to_activity(driver)
        await driver.press("j", "w")
    else:
        await to_implant(driver)
        await driver.press(*{"push": ["enter"], "user": ["u"], "raw": ["o"]}[name])
        if name == "raw":
            await driver.press("/")
            await driver.write("sha256")
            await driver.press("enter")


SCREENS = [
    "repositories",
    "pushes",
    "push",
    "user",
    "activity",
    "raw",
    "evidence",
    "principals",
    "all events",
]


@pytest.mark.parametrize("name", SCREENS)
async def test_every_key_that_help_lists_does_something(name: str) -> None:
    async with driving() as driver:
        await in_front(driver, name)
        depth = len(driver.app.screen_stack)
        screen = driver.screen
        active = list(screen.active_bindings.values())
        await driver.press("?")
        said = "\n".join(str(part.content) for part in driver.on(Help).query(Static))
        listed = {line.strip().partition("  ")[2] for line in said.splitlines()}
        keys = {
            entry.binding.key: entry.binding.description
            for entry in active
            if entry.node is screen
            and entry.binding.description in listed
            # The keys that open a place are the same on every screen: pressed on the first.
            and (name == SCREENS[0] or not entry.binding.action.startswith("go("))
        }
        assert len(keys) > 8
        await driver.press("escape")
        # Escape and < go back; the first tab is open already; what opens help was tried just now.
        for key, description in keys.items():
            if key in (
                "escape",
                "less_than_sign",
                "alt+left",
                "1",
                "question_mark",
                "tab",
                "shift+tab",
            ):
                continue
            await driver.press("g")
            before = state(driver)
            await driver.press(key)
            assert state(driver) != before, f"{key} ({description}) does nothing"
            while len(driver.app.screen_stack) > depth:
                await driver.press("escape")
            if driver.screen.query_one("#filter").display:
                await driver.press("escape")
            if key in "1234":
                await driver.press("1")
            assert driver.screen is screen


def state(driver: Driver) -> object:
    """All that a key can change for somebody who looks at the screen, or pastes."""
    return (driver.text(), len(driver.app.screen_stack), driver.app.clipboard, driver.notices)


@pytest.mark.parametrize("opener", [":", "ctrl+p"])
async def test_palette_lists_places_and_runs_one(opener: str) -> None:
    async with driving() as driver:
        await driver.press(opener)
        palette = driver.on(CommandPalette)
        await options_in(driver, palette)
        assert "Go to Evidence" in driver.text()
        await driver.write("all pushes")
        while "Go to All pushes" not in driver.text():
            await driver.pilot.pause(0.02)
        await driver.press("down", "enter")
        while isinstance(driver.app.screen, CommandPalette):
            await driver.press("enter")
        assert driver.on(PushesScreen).segment == "All pushes"
        assert {row["repository"] for row in await driver.rows()} > {API}


async def options_in(driver: Driver, palette: CommandPalette) -> None:
    """The palette gathers its commands in the background."""
    while not palette.query_one(OptionList).option_count:
        await driver.pilot.pause(0.02)


async def test_places_open_by_key_from_every_level() -> None:
    async with driving() as driver:
        await to_implant(driver)
        await driver.press("enter", "E")
        assert driver.on(ActivityScreen).segment == "All events"
        await driver.press("e")
        driver.on(EvidenceScreen)
        await driver.press("p")
        driver.on(PrincipalsScreen)
        await driver.press("R")
        driver.on(RepositoriesScreen)
        await driver.press("escape", "escape", "escape", "escape")
        driver.on(PushScreen)


# ---- pivot, copy, SQL ---------------------------------------------------------------------------


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


# ---- activity -----------------------------------------------------------------------------------


async def scoped(driver: Driver, words: str) -> int:
    """Switch the scope by the words in the picker; how many events it has."""
    await driver.press("c")
    driver.on(Picker)
    await driver.write(words)
    await driver.press("enter")
    driver.on(ActivityScreen)
    return await driver.total()


async def test_scope_widens_from_the_session_to_the_whole_chain() -> None:
    async with driving() as driver:
        await to_activity(driver)
        await driver.press("L")
        session = await scoped(driver, "this session")
        assert driver.said("#scope").startswith("session ci-push/1773012388")
        assert {row["principal"] for row in await driver.rows()} == {SESSION}
        key = await scoped(driver, "this access key")
        principal = await scoped(driver, "this principal")
        assert session <= key < principal
        origin = await scoped(driver, "whole chain")
        assert origin > session
        found = await driver.rows()
        assert any("/jump/" in row["principal"] for row in found)
        denied = [row for row in found if row["event_name"] == "CreateAccessKey"]
        assert [row["outcome"] for row in denied] == ["denied"]
        address = await scoped(driver, "address of the probable login")
        assert 0 < address < origin
        everything = await scoped(driver, "every event")
        [(kept,)] = driver.app.case.ask(
            "SELECT count(*) FROM events WHERE merged_into IS NULL"
        ).rows
        assert everything == kept > origin


async def test_activity_is_told_relative_to_the_push_and_t_leads_to_it() -> None:
    async with driving() as driver:
        await to_activity(driver)
        assert driver.row["event_name"] == "PutImage"
        assert driver.row["event_time"].isoformat() == "2026-03-08T23:54:57"
        shown = driver.part("#events")
        line = next(line for line in shown.splitlines() if "▸" in line)
        assert " 0:00 " in line
        at = driver.table.cursor_row
        await driver.press("g")
        assert driver.table.cursor_row == 0
        await driver.press("t")
        assert driver.table.cursor_row == at
        await scoped(driver, "this session")
        assert driver.row["event_time"].isoformat() == "2026-03-08T23:54:57"
        # Without a push to count from there is no such column.
        await driver.press("E")
        assert "+0" not in driver.part("#events").splitlines()[0]
        assert "t" not in [key for key, _ in driver.screen.keys_here()]


async def test_filter_picker_counts_what_it_offers() -> None:
    async with driving() as driver:
        await to_activity(driver)
        before = await driver.total()
        await driver.press("F")
        await driver.write("event name")
        await driver.press("enter")
        driver.on(Picker)
        await driver.write("CreateAccessKey")
        offered = driver.part("#choices").split()
        await driver.press("enter")
        assert offered == ["1", "CreateAccessKey"]
        assert await driver.total() == 1 < before
        assert driver.row["outcome"] == "denied"
        assert "event name CreateAccessKey" in driver.said("#scope")
        await driver.press("\\")
        assert await driver.total() == before


async def test_writes_and_failures_narrow_and_widen_again() -> None:
    async with driving() as driver:
        await to_activity(driver)
        before = await driver.total()
        await driver.press("w")
        assert all(row["is_write"] for row in await driver.rows())
        writes = await driver.total()
        await driver.press("f")
        rows = await driver.rows()
        assert rows
        assert all(row["is_write"] and row["outcome"] != "ok" for row in rows)
        assert len(rows) < writes < before
        await driver.press("w", "f")
        assert await driver.total() == before


async def test_layer_calls_are_folded_and_come_back() -> None:
    async with driving() as driver:
        await to_activity(driver)
        folded = await driver.total()
        assert "folded" in driver.said("#scope")
        await driver.press("L")
        rows = await driver.rows()
        assert len(rows) > folded
        assert any(row["event_name"] == "BatchCheckLayerAvailability" for row in rows)
        assert driver.row["event_name"] == "PutImage"


async def test_brackets_narrow_the_time_to_the_cursor_and_backslash_opens_it() -> None:
    async with driving() as driver:
        await to_activity(driver)
        before = await driver.total()
        moment = driver.row["event_time"]
        await driver.press("[")
        assert min(row["event_time"] for row in await driver.rows()) == moment
        assert "from 03-08 23:54:57" in driver.said("#scope")
        after = await driver.total()
        assert 0 < after < before
        await driver.press("t", "]")
        assert {row["event_time"] for row in await driver.rows()} == {moment}
        await driver.press("\\")
        assert await driver.total() == before


async def test_mouse_drag_on_the_time_strip_narrows_the_time() -> None:
    async with driving() as driver:
        await driver.press("E")
        before = await driver.total()
        strip = driver.screen.query_one(TimeStrip)
        await driver.pilot.mouse_down(strip, offset=(20, 0))
        await driver.pilot.hover(strip, offset=(60, 0))
        await driver.pilot.mouse_up(strip, offset=(60, 0))
        await driver.settle()
        rows = await driver.rows()
        assert 0 < len(rows) < before
        assert strip.selection is not None
        start, end = (when.replace(tzinfo=None) for when in strip.selection)
        assert all(start <= row["event_time"] < end for row in rows)
        assert "from" in driver.said("#scope")
        await driver.press("\\")
        assert await driver.total() == before
        assert strip.selection is None


async def test_activity_of_a_repository_and_of_a_principal() -> None:
    async with driving() as driver:
        await driver.go_to(repository=API)
        await driver.press("a")
        assert driver.said("#scope").startswith(f"repository {API}")
        await driver.press("escape", "enter", "a")
        assert driver.said("#scope").startswith(f"repository {API}")
        await driver.press("p")
        await driver.go_to(identity_arn=SAM)
        await driver.press("a")
        assert {row["principal"] for row in await driver.rows()} == {SAM}


# ---- raw record ---------------------------------------------------------------------------------


async def test_raw_record_is_shown_and_copied_as_delivered() -> None:
    async with driving() as driver:
        await to_implant(driver)
        await driver.press("o")
        where_it_is = driver.said("#where")
        assert "record" in where_it_is
        await driver.press("Y")
        text = driver.app.clipboard
        record = json.loads(text)
        assert record["eventName"] == "PutImage"
        assert record["responseElements"]["image"]["imageId"]["imageDigest"] == IMPLANT
        [found] = [
            path
            for path in sorted(incident_path().rglob("*.json.gz"))
            if path.name in "".join(where_it_is.split())
        ]
        assert text in unpacked(found)


async def test_raw_record_folds_searches_and_copies_values() -> None:
    async with driving() as driver:
        await to_implant(driver)
        await driver.press("o")
        view = driver.screen.query_one(JsonView)
        lines = view.line_count
        await driver.press("z")
        assert view.line_count < lines
        await driver.press("Z")
        assert view.line_count == lines
        await driver.press("g", "enter")
        assert view.line_count == 1
        await driver.press("enter")
        assert view.line_count == lines
        await driver.press("/")
        await driver.write("imageDigest")
        assert view.match_count >= 1
        await driver.press("enter")
        assert view.selected_value == IMPLANT
        await driver.press("y")
        assert driver.app.clipboard == IMPLANT
        await driver.press("x")
        assert driver.said("#scope").startswith(f"value {IMPLANT}")
        await driver.press("escape", "/")
        await driver.write("arn:aws")
        await driver.press("enter")
        first = view.cursor_line
        await driver.press("n")
        second = view.cursor_line
        assert second != first
        await driver.press("N")
        assert view.cursor_line == first


async def test_manifest_inside_a_record_opens_as_json() -> None:
    async with driving() as driver:
        await to_implant(driver)
        await driver.press("o", "/")
        await driver.write("imageManifest")
        await driver.press("enter")
        view = driver.screen.query_one(JsonView)
        lines = view.line_count
        await driver.press("o")
        assert view.line_count > lines + 10
        assert "schemaVersion" in view.shown_text()


async def test_record_delivered_twice_offers_its_copy() -> None:
    async with driving() as driver:
        [(key, event_id)] = driver.app.case.ask(
            "SELECT event_key, event_id FROM events WHERE merged_into IS NULL"
            " AND event_key IN (SELECT copy_of FROM copies) ORDER BY event_time LIMIT 1"
        ).rows
        await driver.press("E", "L")
        await driver.go_to(event_key=key)
        await driver.press("enter")
        first = driver.said("#where")
        assert "1 other" in first
        await driver.press("Y")
        text = driver.app.clipboard
        await driver.press("c")
        driver.on(Picker)
        await driver.press("enter")
        assert driver.said("#where") != first
        await driver.press("Y")
        assert json.loads(driver.app.clipboard) == json.loads(text)
        assert json.loads(text)["eventID"] == event_id


# ---- what the numbers rest on -------------------------------------------------------------------


async def test_evidence_tells_the_missing_day_and_the_logging_changes() -> None:
    async with driving() as driver:
        await driver.press("e")
        facts = driver.facts("#totals")
        assert "no events from 444455556666 eu-west-1 between 2026-03-04 16:07" in facts["note"]
        assert "DeleteTrail" in facts["note"]
        assert "StopLogging" in facts["note"]
        assert "3,074 events" in facts["read"]
        statuses = {row["status"] for row in await driver.rows()}
        assert statuses == {"read", "skipped"}
        await driver.press("/")
        await driver.write("digest")
        assert {row["status"] for row in await driver.rows()} == {"skipped"}
        assert "1 gap, 2 logging changes" in driver.part("#status")


async def test_principals_lists_everyone_and_leads_on() -> None:
    async with driving() as driver:
        await driver.press("p")
        names = [row["identity_arn"] for row in await driver.rows()]
        assert SAM in names
        assert any(name.endswith(":user/lee.dev") for name in names)
        await driver.go_to(identity_arn=SAM)
        assert driver.facts("#preview")["principal"] == SAM
        await driver.press("enter")
        assert driver.facts("#facts")["who"] == SAM


async def test_logs_without_a_registry_say_what_is_there_instead() -> None:
    folder = shared("data", "invictus-aws_dataset")
    async with driving(folder) as driver:
        driver.on(RepositoriesScreen)
        assert await driver.total() == 0
        shown = driver.part("#repositories")
        assert "no registry event among" in shown
        assert f"{driver.app.case.totals['events']:,}" in shown
        assert "p lists who acted" in shown
        await driver.press("p")
        assert await driver.total() > 1
        await driver.press("enter", "a")
        driver.on(ActivityScreen)
        assert await driver.total() > 0
        await driver.press("enter")
        assert json.loads(driver.screen.query_one(JsonView).selected_value)  # type: ignore[arg-type]


async def test_help_says_what_the_screen_is_for() -> None:
    async with driving(size=NARROW) as driver:
        await to_implant(driver)
        await driver.press("?")
        driver.on(Help)
        shown = " ".join(driver.part("#dialog").split())
        assert "Keys on team/api" in shown
        assert "≈ marks" in shown
        await driver.press("?")
        driver.on(PushesScreen)
