"""Rules: one SQL file each, whose header says what a hit means.

    -- my-rule: the title, as a person would say it
    -- sees: what exactly, in a sentence or two
    -- severity: medium
    -- technique: T1525
    -- needs: pushes, learning
    -- benign when: what would make it harmless
    -- why: {who} pushed {image_tag} to {repository}
    -- least_pushes = 10: how many earlier pushes it takes

After `needs` come names out of NEEDS; the last lines are thresholds, which the statement uses as
`$least_pushes` and the configuration may change. A statement answers one row for each finding, or
several with one `finding_key`; columns whose names end in `event_key` or `_event` are the events
it rests on.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from importlib.resources import files
from pathlib import Path
from string import Formatter
from typing import Any

import duckdb

from queries.database import connect
from queries.errors import WrongUsage
from queries.findings.relations import create_relations
from queries.index.schema import create_tables

SEVERITIES = ("critical", "high", "medium", "low", "info")
"""Worst first."""

NEEDS = {
    "pushes": "pushes in the evidence",
    "reads": "read-only events of the registry (logins, pulls, listings)",
    "manifests": "image manifests, which CloudTrail leaves out when they are large",
    "learning": "a learning window before it, as long as `learning_days`",
    "principals": "a list of principals in the configuration",
    "accounts": "a list of accounts in the configuration",
    "regions": "a list of regions in the configuration",
    "networks": "a list of networks in the configuration",
    "digests": "a list of known-good digests in the configuration",
    "hours": "working hours in the configuration",
    "deployments": "deployments in the evidence",
    "writes": "calls that change something, of any service",
}
"""What a rule may name after `needs`, and what that means."""

COLUMNS = ("event_key", "event_time", "repository", "principal", "origin")
"""What every rule answers with, in any order."""

COMMON = ("learning_days", "habit_pushes", "time_zone", "work_from", "work_until", "work_days")
"""Parameters that every rule may use beside its own thresholds."""

_NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_FIELD = re.compile(r"(sees|severity|technique|needs|benign when|why): *(.*)")
_THRESHOLD = re.compile(r"([a-z][a-z_]*) = ([0-9]+(?:\.[0-9]+)?): *(.*)")
_TECHNIQUE = re.compile(r"T[0-9]{4}(\.[0-9]{3})?")
_PARAMETER = re.compile(r"\$([a-z_]+)")


class RuleError(WrongUsage):
    """A rule file that cannot be used; the message names the file and says why."""


@dataclass(frozen=True, slots=True)
class Threshold:
    """A number that a rule goes by: its value unless the configuration says otherwise."""

    value: float
    means: str


@dataclass(frozen=True)
class Rule:
    """One rule, as its file says."""

    id: str
    title: str
    sees: str
    severity: str
    technique: str
    needs: tuple[str, ...]
    benign_when: str
    why: str
    sql: str
    thresholds: Mapping[str, Threshold] = field(default_factory=dict)
    source: str = ""
    """Where it was read; empty for the rules that come with the program."""
    values: Mapping[str, Any] = field(default_factory=dict)
    """Values bound to the statement that no configuration changes."""
    in_records: str = ""
    """A statement over `looked_up` (event_key, record), for rows that are not `sure`: those events
    may be meant, and only their records tell."""

    @property
    def parameters(self) -> frozenset[str]:
        return frozenset(_PARAMETER.findall(self.sql))


@dataclass(frozen=True, slots=True)
class Refused:
    """A rule of the user's that is not asked, and why, with its file and line. Foreign ones are
    right, but about other logs."""

    id: str
    why: str
    foreign: bool = False


@cache
def built_in_rules() -> tuple[Rule, ...]:
    """The rules that come with the program, sorted by name. Their statements are not checked here,
    which takes a tenth of a second at every start: a test does that."""
    folder = files("queries") / "sql" / "findings"
    found = [
        _read_rule(entry.name[:-4], entry.read_text(encoding="utf-8"), entry.name)
        for entry in folder.iterdir()
        if entry.name.endswith(".sql")
    ]
    return tuple(sorted((replace(rule, source="") for rule in found), key=lambda rule: rule.id))


def load_rules(folders: Iterable[Path] = ()) -> tuple[Rule, ...]:
    """The program's rules and those in the user's folders. Raises `RuleError` for the first file
    that cannot be used."""
    rules = {rule.id: rule for rule in built_in_rules()}
    own: list[Rule] = []
    for folder in folders:
        own += _rules_of(folder)
    for rule in own:
        if rule.id in rules:
            other = rules[rule.id].source or "the program's own rules"
            raise RuleError(f"{rule.source}: {rule.id} is also a rule of {other}; rename the file")
        rules[rule.id] = rule
    if own:
        check_against_tables(own)
    return tuple(sorted(rules.values(), key=lambda rule: rule.id))


def _rules_of(folder: Path) -> list[Rule]:
    try:
        paths = sorted(path for path in folder.iterdir() if path.suffix == ".sql")
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise RuleError(f"{folder}: no folder of rules could be read there ({reason})") from None
    if not paths:
        raise RuleError(f"{folder}: holds no rule; a rule is a file NAME.sql")
    rules = []
    for path in paths:
        try:
            text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise RuleError(f"{path}: cannot be read as text ({error})") from None
        rules.append(parse_rule(path.stem, text, str(path)))
    return rules


def parse_rule(name: str, text: str, source: str) -> Rule:
    """The rule in a file's text, checked. Raises `RuleError` with the line that is wrong."""
    rule = _read_rule(name, text, source)
    _check_statement(rule)
    return rule


def _read_rule(name: str, text: str, source: str) -> Rule:
    if not _NAME.fullmatch(name):
        raise RuleError(
            f"{source}: a rule's file is named in small letters, digits and hyphens,"
            " such as push-at-night.sql"
        )
    from queries.providers.words import with_words

    try:
        text = with_words(text)
    except KeyError as error:
        raise RuleError(f"{source}: {error.args[0]}") from None
    header = _Header(name, source)
    code: list[str] = []
    for number, line in enumerate(text.splitlines(), 1):
        if line.startswith("--") and not code:
            header.line(number, line[2:].strip())
        elif line.strip() or code:
            code.append(line)
    sql = "\n".join(line for line in code if not line.lstrip().startswith("--")).strip()
    return header.rule(sql.rstrip(";").rstrip())


class _Header:
    """Collects the lines of a header; each complaint names its line."""

    def __init__(self, name: str, source: str) -> None:
        self._name, self._source = name, source
        self._fields: dict[str, str] = {}
        self._lines: dict[str, int] = {}
        self._thresholds: dict[str, tuple[float, str]] = {}
        self._last = ""

    def line(self, number: int, text: str) -> None:
        if not self._fields:
            name, colon, title = text.partition(":")
            if not colon or name.strip() != self._name:
                self._fail(number, f"the first line is '-- {self._name}: ' and the title")
            self._put("title", title.strip(), number)
        elif found := _FIELD.fullmatch(text):
            if found[1] in self._fields:
                self._fail(number, f"'{found[1]}' is said twice")
            self._put(found[1], found[2], number)
        elif found := _THRESHOLD.fullmatch(text):
            self._thresholds[found[1]] = (float(found[2]), found[3])
            self._last = f"={found[1]}"
        elif self._last.startswith("="):
            value, means = self._thresholds[self._last[1:]]
            self._thresholds[self._last[1:]] = (value, f"{means} {text}")
        else:
            self._fields[self._last] += f" {text}"

    def _put(self, name: str, text: str, number: int) -> None:
        self._fields[name] = text
        self._lines[name] = number
        self._last = name

    def rule(self, sql: str) -> Rule:
        if not self._fields:
            self._fail(1, f"a rule begins with '-- {self._name}: ' and its title")
        for name in ("title", "sees", "severity", "technique", "needs", "benign when", "why"):
            if not self._fields.get(name, "").strip():
                raise RuleError(f"{self._source}: its header does not say '{name}: …'")
        said = self._fields
        if said["severity"] not in SEVERITIES:
            choices = ", ".join(SEVERITIES)
            self._fail(
                self._lines["severity"], f"severity is one of {choices}, not '{said['severity']}'"
            )
        if not _TECHNIQUE.fullmatch(said["technique"]):
            self._fail(
                self._lines["technique"],
                f"technique is an ATT&CK id such as T1525, not '{said['technique']}'",
            )
        needs = tuple(part.strip() for part in said["needs"].split(",") if part.strip())
        for need in needs:
            if need not in NEEDS:
                known = ", ".join(NEEDS)
                self._fail(self._lines["needs"], f"'{need}' is unknown; needs are {known}")
        thresholds = {n: Threshold(value, means) for n, (value, means) in self._thresholds.items()}
        return Rule(
            self._name,
            said["title"],
            said["sees"],
            said["severity"],
            said["technique"],
            needs,
            said["benign when"],
            said["why"],
            sql,
            thresholds,
            self._source,
        )

    def _fail(self, number: int, what: str) -> None:
        raise RuleError(f"{self._source}, line {number}: {what}")


def _check_statement(rule: Rule) -> None:
    """One SELECT, with parameters that somebody gives."""
    try:
        statements = duckdb.extract_statements(rule.sql)
    except duckdb.Error as error:
        raise RuleError(f"{rule.source}: {_first_line(error)}") from None
    if len(statements) != 1 or statements[0].type != duckdb.StatementType.SELECT:
        raise RuleError(f"{rule.source}: a rule is one SELECT and nothing else")
    given = {*rule.thresholds, *COMMON}
    if unknown := sorted(rule.parameters - given):
        raise RuleError(
            f"{rule.source}: nothing gives ${unknown[0]}; declare it in the header:"
            f" '-- {unknown[0]} = 10: what it means'"
        )
    if unused := sorted(set(rule.thresholds) - rule.parameters):
        raise RuleError(f"{rule.source}: the threshold {unused[0]} is declared and never used")


def check_against_tables(rules: Iterable[Rule]) -> None:
    """Ask every rule about an empty case: tables, columns and parameters must fit. Raises
    `RuleError`."""
    connection = connect(config={"threads": "1"})
    with connection:
        create_tables(connection)
        create_relations(connection)
        connection.execute("SET enable_external_access = false")
        for rule in rules:
            _check_columns(rule, connection)


def _check_columns(rule: Rule, connection: duckdb.DuckDBPyConnection) -> None:
    values: dict[str, object] = {n: t.value for n, t in rule.thresholds.items()}
    values |= {name: DEFAULT_COMMON[name] for name in rule.parameters if name in DEFAULT_COMMON}
    try:
        cursor = connection.execute(rule.sql, values)
    except duckdb.Error as error:
        raise RuleError(f"{rule.source or rule.id}: {_first_line(error)}") from None
    columns = [column[0] for column in cursor.description or ()]
    for name in COLUMNS:
        if name not in columns:
            raise RuleError(
                f"{rule.source or rule.id}: answers without the column {name}; every rule has"
                f" {', '.join(COLUMNS)}"
            )
    for placeholder in _placeholders(rule):
        if placeholder not in columns and placeholder != "events":
            raise RuleError(
                f"{rule.source or rule.id}: why names {{{placeholder}}}, which is no column of it"
            )


DEFAULT_COMMON: dict[str, object] = {
    "learning_days": 3.0,
    "habit_pushes": 5,
    "time_zone": "UTC",
    "work_from": -1,
    "work_until": 24 * 60,
    "work_days": "1234567",
}
"""What the common parameters are unless the configuration says otherwise. Working hours are minutes
of the day (-1 for none), working days are digits with Monday 1."""


def _placeholders(rule: Rule) -> list[str]:
    try:
        return [name for _, name, _, _ in Formatter().parse(rule.why) if name is not None]
    except ValueError as error:
        raise RuleError(f"{rule.source or rule.id}: why cannot be read ({error})") from None


def _first_line(error: duckdb.Error) -> str:
    return str(error).strip().splitlines()[0]
