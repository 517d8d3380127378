"""The subcommands: each screen's question answered in text, with the same SQL behind it."""

from __future__ import annotations

import argparse
import io
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from queries.errors import Cancelled, InvestigationError, NothingToRead, WrongUsage
from tui import behind_commands, findings_commands, image_commands, where_commands

if TYPE_CHECKING:
    from queries.case import Case, Rows
    from queries.progress import CancelToken
    from queries.question import Question
    from queries.scope import Filters

FORMATS = ("table", "json", "jsonl", "csv", "parquet")


@dataclass(frozen=True, slots=True)
class Command:
    """One subcommand: its line in --help, its own options and what it runs."""

    help: str
    describe: str
    options: Callable[[argparse.ArgumentParser], None]
    answer: Callable[[Case, argparse.Namespace], int]
    alone: Callable[[argparse.Namespace], int] | None = None
    """For a command that needs no evidence: what it runs instead of `answer`."""

    def run(self, options: argparse.Namespace) -> int:
        if self.alone is not None:
            return self.alone(options)
        options.paths = [*getattr(options, "paths", [])]
        with _opened(options) as case:
            code = self.answer(case, options)
            complete = case.totals["evidence_complete"]
        if code == 0 and options.strict and not complete:
            note("evidence incomplete: some files were damaged, unreadable or not read")
            return 1
        return code


def add_commands(parser: argparse.ArgumentParser) -> None:
    """Register every subcommand with its options."""
    from tui.cli import add_common

    children = parser.add_subparsers(dest="command", required=True)
    for name, command in COMMANDS.items():
        child = children.add_parser(
            name,
            help=command.help,
            description=command.describe,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        if command.alone is None:
            child.add_argument(
                "paths",
                nargs="*",
                metavar="PATH",
                help="files, folders or s3://bucket/prefix/; '-' is standard input",
            )
            add_common(child)
        command.options(child)


# --- options -----------------------------------------------------------------------------------


def output_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--format", choices=FORMATS, default="table", help="how to print (default: table)"
    )
    parser.add_argument(
        "--output", "-o", type=Path, metavar="FILE", help="write to FILE (needed for parquet)"
    )
    parser.add_argument("--sql", action="store_true", help="print the SQL instead of its answer")


def _range_options(parser: argparse.ArgumentParser) -> None:
    text = (
        "ISO date or time (UTC unless it has an offset), or 36h / 7d before the last event (before"
        " now when a bucket is read)"
    )
    parser.add_argument("--since", metavar="TIME", help=f"from this time on; {text}")
    parser.add_argument("--until", metavar="TIME", help="before this time")
    parser.add_argument("--account", metavar="ID", help="12-digit account id")
    parser.add_argument("--region", metavar="NAME")


def list_options(parser: argparse.ArgumentParser) -> None:
    output_options(parser)
    _range_options(parser)
    parser.add_argument(
        "--repository", metavar="NAME", help="account/region/name, or the name alone"
    )
    parser.add_argument("--principal", metavar="ARN", help="who acted, or the origin behind it")
    parser.add_argument("--limit", type=int, metavar="N", help="at most N rows")


def push_options(parser: argparse.ArgumentParser) -> None:
    list_options(parser)
    parser.add_argument("--digest", metavar="SHA256", help="the image pushed (a prefix will do)")
    parser.add_argument("--tag", metavar="TAG", help="the tag pushed")
    parser.add_argument("--event-id", metavar="ID", help="the PutImage event")


def _activity_options(parser: argparse.ArgumentParser) -> None:
    output_options(parser)
    _range_options(parser)
    scope = parser.add_mutually_exclusive_group()
    scope.add_argument("--principal", metavar="ARN", help="a role, user or session")
    scope.add_argument("--origin", metavar="ARN", help="everything the chain from here did")
    scope.add_argument("--key", metavar="ID", help="an access key id")
    scope.add_argument("--address", metavar="IP", help="a source address")
    scope.add_argument("--repository", metavar="NAME", help="account/region/name")
    scope.add_argument("--value", metavar="TEXT", help="everything with this value in any field")
    parser.add_argument("--service", metavar="SOURCE", help="such as ecr or ecr.amazonaws.com")
    parser.add_argument("--name", metavar="EVENT", help="event name, such as PutImage")
    parser.add_argument("--error", metavar="CODE")
    parser.add_argument("--writes", action="store_true", help="only calls that change something")
    parser.add_argument("--failures", action="store_true", help="only calls that failed")
    parser.add_argument("--limit", type=int, metavar="N", help="at most N rows")


def _event_options(parser: argparse.ArgumentParser) -> None:
    from tui.remote import add_selection_options

    parser.add_argument("--event-id", metavar="ID", required=True)
    parser.add_argument("--output", "-o", type=Path, metavar="FILE")
    parser.add_argument("--format", choices=("raw", "json"), default="raw")
    add_selection_options(parser)


def _principal_options(parser: argparse.ArgumentParser) -> None:
    list_options(parser)


def _policy_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("bucket", metavar="BUCKET", help="name, s3:// path, or access point ARN")
    parser.add_argument("--prefix", metavar="PREFIX", default="", help="what may be read of it")
    parser.add_argument(
        "--kms-key", metavar="ARN", default="", help="the key that the logs are encrypted with"
    )
    parser.add_argument(
        "--partition", choices=("aws", "aws-cn", "aws-us-gov"), default="aws", help="default: aws"
    )


def _evidence_options(parser: argparse.ArgumentParser) -> None:
    from tui.remote import add_selection_options

    add_selection_options(parser)
    parser.add_argument("--format", choices=("table", "json", "csv", "jsonl"), default="table")
    parser.add_argument("--output", "-o", type=Path, metavar="FILE")


# --- answers -----------------------------------------------------------------------------------


def _repositories(case: Case, options: argparse.Namespace) -> int:
    from queries.question import Order, ask_for

    question = ask_for("repositories", **list_filters(case, options))
    return print_question(case, question.with_order(Order("last_push", True)), options)


def _pushes(case: Case, options: argparse.Namespace) -> int:
    from queries.question import Order, ask_for

    question = ask_for("pushes", **list_filters(case, options))
    return print_question(case, question.with_order(Order("event_time")), options)


def _push(case: Case, options: argparse.Namespace) -> int:
    from queries.question import Order, ask_for

    keys = find_pushes(case, options)
    found = []
    for key in keys:
        parts = {
            name: case_dicts(case, ask_for(f"push_{name}", push_key=key).with_order(*order))
            for name, order in (
                ("layers", (Order("manifest_digest"), Order("layer_no"))),
                ("records", (Order("event_time"),)),
                ("pulls", (Order("event_time"),)),
                ("deployments", (Order("event_time"),)),
                ("scans", (Order("event_time"),)),
                ("logins", (Order("event_time"),)),
            )
        }
        found.append({**case_dicts(case, ask_for("push", push_key=key))[0], **parts})
    return print_objects(found, options, "push")


def find_pushes(case: Case, options: argparse.Namespace) -> list[int]:
    from queries.question import Order, ask_for

    question = ask_for("pushes", **list_filters(case, options)).with_order(Order("event_time"))
    rows = case_dicts(case, question)
    if options.digest:
        wanted = options.digest.removeprefix("sha256:")
        rows = [
            row
            for row in rows
            if (row["image_digest"] or "").removeprefix("sha256:").startswith(wanted)
        ]
    if options.tag:
        rows = [row for row in rows if options.tag in (row["image_tags"] or "").split()]
    keys = [row["push_key"] for row in rows]
    if options.event_id:
        matching = case.ask(
            "SELECT push_key FROM push_records AS r JOIN events AS e"
            " ON e.event_key = r.event_key WHERE e.event_id = $id",
            {"id": options.event_id},
        ).rows
        keys = [key for key in keys if (key,) in matching]
    if not keys:
        raise NothingToRead("no push matches; 'pushes' lists all of them")
    return keys


def _principal(case: Case, options: argparse.Namespace) -> int:
    from queries.question import Order, ask_for
    from queries.scope import ORIGIN, Scope, about

    if not options.principal:
        question = ask_for("principals", **list_filters(case, options))
        return print_question(case, question.with_order(Order("events", True)), options)
    scope = Scope(ORIGIN, options.principal)
    filters = _filters(case, options)
    sessions = case_dicts(
        case, ask_for("identity", value=options.principal).with_order(Order("first_seen"))
    )
    if not sessions:
        raise NothingToRead(
            f"nobody is called {options.principal} in this evidence; 'principal' without"
            " --principal lists everyone"
        )
    summary = case_dicts(case, about("activity_summary", scope, filters))[0]
    values = case_dicts(
        case,
        about("activity_values", scope, filters).with_order(Order("kind"), Order("events", True)),
    )
    pushes = case_dicts(
        case, ask_for("pushes", principal=options.principal).with_order(Order("event_time"))
    )
    profile = {"principal": options.principal, **summary, "sessions": sessions}
    profile |= {"values": values, "pushes": pushes}
    return print_objects([profile], options, "principal")


def _activity(case: Case, options: argparse.Namespace) -> int:
    from queries.question import Order
    from queries.scope import about, locate

    question = about("activity", locate(_scope(options), case), _filters(case, options))
    return print_question(case, question.with_order(Order("event_time")), options)


def _event(case: Case, options: argparse.Namespace) -> int:
    from queries.question import ask_for
    from queries.raw import raw_record

    rows = case_dicts(case, ask_for("event_by_id", event_id=options.event_id))
    if not rows:
        raise NothingToRead(f"no event has the id {options.event_id}")
    events = [
        case_dicts(case, ask_for("event", event_key=key))[0]
        for key in sorted(row["event_key"] for row in rows)
    ]
    with opened_output(options) as out:
        for event in events:
            note(f"{event['file_name']}, record {event['position']}")
            if options.format == "raw":
                record = raw_record(case, event["file_id"], event["position"])
                out.write(_raw_text(record.text, out) + "\n")
        if options.format == "json":
            from queries.export import write_json

            write_json(events[0] if len(events) == 1 else events, out)
    return 0


def _raw_text(text: str, out: Any) -> str:
    """Exact when it goes to a file or a pipe; on a terminal, where text could act, escaped."""
    if not out.isatty():
        return text.encode("utf-8", "replace").decode()
    from queries.safe_text import safe_text

    return safe_text(text, keep="\n\t")


def _evidence(case: Case, options: argparse.Namespace) -> int:
    from queries.evidence import evidence_report
    from queries.export import write_csv, write_json, write_jsonl, write_table
    from queries.question import Order, ask_for

    with opened_output(options) as out:
        if options.format == "json":
            write_json(evidence_report(case), out)
            return _nothing_read(case)
        question = ask_for("evidence").with_order(Order("file_id"))
        rows = case.ask(question.sql, question.bound)
        if options.format == "csv":
            write_csv(rows, out)
        elif options.format == "jsonl":
            write_jsonl(rows, out)
        else:
            write_table(_without(rows, "sha256", "file_id", "compression"), out)
    for line in summary_lines(case.totals):
        note(line)
    return _nothing_read(case)


def _s3_policy(options: argparse.Namespace) -> int:
    from queries.sources.s3.policy import as_text, least_privilege

    policy = least_privilege(
        options.bucket, options.prefix, kms_key=options.kms_key, partition=options.partition
    )
    print(as_text(policy))
    return 0


def _no_evidence(case: Case, options: argparse.Namespace) -> int:
    raise NotImplementedError("this command reads no evidence")


def _nothing_read(case: Case) -> int:
    if case.totals["raw_records"]:
        return 0
    note("no CloudTrail record could be read; the ledger says why, file by file")
    return 1


COMMANDS: dict[str, Command] = {
    "findings": Command(
        "what the rules find: severity, who, when, why; told as stories",
        "Findings of one origin that lie close together are one story, the worst first. 'rules'\n"
        "lists the rules, docs/findings.md explains them.",
        findings_commands.findings_options,
        findings_commands.findings,
    ),
    "repositories": Command(
        "every repository: pushes, attempts, pulls, who pushed last",
        "One row for each repository that a registry event names.",
        list_options,
        _repositories,
    ),
    "pushes": Command(
        "every push and attempt: when, what, by whom, from where",
        "One row for each push (an index with its platforms is one) and each failed attempt.",
        list_options,
        _pushes,
    ),
    "push": Command(
        "everything known about one push: layers, records, pulls, deployments, chain",
        "Choose pushes by --event-id, --digest, --tag, --repository and time.",
        push_options,
        _push,
    ),
    "deployments": Command(
        "what platforms were told to run, and which push each image came from",
        "One row for each image of each call (ECS, Lambda, SageMaker, Batch and others;\n"
        "nodes by their pulls). 'matched' says how the image was found.",
        where_commands.options_of_lists,
        where_commands.deployments,
    ),
    "pulls": Command(
        "who pulled images, as what kind of workload, in which bursts",
        "One row for each puller of a repository; with --by image, for each tag and digest.",
        where_commands.pull_options,
        where_commands.pulls,
    ),
    "scans": Command(
        "what scans found in each image, and who pushed it",
        "One row for each image with a scan result, the worst first: the newest result known.",
        where_commands.options_of_lists,
        where_commands.scans,
    ),
    "compare": Command(
        "what changed in an image, layer by layer, and what that looks like",
        "Compares pushes with the image that their tag named before, or with the one of\n"
        "--with-digest or --with-event-id.",
        image_commands.compare_options,
        image_commands.compare,
    ),
    "tags": Command(
        "every tag: how often it was moved, by how many, and what it names now",
        "One row for each tag; with --tag or --history, for each image that a tag named.",
        image_commands.tags_options,
        image_commands.tags,
    ),
    "layer": Command(
        "where a layer was first seen, and where it went",
        "One row for each push whose image has the layer, and each upload, check and download.",
        image_commands.layer_options,
        image_commands.layer,
    ),
    "principal": Command(
        "who acted (a list), or with --principal everything known about one",
        "Without --principal: one row for each role, user and service. With it: sessions and\n"
        "their chains, addresses, clients, services, errors and pushes of that principal and of\n"
        "all sessions that started from it.",
        _principal_options,
        _principal,
    ),
    "chain": Command(
        "the sessions around somebody as a tree: origin, and all that was minted from it",
        "One row for each session, used or not, in the order of the tree (path), with counts.",
        behind_commands.who_options,
        behind_commands.chain,
    ),
    "touched": Command(
        "every resource somebody and their sessions touched, writes first",
        "One row for each service and resource; also what the keys, users and roles touched\n"
        "that they created ('through').",
        behind_commands.who_options,
        behind_commands.touched,
    ),
    "created": Command(
        "keys, users, roles and other ways in that were created, and what they did since",
        "One row for each call that made or opened something, or tried to.",
        behind_commands.created_options,
        behind_commands.created,
    ),
    "neighbours": Command(
        "who else acted from the same addresses",
        "One row for each address of --principal and each other principal there.",
        behind_commands.who_options,
        behind_commands.neighbours,
    ),
    "versus": Command(
        "two principals side by side: what both used, and what only one did",
        "One row for each call, service, address, client, region, account, repository and error.",
        behind_commands.versus_options,
        behind_commands.versus,
    ),
    "activity": Command(
        "events of a principal, origin, key, address, repository or value",
        "Events in time order. Without a scope option: all events.",
        _activity_options,
        _activity,
    ),
    "event": Command(
        "one record, exactly as delivered",
        "Prints the raw record; the file and position go to standard error. --format json prints\n"
        "one object, or a list of them when several events stand under the id.",
        _event_options,
        _event,
    ),
    "evidence": Command(
        "every file: what it was, what was read, what was damaged; and the totals",
        "--format json prints one object with 'files' and 'totals' (docs/headless.md).",
        _evidence_options,
        _evidence,
    ),
    "rules": Command(
        "every rule that looks for findings, and the numbers it goes by",
        "One row for each rule; --format json has all that its file says.",
        findings_commands.rules_options,
        _no_evidence,
        findings_commands.rules,
    ),
    "config": Command(
        "a commented configuration to start from, or --check FILE",
        "Prints the configuration with everything in it as comments.",
        findings_commands.config_options,
        _no_evidence,
        findings_commands.config,
    ),
    "s3-policy": Command(
        "the IAM policy that reading a bucket of logs needs, and nothing more",
        "Prints a policy with s3:ListBucket, s3:GetObject and, with --kms-key, kms:Decrypt.",
        _policy_options,
        _no_evidence,
        _s3_policy,
    ),
}


# --- shared parts ------------------------------------------------------------------------------


def _opened(options: argparse.Namespace) -> Case:
    from queries.case import open_case
    from queries.progress import CancelToken, Progress
    from tui.cli import evidence_paths
    from tui.remote import remote_of

    paths = evidence_paths(options)
    remote = remote_of(options, paths, filters=options.command not in ("evidence", "event"))
    progress, cancel = Progress(), CancelToken()
    stop = threading.Event()
    reporter = threading.Thread(target=_report, args=(progress, stop), daemon=True)
    if sys.stderr.isatty():
        reporter.start()
    restore = _stop_on_interrupt(cancel)
    try:
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
    finally:
        restore()
        stop.set()
        if reporter.is_alive():
            reporter.join()
    if cancel.cancelled:
        case.close()
        raise KeyboardInterrupt
    if not case.totals["raw_records"] and options.command != "evidence":
        reasons = _why_nothing(case)
        case.close()
        raise NothingToRead(reasons)
    for line in case.totals["notes"]:
        note(line)
    return case


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


def _why_nothing(case: Case) -> str:
    files = case.ask("SELECT name, status, notes FROM files ORDER BY file_id LIMIT 4").rows
    if not files:
        return "nothing to read: the folder is empty"
    said = "; ".join(f"{name}: {(notes or [status])[0]}" for name, status, notes in files[:3])
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


def note(text: str) -> None:
    from queries.safe_text import safe_text

    print(f"note: {safe_text(text)}", file=sys.stderr)


def summary_lines(totals: dict[str, Any]) -> list[str]:
    """The totals in a few sentences."""
    window = totals["window"]
    span = f"{window['first']} to {window['last']}" if window["first"] else "no times"
    return [
        f"{totals['raw_records']:,} records in {totals['files']:,} files make"
        f" {totals['events']:,} events{_joined(totals)}, {span}",
        f"accounts: {', '.join(totals['accounts']) or 'none'};"
        f" regions: {', '.join(totals['regions']) or 'none'}",
        f"{totals['pushes']:,} pushes ({totals['put_image']:,} PutImage),"
        f" {totals['failed_pushes']:,} failed attempts in"
        f" {len(totals['repositories']):,} repositories",
    ]


def _joined(totals: dict[str, Any]) -> str:
    joined = totals["merged_records"]
    return (
        f" ({joined:,} joined to another, so {totals['events'] - joined:,} listed)"
        if joined
        else ""
    )


def case_dicts(case: Case, question: Question) -> list[dict[str, Any]]:
    """All rows of a question as dictionaries."""
    return case.ask(question.sql, question.bound).dicts()


def list_filters(case: Case, options: argparse.Namespace) -> dict[str, Any]:
    filters = _filters(case, options)
    return {
        "since": filters.since,
        "until": filters.until,
        "account": filters.account,
        "region": filters.region,
        "repository": options.repository,
        "principal": options.principal,
    }


def _filters(case: Case, options: argparse.Namespace) -> Filters:
    from queries.scope import Filters

    last = case.totals["window"]["last"]
    service = getattr(options, "service", None)
    if service and "." not in service:
        service = f"{service}.amazonaws.com"
    return Filters(
        since=parse_time(options.since, last, "--since"),
        until=parse_time(options.until, last, "--until"),
        account=options.account,
        region=options.region,
        service=service,
        name=getattr(options, "name", None),
        error=getattr(options, "error", None),
        writes=getattr(options, "writes", False),
        failures=getattr(options, "failures", False),
    )


def _scope(options: argparse.Namespace) -> Any:
    from queries import scope

    for kind in (
        scope.PRINCIPAL,
        scope.ORIGIN,
        scope.KEY,
        scope.ADDRESS,
        scope.REPOSITORY,
        scope.VALUE,
    ):
        if value := getattr(options, kind):
            return scope.Scope(kind, value)
    return scope.Scope(scope.ALL)


def parse_time(text: str | None, last: str | None, option: str) -> datetime | None:
    """An ISO time, or `36h` / `7d` / `90m` before the last event, as naive UTC."""
    if not text:
        return None
    units = {"m": "minutes", "h": "hours", "d": "days"}
    try:
        if text[:-1].isdecimal() and text[-1] in units and last:
            end = datetime.fromisoformat(last).replace(tzinfo=None)
            return end - timedelta(**{units[text[-1]]: int(text[:-1])})
        moment = datetime.fromisoformat(text)
        return moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment
    except (ValueError, OverflowError):
        raise WrongUsage(
            f"{option} {text}: not a time; write 2026-03-09, 2026-03-09T02:14:07Z, 36h or 7d"
        ) from None


def print_question(case: Case, question: Question, options: argparse.Namespace) -> int:
    from queries.export import write_csv, write_json, write_jsonl, write_table

    question = limited(question, options)
    if options.sql:
        with opened_output(options) as out:
            out.write(question.pasteable())
        return 0
    if options.format == "parquet":
        return _write_parquet(case, question, options)
    rows = case.ask(question.sql, question.bound)
    with opened_output(options) as out:
        if options.format == "json":
            write_json(rows.dicts(), out)
        elif options.format == "jsonl":
            write_jsonl(rows, out)
        elif options.format == "csv":
            if changed := write_csv(rows, out):
                note(f"{changed} CSV cells begin like a formula; an apostrophe was put in front")
        else:
            write_table(rows, out, width=0 if out.isatty() else None)
    return 0


def limited(question: Question, options: argparse.Namespace) -> Question:
    """The question with the page that --limit asks for. Raises `WrongUsage`."""
    if options.limit is None:
        return question
    if not 0 <= options.limit < 1 << 62:
        raise WrongUsage(f"--limit {options.limit}: must be a number of rows")
    return question.with_page(options.limit)


def _write_parquet(case: Case, question: Question, options: argparse.Namespace) -> int:
    """DuckDB writes Parquet itself; the sealed case may not, so a second connection does."""
    from queries.parquet import write_parquet

    if options.output is None:
        raise WrongUsage("--format parquet needs --output FILE")
    write_parquet(case, question, options.output)
    return 0


def print_objects(objects: list[dict[str, Any]], options: argparse.Namespace, noun: str) -> int:
    """Objects with lists inside: JSON as they are, a table as facts and small tables."""
    from queries.case import Rows
    from queries.export import write_facts, write_json, write_jsonl, write_table

    if options.sql or options.format in ("csv", "parquet"):
        raise WrongUsage(f"'{noun}' prints json, jsonl or table")
    with opened_output(options) as out:
        if options.format == "json":
            write_json(objects, out)
        elif options.format == "jsonl":
            names = list(objects[0])
            write_jsonl(Rows(names, [tuple(o[n] for n in names) for o in objects]), out)
        else:
            for found in objects:
                plain = [(k, v) for k, v in found.items() if not isinstance(v, list)]
                write_facts([(k, v) for k, v in plain if v is not None], out)
                for key, value in found.items():
                    if isinstance(value, list) and value:
                        out.write(f"\n{key}\n")
                        columns = list(value[0])
                        rows = [tuple(entry.values()) for entry in value]
                        write_table(Rows(columns, rows), out, width=0)
                out.write("\n")
    return 0


def _without(rows: Rows, *names: str) -> Rows:
    from queries.case import Rows as Table

    kept = [i for i, name in enumerate(rows.columns) if name not in names]
    return Table(
        [rows.columns[i] for i in kept], [tuple(row[i] for i in kept) for row in rows.rows]
    )


class opened_output:
    """Standard output, or the file of --output (which must not exist yet)."""

    def __init__(self, options: argparse.Namespace) -> None:
        self._path: Path | None = options.output
        self._file: Any = None

    def __enter__(self) -> Any:
        if self._path is None:
            if isinstance(sys.stdout, io.TextIOWrapper):
                sys.stdout.reconfigure(errors="backslashreplace")
                if not sys.stdout.isatty():
                    # What a program reads is the same bytes whatever the terminal is set to.
                    sys.stdout.reconfigure(encoding="utf-8", newline="")
            return sys.stdout
        try:
            self._file = self._path.open("x", encoding="utf-8", newline="")
        except FileExistsError:
            raise WrongUsage(f"{self._path}: exists already; name another file") from None
        except OSError as error:
            raise InvestigationError(
                f"{self._path}: cannot be written ({(error.strerror or str(error)).lower()})"
            ) from None
        return self._file

    def __exit__(self, *error: object) -> None:
        if self._file is not None:
            self._file.close()
        elif error[0] is None:
            sys.stdout.flush()


def is_terminal() -> bool:
    """Whether both ends of the program are a terminal."""
    return os.isatty(0) and os.isatty(1)
