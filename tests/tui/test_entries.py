"""Other ways in: lists of keys, addresses, resources and images, the menu, and --start-at."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.screen import Screen
from textual.widgets import OptionList

from tests.evidence_files import at, record, trail, write
from tests.tui.driving import IMPLANT, NARROW, driving
from tui.dialogs import Picker
from tui.screens.activity import ActivityScreen
from tui.screens.entries import EntryScreen
from tui.screens.images import ImagesScreen
from tui.screens.layer import LayerScreen
from tui.screens.principal import PrincipalScreen
from tui.screens.push import PushScreen
from tui.screens.raw import RawScreen
from tui.screens.repositories import RepositoriesScreen

STOLEN = "198.51.100.77"
SAM = "arn:aws:iam::444455556666:user/sam.sre"


@pytest.mark.parametrize(
    ("key", "column", "value"),
    [
        ("K", "access_key_id", "ASIAHDB75CKWIEXAMPLE"),
        ("A", "source_ip_address", STOLEN),
        ("O", "resource", "arn:aws:iam::444455556666:role/jump"),
    ],
)
async def test_a_row_leads_to_everything_done_with_it(key: str, column: str, value: str) -> None:
    async with driving() as driver:
        await driver.press(key)
        driver.on(EntryScreen)
        await driver.go_to(**{column: value})
        events = driver.row["events"]
        listed = driver.part("#entries")
        assert "arn:aws:" not in listed  # which says nothing and hides the rest
        if key == "O":  # repositories of one name stay apart
            assert "repository/team/api  1111" in listed
            assert "repository/team/api  4444" in listed
        assert value in "".join(str(fact) for fact in driver.facts("#preview").values())
        await driver.press("enter")
        driver.on(ActivityScreen)
        await driver.press("L")  # with the calls for layers
        assert await driver.total() == events


async def test_keys_that_were_never_used_are_listed_with_who_got_them(tmp_path: Path) -> None:
    role = "arn:aws:sts::111122223333:assumed-role/deploy/nightly"
    answer = {
        "credentials": {"accessKeyId": "ASIAUNUSEDEXAMPLE000"},
        "assumedRoleUser": {"arn": role},
    }
    assumed = record("AssumeRole", at(0), eventSource="sts.amazonaws.com", responseElements=answer)
    write(tmp_path, {"t.json": trail([assumed])})
    async with driving(tmp_path) as driver:
        await driver.press("K")
        [unused] = [row for row in await driver.rows() if row["events"] == 0]
        assert unused["principal"] == role
        await driver.go_to(access_key_id="ASIAUNUSEDEXAMPLE000")
        assert driver.facts("#preview")["seen"] == "never used in this evidence"


async def test_user_is_offered_only_where_one_acted() -> None:
    async with driving(size=NARROW) as driver:
        await driver.press("A")
        await driver.go_to(source_ip_address="AWS Internal")
        assert "User" not in driver.part("KeyBar")
        await driver.go_to(source_ip_address="203.0.113.24")
        assert "User" in driver.part("KeyBar")
        await driver.press("u")
        assert driver.facts("#facts")["who"] == SAM


async def test_a_digest_is_found_by_any_part_of_it() -> None:
    async with driving() as driver:
        await driver.press("I")
        driver.on(ImagesScreen)
        await driver.press("/")
        await driver.write(IMPLANT[20:30])
        await driver.press("enter")
        assert await driver.total() == 1
        await driver.press("enter")
        driver.on(PushScreen)
        assert driver.facts("#facts")["digest"] == IMPLANT
        await driver.press("escape", "2", "enter")
        driver.on(LayerScreen)


async def test_the_menu_leads_to_places_and_ready_questions() -> None:
    async with driving() as driver:
        await driver.press("S")
        driver.on(Picker)
        await driver.write("addresses")
        await driver.press("enter")
        assert driver.screen.segment == "Addresses"
        await driver.press("S")
        # Not the place where one is.
        menu = driver.on(Picker).query_one(OptionList)
        assert "Addresses" not in [str(option.prompt).split("  ")[0] for option in menu.options]
        await driver.write("deletes")
        assert "nothing matches" in driver.text()
        await driver.press(*["backspace"] * 8)
        await driver.write("every delete")
        await driver.press("down", "enter")
        driver.on(ActivityScreen)
        assert "deletes" in driver.said("#scope")
        names = {row["event_name"] for row in await driver.rows()}
        assert names
        assert all("Delete" in name or name == "PolicyExecutionEvent" for name in names)
        # The group of calls can be changed, and is taken away with the other filters.
        await driver.press("F")
        await driver.write("group")
        await driver.press("enter")
        await driver.write("logins")
        await driver.press("enter")
        assert {row["event_name"] for row in await driver.rows()} == {"ConsoleLogin"}
        await driver.press("\\")
        assert len(await driver.rows()) > 1000


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        (STOLEN, ActivityScreen),
        ("sam.sre", PrincipalScreen),
        (IMPLANT[:20], PushScreen),
        ("2026-03-08T23:54:57Z", ActivityScreen),
    ],
)
async def test_the_program_starts_at_a_value(value: str, kind: type[Screen[None]]) -> None:
    async with driving(start_at=value) as driver:
        driver.on(kind)
        await driver.press("escape")
        driver.on(RepositoriesScreen)


async def test_a_record_is_started_at_by_its_id() -> None:
    async with driving() as driver:
        found = driver.app.case.ask(
            "SELECT event_id FROM events WHERE event_name = 'StopLogging' LIMIT 1"
        ).rows
        event_id = found[0][0] if found else ""
    async with driving(start_at=event_id) as driver:
        driver.on(RawScreen)


async def test_a_value_that_is_not_there_is_said_with_the_repositories_behind() -> None:
    async with driving(start_at="[red]nobody\x1b[31m", notices_shown=True) as driver:
        driver.on(RepositoriesScreen)
        [said] = driver.notices
        assert "is in no field of this evidence" in said
        assert "\x1b" not in driver.text()
        assert "[red]nobody" in "".join(driver.text().split())
