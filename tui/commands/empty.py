"""Why an answer is empty: which of the conditions the evidence does not have, and what it has."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from datetime import datetime
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from queries.errors import WrongUsage
from tui.commands.options import full_service, parse_time

if TYPE_CHECKING:
    from queries.case import Case

_SHOWN = 5
_IN_EVENTS = {
    "key": "access_key_id = $value OR issued_access_key_id = $value",
    "address": "source_ip_address = $value",
    "name": "event_name = $value OR plain_name = $value",
    "error": "error_code = $value",
}
_WHO = (
    "principal = $value OR identity_arn = $value OR access_key_id IN"
    " (SELECT access_key_id FROM sessions WHERE origin = $value)"
)
_CONDITIONS = (
    *("repository", "principal", "origin", "account", "region", "since", "until", "service"),
    *_IN_EVENTS,
    *("value", "digest", "tag", "act", "writes", "failures", "severity", "rule"),
)
"""Options that leave rows out, by the names argparse gives them."""


def why_empty(case: Case, options: argparse.Namespace) -> str:
    """One sentence about an answer without rows."""
    given = [name for name in _CONDITIONS if getattr(options, name, None)]
    if not given:
        return f"nothing to list: there is none among {_what_there_is(case)}"
    if said := what_is_missing(case, options):
        return f"nothing matches: {said}"
    asked = " and ".join(f"--{name}" for name in given)
    together = " together" if len(given) > 1 else ""
    return f"nothing matches {asked}{together} among {_what_there_is(case)}"


def what_is_missing(case: Case, options: argparse.Namespace) -> str:
    """Which conditions nothing in the evidence can meet, each by itself; may be empty."""
    given = [name for name in _CONDITIONS if getattr(options, name, None)]
    return "; ".join(text for name in given if (text := _missing(case, options, name)))


def _missing(case: Case, options: argparse.Namespace, name: str) -> str:
    """What the evidence does not have of one condition; empty where it has that."""
    value = getattr(options, name)
    totals = case.totals
    if name == "repository":
        known = totals["repositories"]
        if any(value in (each, each.split("/", 2)[-1]) for each in known):
            return ""
        return _not_one_of("repository", value, known)
    if name in ("account", "region"):
        known = totals[f"{name}s"]
        return "" if value in known else _not_one_of(name, value, known)
    if name in ("since", "until"):
        return _outside(options, name, totals["window"])
    if name in ("principal", "origin"):
        there = _is_there(case, _WHO, value)
        return "" if there else f"nobody is called {value}; 'principal' lists everyone"
    if name == "service":
        source = value if "." in value else full_service(case, value)
        return "" if _is_there(case, "event_source = $value", source) else f"no event of {source}"
    if name in _IN_EVENTS and not _is_there(case, _IN_EVENTS[name], value):
        return f"no event has --{name} {value}"
    return ""


def _is_there(case: Case, condition: str, value: str) -> bool:
    sql = f"SELECT 1 FROM events WHERE {condition} LIMIT 1"  # noqa: S608 - constants above
    return bool(case.ask(sql, {"value": value}).rows)


def _not_one_of(kind: str, value: str, known: Sequence[str]) -> str:
    if not known:
        return f"the evidence names no {kind}"
    near = get_close_matches(value, known, _SHOWN, 0.5) or list(known[:_SHOWN])
    more = len(known) - len(near)
    others = f" and {more} more" if more else ""
    return f"no {kind} {value}; the evidence has {', '.join(near)}{others}"


def _outside(options: argparse.Namespace, name: str, window: dict[str, Any]) -> str:
    first, last = window["first"], window["last"]
    if not first or not last:
        return "no event has a time"
    try:
        moment = parse_time(getattr(options, name), last, f"--{name}")
    except WrongUsage:
        return ""
    compared: Callable[[datetime, datetime], bool] = (
        datetime.__gt__ if name == "since" else datetime.__le__
    )
    edge = datetime.fromisoformat(last if name == "since" else first).replace(tzinfo=None)
    if moment is None or not compared(moment, edge):
        return ""
    return f"the evidence is from {first} to {last}"


def _what_there_is(case: Case) -> str:
    totals = case.totals
    window = totals["window"]
    span = f", {window['first']} to {window['last']}" if window["first"] else ""
    plural = "" if totals["events"] == 1 else "s"
    return f"{totals['events']:,} event{plural}{span}"
