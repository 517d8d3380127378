"""What people marked as evidence, each with its records as they were delivered."""

from __future__ import annotations

import json
from typing import Any

from queries.case import Case
from queries.enrichment.model import Enrichment
from queries.marks.model import Mark
from queries.naming import display_name
from queries.report.document import MARKED, Code, Document, Moment, known_code
from queries.report.times import as_text


def marked(document: Document, case: Case, known: Enrichment) -> None:
    """The section, in the order of the events' time."""
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
    document.heading(
        f"{number}. {_mark_label(mark)}, {as_text(subject.get('event_time'))}", level=3
    )
    document.facts(
        [
            ("marked", f"{as_text(mark.time)} UTC by {mark.author}"),
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
    return f"{as_text(mark.changed)} UTC by {mark.changed_by}"
