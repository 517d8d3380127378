"""The places of the conversation: the same questions, columns and facts as the screens have."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from queries.question import Order, Question, ask_for
from queries.scope import ALL, KEY, ORIGIN, PRINCIPAL, REPOSITORY, Filters, Scope, about, locate
from tui.plain.words import facts_in_words, record_in_words
from tui.widgets.columns import Column, Row

if TYPE_CHECKING:
    from queries.case import Case
    from queries.findings.found import Found
    from queries.marks.tables import MarkTables
    from queries.start_at import Start

Way = Callable[["Case"], "Place"]
"""Opens another place."""


@dataclass
class Place:
    """A heading, facts, and a numbered list; `enter` is where a number leads."""

    title: str
    facts: list[str] = field(default_factory=list)
    question: Question | None = None
    columns: Sequence[Column] = ()
    searched: tuple[str, ...] = ()
    enter: Callable[[Row], Way] | None = None
    ways: dict[str, tuple[str, Way]] = field(default_factory=dict)
    """Words that lead elsewhere from here: what they are for, and where to."""
    row_ways: dict[str, tuple[str, Callable[[Row], Way]]] = field(default_factory=dict)
    """The same for a row, as `who 3`."""
    asked: Callable[[Case], Case] = lambda case: case
    event_key: Callable[[Row], int | None] | None = None
    own_event: int | None = None


def _rows(case: Case, question: Question) -> list[dict[str, Any]]:
    return case.ask(question.sql, question.bound).dicts()


def _one(case: Case, question: Question) -> Row | None:
    rows = _rows(case, question)
    return Row(0, rows[0]) if rows else None


def _event_of(row: Row) -> int | None:
    from tui.marking import marked_event

    return marked_event(row)


# ---- repositories and pushes ----------------------------------------------------------------


def repositories(case: Case) -> Place:
    from tui.plain import further
    from tui.screens.repositories import COLUMNS, question

    return Place(
        "Repositories",
        question=question(),
        columns=COLUMNS,
        searched=("repository", "last_pusher", "last_origin", "last_tags"),
        enter=lambda row: pushes(str(row["repository"])),
        row_ways={
            "pulls": ("its pulls", lambda row: further.pulled({"repository": row["repository"]}))
        },
    )


def pushes(repository: str | None) -> Way:
    def make(case: Case) -> Place:
        from tui.plain import further
        from tui.screens.pushes import COLUMNS

        name = Column("repository", "repository")
        question = ask_for("pushes", repository=repository)
        place = Place(
            f"Pushes of {repository}" if repository else "All pushes",
            question=question.with_order(Order("event_time", descending=True)),
            columns=COLUMNS if repository else (*COLUMNS[:3], name, *COLUMNS[3:]),
            searched=("image_tags", "image_digest", "origin", "principal", "repository"),
            enter=lambda row: push(row["push_key"]),
            row_ways={"who": ("who pushed", lambda row: who(row["origin"] or row["principal"]))},
            event_key=_event_of,
        )
        if repository:
            place.ways["activity"] = (
                "everything about it",
                activity(Scope(REPOSITORY, repository)),
            )
            place.ways["ran"] = ("where its images ran", deployments(repository))
            place.ways["tags"] = ("its tags over time", further.tags(repository))
        return place

    return make


def push(key: int) -> Way:
    def make(case: Case) -> Place:
        from tui.plain import further
        from tui.screens.push import LAYERS, LOGINS, PULLS, RAN, RECORDS
        from tui.screens.push_story import push_story

        row = _one(case, ask_for("push", push_key=key))
        if row is None:
            return Place("This push is not in the case")
        parts = {
            "layers": ("push_layers", LAYERS, "its layers"),
            "records": ("push_records", RECORDS, "the records behind it"),
            "pulls": ("push_pulls", PULLS, "who pulled it"),
            "ran": ("push_deployments", RAN, "where it ran"),
            "logins": ("push_logins", LOGINS, "registry logins before it"),
        }
        title = f"Push of {row['image_tags'] or 'a digest'} to {row['repository']}"
        ways: dict[str, tuple[str, Way]] = {
            "who": ("who pushed", who(row["origin"] or row["principal"])),
            "record": ("the record as delivered", record(key)),
        }
        if row["previous_push"] is not None:
            ways["changes"] = (
                "what changed against the image before",
                further.changes(key, row["previous_push"]),
            )
        for word, (name, columns, why) in parts.items():
            ways[word] = (why, _part(f"{title}: {why}", name, columns, key))
        return Place(
            title, list(facts_in_words(push_story(row, case.totals))), ways=ways, own_event=key
        )

    return make


def _part(title: str, name: str, columns: Sequence[Column], key: int) -> Way:
    def enter(row: Row) -> Way:
        return record(row["event_key"])

    def make(case: Case) -> Place:
        question = ask_for(name, push_key=key)
        has_event = "event_key" in case.ask(question.with_page(0).sql, question.bound).columns
        return Place(title, question=question, columns=columns, enter=enter if has_event else None)

    return make


def deployments(repository: str | None) -> Way:
    def make(case: Case) -> Place:
        from tui.screens.where import DEPLOYMENTS

        return Place(
            f"Where images of {repository} ran" if repository else "Where images ran",
            question=ask_for("deployments", repository=repository).with_order(
                Order("event_time", True)
            ),
            columns=DEPLOYMENTS,
            searched=("image", "origin", "principal"),
            enter=lambda row: record(row["event_key"]),
            event_key=_event_of,
        )

    return make


# ---- people, keys, addresses --------------------------------------------------------------------


def principals(case: Case) -> Place:
    from tui.screens.principals import COLUMNS

    return Place(
        "Principals",
        question=ask_for("principals").with_order(Order("events", descending=True)),
        columns=COLUMNS,
        searched=("identity_arn", "account_id", "identity_type"),
        enter=lambda row: who(row["identity_arn"]),
    )


def who(arn: object) -> Way:
    def make(case: Case) -> Place:
        from tui.screens.principal import SESSIONS, who_facts

        value = str(arn)
        origin = Scope(ORIGIN, value)
        sessions = ask_for("identity", value=value)
        profile = {
            "sessions": _rows(case, sessions),
            "summary": _rows(case, about("activity_summary", origin)),
            "values": _rows(
                case, about("activity_values", origin).with_order(Order("events", True))
            ),
            "pushes": _rows(case, ask_for("pushes", principal=value)),
        }
        return Place(
            f"Who is {value}",
            [*facts_in_words(who_facts(origin, None, profile, case.totals)), "Sessions:"],
            question=sessions,
            columns=SESSIONS,
            enter=lambda row: activity(Scope(KEY, str(row["access_key_id"]))),
            ways={
                "activity": ("everything they did, through all sessions", activity(origin)),
                "alone": ("what this principal did itself", activity(Scope(PRINCIPAL, value))),
            },
        )

    return make


def entry(name: str) -> Way:
    """One of the lists of keys, addresses, resources."""

    def make(case: Case) -> Place:
        from tui.screens import entries

        chosen = {"keys": entries.KEYS, "addresses": entries.ADDRESSES}
        found = chosen.get(name, entries.RESOURCES)
        return Place(
            found.title,
            question=ask_for(found.question).with_order(Order("events", descending=True)),
            columns=found.columns,
            searched=found.searched,
            enter=lambda row: activity(found.scope(row), found.filters(row)),
        )

    return make


# ---- events -------------------------------------------------------------------------------------


def activity(scope: Scope, filters: Filters | None = None) -> Way:
    def make(case: Case) -> Place:
        chosen = filters or Filters(fold_layers=True)
        located = locate(scope, case)
        if located.kind != ALL and not located.located:
            return Place(f"Nothing with {scope.value}")
        changes = (
            "writes",
            "only what changes something",
            chosen.changed(writes=not chosen.writes),
        )
        failures = ("failures", "only what failed", chosen.changed(failures=not chosen.failures))
        ways = {
            word: (f"{why}, or all again", activity(scope, other))
            for word, why, other in (changes, failures)
        }
        narrowed = ", ".join(chosen.active)
        return Place(
            f"Events of {scope.kind} {scope.value or ''}".strip()
            + (f", only {narrowed}" if narrowed else ""),
            question=about("activity", located, chosen).with_order(Order("event_time")),
            columns=_event_columns(),
            searched=("event_name", "event_source", "target", "error_code", "principal",
                      "source_ip_address", "user_agent"),
            enter=lambda row: record(row["event_key"]),
            ways=ways,
            row_ways={"who": ("who did it", lambda row: who(row["principal"]))},
            event_key=_event_of,
        )  # fmt: skip

    return make


def _event_columns() -> tuple[Column, ...]:
    from tui.cells import event_mark, result_cell, service_cell

    return (
        Column("mark", "", render=event_mark),
        Column("event_name", "event"),
        Column("event_source", "service", render=service_cell),
        Column("target", "on"),
        Column("outcome", "result", render=result_cell),
        Column("principal", "who"),
        Column("source_ip_address", "from"),
        Column("event_time", "at"),
    )


def record(key: int) -> Way:
    def make(case: Case) -> Place:
        from queries.raw import raw_record

        event = _one(case, ask_for("event", event_key=key))
        if event is None:
            return Place("This event is not in the case")
        raw = raw_record(case, event["file_id"], event["position"])
        try:
            lines = list(record_in_words(json.loads(raw.text)))
        except ValueError:
            lines = list(facts_in_words([("record", raw.text)]))
        where = facts_in_words([("file", raw.file_name), ("place in it", str(raw.position))])
        return Place(
            f"Record of {event['event_name']}",
            [*where, *lines],
            ways={"who": ("who did it", who(event["principal"]))},
            own_event=key,
        )

    return make


# ---- findings, marks, evidence --------------------------------------------------------------


def findings(found: Found) -> Way:
    def make(case: Case) -> Place:
        columns = (
            Column("severity", ""),
            Column("title", "what"),
            Column("repository", "repository"),
            Column("origin", "who"),
            Column("why", "why"),
            Column("event_time", "at"),
        )
        ran = sum(1 for run in found.runs if run.status == "ran")
        return Place(
            "Findings, the worst story first",
            [f"asked: {ran} of {len(found.runs)} rules", *(f"note: {n}" for n in found.notes())],
            question=ask_for("found/listing").with_order(Order("story"), Order("place")),
            columns=columns,
            searched=("title", "why", "rule", "severity", "repository", "origin"),
            enter=lambda row: _finding(found, row),
            row_ways={"who": ("who it is about", lambda row: who(row["origin"]))},
            asked=lambda case: found.case,
            event_key=_event_of,
        )

    return make


def _finding(found: Found, row: Row) -> Way:
    def make(case: Case) -> Place:
        from tui.screens.findings import finding_facts

        asked = ask_for("found/behind", finding_id=row["finding_id"])
        return Place(
            f"Finding: {row['title']}",
            [*facts_in_words(finding_facts(row)), "Events behind it:"],
            question=asked.with_order(Order("event_time")),
            columns=_event_columns(),
            enter=lambda event: record(event["event_key"]),
            asked=lambda case: found.case,
            event_key=_event_of,
        )

    return make


def marked(tables: MarkTables) -> Way:
    def make(case: Case) -> Place:
        from tui.screens.marked import COLUMNS

        return Place(
            "Marked as evidence",
            question=ask_for("marks/listing").with_order(Order("event_time")),
            columns=COLUMNS,
            enter=lambda row: record(row["event_key"]),
            asked=lambda case: tables.of(case.marks),
            event_key=_event_of,
        )

    return make


def evidence(case: Case) -> Place:
    from tui.screens.evidence import COLUMNS, totals_facts

    return Place(
        "Evidence",
        [*facts_in_words(totals_facts(case.totals)), "Files:"],
        question=ask_for("evidence").with_order(Order("file_id")),
        columns=COLUMNS,
        searched=("name", "status", "format"),
    )


def started(start: Start) -> Way | None:
    """Where a value leads, as `--start-at` has it; None for one that may be several people."""
    from queries import start_at

    simple: dict[str, Callable[[], Way]] = {
        start_at.RECORD: lambda: record(start.key),
        start_at.WHO: lambda: who(start.scope.value),
        start_at.PUSHES: lambda: pushes(start.value),
        start_at.PUSH: lambda: push(start.key),
        start_at.ACTIVITY: lambda: activity(start.scope, start.filters),
        start_at.LAYER: lambda: activity(Scope("value", start.value)),
    }
    found = simple.get(start.place)
    return found() if found else None
