"""`--output text` of the AWS CLI: a line for each event, its members in the order of their names.

    EVENTS  36274…  1569946192000  111122223333_CloudTrail_us-east-1  {"eventVersion": …  15699…

`filter-log-events` and `get-log-events` print the record as the message, `lookup-events` as the
CloudTrailEvent, with RESOURCES lines below. Only the record is used; a JSON text has no bare tab.
https://docs.aws.amazon.com/cli/latest/userguide/cli-usage-output-format.html
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from queries.envelopes.lines import text_lines
from queries.json_stream import Broken, Piece

_LINES_LOOKED_AT = 50
_EVENT = "EVENTS\t"
_MORE = "NEXTTOKEN\t"
_LOOKUP_CELLS = 7
"""lookup-events prints at least this many cells for an event, the log commands six at most."""


def looks_like(head: str) -> bool:
    """Whether one of the first lines is an event with a JSON text among its cells."""
    lines = head.lstrip("\ufeff").split("\n", _LINES_LOOKED_AT)[:_LINES_LOOKED_AT]
    return any(line.startswith(_EVENT) and "\t{" in line for line in lines)


def pieces(chunks: Iterator[str]) -> Iterator[Piece | Broken]:
    """Each event as the JSON output would have it, with the members that tell what it is."""
    number = 0
    for number, line in enumerate(text_lines(chunks), 1):
        if line.startswith(_EVENT):
            yield _event(line, number)
        elif line.startswith(_MORE):
            yield Piece({"NextToken": line.removeprefix(_MORE)}, line, "{}")


def _event(line: str, number: int) -> Piece | Broken:
    cells = line.split("\t")
    record = next((cell for cell in cells if cell.startswith("{")), None)
    if record is None:
        return Broken(number, "an event without a record in it")
    value: dict[str, Any] = (
        {"CloudTrailEvent": record}
        if len(cells) > _LOOKUP_CELLS
        else {"message": record, "timestamp": cells[-1]}
    )
    return Piece(value, line, None)
