"""The key that writes the report or an export into the current folder."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from queries.case import Case
from queries.errors import InvestigationError
from queries.marks import keeper
from queries.progress import CancelToken
from tui.dialogs import Choice

if TYPE_CHECKING:
    from queries.findings.found import Found
    from tui.rules_job import RulesJob

FORMS = {
    "report-html": ("Report as one HTML page, to print or send", "html"),
    "report-markdown": ("Report as Markdown", "md"),
    "timesketch-jsonl": ("Events for Timesketch, JSON lines", "jsonl"),
    "timesketch-csv": ("Events for Timesketch, CSV", "csv"),
    "stix": ("STIX 2.1 bundle: addresses, keys, digests, principals", "json"),
    "csv": ("Events as CSV", "csv"),
    "jsonl": ("Events as JSON lines", "jsonl"),
    "parquet": ("Events as Parquet", "parquet"),
}
"""What can be written: its words, and how the file's name ends."""

_UNFIT = re.compile(r"[^A-Za-z0-9._-]+")


def choices(case: Case) -> list[Choice]:
    """What the picker offers."""
    which = "what is marked" if len(case.marks) else "nothing is marked: what findings rest on"
    return [
        Choice(form, words, note="" if form.startswith("report") else which)
        for form, (words, _) in FORMS.items()
    ]


def writing(
    form: str, job: RulesJob, name: str, folder: Path
) -> Callable[[Case, CancelToken], tuple[Path, list[str]]]:
    """The work that writes a new file into a folder, and says what is to be noted about it."""

    def work(case: Case, cancel: CancelToken) -> tuple[Path, list[str]]:
        if job.found is not None:
            return _write(form, case, job.found, name, folder)
        found = job.find(case, cancel)
        try:
            return _write(form, case, found, name, folder)
        finally:
            found.close()

    return work


def _write(form: str, case: Case, found: Found, name: str, folder: Path) -> tuple[Path, list[str]]:
    from tui.commands.export import write_as, write_parquet_of
    from tui.commands.handover import report_text
    from tui.enriched import enrichment

    moment = keeper.now().replace(microsecond=0)
    kind = "report" if form.startswith("report") else f"export-{form}"
    ending = FORMS[form][1]
    short = _UNFIT.sub("-", name).strip("-")[:40] or "case"
    target = folder / f"{short}-{kind}-{moment:%Y%m%dT%H%M%SZ}.{ending}"
    what = "marked" if len(case.marks) else "findings"
    notes: list[str] = []
    try:
        if form == "parquet":
            write_parquet_of(case, what, found, target, enrichment())
            return target, notes
        with target.open("x", encoding="utf-8", newline="") as out:
            target.chmod(0o600)
            if form.startswith("report"):
                said = form.removeprefix("report-")
                out.write(report_text(case, found, said, moment, name, enrichment()))
            else:
                write_as(case, what, form, found, moment, name, out, notes.append, enrichment())
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise InvestigationError(f"{target}: cannot be written ({reason})") from None
    except InvestigationError:
        target.unlink(missing_ok=True)
        raise
    return target, notes
