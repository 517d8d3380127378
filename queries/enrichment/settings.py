"""Which files to ask about addresses and accounts: named in the configuration, or by options.

[enrichment]
geo = ["GeoLite2-City.mmdb", "GeoLite2-ASN.mmdb"]
aws_ranges = "ip-ranges.json"
ci = ["github-meta.json"]
accounts = "accounts.csv"

[account_names]
"111122223333" = "production"
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from queries.enrichment import files
from queries.enrichment.model import Database, Enrichment
from queries.findings.toml_file import Table, TomlFile

TABLES = ("enrichment", "account_names")
"""Tables of the configuration that are read here."""


@dataclass(frozen=True)
class Sources:
    """Files, and names that are given directly."""

    geo: tuple[Path, ...] = ()
    aws_ranges: tuple[Path, ...] = ()
    ci: tuple[Path, ...] = ()
    accounts: tuple[Path, ...] = ()
    names: dict[str, str] = field(default_factory=dict)

    def beside(self, other: Sources) -> Sources:
        """Both; what this one says comes first."""
        return Sources(
            (*self.geo, *other.geo),
            (*self.aws_ranges, *other.aws_ranges),
            (*self.ci, *other.ci),
            (*self.accounts, *other.accounts),
            {**other.names, **self.names},
        )

    def opened(self) -> Enrichment:
        """Read them all. Raises `WrongUsage` for a file that cannot be used."""
        # Lists of networks before databases: who a network is of is more than where it is, and
        # each fills other fields.
        databases: list[Database] = [files.network_list(path) for path in self.ci]
        databases += [files.aws_ranges(path) for path in self.aws_ranges]
        databases += [files.GeoDatabase(path) for path in self.geo]
        names: dict[str, str] = {}
        for path in self.accounts:
            names |= files.account_names(path)
        return Enrichment(databases, {**names, **self.names})


def sources_of(file: TomlFile) -> Sources:
    """What a configuration names. Raises `WrongUsage` with the line that is wrong."""
    top = file.table()
    table = top.table("enrichment")
    table.only("geo", "aws_ranges", "ci", "accounts")
    names = top.table("account_names")
    for account in names.names:
        if not (len(account) == 12 and account.isdecimal()):
            names.fail(account, f"'{account}' is no account id, which has twelve digits")
    return Sources(
        geo=tuple(map(file.near, table.texts("geo"))),
        aws_ranges=_one(file, table, "aws_ranges"),
        ci=tuple(map(file.near, table.texts("ci"))),
        accounts=_one(file, table, "accounts"),
        names={account: names.text(account, "") for account in names.names},
    )


def _one(file: TomlFile, table: Table, key: str) -> tuple[Path, ...]:
    return (file.near(table.text(key, "")),) if key in table.names else ()
