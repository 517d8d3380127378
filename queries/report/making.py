"""Make the report of a case: gather what is known, section by section, as a document."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from queries.case import Case
from queries.containment import Plan, Suggestion
from queries.enrichment.model import Enrichment
from queries.findings.found import Found
from queries.findings.stories import headline
from queries.naming import some
from queries.report.document import (
    Code,
    Document,
    Inline,
)
from queries.report.known import known_places
from queries.report.marked import marked
from queries.report.methods import Setting, files, methods, not_read
from queries.report.stories import stories
from queries.report.times import as_text, of_stamp


def make_report(
    case: Case, found: Found, plan: Plan, setting: Setting, known: Enrichment | None = None
) -> Document:
    """The report. Deterministic: the same case, configuration and setting give the same text.
    `known` is what files of the user's say about addresses and accounts."""
    known = known or Enrichment()
    document = Document(f"Investigation of {setting.name}")
    _opening(document, case, found, setting)
    _scope(document, case)
    _coverage(document, case)
    _findings(document, case, found)
    stories(document, case, found)
    marked(document, case, known)
    known_places(document, case, found, known)
    _containment(document, plan)
    not_read(document, case)
    methods(document, case, found, setting)
    files(document, case)
    return document


# --- sections ------------------------------------------------------------------------------------


def _opening(document: Document, case: Case, found: Found, setting: Setting) -> None:
    totals = case.totals
    counts = ", ".join(f"{count} {name}" for name, count in found.counts().items()) or "none"
    worst = found.stories[0] if found.stories else None
    document.facts(
        [
            ("made", f"{as_text(setting.moment)} UTC by {setting.author}"),
            ("with", f"ecr-investigate {setting.version}"),
            ("evidence", _span(totals)),
            ("findings", counts),
            ("worst story", headline(worst) if worst else None),
            ("marked as evidence", str(len(case.marks))),
        ]
    )
    limits = _limits(case)
    if limits:
        document.say("What limits these answers: " + "; ".join(limits) + ".", kind="note")


def _scope(document: Document, case: Case) -> None:
    totals = case.totals
    document.heading("Scope", "scope")
    evidence = case.evidence
    paths = evidence.asked()["paths"] if evidence is not None else _asked_paths(case)
    document.say("What was asked for:")
    document.bullets([(Code(path),) for path in paths])
    document.facts(
        [
            ("files", f"{totals['files']:,}"),
            ("records", f"{totals['raw_records']:,}, {totals['duplicates']:,} of them copies"),
            ("events", f"{totals['events']:,}"),
            ("accounts", Code(", ".join(totals["accounts"]) or "none")),
            ("regions", Code(", ".join(totals["regions"]) or "none")),
            ("repositories", f"{len(totals['repositories']):,}"),
            (
                "pushes",
                f"{totals['pushes']:,}, and {some(totals['failed_pushes'], 'attempt')} that failed;"
                f" {totals['tag_moves']:,} moved a tag",
            ),
        ]
    )


def _coverage(document: Document, case: Case) -> None:
    totals = case.totals
    document.heading("Coverage and gaps", "coverage")
    document.say("Silence is no evidence: a zero holds only where and when there are records.")
    document.table(
        ("account", "region", "events", "first (UTC)", "last (UTC)"),
        [
            (
                Code(span["account"]),
                Code(span["region"]),
                f"{span['events']:,}",
                of_stamp(span["first"]),
                of_stamp(span["last"]),
            )
            for span in totals["coverage"]
        ],
    )
    gaps: list[tuple[Inline, ...]] = [
        (
            f"no events between {of_stamp(gap['start'])} and {of_stamp(gap['end'])} UTC from ",
            Code(f"{gap['account']} {gap['region']}"),
        )
        for gap in totals["gaps"]
    ]
    document.say("Gaps:" if gaps else "No gap longer than the usual pauses was found.")
    document.bullets(gaps)
    changes: list[tuple[Inline, ...]] = [
        (
            f"{of_stamp(change['event_time'])} ",
            Code(str(change["event_name"])),
            f" ({change['outcome']}) by ",
            Code(str(change["principal"])),
        )
        for change in totals["logging_changes"]
    ]
    document.say("Changes to the logging:" if changes else "No change to the logging was seen.")
    document.bullets(changes)
    digests = totals.get("digests") or {}
    if digests.get("read"):
        document.say(
            f"CloudTrail's digest files: {digests['read']:,} read, {digests['verified']:,} log"
            f" files verified, {len(digests['altered']):,} altered, {len(digests['missing']):,}"
            f" missing, {len(digests['unlisted']):,} not listed,"
            f" {len(digests['not_compared']):,} that could not be compared."
        )
        named = [*digests["altered"], *digests["missing"], *digests["not_compared"]]
        document.bullets([(Code(str(name)),) for name in named])
    else:
        document.say("There was no digest file, so log files could not be verified against one.")


def _findings(document: Document, case: Case, found: Found) -> None:
    document.heading("Findings", "findings")
    findings = sorted(
        found.findings, key=lambda f: (f.rank, f.event_time or datetime.max, f.rule.id, f.why)
    )
    if not findings:
        document.say("No rule found anything.")
    else:
        document.say("What the rules found, the worst first. A finding is a reason to look.")
        document.table(
            ("severity", "when (UTC)", "what", "why", "harmless when"),
            [
                (f.severity, as_text(f.event_time), f"{f.rule.title} ({f.rule.id})", f.why,
                 f.rule.benign_when)
                for f in findings
            ],
        )  # fmt: skip
    for line in found.notes():
        document.say(line, kind="note")


def _containment(document: Document, plan: Plan) -> None:
    document.heading("What could be done", "containment")
    document.say(
        f"Suggestions only: nothing was run. {plan.basis[:1].upper()}{plan.basis[1:]}. Commands are"
        " for a POSIX shell and the cloud's command line; read each before you use it."
    )
    for number, suggestion in enumerate(plan.suggestions, 1):
        _suggestion(document, number, suggestion)


def _suggestion(document: Document, number: int, suggestion: Suggestion) -> None:
    document.heading(f"{number}. {suggestion.kind}: {suggestion.what}", level=3)
    records = [
        f"{as_text(record.event_time)} {record.event_name} {record.event_id or 'without id'}"
        for record in suggestion.behind
    ]
    document.facts([("why", suggestion.why), ("mind", suggestion.caution)])
    document.say("The records behind it:")
    document.bullets([(Code(line),) for line in records])
    if suggestion.commands:
        document.verbatim("\n".join(suggestion.commands), "sh")
    else:
        document.say("No command is offered.")


# --- small things --------------------------------------------------------------------------------


def _limits(case: Case) -> list[str]:
    totals = case.totals
    said = []
    if totals.get("stopped"):
        said.append("reading was stopped before its end")
    if part := totals.get("part"):
        said.append(f"only {part[0]:,} of {part[1]:,} files were read when this was written")
    elif not totals["evidence_complete"]:
        said.append("some files were damaged, unreadable or not read")
    if totals["gaps"]:
        said.append(some(len(totals["gaps"]), "gap") + " in the evidence")
    if totals["logging_changes"]:
        said.append(some(len(totals["logging_changes"]), "change") + " to the logging itself")
    if totals["writes_only"]:
        said.append("there is not one read-only event, so pulls and logins cannot be seen")
    return said


def _asked_paths(case: Case) -> list[str]:
    rows = case.ask("SELECT value FROM meta WHERE key = 'asked'").rows
    paths = json.loads(rows[0][0]).get("paths", []) if rows else []
    return [str(path) for path in paths]


def _span(totals: dict[str, Any]) -> str:
    window = totals["window"]
    if not window["first"]:
        return "no times"
    return f"{of_stamp(window['first'])} to {of_stamp(window['last'])} UTC"
