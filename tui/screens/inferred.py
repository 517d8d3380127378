"""What is concluded and not recorded, in words that say so: the login behind a push, and who a
service probably acted for."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from queries.naming import display_name, login_in_words
from tui.enriched import enrichment
from tui.text import fmt_ago, fmt_time
from tui.widgets.paged_table import Row

_TOKEN_LIFE = timedelta(hours=12)


def login_fact(push: Row, totals: dict[str, Any]) -> str:
    """The probable login of a push in one line; where there is none, what that is worth."""
    if push["login_match"] is None:
        return _no_login(push, totals)
    said = login_in_words(dict(push.values))
    if words := enrichment().place(push["login_ip"]).words():
        said += f" ({words})"
    if push["login_agent"]:
        said += f" · {push['login_agent']}"
    if push["login_time"] is not None:
        said += f" · {fmt_ago(push['event_time'] - push['login_time'])} before"
    if push["login_match"] == "ambiguous":
        said += " · tab 6 lists them"
    return said


def _no_login(push: Row, totals: dict[str, Any]) -> str:
    """Without a login in the evidence, a push by API is a sign of a stolen key, unless the evidence
    could not hold the login (elastic/detection-rules#6340)."""
    none = "none of this principal in the 12 hours before"
    if totals.get("writes_only"):
        return f"{none}, but this evidence has no read-only events, so no login can be seen"
    starts = [
        datetime.fromisoformat(cover["first"]).replace(tzinfo=None)
        for cover in totals["coverage"]
        if cover["account"] == (push["account_id"] or push["registry_id"])
        and cover["region"] == push["aws_region"]
    ]
    when = push["event_time"]
    if when is None or not starts:
        return f"{none}, and what the evidence covers there is unknown"
    if (known := when - min(starts)) < _TOKEN_LIFE:
        return f"unknown: {none}, but the evidence there begins only {fmt_ago(known)} before"
    return f"{none} (a login token is good for 12 hours)"


def probably_for(row: Row) -> str:
    """Who a service probably acted for, and why; empty where it did not act for anybody."""
    if not row.get("caller"):
        return ""
    call = f"{row['caller_name']} {fmt_time(row['caller_time'])}, {row['caller_how']}"
    who = display_name(row["caller"])
    if (row["caller_count"] or 0) > 1:
        return f"probably for one of {row['caller_count']} principals, nearest {who} ({call})"
    return f"probably for {who} ({call})"
