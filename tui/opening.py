"""Opening a case, on a thread of its own while the first screen is painted.

Whatever that screen does not need (DuckDB, the reader, the other screens) is imported here and not
by `tui.app`: it is half of the time until something stands on the terminal.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

# For whoever opens them next: the interface's thread shall not stop for an import.
import tui.screens.evidence
import tui.screens.findings
import tui.screens.repositories  # noqa: F401
from queries.case import Case, open_case
from queries.engines.opening import Choice, open_engine_case
from queries.errors import Cancelled
from queries.marks.opening import absent_evidence
from queries.unexpected import in_a_sentence

FIRST_BYTES = 16 << 20
"""What of files on disk is read before anything is shown, some 100,000 events; the rest while
people already look."""


@dataclass(frozen=True, slots=True)
class Opening:
    """How an opening ended: with a case, or with the reason why not (empty: it was stopped)."""

    case: Case | None = None
    reason: str = ""
    absent: str = ""
    """What of the evidence is not here any more, in words."""


def open_evidence(paths: list[str], *, engine: Choice | None = None, **how: Any) -> Opening:
    """Open a case as `open_case` does, or a converted folder, with every failure in words."""
    try:
        if engine is not None:
            told = {name: how[name] for name in ("progress", "cancel") if name in how}
            return Opening(open_engine_case(engine, **told))
        case = open_case(paths, first=FIRST_BYTES, **how)
    except Cancelled:
        return Opening()
    except Exception as error:  # the screen that shows the reading would wait for ever
        return Opening(reason=in_a_sentence(error))
    return Opening(case, absent=absent_evidence(case).words if case.evidence is None else "")
