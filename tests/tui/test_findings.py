"""The findings: the first screen, from the story to the record by keys alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from queries.findings.settings import Settings
from samples import incident_path
from tests.evidence_files import at, image, push, record, trail, write
from tests.tui.driving import IMPLANT, MIDDLE, NARROW, Driver, driving
from tests.tui.test_hostile import CONTROL, MARKUP, NESTED
from tui.app import FINDINGS, InvestigateApp
from tui.dialogs import SqlView
from tui.screens.activity import ActivityScreen
from tui.screens.finding import FindingScreen
from tui.screens.findings import FindingsScreen
from tui.screens.principal import PrincipalScreen
from tui.screens.push import PushScreen
from tui.screens.raw import RawScreen
from tui.screens.repositories import RepositoriesScreen
from tui.screens.rules import RulesScreen

SAM = "arn:aws:iam::444455556666:user/sam.sre"


@pytest.mark.parametrize("size", [NARROW, MIDDLE])
async def test_the_incident_is_solved_by_keys_alone(size: tuple[int, int]) -> None:
    """The same answer as `findings` gives in text: who, what, and the record that shows it."""
    async with driving(size=size, start=FINDINGS) as driver:
        driver.on(FindingsScreen)
        assert driver.row["finding_id"] is None
        assert driver.facts("#preview")["who"] == SAM
        first = driver.text(driver.table).splitlines()[1]
        assert "critical" in first
        assert "sam.sre: 2" in first
        await driver.press(*["j"] * 5)
        assert driver.row["rule"] == "implant-shaped-push"
        assert driver.row["title"] in driver.text(driver.table), "the whole sentence"
        assert "all 8 layers" in driver.facts("#preview")["why"]
        await driver.press("enter")
        driver.on(FindingScreen)
        assert [row["event_name"] for row in await driver.rows()] == ["PutImage", "PutImage"]
        assert driver.row["event_time"] == (await driver.rows())[1]["event_time"], "the implant"
        await driver.press("enter")
        driver.on(RawScreen)
        crumbs = driver.part("#crumbs").split()
        assert crumbs == ["Findings", "›", "implant-shaped-push", "›", "record"]
        await driver.press("escape", "o")
        driver.on(PushScreen)
        assert driver.facts("#facts")["digest"] == IMPLANT
        await driver.press("escape", "u")
        driver.on(PrincipalScreen)
        assert driver.facts("#facts")["who"] == SAM
        await driver.press("escape", "a")
        driver.on(ActivityScreen)
        await driver.press("escape", "escape")
        assert driver.row["rule"] == "implant-shaped-push"


async def test_a_story_opens_its_events_in_the_order_of_time() -> None:
    async with driving(start=FINDINGS) as driver:
        await driver.press("enter")
        driver.on(FindingScreen)
        times = [row["event_time"] for row in await driver.rows()]
        assert times == sorted(times)
        assert len(times) > 20
        assert driver.facts("#why")["story"].startswith("sam.sre: 2")
        # The cursor stands on the push that is the worst of it, far below the oldest event.
        assert driver.row["event_name"] == "PutImage"
        assert driver.row["event_time"].isoformat() == "2026-03-08T23:54:57"
        assert driver.table.cursor_row > 15


async def test_what_repeats_itself_within_a_minute_is_one_line_that_opens() -> None:
    async with driving(start=FINDINGS) as driver:
        before = await driver.rows()
        [line] = [row for row in before if row["rule"] == "logging-tampered"]
        assert (line["line"], line["repeats"]) == ("repeated", 3)
        await driver.go_to(rule="logging-tampered")
        assert "the logging was stopped or taken away ×3" in driver.text(driver.table)
        assert driver.facts("#preview")["times"].startswith("3, 2026-03-09 01:24:02 – ")
        await driver.press("enter")
        driver.on(FindingsScreen)
        assert driver.row["line"] == "repeated", "the cursor stays"
        opened = [row for row in await driver.rows() if row["rule"] == "logging-tampered"]
        assert [row["line"] for row in opened] == ["repeated", *["finding"] * 3]
        await driver.press("j", "j", "enter")
        driver.on(FindingScreen)
        assert driver.facts("#why")["why"] == opened[2]["why"]
        await driver.press("escape", "k", "k", "enter")
        assert await driver.rows() == before


async def test_an_event_far_down_is_found(tmp_path: Path) -> None:
    """The cursor goes to the event that made the finding, on whatever page it is."""
    root = {"type": "Root", "arn": "arn:aws:iam::111122223333:root", "accountId": "111122223333"}
    reads = [
        record(
            "ListImages", at(n // 4, n % 4 * 15), userIdentity=root,
            requestParameters={"repositoryName": f"r/{n % 9}"}, readOnly=True,
        )
        for n in range(300)
    ]  # fmt: skip
    made = push(image("a"), "v1", at(80), userIdentity=root)
    logs = write(tmp_path, {"t.json": trail([*reads, made])})
    async with driving(logs, start=FINDINGS, size=NARROW) as driver:
        await driver.press("enter")
        driver.on(FindingScreen)
        assert await driver.total() > 200
        assert driver.row["event_name"] == "PutImage"


async def test_stories_and_list_filter_and_sort() -> None:
    async with driving(start=FINDINGS) as driver:
        everything = await driver.total()
        assert driver.app.rules.found is not None
        findings = len(driver.app.rules.found.findings)
        await driver.press("m")
        assert await driver.total() == findings
        assert [row["severity"] for row in await driver.rows()][:3] == [
            "critical",
            "critical",
            "high",
        ]
        assert driver.table.sort == ("severity", False)
        await driver.press("/")
        await driver.write("team/api:")
        await driver.press("escape", "/")
        await driver.write("tag-moved")
        await driver.press("enter")
        assert {row["rule"] for row in await driver.rows()} == {"tag-moved"}
        await driver.press("escape", "m")
        assert await driver.total() == everything
        await driver.press("s")
        await driver.write("when")
        await driver.press("enter")
        times = [row["event_time"] for row in await driver.rows()]
        assert times == sorted(times), "sorting takes the stories apart"
        assert len(times) == findings


async def test_sql_pivot_rules_and_places() -> None:
    async with driving(start=FINDINGS) as driver:
        await driver.press("j", "v")
        driver.on(SqlView)
        assert "CREATE TEMP MACRO" in driver.text()
        await driver.press("escape", "n")
        driver.on(RulesScreen)
        status = {row["rule"]: row["status"] for row in await driver.rows()}
        assert status["digest-not-known-good"] == "not asked"
        assert "limits" in driver.facts("#preview") or driver.row["note"] == ""
        await driver.press("escape", "R")
        driver.on(RepositoriesScreen)
        assert driver.part("#crumbs").split() == ["Findings", "›", "Repositories"]
        await driver.press("i")
        driver.on(FindingsScreen)
        await driver.press("escape", "escape")
        driver.on(FindingsScreen)


async def test_findings_are_looked_for_only_when_they_are_wanted() -> None:
    async with driving() as driver:
        driver.on(RepositoriesScreen)
        assert driver.app.rules.found is None
        assert not driver.app.rules.running
        await driver.press("i")
        driver.on(FindingsScreen)
        assert driver.row["severity"] == "critical"
        assert driver.part("#crumbs").split() == ["Repositories", "›", "Findings"]


async def test_nothing_found_begins_at_the_repositories(tmp_path: Path) -> None:
    logs = write(tmp_path, {"t.json": trail([push(image("a"), "v1", at(0))])})
    async with driving(logs, start=FINDINGS) as driver:
        driver.on(RepositoriesScreen)
        assert any("no findings" in notice for notice in driver.notices)
        await driver.press("i")
        screen = driver.on(FindingsScreen)
        assert "no findings" in driver.text(screen.query_one("#findings"))
        await driver.press("n")
        driver.on(RulesScreen)


async def test_the_way_is_free_while_the_rules_run() -> None:
    """Whoever goes on at once is not brought back, and finds the findings later."""
    app = InvestigateApp([str(incident_path())])
    app.animation_level = "none"
    try:
        async with app.run_test(size=MIDDLE) as pilot:
            driver = Driver(app, pilot)
            await driver.until(lambda: isinstance(app.screen, FindingsScreen))
            driver.send("R")
            await driver.settle()
            driver.on(RepositoriesScreen)
            await driver.press("escape")
            driver.on(FindingsScreen)
            assert driver.row["severity"] == "critical"
    finally:
        app.finish()


async def test_a_configuration_that_cannot_be_used_is_said_in_place(tmp_path: Path) -> None:
    def broken() -> Settings:
        from queries.findings.settings import load_settings

        return load_settings(tmp_path / "nowhere.toml")

    app = InvestigateApp([str(incident_path())], settings=broken)
    app.animation_level = "none"
    try:
        async with app.run_test(size=MIDDLE) as pilot:
            driver = Driver(app, pilot)
            await driver.settle()
            said = "".join(driver.part("#preview").split())
            assert "nowhere.toml:theconfigurationcannotberead" in said
            await driver.press("R")
            driver.on(RepositoriesScreen)
    finally:
        app.finish()


@pytest.mark.parametrize("text", [MARKUP[0], NESTED[0], CONTROL[0]])
async def test_hostile_text_is_shown_as_it_is_written(text: str, tmp_path: Path) -> None:
    root = {"type": "Root", "arn": f"arn:aws:iam::111122223333:root{text}", "accountId": text}
    made = push(image("a"), text, at(0), userIdentity={**root, "arn": "arn:aws:iam::1:root"})
    made["requestParameters"]["repositoryName"] = f"r/{text}"
    listing = record("ListImages", at(1))
    logs = write(tmp_path, {"t.json": trail([made, listing])})
    async with driving(logs, start=FINDINGS, size=NARROW) as driver:
        driver.on(FindingsScreen)
        await driver.press("j")
        assert driver.row["rule"] == "push-by-root"
        shown = driver.text()
        assert "\x1b" not in shown
        assert "the root user pushes" in shown
        await driver.press("enter", "escape", "n", "escape", "m", "v")
