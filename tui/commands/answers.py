"""The subcommands about repositories, pushes, principals, activity, events and the evidence."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from queries.errors import NothingToRead, WrongUsage
from tui.commands.opening import note, nothing_read
from tui.commands.options import filters_of, list_filters, scope_of
from tui.commands.output import _without, case_dicts, opened_output, print_objects, print_question

if TYPE_CHECKING:
    from queries.case import Case
    from queries.scope import Scope


def repositories(case: Case, options: argparse.Namespace) -> int:
    from queries.question import Order, ask_for

    question = ask_for("repositories", **list_filters(case, options))
    return print_question(case, question.with_order(Order("last_push", True)), options)


def pushes(case: Case, options: argparse.Namespace) -> int:
    from queries.question import Order, ask_for

    question = ask_for("pushes", **list_filters(case, options))
    return print_question(case, question.with_order(Order("event_time")), options)


def push(case: Case, options: argparse.Namespace) -> int:
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


def principal(case: Case, options: argparse.Namespace) -> int:
    from queries.question import Order, ask_for
    from queries.scope import ORIGIN, Scope, about

    if not options.principal:
        question = ask_for("principals", **list_filters(case, options))
        return print_question(case, question.with_order(Order("events", True)), options)
    scope = Scope(ORIGIN, options.principal)
    filters = filters_of(case, options)
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


def activity(case: Case, options: argparse.Namespace) -> int:
    from queries.question import Order
    from queries.scope import REPOSITORY, about, locate

    if options.repository:
        options.repository = _repository_called(case, options.repository)
    wanted = _place_of(case, options) or locate(scope_of(options), case)
    filters = filters_of(case, options)
    if wanted.kind != REPOSITORY:
        filters = filters.changed(repository=options.repository)
    question = about("activity", wanted, filters)
    return print_question(case, question.with_order(Order("event_time")), options)


def _repository_called(case: Case, name: str) -> str:
    """The repository with this key, or the one that has this name alone. Raises `WrongUsage`."""
    known = "SELECT DISTINCT repository FROM registry_events WHERE repository_name = $name"
    found = sorted(str(row[0]) for row in case.ask(known, {"name": name}).rows if row[0])
    if len(found) > 1 and name not in found:
        raise WrongUsage(f"--repository {name}: several are called so: {', '.join(found)}")
    return found[0] if len(found) == 1 else name


def _place_of(case: Case, options: argparse.Namespace) -> Scope | None:
    """The addresses of a country, city or network operator, where one is asked for."""
    from queries.enrichment.model import PIVOTS
    from queries.enrichment.scopes import scope_of_place
    from tui.commands.enrichment import enrichment_of

    for field in PIVOTS:
        if value := getattr(options, field):
            known = enrichment_of(options)
            if not known.knows_addresses:
                raise WrongUsage(f"--{field} needs a database of addresses: --geo FILE")
            return scope_of_place(case, known, field, value)
    return None


def event(case: Case, options: argparse.Namespace) -> int:
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


def evidence(case: Case, options: argparse.Namespace) -> int:
    from queries.evidence import evidence_report
    from queries.export import write_csv, write_json, write_jsonl, write_table
    from queries.question import Order, ask_for

    with opened_output(options) as out:
        if options.format == "json":
            write_json(evidence_report(case), out)
            return nothing_read(case)
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
    return nothing_read(case)


def summary_lines(totals: dict[str, Any]) -> list[str]:
    """The totals in a few sentences."""
    window = totals["window"]
    span = f"{window['first']} to {window['last']}" if window["first"] else "no times"
    return [
        f"{totals['raw_records']:,} records in {totals['files']:,} files make"
        f" {totals['events']:,} events{_joined(totals)}, {span}",
        f"accounts: {', '.join(totals['accounts']) or 'none'};"
        f" regions: {', '.join(totals['regions']) or 'none'}",
        f"{totals['pushes']:,} pushes ({totals['put_image']:,} records),"
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


def s3_policy(options: argparse.Namespace) -> int:
    from queries.sources.s3.policy import as_text, least_privilege

    policy = least_privilege(
        options.bucket, options.prefix, kms_key=options.kms_key, partition=options.partition
    )
    print(as_text(policy))
    return 0
