"""Statements that somebody keeps: one file `NAME.sql` each, in the folder of the configuration."""

from __future__ import annotations

import re
from pathlib import Path

from queries.errors import InvestigationError, WrongUsage
from queries.folders import settings_path

_NAME = re.compile(r"[\w][\w .()-]{0,79}")
EXAMPLES = {
    "who did what, most often first": "SELECT identity_arn, event_name, count(*) AS events\n"
    "FROM events WHERE merged_into IS NULL\nGROUP BY ALL ORDER BY events DESC",
    "pushes by hour of the day": "SELECT hour(event_time) AS hour, count(*) AS pushes\n"
    "FROM pushes WHERE outcome = 'ok' GROUP BY ALL ORDER BY hour",
    "addresses of denied calls": "SELECT source_ip_address, count(*) AS denied,\n"
    "  min(event_time) AS first, max(event_time) AS last\n"
    "FROM events WHERE outcome = 'denied' GROUP BY ALL ORDER BY denied DESC",
    "the columns of events": "DESCRIBE events",
}
"""To begin with, beside what was saved."""


def folder() -> Path:
    """Where statements are kept."""
    return settings_path().parent / "queries"


def saved() -> dict[str, str]:
    """Name -> statement, in the order of the names; files that cannot be read are left out."""
    found = {}
    try:
        files = sorted(folder().glob("*.sql"))
    except OSError:
        return {}
    for file in files:
        try:
            found[file.stem] = file.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError):
            continue
    return found


def save(name: str, sql: str) -> Path:
    """Keep a statement under a name. Raises `WrongUsage` for a name that is none."""
    name = name.strip().removesuffix(".sql")
    if not _NAME.fullmatch(name):
        raise WrongUsage("a name is letters, digits, spaces, - and _")
    target = folder() / f"{name}.sql"
    try:
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        target.write_text(sql.rstrip() + "\n", encoding="utf-8")
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise InvestigationError(f"{target}: cannot be written ({reason})") from None
    return target
