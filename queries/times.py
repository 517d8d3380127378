"""Times as logs write them, to one form."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

_NAMED_UTC = re.compile(r"\s*(?:UTC|GMT|Z|Etc/UTC)$", re.IGNORECASE)
"""As Athena, BigQuery and Spark end a time that has a zone."""
_IN_WORDS = re.compile(r"(.+?),?\s+\(UTC\s*(?:([+-]\d\d:\d\d))?\)", re.IGNORECASE)
"""As AWS's console shows times: March 02, 2026, 10:05:00 (UTC+01:00)."""
_WORDS = ("%B %d, %Y, %H:%M:%S", "%B %d, %Y %H:%M:%S", "%b %d, %Y, %H:%M:%S", "%d/%b/%Y:%H:%M:%S")
_OF_DOTNET = re.compile(r"\\?/Date\((\d{1,15})(?:[+-]\d{4})?\)\\?/", re.ASCII)
"""As PowerShell 5 writes a time into JSON: milliseconds."""
_SLASHES = re.compile(r"(\d{4})/(\d\d)/(\d\d)(?=[ T])", re.ASCII)
_LEAP_SECOND = re.compile(r"(:59):60(?=\D|\Z)", re.ASCII)
_MIDNIGHT = re.compile(r"([ T])24:00(:00(?:[.,]0+)?)?(?=[^\d:]|\Z)", re.ASCII)
"""As ISO 8601 may write the end of a day."""
_NUMBER = re.compile(r"\d+(?:\.\d+)?(?:[eE]\+?\d+)?", re.ASCII)
_PER_SECOND = ((1e17, 1e9), (1e14, 1e6), (1e11, 1e3))
"""A number above the first is in parts of which a second has the other."""


def utc_time(value: object) -> str | None:
    """ISO text, the forms that consoles and databases print, or an epoch in seconds, milli-, micro-
    or nanoseconds to `YYYY-MM-DDTHH:MM:SSZ`; no zone is UTC. None for what is no time."""
    try:
        if isinstance(value, int | float) and not isinstance(value, bool):
            moment = _since_epoch(value)
        else:
            text = str(value).strip()
            if found := _OF_DOTNET.fullmatch(text):
                text = found[1]
            moment = _since_epoch(float(text)) if _NUMBER.fullmatch(text) else _written(text)
        moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError, OSError, TypeError):
        return None
    return f"{moment.replace(tzinfo=None).isoformat()}Z"


def _since_epoch(number: float) -> datetime:
    parts = next((per for above, per in _PER_SECOND if number > above), 1)
    return datetime.fromtimestamp(number / parts, UTC)


def _written(text: str) -> datetime:
    """Raises `ValueError`."""
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        if len(text) > 100:
            raise
    if (plain := _LEAP_SECOND.sub(r"\1:59", text)) != text:
        return _written(plain) + timedelta(seconds=1)
    if (plain := _MIDNIGHT.sub(r"\g<1>00:00\2", text)) != text:
        return _written(plain) + timedelta(days=1)
    if (plain := _SLASHES.sub(r"\1-\2-\3", text)) != text:
        return _written(plain)
    if found := _IN_WORDS.fullmatch(text):
        return _in_words(found[1], found[2] or "+00:00")
    if _NAMED_UTC.search(text):
        plain = _NAMED_UTC.sub("", text)
        try:
            return datetime.fromisoformat(plain).replace(tzinfo=UTC)
        except ValueError:
            return parsedate_to_datetime(text)
    return parsedate_to_datetime(text)


def _in_words(text: str, offset: str) -> datetime:
    for form in _WORDS:
        try:
            return datetime.strptime(f"{text} {offset}", f"{form} %z")
        except ValueError:
            continue
    raise ValueError(text)


def in_utc(when: datetime | None) -> str:
    """`2026-03-08 23:54:57Z`, for reading; naive times are UTC, as all of the index are."""
    return f"{when.isoformat(' ', 'seconds')}Z" if when is not None else "no time"


def moved(when: datetime, by: timedelta) -> datetime:
    """A time so much later or earlier, or the last or first that there can be: a forged record may
    bear any."""
    try:
        return when + by
    except OverflowError:
        end = datetime.max if by > timedelta() else datetime.min
        return end.replace(tzinfo=when.tzinfo)
