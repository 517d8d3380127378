"""The options that subcommands share, and what they mean for a question."""

from __future__ import annotations

import argparse
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from queries.errors import WrongUsage
from queries.scope import ACTS

if TYPE_CHECKING:
    from queries.case import Case
    from queries.scope import Filters


FORMATS = ("table", "lines", "json", "jsonl", "csv", "parquet")


def output_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--format", choices=FORMATS, default="table", help="how to print (default: table)"
    )
    parser.add_argument(
        "--output", "-o", type=Path, metavar="FILE", help="write to FILE (needed for parquet)"
    )
    parser.add_argument("--sql", action="store_true", help="print the SQL instead of its answer")


def range_options(parser: argparse.ArgumentParser) -> None:
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
    range_options(parser)
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


def activity_options(parser: argparse.ArgumentParser) -> None:
    output_options(parser)
    range_options(parser)
    scope = parser.add_mutually_exclusive_group()
    scope.add_argument("--principal", metavar="ARN", help="a role, user or session")
    scope.add_argument("--origin", metavar="ARN", help="everything the chain from here did")
    scope.add_argument("--key", metavar="ID", help="an access key id")
    scope.add_argument("--address", metavar="IP", help="a source address")
    scope.add_argument("--country", metavar="CODE", help="addresses of a country (--geo)")
    scope.add_argument("--city", metavar="NAME", help="addresses of a city (--geo)")
    scope.add_argument("--asn", metavar="NUMBER", help="addresses of a network operator (--geo)")
    scope.add_argument("--value", metavar="TEXT", help="everything with this value in any field")
    parser.add_argument(
        "--repository",
        metavar="NAME",
        help="account/region/name, or the name; alone, or of one of the above",
    )
    parser.add_argument(
        "--service", metavar="SOURCE", help="such as ecr, artifactregistry, ecr.amazonaws.com"
    )
    parser.add_argument("--name", metavar="EVENT", help="event name, such as PutImage")
    parser.add_argument("--error", metavar="CODE")
    parser.add_argument("--act", choices=tuple(ACTS), help="only calls of this group")
    parser.add_argument("--writes", action="store_true", help="only calls that change something")
    parser.add_argument("--failures", action="store_true", help="only calls that failed")
    parser.add_argument("--limit", type=int, metavar="N", help="at most N rows")


def event_options(parser: argparse.ArgumentParser) -> None:
    from tui.remote import add_selection_options

    parser.add_argument("--event-id", metavar="ID", required=True)
    parser.add_argument("--output", "-o", type=Path, metavar="FILE")
    parser.add_argument("--format", choices=("raw", "json"), default="raw")
    add_selection_options(parser)


def principal_options(parser: argparse.ArgumentParser) -> None:
    list_options(parser)


def policy_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("bucket", metavar="BUCKET", help="name, s3:// path, or access point ARN")
    parser.add_argument("--prefix", metavar="PREFIX", default="", help="what may be read of it")
    parser.add_argument(
        "--kms-key", metavar="ARN", default="", help="the key that the logs are encrypted with"
    )
    parser.add_argument(
        "--partition", choices=("aws", "aws-cn", "aws-us-gov"), default="aws", help="default: aws"
    )


def evidence_options(parser: argparse.ArgumentParser) -> None:
    from tui.remote import add_selection_options

    add_selection_options(parser)
    parser.add_argument("--format", choices=("table", "json", "csv", "jsonl"), default="table")
    parser.add_argument("--output", "-o", type=Path, metavar="FILE")


def list_filters(case: Case, options: argparse.Namespace) -> dict[str, Any]:
    filters = filters_of(case, options)
    return {
        "since": filters.since,
        "until": filters.until,
        "account": filters.account,
        "region": filters.region,
        "repository": options.repository,
        "principal": options.principal,
    }


def full_service(case: Case, short: str) -> str:
    """The source that a short name stands for: the one in the evidence, else that of CloudTrail."""
    from queries.providers import PROVIDERS

    names = [f"{short}{provider.suffix}" for provider in PROVIDERS]
    for name in names:
        known = "SELECT 1 FROM events WHERE event_source = $name LIMIT 1"
        if case.ask(known, {"name": name}).rows:
            return name
    return names[0]


def filters_of(case: Case, options: argparse.Namespace) -> Filters:
    from queries.scope import Filters

    last = case.totals["window"]["last"]
    service = getattr(options, "service", None)
    if service and "." not in service:
        service = full_service(case, service)
    return Filters(
        since=parse_time(options.since, last, "--since"),
        until=parse_time(options.until, last, "--until"),
        account=options.account,
        region=options.region,
        service=service,
        name=getattr(options, "name", None),
        error=getattr(options, "error", None),
        act=getattr(options, "act", None),
        writes=getattr(options, "writes", False),
        failures=getattr(options, "failures", False),
    )


def scope_of(options: argparse.Namespace) -> Any:
    from queries import scope

    for kind in (
        scope.PRINCIPAL,
        scope.ORIGIN,
        scope.KEY,
        scope.ADDRESS,
        scope.VALUE,
        scope.REPOSITORY,
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
