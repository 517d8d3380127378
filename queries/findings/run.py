"""Run the rules over a case."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import duckdb

from queries.case import Case
from queries.errors import Cancelled
from queries.findings.askable import Known, may_ask, what_is_known
from queries.findings.found import Found
from queries.findings.look_up import LOOKED_UP, LookedUp, look_up, rows_of
from queries.findings.model import FAILED, OFF, RAN, UNKNOWN, WITHOUT, Finding, RuleRun
from queries.findings.relations import ORDER, create_relations, script
from queries.findings.rules import SEVERITIES, Refused, Rule
from queries.findings.settings import Settings
from queries.findings.stories import tell
from queries.findings.wording import why
from queries.progress import CancelToken
from queries.question import literal

MOST_EVENTS = 500
"""Events kept with one finding; their number is always told."""

_PARAMETER = re.compile(r"\$([a-z_]+)")
Heard = Callable[[str, int, int], None]
"""Hears what is being done, how many steps are done, and of how many."""


def find(
    case: Case,
    settings: Settings,
    cancel: CancelToken | None = None,
    heard: Heard = lambda what, done, total: None,
) -> Found:
    """Ask every rule; raises `Cancelled`. A rule that fails says so and stops no other."""
    cancel = cancel or CancelToken()
    cursor = case.connection.cursor()
    cancel.watch(cursor)
    try:
        return _find(case, cursor, settings, cancel, heard)
    except duckdb.InterruptException:
        raise Cancelled("stopped") from None
    finally:
        cancel.release(cursor)
        cursor.close()


def _find(
    case: Case,
    cursor: duckdb.DuckDBPyConnection,
    settings: Settings,
    cancel: CancelToken,
    heard: Heard,
) -> Found:
    total = len(ORDER) + len(settings.rules)
    done = 0

    def step(what: str) -> None:
        nonlocal done
        if cancel.cancelled:
            raise Cancelled("stopped")
        done += 1
        heard(what, done, total)

    try:
        failed = create_relations(
            cursor, settings.common, listed_of(case, settings), gaps_of(case), made=step
        )
        known = what_is_known(cursor, failed)
        findings: list[Finding] = []
        runs = [_not_asked(refused) for refused in settings.refused]
        looked_up = look_up(case, cursor, settings, cancel)
        for rule in settings.rules:
            found, run = _ask(cursor, rule, settings, known, looked_up)
            findings += found
            runs.append(run)
            step(rule.id)
        stories = tell(findings, timedelta(hours=settings.story_gap_hours))
        return Found(stories, runs, settings, _events_of(cursor, findings))
    finally:
        _drop(cursor)


def _drop(cursor: duckdb.DuckDBPyConnection) -> None:
    """Temporary tables would stay with the cursor's connection for as long as the case is open."""
    try:
        for name in (*ORDER, "listed", "gaps", "hits", LOOKED_UP):
            cursor.execute(f"DROP TABLE IF EXISTS temp.{name}")
    except duckdb.Error:
        return


# --- what the rules are given --------------------------------------------------------------------


def listed_of(case: Case, settings: Settings) -> list[tuple[str, str]]:
    """The configuration's lists as rows of `listed`; patterns are matched against who is there."""
    own = sorted({span["account"] for span in case.totals["coverage"]} - {"?"})
    rows = [("own account", account) for account in own]
    rows += [("account", value) for value in settings.accounts]
    rows += [("region", value) for value in settings.regions]
    rows += [("digest", value) for value in sorted(settings.digests)]
    if settings.principals or settings.automation:
        actors = _actors(case)
        for kind, patterns in (
            ("principal", settings.principals),
            ("automation", settings.automation),
        ):
            match = _matcher(patterns)
            rows += sorted({(kind, actor) for actor, names in actors if any(map(match, names))})
    if settings.networks:
        rows += [("address", address) for address in _addresses_in(case, settings)]
    return rows


def _actors(case: Case) -> list[tuple[str, tuple[str, ...]]]:
    from queries.findings.relations import relation_sql

    cursor = case.connection.cursor()
    try:
        cursor.execute(relation_sql("macros"))
        rows = cursor.execute(
            """
            SELECT DISTINCT actor_of(s.origin, e.identity_arn),
              coalesce(s.origin, e.principal), e.identity_arn
            FROM events AS e LEFT JOIN sessions AS s ON s.access_key_id = e.access_key_id
            WHERE e.registry_action IS NOT NULL
            """
        ).fetchall()
    finally:
        cursor.close()
    return [(row[0], tuple(name for name in row if name)) for row in rows if row[0]]


def _matcher(patterns: Sequence[str]) -> Callable[[str], bool]:
    """Whether a text is one of the patterns, in which `*` stands for anything."""
    if not patterns:
        return lambda text: False
    parts = (".*".join(map(re.escape, pattern.split("*"))) for pattern in patterns)
    whole = re.compile("|".join(parts), re.DOTALL)
    return lambda text: whole.fullmatch(text) is not None


def _addresses_in(case: Case, settings: Settings) -> list[str]:
    import ipaddress

    rows = case.ask(
        "SELECT DISTINCT source_ip_address FROM events WHERE source_ip_address IS NOT NULL"
    ).rows
    found = []
    for (text,) in rows:
        try:
            address = ipaddress.ip_address(text)
        except ValueError:
            continue
        if any(address in network for network in settings.networks):
            found.append(text)
    return sorted(found)


def gaps_of(case: Case) -> list[tuple[str, str, int, int]]:
    """The silences of the evidence as rows of `gaps`, in seconds."""
    return [
        (gap["account"], gap["region"], _second(gap["start"]), _second(gap["end"]))
        for gap in case.totals["gaps"]
    ]


def _second(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())


# --- asking --------------------------------------------------------------------------------------


def _not_asked(refused: Refused) -> RuleRun:
    """A rule of the user's that could not be read, or is about other logs."""
    rule = Rule(refused.id, refused.id, "", "info", "", (), "", "", "", source=refused.why)
    return RuleRun(rule, WITHOUT if refused.foreign else FAILED, note=refused.why)


def _ask(
    cursor: duckdb.DuckDBPyConnection,
    rule: Rule,
    settings: Settings,
    known: Known,
    looked_up: Mapping[str, LookedUp],
) -> tuple[list[Finding], RuleRun]:
    if rule.id in settings.off:
        return [], RuleRun(rule, OFF, note="switched off in the configuration")
    status, note = may_ask(rule, settings, known)
    if status != RAN:
        return [], RuleRun(rule, status, note=note)
    unknown = "the hours before are not covered, or reads are missing"
    try:
        if rule.id in looked_up:
            rows, unknown = looked_up[rule.id].rows(cursor)
        else:
            rows = rows_of(cursor, rule, settings)
    except duckdb.InterruptException:
        raise
    except duckdb.Error as error:
        said = str(error).strip().splitlines()[0]
        place = f"{rule.source}: " if rule.values else ""
        return [], RuleRun(rule, FAILED, note=f"{place}could not be run: {said}")
    if rows and rows[0].get("matched", 0) > len(rows):
        left = rows[0]["matched"] - len(rows)
        note = f"{left:,} more events match than are listed{f'; {note}' if note else ''}"
    unsure = [row for row in rows if row.get("unknown")]
    found = _findings(rule, settings, [row for row in rows if not row.get("unknown")])
    run = RuleRun(rule, RAN, len(found), len(_grouped(unsure)), note)
    if unsure:
        run.note = f"unknown for {run.unknown}: {unknown}{f'; {note}' if note else ''}"
        if not found:
            run.status = UNKNOWN
    return found, run


def _findings(rule: Rule, settings: Settings, rows: list[dict[str, Any]]) -> list[Finding]:
    return [_finding(rule, settings, group) for group in _grouped(rows)]


def _grouped(rows: list[dict[str, Any]]) -> list[list[dict[str, Any]]]:
    """Rows of one `finding_key` are one finding, its first event in front; rows without are one
    each."""
    groups: dict[object, list[dict[str, Any]]] = {}
    for number, row in enumerate(rows):
        key = row.get("finding_key")
        groups.setdefault(number if key is None else f"={key}", []).append(row)
    for group in groups.values():
        group.sort(key=lambda row: (row["event_time"] or datetime.max, row["event_key"]))
    return list(groups.values())


def _finding(rule: Rule, settings: Settings, rows: list[dict[str, Any]]) -> Finding:
    # The worst row speaks for the finding, the first of these.
    first = min(rows, key=lambda row: _rank(rule, row))
    keys: dict[int, None] = {}
    for row in rows:
        for name, value in row.items():
            if (name == "event_key" or name.endswith("_event")) and value is not None:
                keys[int(value)] = None
    values: dict[str, Any] = {**first, "events": len(keys)}
    return Finding(
        rule,
        settings.severity_of(rule) or SEVERITIES[_rank(rule, first)],
        rows[0]["event_time"],
        _text(first.get("repository")),
        _text(first.get("principal")),
        _text(first.get("origin")),
        _text(first.get("image_tag")),
        _text(first.get("image_digest")),
        first.get("push_key"),
        why(rule.why, values),
        list(keys),
        first,
    )


def _rank(rule: Rule, row: Mapping[str, Any]) -> int:
    said = row.get("severity")
    return SEVERITIES.index(said if said in SEVERITIES else rule.severity)


def _text(value: object) -> str | None:
    return None if value is None else str(value)


_EVENTS = """
SELECT h.finding_id, e.event_key, e.event_time, e.event_source, e.event_name, e.target, e.is_write,
  e.outcome, e.error_code, e.error_message, e.principal, e.access_key_id, e.source_ip_address,
  e.user_agent, e.aws_region, e.recipient_account_id, e.event_id
FROM hits AS h JOIN events AS e ON e.event_key = h.event_key
ORDER BY h.finding_id, e.event_time NULLS LAST, e.event_key
"""


def _events_of(
    cursor: duckdb.DuckDBPyConnection, findings: list[Finding]
) -> dict[int, list[tuple[Any, ...]]]:
    """The events behind each finding (by its identity), with what a list of events shows."""
    pairs = [(at, key) for at, f in enumerate(findings) for key in f.event_keys[:MOST_EVENTS]]
    cursor.execute("CREATE TEMP TABLE hits (finding_id BIGINT, event_key BIGINT)")
    if pairs:
        cursor.execute(
            "INSERT INTO hits SELECT unnest($findings::BIGINT[]), unnest($events::BIGINT[])",
            {"findings": [at for at, _ in pairs], "events": [key for _, key in pairs]},
        )
    found: dict[int, list[tuple[Any, ...]]] = {}
    for row in cursor.execute(_EVENTS).fetchall():
        found.setdefault(id(findings[row[0]]), []).append(row[1:])
    return found


# --- as text -------------------------------------------------------------------------------------


def rules_script(case: Case, settings: Settings, rules: Sequence[Rule]) -> str:
    """The statements of some rules for the duckdb shell, with the relations they read in front."""
    text = "-- relations that the rules read\n"
    text += script(settings.common, listed_of(case, settings), gaps_of(case), literal)
    for rule in rules:
        values = settings.values_of(rule)
        sql = _PARAMETER.sub(
            lambda found, values=values: literal(values[found[1]]),  # type: ignore[misc]
            rule.sql,
        )
        text += f"\n\n-- {rule.id}: {rule.title}\n{sql};\n"
    return text
