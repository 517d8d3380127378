"""CloudWatch Logs Insights: rows of columns; `@message` is the record's text.

`aws logs get-query-results` writes a row as a list of `{"field", "value"}`; the console's CSV has
the same columns. A query that selects fields instead of @message gives columns with CloudTrail's
names, which `flat` reads.
https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_GetQueryResults.html
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from queries.envelopes import flat
from queries.envelopes.cloudwatch import CUT
from queries.envelopes.model import Found
from queries.envelopes.nested import open_text
from queries.json_stream import Piece

NAME = "CloudWatch Logs Insights"


def read(piece: Piece) -> Found | None:
    value: Any = piece.value
    if piece.container == "{}" and isinstance(value, dict):
        return _query(value)
    row = _row(value)
    if row is None:
        return None
    message = row.get("@message")
    if isinstance(message, str):
        return open_text(message, piece, "a CloudWatch message", CUT)
    return flat.read(replace(piece, value=row))


def _row(value: Any) -> dict[str, Any] | None:
    if isinstance(value, dict):
        return value if isinstance(value.get("@message"), str) else None
    if not isinstance(value, list) or not value:
        return None
    if all(isinstance(cell, dict) and "field" in cell and "value" in cell for cell in value):
        return {str(cell["field"]): cell["value"] for cell in value}
    return None


def _query(rest: dict[str, Any]) -> Found | None:
    status = rest.get("status")
    if "statistics" not in rest or not isinstance(status, str) or status == "Complete":
        return None
    return Found(
        notes=[f"the query was not finished (status {status[:20]!r}): its results are a part"]
    )
