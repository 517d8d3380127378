"""The numbers of a case, each with the meaning of the word list in docs/words.md."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import duckdb

from queries.envelopes.lookup_events import ONE_PAGE
from queries.index import coverage
from queries.index.delivery import in_words
from queries.index.digests import DigestCheck
from queries.naming import some
from queries.providers import PROVIDERS

_COUNTS = """
SELECT
  (SELECT coalesce(sum(records), 0) FROM files) AS raw_records,
  (SELECT count(*) FROM events) AS events,
  (SELECT count(*) FROM copies) AS duplicates,
  (SELECT count(*) FROM events WHERE merged_into IS NOT NULL) AS merged_records,
  (SELECT coalesce(sum(records), 0) FROM pushes WHERE outcome IN ('ok', 'incomplete'))
    AS put_image,
  (SELECT count(*) FROM pushes WHERE outcome = 'ok' AND made_by = 'person') AS pushes,
  (SELECT count(*) FROM pushes WHERE outcome IN ('failed', 'denied')) AS failed_pushes,
  (SELECT count(*) FROM pushes WHERE outcome = 'incomplete') AS incomplete_pushes,
  (SELECT count(*) FROM pushes WHERE outcome IN ('failed', 'denied')
    AND repository = '(repository unknown)') AS unattributed_failed,
  (SELECT count(*) FROM pushes WHERE outcome = 'ok' AND made_by <> 'person') AS service_images,
  (SELECT count(DISTINCT image_digest) FROM pushes WHERE outcome = 'ok') AS images,
  (SELECT count(*) FROM pushes WHERE effect = 'retag') AS retags,
  (SELECT count(*) FROM pushes WHERE effect LIKE 'moved tag%') AS tag_moves,
  (SELECT coalesce(sum(attachments), 0) FROM pushes WHERE outcome = 'ok') AS attachments,
  (SELECT count(*) FROM events WHERE event_name = 'ConsoleLogin' AND outcome <> 'ok')
    AS failed_logins,
  (SELECT count(DISTINCT access_key_id) FROM pushes WHERE outcome = 'ok') AS keys,
  (SELECT CAST(coalesce(sum(images_deleted), 0) AS BIGINT) FROM repository_counts)
    AS images_deleted,
  (SELECT CAST(coalesce(sum(deletes_failed), 0) AS BIGINT) FROM repository_counts)
    AS deletes_failed,
  (SELECT CAST(coalesce(sum(images_deleted_by_policy), 0) AS BIGINT) FROM repository_counts)
    AS images_deleted_by_policy,
  (SELECT CAST(coalesce(sum(lifetimes), 0) AS BIGINT) FROM repository_counts) AS lifetimes,
  (SELECT count(*) FROM files) AS files,
  (SELECT count(*) FROM files WHERE status = 'skipped') AS skipped_files,
  (SELECT count(*) FROM files WHERE status IN ('unreadable', 'damaged'))
    AS unreadable_files,
  (SELECT count(*) FROM files WHERE status = 'damaged') AS damaged_files,
  (SELECT count(*) FROM files WHERE status = 'not read') AS unread_files,
  (SELECT count(*) FROM files WHERE late) AS late_files,
  (SELECT count(*) FROM files
   WHERE len(list_filter(notes, lambda note: starts_with(note, $one_page))) > 0) AS one_page_files
"""


def collect_totals(
    connection: duckdb.DuckDBPyConnection,
    digests: DigestCheck,
    counted: Mapping[str, int] | None = None,
) -> dict[str, Any]:
    """All totals of an index whose tables are made; `counted`: those that somebody else knows,
    because only some events are in it."""
    cursor = connection.execute(_COUNTS, {"one_page": ONE_PAGE})
    columns = [column[0] for column in cursor.description or ()]
    row = cursor.fetchone() or ()
    totals: dict[str, Any] = {**dict(zip(columns, row, strict=True)), **(counted or {})}
    totals["repositories"] = _list(
        connection,
        "SELECT DISTINCT repository FROM events WHERE repository IS NOT NULL ORDER BY 1",
    )
    totals["pushers"] = _list(
        connection,
        "SELECT DISTINCT principal FROM pushes WHERE outcome = 'ok' AND made_by = 'person'"
        " ORDER BY 1",
    )
    totals["kinds"] = dict(
        connection.execute(
            "SELECT CASE kind WHEN 'index' THEN 'image' ELSE kind END, count(*) FROM pushes"
            " WHERE outcome = 'ok' AND made_by = 'person' GROUP BY 1 ORDER BY 1"
        ).fetchall()
    )
    totals["cross_account"] = bool(
        connection.execute("SELECT 1 FROM pushes WHERE cross_account LIMIT 1").fetchone()
    )
    found = coverage.spans(connection)
    totals["window"] = {
        "first": _iso(min((span.first for span in found), default=None)),
        "last": _iso(max((span.last for span in found), default=None)),
    }
    totals["accounts"] = sorted({span.account for span in found} - {"?"})
    totals["regions"] = sorted({span.region for span in found} - {"?"})
    totals["coverage"] = [coverage.as_plain(span) for span in found]
    totals["gaps"] = [coverage.as_plain(gap) for gap in coverage.gaps(connection)]
    changes = coverage.logging_changes(connection)
    totals["logging_changes"] = [
        {**change, "event_time": _iso(change["event_time"])} for change in changes
    ]
    totals["evidence_complete"] = not (
        totals["unreadable_files"] or totals["unread_files"] or totals["one_page_files"]
    )
    totals["digests"] = {
        "read": digests.digests,
        "verified": digests.verified,
        "altered": digests.altered,
        "missing": digests.missing,
        "unlisted": digests.unlisted,
        "not_compared": digests.not_compared,
        "breaks": digests.breaks,
    }
    if digests.altered or digests.missing or digests.not_compared or digests.breaks:
        totals["evidence_complete"] = False
    totals["writes_only"] = _any(connection, "provider = 'aws' AND NOT read_only") and not _any(
        connection, "provider = 'aws' AND NOT is_write"
    )
    totals["notes"] = [*digests.notes(), *_notes(connection, totals)]
    return totals


def _notes(connection: duckdb.DuckDBPyConnection, totals: dict[str, Any]) -> list[str]:
    """What a reader of these numbers must know, as sentences."""
    notes: list[str] = []
    bad = totals["unreadable_files"]
    if bad:
        notes.append(
            f"evidence incomplete: {some(bad, 'file')} of {totals['files']} damaged or unreadable"
        )
    if totals["unread_files"]:
        notes.append(
            f"evidence incomplete: {some(totals['unread_files'], 'file')} not read, reading was"
            " stopped"
        )
    if totals["one_page_files"]:
        notes.append(
            f"evidence incomplete: {some(totals['one_page_files'], 'file')} with a NextToken at the"
            " end, one page of more"
        )
    if totals["duplicates"]:
        notes.append(f"{totals['duplicates']} copies of records merged (same eventID)")
    [(conflicts,)] = connection.execute("SELECT count(*) FROM contradicted").fetchall()
    if conflicts:
        notes.append(
            f"{conflicts} event IDs stand on records with different content: reused, or the log"
            " was altered; all are kept"
        )
    for gap in totals["gaps"][:5]:
        notes.append(
            f"no events from {gap['account']} {gap['region']} between {_short(gap['start'])} and"
            f" {_short(gap['end'])} UTC, longer than its usual pauses"
        )
    if totals["late_files"]:
        notes.append(_late(connection, totals["late_files"]))
    for change in totals["logging_changes"][:5]:
        tried = "" if change["outcome"] == "ok" else " (refused)"
        notes.append(f"logging changed: {change['event_name']}{tried} at {change['event_time']}")
    if totals["writes_only"]:
        notes.append(
            "no read-only events at all: this trail records writes only, so it shows neither"
            " pulls nor registry logins"
        )
    used = "provider = 'aws' AND access_key_id LIKE 'ASIA%'"
    if _any(connection, used) and "us-east-1" not in totals["regions"]:
        notes.append(
            "us-east-1 is not loaded: calls to the global STS endpoint are logged there, so the"
            " start of a session chain may be missing"
        )
    for provider in PROVIDERS:
        notes += provider.unseen(connection)
    return notes


def _late(connection: duckdb.DuckDBPyConnection, count: int) -> str:
    row = connection.execute("SELECT max(delivered - first_event) FROM files WHERE late").fetchone()
    worst = in_words(row[0]) if row else ""
    return (
        f"{some(count, 'file')} delivered late, up to {worst} after the events in them: more may"
        " have come after the evidence was collected"
    )


def _any(connection: duckdb.DuckDBPyConnection, condition: str) -> bool:
    statement = f"SELECT 1 FROM events WHERE {condition} LIMIT 1"  # noqa: S608
    return connection.execute(statement).fetchone() is not None


def _short(iso: str) -> str:
    return iso.replace("T", " ").removesuffix("Z")[:16]


def _list(connection: duckdb.DuckDBPyConnection, sql: str) -> list[str]:
    return [row[0] for row in connection.execute(sql).fetchall()]


def _iso(value: object) -> str | None:
    return f"{value.isoformat()}Z" if value is not None and hasattr(value, "isoformat") else None
