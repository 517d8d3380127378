"""CloudWatch Logs: each log event's `message` is the record's text.

Three deliveries share it: `filter-log-events` and `get-log-events` (`events[]`), subscription
documents as Firehose and Lambda receive them (`logEvents[]`, gzip, glued together), and export
tasks, whose lines `export_lines` takes apart.
https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_FilterLogEvents.html
https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/SubscriptionFilters.html
"""

from __future__ import annotations

from dataclasses import replace

from queries.envelopes.export_lines import LINE
from queries.envelopes.model import Found
from queries.envelopes.nested import open_text, open_value
from queries.json_stream import Piece

NAME = "CloudWatch Logs"
CUT = (
    "CloudWatch Logs has a size limit for one event (256 KB for what CloudTrail sends): larger"
    " events are cut or missing in it, a trail's files in S3 have them whole"
)
_BESIDE = frozenset({"timestamp", "logStreamName", "ingestionTime", "eventId", "id"})
_CONTROL = "CWL CONTROL MESSAGE"


def read(piece: Piece) -> Found | None:
    value = piece.value
    if piece.container == LINE:
        return open_value(replace(piece, container=None, depth=piece.depth + 1))
    if not isinstance(value, dict):
        return None
    if piece.container == "{}":
        # get-log-events always gives tokens to go on with; only filter-log-events' means more.
        more = "nextToken" in value and "nextForwardToken" not in value
        return Found(more_pages=True) if more else None
    message = value.get("message")
    if not isinstance(message, str) or _BESIDE.isdisjoint(value):
        return None
    if message.startswith(_CONTROL):
        return Found()
    found = open_text(message, piece, "a CloudWatch message", CUT)
    group = piece.beside.get("logGroup")
    found.where = group if isinstance(group, str) else ""
    return found
