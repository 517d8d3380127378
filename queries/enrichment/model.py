"""Addresses and accounts with what is known about them beside the logs."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from queries.case import Rows

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


@dataclass(frozen=True, slots=True)
class Place:
    """What is known of an address; empty where nothing is."""

    country: str = ""
    """ISO 3166 code."""
    city: str = ""
    asn: str = ""
    """Autonomous system, as `AS64500`."""
    organisation: str = ""
    network: str = ""
    """What lists of networks call it: `AWS EC2 us-east-1`, `GitHub Actions`."""

    @property
    def known(self) -> bool:
        return any(getattr(self, entry.name) for entry in fields(self))

    def words(self) -> str:
        """`DE, Berlin · AS64500 Example Net · GitHub Actions`; empty where nothing is known."""
        parts = [", ".join(filter(None, (self.country, self.city)))]
        parts.append(" ".join(filter(None, (self.asn, self.organisation))))
        return " · ".join(filter(None, (*parts, self.network)))


PIVOTS = ("country", "city", "asn")
"""Fields of a place by which events can be found."""

_COLUMNS = {entry.name: f"source_{entry.name}" for entry in fields(Place)}
"""Field of a place -> its column beside `source_ip_address` in exports."""
_ACCOUNTS = {
    name: f"{name.removesuffix('_id')}_name"
    for name in ("account_id", "recipient_account_id", "registry_id", "account", "owner_id")
}


class Database(Protocol):
    """A file that knows where addresses are."""

    def place(self, address: Address) -> Place: ...


class Enrichment:
    """What the user's files say. Answers are kept: a case has few different addresses."""

    def __init__(
        self,
        databases: Sequence[Database] = (),
        accounts: Mapping[str, str] | None = None,
    ) -> None:
        self._databases = tuple(databases)
        self.accounts = dict(accounts or {})
        self._places: dict[str, Place] = {}

    def __bool__(self) -> bool:
        return bool(self._databases or self.accounts)

    @property
    def knows_addresses(self) -> bool:
        return bool(self._databases)

    def place(self, address: object) -> Place:
        """What is known of an address; of a text that is none, nothing."""
        text = str(address or "")
        found = self._places.get(text)
        if found is None:
            found = self._places[text] = self._look_up(text)
        return found

    def account(self, number: object) -> str:
        """What an account is called; empty where nobody said."""
        return self.accounts.get(str(number), "")

    def _look_up(self, text: str) -> Place:
        try:
            address = ipaddress.ip_address(text)
        except ValueError:
            return Place()
        said: dict[str, str] = {}
        for database in self._databases:  # the first that knows something is believed
            place = database.place(address)
            for entry in fields(Place):
                said[entry.name] = said.get(entry.name) or getattr(place, entry.name)
        return Place(**said)

    def beside(self, rows: Rows) -> Rows:
        """The rows with columns about their addresses and accounts, each after its own."""
        columns: list[str] = []
        taken: list[tuple[int, str]] = []
        for at, name in enumerate(rows.columns):
            columns.append(name)
            taken.append((at, ""))
            if name == "source_ip_address" and self._databases:
                columns += _COLUMNS.values()
                taken += [(at, field) for field in _COLUMNS]
            elif name == "event_addresses" and self._databases:
                columns.append("event_places")
                taken.append((at, "places"))
            elif name in _ACCOUNTS and self.accounts and _ACCOUNTS[name] not in rows.columns:
                columns.append(_ACCOUNTS[name])
                taken.append((at, "account"))
        if len(columns) == len(rows.columns):
            return rows
        told = [tuple(self._said(row[at], f) for at, f in taken) for row in rows.rows]
        return replace(rows, columns=columns, rows=told)

    @property
    def added(self) -> tuple[str, ...]:
        """The columns that can be added to events."""
        places = tuple(_COLUMNS.values()) if self._databases else ()
        return (*places, "account_name", "recipient_account_name") if self.accounts else places

    def _said(self, value: Any, field: str) -> Any:
        if not field:
            return value
        if field == "account":
            return self.account(value) or None
        if field == "places":
            return "; ".join(self.told(str(value or "").split())) or None
        return getattr(self.place(value), field) or None

    def told(self, addresses: Iterable[str]) -> list[str]:
        """`203.0.113.10 (DE, Berlin · AS64500 Example Net)` for each that is known."""
        found = ((address, self.place(address).words()) for address in addresses)
        return [f"{address} ({words})" for address, words in found if words]

    def addresses(self, field: str, value: str, known: Iterable[str]) -> list[str]:
        """Which of these addresses are of a country, a city or an autonomous system."""
        wanted = value.casefold()
        return [a for a in known if getattr(self.place(a), field).casefold() == wanted]


def asn_text(value: object) -> str:
    """`AS64500` of 64500, `AS64500` or `as64500`; empty of anything else."""
    text = str(value or "").upper().removeprefix("AS")
    return f"AS{text}" if text.isdecimal() else ""
