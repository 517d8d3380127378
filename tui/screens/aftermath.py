"""What became of a push, in words: what it changed, where its image ran, what a scan found."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from queries.case import Case
from queries.comparison import compare, in_words
from queries.naming import cloud_title, display_name, what_ran
from queries.progress import CancelToken
from queries.question import Order, ask_for
from tui.cells import MOVED_HERE
from tui.jobs import ask_rows
from tui.screens.base import Fact
from tui.text import fmt_bytes, fmt_some, fmt_time

NAMED = 3
"""How many deployments are named; the tab has them all."""
ELSEWHERE = 6
"""How many pushes and pulls of the image in other repositories are told."""
SEVERITIES = ("critical", "high", "medium", "low", "informational", "untriaged", "undefined")


def aftermath(case: Case, push_key: int, previous: int | None, cancel: CancelToken) -> list[Fact]:
    """Facts about a push that need questions of their own; runs on a thread."""
    facts: list[Fact] = []
    if previous is not None:
        said = in_words(compare(case, push_key, previous, cancel))
        facts += [("changed", said[0]), *(("", reason) for reason in said[1:])]
    elsewhere = ask_for("push_elsewhere", push_key=push_key).with_order(Order("event_time"))
    facts += elsewhere_facts(ask_rows(elsewhere)(case, cancel))
    ran = ask_for("push_deployments", push_key=push_key).with_order(Order("event_time", True))
    facts += ran_facts(ask_rows(ran)(case, cancel))
    scans = ask_for("push_scans", push_key=push_key).with_order(Order("event_time", True))
    found = ask_rows(scans.with_page(1))(case, cancel)
    return facts + [fact for scan in found for fact in scan_facts(scan)]


def elsewhere_facts(rows: Sequence[dict[str, Any]]) -> list[Fact]:
    """The other repositories that have the image: in order of time, those of other clouds named
    with their cloud, so that an image that crosses clouds can be followed."""
    facts: list[Fact] = []
    for row in rows[:ELSEWHERE]:
        cloud = f" ({cloud_title(row['provider'])})" if row["other_cloud"] else ""
        to = "to" if row["act"] == "pushed" else "from"
        when = fmt_time(row["event_time"], year=True)
        who = display_name(row["origin"] or row["principal"])
        times = f", {row['times']} times" if row["times"] > 1 else ""
        before = "earlier " if row["before"] else ""
        said = f"{before}{row['act']} {to} {row['repository']}{cloud} by {who}, {when}{times}"
        facts.append(("same image" if not facts else "", said))
        if row["known_layers"]:
            size = f", {fmt_bytes(row['known_bytes'])}" if row["known_bytes"] is not None else ""
            known = (
                f"where its manifest was recorded: {fmt_some(row['known_layers'], 'layer')}{size}"
            )
            facts.append(("", known))
    if len(rows) > ELSEWHERE:
        facts.append(("", f"and {len(rows) - ELSEWHERE} more of them"))
    return facts


def ran_facts(rows: Sequence[dict[str, Any]]) -> list[Fact]:
    """Where the image ran, as far as the evidence says."""
    own = [row for row in rows if row["relation"] != MOVED_HERE and row["outcome"] == "ok"]
    lasting = [row for row in own if row["act"] in ("deployed", "defined")]
    still = [row for row in lasting if row["still_referenced"]]
    others = [row for row in own if row not in lasting]
    facts: list[Fact] = []
    if still:
        facts.append(("ran", f"still referenced by {_named(still)}"))
    elif own:
        facts.append(("ran", _named(own)))
    else:
        facts.append(("ran", "no deployment of it in this evidence"))
    if still and others:
        facts.append(("", f"and {_named(others)}"))
    moved = [row for row in rows if row["relation"] == MOVED_HERE]
    if moved:
        facts.append(("", f"its tag was moved here under {_named(moved)}"))
    tried = [row for row in rows if row["outcome"] != "ok"]
    if tried:
        facts.append(("", f"refused: {_named(tried)}"))
    return facts


def _named(rows: Sequence[dict[str, Any]]) -> str:
    names = list(dict.fromkeys(what_ran(row) for row in rows))
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return ", ".join(names[:NAMED]) + more


def scan_facts(scan: dict[str, Any]) -> list[Fact]:
    """The newest scan result of an image."""
    counts = ", ".join(f"{scan[name]} {name}" for name in SEVERITIES if scan[name])
    when = fmt_time(scan["event_time"], year=True)
    return [("scanned", f"{counts or 'nothing found'}, known {when} ({scan['scan_kind']})")]
