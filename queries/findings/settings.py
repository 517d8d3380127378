"""What the user knows and wants: rules switched off, thresholds, lists, hours, known-good digests.

All of it stands in one TOML file; `settings_text` writes a commented one. Nothing in it is needed.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from queries.enrichment.settings import TABLES, Sources, sources_of
from queries.errors import WrongUsage, needs_extra
from queries.findings.known_good import read_digests
from queries.findings.rules import DEFAULT_COMMON, SEVERITIES, Refused, Rule, load_rules
from queries.findings.toml_file import Table, TomlFile
from queries.folders import settings_path

Network = ipaddress.IPv4Network | ipaddress.IPv6Network

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
OF_THE_INTERFACE = ("interface", "keys", "themes")
"""Tables of the same file that whoever shows screens reads; nothing here depends on them."""
_LISTS = ("principals", "automation", "accounts", "regions", "networks")


@dataclass(frozen=True)
class Settings:
    """The configuration, checked. Patterns may hold `*` for any text."""

    rules: tuple[Rule, ...] = ()
    refused: tuple[Refused, ...] = ()
    """Rules of the user's that cannot be asked; they stop no other."""
    off: frozenset[str] = frozenset()
    severities: Mapping[str, str] = field(default_factory=dict)
    thresholds: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    learning_days: float = 3.0
    habit_pushes: int = 5
    story_gap_hours: float = 12.0
    principals: tuple[str, ...] = ()
    automation: tuple[str, ...] = ()
    accounts: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    networks: tuple[Network, ...] = ()
    digests: frozenset[str] = frozenset()
    time_zone: str = "UTC"
    hours: tuple[int, int] | None = None
    """Minutes of the day from which and until which people work; may pass midnight when turned."""
    days: str = "12345"
    """Working days as digits, Monday 1."""
    sources: Sources = field(default_factory=Sources)
    """Files that say something about addresses and accounts."""
    path: Path | None = None

    @property
    def common(self) -> dict[str, Any]:
        """The parameters that every rule may use."""
        given: dict[str, Any] = {
            "learning_days": self.learning_days,
            "habit_pushes": self.habit_pushes,
            "time_zone": self.time_zone,
        }
        if self.hours is not None:
            given |= dict(zip(("work_from", "work_until"), self.hours, strict=True))
            given["work_days"] = self.days
        return {**DEFAULT_COMMON, **given}

    def severity_of(self, rule: Rule) -> str | None:
        """The severity that the user gave a rule, if any."""
        return self.severities.get(rule.id)

    def values_of(self, rule: Rule) -> dict[str, Any]:
        """Every parameter of a rule's statement."""
        own = {name: threshold.value for name, threshold in rule.thresholds.items()}
        own |= self.thresholds.get(rule.id, {})
        common = {n: v for n, v in self.common.items() if n in rule.parameters}
        return {**common, **own, **{n: v for n, v in rule.values.items() if n in rule.parameters}}


def load_settings(
    path: Path | None = None, folders: tuple[Path, ...] = (), sigma: tuple[Path, ...] = ()
) -> Settings:
    """The settings in `path`, or in the usual place if there is a file; and all rules, with those
    of the user's folders, in Sigma's format too. Raises `WrongUsage` with the line that is wrong.
    """
    if path is None:
        usual = settings_path()
        path = usual if usual.is_file() else None
    if path is None:
        rules, refused = _with_sigma(load_rules(folders), sigma)
        return Settings(rules=rules, refused=refused)
    return _Reader(TomlFile.read(path)).settings(folders, sigma)


def _with_sigma(
    rules: tuple[Rule, ...], folders: tuple[Path, ...]
) -> tuple[tuple[Rule, ...], tuple[Refused, ...]]:
    """The rules with those in Sigma's format, and which of these are not asked."""
    if not folders:
        return rules, ()
    try:
        from queries.findings.sigma.loader import load_sigma
    except ModuleNotFoundError as missing:
        if missing.name not in ("sigma", "yaml"):
            raise
        raise WrongUsage(needs_extra(f"{folders[0]}: a rule in Sigma's format", "sigma")) from None
    own, refused = load_sigma(folders)
    taken = {rule.id for rule in rules}
    for rule in own:
        if rule.id in taken:
            raise WrongUsage(f"{rule.source}: {rule.id} is also a rule of another folder")
    return (*rules, *own), refused


class _Reader:
    """Checks a file table by table; every complaint names its line."""

    def __init__(self, file: TomlFile) -> None:
        self._file = file

    def settings(self, folders: tuple[Path, ...], sigma: tuple[Path, ...]) -> Settings:
        top = self._file.table()
        top.only(
            "off",
            "rules",
            "sigma",
            "learning_days",
            "habit_pushes",
            "story_gap_hours",
            "severity",
            "thresholds",
            "expected",
            "known_good",
            "hours",
            *TABLES,
            *OF_THE_INTERFACE,
        )
        own = tuple(self._file.near(name) for name in top.texts("rules"))
        of_sigma = tuple(self._file.near(name) for name in top.texts("sigma"))
        rules, refused = _with_sigma(load_rules((*own, *folders)), (*of_sigma, *sigma))
        ids = [rule.id for rule in rules]
        known = top.table("known_good")
        known.only("digests")
        digests: frozenset[str] = frozenset()
        for name in known.texts("digests"):
            digests |= read_digests(self._file.near(name))
        expected = top.table("expected")
        expected.only(*_LISTS)
        hours = top.table("hours")
        hours.only("time_zone", "from", "until", "days")
        return Settings(
            rules=rules,
            refused=refused,
            off=frozenset(top.choices("off", ids, "rule")),
            severities=self._severities(top.table("severity"), ids),
            thresholds=self._thresholds(top.table("thresholds"), rules),
            learning_days=top.number("learning_days", 3.0, least=0),
            habit_pushes=int(top.number("habit_pushes", 5, least=1)),
            story_gap_hours=top.number("story_gap_hours", 12.0, least=0),
            principals=expected.texts("principals"),
            automation=expected.texts("automation"),
            accounts=_accounts(expected),
            regions=expected.texts("regions"),
            networks=_networks(expected),
            digests=digests,
            time_zone=_zone(hours),
            hours=_hours(hours),
            days=_days(hours),
            sources=sources_of(self._file),
            path=self._file.path,
        )

    def _severities(self, table: Table, ids: list[str]) -> dict[str, str]:
        table.only(*ids, what="rule")
        return {name: table.choice(name, SEVERITIES, "severity") for name in table.names}

    def _thresholds(self, table: Table, rules: tuple[Rule, ...]) -> dict[str, dict[str, float]]:
        table.only(*(rule.id for rule in rules), what="rule")
        found: dict[str, dict[str, float]] = {}
        for rule in rules:
            own = table.table(rule.id)
            own.only(*rule.thresholds, what=f"threshold of {rule.id}")
            found[rule.id] = {name: own.number(name, 0, least=0) for name in own.names}
        return {rule: values for rule, values in found.items() if values}


def _accounts(table: Table) -> tuple[str, ...]:
    accounts = table.texts("accounts")
    for account in accounts:
        if not (len(account) == 12 and account.isdecimal()):
            table.fail("accounts", f"'{account}' is no account id, which has twelve digits")
    return accounts


def _networks(table: Table) -> tuple[Network, ...]:
    found = []
    for text in table.texts("networks"):
        try:
            found.append(ipaddress.ip_network(text, strict=False))
        except ValueError:
            table.fail("networks", f"'{text}' is no network; write 203.0.113.0/24 or 2001:db8::/32")
    return tuple(found)


def _zone(table: Table) -> str:
    from queries.database import connect

    with connect() as connection:
        zones = connection.execute("SELECT name FROM pg_timezone_names()").fetchall()
    return table.choice("time_zone", [zone for (zone,) in zones], "time zone", "UTC")


def _hours(table: Table) -> tuple[int, int] | None:
    given = [name for name in ("from", "until") if name in table.names]
    if not given:
        return None
    if len(given) == 1:
        missing = "until" if given == ["from"] else "from"
        table.fail(given[0], f"'{given[0]}' needs '{missing}' beside it")
    first, last = (_minutes(table, name) for name in ("from", "until"))
    if first >= last:
        table.fail("until", "'until' must be later in the day than 'from'")
    return first, last


def _minutes(table: Table, name: str) -> int:
    text = table.text(name, "")
    hour, colon, minute = text.partition(":")
    if colon and hour.isdecimal() and minute.isdecimal() and len(minute) == 2:
        total = int(hour) * 60 + int(minute)
        if int(minute) < 60 and total <= 24 * 60:
            return total
    table.fail(name, f"'{text}' is no time of day; write \"08:30\"")


def _days(table: Table) -> str:
    days = table.choices("days", DAYS, "day")
    return "".join(str(DAYS.index(day) + 1) for day in days) if days else "12345"
