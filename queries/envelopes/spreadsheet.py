"""What a spreadsheet does to a table when it saves it again, undone where that can be.

Account ids become numbers (`1.11122E+11`, leading zeros gone), times take the form of the
country, cells are cut at 32,767 characters. What cannot be undone is dropped and said: a wrong
account would be worse than none.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from datetime import datetime, timedelta

from queries.envelopes.columns import OBJECTS, place

CELL_LIMIT = 32_767
"""Characters in a cell of Excel and its kin."""

CUT = "a cell was cut at 32,767 characters (a spreadsheet's limit): what stood behind it is missing"
LOST_ACCOUNT = (
    "an account id became a number such as 1.11122E+11 in a spreadsheet: the account is known"
    " only where an ARN or a registry id says it"
)
ZEROS = "an account id had lost its leading zeros: restored to twelve digits"
SERIAL = "a time was a spreadsheet's day number: turned back, taken for UTC"

_ACCOUNT_ENDS = ("accountId", "recipientAccountId", "registryId")
_SCIENTIFIC = re.compile(r"\d(?:[.,]\d+)?[eE]\+?\d+")
_DATE = re.compile(
    r"(\d{1,2})([/.-])(\d{1,2})\2(\d{4}|\d{2})"
    r"(?:[ ,T]+(\d{1,2})[:.](\d\d)(?:[:.](\d\d)(?:[.,]\d+)?)?\s*([AaPp])?\.?(?:[Mm]\.?)?)?"
    r"\s*(?:Z|\(?UTC\)?)?"
)
_LONG_DATE = re.compile(
    r"([A-Z][a-z]{2})[a-z]*\.? (\d{1,2}), (\d{4}),? (\d{1,2}):(\d\d):(\d\d)\s*([AaPp]?)[Mm]?"
    r"\s*(?:\((?:UTC)?([+-]\d\d:\d\d)?\))?"
)
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_EPOCH = datetime(1899, 12, 30)


class Mender:
    """Puts the rows of one table right. `day_first` is how its dates are written."""

    def __init__(self, names: Iterable[str], samples: Iterable[list[str]], delimiter: str) -> None:
        self._names = list(names)
        self._times: set[str] = set()
        self._accounts: set[str] = set()
        self._objects: set[str] = set()
        for name in self._names:
            where = place(name)
            if where is None:
                continue
            path = where[0]
            if path[-1] in ("eventTime", "creationDate"):
                self._times.add(name)
            elif path[-1] in _ACCOUNT_ENDS:
                self._accounts.add(name)
            elif path in OBJECTS:
                self._objects.add(name)
        self.day_first, self.certain = _order(
            (cell for row in samples for cell in self._time_cells(row)), delimiter
        )

    def _time_cells(self, row: list[str]) -> list[str]:
        return [
            cell.strip()
            for name, cell in zip(self._names, row, strict=False)
            if name in self._times
        ]

    def mend(self, row: dict[str, str]) -> list[str]:
        """Change a row in place; return what there is to say about it."""
        said: list[str] = []
        for name, cell in row.items():
            if len(cell) >= CELL_LIMIT and len(cell) <= CELL_LIMIT + 1:
                said.append(CUT)
                if name in self._objects:
                    row[name] = leading_members(cell)
            elif name in self._times:
                row[name], remark = self._time(cell.strip())
                said += remark
            elif name in self._accounts and cell:
                row[name], remark = _account(cell.strip())
                said += remark
        return said

    def _time(self, cell: str) -> tuple[str, list[str]]:
        if match := _DATE.fullmatch(cell):
            return self._short(match) or cell, self._doubt(match)
        if match := _LONG_DATE.fullmatch(cell):
            return _long(match) or cell, []
        if re.fullmatch(r"[2-7]\d{4}[.,]\d+", cell):
            moment = _EPOCH + timedelta(days=float(cell.replace(",", ".")))
            return moment.replace(microsecond=0).isoformat(), [SERIAL]
        return cell, []

    def _short(self, match: re.Match[str]) -> str | None:
        first, _, second, year, hour, minute, seconds, half = match.groups()
        day, month = (first, second) if self.day_first else (second, first)
        years = int(year) + (2000 if len(year) == 2 else 0)
        return _iso(years, int(month), int(day), hour, minute, seconds, half)

    def _doubt(self, match: re.Match[str]) -> list[str]:
        first, second = int(match[1]), int(match[3])
        if self.certain or first == second or max(first, second) > 12:
            return []
        taken = "day before month" if self.day_first else "month before day"
        return [f"a date can be read two ways (such as 02/03): taken as {taken}"]


def _order(cells: Iterable[str], delimiter: str) -> tuple[bool, bool]:
    """Whether dates have the day first, and whether a date in the table proves it.

    Without proof: dots, and semicolons between cells, belong to countries that write it first.
    """
    dots = delimiter == ";"
    for cell in cells:
        if match := _DATE.fullmatch(cell):
            if int(match[1]) > 12:
                return True, True
            if int(match[3]) > 12:
                return False, True
            dots = dots or match[2] == "."
    return dots, False


def _long(match: re.Match[str]) -> str | None:
    """`March 02, 2026, 10:04:00 (UTC+01:00)`, as the console shows times."""
    name, day, year, hour, minute, seconds, half, zone = match.groups()
    if name not in _MONTHS:
        return None
    text = _iso(int(year), _MONTHS.index(name) + 1, int(day), hour, minute, seconds, half)
    return f"{text}{zone or ''}" if text else None


def _iso(
    year: int,
    month: int,
    day: int,
    hour: str | None,
    minute: str | None,
    seconds: str | None,
    half: str | None,
) -> str | None:
    hours = int(hour or 0)
    if half and hours <= 12:
        hours = hours % 12 + (12 if half in "pP" else 0)
    try:
        return datetime(year, month, day, hours, int(minute or 0), int(seconds or 0)).isoformat()
    except ValueError:
        return None


def _account(cell: str) -> tuple[str, list[str]]:
    if _SCIENTIFIC.fullmatch(cell):
        return "", [LOST_ACCOUNT]
    digits = re.sub(r"[.,]0+$", "", cell)
    if digits.isdigit() and 6 <= len(digits) < 12:
        return digits.zfill(12), [ZEROS]
    return digits, []


def leading_members(text: str) -> str:
    """The whole members at the beginning of a cut JSON object, as JSON; else the text."""
    decoder = json.JSONDecoder(strict=False, parse_constant=str)
    members: dict[str, object] = {}
    at = text.find("{") + 1
    while at:
        try:
            key, at = decoder.raw_decode(text, _skip(text, at, " \t\r\n,"))
            at = _skip(text, at, " \t\r\n:")
            value, at = decoder.raw_decode(text, at)
        except (ValueError, RecursionError):
            break
        members[str(key)] = value
    return json.dumps(members, ensure_ascii=False) if members else text


def _skip(text: str, at: int, characters: str) -> int:
    while at < len(text) and text[at] in characters:
        at += 1
    return at
