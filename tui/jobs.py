"""Questions asked away from the interface's thread, with stale answers dropped.

A job lives in a slot of a screen; a new job in the slot interrupts the old one's DuckDB cursor,
and whatever still arrives from it is ignored. Leaving the screen ends all its jobs.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from time import monotonic
from typing import Any, TypeVar

from textual.message import Message
from textual.screen import Screen

from queries.case import Case
from queries.errors import Cancelled
from queries.progress import CancelToken
from queries.question import Question
from queries.unexpected import in_a_sentence
from tui.clicks import Clicks
from tui.configuration.naming import NamedKeys

Result = TypeVar("Result")

THREAD = "ask "


class Answered(Message, bubble=False):
    """A job is done; posted from its thread, handled on the interface's."""

    def __init__(self, slot: str, token: CancelToken, deliver: Callable[[], None]) -> None:
        super().__init__()
        self.slot = slot
        self.token = token
        self.deliver = deliver


class Jobs(NamedKeys, Clicks, Screen[None]):
    """A screen that can ask the case questions."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._jobs: dict[str, CancelToken] = {}
        self._opening: tuple[str, float] | None = None
        """The slot whose answer says which screen opens, and since when it is asked."""

    @property
    def case(self) -> Case:
        """The opened case (screens exist only after it was opened)."""
        case: Case = self.app.case  # type: ignore[attr-defined]
        return case

    def narrowed(self, question: Question) -> Question:
        """A question within the window of time that was chosen for every screen, if one was."""
        window = getattr(self.app, "window", None)
        narrowed: Question = question if window is None else window.narrow(question)
        return narrowed

    def table_asked(self) -> None:
        """Called when a table of this screen shows another question."""

    def ask(
        self,
        slot: str,
        work: Callable[[Case, CancelToken], Result],
        done: Callable[[Result], None],
        failed: Callable[[str], None] | None = None,
        *,
        opens: bool = False,
    ) -> None:
        """Run `work` on a thread and `done` with its result, unless something newer took the slot.

        A failure is shown as a notification, or handed to `failed`. `opens`: whether `done` opens a
        screen, for which keys that are typed meanwhile are meant.
        """
        self.stop(slot)
        token = CancelToken()
        if opens:
            self._opening = (slot, monotonic())
        self._jobs[slot] = token
        case = self.case

        def run() -> None:
            try:
                result = work(case, token)
            except Cancelled:
                return
            except Exception as error:  # a thread that dies would leave the screen waiting
                message = in_a_sentence(error)
                deliver = failed or self._complain
                self.post_message(Answered(slot, token, lambda: deliver(message)))
            else:
                self.post_message(Answered(slot, token, lambda: done(result)))

        threading.Thread(target=run, name=f"{THREAD}{slot}", daemon=True).start()

    def stop(self, slot: str) -> None:
        """Interrupt the job in a slot; its answer will not be delivered."""
        token = self._jobs.pop(slot, None)
        if token is not None:
            token.cancel()
        self._opened(slot)

    def _opened(self, slot: str) -> None:
        if self._opening is not None and self._opening[0] == slot:
            self._opening = None

    @property
    def opening_since(self) -> float | None:
        """When (monotonic seconds) somebody asked for a screen that cannot be opened yet."""
        return self._opening[1] if self._opening is not None else None

    @property
    def filling(self) -> bool:
        """Whether that is not here yet which the keys of this screen act on."""
        return False

    def stop_opening(self) -> None:
        """Take that back."""
        if self._opening is not None:
            self.stop(self._opening[0])

    def stop_all(self) -> None:
        for slot in list(self._jobs):
            self.stop(slot)

    def on_answered(self, message: Answered) -> None:
        if self._jobs.get(message.slot) is message.token and self.is_attached:
            del self._jobs[message.slot]
            self._opened(message.slot)
            message.deliver()

    def on_unmount(self) -> None:
        self.stop_all()

    def _complain(self, message: str) -> None:
        self.notify(message, severity="error", markup=False)

    @property
    def busy(self) -> bool:
        """Whether an answer is still awaited (tests wait for this)."""
        return bool(self._jobs)


def join_questions() -> None:
    """Wait until the questions that were stopped have really ended: DuckDB refuses to close a
    connection while one of its cursors runs."""
    for thread in threading.enumerate():
        if thread.name.startswith(THREAD):
            thread.join(timeout=10)


def ask_rows(question: Any) -> Callable[[Case, CancelToken], list[dict[str, Any]]]:
    """Work that answers a question with dictionaries."""
    return lambda case, cancel: case.ask(question.sql, question.bound, cancel).dicts()
