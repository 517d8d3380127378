"""The SQL prompt in the interface."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.widgets import OptionList

from tests.headless.test_commands import call
from tests.tui.driving import driving
from tui.dialogs import Picker
from tui.screens.raw import RawScreen
from tui.screens.sql import SqlScreen
from tui.widgets.sql_area import SqlArea

TABLES = {"events": ["event_id", "event_name"], "pushes": ["push_key", "effect"]}


@pytest.mark.parametrize(
    ("text", "rest"),
    [
        ("sel", "ect"),
        ("SEL", "ECT"),
        ("select * from pu", "shes"),
        ("select event_n", "ame"),
        ("select eff", "ect"),
        ("select p.ef", ""),
        ("select * from pushes as p where p.ef", "fect"),
        ("select * from pushes p where eff", "ect"),
        ("select zzz", ""),
        ("select ", ""),
    ],
)
async def test_words_are_completed(text: str, rest: str) -> None:
    area = SqlArea(text)
    area.tables = TABLES
    assert next(iter(area.completions(text)), "") == rest


async def test_a_statement_runs_and_its_rows_lead_on(tmp_path: Path) -> None:
    async with driving() as driver:
        await driver.press("Q")
        await driver.write("SELECT event_key, event_name FROM ev")
        await driver.press("tab")
        await driver.write(" ORDER BY event_time DESC, event_key")
        await driver.press("enter")
        driver.on(SqlScreen)
        assert await driver.total() == driver.app.case.totals["events"]
        await driver.press("/")
        await driver.write("putimage")
        await driver.press("enter")
        assert all("PutImage" in row["event_name"] for row in await driver.rows())
        count = await driver.total()
        await driver.press("enter")
        driver.on(RawScreen)
        assert "PutImage" in driver.part("#where")
        # Back, and forward to the same statement.
        await driver.press("escape", "<", ">")
        assert driver.screen.query_one(SqlArea).text.startswith("SELECT event_key, event_name")
        assert await driver.total() >= count
        await driver.press("ctrl+e")
        await driver.write(str(tmp_path / "rows.csv"))
        await driver.press("enter")
        assert len((tmp_path / "rows.csv").read_text().splitlines()) > 3000


async def test_what_is_refused_says_why_and_keeps_the_rows() -> None:
    async with driving() as driver:
        await driver.press("Q")
        await driver.write("VALUES (1)")
        await driver.press("enter", "c", "end")
        await driver.write("; DROP TABLE events")
        await driver.press("enter")
        assert "one statement at a time" in driver.part("#progress")
        assert await driver.total() == 1


async def test_statements_are_saved_and_opened_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    async with driving() as driver:
        await driver.press("Q")
        await driver.write("SELECT 42 AS found")
        await driver.press("ctrl+s")
        await driver.write("../../escape")
        await driver.press("enter")
        assert "a name is letters" in driver.notices[-1]
        await driver.press("ctrl+s")
        await driver.write("my question")
        await driver.press("enter")
        kept = tmp_path / "ecr-investigate" / "queries" / "my question.sql"
        assert kept.read_text() == "SELECT 42 AS found\n"
        assert [file.name for file in tmp_path.rglob("*.sql")] == ["my question.sql"]
        await driver.press("escape", "Q", "ctrl+o")
        assert "who did what" in str(driver.on(Picker).query_one(OptionList).options[0].prompt)
        await driver.write("my question")
        await driver.press("enter", "enter")
        assert [row["found"] for row in await driver.rows()] == [42]


async def test_a_long_statement_is_stopped_with_escape() -> None:
    async with driving() as driver:
        await driver.press("Q")
        await driver.write("SELECT sum(a.i * b.i) FROM range(300000) a(i), range(300000) b(i)")
        driver.send("enter")
        await driver.until(lambda: driver.screen.busy)
        await driver.press("escape")
        assert "stopped" in driver.part("#progress")
        driver.on(SqlScreen)


async def test_hostile_values_stay_text() -> None:
    async with driving() as driver:
        await driver.press("Q")
        await driver.write(
            "SELECT '[/nope]' || chr(27) || ']52;c;ZXZpbA==' || chr(7) AS \"[red]x\""
        )
        await driver.press("enter")
        shown = driver.text()
        assert "[/nope]" in shown
        assert not {"\x1b", "\x07"} & set(shown)


def test_the_command_prints_rows_and_refuses_the_same(tmp_path: Path) -> None:
    done = call("sql", "SELECT 1 AS a UNION ALL SELECT 2 ORDER BY a", "--demo", "--format", "jsonl")
    assert done.stdout == b'{"a": 1}\n{"a": 2}\n'
    done = call("sql", "FROM pushes", "--demo", "--format", "csv", "--limit", "3")
    assert len(done.stdout.splitlines()) == 4
    target = tmp_path / "out.parquet"
    done = call("sql", "FROM pushes", "--demo", "--format", "parquet", "-o", target)
    assert (done.returncode, target.exists()) == (0, True)
    for wrong in ("DROP TABLE events", "SELECT * FROM '/etc/passwd'", "SELECT nothing"):
        for extra in ([], ["--format", "parquet", "-o", tmp_path / "no.parquet"]):
            done = call("sql", wrong, "--demo", *extra)
            assert (done.returncode, done.stdout) == (2, b"")
    assert not (tmp_path / "no.parquet").exists()
    assert call("sql").returncode == 2
