"""The command line: `ecr-investigate PATH...` opens the interface, a subcommand answers in text.

Heavy imports (textual, duckdb) happen only where a command needs them, so `--help` and
`--version` answer at once.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from queries.errors import InvestigationError, NothingToRead, WrongUsage

PROGRAM = "ecr-investigate"

DONE, UNREADABLE, USAGE = 0, 1, 2

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

exit codes: 0 done · 1 nothing could be read, or evidence incomplete with --strict · 2 wrong usage
"""


def program_version() -> str:
    """The version that is installed, or of the checkout it runs from."""
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version(PROGRAM)
    except PackageNotFoundError:
        return "0 (not installed)"


def main(arguments: Sequence[str] | None = None) -> int:
    """Entry point; returns the exit code."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    if "--no-cache" in given:
        from queries.unexpected import REPORTS

        REPORTS["kept"] = False
    try:
        return _run(given)
    except WrongUsage as error:
        return _complain(error, USAGE)
    except (NothingToRead, InvestigationError) as error:
        return _complain(error, UNREADABLE)
    except KeyboardInterrupt:
        return _complain("stopped", 130)
    except BrokenPipeError:
        # The reader of our output (head, less) has seen enough: no error. Python would complain
        # once more when it flushes standard output at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return DONE
    except Exception as error:  # a defect, or a disk or memory that does not suffice
        from queries.unexpected import in_a_sentence

        return _complain(in_a_sentence(error), UNREADABLE)


class _Parser(argparse.ArgumentParser):
    """Complains in one sentence, without repeating what a terminal would obey: a shell may have put
    a file's name, chosen by someone else, where an option belongs."""

    def error(self, message: str) -> NoReturn:
        from queries.safe_text import safe_text

        self.exit(USAGE, f"{self.prog}: {safe_text(message)} ('{self.prog} --help' says more)\n")


def _complain(what: object, code: int) -> int:
    from queries.safe_text import safe_text

    print(f"{PROGRAM}: {safe_text(str(what))}", file=sys.stderr)
    return code


def _run(given: list[str]) -> int:
    from tui.commands.registry import COMMANDS, add_commands

    # A first word that is a command is one; to open a file of that name write ./NAME.
    first = _first_word(given)
    if first in COMMANDS:
        # No abbreviations here: "--at" of a command is none of "--athena-…".
        parser: argparse.ArgumentParser = _Parser(prog=PROGRAM, allow_abbrev=False)
        add_common(parser, top=True)
        add_commands(parser)
        options, late = parser.parse_known_args(given)
        # argparse takes paths in one piece only: those behind an option are left over.
        if not hasattr(options, "paths") or any(len(w) > 1 and w[0] == "-" for w in late):
            if late:
                parser.error("unrecognized arguments: " + " ".join(late))
        else:
            options.paths = [*options.paths, *late]
        if options.version:
            print(f"{PROGRAM} {program_version()}")
            return DONE
        return COMMANDS[options.command].run(options)
    parser = _interface_parser()
    options = parser.parse_args(given)
    options.given = given
    if options.version:
        print(f"{PROGRAM} {program_version()}")
        return DONE
    return _open_interface(options, parser)


def _first_word(given: list[str]) -> str:
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


def _interface_parser() -> argparse.ArgumentParser:
    from tui.commands import findings
    from tui.commands.registry import COMMANDS
    from tui.remote import add_selection_options

    listed = "\n".join(f"  {name:<14}{command.help}" for name, command in COMMANDS.items())
    parser = _Parser(
        prog=PROGRAM,
        usage=f"{PROGRAM} [options] PATH...\n       {PROGRAM} COMMAND PATH... [options]",
        description="Who pushed what to the container registry, and what else did they do?\n"
        "Reads exported CloudTrail logs and opens an interface to walk through them.",
        epilog=f"commands (the same questions, answered in text):\n{listed}\n\n{_EXAMPLES}",
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


def evidence_paths(options: argparse.Namespace) -> list[str]:
    """The paths given, or the sample incident with --demo. Raises `WrongUsage` for neither."""
    paths = list(options.paths)
    if options.demo:
        from samples import incident_path

        return [*paths, str(incident_path())]
    if not paths and options.case is None:
        raise WrongUsage(
            "no evidence given: name files, folders or s3://bucket/prefix/ with CloudTrail logs,"
            " '-' for standard input, or --demo for the sample incident"
        )
    return paths


def _open_interface(options: argparse.Namespace, parser: argparse.ArgumentParser) -> int:
    from tui.commands import findings
    from tui.commands.athena import agree
    from tui.commands.engine import choice_of, first_place
    from tui.commands.enrichment import enrichment_of
    from tui.remote import print_listing, remote_of

    if options.tour and (options.paths or options.case is not None):
        raise WrongUsage("--tour walks over the demo: leave the paths and --case away")
    options.demo = options.demo or options.tour
    if not options.paths and not options.demo and options.case is None:
        parser.print_usage(sys.stderr)
    paths = evidence_paths(options)
    if options.list:
        return print_listing(options, paths)
    if options.format:
        raise WrongUsage("--format is for --list and for commands")
    follow = _interval(options)
    engine = choice_of(options)
    if engine is None:
        _check_paths(paths)
    options.start = options.start or first_place(engine)
    in_browser = os.environ.get("TEXTUAL_DRIVER", "").endswith(":WebDriver")
    if options.plain and (options.web or options.follow or options.tour):
        raise WrongUsage("--plain goes with none of --web, --follow and --tour")
    if options.web and not in_browser:
        return _serve(options, paths)
    if not options.web and (
        options.web_port is not None or options.web_address or options.web_exposed
    ):
        raise WrongUsage("--web-port, --web-address and --web-exposed are for --web")
    from tui.configuration.preferences import load_preferences, theme_of

    preferences = load_preferences(options.config)
    theme = theme_of(preferences, options.theme)
    wanted = preferences.plain and not (in_browser or options.follow or options.tour)
    if options.plain or wanted:
        return _talk(options)
    if "-" in paths:
        paths = _take_standard_input(paths)
    if not in_browser and (not sys.stdin.isatty() or not sys.stdout.isatty()):
        raise WrongUsage(
            "the interface needs a terminal; for text output use a command, such as"
            f" '{PROGRAM} repositories PATH'"
        )
    settings = findings.settings_in_time(options)
    known = enrichment_of(options)
    # Before the interface has the terminal: an MFA code may be asked for.
    remote = remote_of(options, paths, filters=False) if engine is None else None
    agree(engine)
    from tui.app import InvestigateApp

    app = InvestigateApp(
        paths,
        case_file=options.case,
        use_cache=not options.no_cache,
        preferences=preferences,
        theme_name=theme,
        remote=remote,
        engine=engine,
        ask_what=not options.yes,
        follow=follow,
        start=options.start,
        start_at=options.start_at,
        settings=settings,
        enrichment=known,
        tour=options.tour or (not in_browser and _offers_tour(options, preferences.tour)),
    )
    app.run()
    app.finish()
    if app.failure:
        raise InvestigationError(app.failure)
    code = app.return_code or DONE
    if code == DONE and options.strict and not app.evidence_complete:
        return _complain("evidence incomplete (see the evidence screen)", UNREADABLE)
    return code


def _talk(options: argparse.Namespace) -> int:
    """The interface in lines. It needs no terminal: what is typed may come from a file."""
    from tui import enriched
    from tui.commands import findings
    from tui.commands.enrichment import enrichment_of
    from tui.commands.opening import opened
    from tui.plain.session import Session, typed

    settings = findings.settings_in_time(options)
    enriched.use(enrichment_of(options))
    if "-" in options.paths:
        options.paths = _take_standard_input(options.paths)
    options.command, options.plain = "plain", True
    with opened(options) as case:
        names = [Path(path).absolute().name for path in evidence_paths(options)]
        name = ", ".join(names) or str(options.case)
        session = Session(case, typed(sys.stdin), sys.stdout, settings, name)
        session.run(options.start_at, options.start)
        complete = case.totals["evidence_complete"]
    if options.strict and not complete:
        return _complain("evidence incomplete (go evidence says what is missing)", UNREADABLE)
    return DONE


def _offers_tour(options: argparse.Namespace, wanted: bool) -> bool:
    """Whether this is the first start of the demo as it is, where a tour is welcome."""
    from tui.tour import first_time

    plain = not options.paths and options.case is None and options.start_at is None
    as_it_is = options.start == "findings" and not options.no_cache and not options.follow
    return options.demo and plain and as_it_is and wanted and first_time()


def _serve(options: argparse.Namespace, paths: list[str]) -> int:
    """Serve the same command line to browsers; in one, --web is without meaning."""
    if "-" in paths:
        raise WrongUsage("--web: standard input can be read only once; name a file")
    from tui.web.server import serve

    own = [sys.executable, "-m", "tui.cli", *options.given]
    port = options.web_port if options.web_port is not None else 0
    if not 0 <= port < 1 << 16:
        raise WrongUsage(f"--web-port {port}: must be 0 to 65535")
    return serve(own, options.web_address or "127.0.0.1", port, exposed=options.web_exposed)


def _interval(options: argparse.Namespace) -> float | None:
    """Seconds between two looks; None when nothing is followed."""
    if options.interval is not None and not options.follow:
        raise WrongUsage("--interval is for --follow")
    if options.interval is not None and not 1 <= options.interval <= 86_400:
        raise WrongUsage("--interval must be 1 to 86400 seconds")
    return (options.interval or 60.0) if options.follow else None


def _check_paths(paths: list[str]) -> None:
    """Say at once that a path is missing, before the interface takes the terminal."""
    from queries.sources.buckets.options import is_remote
    from queries.sources.local import why_missing

    for path in paths:
        if path != "-" and not is_remote(path) and not os.path.lexists(Path(path).expanduser()):
            raise WrongUsage(f"{path}: {why_missing(path)}")


def _take_standard_input(paths: list[str]) -> list[str]:
    """Copy standard input to a file of ours and give the terminal back to the keyboard."""
    import atexit
    import shutil
    import tempfile

    folder = tempfile.mkdtemp(prefix=f"{PROGRAM}-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    target = Path(folder) / "standard-input"
    with target.open("wb") as out:
        shutil.copyfileobj(sys.stdin.buffer, out, 1 << 20)
    try:
        terminal = os.open("CONIN$" if sys.platform == "win32" else "/dev/tty", os.O_RDONLY)
    except OSError:
        raise WrongUsage("the interface needs a terminal to read keys from") from None
    os.dup2(terminal, 0)
    sys.stdin = os.fdopen(0, encoding="utf-8")
    return [str(target) if path == "-" else path for path in paths]


if __name__ == "__main__":
    sys.exit(main())
