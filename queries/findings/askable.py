"""Whether a rule can say anything about this evidence, so that silence is never an answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import duckdb

from queries.findings.model import FAILED, RAN, SILENT, UNKNOWN, WITHOUT
from queries.findings.relations import reads
from queries.findings.rules import Rule
from queries.findings.settings import Settings
from queries.findings.stories import span_in_words


@dataclass(slots=True)
class Known:
    """What the evidence can answer, so that silence is never taken for an answer."""

    events: int
    """Of the registry."""
    pushes: int
    manifests: int
    reads: int
    spans: list[tuple[str, str, timedelta]]
    deployments: int
    failed: Mapping[str, str]
    """Relations that could not be made, and why."""


def what_is_known(cursor: duckdb.DuckDBPyConnection, failed: Mapping[str, str]) -> Known:
    """What the relations hold; of those that are missing nothing."""

    def rows(relation: str, sql: str) -> list[tuple[Any, ...]]:
        return [] if relation in failed else cursor.execute(sql).fetchall()

    pushed = "SELECT count(*), count(*) FILTER (WHERE kind <> 'unknown') FROM pushed"
    [(pushes, manifests)] = rows("pushed", pushed) or [(0, 0)]
    spans = rows(
        "pushed" if "pushed" in failed else "spans",
        "SELECT account, region, last_second - first_second FROM spans WHERE EXISTS ("
        " SELECT 1 FROM pushed AS p WHERE p.account = spans.account"
        " AND p.aws_region = spans.region) ORDER BY 1, 2",
    )
    reads = "SELECT coalesce(sum(registry_reads), 0) FROM spans"
    [(read,)] = rows("spans", reads) or [(0,)]
    [(there,)] = cursor.execute(
        "SELECT count(*) FROM duckdb_columns() WHERE table_name = 'deployments'"
    ).fetchall()
    deployments = 0
    if there:
        [(deployments,)] = cursor.execute("SELECT count(*) FROM deployments").fetchall()
    told = [(account, region, timedelta(seconds=seconds)) for account, region, seconds in spans]
    [(events,)] = rows("registry", "SELECT count(*) FROM registry") or [(0,)]
    return Known(events, pushes, manifests, read, told, deployments, failed)


_NEEDED = {
    "pushes": ("pushed",),
    "manifests": ("pushed",),
    "reads": ("registry", "spans"),
    "learning": ("pushed", "spans"),
}
"""Relations by which it is known whether a rule can be asked."""


def _missing(rule: Rule, known: Known) -> str:
    """A relation that the rule goes by and that could not be made, and why; empty if none."""
    for name, reason in known.failed.items():
        if reads(rule.sql, name) or any(name in _NEEDED.get(need, ()) for need in rule.needs):
            return f"could not be run: it needs what is in {name}, which failed: {reason}"
    return ""


def may_ask(rule: Rule, settings: Settings, known: Known) -> tuple[str, str]:
    """Whether a rule can say anything about this evidence, and what limits it."""
    if missing := _missing(rule, known):
        return FAILED, missing
    lists = {
        "principals": settings.principals,
        "accounts": settings.accounts,
        "regions": settings.regions,
        "networks": settings.networks,
        "digests": settings.digests,
        "hours": settings.hours,
    }
    for name in rule.needs:
        if name in lists and not lists[name]:
            what = {"digests": "known-good digests", "hours": "working hours"}.get(name, name)
            return WITHOUT, f"the configuration names no {what}"
    if "pushes" in rule.needs and not known.pushes:
        return WITHOUT, "no push in the evidence"
    if "deployments" in rule.needs and not known.deployments:
        return WITHOUT, "no deployment in the evidence"
    if "reads" in rule.needs and not known.events:
        return WITHOUT, "no event of the registry in the evidence"
    if "reads" in rule.needs and not known.reads:
        return (
            UNKNOWN,
            "no read-only event of the registry in the evidence: was only writing logged?",
        )
    if "manifests" in rule.needs and known.pushes and not known.manifests:
        return UNKNOWN, "no image manifest is recorded"
    notes = []
    if "manifests" in rule.needs and known.manifests < known.pushes:
        notes.append(f"{known.pushes - known.manifests} pushes have no manifest recorded")
    if "learning" in rule.needs:
        window = timedelta(days=settings.learning_days)
        short = [span for span in known.spans if span[2] <= window]
        if known.spans and len(short) == len(known.spans):
            longest = max(span[2] for span in known.spans)
            return SILENT, (
                f"the evidence covers {span_in_words(longest)}; the learning window is"
                f" {span_in_words(window)}"
            )
        notes.append(f"learned from the first {span_in_words(window)}")
        for account, region, span in short:
            notes.append(f"silent for {account} {region}, which covers {span_in_words(span)}")
    return RAN, "; ".join(notes)
