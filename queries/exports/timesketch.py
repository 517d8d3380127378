"""Events for Timesketch: CSV or JSON lines with `message`, `datetime` and `timestamp_desc`, the
time in microseconds, tags as a list, and the event's fields under our own names.
https://timesketch.org/guides/user/import-from-json-csv/"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any, TextIO

from queries.export import csv_cell
from queries.exports.chosen import Chosen
from queries.naming import display_name

DESCRIPTION = "Event Logged"
DATA_TYPES = {
    "google": "gcp:log:entry",
    "azure": "azure:log:entry",
    "kubernetes": "kubernetes:audit:entry",
}
FIELDS = (
    "message", "datetime", "timestamp", "timestamp_desc", "data_type", "tag", "comment",
    "event_id", "event_source", "event_name", "target", "is_write", "outcome", "error_code",
    "error_message", "principal", "origin", "identity_type", "access_key_id", "account_id",
    "recipient_account_id", "source_ip_address", "user_agent", "aws_region", "repository",
    "image_tag", "image_digest", "layer_digest", "request_id", "file_name", "file_sha256",
    "position",
)  # fmt: skip


def entries(
    rows: Iterable[dict[str, Any]], chosen: Chosen, added: Sequence[str] = ()
) -> Iterator[dict[str, Any]]:
    """One object for each event that has a time (Timesketch takes no other). `added` are fields
    beside our own: what is known of addresses and accounts."""
    for row in rows:
        when: datetime | None = row["event_time"]
        if when is None:
            continue
        stamp = when.replace(tzinfo=UTC)
        entry: dict[str, Any] = {
            "message": _message(row),
            "datetime": stamp.isoformat(timespec="microseconds"),
            "timestamp": round(stamp.timestamp() * 1_000_000),
            "timestamp_desc": DESCRIPTION,
            "data_type": DATA_TYPES.get(row["provider"], "aws:cloudtrail:entry"),
            "tag": list(chosen.tags.get(row["event_key"], ())),
            "comment": chosen.comments.get(row["event_key"], ""),
        }
        yield entry | {name: row[name] for name in (*FIELDS, *added) if name in row}


def write_jsonl(
    rows: Iterable[dict[str, Any]], chosen: Chosen, out: TextIO, added: Sequence[str] = ()
) -> int:
    """One JSON object a line; returns how many."""
    count = 0
    for entry in entries(rows, chosen, added):
        kept = {name: value for name, value in entry.items() if value is not None}
        out.write(json.dumps(kept, ensure_ascii=True, default=str) + "\n")
        count += 1
    return count


def write_csv(
    rows: Iterable[dict[str, Any]], chosen: Chosen, out: TextIO, added: Sequence[str] = ()
) -> tuple[int, int]:
    """CSV with a header; returns how many events, and how many cells began like a formula and got
    an apostrophe in front."""
    writer = csv.writer(out, lineterminator="\r\n")
    fields = (*FIELDS, *added)
    writer.writerow(fields)
    count = changed = 0
    for entry in entries(rows, chosen, added):
        cells = [csv_cell(entry.get(name)) for name in fields]
        writer.writerow([text for text, _ in cells])
        changed += sum(neutralised for _, neutralised in cells)
        count += 1
    return count, changed


def _message(row: dict[str, Any]) -> str:
    """`PutImage team/api prod by sam.sre: ok`."""
    who = display_name(row["origin"] or row["principal"])
    on = row["repository"] or row["target"] or ""
    tag = row["image_tag"] or ""
    what = " ".join(str(part) for part in (row["event_name"] or "event", on, tag) if part)
    return f"{what} by {who}: {row['error_code'] or row['outcome']}"
