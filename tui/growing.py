"""The case that is shown grows: by key, in time, and to the end of what was opened in part."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any

from textual.message import Message

from tui import years
from tui.configuration.key_words import key_of
from tui.configuration.naming import NamedKeys
from tui.lookout import Lookout
from tui.transfer import Rate, short_transfer_line
from tui.typed_ahead import TypedAhead

if TYPE_CHECKING:
    from queries.case import Case
    from tui.rules_job import RulesJob
    from tui.screens.base import CaseScreen

DOING = 0.5
"""Seconds between two looks at how far an engine elsewhere, or the reading, is."""


class Looked(Message, bubble=False):
    """A look for new evidence is over."""

    def __init__(self, grown: Case | None, failure: str, by_hand: bool) -> None:
        super().__init__()
        self.grown = grown
        self.failure = failure
        self.by_hand = by_hand


class GrowingApp(NamedKeys, TypedAhead):
    """Holds the case, looks for more of it, and lets every screen go on over what has come."""

    rules: RulesJob

    def __init__(self, follow: float | None, **how: Any) -> None:
        """`follow`: seconds after which to look for new evidence, again and again."""
        super().__init__(**how)
        self._follow = follow
        self._lookout = Lookout(lambda *said: self._hand_in(Looked(*said)))
        self._said_failure = self._said_words = ""
        self._case: Case | None = None
        self._late: Case | None = None
        self._rate = Rate()

    @property
    def case(self) -> Case:
        """The opened case."""
        if self._case is None:
            raise RuntimeError("asked for the case before it was opened")
        return self._case

    @property
    def case_screens(self) -> list[CaseScreen]:
        """The screens about the case, the first opened first."""
        from tui.screens.base import CaseScreen

        return [screen for screen in self.screen_stack if isinstance(screen, CaseScreen)]

    @property
    def built_screens(self) -> list[CaseScreen]:
        """Those whose widgets are there; one that is being opened asks the case of now anyway, and
        when the interface ends they go one by one."""
        if not self.is_running:
            return []
        return [screen for screen in self.case_screens if screen.is_mounted]

    def go_on_looking(self) -> None:
        """The case was opened: read what is left of it, else follow it if that is wanted."""
        if self._read_on() or self.case.reads:
            self.set_interval(DOING, self._show_doing)
        if self.reads_on or self._follow is None:
            return
        if why := self._lookout.refusal(self.case):
            self.notify(f"not followed: {why}", severity="warning", markup=False)
        else:
            self.set_timer(self._follow, self._look_again_in_time)

    @property
    def lookout_words(self) -> str:
        """What the status line says about looking again; empty when there is nothing to say."""
        following = "following" if self._follow is not None else ""
        last = f"looked {self._lookout.last}" if following and self._lookout.last else ""
        now = self._looking_words if self._lookout.busy else last
        asked = "" if self._case is None else self._case.doing or self._case.reads
        return ", ".join(word for word in (following, now, asked) if word)

    @property
    def reads_on(self) -> bool:
        """Whether evidence that was opened in part is being read to its end."""
        return self._lookout.busy and self._lookout.reads_on

    @property
    def _looking_words(self) -> str:
        if self._lookout.stopping:
            return "stopping"
        part = self._case.totals.get("part") if self._case is not None else None
        if not self.reads_on or part is None:
            return "looking again"
        read = min(part[1], part[0] + self._lookout.progress.files_done)
        return f"reading on: {read:,} of {part[1]:,} files"

    def fetching_line(self, width: int) -> str:
        """How far the objects of a bucket are that are read on, in so many cells; else empty."""
        progress = self._case.fetching if self.reads_on and self._case is not None else None
        if progress is None:
            return ""
        stop = f"{key_of('stop-reading-on')} stops"
        return short_transfer_line(progress, self._rate, width, stop)

    def _read_on(self) -> bool:
        """Go on with what was not read before something was shown; whether there is anything."""
        if self._case is None or "part" not in self._case.totals:
            return False
        if not self._lookout.refusal(self._case):
            self._lookout.read_on(self._case)
        return True

    def _show_doing(self) -> None:
        """How far an engine elsewhere is, while it is asked, or the reading on."""
        if not self.is_running:
            return
        if self._case is not None and (progress := self._case.fetching) is not None:
            self._rate.note(time.monotonic(), progress.fetched, progress.fetched_bytes)
            if self.reads_on and self.screen in self.built_screens:
                self.built_screens[-1].show_banner()
        if self.lookout_words != self._said_words:
            self._said_words = self.lookout_words
            self._show_status()

    def action_look_again(self) -> None:
        """Look for new evidence now, in all of the selection."""
        if self._case is None:
            return
        if why := self._lookout.refusal(self._case):
            self.notify(why, severity="warning", markup=False)
        elif self._read_on():
            self._show_all()
        else:
            self._lookout.look(self._case, by_hand=True)
            self._show_status()

    def action_stop_reading_on(self) -> None:
        """Show what was read until now, and no more; what was fetched is kept."""
        if self._case is not None and self.reads_on:
            self._lookout.stop_this()
            self._case.rest()
            self._show_status()
            again = key_of("look-again")
            self.notify(f"reading stopped: the rest is missing · {again} reads on", timeout=8)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "stop_reading_on":
            return self.reads_on
        return super().check_action(action, parameters)

    def _look_again_in_time(self) -> None:
        if self._case is None or "part" in self._case.totals:
            return  # what is there already comes first, when somebody wants it
        if not self._lookout.refusal(self._case):
            self._lookout.look(self._case, by_hand=False)
            self._show_status()

    def _hand_in(self, looked: Looked) -> None:
        """On the looking thread; what comes when the interface has ended is only closed."""
        self._late = looked.grown
        self.post_message(looked)

    def on_looked(self, message: Looked) -> None:
        if not self.is_running:
            return
        self._lookout.over()
        self._late = None
        if message.grown is not None:
            self._take_over(message.grown)
            if self.reads_on:
                return
        elif message.failure:
            if message.by_hand or message.failure != self._said_failure:
                self.notify(message.failure, severity="error", markup=False)
        elif message.by_hand:
            self.notify("nothing new", timeout=3)
        self._said_failure = message.failure
        self._show_all()
        if self._follow is not None:
            self.set_timer(self._follow, self._look_again_in_time)

    def _take_over(self, grown: Case) -> None:
        """Every screen goes on, with the same questions, over the case that has grown."""
        from tui.lookout import what_came

        before, self._case = self.case, grown
        years.of_evidence(grown.totals)
        if not self._lookout.stopping:  # somebody may have said so just when it was done
            self._read_on()
        self.rules.again(grown)
        for screen in self.built_screens:
            screen.stop_all()
        self.notify(what_came(before.totals, grown.totals), timeout=8)
        for screen in self.built_screens:
            screen.renew()
        self._show_status()
        # A question that was stopped may need a moment to end.
        threading.Thread(target=_close_when_quiet, args=(before,), daemon=True).start()

    def _show_all(self) -> None:
        for screen in self.built_screens:
            screen.show_banner()
            screen.refresh_bindings()
        self._show_status()

    def _show_status(self) -> None:
        for screen in self.built_screens:
            screen.show_status()


def _close_when_quiet(case: Case) -> None:
    from tui.jobs import join_questions

    join_questions()
    case.close()
