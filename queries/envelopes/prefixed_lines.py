"""Lines in which something stands before the JSON: what syslog, a shipper or grep puts there.

    <134>Mar  2 10:00:00 host cloudtrail: {"eventVersion": …
       1⇥{"eventVersion": …   (`cat -n`, `nl`)
    AWSLogs/…_CloudTrail_us-east-1_….json:{"eventVersion": …

Each record fills the rest of its line. Lines without JSON are passed over, as between JSON values.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from queries.envelopes.export_lines import without
from queries.json_stream import Broken, JsonStream, Piece

_PREFIX = re.compile(
    r'^(?: {0,8}\d{1,9}\t|(?![\s{}\[\]"\'\ufeff])[^{\n]{0,399}[^{\n"\'])(?=\{")', re.MULTILINE
)
"""Inner lines of a pretty-printed record begin with a blank or a bracket. A quote before the brace
is that of YAML or a table."""
_SIGNS = re.compile(r'"(?:Records|eventVersion|eventSource|userIdentity|auditID|protoPayload)"')
_LINES_LOOKED_AT = 50


def looks_like(head: str) -> bool:
    """Whether half of the first lines or more have a record behind something else: in a page of
    prose with an example it would be fewer."""
    lines = head.lstrip("\ufeff\x00 \t\r\n").split("\n", _LINES_LOOKED_AT)[:_LINES_LOOKED_AT]
    filled = [line for line in lines if line.strip()]
    meant = [line for line in filled if _PREFIX.match(line) and _SIGNS.search(line)]
    return bool(meant) and 2 * len(meant) >= len(filled)


def pieces(chunks: Iterator[str]) -> Iterator[Piece | Broken]:
    """The JSON values behind the beginnings of the lines."""
    yield from JsonStream(without(_PREFIX, chunks))
