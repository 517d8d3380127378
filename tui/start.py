"""The menu of places to start from, the ready questions, and `--start-at`."""

from __future__ import annotations

from queries.ready import READY
from queries.scope import ALL, PRINCIPAL, Scope
from queries.start_at import (
    LAYER,
    PUSH,
    PUSHES,
    RECORD,
    SEVERAL,
    WHO,
    Start,
    find_start,
)
from tui.dialogs import Choice, Picker
from tui.screens.base import CaseScreen
from tui.screens.places import TITLES
from tui.text import safe_text

READY_QUESTION = "ready:"
WAYS = {
    "findings": "what the rules found",
    "repositories": "who pushed what, where",
    "pushes": "every push and attempt",
    "where": "deployments, pulls, scans",
    "principals": "roles, users, services",
    "keys": "what did this key do",
    "addresses": "who came from there",
    "resources": "everything done to it",
    "images": "by digest",
    "timeline": "found and marked, a lane for each",
    "events": "in order of time",
    "search": "free text in the raw records",
    "sql": "statements of your own, read-only",
    "evidence": "files and what is missing",
}


def open_menu(screen: CaseScreen) -> None:
    """Show the menu over a screen: type to narrow, Enter goes there."""
    choices = [
        Choice(place, title, note=WAYS.get(place, ""))
        for place, title in TITLES.items()
        if title != screen.segment
    ]
    choices += [
        Choice(f"{READY_QUESTION}{number}", ready.words, note="ready question")
        for number, ready in enumerate(READY)
    ]

    def chosen(key: str | None) -> None:
        if key is None:
            return
        if key.startswith(READY_QUESTION):
            ask_ready(screen, int(key.removeprefix(READY_QUESTION)))
        else:
            screen.action_go(key)

    screen.app.push_screen(Picker("Start from …", choices), chosen)


def ask_ready(screen: CaseScreen, number: int) -> None:
    """Show the answer to one of the ready questions."""
    from tui.screens.activity import ActivityScreen

    filters = READY[number].filters(screen.case.totals)
    screen.open_screen(ActivityScreen(Scope(ALL), filters=filters.changed(fold_layers=True)))


def open_start(screen: CaseScreen, text: str) -> None:
    """Go from a screen to where a value leads, or say that it is not in the evidence."""

    def found(start: Start | str) -> None:
        if isinstance(start, str):
            screen.notify(
                safe_text(start, 300),
                title="not found",
                severity="warning",
                timeout=15,
                markup=False,
            )
        elif start.place == SEVERAL:
            choices = [Choice(who, who) for who in start.several]
            screen.app.push_screen(Picker(start.said, choices), meant)
        else:
            screen.open_screen(screen_of(start))
            screen.notify(safe_text(start.said, 300), title="started at", timeout=4, markup=False)

    def meant(who: str | None) -> None:
        if who is not None:
            screen.open_screen(screen_of(Start(WHO, who, Scope(PRINCIPAL, who))))

    screen.ask("start", lambda case, cancel: find_start(case, text, cancel), found, opens=True)


def screen_of(start: Start) -> CaseScreen:
    """The screen a start leads to."""
    from tui.screens.activity import ActivityScreen
    from tui.screens.layer import LayerScreen
    from tui.screens.principal import PrincipalScreen
    from tui.screens.push import PushScreen
    from tui.screens.pushes import PushesScreen
    from tui.screens.raw import RawScreen

    if start.place == RECORD:
        return RawScreen(start.key)
    if start.place == WHO:
        return PrincipalScreen(start.scope)
    if start.place == PUSHES:
        return PushesScreen(start.value)
    if start.place == PUSH:
        return PushScreen(start.key, "")
    if start.place == LAYER:
        return LayerScreen(start.value)
    return ActivityScreen(start.scope, filters=start.filters.changed(fold_layers=True))
