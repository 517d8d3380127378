"""The rules run beside the interface: once for a case, on a thread of their own."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

from queries.errors import Cancelled
from queries.progress import CancelToken

if TYPE_CHECKING:
    from queries.case import Case
    from queries.findings.found import Found
    from queries.findings.settings import Settings


class RulesJob:
    """How far the rules are, and what they found. Written by its thread, read freely.

    `settings` gives the configuration; it is asked on the thread. `finished` is called there too,
    whether it went well or not.
    """

    def __init__(self, settings: Callable[[], Settings], finished: Callable[[], None]) -> None:
        self._settings = settings
        self._finished = finished
        self._token: CancelToken | None = None
        self.found: Found | None = None
        self._former: list[Found] = []
        self.failure = ""
        self.running = False
        self.told = True
        """Whether the interface has heard how it ended, which it says here itself."""
        self.step, self.done, self.total = "", 0, 0

    def find(self, case: Case, token: CancelToken) -> Found:
        """Ask the rules now and here, for whoever closes the answer."""
        from queries.findings.run import find

        return find(case, self._settings(), token)

    def start(self, case: Case) -> None:
        """Begin, unless that was done before."""
        if self._token is None:
            self._begin(case)

    def again(self, case: Case) -> None:
        """The case has grown: ask anew, if anything was asked. What was found stays until then."""
        if self._token is not None:
            self._token.cancel()
            self._begin(case)

    def stop(self) -> None:
        """End it; the thread is waited for with those of the questions."""
        if self._token is not None:
            self._token.cancel()

    def close(self) -> None:
        """Let go of what was found, once no question about it runs any more."""
        for found in (*self._former, *([self.found] if self.found is not None else [])):
            found.close()

    def _begin(self, case: Case) -> None:
        from tui.jobs import THREAD

        self._token = CancelToken()
        self.failure, self.running, self.told = "", True, False
        threading.Thread(
            target=self._run, args=(case, self._token), name=f"{THREAD}rules", daemon=True
        ).start()

    def _run(self, case: Case, token: CancelToken) -> None:
        from queries.findings.run import find
        from queries.unexpected import in_a_sentence

        found, failure = None, ""
        try:
            found = find(case, self._settings(), token, self._heard)
        except Cancelled:
            return
        except Exception as error:  # the screen of findings would wait for ever
            failure = in_a_sentence(error) or "the rules could not be run"
        if token is self._token and not token.cancelled:
            if found is not None and self.found is not None:
                self._former.append(self.found)  # a question about it may still run
            self.found, self.failure, self.running = found or self.found, failure, False
            self._finished()
        elif found is not None:
            found.close()

    def _heard(self, step: str, done: int, total: int) -> None:
        self.step, self.done, self.total = step, done, total
