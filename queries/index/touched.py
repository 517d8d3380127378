"""What becomes of the events when an index grows: copies are merged with what was there, records of
one act are joined, and it is written down which events came, went, or are otherwise now.

    was             events as they were before, of those that may become others
    reopened        event ids whose copies are compared again
    touched         see `queries.index.derivation`

These are temporary tables: what is not finished leaves nothing behind.
"""

from __future__ import annotations

import duckdb

from queries.database import drop_temporary
from queries.index.derivation import TOUCHED
from queries.index.identifiers import EVENT_ID, same_id
from queries.index.merge import join_events, links, merge_copies, take_apart
from queries.index.unjoined import JOINED

_CONTENT = f"hash(merged_into, {', '.join(JOINED)})"
"""Nothing else of an event ever changes."""
_ID = ", ".join(EVENT_ID)
_HAS_ID = f"({' OR '.join(f'e.{name} IS NOT NULL' for name in EVENT_ID)})"


def _among(table: str) -> str:
    """Condition that a table of event ids has that of `e`."""
    return f"EXISTS (SELECT 1 FROM {table} AS i WHERE {same_id('e', 'i')})"  # noqa: S608


class Touched:
    """The events of an index that grows."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection
        self._came = "FALSE"
        connection.execute(
            f"CREATE TEMP TABLE was AS SELECT {TOUCHED}, {_CONTENT} AS content FROM events LIMIT 0;"  # noqa: S608
            f" CREATE TEMP TABLE reopened AS SELECT {_ID} FROM events LIMIT 0"
        )

    def reopen(self, condition: str) -> None:
        """Take apart the copies of the events for which a condition is true, and note these
        events: some of them are about to go."""
        found = self._find_newly(condition)
        self._note(f"({condition} OR {_among('newly')})")
        if found:
            self._take_apart()
        self._connection.execute("DROP TABLE newly")

    def _find_newly(self, condition: str) -> int:
        """Fill `newly` with the event ids that have to be reopened; returns how many these are."""
        row = self._connection.execute(
            f"CREATE TEMP TABLE newly AS SELECT DISTINCT {_ID} FROM events AS e"  # noqa: S608
            f" WHERE ({condition}) AND {_HAS_ID} AND NOT {_among('reopened')}"
        ).fetchone()
        return int(row[0]) if row else 0

    def _take_apart(self) -> None:
        self._connection.execute("INSERT INTO reopened FROM newly")
        take_apart(self._connection, "newly")

    def merge(self, came: str) -> None:
        """Merge the copies among the events that came (a condition), and whatever was reopened."""
        self._came = came
        self._connection.execute(
            f"CREATE TEMP TABLE came AS SELECT DISTINCT {_ID} FROM events AS e"  # noqa: S608
            f" WHERE {came} AND {_HAS_ID}"
        )
        if self._find_newly(f"NOT ({came}) AND {_among('came')}"):
            self._note(_among("newly"))
            self._take_apart()
        self._connection.execute("DROP TABLE newly")
        self._connection.execute(
            f"INSERT INTO reopened SELECT {_ID} FROM came AS e"  # noqa: S608
            f" WHERE NOT {_among('reopened')}; DROP TABLE came"
        )
        merge_copies(self._connection, "reopened")

    def join(self) -> None:
        """Join anew the events that have something in common with what came, went or was reopened;
        then fill `touched`."""
        came = f"({self._came} OR {_among('reopened')})"
        if self._find_linked(came):
            self._note("event_key IN (SELECT event_key FROM joining)")
            self._join()
        self._connection.execute(
            f"CREATE TEMP TABLE other AS SELECT w.event_key FROM was AS w LEFT JOIN ("  # noqa: S608
            f"  SELECT event_key, {_CONTENT} AS content FROM events"
            "   WHERE event_key IN (SELECT event_key FROM was)"
            ") AS n ON n.event_key = w.event_key WHERE n.content IS DISTINCT FROM w.content;"
            f" CREATE TEMP TABLE touched AS SELECT {TOUCHED}, 1 AS sign FROM events"
            " WHERE event_key IN (SELECT event_key FROM events AS e"
            f"  WHERE {came} AND event_key NOT IN (SELECT event_key FROM was)"
            "   UNION ALL SELECT event_key FROM other)"
            f" UNION ALL SELECT {TOUCHED}, -1 FROM was"
            " WHERE event_key IN (SELECT event_key FROM other);"
            " DELETE FROM unjoined WHERE event_key IN (SELECT event_key FROM other"
            "  WHERE event_key NOT IN (SELECT event_key FROM touched WHERE sign > 0));"
            " DROP TABLE other"
        )

    def done(self) -> None:
        """Drop all temporary tables."""
        drop_temporary(self._connection)

    def _note(self, condition: str) -> None:
        """Keep how events are that may become others: of those that were there before, so neither
        what came nor copies that were taken apart."""
        self._connection.execute(
            f"INSERT INTO was SELECT {TOUCHED}, {_CONTENT} FROM events WHERE event_key IN ("  # noqa: S608
            f" SELECT event_key FROM events AS e WHERE {condition} AND NOT ({self._came})"
            " AND event_key NOT IN (SELECT event_key FROM was)"
            f" AND NOT {_among('reopened')})"
        )

    def _find_linked(self, came: str) -> int:
        """Fill `joining` with all events that are linked to what came, directly or through others;
        returns how many there are."""
        execute = self._connection.execute
        execute(
            "CREATE TEMP TABLE joining (event_key BIGINT); CREATE TEMP TABLE linked (link VARCHAR)"
        )
        execute(
            "INSERT INTO joining SELECT DISTINCT event_key"  # noqa: S608
            f" FROM ({links(f'(SELECT {TOUCHED} FROM events AS e WHERE {came})')})"  # noqa: S608
        )
        execute(f"INSERT INTO linked SELECT DISTINCT link FROM ({links('was')})")  # noqa: S608
        joining = (
            f"(SELECT {TOUCHED} FROM events WHERE event_key IN (SELECT event_key FROM joining))"  # noqa: S608
        )
        while True:
            execute(
                f"INSERT INTO linked SELECT DISTINCT link FROM ({links(joining)})"  # noqa: S608
                " WHERE link NOT IN (SELECT link FROM linked)"
            )
            row = execute(
                f"INSERT INTO joining SELECT DISTINCT event_key FROM ({links('events')})"  # noqa: S608
                " WHERE link IN (SELECT link FROM linked)"
                " AND event_key NOT IN (SELECT event_key FROM joining)"
            ).fetchone()
            if not row or not row[0]:
                break
        row = execute("SELECT count(*) FROM joining").fetchone()
        return int(row[0]) if row else 0

    def _join(self) -> None:
        """Join the events of `joining` as if there were no others, and write what came out
        otherwise."""
        execute = self._connection.execute
        restored = ", ".join(
            f"CASE WHEN u.event_key IS NULL THEN e.{name} ELSE u.{name} END AS {name}"
            for name in JOINED
        )
        execute(
            "CREATE TEMP TABLE joined AS"  # noqa: S608
            f" SELECT e.* REPLACE ({restored}, NULL::BIGINT AS merged_into)"
            " FROM events AS e LEFT JOIN unjoined AS u ON u.event_key = e.event_key"
            " WHERE e.event_key IN (SELECT event_key FROM joining);"
            " CREATE TEMP TABLE as_read AS SELECT * FROM unjoined LIMIT 0;"
            " ALTER TABLE joined RENAME TO events; ALTER TABLE as_read RENAME TO unjoined"
        )
        join_events(self._connection)
        execute(
            "ALTER TABLE temp.events RENAME TO joined; ALTER TABLE temp.unjoined RENAME TO as_read"
        )
        for columns in (("merged_into",), JOINED):
            changes = ", ".join(f"{name} = j.{name}" for name in columns)
            other = " OR ".join(f"e.{name} IS DISTINCT FROM j.{name}" for name in columns)
            execute(
                f"UPDATE events SET {changes} FROM ("  # noqa: S608
                " SELECT j.* FROM joined AS j JOIN events AS e ON e.event_key = j.event_key"
                f" WHERE {other}) AS j WHERE events.event_key = j.event_key"
            )
        execute(
            "DELETE FROM unjoined WHERE event_key IN (SELECT event_key FROM joining);"
            " INSERT INTO unjoined SELECT * FROM as_read; DROP TABLE joined; DROP TABLE as_read"
        )
