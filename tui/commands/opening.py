"""Open the evidence of a subcommand: progress and notes on standard error, Ctrl+C in order."""

from __future__ import annotations

import argparse
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING, Any

from queries.errors import Cancelled, NothingToRead, WrongUsage

if TYPE_CHECKING:
    from queries.case import Case
    from queries.progress import CancelToken, Progress


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


def opened(options: argparse.Namespace) -> Case:
    from tui.commands.engine import choice_of, opened_by_engine

    if (choice := choice_of(options)) is not None:
        return opened_by_engine(choice, whole=options.command == "evidence")
    from queries.case import open_case
    from queries.progress import CancelToken, Progress
    from tui.remote import remote_of

    paths = evidence_paths(options)
    remote = remote_of(
        options, paths, filters=options.command not in ("evidence", "event", "convert")
    )
    progress, cancel = Progress(), CancelToken()
    try:
        with reading_shown(options, progress), cancelled_by_interrupt(cancel):
            case = open_case(
                paths,
                case_file=options.case,
                use_cache=not options.no_cache,
                progress=progress,
                cancel=cancel,
                remote=remote,
            )
    except Cancelled:
        raise KeyboardInterrupt from None
    if cancel.cancelled:
        case.close()
        raise KeyboardInterrupt
    if not case.totals["raw_records"] and options.command != "evidence":
        reasons = _why_nothing(case)
        case.close()
        raise NothingToRead(reasons)
    for line in case.totals["notes"]:
        note(line)
    if case.evidence is None:
        from queries.marks.opening import absent_evidence

        if absent := absent_evidence(case).words:
            note(absent)
    return case


def reading_shown(options: argparse.Namespace, progress: Progress) -> AbstractContextManager[None]:
    """How far the reading of evidence is, on standard error, as `options` want it."""
    if getattr(options, "plain", False):
        return _reporting(_report_in_lines, progress, shown=True)
    return _reporting(_report, progress, shown=sys.stderr.isatty())


@contextmanager
def _reporting(
    report: Callable[[Progress, threading.Event], None], progress: Progress, *, shown: bool
) -> Iterator[None]:
    """Report on a thread of its own, if it is to be shown, while something long is done."""
    stop = threading.Event()
    reporter = threading.Thread(target=report, args=(progress, stop), daemon=True)
    if shown:
        reporter.start()
    try:
        yield
    finally:
        stop.set()
        if reporter.is_alive():
            reporter.join()


def _stop_on_interrupt(cancel: CancelToken) -> Callable[[], None]:
    """Ctrl+C ends the reading in order (what was fetched is kept), a second one at once.

    Returns what puts the former handling back.
    """
    if threading.current_thread() is not threading.main_thread():
        return lambda: None
    former = signal.getsignal(signal.SIGINT)

    def handle(*_: object) -> None:
        signal.signal(signal.SIGINT, former)
        cancel.cancel()

    def restore() -> None:
        signal.signal(signal.SIGINT, former)

    signal.signal(signal.SIGINT, handle)
    return restore


@contextmanager
def cancelled_by_interrupt(cancel: CancelToken) -> Iterator[None]:
    """Ctrl+C ends in order what is done here."""
    restore = _stop_on_interrupt(cancel)
    try:
        yield
    finally:
        restore()


def _why_nothing(case: Case) -> str:
    files = case.ask("SELECT name, status, notes FROM files ORDER BY file_id LIMIT 4").rows
    if not files:
        return "nothing to read: the folder is empty"
    said = "; ".join(
        f"{name}: {notes[0] if notes else 'no record in it' if status == 'read' else status}"
        for name, status, notes in files[:3]
    )
    more = case.totals["files"] - 3
    return f"no CloudTrail record could be read ({said}{f'; and {more} more' if more > 0 else ''})"


def _report(progress: Any, stop: threading.Event) -> None:
    """A progress line on the terminal's standard error, rewritten in place."""
    started = time.monotonic()
    shown = False
    while not stop.wait(0.2):
        if time.monotonic() - started > 0.5:
            shown = True
            done, total = progress.bytes_done >> 20, progress.bytes_total >> 20
            counts = (
                f": {progress.files_done:,} of {progress.files_total:,} files, {done:,} of"
                f" {total:,} MiB, {progress.records:,} records"
            )
            print(
                f"\r\x1b[K{progress.stage}{counts if progress.files_total else ''}",
                end="",
                file=sys.stderr,
                flush=True,
            )
    if shown:
        print("\r\x1b[K", end="", file=sys.stderr, flush=True)


def _report_in_lines(progress: Any, stop: threading.Event) -> None:
    """How far the reading is, as a line of its own every ten seconds: nothing is rewritten, so that
    a screen reader says each of them once."""
    while not stop.wait(10):
        counts = f", {progress.files_done:,} of {progress.files_total:,} files"
        said = progress.stage + (counts if progress.files_total else "")
        print(said, file=sys.stderr, flush=True)


def progress_shown(progress: Progress) -> AbstractContextManager[None]:
    """A progress line while something long is done, if standard error is a terminal and the
    answer does not go there, too."""
    return _reporting(_report, progress, shown=sys.stderr.isatty() and not sys.stdout.isatty())


def note(text: str) -> None:
    from queries.safe_text import safe_text

    print(f"note: {safe_text(text)}", file=sys.stderr)


def nothing_read(case: Case) -> int:
    if case.totals["raw_records"]:
        return 0
    note("no CloudTrail record could be read; the ledger says why, file by file")
    return 1
