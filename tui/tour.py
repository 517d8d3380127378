"""The tour: a short walk over the real screens of the demo, from a repository to the report.

It opens each screen as the user would, and stands in a few lines below. Who does by hand what it is
about to do is followed; who goes elsewhere is taken back by the next step. Nothing is written but,
when it was offered for the first time, one empty file beside the configuration, so that it is not
offered again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from textual.css.query import NoMatches
from textual.screen import Screen

from queries.folders import settings_path
from tui.configuration.key_words import with_keys
from tui.dialogs import Picker
from tui.screens.base import CaseScreen
from tui.widgets.tour_panel import TourPanel

if TYPE_CHECKING:
    from tui.app import InvestigateApp

_PATIENCE = 0.05
"""Seconds between two looks whether a screen has its rows."""

REPOSITORY = "111122223333/us-east-1/team/api"
IMPLANT = "sha256:22286464"
"""What the walk is about, in the demo."""


def _nothing(screen: CaseScreen) -> None:
    """A step that needs no preparation."""


@dataclass(frozen=True)
class Step:
    """One screen of the walk."""

    kind: str
    """The class of its screen."""
    title: str
    text: str
    leave: Callable[[CaseScreen], None] = _nothing
    """Opens the screen of the next step."""
    prepare: Callable[[CaseScreen], None] = _nothing
    """Puts the cursor where the text says it is."""


def _on_row(column: str, value: str) -> Callable[[CaseScreen], None]:
    """Put the cursor on the first row that begins with a value."""

    def prepare(screen: CaseScreen) -> None:
        table = screen.table
        if table is None or table.question is None:
            return
        question = table.question.with_page(1000, 0)
        keys = question.statement.key
        for row in table.asked(screen.case).ask(question.sql, question.bound).dicts():
            if str(row[column]).startswith(value):
                table.move_to_row_key(tuple(row[key] for key in keys))
                return

    return prepare


def _enter(screen: CaseScreen) -> None:
    if screen.table is not None:
        screen.table.action_select()


STEPS = (
    Step(
        "FindingsScreen",
        "An invented incident",
        "Ten days of a company's audit logs. The rules have looked and tell what they found as"
        " stories, the worst first: here somebody put another image under the tag 'prod'. The tour"
        " follows that push, to whoever was behind it and to the report.",
        leave=lambda screen: screen.action_go("repositories"),
    ),
    Step(
        "RepositoriesScreen",
        "Repositories",
        "Every repository that the logs name: how many pushes and refused tries, by how many, and"
        " who was last. {filter} filters as you type, {sort} sorts, {select} opens the pushes of"
        " the one under the cursor.",
        leave=_enter,
        prepare=_on_row("repository", REPOSITORY),
    ),
    Step(
        "PushesScreen",
        "Pushes",
        "Every push and every try, the newest first. The cursor is on the one of the story: it"
        " moved 'prod' to an image that a person pushed, where a pipeline used to. {pushes.tags}"
        " shows each tag over time, {pushes.where} where the images ran.",
        leave=_enter,
        prepare=_on_row("image_digest", IMPLANT),
    ),
    Step(
        "PushScreen",
        "One push",
        "What changed against the image it replaced: layers kept, and what was put on top. The tabs"
        " {push.tab-image} to {push.tab-logins} have layers, records, pulls, where it ran and the"
        " logins before; {push.changes} compares layer by layer, {push.user} opens who pushed.",
        leave=lambda screen: _do(screen, "user"),
    ),
    Step(
        "PrincipalScreen",
        "Who pushed",
        "A session has somebody behind it: here is the chain back to the person at its start, with"
        " sessions, addresses and clients. {principal.behind} shows the whole tree and what they"
        " created, {principal.activity} everything they did.",
        leave=lambda screen: _do(screen, "activity"),
    ),
    Step(
        "ActivityScreen",
        "What else they did",
        "Their calls in the order of time, counted from the push. W changes something, ✗ was"
        " refused. {activity.only-writes} keeps the writes, {activity.scope} changes whose calls"
        " these are, {pivot} shows everything with the value under the cursor.",
        leave=_enter,
    ),
    Step(
        "RawScreen",
        "The record",
        "The record as it was delivered, with its file and its place in it. Whatever a screen says"
        " can be looked up here. {filter} searches, {copy-cell} copies the value under the cursor,"
        " also over SSH.",
        leave=lambda screen: screen.action_go("marked"),
    ),
    Step(
        "MarkedScreen",
        "Marks",
        "{mark} marks what is under the cursor as evidence, on any screen, with tags and a comment."
        " Marks keep the raw record with them: they are in the report, and in a case file"
        " (--case FILE) that you can hand on.",
        leave=lambda screen: _do(screen, "hand_over"),
    ),
    Step(
        "Picker",
        "Handing over",
        "{hand-over} writes the report (scope, findings, story, marked records, the hash of every"
        " file), or the events for other tools. Nothing is written unless you press Enter on a"
        " line. That was the tour; {help} shows the keys of any screen.",
    ),
)


def _do(screen: CaseScreen, action: str) -> None:
    getattr(screen, f"action_{action}")()


class Tour:
    """Where the walk stands, and how it goes on."""

    def __init__(self, app: InvestigateApp) -> None:
        self._app = app
        self._at = -1
        self._screens: list[Screen[Any]] = []
        self._prepared: set[Screen[Any]] = set()
        self.on = True

    # ---- following the user ----------------------------------------------------------------

    def follow(self, screen: Screen[Any]) -> None:
        """A screen came to the front: say what belongs to it."""
        if not self.on:
            return
        if screen in self._screens:
            self._at = self._screens.index(screen)
        elif self._is_next(screen):
            self._at += 1
            self._screens[self._at :] = [screen]
            self._prepare_soon(screen)
        elif self._at < 0:
            return
        self._say(screen)

    def _is_next(self, screen: Screen[Any]) -> bool:
        following = self._at + 1
        if following >= len(STEPS) or type(screen).__name__ != STEPS[following].kind:
            return False
        return self._at < 0 or self._screens[self._at] in self._app.screen_stack

    def _prepare_soon(self, screen: Screen[Any]) -> None:
        """Prepare the step's screen once its rows are there, unless the user is faster."""
        if not self.on or self._app.screen is not screen or not isinstance(screen, CaseScreen):
            return
        if _has_its_rows(screen):
            self._prepare(screen)
        else:
            self._app.set_timer(_PATIENCE, lambda: self._prepare_soon(screen))

    def _prepare(self, screen: CaseScreen) -> None:
        if screen not in self._prepared:
            self._prepared.add(screen)
            STEPS[self._screens.index(screen)].prepare(screen)

    def _say(self, screen: Screen[Any]) -> None:
        self._be_quiet()
        step = STEPS[self._at]
        last = self._at == len(STEPS) - 1
        words = {"next": "space: on"} if not last else {}
        if self._at:
            words["back"] = "backspace: back"
        words["end"] = "Esc: end of the tour"
        heading = f"Tour {self._at + 1} of {len(STEPS)} · {step.title}"
        screen.mount(TourPanel(heading, with_keys(step.text), words))

    def _be_quiet(self) -> None:
        for screen in self._app.screen_stack:
            try:
                screen.query_one(TourPanel).remove()
            except NoMatches:
                continue

    # ---- going on --------------------------------------------------------------------------

    @property
    def takes_keys(self) -> bool:
        """Whether the keys of the tour are its own now: not in a dialog, nor where one types."""
        front = self._app.screen
        return self.on and self._at >= 0 and isinstance(front, CaseScreen) and not front.typing

    @property
    def at_its_dialog(self) -> bool:
        """Whether the dialog in front is the one that the tour opened."""
        return (
            self.on
            and 0 <= self._at < len(self._screens)
            and (
                self._app.screen is self._screens[self._at] and isinstance(self._app.screen, Picker)
            )
        )

    def go_on(self) -> None:
        """Open the next screen, from wherever the user is by now."""
        here = self._return()
        if self._at + 1 >= len(STEPS) or not isinstance(here, CaseScreen):
            self.end()
        elif not _has_its_rows(here):
            self._app.set_timer(_PATIENCE, self.go_on)
        else:
            self._prepare(here)
            STEPS[self._at].leave(here)

    def go_back(self) -> None:
        """To the screen of the step before."""
        self._return()
        if self._at > 0:
            self._app.pop_screen()

    def _return(self) -> Screen[Any]:
        """Close what was opened since the step's own screen; begin again where that is gone."""
        stack = self._app.screen_stack
        while self._at > 0 and self._screens[self._at] not in stack:
            self._at -= 1
        while self._app.screen is not self._screens[self._at] and len(self._app.screen_stack) > 2:
            self._app.pop_screen()
        return self._app.screen

    def end(self) -> None:
        """No more of it; the screens stay as they are."""
        dialog = self._app.screen if self.at_its_dialog else None
        self.on = False
        self._be_quiet()
        if dialog is not None:
            dialog.dismiss(None)
        self._app.screen.refresh_bindings()


def _has_its_rows(screen: CaseScreen) -> bool:
    table = screen.table
    empty = table is not None and table.selected_row is None and not table.total_exact
    return screen.is_mounted and not screen.busy and not empty


# ---- once ---------------------------------------------------------------------------------------


def first_time() -> bool:
    """Whether the tour was never offered here; from now on it was. Where that cannot be kept, it is
    not offered either: it would come again and again."""
    target = settings_path().parent / "tour-seen"
    try:
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        target.touch(exist_ok=False)
    except OSError:
        return False
    return True
