"""Opening a converted folder as a case, with the engine that was chosen."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from queries.converted.layout import SCHEMA_FILE
from queries.engines.extent import Extent
from queries.errors import InvestigationError

if TYPE_CHECKING:
    from queries.case import Case
    from queries.engines.base import Engine
    from queries.progress import CancelToken, Progress

DUCKDB, SPARK, ATHENA = ENGINES = ("duckdb", "spark", "athena")
ELSEWHERE = frozenset({SPARK, ATHENA})
IN_ATHENA = "athena://"
"""How a database of Athena's is named where a folder would be."""
"""Engines that must be told what they may read."""


@dataclass(frozen=True, slots=True)
class Choice:
    """What is opened, and with what. `settings` are the engine's own, such as an address."""

    engine: str
    folder: str
    extent: Extent = field(default_factory=Extent)
    settings: dict[str, Any] = field(default_factory=dict)


def is_converted(path: str) -> bool:
    """Whether a path of this machine is a folder that `convert` wrote."""
    try:
        said = json.loads((Path(path).expanduser() / SCHEMA_FILE).read_text(encoding="utf-8"))
        return bool(said["written_by"] == "ecr-investigate")
    except (OSError, ValueError, KeyError, TypeError):
        return False


def _duckdb(choice: Choice) -> Engine:
    from queries.engines.duckdb import DuckDBEngine

    return DuckDBEngine(Path(choice.folder).expanduser(), choice.extent)


def _spark(choice: Choice, progress: Progress | None, cancel: CancelToken | None) -> Engine:
    """Over a converted folder or over a trail: what lies elsewhere, only the server can tell."""
    from queries.engines.spark import SparkEngine, is_there
    from queries.engines.spark_session import SparkSession
    from queries.engines.trail import TrailEngine

    session = SparkSession(choice.settings["address"])
    try:
        elsewhere = "://" in choice.folder
        if is_converted(choice.folder) or (elsewhere and is_there(session, choice.folder)):
            return SparkEngine("", choice.folder, choice.extent, session)
        return TrailEngine(session, choice.folder, choice.extent, progress, cancel)
    except BaseException:
        session.close()
        raise


def _athena(choice: Choice) -> Engine:
    from queries.engines.athena import AthenaEngine

    ready: Engine | None = choice.settings.get("ready")
    return ready or AthenaEngine(choice.settings["options"], choice.extent)


_OPEN: dict[str, Callable[[Choice], Engine]] = {DUCKDB: _duckdb, ATHENA: _athena}


def open_engine_case(
    choice: Choice,
    *,
    whole: bool = True,
    progress: Progress | None = None,
    cancel: CancelToken | None = None,
) -> Case:
    """The folder as a case. Raises `WrongUsage` and `InvestigationError` as the engines do.

    Not `whole`: of a trail, totals about pushes and the like are made when somebody wants them.
    `progress` and `cancel` are for a trail, which is read when it is opened; stopping it raises
    `Cancelled`.
    """
    from queries.engines.case import EngineCase
    from queries.marks.keeper import Marks
    from queries.marks.store import journal_of_evidence

    if choice.engine == SPARK:
        engine = _spark(choice, progress, cancel)
    else:
        engine = _OPEN[choice.engine](choice)
    try:
        case = EngineCase(engine, choice.folder)
        of_trail = getattr(engine, "totals_of", None)
        case.totals = of_trail(whole=whole) if of_trail else _totals(engine)
    except BaseException:
        engine.close()
        raise
    where = choice.folder if "://" in choice.folder else str(Path(choice.folder).absolute())
    return case.with_marks(Marks(journal_of_evidence({"paths": [where]})))


def _totals(engine: Engine) -> dict[str, Any]:
    """The totals of the folder; what can be counted within the extent is that of the extent."""
    rows = engine.ask('SELECT "value" FROM meta WHERE "key" = \'totals\'').rows
    if not rows:
        raise InvestigationError("the folder says nothing about its totals; convert it again")
    totals: dict[str, Any] = json.loads(rows[0][0])
    extent = engine.extent
    if extent == Extent():
        return totals
    [counted] = engine.ask(_EVENTS).dicts()
    [pushed] = engine.ask(_PUSHES).dicts()
    places = engine.ask(_PLACES).rows
    totals.update({name: int(value or 0) for name, value in counted.items() if name in totals})
    totals.update({name: int(value or 0) for name, value in pushed.items()})
    totals["window"] = {
        end: f"{counted[end].isoformat()}Z" if counted[end] is not None else None
        for end in ("first", "last")
    }
    totals["accounts"] = sorted({row[0] for row in places if row[0]})
    totals["regions"] = sorted({row[1] for row in places if row[1]})
    totals["repositories"] = [row[0] for row in engine.ask(_REPOSITORIES).rows]
    known = {(row[0] or "?", row[1] or "?") for row in places}
    for name in ("coverage", "gaps"):
        totals[name] = [
            entry for entry in totals[name] if (entry["account"], entry["region"]) in known
        ]
    said = (
        f"only {extent.words} are asked; files, gaps and notes are those of all that was converted"
    )
    totals["notes"] = [said, *totals["notes"]]
    return totals


_EVENTS = """
SELECT sum(events) AS events, sum(CASE WHEN merged THEN events ELSE 0 END) AS merged_records,
  min(first_seen) AS first, max(last_seen) AS last
FROM actors
"""
_PLACES = "SELECT DISTINCT recipient_account_id, aws_region FROM actors"
_PUSHES = """
SELECT
  sum(CASE WHEN outcome IN ('ok', 'incomplete') THEN records ELSE 0 END) AS put_image,
  sum(CASE WHEN outcome = 'ok' AND made_by = 'person' THEN 1 ELSE 0 END) AS pushes,
  sum(CASE WHEN outcome IN ('failed', 'denied') THEN 1 ELSE 0 END) AS failed_pushes,
  sum(CASE WHEN outcome = 'incomplete' THEN 1 ELSE 0 END) AS incomplete_pushes,
  sum(CASE WHEN outcome = 'ok' AND made_by <> 'person' THEN 1 ELSE 0 END) AS service_images,
  count(DISTINCT CASE WHEN outcome = 'ok' THEN image_digest END) AS images
FROM pushes
"""
_REPOSITORIES = """
SELECT DISTINCT repository FROM registry_events WHERE repository IS NOT NULL ORDER BY repository
"""
