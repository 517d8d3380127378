"""Lines that begin with a time: what a CloudWatch Logs export task writes, or `aws logs tail`.

    2026-03-02T10:04:00.000Z {"eventVersion": …

Everything behind the time is JSON, which may run over several lines.
https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/S3ExportTasksConsole.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from queries.json_stream import Broken, JsonStream, Piece

LINE = "a line with a time"
"""The container of such a piece."""

_TIME = r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d{1,9})?(?:Z|[+-]\d\d:?\d\d)?"
_PREFIX = re.compile(rf"^{_TIME}[ \t]+(?:[^\s:*{{]{{1,512}}[ \t]+)?(?=\{{)", re.MULTILINE)
"""`aws logs tail` has the name of the stream between time and message."""
_LONGEST = 600
_LINES_LOOKED_AT = 50


def looks_like(head: str) -> bool:
    """Whether one of the first lines is a time and JSON."""
    lines = head.lstrip("\ufeff\x00 \t\r\n").split("\n", _LINES_LOOKED_AT)[:_LINES_LOOKED_AT]
    return any(_PREFIX.match(line) for line in lines)


def pieces(chunks: Iterator[str]) -> Iterator[Piece | Broken]:
    """The JSON values behind the times."""
    for part in JsonStream(without(_PREFIX, chunks)):
        if isinstance(part, Piece):
            yield replace(part, container=LINE) if part.container is None else part
        else:
            part.reason += "; CloudWatch Logs cuts events that are too large for it"
            yield part


def without(prefix: re.Pattern[str], chunks: Iterator[str]) -> Iterator[str]:
    """The text without what matches at the start of each line. The beginning of a line is kept
    back until enough of it has come to tell."""
    kept, at_start = "", True
    for chunk in chunks:
        text = kept + chunk
        last = text.rfind("\n") + 1
        kept = text[last:] if len(text) - last < _LONGEST and (last or at_start) else ""
        text = text[: len(text) - len(kept)]
        if text:
            yield _strip(prefix, text, at_start)
            at_start = text.endswith("\n")
    if kept:
        yield _strip(prefix, kept, at_start)


def _strip(prefix: re.Pattern[str], text: str, at_start: bool) -> str:
    if at_start:
        return prefix.sub("", text)
    first, newline, rest = text.partition("\n")
    return first + newline + prefix.sub("", rest)
