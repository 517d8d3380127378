"""The options about buckets, what they mean together, and `--list`."""

from __future__ import annotations

import argparse
import sys
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from queries.errors import InvestigationError, NothingToRead, WrongUsage
from queries.sources.azure.paths import SCHEMES as AZURE_SCHEMES
from queries.sources.buckets.model import GCS_SCHEME, S3_SCHEME
from queries.sources.buckets.options import API_SCHEME, is_remote

if TYPE_CHECKING:
    from queries.sources.buckets.options import Selection
    from queries.sources.buckets.remote import Remote

_UNITS = {"m": "minutes", "h": "hours", "d": "days"}


_REACHING: tuple[tuple[str, dict[str, Any]], ...] = (
    ("--profile", {"metavar": "NAME", "help": "AWS profile to use"}),
    ("--endpoint-url", {"metavar": "URL", "help": "another S3 service, such as MinIO"}),
    (
        "--bucket-region",
        {"metavar": "NAME", "help": "where the bucket is, if it is not found out by itself"},
    ),
    ("--storage-account", {"metavar": "NAME", "help": "Azure's, for az://container/prefix/"}),
    ("--request-payer", {"action": "store_true", "help": "pay for the requests"}),
    ("--no-sign-request", {"action": "store_true", "help": "read a public bucket"}),
    (
        "--evidence-limit",
        {
            "metavar": "SIZE",
            "help": "keep at most so much of fetched objects in the cache (default: 20G)",
        },
    ),
)
"""How buckets are reached."""
_WANTED: tuple[tuple[str, dict[str, Any]], ...] = (
    ("--since", {"metavar": "TIME", "help": "ISO date or time, or 36h / 7d before now"}),
    ("--until", {"metavar": "TIME", "help": "before this time"}),
    (
        "--account",
        {"metavar": "ID", "help": "account id (12 digits), Azure subscription, or several: ID,ID"},
    ),
    ("--region", {"metavar": "NAME", "help": "region of the logs, or several: NAME,NAME"}),
)
"""What of a bucket is wanted."""
_OF_ONE_CLOUD = {
    "--profile": (S3_SCHEME, API_SCHEME),
    "--endpoint-url": (S3_SCHEME, API_SCHEME),
    "--bucket-region": (S3_SCHEME, API_SCHEME),
    "--storage-account": AZURE_SCHEMES,
    "--request-payer": (S3_SCHEME, GCS_SCHEME, API_SCHEME),
}
"""Options that say something about some kinds of paths only."""
WITH_VALUE = tuple(flag for flag, said in _REACHING if "metavar" in said)
"""Options here that a value follows: the command line must not take it for a path."""


def add_remote_options(parser: argparse.ArgumentParser, *, top: bool) -> None:
    """How buckets are reached; shared by the interface and every command."""
    group = parser.add_argument_group(
        "buckets (s3://bucket/prefix/, gs://bucket/, az://container/)"
    )
    for flag, said in _REACHING:
        unset = False if "action" in said else None
        group.add_argument(flag, default=unset if top else argparse.SUPPRESS, **said)


def add_selection_options(parser: argparse.ArgumentParser) -> None:
    """What of a bucket is wanted, for those who have no such filters of their own."""
    group = parser.add_argument_group("what of a bucket is listed and fetched")
    for flag, said in _WANTED:
        group.add_argument(flag, **said)


def remote_of(options: argparse.Namespace, paths: list[str], *, filters: bool) -> Remote | None:
    """How to reach the remote paths, signed in; None when there are none.

    `filters`: whether --since and its like narrow local evidence too. Times that are counted
    back are made absolute in `options`, so that the listing and the filters agree. May ask for
    an MFA code on the terminal. Raises `InvestigationError`.
    """
    remote_paths = [path for path in paths if is_remote(path)]
    if not remote_paths:
        _refuse_unused(options, filters)
        return None
    from queries.sources.buckets.clouds import address_of
    from queries.sources.buckets.options import DEFAULT_LIMIT, S3Options, parse_size
    from queries.sources.buckets.remote import Remote
    from queries.sources.cloudtrail_api import parse_api_path

    _refuse_of_other_clouds(options, remote_paths)
    limit = parse_size(options.evidence_limit) if options.evidence_limit else DEFAULT_LIMIT
    reaching = S3Options(
        profile=options.profile,
        bucket_region=options.bucket_region,
        endpoint_url=options.endpoint_url,
        request_payer=options.request_payer,
        no_sign_request=options.no_sign_request,
        storage_account=options.storage_account,
        evidence_limit=limit,
    )
    schemes: dict[str, None] = {}
    for path in remote_paths:
        if path.startswith(API_SCHEME):
            parse_api_path(path)
            schemes[S3_SCHEME] = None
        else:
            schemes[address_of(path, reaching).scheme] = None
    remote = Remote(reaching, _selection(options, only_aws=list(schemes) == [S3_SCHEME]))
    try:
        remote.prepare(list(schemes))
    except InvestigationError as error:
        if len(remote_paths) == len(paths):
            raise InvestigationError(f"{remote_paths[0]}: {error}") from None
        # The local part is read all the same; the ledger says why the rest is missing.
    return remote


def print_listing(options: argparse.Namespace, paths: list[str]) -> int:
    """`--list`: accounts, regions and days with their objects and bytes; nothing is fetched."""
    from queries.case import Rows
    from queries.export import write_csv, write_json, write_jsonl, write_table
    from queries.safe_text import safe_text
    from queries.sources.buckets.source import RemoteSource
    from queries.sources.local import Listing

    if not all(is_remote(path) and not path.startswith(API_SCHEME) for path in paths or ["."]):
        raise WrongUsage(
            "--list shows what a bucket holds: give s3:// paths only (or gs://, az://)"
        )
    remote = remote_of(options, paths, filters=False)
    assert remote is not None  # noqa: S101 - there are remote paths
    source, listing = RemoteSource(remote, paths), Listing()
    source.list_into(listing)
    for name, reason in (*listing.passed_over, *listing.unreadable):
        print(f"note: {safe_text(name)}: {safe_text(reason)}", file=sys.stderr)
    if not source.objects:
        raise NothingToRead("no object to read; the notes above say why")
    columns = ["bucket", "account", "region", "day", "kind", "objects", "bytes"]
    rows = Rows(
        columns, [tuple(getattr(share, name) for name in columns) for share in source.shares()]
    )
    if options.format == "json":
        write_json(rows.dicts(), sys.stdout)
    elif options.format == "jsonl":
        write_jsonl(rows, sys.stdout)
    elif options.format == "csv":
        write_csv(rows, sys.stdout)
    else:
        write_table(rows, sys.stdout, width=0 if sys.stdout.isatty() else None)
    size = sum(entry.size for entry in source.objects)
    print(f"note: {len(source.objects):,} objects, {size:,} bytes", file=sys.stderr)
    return 1 if options.strict and listing.unreadable else 0


def _refuse_unused(options: argparse.Namespace, filters: bool) -> None:
    """An option that would do nothing must not look as if it had done something."""
    # The limit of the cache may be set once and for all.
    flags = [flag for flag, _ in _REACHING if flag != "--evidence-limit"]
    flags += [] if filters else [flag for flag, _ in _WANTED]
    for flag in flags:
        if getattr(options, flag[2:].replace("-", "_"), None):
            raise WrongUsage(f"{flag} is about buckets, and no s3:// path is given")


def _refuse_of_other_clouds(options: argparse.Namespace, paths: list[str]) -> None:
    for flag, schemes in _OF_ONE_CLOUD.items():
        given = getattr(options, flag[2:].replace("-", "_"), None)
        if given and not any(path.startswith(schemes) for path in paths):
            raise WrongUsage(f"{flag} is about {schemes[0]} paths, and none is given")


def _selection(options: argparse.Namespace, *, only_aws: bool) -> Selection:
    from queries.sources.buckets.options import Selection

    accounts, regions = (_several(getattr(options, name, None)) for name in ("account", "region"))
    for account in accounts:
        if only_aws and not (len(account) == 12 and account.isdecimal()):
            raise WrongUsage(f"--account {account}: an account id has 12 digits")
    since, until = (moment(options, name) for name in ("since", "until"))
    if since and until and since >= until:
        raise WrongUsage("--since must be before --until")
    # Rows can be narrowed to one account and region only; what is fetched is narrowed to all.
    for name, values in (("account", accounts), ("region", regions)):
        if len(values) > 1:
            setattr(options, name, None)
    return Selection(since, until, accounts, regions)


def _several(text: str | None) -> frozenset[str]:
    return frozenset(part.strip() for part in (text or "").split(",") if part.strip())


def moment(options: argparse.Namespace, name: str) -> datetime | None:
    """--since or --until as naive UTC; a span is counted back from now and written back."""
    from tui.commands.options import parse_time

    text = getattr(options, name, None)
    if not text:
        return None
    if text[:-1].isdecimal() and text[-1] in _UNITS:
        now = datetime.now(UTC).replace(microsecond=0, tzinfo=None)
        try:
            moment = now - timedelta(**{_UNITS[text[-1]]: int(text[:-1])})
        except OverflowError:
            moment = datetime(1970, 1, 1)
        setattr(options, name, moment.isoformat())
        return moment
    return parse_time(text, None, f"--{name}")
