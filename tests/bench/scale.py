"""`python -m tests.bench.scale`: the rates that docs/scale.md reckons with, per million events.

Bytes and CPU seconds only: they hold on a machine that others use too.
"""

from __future__ import annotations

import argparse
import gzip
import resource
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import sqlglot
from sqlglot import exp
from sqlglot.optimizer.qualify import qualify
from sqlglot.optimizer.scope import traverse_scope

from queries.case import open_case
from queries.catalogue import names
from queries.convert import convert
from queries.converted.layout import IN_PARTITIONS, RELATIONS
from queries.engines.duckdb import DuckDBEngine
from queries.progress import CancelToken, Progress
from queries.question import Order, ask_for
from tests.bench.generate import evidence_folder, generate
from tests.subset.texts import columns_of, for_spark, written

_MILLION = 1_000_000


def main() -> None:
    """Generate, read, convert and ask; print a line for each figure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("/var/tmp/ecr-investigate-scale"))
    parser.add_argument("--events", type=int, default=200_000)
    options = parser.parse_args()
    options.data.mkdir(parents=True, exist_ok=True)
    files = generate(options.data, options.events)
    stored = sum(path.stat().st_size for path in files)
    some = files[:5]
    part = sum(path.stat().st_size for path in some)
    unpacked = sum(len(gzip.decompress(path.read_bytes())) for path in some)
    _say("gzip, bytes an event", stored / options.events)
    _say("JSON, bytes an event", stored / options.events * unpacked / part)
    converted = _convert(options.data, options.events)
    sizes = _sizes(converted)
    for relation in RELATIONS:
        total = sum(size for (of, _), size in sizes.items() if of == relation)
        _say(f"Parquet, {relation}, bytes an event", total / options.events)
    schema = columns_of("")
    for name in names():
        read = sum(sizes.get(column, 0) for column in _columns(written(name), schema))
        _say(f"columns that {name} may read, bytes an event", read / options.events)
    _ask(converted, options.events)


def _say(what: str, value: float) -> None:
    print(f"{value:12.3f}  {what}", flush=True)


def _cpu(work: Callable[[], Any]) -> float:
    """CPU seconds of this process, its threads included."""

    def used() -> float:
        usage = resource.getrusage(resource.RUSAGE_SELF)
        return usage.ru_utime + usage.ru_stime

    before = used()
    work()
    return used() - before


def _convert(data: Path, events: int) -> Path:
    index, converted = data / f"{events}.case", data / f"converted-{events}"
    index.unlink(missing_ok=True)
    opened: list[Any] = []
    evidence = str(evidence_folder(data, events))
    spent = _cpu(lambda: opened.append(open_case([evidence], case_file=index)))
    _say("index, CPU s a million", spent / events * _MILLION)
    with opened[0] as case:
        if not converted.exists():
            spent = _cpu(lambda: convert(case, converted, Progress(), CancelToken()))
            _say("convert after that, CPU s a million", spent / events * _MILLION)
    _say("index, bytes an event", index.stat().st_size / events)
    return converted


def _sizes(converted: Path) -> dict[tuple[str, str], int]:
    """Relation and column → bytes in the Parquet files."""
    found: dict[tuple[str, str], int] = {}
    for relation in RELATIONS:
        places = "*/*/*/*" if relation in IN_PARTITIONS else "*"
        rows = duckdb.execute(
            "SELECT path_in_schema, sum(total_compressed_size) FROM parquet_metadata($files)"
            " GROUP BY 1",
            {"files": f"{converted}/{relation}/{places}.parquet"},
        ).fetchall()
        found |= {(relation, name.split(",")[0]): int(size) for name, size in rows}
    return found


def _columns(sql: str, schema: dict[str, dict[str, str]]) -> set[tuple[str, str]]:
    """Which columns of which relation a statement names: the most that it can read."""
    tree = qualify(sqlglot.parse_one(for_spark(sql), read="duckdb"), schema=dict(schema))
    used = set()
    for scope in traverse_scope(tree):
        for column in scope.columns:
            source = scope.sources.get(column.table)
            if isinstance(source, exp.Table):
                used.add((source.name, column.name))
    for relation, name in list(used):
        if relation == "registry_events":
            used |= {("events", name), ("events", "registry_action"), ("events", "merged_into")}
        elif relation == "called":
            used |= {("events", _OF_CALLED.get(name, name))}
    return used


_OF_CALLED = {
    "merged": "merged_into",
    "events": "merged_into",
    "first_seen": "event_time",
    "last_seen": "event_time",
    "first_second": "event_second",
    "last_second": "event_second",
}


def _ask(converted: Path, events: int) -> None:
    engine = DuckDBEngine(converted)
    by_weight = "SELECT {0} FROM actors WHERE {0} IS NOT NULL GROUP BY 1 ORDER BY sum(events) DESC"
    [principal] = engine.ask(f"{by_weight.format('identity_arn')} LIMIT 1").rows[0]
    [key] = engine.ask(f"{by_weight.format('access_key_id')} LIMIT 1").rows[0]
    asked = [
        ask_for("activity", scope="key", value=key).with_order(Order("event_time")),
        ask_for("activity_summary", scope="principal", value=principal),
        ask_for("activity_values", scope="principal", value=principal),
        ask_for("value_places", value=key),
        ask_for("session_tree", value=principal),
        ask_for("principals"),
        ask_for("repositories"),
        ask_for("pushes"),
    ]
    for question in asked:
        page = question.with_page(200)

        def once(sql: str = page.sql, bound: dict[str, Any] = page.bound) -> None:
            engine.ask(sql, bound)

        once()
        spent = min(_cpu(once) for _ in range(3))
        name = question.statement.name
        _say(f"DuckDB over Parquet, {name}, CPU s a million", spent / events * _MILLION)
    engine.close()


if __name__ == "__main__":
    main()
