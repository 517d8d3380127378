"""A statement once its parameters are known: without the conditions that can no longer matter.

The condition that all questions on activity share has 9 kB. To plan it takes DuckDB longer than to
answer most of them over 400,000 events, and nobody reads it to the end. What is dropped is decided
by the parameters alone, so the answer is the same: `CAST($account AS VARCHAR) IS NULL OR …` with no
account, the branches of `CASE CAST($scope AS VARCHAR) WHEN …` that are about other scopes, a part
of a UNION ALL that is about another `$kind` or about slices of full hours.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

_TOKEN = re.compile(
    r"""'(?:[^']|'')*' | "(?:[^"]|"")*" | (?:\s+|--[^\n]*\n?)+ | [A-Za-z_][A-Za-z_0-9]*
    | \$[a-z_]+ | [()] | .""",
    re.VERBOSE | re.DOTALL,
)
_CAST = r"CAST\(\$(?P<name>[a-z_]+) AS (?:VARCHAR|TIMESTAMP|BIGINT|BOOLEAN)\)"
_IS_NULL = re.compile(rf"{_CAST} IS NULL")
_IS_SET = re.compile(r"coalesce\(CAST\(\$(?P<name>[a-z_]+) AS BOOLEAN\), FALSE\)")
_CHOICE = re.compile(r"CAST\(\$(?P<name>[a-z_]+) AS VARCHAR\)")
_IS_KIND = re.compile(rf"coalesce\({_CHOICE.pattern}, (?P<otherwise>'[^']*')\) = (?P<this>'[^']*')")
_IS_AMONG = re.compile(rf"{_CHOICE.pattern} IN \((?P<among>'[^']*'(?:,\s+'[^']*')*)\)")
_HAS_WORD = re.compile(r"\$(?P<name>[a-z_]+) LIKE '%(?P<word> [a-z_]+ )%'")
_IS_MULTIPLE = re.compile(
    r"floor\(CAST\(\$(?P<name>[a-z_]+) AS DOUBLE\) / (?P<of>\d+)\) \* (?P=of)"
    r" = CAST\(\$(?P=name) AS DOUBLE\)"
)
_BY_VALUE = re.compile(
    r"(?:CASE |coalesce\()CAST\(\$([a-z_]+) AS VARCHAR\)|CAST\(\$([a-z_]+) AS VARCHAR\) IN \('"
    r"|\$([a-z_]+) LIKE '% [a-z_]+ %'"
)
_AGGREGATE = frozenset({"COUNT", "SUM", "MIN", "MAX", "AVG"})
_AFTER_WHERE = frozenset({"GROUP", "HAVING", "ORDER", "LIMIT", "UNION", "EXCEPT", "INTERSECT"})
_JOINS = re.compile(r"\b(?:AND|OR)\b")

_GIVEN = "given"
"""Stands for a value that decides nothing."""


def shortened(sql: str, parameters: Mapping[str, Any]) -> str:
    """The statement for these parameters; one that is missing is NULL."""
    by_value, multiples = _decided_by_value(sql), _multiples(sql)
    known: list[tuple[str, Any]] = []
    for name in _names(sql):
        value = parameters.get(name)
        if name in multiples and isinstance(value, int):
            # Only that is known of a number: there are as many as there are histograms.
            known.append((name, value % multiples[name] == 0))
            continue
        decides = value is None or isinstance(value, bool) or name in by_value
        known.append((name, value if decides else _GIVEN))
    return _shortened(sql, tuple(known))


@lru_cache(maxsize=64)
def _names(sql: str) -> tuple[str, ...]:
    return tuple(sorted(set(re.findall(r"\$([a-z_]+)", sql))))


@lru_cache(maxsize=64)
def _decided_by_value(sql: str) -> frozenset[str]:
    return frozenset(found[1] or found[2] or found[3] for found in _BY_VALUE.finditer(sql))


@lru_cache(maxsize=64)
def _multiples(sql: str) -> dict[str, int]:
    return {found["name"]: int(found["of"]) for found in _IS_MULTIPLE.finditer(sql)}


@lru_cache(maxsize=256)
def _shortened(sql: str, known: tuple[tuple[str, Any], ...]) -> str:
    root = _Group("")
    _read(iter(_TOKEN.findall(sql)), root, "")
    return _Shortening(dict(known)).select(root.parts)


@dataclass(slots=True)
class _Group:
    """What stands between brackets, or between CASE and END."""

    opened: str
    parts: list[str | _Group] = field(default_factory=list)
    closed: str = ""


_Parts = list["str | _Group"]


def _read(tokens: Iterator[str], group: _Group, end: str) -> None:
    for token in tokens:
        word = token.upper()
        if word == end:
            group.closed = token
            return
        if word in ("(", "CASE"):
            inner = _Group(token)
            group.parts.append(inner)
            _read(tokens, inner, ")" if word == "(" else "END")
        else:
            group.parts.append(token)


def _word(part: str | _Group) -> str:
    return part.upper() if isinstance(part, str) else ""


def _is_space(part: str | _Group) -> bool:
    return isinstance(part, str) and (part.isspace() or part.lstrip().startswith("--"))


def _written(parts: _Parts) -> str:
    return "".join(
        part if isinstance(part, str) else f"{part.opened}{_written(part.parts)}{part.closed}"
        for part in parts
    )


def _cut(parts: _Parts, word: str) -> Iterator[_Parts]:
    """The pieces between a word at this level; the AND of a BETWEEN cuts nothing."""
    piece: _Parts = []
    between = False
    for part in parts:
        if _word(part) == "BETWEEN":
            between = True
        elif _word(part) == "AND" and between:
            between = False
        elif _word(part) == word:
            yield piece
            piece = []
            continue
        piece.append(part)
    yield piece


def _without_space(parts: _Parts) -> tuple[str, _Parts, str]:
    """The space (and comments) before, what is between, the space behind."""
    first, last = 0, len(parts)
    while first < last and _is_space(parts[first]):
        first += 1
    while last > first and _is_space(parts[last - 1]):
        last -= 1
    return _written(parts[:first]), parts[first:last], _written(parts[last:])


class _Shortening:
    """Of a statement with known values."""

    def __init__(self, known: dict[str, Any]) -> None:
        self._known = known

    # --- statements ----------------------------------------------------------------------------

    def select(self, parts: _Parts) -> str:
        """A statement, or whatever else stands between brackets."""
        if not any(_word(part) == "SELECT" for part in parts):
            return self._through(parts)
        start = next(at for at, part in enumerate(parts) if _word(part) == "SELECT")
        body, trail = _without_space(parts[start:])[1:]
        branches = self._branches(body)
        answered = [(union, text) for union, text, empty in branches if not empty]
        if not answered:
            answered = [(union, text) for union, text, _ in branches]
        # What stood between two branches stays only where something is on both sides of it.
        text = answered[0][1] + "".join(union + text for union, text in answered[1:])
        return self._named(parts[:start], text) + text + trail

    def _named(self, parts: _Parts, text: str) -> str:
        """What stands in front of a SELECT: of `WITH name AS (…), …`, those that are still read."""
        if "WITH" not in map(_word, parts):
            return self._through(parts)
        kept: list[str] = []
        for piece in reversed(list(_cut(parts, ","))):
            said = _without_space(piece)[1]
            words = [word for word in map(_word, said) if word and not word.isspace()]
            name = words[words[0] == "WITH"]
            if re.search(rf"\b{name}\b", text, re.IGNORECASE):
                this = self._through(said[2:] if words[0] == "WITH" else said)
                text += this
                kept.insert(0, this)
        lead, _, trail = _without_space(parts)
        every = ",\n".join(kept)
        return f"{lead}WITH {every}{trail}" if kept else lead

    def _branches(self, parts: _Parts) -> list[tuple[str, str, bool]]:
        """(the UNION ALL before it, its text, whether it can have no row) of each branch."""
        if not all(
            self._is_union_all(parts, at) for at, p in enumerate(parts) if _word(p) == "UNION"
        ):
            return [("", self._through(parts), False)]
        found: list[tuple[str, str, bool]] = []
        piece: _Parts = []
        union, skip = "", 0
        for part in parts:
            if skip:
                skip -= 1
            elif _word(part) == "UNION":
                lead, body, trail = _without_space(piece)
                found.append((union + lead, *self._branch(body)))
                union, skip, piece = f"{trail}UNION ALL", 2, []
            else:
                piece.append(part)
        lead, body, trail = _without_space(piece)
        text, empty = self._branch(body)
        found.append((union + lead, text, empty))
        *others, last = found
        return [*others, (last[0], last[1] + trail, last[2])]

    @staticmethod
    def _is_union_all(parts: _Parts, at: int) -> bool:
        return at + 2 < len(parts) and _is_space(parts[at + 1]) and _word(parts[at + 2]) == "ALL"

    def _branch(self, parts: _Parts) -> tuple[str, bool]:
        where = next((at for at, part in enumerate(parts) if _word(part) == "WHERE"), None)
        if where is None:
            return self._through(parts), False
        end = next(
            (at for at in range(where, len(parts)) if _word(parts[at]) in _AFTER_WHERE), len(parts)
        )
        condition = self.condition(parts[where + 1 : end])
        before, after = self._through(parts[:where]), self._through(parts[end:])
        if condition is True:
            return f"{before.rstrip()}\n{after}".rstrip(), False
        if condition is False:
            grouped = end < len(parts) and _word(parts[end]) == "GROUP"
            # Of nothing, an aggregate still has one row.
            counts = any(_word(part) in _AGGREGATE for part in parts[:where])
            return f"{before}WHERE FALSE\n{after}", grouped or not counts
        space = _without_space(parts[where + 1 : end])[2]
        return f"{before}WHERE{condition}{space}{after}", False

    def _through(self, parts: _Parts) -> str:
        """Anything, with the statements in it shortened."""
        return "".join(part if isinstance(part, str) else self._inside(part) for part in parts)

    def _inside(self, group: _Group) -> str:
        return f"{group.opened}{self.select(group.parts)}{group.closed}"

    # --- conditions ----------------------------------------------------------------------------

    def condition(self, parts: _Parts) -> str | bool:
        """What is left of it, with the space before it; or that it is always (never) so."""
        return self._joined(parts, "OR", self._all_of, neutral=False)

    def _all_of(self, parts: _Parts) -> str | bool:
        return self._joined(parts, "AND", self._term, neutral=True)

    def _joined(self, parts: _Parts, word: str, each: Any, *, neutral: bool) -> str | bool:
        kept: list[tuple[str, str]] = []
        trail = ""
        for piece in _cut(parts, word):
            lead, body, behind = _without_space(piece)
            said: str | bool = each(body)
            if said is (not neutral):
                return said
            if isinstance(said, str):
                # The first word stands where the condition began.
                kept.append((f"{trail}{word}{lead}" if kept else "", said))
            trail = behind
        if not kept:
            return neutral
        return _without_space(parts)[0] + "".join(before + said for before, said in kept)

    def _term(self, parts: _Parts) -> str | bool:
        text = _written(parts)
        constant = self._constant(text)
        if constant is not None:
            return constant
        if _word(parts[0]) == "NOT" and len(parts) > 2:
            said = self._term(parts[2:])
            return not said if isinstance(said, bool) else f"NOT {said}"
        if len(parts) == 1 and isinstance(parts[0], _Group):
            return self._bracketed(parts[0])
        return self._through(parts)

    def _bracketed(self, group: _Group) -> str | bool:
        if group.opened != "(":
            chosen = self._chosen(group)
            return self._inside(group) if chosen is None else _in_brackets(self.condition(chosen))
        if any(_word(part) in ("SELECT", ",") for part in group.parts):
            return self._inside(group)
        return _in_brackets(self.condition(group.parts))

    def _chosen(self, group: _Group) -> _Parts | None:
        """The branch of `CASE CAST($name AS VARCHAR) WHEN … END` that applies."""
        pieces = list(_cut(group.parts, "WHEN"))
        selector = _CHOICE.fullmatch(_written(pieces[0]).strip())
        value = self._known.get(selector["name"]) if selector is not None else _GIVEN
        if selector is None or not (value is None or isinstance(value, str)):
            return None
        *others, last = pieces[1:]
        last, *otherwise = _cut(last, "ELSE")
        if value is None:  # which is like nothing
            return otherwise[0] if otherwise else None
        for piece in (*others, last):
            literal, branch = _cut(piece, "THEN")
            if _written(literal).strip() == _literal(value):
                return branch
        return otherwise[0] if otherwise else None

    def _constant(self, text: str) -> bool | None:
        if text.upper() in ("TRUE", "FALSE"):
            return text.upper() == "TRUE"
        if found := _IS_NULL.fullmatch(text):
            return self._known[found["name"]] is None
        if found := _IS_SET.fullmatch(text):
            flag = self._known[found["name"]]
            return None if flag == _GIVEN else bool(flag)
        if found := _IS_KIND.fullmatch(text):
            kind = self._known[found["name"]]
            return (found["otherwise"] if kind is None else _literal(kind)) == found["this"]
        if found := _IS_AMONG.fullmatch(text):
            value = self._known[found["name"]]
            return None if value is None else _literal(value) in re.split(r",\s+", found["among"])
        if found := _IS_MULTIPLE.fullmatch(text):
            whole = self._known[found["name"]]
            return whole if isinstance(whole, bool) else None
        if found := _HAS_WORD.fullmatch(text):
            words = self._known[found["name"]]
            return None if words is None else found["word"] in str(words)
        return None


def _in_brackets(said: str | bool) -> str | bool:
    if isinstance(said, bool):
        return said
    plain = said.strip()
    return f"({plain})" if _JOINS.search(plain) else plain


def _literal(value: object) -> str:
    return "'" + str(value).replace("'", "''") + "'"
