"""How long each question takes on a built index, asked as the screens ask it."""

from __future__ import annotations

import statistics
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from queries.case import Case, open_case
from queries.question import Order, Question, ask_for
from queries.scope import Scope, about, locate
from queries.slices import slices
from tests.bench.generate import evidence_folder
from tests.bench.kept import index_of
from tests.bench.measure import table

RUNS = 15
PAGE = 201
"""A page of the screens' tables, and one row more to see whether there are others."""
SLICES = 120
PROFILED = ("key", "principal", "origin")
"""The scopes that a principal's screen may have."""
TARGETS_MS = ((1_000_000, 20.0), (10_000_000, 100.0))
"""Up to so many events, a question should be answered in so many milliseconds (median)."""


@dataclass(slots=True)
class Asked:
    """A question with a name that says which screen asks it."""

    name: str
    question: Question
    count: bool = False


def measure(data: Path, events: int, only: frozenset[str] = frozenset()) -> dict[str, Any]:
    """Median and worst of each question, in milliseconds. The index is kept beside the data."""
    index = index_of(data, events)
    with open_case([str(evidence_folder(data, events))], case_file=index) as case:
        found = [
            _measured(case, asked)
            for asked in questions(case)
            if not only or any(word in asked.name for word in only)
        ]
    target = next((limit for most, limit in TARGETS_MS if events <= most), TARGETS_MS[-1][1])
    return {
        "events": events,
        "index_mib": round(index.stat().st_size / (1 << 20), 1),
        "target_ms": target,
        "questions": found,
    }


def report(found: dict[str, Any]) -> str:
    """The table, ratios first, and which questions miss the target."""
    target = found["target_ms"]
    rows = [
        (
            entry["name"],
            f"{entry['median_ms'] / target:.2f}",
            f"{entry['median_ms']:.1f}",
            f"{entry['best_ms']:.1f}",
            f"{entry['max_ms']:.1f}",
            f"{entry['rows']:,}",
            "" if entry["median_ms"] <= target else "slow",
        )
        for entry in found["questions"]
    ]
    missed = [row[0] for row in rows if row[-1]]
    return "\n".join(
        (
            f"Questions over {found['events']:,} events ({found['index_mib']} MiB),"
            f" {RUNS} runs each, target {target:.0f} ms",
            table(("", "x target", "median ms", "best ms", "max ms", "rows", ""), rows),
            f"{len(missed)} of {len(rows)} miss the target" if missed else "all within the target",
        )
    )


def questions(case: Case) -> list[Asked]:
    """What the screens ask, about the busiest values of this index."""
    push = _one(case, "SELECT push_key FROM pushes WHERE outcome = 'ok' ORDER BY layer_count DESC")
    repository = _one(case, "SELECT repository FROM pushes GROUP BY 1 ORDER BY count(*) DESC, 1")
    busiest = "SELECT {0} FROM events WHERE {0} LIKE '{1}' GROUP BY 1 ORDER BY count(*) DESC, 1"
    key = _one(case, busiest.format("access_key_id", "A%"))
    role = _one(case, busiest.format("identity_arn", "arn:%:role/%"))
    user = _one(case, busiest.format("identity_arn", "arn:%:user/%"))
    origin = _one(case, "SELECT origin FROM sessions GROUP BY 1 ORDER BY count(*) DESC, 1")
    address = _one(case, busiest.format("source_ip_address", "198.%"))
    event = _one(case, "SELECT event_key FROM events ORDER BY event_key DESC")
    event_id = _one(case, "SELECT event_id FROM events ORDER BY event_key DESC")
    found = [
        _page("repositories", ask_for("repositories"), Order("last_push", True)),
        _page("pushes of a repository", ask_for("pushes", repository=repository)),
        _page("pushes, all", ask_for("pushes"), Order("event_time", True)),
        Asked("push", ask_for("push", push_key=push)),
        _page("push: layers", ask_for("push_layers", push_key=push), Order("manifest_digest")),
        _page("push: records", ask_for("push_records", push_key=push)),
        _page("push: pulls", ask_for("push_pulls", push_key=push)),
        _page("principals", ask_for("principals"), Order("events", True)),
        _page("identity of a role", ask_for("identity", value=role), Order("first_seen")),
        _page("identity of a user", ask_for("identity", value=user), Order("first_seen")),
        Asked("event", ask_for("event", event_key=event)),
        Asked("event by id", ask_for("event_by_id", event_id=event_id)),
        Asked("event: copies", ask_for("event_copies", event_key=event)),
        Asked("where a value stands", ask_for("value_places", value=address)),
    ]
    scopes = {
        "key": Scope("key", key),
        "principal": Scope("principal", role),
        "origin": Scope("origin", origin),
        "address": Scope("address", address),
        "repository": Scope("repository", repository),
        "value": locate(Scope("value", address), case),
        "all": Scope("all"),
    }
    for kind, scope in scopes.items():
        first = about("activity", scope)
        found.append(_page(f"activity of {kind}: first page", first))
        found.append(Asked(f"activity of {kind}: count", first, count=True))
        found.append(Asked(f"activity of {kind}: summary", about("activity_summary", scope)))
        found.append(Asked(f"activity of {kind}: histogram", _histogram(case, scope)))
        names = about("activity_values", scope, kind="name").with_order(Order("events", True))
        found.append(Asked(f"activity of {kind}: event names", names))
        if kind in PROFILED:
            every = about("activity_values", scope).with_order(Order("kind"), Order("events", True))
            found.append(Asked(f"profile of {kind}", every))
    searched = ("event_name", "event_source", "target", "principal", "source_ip_address")
    for kind in ("principal", "all"):
        filtered = about("activity", scopes[kind]).with_needle("getrole", searched)
        found.append(_page(f"activity of {kind}: filtered by text", filtered))
    return found


def _page(name: str, question: Question, order: Order | None = None) -> Asked:
    ordered = question.with_order(order or Order("event_time"))
    return Asked(name, ordered.with_page(PAGE))


def _histogram(case: Case, scope: Scope) -> Question:
    asked = about("activity_summary", scope)
    summary = case.ask(asked.sql, asked.bound).dicts()[0]
    first, last = summary["first_second"] or 0, summary["last_second"] or 0
    cut = slices(first, last, SLICES)
    return about("activity_by_slice", scope, start=cut.start, width=cut.width)


def _one(case: Case, sql: str) -> Any:
    rows = case.ask(f"{sql} LIMIT 1").rows
    return rows[0][0] if rows else None


def _measured(case: Case, asked: Asked) -> dict[str, Any]:
    question = asked.question
    sql = question.count_sql if asked.count else question.sql
    times: list[float] = []
    rows = 0
    for _ in range(RUNS):
        start = time.perf_counter()
        rows = len(case.ask(sql, question.bound).rows)
        times.append((time.perf_counter() - start) * 1000)
    return {
        "name": asked.name,
        "median_ms": round(statistics.median(times), 2),
        "best_ms": round(min(times), 2),
        "max_ms": round(max(times), 2),
        "rows": rows,
    }
