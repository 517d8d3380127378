"""Log values as text for the screen: literal, cut to a width, and short forms for cells.

`safe_content` is the one way from a log value to a widget. It never parses markup, and shows the
escapes that `queries.safe_text` made in a style of their own, so that ``\\x1b`` written by the
attacker and an escape made here can be told apart.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Final

from rich.cells import set_cell_size
from textual.content import Content, Span

from queries.safe_text import ELLIPSIS, MAX_COMBINING, NONE_TEXT, is_safe, safe_parts, safe_text
from tui import years

__all__ = [
    "ELLIPSIS",
    "ESCAPE_STYLE",
    "NONE_TEXT",
    "clean_content",
    "fit",
    "fmt_ago",
    "fmt_bytes",
    "fmt_count",
    "fmt_offset",
    "fmt_some",
    "fmt_span",
    "fmt_time",
    "pad_content",
    "safe_content",
    "safe_text",
    "short_arn",
    "short_digest",
]

ESCAPE_STYLE: Final = "$text-accent underline"
"""How an escape made by safe_text is shown (underlined: seen without colour as well)."""


def safe_content(
    value: object, limit: int | None = None, style: str = "", *, keep: str = ""
) -> Content:
    """Any value as literal Content, cut to `limit` cells; escapes stand out.

    Args:
        value: Anything. Content keeps its styles, but its text is made safe as well.
        limit: Greatest width in terminal cells, or None.
        style: A Textual style for the whole text, such as ``"$foreground-muted"``.
        keep: Which of newline and tab to leave alone.
    """
    if isinstance(value, Content):
        content = clean_content(value, limit, keep=keep)
        return content.stylize_before(style) if style else content
    text, escapes = safe_parts(value, limit, keep=keep)
    spans = [Span(0, len(text), style)] if style and text else []
    spans += [Span(start, end, ESCAPE_STYLE) for start, end in escapes]
    return Content(text, spans, strip_control_codes=False)


def clean_content(content: Content, limit: int | None = None, *, keep: str = "") -> Content:
    """Content whose text is safe and at most `limit` cells wide, with its styles kept."""
    if limit is not None:
        content = content[: (max(limit, 0) + 1) * (1 + MAX_COMBINING)]  # cut before measuring
    plain = content.plain
    if is_safe(plain):
        return content if limit is None else content.truncate(max(limit, 0), ellipsis=True)
    # Rare: go piece by piece, so that each style stays with its text.
    edges = {0, len(plain)}
    for span in content.spans:
        edges.update((min(span.start, len(plain)), min(span.end, len(plain))))
    ordered = sorted(edges)
    pieces: list[Content] = []
    for start, end in pairwise(ordered):
        piece = safe_content(plain[start:end], keep=keep)
        for span in content.spans:
            if span.start <= start and end <= span.end:
                piece = piece.stylize_before(span.style)
        pieces.append(piece)
    joined = Content("").join(pieces)
    return joined if limit is None else joined.truncate(max(limit, 0), ellipsis=True)


def pad_content(content: Content, width: int, *, right: bool = False) -> Content:
    """Content of exactly `width` cells: padded, or cut when a wide character stands on the edge."""
    missing = width - content.cell_length
    if missing > 0:
        return content.pad_left(missing) if right else content.pad_right(missing)
    return content if missing == 0 else content.truncate(width)


def fmt_count(number: int | None, *, at_least: bool = False) -> str:
    """``2,900``; ``2,900+`` when more are known to exist; an en dash for None."""
    return NONE_TEXT if number is None else f"{number:,}{'+' if at_least else ''}"


def fmt_some(number: int | None, noun: str, plural: str = "") -> str:
    """``1 event``, ``2,900 events``; `plural` where it is no s behind the noun."""
    return f"{fmt_count(number)} {noun if number == 1 else plural or f'{noun}s'}"


def fmt_bytes(size: int | float | None) -> str:
    """Decimal units as registries print them: ``212 MB``, ``4.1 MB``, ``900 B``."""
    if size is None:
        return NONE_TEXT
    value = float(size)
    for unit in ("B", "kB", "MB", "GB", "TB"):
        if abs(value) < 999.5:
            digits = 1 if unit != "B" and abs(value) < 9.95 else 0
            return f"{value:.{digits}f} {unit}"
        value /= 1000
    return f"{value:,.0f} PB"


def fmt_time(when: datetime | None, *, year: bool | None = None, seconds: bool = True) -> str:
    """UTC as ``03-09 02:14:07``, with the year ``2026-03-09 02:14:07``; naive times are UTC.

    `year`: whether to show it; left out, where the evidence lies in more than one."""
    if when is None:
        return NONE_TEXT
    if year is None:
        year = years.shown()
    if when.tzinfo is not None:
        when = when.astimezone(UTC)
    text = when.isoformat(sep=" ", timespec="seconds" if seconds else "minutes")
    return text[0 if year else 5 : 19 if seconds else 16]


def fmt_span(first: datetime | None, last: datetime | None) -> str:
    """From when to when: ``2026-03-09 02:14:07 – 03-10 11:00:00 UTC``."""
    if first is None or last is None:
        return "no time recorded"
    if first == last:
        return f"{fmt_time(first, year=True)} UTC"
    return f"{fmt_time(first, year=True)} – {fmt_time(last)} UTC"


def fmt_ago(delta: timedelta | None) -> str:
    """How long, without a sign: ``40 s``, ``12 min``, ``9 h 33 min``, ``5 d``."""
    if delta is None:
        return NONE_TEXT
    seconds = round(abs(delta.total_seconds()))
    if seconds < 60:
        return f"{seconds} s"
    minutes = round(seconds / 60)
    if minutes < 60:
        return f"{minutes} min"
    if minutes < 24 * 60:
        hours, rest = divmod(minutes, 60)
        return f"{hours} h {rest} min" if rest else f"{hours} h"
    days = round(seconds / 86_400)
    return f"{days:,} d"


def fmt_offset(delta: timedelta | None) -> str:
    """Time relative to an event: ``+0:07:02``, ``−0:12:05``, ``+2 d 03:00:00``, ``0:00``."""
    if delta is None:
        return NONE_TEXT
    total = round(delta.total_seconds())
    if total == 0:
        return "0:00"
    sign = "+" if total > 0 else "−"
    days, rest = divmod(abs(total), 86_400)
    hours, rest = divmod(rest, 3600)
    minutes, seconds = divmod(rest, 60)
    if days:
        return f"{sign}{days} d {hours:02}:{minutes:02}:{seconds:02}"
    return f"{sign}{hours}:{minutes:02}:{seconds:02}"


def short_digest(digest: object, length: int = 6) -> str:
    """``sha256:9f2c1ab4…`` as ``9f2c1a…``; another algorithm keeps its name in front."""
    if digest is None:
        return NONE_TEXT
    algorithm, colon, hexadecimal = safe_text(digest, 200).partition(":")
    if not colon:
        algorithm, hexadecimal = "", algorithm
    prefix = "" if algorithm in ("sha256", "") else f"{algorithm}:"
    cut = hexadecimal if len(hexadecimal) <= length else hexadecimal[:length] + ELLIPSIS
    return prefix + cut


def short_arn(arn: object, limit: int | None = None) -> str:
    """The part of an ARN people say: ``…:user/dana.ops`` as ``dana.ops``.

    An assumed role is ``role/session``; other resources keep their type (``role/deploy``).
    Text that is no ARN comes back whole, made safe.
    """
    text = safe_text(arn, 2048)
    parts = text.split(":", 5)
    if len(parts) == 6 and parts[0] == "arn":
        text = parts[5]
        for kind in ("user/", "assumed-role/"):
            if text.startswith(kind):
                text = text[len(kind) :]
    return text if limit is None else safe_text(text, limit)


def fit(text: str, width: int) -> str:
    """Safe text cut with "…" and padded to exactly `width` cells."""
    return set_cell_size(safe_text(text, width), max(width, 0))
