"""Opening the interface from the command line: in the terminal, in lines, or in a browser."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from queries.errors import InvestigationError, WrongUsage
from tui.program import DONE, PROGRAM, UNREADABLE


def open_interface(options: argparse.Namespace) -> int:
    """Open the interface as the options say; returns the exit code."""
    from tui.commands import findings
    from tui.commands.athena import agree
    from tui.commands.engine import choice_of, first_place
    from tui.commands.enrichment import enrichment_of
    from tui.commands.opening import evidence_paths
    from tui.commands.parsing import interface_parser
    from tui.remote import print_listing, remote_of

    if options.tour and (options.paths or options.case is not None):
        raise WrongUsage("--tour walks over the demo: leave the paths and --case away")
    options.demo = options.demo or options.tour
    if not options.paths and not options.demo and options.case is None:
        interface_parser().print_usage(sys.stderr)
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
        print(f"{PROGRAM}: evidence incomplete (see the evidence screen)", file=sys.stderr)
        return UNREADABLE
    return code


def _talk(options: argparse.Namespace) -> int:
    """The interface in lines. It needs no terminal: what is typed may come from a file."""
    from tui import enriched
    from tui.commands import findings
    from tui.commands.enrichment import enrichment_of
    from tui.commands.opening import evidence_paths, opened
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
        print(f"{PROGRAM}: evidence incomplete (go evidence says what is missing)", file=sys.stderr)
        return UNREADABLE
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
