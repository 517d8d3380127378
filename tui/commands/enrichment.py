"""The options about addresses and accounts, shared by the interface and every command."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from queries.enrichment.model import Enrichment

_OPTIONS = (
    ("--geo", "a .mmdb database of MaxMind or IPinfo: countries, cities, network operators"),
    ("--aws-ranges", "AWS's ip-ranges.json"),
    ("--ci-addresses", "networks that builds run in, as text or JSON (such as GitHub's meta)"),
    ("--account-names", "names of accounts, as CSV or JSON"),
)
WITH_VALUE = tuple(flag for flag, _ in _OPTIONS)
"""Options here that a value follows: the command line must not take it for a path."""


def add_enrichment_options(parser: argparse.ArgumentParser, *, top: bool) -> None:
    """Files that say something about addresses and accounts."""
    unset: Any = None if top else argparse.SUPPRESS
    group = parser.add_argument_group("about addresses and accounts (nothing is downloaded)")
    for flag, said in _OPTIONS:
        group.add_argument(
            flag, type=Path, metavar="FILE", action="append", default=unset, help=said
        )


def enrichment_of(options: argparse.Namespace) -> Enrichment:
    """What the options and the configuration name, opened. Raises `WrongUsage`."""
    known: Enrichment | None = getattr(options, "enrichment", None)
    if known is None:
        from queries.enrichment.settings import Sources, sources_of
        from queries.findings.toml_file import TomlFile
        from queries.folders import settings_path

        geo, ranges, ci, names = (
            tuple(getattr(options, flag[2:].replace("-", "_"), None) or ()) for flag in WITH_VALUE
        )
        sources = Sources(geo, ranges, ci, names)
        config: Path | None = getattr(options, "config", None)
        if config is None and (usual := settings_path()).is_file():
            config = usual
        if config is not None:
            sources = sources.beside(sources_of(TomlFile.read(config)))
        known = options.enrichment = sources.opened()
    return known
