"""Reads the user's files about addresses and accounts. Each complaint names the file.

- `.mmdb`: MaxMind's format (https://maxmind.github.io/MaxMind-DB/) with MaxMind's fields (GeoLite2
  or GeoIP2 Country, City, ASN) or IPinfo's (country, city, asn, as_name …).
- AWS's ip-ranges.json: https://docs.aws.amazon.com/vpc/latest/userguide/aws-ip-syntax.html
- Lists of networks: text, one in a line, or JSON: each list in it under the name of its member, as
  in GitHub's https://api.github.com/meta (`actions`, `web` …).
- Account names: CSV or text (id and name), JSON of ids and names, or what `aws organizations
  list-accounts` prints.
"""

from __future__ import annotations

import csv
import ipaddress
import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from queries.enrichment.model import Address, Place, asn_text
from queries.errors import WrongUsage

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
_LONGEST = 200
_ACCOUNT = re.compile(r"[0-9]{12}")


class GeoDatabase:
    """A `.mmdb` file."""

    def __init__(self, path: Path) -> None:
        import maxminddb

        self._path = path
        try:
            self._reader = maxminddb.open_database(path)
        except (OSError, ValueError, maxminddb.InvalidDatabaseError) as error:
            raise _wrong(path, "is no .mmdb database that can be read", error) from None

    def place(self, address: Address) -> Place:
        import maxminddb

        try:
            found: Any = self._reader.get(address)
        except (ValueError, maxminddb.InvalidDatabaseError):  # IPv6 in a database of IPv4; damage
            return Place()
        if not isinstance(found, dict):
            return Place()
        number = found.get("autonomous_system_number") or found.get("asn")
        name = found.get("autonomous_system_organization") or found.get("as_name")
        return Place(
            _country(found),
            _text(_named(found.get("city"))),
            asn_text(number),
            _text(name or found.get("as_domain")),
        )


def _country(found: dict[str, Any]) -> str:
    for name in ("country", "registered_country"):
        value = found.get(name)
        if isinstance(value, dict) and value.get("iso_code"):
            return _text(value["iso_code"])
        if isinstance(value, str) and len(value) == 2:
            return value.upper()
    return _text(found.get("country_code") or found.get("country"))


def _named(value: Any) -> Any:
    """MaxMind has names by language, IPinfo a text."""
    if isinstance(value, dict):
        names = value.get("names")
        return names.get("en") if isinstance(names, dict) else None
    return value


def _text(value: Any) -> str:
    return value[:_LONGEST] if isinstance(value, str) else ""


class NetworkList:
    """Networks with names; of several that hold an address the smallest is meant."""

    def __init__(self, networks: Iterable[tuple[Network, str]]) -> None:
        self._by_size: dict[tuple[int, int], dict[int, str]] = {}
        for network, name in networks:
            shift = network.max_prefixlen - network.prefixlen
            key = (network.version, shift)
            names = self._by_size.setdefault(key, {})
            number = int(network.network_address) >> shift
            # AWS lists a range once as AMAZON and once more under its service.
            if number not in names or " AMAZON " in f" {names[number]} ":
                names[number] = name
        self._sizes = sorted(self._by_size)

    def place(self, address: Address) -> Place:
        number = int(address)
        for version, shift in self._sizes:
            if version == address.version:
                name = self._by_size[version, shift].get(number >> shift)
                if name is not None:
                    return Place(network=name)
        return Place()


def aws_ranges(path: Path) -> NetworkList:
    """AWS's own list: `AWS EC2 us-east-1`."""
    value = _json(path)
    if not isinstance(value, dict) or not isinstance(value.get("prefixes"), list):
        raise WrongUsage(f"{path}: is no ip-ranges.json of AWS (it has no list 'prefixes')")
    found = []
    for kind, member in (("prefixes", "ip_prefix"), ("ipv6_prefixes", "ipv6_prefix")):
        for entry in value.get(kind) or []:
            if isinstance(entry, dict) and (network := _network(entry.get(member))):
                said = f"AWS {entry.get('service', '')} {entry.get('region', '')}"
                found.append((network, _text(" ".join(said.split()))))
    if not found:
        raise WrongUsage(f"{path}: holds no network")
    return NetworkList(found)


def network_list(path: Path) -> NetworkList:
    """Any list of networks; called by the file's name and those of its members."""
    text = _read(path)
    title = path.stem
    found: list[tuple[Network, str]] = []
    if text.lstrip().startswith(("{", "[")):
        for member, entry in _leaves(_json(path)):
            if network := _network(entry):
                found.append((network, _text(f"{title} {member}".strip())))
    else:
        for number, line in enumerate(text.splitlines(), 1):
            said = line.split("#")[0].split(",")[0].strip()
            if not said:
                continue
            entry = _network(said)
            if entry is None:
                raise WrongUsage(f"{path}, line {number}: '{said[:60]}' is no network or address")
            found.append((entry, title))
    if not found:
        raise WrongUsage(f"{path}: holds no network")
    return NetworkList(found)


def account_names(path: Path) -> dict[str, str]:
    """Account id -> name."""
    text = _read(path)
    found: dict[str, str] = {}
    if text.lstrip().startswith(("{", "[")):
        value = _json(path)
        if isinstance(value, dict) and isinstance(value.get("Accounts"), list):
            value = value["Accounts"]
        pairs: Iterable[tuple[Any, Any]] = value.items() if isinstance(value, dict) else ()
        if isinstance(value, list):
            entries = [entry for entry in value if isinstance(entry, dict)]
            pairs = [(e.get("Id") or e.get("id"), e.get("Name") or e.get("name")) for e in entries]
        found = {str(i): _text(n) for i, n in pairs if _ACCOUNT.fullmatch(str(i)) and _text(n)}
    else:
        for row in csv.reader(re.sub(r"[\t;=]", ",", text).splitlines()):
            cells = [cell.strip().strip('"') for cell in row]
            numbers = [cell for cell in cells if _ACCOUNT.fullmatch(cell)]
            others = [cell for cell in cells if cell and not _ACCOUNT.fullmatch(cell)]
            if numbers and others and not cells[0].startswith("#"):
                found[numbers[0]] = _text(others[0])
    if not found:
        raise WrongUsage(f"{path}: holds no account id (twelve digits) with a name")
    return found


def _leaves(value: Any, name: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        for key, entry in value.items():
            # A list's own name counts, that of a member of its entries (`cidr`) does not.
            yield from _leaves(entry, name if isinstance(entry, str) else str(key))
    elif isinstance(value, list):
        for entry in value:
            yield from _leaves(entry, name)
    else:
        yield name, value


def _network(value: Any) -> Network | None:
    if not isinstance(value, str):
        return None
    try:
        return ipaddress.ip_network(value.strip(), strict=False)
    except ValueError:
        return None


def _json(path: Path) -> Any:
    try:
        return json.loads(_read(path))
    except (ValueError, RecursionError) as error:
        raise _wrong(path, "is no JSON", error) from None


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise _wrong(path, "cannot be read as text", error) from None


def _wrong(path: Path, what: str, error: Exception) -> WrongUsage:
    said = getattr(error, "strerror", None) or " ".join(str(error).split())
    return WrongUsage(f"{path}: {what} ({said[:200]})")
