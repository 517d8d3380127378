"""The relations that rules read beside the tables of the index: made once, for all rules.

They hold what only DuckDB can work out (JSON, windows over ranges, time zones), so that the rules
themselves stay plain. They are temporary tables of the cursor that runs the rules, and are small:
the registry's events and what is known of those who push.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Any

import duckdb

from queries.providers import PROVIDERS
from queries.providers.words import actors, natures, with_words

ORDER = (
    "registry",
    "spans",
    "pushed",
    "seen",
    "tag_sets",
    "novelty",
    "extensions",
    "grants",
    "scans",
    "changed",
    "guards",
    "credential_reads",
    "keys_made",
    "sensitive",
    "workloads",
    "ran_images",
)
"""Each reads only tables of the index, what Python gives (`listed`, `gaps`) and those before it."""

LISTED = "CREATE TEMP TABLE listed (kind VARCHAR, value VARCHAR)"
"""The configuration's lists: kind is automation, principal, account, region, address (addresses of
the evidence that lie in a listed network), digest, own account (accounts of the evidence)."""
GAPS = "CREATE TEMP TABLE gaps (account VARCHAR, region VARCHAR, first_second BIGINT,"
GAPS += " last_second BIGINT)"
"""Silences in the evidence (`queries.index.coverage`)."""

_PARAMETER = re.compile(r"\$([a-z_]+)")
_DEFAULTS: dict[str, Any] = {"learning_days": 3.0, "habit_pushes": 5, "time_zone": "UTC"}


@cache
def relation_sql(name: str) -> str:
    """The text of one relation, or of the macros. Where its file holds only a header, each provider
    that has something to say of it has a file of that name, and it is all of these together."""
    text = (files("queries") / "findings" / "relations" / f"{name}.sql").read_text("utf-8")
    own = _without_header(
        with_words(text).replace("-- natures", natures()).replace("-- actors", actors())
    )
    if own:
        return own
    return "\nUNION ALL BY NAME\n".join(f"({part})" for part in _of_providers(name))


def _of_providers(name: str) -> list[str]:
    parts = []
    for provider in PROVIDERS:
        file = files("queries.providers") / provider.name / "relations" / f"{name}.sql"
        if file.is_file():
            parts.append(_without_header(with_words(file.read_text("utf-8"))))
    return parts


def _without_header(text: str) -> str:
    return "\n".join(line for line in text.splitlines() if not line.startswith("--")).strip()


@cache
def relation_header(name: str) -> str:
    """What a relation holds, as its file says, on one line."""
    text = (files("queries") / "findings" / "relations" / f"{name}.sql").read_text("utf-8")
    said = [line[2:].strip() for line in text.splitlines() if line.startswith("--")]
    return " ".join(said)


def create_relations(
    cursor: duckdb.DuckDBPyConnection,
    parameters: Mapping[str, Any] | None = None,
    listed: Sequence[tuple[str, str]] = (),
    gaps: Sequence[tuple[str, str, int, int]] = (),
    made: Callable[[str], None] = lambda name: None,
) -> dict[str, str]:
    """Make every relation as a temporary table of this cursor. `made` hears of each.

    Returns those that could not be made, with the reason: what needs none of them can still be
    asked. Raises `duckdb.InterruptException`.
    """
    values = {**_DEFAULTS, **(parameters or {})}
    cursor.execute(relation_sql("macros"))
    cursor.execute(LISTED)
    cursor.execute(GAPS)
    fill(cursor, listed, gaps)
    failed: dict[str, str] = {}
    for name in ORDER:
        sql = relation_sql(name)
        used = {key: values[key] for key in _PARAMETER.findall(sql)}
        try:
            cursor.execute(f"CREATE TEMP TABLE {name} AS {sql}", used)
        except duckdb.InterruptException:
            raise
        except duckdb.Error as error:
            failed[name] = _cause(sql, failed) or str(error).strip().splitlines()[0]
        made(name)
    return failed


def _cause(sql: str, failed: Mapping[str, str]) -> str:
    """What kept one from being made that this statement reads."""
    return next((failed[name] for name in ORDER if name in failed and reads(sql, name)), "")


def reads(sql: str, name: str) -> bool:
    """Whether a statement may read a relation: its name stands in it."""
    return re.search(rf"\b{name}\b", sql) is not None


def fill(
    cursor: duckdb.DuckDBPyConnection,
    listed: Sequence[tuple[str, str]],
    gaps: Sequence[tuple[str, str, int, int]],
) -> None:
    """What Python knows, into its tables."""
    if listed:
        cursor.execute(
            "INSERT INTO listed SELECT unnest($kinds::VARCHAR[]), unnest($listed::VARCHAR[])",
            {"kinds": [kind for kind, _ in listed], "listed": [value for _, value in listed]},
        )
    for account, region, first, last in gaps:
        cursor.execute(
            "INSERT INTO gaps VALUES ($account, $region, $first, $last)",
            {"account": account, "region": region, "first": first, "last": last},
        )


def script(
    parameters: Mapping[str, Any],
    listed: Sequence[tuple[str, str]],
    gaps: Sequence[tuple[str, str, int, int]],
    literal: Callable[[object], str],
) -> str:
    """The same as text for the duckdb shell, values written out."""
    values = {**_DEFAULTS, **parameters}
    parts = [relation_sql("macros"), f"{LISTED};", f"{GAPS};"]
    for table, rows in (("listed", listed), ("gaps", gaps)):
        if rows:
            lines = ",\n  ".join(f"({', '.join(map(literal, row))})" for row in rows)
            parts.append(f"INSERT INTO {table} VALUES\n  {lines};")
    for name in ORDER:
        sql = _PARAMETER.sub(lambda found: literal(values[found[1]]), relation_sql(name))
        parts.append(f"CREATE TEMP TABLE {name} AS\n{sql};")
    return "\n".join(parts)
