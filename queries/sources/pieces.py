"""A file that was cut into pieces for the way: `x.json.gz.aa`, `.ab`; `x.tar.001`; `xaa`; `.part1`.

`split` and the like only cut, so the pieces one behind another are the file. Names say which piece
comes next, and content whether it does: a rotated log has such names too, and its parts begin and
end as files of their own. The pieces are found anew wherever the first is opened, so it stands for
the whole.
https://www.gnu.org/software/coreutils/manual/html_node/split-invocation.html
"""

from __future__ import annotations

import io
import re
import stat
from bisect import bisect_right
from contextlib import suppress
from itertools import accumulate
from pathlib import Path
from typing import IO

from queries.decompress import compression_of
from queries.not_opened import not_opened

HEADLESS = "a piece of a file that was cut into pieces, and the one before it is not here"

_LETTERS = re.compile(r"(x|.*[._-]|.*part)([a-z]{2,5})", re.DOTALL)
"""What `split` makes: `xaa` of itself, or a prefix that people end with a sign."""
_NUMBERS = re.compile(r"(.*\.|.*[._-]part[._-]?)(\d{2,5})|(.*[._-]part[._-]?)(\d)", re.DOTALL)
"""At least two digits, as one is a rotated log's."""
_LATER = re.compile(r".*[._-](?:part)?[._-]?(?:a[b-z]|\d{2,5})|xa[b-z]", re.DOTALL)
"""Names of later pieces that are those of nothing else."""
_CONTAINERS = (b"PK", b"PAR1")
_OF_JSON = (b"{", b"[")
_ENDS = (b"}", b"]", b"\n")
_BLANK = b" \t\r\n\0"
_LOOKED_AT = 64
_MOST = 20_000


def next_name(name: str) -> str:
    """The name of the piece behind the one of this name; empty when it is no piece's name."""
    if letters := _LETTERS.fullmatch(name):
        return letters[1] + _counted_on(letters[2]) if letters[2] != "z" * 5 else ""
    if numbers := _NUMBERS.fullmatch(name):
        before, digits = (numbers[1], numbers[2]) if numbers[1] else (numbers[3], numbers[4])
        return f"{before}{int(digits) + 1:0{len(digits)}d}"
    return ""


def is_first(name: str) -> bool:
    """Whether a first piece may have this name."""
    if letters := _LETTERS.fullmatch(name):
        return not letters[2].strip("a")
    numbers = _NUMBERS.fullmatch(name)
    return numbers is not None and int(numbers[2] or numbers[4]) < 2


def pieces_of(first: Path) -> list[Path]:
    """The first piece and those that go on where it ends, in their order; it alone for any other
    file, and where nothing follows."""
    found = [first]
    if not is_first(first.name) or _follows_zero(first):
        return found
    while len(found) < _MOST and (name := next_name(found[-1].name)):
        following = first.with_name(name)
        if not _goes_on(found[-1], following):
            break
        found.append(following)
    return found


def is_headless(path: Path) -> bool:
    """Whether a file is a later piece by its name, and does not begin as a file of its own."""
    if is_first(path.name) or not _LATER.fullmatch(path.name):
        return False
    with suppress(OSError):
        with path.open("rb") as stream:
            head = stream.read(_LOOKED_AT)
        # Text may be a table or a log of another kind; what is none can only be the rest of one.
        return not _begins(head) and not _is_text(head)
    return False


def opened(path: Path) -> IO[bytes]:
    """The bytes of a file, or of all its pieces, for reading from any place in them."""
    pieces = pieces_of(path)
    return path.open("rb") if len(pieces) == 1 else io.BufferedReader(_Joined(pieces), 1 << 20)


class _Joined(io.RawIOBase):
    """Files one behind another as one."""

    def __init__(self, paths: list[Path]) -> None:
        super().__init__()
        self._paths = paths
        self._ends = list(accumulate(path.stat().st_size for path in paths))
        self._at = 0
        self._number = -1
        self._open: IO[bytes] | None = None

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._ends[-1]}[whence]
        self._at = max(0, base + offset)
        return self._at

    def tell(self) -> int:
        return self._at

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]  # as io calls it
        number = bisect_right(self._ends, self._at)
        if number == len(self._ends):
            return 0
        start = self._ends[number - 1] if number else 0
        wanted = min(len(buffer), self._ends[number] - self._at)
        stream = self._piece(number)
        stream.seek(self._at - start)
        data = stream.read(wanted)
        buffer[: len(data)] = data
        self._at += len(data)
        return len(data)

    def _piece(self, number: int) -> IO[bytes]:
        if self._open is None or number != self._number:
            if self._open is not None:
                self._open.close()
            self._open, self._number = self._paths[number].open("rb"), number
        return self._open

    def close(self) -> None:
        if self._open is not None:
            self._open.close()
        super().close()


def _follows_zero(path: Path) -> bool:
    """Whether the pieces are counted from zero, and this is the one behind it."""
    zero = path.with_name(re.sub(r"1\Z", "0", path.name))
    return zero != path and next_name(zero.name) == path.name and zero.exists()


def _counted_on(letters: str) -> str:
    """`az` to `ba`; behind `yz` split goes on with `zaaa`, so that names stay in their order."""
    if letters == "y" + "z" * (len(letters) - 1) and len(letters) < 5:
        return "z" + "a" * (len(letters) + 1)
    body = letters.rstrip("z")
    if not body:
        return ""
    return body[:-1] + chr(ord(body[-1]) + 1) + "a" * (len(letters) - len(body))


def _goes_on(before: Path, path: Path) -> bool:
    """Whether a file begins in the middle of what the one before it ends in the middle of."""
    with suppress(OSError):
        status = path.stat()
        if not stat.S_ISREG(status.st_mode) or not status.st_size:
            return False
        with path.open("rb") as stream:
            head = stream.read(_LOOKED_AT)
        if not _begins(head):
            return True
        return head.lstrip(_BLANK).startswith(_OF_JSON) and not _ended(before)
    return False


def _begins(head: bytes) -> bool:
    """Whether a file of its own may begin so."""
    if compression_of(head) or not_opened(head) or head.startswith(_CONTAINERS):
        return True
    return head.removeprefix(b"\xef\xbb\xbf").lstrip(_BLANK).startswith(_OF_JSON)


def _ended(path: Path) -> bool:
    """Whether a file of text ends where a line or a value does."""
    with path.open("rb") as stream:
        stream.seek(max(0, path.stat().st_size - _LOOKED_AT))
        return stream.read().rstrip(b" \t\r\0").endswith(_ENDS)


def _is_text(head: bytes) -> bool:
    return not any(byte < 9 or 13 < byte < 32 or byte > 126 for byte in head)
