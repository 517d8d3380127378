"""A TOML file whose complaints name the line: tomllib tells none once it has read a value."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any, NoReturn

from queries.errors import WrongUsage

_HEADER = re.compile(r"\s*\[+\s*([^\]]+?)\s*\]+\s*(?:#.*)?$")
_KEY = re.compile(r"""\s*((?:"[^"]*"|'[^']*'|[A-Za-z0-9_.-]+)(?:\s*\.\s*[^=\s]+)*)\s*=""")


class TomlFile:
    """A file that was read, and on which line each of its keys stands."""

    def __init__(self, path: Path, values: dict[str, Any], lines: dict[str, int]) -> None:
        self.path = path
        self._values = values
        self._lines = lines

    @classmethod
    def read(cls, path: Path) -> TomlFile:
        """Raises `WrongUsage` for a file that is missing or is no TOML."""
        try:
            text = path.read_text(encoding="utf-8-sig")
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            raise WrongUsage(f"{path}: the configuration cannot be read ({reason})") from None
        except UnicodeDecodeError:
            raise WrongUsage(f"{path}: the configuration is no UTF-8 text") from None
        try:
            values = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            raise WrongUsage(f"{path}: {_with_line_first(str(error))}") from None
        return cls(path, values, _lines_of(text))

    def table(self) -> Table:
        return Table(self, "", self._values)

    def near(self, name: str) -> Path:
        """A path out of the file: relative ones count from where the file lies."""
        return self.path.absolute().parent / Path(name).expanduser()

    def fail(self, key: str, what: str) -> NoReturn:
        line = self._lines.get(key)
        while line is None and "." in key:
            key = key.rpartition(".")[0]
            line = self._lines.get(key)
        place = f", line {line}" if line else ""
        raise WrongUsage(f"{self.path}{place}: {what}")


class Table:
    """One table of the file, and what may stand in it."""

    def __init__(self, file: TomlFile, name: str, values: dict[str, Any]) -> None:
        self._file, self._name, self._values = file, name, values

    @property
    def names(self) -> list[str]:
        return list(self._values)

    def fail(self, key: str, what: str) -> NoReturn:
        self._file.fail(self._path(key), what)

    def only(self, *allowed: str, what: str = "") -> None:
        """Complain about the first key that is none of these, naming the nearest one."""
        for key in self._values:
            if key not in allowed:
                noun = what or ("key" if not self._name else f"key of [{self._name}]")
                self.fail(key, f"there is no {noun} '{key}'{_nearest(key, allowed)}")

    def table(self, key: str) -> Table:
        value = self._values.get(key, {})
        if not isinstance(value, dict):
            self.fail(key, f"'{key}' is a table: write [{self._path(key)}] above its keys")
        return Table(self._file, self._path(key), value)

    def is_table(self, key: str) -> bool:
        return isinstance(self._values.get(key), dict)

    def is_text(self, key: str) -> bool:
        return isinstance(self._values.get(key), str)

    def flag(self, key: str, default: bool = False) -> bool:
        value = self._values.get(key, default)
        if not isinstance(value, bool):
            self.fail(key, f"'{key}' is true or false, not {_kind(value)}")
        return value

    def text(self, key: str, default: str) -> str:
        value = self._values.get(key, default)
        if not isinstance(value, str):
            self.fail(key, f"'{key}' is a text in quotes, not {_kind(value)}")
        return value

    def texts(self, key: str) -> tuple[str, ...]:
        value = self._values.get(key, [])
        if not isinstance(value, list) or not all(isinstance(entry, str) for entry in value):
            self.fail(key, f'\'{key}\' is a list of texts: {key} = ["…", "…"]')
        return tuple(value)

    def number(self, key: str, default: float, *, least: float) -> float:
        value = self._values.get(key, default)
        if isinstance(value, bool) or not isinstance(value, int | float):
            self.fail(key, f"'{key}' is a number, not {_kind(value)}")
        if value < least or value > 1e9:
            self.fail(key, f"'{key}' must be {least:g} or more, not {value}")
        return value

    def choice(self, key: str, allowed: Sequence[str], noun: str, default: str = "") -> str:
        value = self.text(key, default)
        if key in self._values and value not in allowed:
            self.fail(key, f"there is no {noun} '{value}'{_nearest(value, allowed)}")
        return value

    def choices(self, key: str, allowed: Sequence[str], noun: str) -> tuple[str, ...]:
        for value in self.texts(key):
            if value not in allowed:
                self.fail(key, f"there is no {noun} '{value}'{_nearest(value, allowed)}")
        return self.texts(key)

    def _path(self, key: str) -> str:
        return f"{self._name}.{key}" if self._name else key


def _nearest(word: str, allowed: Iterable[str]) -> str:
    names = list(allowed)
    near = get_close_matches(word, names, 1, 0.5)
    if near:
        return f"; did you mean '{near[0]}'?"
    return f"; there are {', '.join(names)}" if 0 < len(names) <= 12 else ""


def _kind(value: object) -> str:
    kinds = {bool: "true or false", int: "a number", float: "a number", str: "a text"}
    return kinds.get(type(value), "a list" if isinstance(value, list) else "a table")


def _with_line_first(message: str) -> str:
    """`Invalid value (at line 3, column 5)` as `line 3: invalid value (column 5)`."""
    found = re.fullmatch(r"(.*) \(at line (\d+), column (\d+)\)", message)
    if not found:
        return f"is no TOML ({message[:1].lower()}{message[1:]})"
    return f"line {found[2]}: {found[1][:1].lower()}{found[1][1:]} (column {found[3]})"


def _lines_of(text: str) -> dict[str, int]:
    """Dotted key -> its line. A text of several lines may hold what looks like a key; the first
    of a name wins, and a wrong line is all it could lead to."""
    lines: dict[str, int] = {}
    table = ""
    for number, line in enumerate(text.splitlines(), 1):
        if found := _HEADER.match(line):
            table = _plain(found[1])
            lines.setdefault(table, number)
        elif found := _KEY.match(line):
            key = _plain(found[1])
            lines.setdefault(f"{table}.{key}" if table else key, number)
    return lines


def _plain(key: str) -> str:
    return ".".join(part.strip().strip("\"'") for part in key.split("."))
