"""How values look in cells: colour has five meanings (attention, danger, write, failed, selected)
and everything said in colour is also said in a word or a sign."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from textual.content import Content

from queries.naming import (
    IMMUTABLE,
    KINDS,
    MATCHED,
    display_name,
    error_in_words,
    origin_and_session,
    repository_name,
    service_name,
    short_call,
    short_image,
    what_happened,
    what_ran,
    where_from,
)
from tui.enriched import enrichment
from tui.text import ELLIPSIS, fmt_bytes, fmt_count, fmt_time, safe_content, short_arn, short_digest
from tui.widgets.paged_table import Column, Row
from tui.widgets.sparkline import sparkline

CELL_LIMIT = 200
"""Longest text handed to a cell; the full value is in the detail views."""


def time_cell(value: Any, row: Row) -> Content | str:
    return fmt_time(value) if isinstance(value, datetime) else "–"


def count_cell(value: Any, row: Row) -> Content | str:
    return fmt_count(value) if value else Content.styled("0", "$foreground-disabled")


def layers_cell(value: Any, row: Row) -> Content | str:
    """How many layers: none at all is no answer, as the manifest may not be recorded."""
    return "–" if value is None else count_cell(value, row)


def bytes_cell(value: Any, row: Row) -> Content | str:
    return fmt_bytes(value) if value is not None else "–"


def name_cell(value: Any, row: Row) -> Content | str:
    return display_name(value)


def repository_cell(value: Any, row: Row) -> Content | str:
    """Account (shortened) and region quiet, the name plain: same-named repositories stay apart."""
    key = str(value or "")
    name = repository_name(key)
    account, _, region = key[: len(key) - len(name)].strip("/").partition("/")
    if not account:
        return safe_content(value, CELL_LIMIT)
    whose = "/".join(part for part in (short_account(account), region) if part)
    place = safe_content(f"{whose}/", CELL_LIMIT, "$foreground-muted")
    return place + safe_content(name, CELL_LIMIT, "bold")


def short_repository_cell(value: Any, row: Row) -> Content | str:
    """The same for little room: the name is what must be seen, and how the account begins."""
    key = str(value or "")
    name = repository_name(key)
    whose = short_account(key.partition("/")[0])[:4] if name != key else ""
    place = safe_content(f"{whose}{ELLIPSIS}/", style="$foreground-muted") if whose else Content("")
    return place + safe_content(name, CELL_LIMIT, "bold")


def repository_column(**how: Any) -> Column:
    """The column that names a repository; `how` it shares the room."""
    cells = {"render": repository_cell, "narrow": short_repository_cell}
    return Column("repository", "repository", **{**cells, **how})


def short_account(account: str) -> str:
    """Its name, or `1111…3333`: twelve digits are more than a table needs; details show them."""
    if name := enrichment().account(account):
        return name
    return f"{account[:4]}…{account[-4:]}" if len(account) == 12 else account


def who_cell(value: Any, row: Row) -> Content | str:
    if row.get("made_by") not in (None, "person"):
        trigger = row.get("triggered_by")
        return f"{row['made_by']} ({display_name(trigger)})" if trigger else str(row["made_by"])
    return origin_and_session(row.get("origin"), row.get("principal"))


def from_cell(value: Any, row: Row) -> Content | str:
    text = where_from(dict(row.values))
    quiet = text.startswith("≈") or text == "not recorded"
    return safe_content(text, CELL_LIMIT, "$foreground-muted" if quiet else "")


def digest_cell(value: Any, row: Row) -> Content | str:
    return short_digest(value) if value else "–"


def what_cell(value: Any, row: Row) -> Content | str:
    # ✗ in front of the row says already that it is an attempt.
    said = what_happened(dict(row.values)).removeprefix("attempt: ")
    # Of most clouds no push has a manifest: said in each row it would hide what happened.
    return said.replace(f", {KINDS['unknown']}", "")


def push_mark(value: Any, row: Row) -> Content | str:
    """● a tag was moved to a new image, ✗ an attempt, … never finished, ◦ made by a service."""
    if row.get("outcome") == "incomplete":
        return "…"
    if row.get("outcome") != "ok":
        return "✗"
    if row.get("effect") == "moved tag":
        return "●"
    return "◦" if row.get("made_by") != "person" else ""


def push_style(row: Row) -> str:
    if row.get("outcome") != "ok":
        return "attention" if row.get("error_code") == IMMUTABLE else "failed"
    if str(row.get("effect")) == "moved tag":
        return "attention"
    return "muted" if row.get("made_by") != "person" else ""


def event_mark(value: Any, row: Row) -> Content | str:
    """✗ denied or failed, W a call that changes something."""
    if row.get("outcome") != "ok":
        return "✗"
    return "W" if row.get("is_write") else ""


def event_style(row: Row) -> str:
    if row.get("outcome") == "denied" or row.get("error_code") == IMMUTABLE:
        return "attention"  # as among the pushes
    if row.get("outcome") != "ok":
        return "failed"
    return "write" if row.get("is_write") else ""


def result_cell(value: Any, row: Row) -> Content | str:
    if row.get("outcome") == "ok":
        return "ok"
    if row.get("outcome") == "denied":
        return "denied"
    return error_in_words(row.get("error_code")) or "failed"


def service_cell(value: Any, row: Row) -> Content | str:
    return service_name(value)


def call_cell(value: Any, row: Row) -> Content | str:
    return short_call(value)


def spark_cell(width: int) -> Any:
    def render(value: Any, row: Row) -> Content | str:
        return sparkline(value, width) if value else ""

    return render


def ran_cell(value: Any, row: Row) -> Content | str:
    return what_ran(dict(row.values))


def image_cell(value: Any, row: Row) -> Content | str:
    return short_image(dict(row.values))


def matched_cell(value: Any, row: Row) -> Content | str:
    return MATCHED.get(str(value), str(value))


def deployment_mark(value: Any, row: Row) -> Content | str:
    """● its tag was moved to another image while it ran, ✗ refused, ▶ referenced to the end."""
    if row.get("outcome") != "ok":
        return "✗"
    if row.get("tag_moved") or row.get("relation") == MOVED_HERE:
        return "●"
    return "▶" if row.get("still_referenced") else ""


def deployment_style(row: Row) -> str:
    if row.get("outcome") != "ok":
        return "failed"
    if row.get("tag_moved") or row.get("relation") == MOVED_HERE:
        return "attention"
    return "" if row.get("resolved_digest") else "muted"


MOVED_HERE = "tag moved here"


def until_cell(value: Any, row: Row) -> Content | str:
    """How long it named the image: to the end of the evidence, or what ended it and when."""
    if row.get("still_referenced"):
        return "still"
    ended = row.get("ended_how")
    return f"{ended} {fmt_time(value)}" if ended else "–"


def yes_cell(value: Any, row: Row) -> Content | str:
    return "yes" if value else ""


def severity_cell(value: Any, row: Row) -> Content | str:
    return str(value) if value else Content.styled("0", "$foreground-disabled")


def attack(technique: object) -> str:
    """The ATT&CK technique of a rule as it ends a line; nothing where the rule names none."""
    return f" · ATT&CK {technique}" if technique else ""


def resource_cell(value: Any, row: Row) -> Content:
    """What an ARN or a path ends with first, then what tells those alike apart, account and region:
    what all of them begin with would be all that one sees of many."""
    name, place = resource_parts(str(value))
    said = safe_content(name, CELL_LIMIT)
    return said + safe_content(f"  {place}" if place else "", CELL_LIMIT, "$foreground-muted")


_OUTERMOST = ("projects", "namespaces", "subscriptions", "organizations", "folders")
"""Kinds that such a path begins with:
https://docs.cloud.google.com/apis/design/resource_names,
https://learn.microsoft.com/rest/api/resources/"""


def resource_parts(value: str) -> tuple[str, str]:
    """`role/deploy` and `1111…/us-east-1` of an ARN; `repositories/shop` and `example/europe-west3`
    of a path in which kinds and names take turns, as Google and Azure have them."""
    parts = value.split(":", 5)
    if len(parts) == 6 and parts[0] == "arn":
        return short_arn(value), "/".join(p for p in (short_account(parts[4]), parts[3]) if p)
    steps = value.strip("/").split("/")
    if len(steps) >= 4 and steps[0].lower() in _OUTERMOST:
        return "/".join(steps[-2:]), "/".join(steps[1:-2:2])
    return value, ""
