"""What may be written on the command line: the options of the interface, and those that it shares
with every command.

A first word that is a command is one; to open a file of that name write ./NAME.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from tui.program import EXIT_CODES, PROGRAM, USAGE

_EXAMPLES = """\
examples:
  ecr-investigate ./AWSLogs                      open a folder of exported logs
  ecr-investigate trail.json.gz extra.ndjson     several files at once
  zcat *.json.gz | ecr-investigate -             standard input
  ecr-investigate s3://bucket/prefix/ --profile ir --since 2026-03-01 --until 2026-03-04
  ecr-investigate ./AWSLogs --start-at 198.51.100.77        or a key, an ARN, a digest, a time …
  ecr-investigate --demo                         an invented incident to practise on
  ecr-investigate --tour                         the same, with a short tour of the screens
  ecr-investigate --plain ./AWSLogs              in lines, for screen readers
  ecr-investigate pushes ./AWSLogs --repository team/api --format csv
  ecr-investigate COMMAND --help                 what a command prints and takes
"""


class Parser(argparse.ArgumentParser):
    """Complains in one sentence, without repeating what a terminal would obey: a shell may have put
    a file's name, chosen by someone else, where an option belongs."""

    def error(self, message: str) -> NoReturn:
        from queries.safe_text import safe_text

        self.exit(USAGE, f"{self.prog}: {safe_text(message)} ('{self.prog} --help' says more)\n")


def parsed(given: Sequence[str]) -> argparse.Namespace:
    """What was asked for: `command` names the subcommand, or is None for the interface. Ends the
    program with a sentence where that is wrong."""
    from tui.commands.registry import COMMANDS

    if _first_word(given) in COMMANDS:
        return _of_a_command(given)
    options = interface_parser().parse_args(given)
    options.command = None
    return options


def _of_a_command(given: Sequence[str]) -> argparse.Namespace:
    from tui.commands.registry import add_commands

    # No abbreviations here: "--at" of a command is none of "--athena-…".
    parser = Parser(prog=PROGRAM, allow_abbrev=False)
    add_common(parser, top=True)
    add_commands(parser)
    options, late = parser.parse_known_args(given)
    # argparse takes paths in one piece only: those behind an option are left over.
    if not hasattr(options, "paths") or any(len(w) > 1 and w[0] == "-" for w in late):
        if late:
            parser.error("unrecognized arguments: " + " ".join(late))
    else:
        options.paths = [*options.paths, *late]
    return options


def _first_word(given: Sequence[str]) -> str:
    """The first word that is neither an option nor the value of one."""
    from tui.commands import (
        behind,
        engine,
        enrichment,
        export,
        findings,
        handover,
        image,
        marks,
        where,
    )
    from tui.remote import WITH_VALUE

    with_value = (
        "--case",
        "--theme",
        "--interval",
        "--start-at",
        "--web-port",
        "--web-address",
        *engine.WITH_VALUE,
        *enrichment.WITH_VALUE,
        *findings.WITH_VALUE,
        *image.WITH_VALUE,
        *behind.WITH_VALUE,
        *where.WITH_VALUE,
        *marks.WITH_VALUE,
        *handover.WITH_VALUE,
        *export.WITH_VALUE,
        *WITH_VALUE,
    )
    before = ""
    for word in given:
        if not word.startswith("-") and before not in with_value:
            return word
        before = word
    return ""


def interface_parser() -> argparse.ArgumentParser:
    """The options of the interface, with all commands below its help."""
    from tui.commands import findings
    from tui.commands.registry import COMMANDS
    from tui.remote import add_selection_options

    codes = "\n".join(f"  {code:<14}{means}" for code, means in EXIT_CODES.items())
    listed = "\n".join(f"  {name:<14}{command.help}" for name, command in COMMANDS.items())
    parser = Parser(
        prog=PROGRAM,
        usage=f"{PROGRAM} [options] PATH...\n       {PROGRAM} COMMAND PATH... [options]",
        description="Who pushed what to the container registry, and what else did they do?\n"
        "Reads exported CloudTrail logs and opens an interface to walk through them.",
        epilog=f"commands (the same questions, answered in text):\n{listed}\n\n{_EXAMPLES}\n"
        f"exit codes:\n{codes}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "paths",
        nargs="*",
        metavar="PATH",
        help="files, folders or s3://bucket/prefix/ (gs://, az://); '-' is standard input",
    )
    add_common(parser, top=True)
    add_selection_options(parser)
    parser.add_argument(
        "--list",
        action="store_true",
        help="print what a bucket holds (accounts, regions, days) and stop; nothing is fetched",
    )
    parser.add_argument(
        "--format",
        choices=("table", "json", "jsonl", "csv"),
        help="how --list prints (default: table)",
    )
    parser.add_argument(
        "--yes",
        "-y",
        action="store_true",
        help="load all that was listed of a bucket, without asking which part",
    )
    parser.add_argument(
        "--follow",
        action="store_true",
        help="look for new evidence again and again (key r looks once)",
    )
    parser.add_argument(
        "--interval",
        type=float,
        metavar="SECONDS",
        help="how long --follow waits between two looks (default: 60)",
    )
    parser.add_argument(
        "--start",
        choices=("findings", "repositories"),
        help="the first screen (default: findings, but not with an engine elsewhere); with"
        " 'repositories' no rule runs until i is pressed",
    )
    parser.add_argument(
        "--start-at",
        metavar="VALUE",
        help="open what VALUE leads to: an access key, address, user, role or session name, ARN,"
        " digest, repository, request or event id, account, time (2026-03-09T02:14Z), day, range"
        " (A..B) or span before the last event (2h)",
    )
    parser.add_argument(
        "--web",
        action="store_true",
        help="serve the interface to a browser on this machine, behind a one-time link",
    )
    parser.add_argument("--web-port", type=int, metavar="N", help="its port (default: any)")
    parser.add_argument(
        "--web-address", metavar="ADDRESS", help="listen there (default: 127.0.0.1)"
    )
    parser.add_argument(
        "--web-exposed",
        action="store_true",
        help="allow an address that other machines reach; nothing is encrypted",
    )
    findings.add_settings_options(parser)
    parser.add_argument(
        "--plain",
        action="store_true",
        help="a conversation in lines in place of screens: for screen readers and slow lines",
    )
    parser.add_argument(
        "--tour",
        action="store_true",
        help="walk over the screens of the demo (the first start of the demo offers it by itself)",
    )
    parser.add_argument(
        "--theme",
        metavar="NAME",
        help="colours: dark, light, one of Textual's themes, or one of the configuration",
    )
    return parser


def add_common(parser: argparse.ArgumentParser, *, top: bool = False) -> None:
    """Options that the interface and every command share."""
    from tui.commands.engine import add_engine_options
    from tui.commands.enrichment import add_enrichment_options
    from tui.remote import add_remote_options

    if top:
        parser.add_argument("--version", action="store_true", help="print the version and stop")
    # SUPPRESS: a subcommand's own default must not undo an option given before its name.
    unset = None if top else argparse.SUPPRESS
    off = False if top else argparse.SUPPRESS
    parser.add_argument("--demo", action="store_true", default=off, help="use the sample incident")
    parser.add_argument(
        "--case",
        type=Path,
        metavar="FILE",
        default=unset,
        help="keep the index in FILE, or open FILE when no paths are given",
    )
    parser.add_argument(
        "--no-cache",
        action="store_true",
        default=off,
        help="keep nothing on disk after the program ends",
    )
    parser.add_argument(
        "--strict",
        action="store_true",
        default=off,
        help="exit code 1 when any evidence was damaged, unreadable or not read",
    )
    add_remote_options(parser, top=top)
    add_engine_options(parser, top=top)
    add_enrichment_options(parser, top=top)
