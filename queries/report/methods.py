"""The sections of a report that say how it was made: files, methods, versions."""

from __future__ import annotations

import hashlib
import platform
from dataclasses import dataclass
from datetime import datetime

import duckdb

from queries.case import Case
from queries.findings.found import Found
from queries.index.schema import INDEX_VERSION
from queries.question import Order, ask_for
from queries.report.document import Code, Document, known_code

MOST_FILES = 20_000
"""Files listed one by one; of more, the list is left to `evidence --format csv`."""


@dataclass(frozen=True, slots=True)
class Setting:
    """What the report says about itself. The time is stated, so that a report can be made again."""

    moment: datetime
    author: str
    version: str
    name: str
    """What the evidence is called."""


def not_read(document: Document, case: Case) -> None:
    """Files that gave less than all of them, with the reason."""
    document.heading("What was not read", "not-read")
    rows = case.ask(
        "SELECT name, status, notes FROM files WHERE status <> 'read' ORDER BY file_id LIMIT $most",
        {"most": MOST_FILES},
    ).rows
    if not rows:
        document.say("Every file that was found was read whole.")
        return
    document.table(
        ("file", "status", "why"),
        [(Code(name), status, "; ".join(notes or ())) for name, status, notes in rows],
        wide=True,
    )


def methods(document: Document, case: Case, found: Found, setting: Setting) -> None:
    """The program, its parts, what its words mean, and every rule with how it fared."""
    document.heading("Methods and versions", "methods")
    settings = found.settings
    document.facts(
        [
            ("program", f"ecr-investigate {setting.version}, index version {INDEX_VERSION}"),
            ("database", f"DuckDB {duckdb.__version__}"),
            ("language", f"Python {platform.python_version()}"),
            ("configuration", known_code(settings.path) or "as it comes with the program"),
        ]
    )
    document.bullets(
        [
            ("Evidence was opened read-only. Each file is in the ledger below with its SHA-256.",),
            ("Copies of one record (same event id) count once; their number is told above.",),
            ("A push is one act of publishing: an index with its platforms counts once.",),
            (
                "The origin of a session is found by following access keys back through the calls"
                " that issued them; what is not in the evidence ends the chain.",
            ),
            ("Docker clients push through the registry's proxy: an address with ≈ is a login's.",),
        ]
    )
    document.say("Rules: each with how it fared and the first digits of its text's SHA-256.")
    document.table(
        ("rule", "status", "findings", "severity", "numbers it went by", "sha256", "note"),
        [
            (
                Code(run.rule.id),
                run.status,
                str(run.findings),
                run.rule.severity,
                ", ".join(
                    f"{name} {settings.thresholds.get(run.rule.id, {}).get(name, given.value):g}"
                    for name, given in sorted(run.rule.thresholds.items())
                ),
                Code(hashlib.sha256(run.rule.sql.encode()).hexdigest()[:16]),
                run.note,
            )
            for run in sorted(found.runs, key=lambda run: run.rule.id)
        ],
        wide=True,
    )


def files(document: Document, case: Case) -> None:
    """The ledger: each file with its SHA-256, and the hash of that list."""
    document.heading("Every file of the evidence", "files")
    question = ask_for("evidence").with_order(Order("file_id")).with_page(MOST_FILES + 1)
    rows = case.ask(question.sql, question.bound).dicts()
    if len(rows) > MOST_FILES:
        document.say(
            f"There are more than {MOST_FILES:,} files; the first are listed, and"
            " 'ecr-investigate evidence --format csv' lists all of them with their SHA-256.",
            kind="note",
        )
        rows = rows[:MOST_FILES]
    listed = "".join(f"{row['sha256'] or '-'}  {row['name']}\n" for row in rows)
    document.facts(
        [
            ("files listed", f"{len(rows):,}"),
            (
                "sha256 of this list",
                Code(hashlib.sha256(listed.encode("utf-8", "backslashreplace")).hexdigest()),
            ),
        ]
    )
    document.table(
        ("file", "status", "records", "bytes", "sha256"),
        [
            (
                Code(row["name"]),
                row["status"],
                f"{row['records'] or 0:,}",
                f"{row['size'] or 0:,}",
                Code(row["sha256"] or ""),
            )
            for row in rows
        ],
        wide=True,
    )
