"""Rules that go by fields of which the index holds nothing: the records of the events they may mean
are read again, once for all such rules."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import duckdb

from queries.case import Case
from queries.errors import Cancelled, InvestigationError
from queries.findings.rules import Rule
from queries.findings.settings import Settings
from queries.index.rows import insert_rows
from queries.progress import CancelToken
from queries.reader import FileFacts, read_records

LOOKED_UP = "looked_up"
"""The table of records that were read again: event_key, record (its text)."""

MOST_RECORDS = 300_000
"""Records passed over in all, to find those that are asked for: some ten seconds."""

_PARAMETER = re.compile(r"\$([a-z_]+)")
_UNKNOWN = (
    "only their records tell, and too many would have to be read again, or they cannot be read"
)


@dataclass(frozen=True, slots=True)
class LookedUp:
    """What such a rule's statement gave, or why it could not be run."""

    rule: Rule
    settings: Settings
    candidates: Sequence[dict[str, Any]]
    failure: duckdb.Error | None = None

    def rows(self, cursor: duckdb.DuckDBPyConnection) -> tuple[list[dict[str, Any]], str]:
        """Rows that are sure, those that their records confirm, and (as `unknown`) those whose
        records were not read; and why these are unknown. Raises `duckdb.Error`."""
        if self.failure is not None:
            raise self.failure
        used = set(_PARAMETER.findall(self.rule.in_records))
        values = {name: value for name, value in self.rule.values.items() if name in used}
        meant = {key for (key,) in cursor.execute(self.rule.in_records, values).fetchall()}
        read = {
            key
            for (key,) in cursor.execute(f"SELECT event_key FROM {LOOKED_UP}").fetchall()  # noqa: S608
        }
        found = []
        for row in self.candidates:
            if row["sure"] or row["event_key"] in meant:
                found.append(row)
            elif row["event_key"] not in read:
                found.append({**row, "unknown": True})
        beyond = self.candidates[0]["matched"] - len(self.candidates) if self.candidates else 0
        return [{**row, "matched": len(found) + beyond} for row in found], _UNKNOWN


def rows_of(
    cursor: duckdb.DuckDBPyConnection, rule: Rule, settings: Settings
) -> list[dict[str, Any]]:
    """What a rule's statement answers. Raises `duckdb.Error`."""
    answer = cursor.execute(rule.sql, settings.values_of(rule))
    columns = [column[0] for column in answer.description or ()]
    return [dict(zip(columns, row, strict=True)) for row in answer.fetchall()]


def look_up(
    case: Case, cursor: duckdb.DuckDBPyConnection, settings: Settings, cancel: CancelToken
) -> dict[str, LookedUp]:
    """Ask the rules that need records for the events they may mean, and read these records into
    `looked_up`. Raises `Cancelled`."""
    found: dict[str, LookedUp] = {}
    wanted: set[int] = set()
    for rule in settings.rules:
        if not rule.in_records or rule.id in settings.off:
            continue
        try:
            rows = rows_of(cursor, rule, settings)
        except duckdb.InterruptException:
            raise
        except duckdb.Error as error:
            found[rule.id] = LookedUp(rule, settings, (), error)
            continue
        found[rule.id] = LookedUp(rule, settings, rows)
        wanted |= {row["event_key"] for row in rows if not row["sure"]}
    if found:
        cursor.execute(f"CREATE TEMP TABLE {LOOKED_UP} (event_key BIGINT, record VARCHAR)")
        insert_rows(cursor, LOOKED_UP, _records(case, wanted, cancel))
    return found


_PLACES = """
SELECT event_key, file_id, position FROM events
WHERE event_key IN (SELECT unnest($keys::BIGINT[]))
"""


def _records(case: Case, wanted: set[int], cancel: CancelToken) -> Iterator[tuple[int, str]]:
    """The wanted records out of as many files as may be read, the small ones first."""
    by_file: dict[int, dict[int, int]] = defaultdict(dict)
    for key, file_id, position in case.ask(_PLACES, {"keys": sorted(wanted)}, cancel).rows:
        by_file[file_id][position] = key
    sizes = dict(case.ask("SELECT file_id, records FROM files").rows) if by_file else {}
    left = MOST_RECORDS
    for file_id in sorted(by_file, key=lambda number: sizes.get(number) or 0):
        left -= sizes.get(file_id) or 0
        if left < 0:
            return
        last = max(by_file[file_id])
        try:
            for number, record in enumerate(read_records(case.item(file_id), FileFacts()), 1):
                if cancel.cancelled:
                    raise Cancelled("stopped")
                if number in by_file[file_id]:
                    yield by_file[file_id][number], record.text
                if number >= last:
                    break
        except Cancelled:
            raise
        except (InvestigationError, OSError):
            continue  # it is unknown then what its records would have told
