"""The subcommand `config`: a configuration to start from, what is in force, every key."""

from __future__ import annotations

import argparse
from pathlib import Path


def config_options(parser: argparse.ArgumentParser) -> None:
    what = parser.add_mutually_exclusive_group()
    what.add_argument(
        "--check", type=Path, metavar="FILE", help="say whether FILE is right, and write nothing"
    )
    what.add_argument(
        "--show", action="store_true", help="print what is in force now, with the defaults"
    )
    what.add_argument(
        "--keys", action="store_true", help="print every action of the interface and its keys"
    )
    parser.add_argument(
        "--config", type=Path, metavar="FILE", help="for --show and --keys: in place of the usual"
    )
    parser.add_argument(
        "--output", "-o", type=Path, metavar="FILE", help="write to FILE, which must not exist yet"
    )


def config(options: argparse.Namespace) -> int:
    """Write a commented configuration, check one, or say what holds now."""
    from tui.commands.output import opened_output

    if options.check is not None:
        return _check(options.check)
    with opened_output(options) as out:
        if options.show:
            out.write(_in_force(options.config))
        elif options.keys:
            _write_keys(options.config, out)
        else:
            out.write(_to_start_from())
    return 0


def _check(path: Path) -> int:
    from queries.findings.settings import load_settings
    from tui.configuration.preferences import load_preferences

    settings = load_settings(path)
    load_preferences(path)
    asked = len(settings.rules) - len(settings.off)
    print(f"{path}: right; {asked} of {len(settings.rules)} rules are asked")
    for refused in settings.refused:
        print(f"not asked: {refused.why}")
    return 0


def _to_start_from() -> str:
    from queries.findings.rules import built_in_rules
    from queries.findings.settings_text import settings_text
    from queries.folders import settings_path
    from tui.configuration.written import commented

    return settings_text(built_in_rules(), str(settings_path()), commented())


def _in_force(path: Path | None) -> str:
    from queries.findings.settings import load_settings
    from queries.folders import settings_path
    from tui.configuration.preferences import load_preferences
    from tui.configuration.written import in_force

    settings = load_settings(path)
    read = f"read from {settings.path}" if settings.path else f"no file at {settings_path()}"
    return f"# In force now; {read}.\n\n{in_force(settings, load_preferences(path))}"


def _write_keys(path: Path | None, out: object) -> None:
    from typing import TextIO, cast

    from queries.case import Rows
    from queries.export import write_table
    from tui.configuration.key_map import as_rows
    from tui.configuration.preferences import load_preferences

    rows = as_rows(load_preferences(path).keys)
    write_table(Rows(list(rows[0]), [tuple(row.values()) for row in rows]), cast(TextIO, out))
