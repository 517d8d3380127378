"""A defect that is met on another thread ends what was asked, not the interface."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from queries.findings import run
from queries.unexpected import FOLDER
from samples import incident_path
from tests.tui.driving import Driver, driving
from tui import opening
from tui.app import FINDINGS, InvestigateApp
from tui.screens.repositories import RepositoriesScreen


def broken(*_: Any, **__: Any) -> Any:
    raise ZeroDivisionError("never thought of")


@pytest.fixture
def reported(own_cache: Path) -> Any:
    """Takes the reports away that are expected."""
    folder = own_cache / "ecr-investigate" / FOLDER

    def take() -> int:
        found = list(folder.glob("*"))
        for report in found:
            report.unlink()
        return len(found)

    return take


async def test_a_question_that_fails_is_told_and_no_longer_awaited(reported: Any) -> None:
    async with driving(incident_path()) as user:
        screen = user.on(RepositoriesScreen)
        screen.ask("odd", broken, lambda _: None)
        await user.settle()
        assert not screen.busy
        assert "ZeroDivisionError" in user.notices[-1]
        await user.press("enter")
        assert user.app.screen is not screen
    assert reported() == 1


async def test_rules_that_fail_say_so(reported: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "find", broken)
    async with driving(incident_path(), start=FINDINGS) as user:
        assert "ZeroDivisionError" in user.text()
    assert reported() == 1


async def test_an_opening_that_fails_ends_with_a_sentence(
    reported: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(opening, "open_case", broken)
    app = InvestigateApp([str(incident_path())])
    async with app.run_test() as pilot:
        await Driver(app, pilot).until(lambda: bool(app.failure) or not app.is_running)
    assert "ZeroDivisionError" in app.failure
    assert app.return_code == 1
    app.finish()
    assert reported() == 1
