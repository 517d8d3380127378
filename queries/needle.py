"""What is looked for in the text of records, and a quick way to see where it cannot be."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from queries.errors import WrongUsage

_AROUND = 40
"""Characters of a record shown before a hit, and as many behind it."""
_ESCAPE = re.compile(r'\\(?:u([0-9a-fA-F]{4})|(["/\\]))')
_LONGEST_ESCAPE = 6
_SHORT_ESCAPES = '"/\\'


@dataclass(frozen=True, slots=True)
class Needle:
    """What is looked for. Case is ignored unless asked for; escapes of JSON (`\\/`, `\\u0026`) are
    read as what they stand for, too."""

    text: str
    regex: bool = False
    case_sensitive: bool = False
    _pattern: re.Pattern[str] = field(init=False, repr=False)
    _plain: bytes | None = field(init=False, repr=False)
    """The text as bytes; None where comparing bytes would not do."""
    _escapes: tuple[bytes, ...] = field(init=False, repr=False)
    """Two-letter escapes that it may be hidden behind."""
    _numbered: re.Pattern[bytes] = field(init=False, repr=False)
    """Such escapes that give a character's number."""

    def __post_init__(self) -> None:
        """Raises `WrongUsage` for an empty text and for a pattern that is none."""
        if not self.text:
            raise WrongUsage("nothing to search for was given")
        source = self.text if self.regex else re.escape(self.text)
        try:
            pattern = re.compile(source, 0 if self.case_sensitive else re.IGNORECASE)
        except re.error as error:
            raise WrongUsage(f"{self.text}: not a regular expression ({error})") from None
        object.__setattr__(self, "_pattern", pattern)
        text = self.text if self.case_sensitive else self.text.lower()
        bytewise = not self.regex and self.text.isascii()
        object.__setattr__(self, "_plain", text.encode() if bytewise else None)
        characters = {*self.text, *self.text.lower(), *self.text.upper()}
        escapes = tuple(f"\\{each}".encode() for each in _SHORT_ESCAPES if each in characters)
        object.__setattr__(self, "_escapes", escapes)
        object.__setattr__(self, "_numbered", _numbers_of(characters))

    def find(self, text: str) -> tuple[str, int, int] | None:
        """Where it stands: (text around it, where in that the hit begins and ends), or None."""
        match = self._pattern.search(text)
        if match is None and "\\" in text:
            text = _ESCAPE.sub(_meant, text)
            match = self._pattern.search(text)
        if match is None:
            return None
        start = max(0, match.start() - _AROUND)
        end = min(len(text), match.start() + 4 * _AROUND, max(match.end(), match.start()) + _AROUND)
        return text[start:end], match.start() - start, min(match.end(), end) - start

    @property
    def longest(self) -> int | None:
        """Bytes of JSON that it takes at the most; None where `may_be_in` cannot tell."""
        return None if self._plain is None else _LONGEST_ESCAPE * len(self._plain)

    def may_be_in(self, data: bytes) -> bool:
        """Whether JSON in UTF-8 may have it: a look that is hundreds of times faster than `find`,
        and takes it for there rather than misses it."""
        if self._plain is None:
            return True
        if self._plain in (data if self.case_sensitive else data.lower()):
            return True
        if b"\\" not in data:
            return False
        if b"\\u" in data and self._numbered.search(data):
            return True
        return any(escape in data for escape in self._escapes)


def _meant(escape: re.Match[str]) -> str:
    return chr(int(escape[1], 16)) if escape[1] else escape[2]


def _numbers_of(characters: set[str]) -> re.Pattern[bytes]:
    """The escapes `\\u0061` of some characters. Both ways to write a digit, as a pattern that
    ignores case is many times slower."""
    numbers = (
        "".join(f"[{digit}{digit.upper()}]" for digit in f"{ord(each):04x}") for each in characters
    )
    return re.compile(rf"\\u(?:{'|'.join(sorted(numbers))})".encode())
