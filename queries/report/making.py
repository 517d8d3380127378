"""Make the report of a case: gather what is known, section by section, as a document."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from queries.case import Case
from queries.containment import Plan, Suggestion
from queries.enrichment.model import Enrichment
from queries.findings.found import Found
from queries.findings.model import Finding, Story
from queries.findings.stories import headline
from queries.marks.model import Mark
from queries.naming import display_name
from queries.report.document import (
    FOUND,
    MARKED,
    Code,
    Document,
    Inline,
    Moment,
    known_code,
)
from queries.report.known import known_places
from queries.report.methods import Setting, files, methods, not_read

MOST_STORIES = 12
_TELLING = ("critical", "high", "medium")
"""Stories whose worst finding is below these are only listed."""


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
    _stories(document, case, found)
    _marked(document, case, known)
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
            ("made", f"{_time(setting.moment)} UTC by {setting.author}"),
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
                f"{totals['pushes']:,}, and {totals['failed_pushes']:,} attempts that failed;"
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
                _stamp(span["first"]),
                _stamp(span["last"]),
            )
            for span in totals["coverage"]
        ],
    )
    gaps: list[tuple[Inline, ...]] = [
        (
            f"no events between {_stamp(gap['start'])} and {_stamp(gap['end'])} UTC from ",
            Code(f"{gap['account']} {gap['region']}"),
        )
        for gap in totals["gaps"]
    ]
    document.say("Gaps:" if gaps else "No gap longer than the usual pauses was found.")
    document.bullets(gaps)
    changes: list[tuple[Inline, ...]] = [
        (
            f"{_stamp(change['event_time'])} ",
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
            f" missing, {len(digests['unlisted']):,} not listed."
        )
        named = [*digests["altered"], *digests["missing"]]
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
                (f.severity, _time(f.event_time), f"{f.rule.title} ({f.rule.id})", f.why,
                 f.rule.benign_when)
                for f in findings
            ],
        )  # fmt: skip
    for line in found.notes():
        document.say(line, kind="note")


def _stories(document: Document, case: Case, found: Found) -> None:
    document.heading("What happened", "story")
    marked = set(case.marks.places.values())
    told = [s for s in found.stories if s.severity in _TELLING][:MOST_STORIES]
    ids = _ids(case, [key for s in told for f in s.findings for key in f.event_keys])
    for story in told:
        document.heading(f"{story.number}. {headline(story)}", level=3)
        document.timeline(_moments(case, story, marked), f"Story {story.number}, {_when(story)}")
        document.say("The chain of sessions behind it:")
        _chains(document, case, story)
        document.say("In the order of time:")
        document.table(
            ("when (UTC)", "severity", "what happened", "event ids"),
            [
                (_time(f.event_time), f.severity, f.why, _first(f.event_keys, ids))
                for f in story.findings
            ],
            wide=True,
        )
    rest = [story for story in found.stories if story not in told]
    if not told:
        document.say("Nothing that was found is worse than low.")
    if rest:
        document.say("Also found, and not told here:")
        document.bullets(
            [(f"{story.number}. {headline(story)} ({story.severity})",) for story in rest]
        )


def _marked(document: Document, case: Case, known: Enrichment) -> None:
    marks = case.marks.all
    document.heading("Marked evidence", "marked")
    if not marks:
        document.say("Nothing was marked as evidence.")
        return
    document.say(
        "Chosen by people, in the order of time. Each record is shown as it was delivered; what"
        " cannot be printed is written out, and its SHA-256 is that of the exact text in UTF-8."
    )
    document.timeline(
        [
            Moment(when, _who(mark.subject), _mark_label(mark), MARKED)
            for mark in marks
            if (when := mark.subject.get("event_time")) is not None
        ],
        "Everything that is marked",
    )
    for number, mark in enumerate(marks, 1):
        chain = _chain_of(case, mark.subject.get("access_key_id"))
        _mark(document, number, mark, mark.key in case.marks.places, chain, known)


def _mark(
    document: Document, number: int, mark: Mark, is_here: bool, chain: str, known: Enrichment
) -> None:
    subject = mark.subject
    document.heading(f"{number}. {_mark_label(mark)}, {_time(subject.get('event_time'))}", level=3)
    document.facts(
        [
            ("marked", f"{_time(mark.time)} UTC by {mark.author}"),
            ("changed", _changed(mark)),
            ("tags", " ".join(mark.tags)),
            ("comment", mark.comment),
            ("event", known_code(subject.get("event_name"), subject.get("event_source"))),
            ("event id", known_code(subject.get("event_id"))),
            ("outcome", known_code(subject.get("outcome"), subject.get("error_code"))),
            ("who", known_code(subject.get("principal"))),
            ("origin", known_code(subject.get("origin"))),
            ("chain", known_code(chain)),
            ("access key", known_code(subject.get("access_key_id"))),
            ("from", known_code(subject.get("source_ip_address"), subject.get("user_agent"))),
            ("where that is", known.place(subject.get("source_ip_address")).words()),
            ("account", _named_account(subject.get("account_id"), known)),
            ("repository", known_code(subject.get("repository"))),
            ("tag", known_code(subject.get("image_tags"))),
            ("image", known_code(subject.get("image_digest"))),
            ("on", known_code(subject.get("target"))),
        ]
    )
    if not is_here:
        document.say("The evidence that is open does not have this event any more.", kind="note")
    if not mark.records:
        document.say("Its record could not be read when it was marked.", kind="note")
    for record in mark.records:
        document.say(
            "Record ", str(record.position), " of ", Code(record.file_name),
            "; SHA-256 of the record ", Code(record.sha256),
            ", of the file ", Code(record.file_sha256 or "unknown"), ":",
        )  # fmt: skip
        if not record.whole:
            document.say(
                "This text was changed after it was marked: it does not have that hash.",
                kind="note",
            )
        document.verbatim(record.text, "json")


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
        f"{_time(record.event_time)} {record.event_name} {record.event_id or 'without id'}"
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
        said.append(_count(len(totals["gaps"]), "gap") + " in the evidence")
    if totals["logging_changes"]:
        said.append(_count(len(totals["logging_changes"]), "change") + " to the logging itself")
    if totals["writes_only"]:
        said.append("there is not one read-only event, so pulls and logins cannot be seen")
    return said


def _count(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"


def _asked_paths(case: Case) -> list[str]:
    rows = case.ask("SELECT value FROM meta WHERE key = 'asked'").rows
    paths = json.loads(rows[0][0]).get("paths", []) if rows else []
    return [str(path) for path in paths]


def _moments(case: Case, story: Story, marked: set[int]) -> list[Moment]:
    return [
        Moment(
            finding.event_time,
            _finding_lane(finding),
            f"{finding.rule.title} ({finding.severity})",
            MARKED if marked.intersection(finding.event_keys[:1]) else FOUND,
        )
        for finding in story.findings
        if finding.event_time is not None
    ]


def _finding_lane(finding: Finding) -> str:
    return display_name(finding.principal or finding.subject)


def _chains(document: Document, case: Case, story: Story) -> None:
    """Origin to session, for each session of the story's subject that its events used."""
    keys = sorted({key for finding in story.findings for key in finding.event_keys})
    rows = case.ask(
        "SELECT DISTINCT s.chain, s.chain_keys FROM events AS e"
        " JOIN sessions AS s ON s.access_key_id = e.access_key_id"
        " WHERE e.event_key IN (SELECT unnest($keys::BIGINT[])) AND s.origin = $subject"
        " ORDER BY s.chain, s.chain_keys",
        {"keys": keys, "subject": story.subject},
    ).rows
    lines: list[tuple[Inline, ...]] = []
    for chain, chain_keys in rows:
        arns, used = json.loads(chain or "[]"), json.loads(chain_keys or "[]")
        line: list[Inline] = []
        for number, arn in enumerate(arns):
            line.append(" → " if number else "")
            line.append(Code(str(arn)))
            if number < len(used) and used[number]:
                line += [" (", Code(str(used[number])), ")"]
        lines.append(tuple(line))
    document.bullets(lines or [("no chain is known: the calls that issued it are not there",)])


def _ids(case: Case, keys: Sequence[int]) -> dict[int, str | None]:
    rows = case.ask(
        "SELECT event_key, event_id FROM events"
        " WHERE event_key IN (SELECT unnest($keys::BIGINT[]))",
        {"keys": sorted(set(keys))},
    ).rows
    return dict(rows)


def _first(keys: Sequence[int], ids: Mapping[int, str | None]) -> Code:
    """The ids of some events of a finding; the others are in `findings --format json`."""
    found = [ids.get(key) for key in list(dict.fromkeys(keys))[:10]]
    return Code(" ".join(ident for ident in found if ident))


def _chain_of(case: Case, access_key: object) -> str:
    """Origin to session; empty where nothing stands behind the session."""
    rows = case.ask(
        "SELECT chain FROM sessions WHERE access_key_id = $key ORDER BY issued_at LIMIT 1",
        {"key": access_key},
    ).rows
    arns = json.loads(rows[0][0] or "[]") if rows else []
    return " → ".join(map(str, arns)) if len(arns) > 1 else ""


def _named_account(account: object, known: Enrichment) -> str | None:
    name = known.account(account)
    return f"{account} ({name})" if name else None


def _who(subject: Any) -> str:
    return display_name(subject.get("origin") or subject.get("principal"))


def _mark_label(mark: Mark) -> str:
    subject = mark.subject
    if mark.is_push:
        return f"push of {subject.get('image_tags') or 'no tag'} to {subject.get('repository')}"
    return str(subject.get("event_name") or "event")


def _changed(mark: Mark) -> str | None:
    if mark.changed == mark.time:
        return None
    return f"{_time(mark.changed)} UTC by {mark.changed_by}"


def _when(story: Story) -> str:
    return f"{_time(story.first)} to {_time(story.last)} UTC"


def _span(totals: dict[str, Any]) -> str:
    window = totals["window"]
    if not window["first"]:
        return "no times"
    return f"{_stamp(window['first'])} to {_stamp(window['last'])} UTC"


def _time(when: datetime | None) -> str:
    return f"{when:%Y-%m-%d %H:%M:%S}" if when is not None else "no time"


def _stamp(text: str | None) -> str:
    """`2026-03-01T00:07:03Z` as a person writes it."""
    return str(text or "no time").replace("T", " ").removesuffix("Z")
