"""Looking again for new evidence, by key or every so often, while the interface goes on."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from queries.errors import Cancelled
from queries.progress import CancelToken, Progress
from tui.text import fmt_some

if TYPE_CHECKING:
    from queries.case import Case

Looked = Callable[["Case | None", str, bool], None]
"""Gets what has grown (None: nothing new), why it failed, and whether a key was pressed."""


class Lookout:
    """At most one look at a time, on a thread of its own."""

    def __init__(self, done: Looked) -> None:
        """`done` is called on the looking thread."""
        self._done = done
        self._cancel = CancelToken()
        self._this = CancelToken(self._cancel)
        self._thread: threading.Thread | None = None
        self.progress = Progress()
        self.reads_on = False
        """Whether what runs now reads on, and does not look for what is new."""
        self.last = ""
        """When the last look ended, as UTC `HH:MM:SS`; empty before the first."""

    @property
    def busy(self) -> bool:
        return self._thread is not None

    def refusal(self, case: Case) -> str:
        """Why there can be no look now; empty when there can."""
        from queries.refresh import why_not

        return "looking already" if self.busy else why_not(case)

    def look(self, case: Case, *, by_hand: bool) -> None:
        """Begin; by hand the whole selection is listed, else only what is recent."""
        self.progress, self.reads_on = Progress(stage="looking again"), False
        self._start(case, by_hand, {"recent": not by_hand})

    def read_on(self, case: Case) -> None:
        """Read the next part of evidence that was opened before all of it was read."""
        from tui import opening

        self.progress, self.reads_on = Progress(stage="reading on"), True
        self._start(case, False, {"first": opening.FIRST_BYTES})

    @property
    def stopping(self) -> bool:
        """Whether what runs now was told to end."""
        return self._this.cancelled

    def stop_this(self) -> None:
        """End what runs now; nothing of it is taken."""
        self._this.cancel()

    def _start(self, case: Case, by_hand: bool, how: dict[str, Any]) -> None:
        self._this = CancelToken(self._cancel)
        self._thread = threading.Thread(
            target=self._look, args=(case, by_hand, how), name="look again", daemon=True
        )
        self._thread.start()

    def over(self) -> None:
        """The result of a look was taken."""
        self._thread = None
        self.last = f"{datetime.now(UTC):%H:%M:%S}"

    def stop(self) -> None:
        """End for good."""
        self._cancel.cancel()

    def join(self) -> None:
        if self._thread is not None:
            self._thread.join(timeout=10)

    def _look(self, case: Case, by_hand: bool, how: dict[str, Any]) -> None:
        from queries.refresh import look_again
        from queries.unexpected import in_a_sentence

        grown, failure = None, ""
        try:
            grown = look_again(case, progress=self.progress, cancel=self._this, **how)
        except Cancelled:
            if self._cancel.cancelled:
                return
        except Exception as error:  # nobody would look again if this thread died
            failure = in_a_sentence(error)
        if by_hand and grown is None and not failure:
            failure = gone_in_words(case)
        self._done(grown, failure, by_hand)


def gone_in_words(case: Case) -> str:
    """Which files that were read are not there any more; empty where all are."""
    from queries.refresh import files_missing

    gone = files_missing(case)
    if not gone:
        return ""
    names = ", ".join(PurePath(name).name for name in gone[:2]) + (", …" if gone[2:] else "")
    are = "is" if len(gone) == 1 else "are"
    return (
        f"nothing new, and {fmt_some(len(gone), 'file')} that had been read {are} gone ({names}):"
        " what was read stays, the raw records cannot be opened any more"
    )


def what_came(before: dict[str, Any], now: dict[str, Any]) -> str:
    """`3 new files: 120 records, 2 pushes`; what was read on is not new, but more."""
    files, records, pushes = (
        max(0, now[name] - before[name]) for name in ("files", "raw_records", "pushes")
    )
    changed = now.get("changed_files", 0)
    kind = "more file" if before.get("part") else "new file"
    new = [fmt_some(files, kind)] if files or not changed else []
    new += [fmt_some(changed, "file") + " changed and read again"] if changed else []
    return (
        f"{', '.join(new)}: {fmt_some(records, 'record')}, {fmt_some(pushes, 'push', 'pushes')}"
        f"{' more' if changed else ''}"
    )
