"""How what is made from the events is made, and kept up when an index grows.

Each table says beside its SQL how it is made (`build`), and which of its rows are others when some
events came, went or changed. A growth makes only these anew, by the same code: the few events that
they are made from are put into a temporary table `events`, which stands before the real one, the
build fills temporary tables of the names it always fills, and rows that came out otherwise than
they stand in the index take their place.

    touched (…, sign)   events that came or are otherwise now (+1), or went or were otherwise (-1);
                        without their long texts
    keys (key)          what the rows that are to be made anew are known by
    context (key)       other keys whose events the build has to see for that
    changed_TABLE       rows of a table that went (as they were) or came, for the tables after it
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import duckdb

from queries.index import rows as piecewise
from queries.index.columns import COLUMNS

_LONG = ("request_parameters", "response_elements", "service_event_details", "image_manifest")
_ASIDE = ("error_message", "read_only", "resource_arn", "target", "pushed_via", "issued_arn",
          "repository_name", "layer_digest")  # fmt: skip
_OWN = ("event_key", "file_id", "position", "repository", "merged_into")


def _without(*left: str) -> str:
    names = (*_OWN, *(column.name for column in COLUMNS))
    return ", ".join(name for name in names if name not in left)


_HASHED = 3
"""Columns of a group that say which part it belongs to: reading all of them takes longer."""

SHORT = _without(*_LONG)
"""The columns of `events` without the long texts, and without how many copies there are."""
TOUCHED = _without(*_LONG, *_ASIDE)
"""Those of `touched`: what keys are made of, and what is counted."""


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows of one table."""

    table: str
    unit: str
    """A column: rows that have the same value go and come together. No row that is not `chosen` may
    have such a value."""
    chosen: str = ""
    """Condition for the rows that are to be made anew; by default their unit is a key. It is put to
    the rows in the index and to those that were built, and each finds its own tables."""
    number: str = ""
    """A column that only numbers the rows."""

    @property
    def condition(self) -> str:
        return self.chosen or f"{self.unit} IN (SELECT key FROM keys)"  # noqa: S608


@dataclass(frozen=True, slots=True)
class Derivation:
    """Tables that are made together. All statements find `touched` and `changed_…`."""

    rows: tuple[Rows, ...]
    build: Callable[[duckdb.DuckDBPyConnection], object]
    keys: tuple[str, ...]
    """SELECTs of what was touched, one column each."""
    events: str = "event_key IN (SELECT key FROM keys)"
    """Condition for the events that the build has to see."""
    columns: str = "*"
    """Of the events, those that the build reads."""
    spread: str = ""
    """SELECT of more keys that the keys found so far touch; asked until it finds no others."""
    context: tuple[str, ...] = ()
    """SELECTs that find keys by `keys` and `context`; asked until none finds any more."""
    reads: Mapping[str, str] = field(default_factory=dict)
    """Other tables of which the build is to see only a part, and the condition for that."""
    prepare: Callable[[duckdb.DuckDBPyConnection], None] | None = None
    """Called before keys are asked for; its temporary tables begin with `found_`."""
    stage: str = ""
    """Said to who waits, where something new begins."""

    @property
    def tables(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(rows.table for rows in self.rows))

    def keep_up(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Make the rows anew that `touched` and the changes of earlier tables ask for."""
        if self.prepare is not None:
            self.prepare(connection)
        if _find_keys(connection, self.keys, self.spread):
            _find_context(connection, self.context)
            connection.execute("BEGIN")
            self._renew(connection)
            connection.execute("COMMIT")
            connection.execute("DROP TABLE context")
        connection.execute("DROP TABLE keys")

    def _renew(self, connection: duckdb.DuckDBPyConnection) -> None:
        counts = [
            _created(
                connection,
                f"CREATE TEMP TABLE before_{number} AS"  # noqa: S608 - constants
                f" SELECT * FROM {rows.table} WHERE {rows.condition}",
            )
            for number, rows in enumerate(self.rows)
        ]
        real = _real(connection)
        # Which events, by their few columns that are asked for; then all that is wanted of these.
        chosen = f"event_key IN (SELECT event_key FROM events WHERE {self.events})"  # noqa: S608
        seen = {"events": (self.columns, chosen)}
        seen |= {table: ("*", condition) for table, condition in self.reads.items()}
        for table, (columns, condition) in seen.items():
            connection.execute(
                f"CREATE TEMP TABLE part_of_{table} AS SELECT {columns} FROM {table}"  # noqa: S608
                f" WHERE {condition}"
            )
        for table in seen:
            connection.execute(f"ALTER TABLE part_of_{table} RENAME TO {table}")
        for table in self.tables:
            connection.execute(
                f"CREATE TEMP TABLE {table} AS SELECT * FROM {real}.{table} LIMIT 0"  # noqa: S608
            )
        self.build(connection)
        for number, rows in enumerate(self.rows):
            counts[number] += _created(
                connection,
                f"CREATE TEMP TABLE after_{number} AS"  # noqa: S608
                f" SELECT * FROM {rows.table} WHERE {rows.condition}",
            )
        for table in (*seen, *self.tables):
            connection.execute(f"DROP TABLE temp.{table}")
        for number, rows in enumerate(self.rows):
            if counts[number]:
                _replace(connection, number, rows)
            connection.execute(f"DROP TABLE before_{number}; DROP TABLE after_{number}")


def _created(connection: duckdb.DuckDBPyConnection, statement: str) -> int:
    """Run a CREATE TABLE … AS; returns how many rows it has."""
    row = connection.execute(statement).fetchone()
    return int(row[0]) if row else 0


def _real(connection: duckdb.DuckDBPyConnection) -> str:
    """What to put before the name of a table to mean the one of the index."""
    row = connection.execute("SELECT current_database()").fetchone()
    name = str(row[0]).replace('"', '""') if row else ""
    return f'"{name}".main'


def _find_keys(connection: duckdb.DuckDBPyConnection, selects: Sequence[str], spread: str) -> bool:
    """Fill `keys`; returns whether there are any."""
    asked = " UNION ".join(f"({select})" for select in selects)
    connection.execute(
        f"CREATE TEMP TABLE keys AS SELECT t.key FROM ({asked}) AS t(key)"  # noqa: S608
        " WHERE t.key IS NOT NULL"
    )
    if spread:
        while _add(connection, "keys", spread, ("keys",)):
            pass
    row = connection.execute("SELECT count(*) FROM keys").fetchone()
    return bool(row and row[0])


def _find_context(connection: duckdb.DuckDBPyConnection, selects: Sequence[str]) -> None:
    connection.execute("CREATE TEMP TABLE context AS SELECT key FROM keys LIMIT 0")
    while sum(_add(connection, "context", select, ("keys", "context")) for select in selects):
        pass


def _add(
    connection: duckdb.DuckDBPyConnection, table: str, select: str, known: Sequence[str]
) -> int:
    """Add the keys of a SELECT that are in none of some tables; returns how many these were."""
    new = " AND ".join(f"t.key NOT IN (SELECT key FROM {name})" for name in known)  # noqa: S608
    row = connection.execute(
        f"INSERT INTO {table} SELECT DISTINCT t.key FROM ({select}) AS t(key)"  # noqa: S608
        f" WHERE t.key IS NOT NULL AND {new}"
    ).fetchone()
    return int(row[0]) if row else 0


def _replace(connection: duckdb.DuckDBPyConnection, number: int, rows: Rows) -> None:
    """Put the units that came out otherwise (`after_N`) in the place of what stands there
    (`before_N`), and both into `changed_TABLE`. What is the same is not written."""
    table, unit = rows.table, rows.unit
    content = f"* EXCLUDE ({rows.number})" if rows.number else "*"
    counted = (
        f"SELECT {unit}, hash(r) AS content, {n} AS n"  # noqa: S608
        f" FROM (SELECT {content} FROM {name}_{number}) AS r"
        for name, n in (("before", -1), ("after", 1))
    )
    units = _created(
        connection,
        f"CREATE TEMP TABLE units AS SELECT DISTINCT {unit} FROM ("  # noqa: S608
        f" SELECT {unit} FROM ({' UNION ALL '.join(counted)})"
        f" GROUP BY {unit}, content HAVING sum(n) <> 0)",
    )
    if units:
        mine = f"WHERE {unit} IN (SELECT {unit} FROM units)"  # noqa: S608
        numbered = ""
        if rows.number:
            numbered = (
                f" REPLACE ((SELECT coalesce(max({rows.number}), 0) FROM {table})"  # noqa: S608
                f" + row_number() OVER (ORDER BY {rows.number}) AS {rows.number})"
            )
        connection.execute(
            f"INSERT INTO changed_{table} SELECT * FROM before_{number} {mine}"  # noqa: S608
            f" UNION ALL SELECT * FROM after_{number} {mine};"
            f" DELETE FROM {table} {mine};"
            f" INSERT INTO {table} SELECT *{numbered} FROM after_{number} {mine}"
        )
    connection.execute("DROP TABLE units")


@dataclass(frozen=True, slots=True)
class Sums:
    """A table of one row for each group of events, whose values add up: what came is added to what
    stands there, and only groups that something went from are counted anew."""

    table: str
    select: str
    """SELECT … FROM {events} … GROUP BY ALL, in the order of the table's columns."""
    groups: tuple[tuple[str, str], ...]
    """Columns that make the group, and their expressions over `events`."""
    added: Mapping[str, str]
    """The other columns, and the aggregate that makes one of two."""
    stage: str = ""

    @property
    def tables(self) -> tuple[str, ...]:
        return (self.table,)

    def build(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Of all events, a part of the groups at a time."""
        [(events,)] = connection.execute("SELECT count(*) FROM events").fetchall()
        parts = 1 + events // piecewise.GROUPED_AT_ONCE
        groups = ", ".join(what for _, what in self.groups[:_HASHED])
        for part in range(parts):
            these = f"(SELECT * FROM events WHERE hash({groups}) % {parts} = {part})"  # noqa: S608
            source = these if parts > 1 else "events"
            connection.execute(f"INSERT INTO {self.table} {self.select.format(events=source)}")

    def keep_up(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Add what was touched."""
        table = self.table
        came = "(SELECT * FROM touched WHERE sign > 0)"
        names = [name for name, _ in self.groups]
        expressions = ", ".join(f"{what} AS of_{name}" for name, what in self.groups)
        connection.execute("BEGIN")
        connection.execute(
            f"CREATE TEMP TABLE more AS SELECT * FROM {table} LIMIT 0;"  # noqa: S608
            f" INSERT INTO more {self.select.format(events=came)};"
            f" CREATE TEMP TABLE fewer AS SELECT DISTINCT {expressions}"
            " FROM touched WHERE sign < 0"
        )

        def lessened(which: str) -> str:
            same = _and(f"f.of_{name} IS NOT DISTINCT FROM {which}.{name}" for name in names)
            return f"EXISTS (SELECT 1 FROM fewer AS f WHERE {same})"  # noqa: S608

        def added(which: str) -> str:
            same = _and(f"m.{name} IS NOT DISTINCT FROM {which}.{name}" for name in names)
            return f"EXISTS (SELECT 1 FROM more AS m WHERE {same})"  # noqa: S608

        row = connection.execute("SELECT count(*) FROM fewer").fetchone()
        if row and row[0]:
            again = _and(f"f.of_{name} IS NOT DISTINCT FROM ({what})" for name, what in self.groups)
            part = f"(SELECT * FROM events WHERE EXISTS (SELECT 1 FROM fewer AS f WHERE {again}))"  # noqa: S608
            connection.execute(
                f"DELETE FROM more WHERE {lessened('more')};"  # noqa: S608
                f" DELETE FROM {table} WHERE {lessened(table)};"
                f" INSERT INTO more {self.select.format(events=part)}"
            )
        together = ", ".join(f"{how}({name}) AS {name}" for name, how in self.added.items())
        connection.execute(
            "CREATE TEMP TABLE stood AS SELECT t.rowid AS place, t.*"  # noqa: S608
            f" FROM {table} AS t WHERE {added('t')};"
            f" DELETE FROM {table} WHERE rowid IN (SELECT place FROM stood);"
            f" INSERT INTO {table} BY NAME SELECT {', '.join(names)}, {together}"
            " FROM (FROM more UNION ALL SELECT * EXCLUDE (place) FROM stood) GROUP BY ALL;"
            " DROP TABLE more; DROP TABLE fewer; DROP TABLE stood"
        )
        connection.execute("COMMIT")


def _and(conditions: Iterable[str]) -> str:
    return " AND ".join(conditions)
