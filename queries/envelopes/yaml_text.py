"""YAML, as `gcloud logging read` prints unless told otherwise, and aws, az and kubectl when asked.

Documents and the items of lists are read one by one. Values have the types of JSON and no others:
what looks like a date, and an account id with zeros before it, stay texts.
https://cloud.google.com/sdk/gcloud/reference/logging/read
https://docs.aws.amazon.com/cli/latest/userguide/cli-usage-output-format.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from itertools import chain
from typing import Any

from queries.envelopes.lines import text_lines
from queries.json_stream import CONTAINER_KEYS, Broken, JsonStream, Piece

_SIGNS = re.compile(
    r"\b(?:eventVersion|eventSource|userIdentity|CloudTrailEvent|protoPayload|insertId|auditID"
    r"|operationName|logEvents|eventTimestamp|ContainerRegistry\w+)\b",
    re.IGNORECASE,
)
_AT_THE_EDGE = re.compile(
    r"""-(?:\ |$)|---|\.\.\.|\#|%YAML|(?:[\w@.$/-]+|'[^']+'|"[^"]+"):(?:\ |$)""", re.VERBOSE
)
"""What may stand at the left edge of a document in block style."""
_KEY = re.compile(r"""['"]?([\w@.$/-]+)['"]?:\s*$""")
_INNER = ("", " ", "\t", "\r")
"""What lines begin with that are not at the edge."""
_ANCHOR = re.compile(r"(?:^|[\s-])&id\d{3,}\b")
"""As Python's writer marks what other items refer to."""
_LONGEST = 64 << 20
"""Characters of one document or item; a list that is indented is one."""
_TOO_LARGE = "one piece of YAML that is too large: convert it with yq -o json"
_HEAVIEST = 1 << 24
"""Values in one, counted as often as they are referred to."""


def looks_like(head: str) -> bool:
    """Whether all lines at the left edge are those of YAML in block style, with a log's names."""
    return is_yaml(head) and _SIGNS.search(head) is not None


def is_yaml(head: str) -> bool:
    """Whether all lines at the left edge are those of YAML in block style."""
    lines = head.lstrip("\ufeff\r\n").split("\n")
    edge = [line.rstrip("\r") for line in (lines[:-1] or lines) if line[:1] not in _INNER]
    return edge[:1] == [lines[0].rstrip("\r")] and all(map(_AT_THE_EDGE.match, edge))


def pieces(chunks: Iterator[str]) -> Iterator[Piece | Broken]:
    """Each item of a list that holds records, and each document without one."""
    head = next(chunks, "")
    for unit in _units(chain((head,), chunks), apart=_ANCHOR.search(head) is None):
        if unit.size > _LONGEST:
            yield Broken(
                unit.line, "YAML in one piece that is too large; convert it with yq -o json"
            )
            continue
        try:
            text = _json(unit)
        except (ValueError, RecursionError) as error:
            yield Broken(unit.line, f"not YAML ({_first_line(error)})")
            continue
        if unit.container is None:
            yield from JsonStream(iter((text,)))
        elif text != "null":
            yield Piece(json.loads(text), text, unit.container)


@dataclass(slots=True)
class _Unit:
    """Lines that are read together."""

    line: int
    container: str | None = None
    """As of a `Piece`; None for a document that may have a container in it."""
    lines: list[str] = field(default_factory=list)
    size: int = 0

    def add(self, line: str) -> None:
        self.size += len(line) + 1
        if self.size <= _LONGEST:
            self.lines.append(line)


def _units(chunks: Iterator[str], *, apart: bool) -> Iterator[_Unit]:
    """Documents, and the items of their lists if these can be read apart."""
    document, item, container = _Unit(1), None, "[]"
    for number, line in enumerate(text_lines(chunks), 1):
        edge = line[:1].strip()
        if line.startswith(("---", "...")):
            yield from (unit for unit in (item, document) if unit and unit.lines)
            document, item, container = _Unit(number), None, "[]"
            continue
        if apart and edge == "-" and (item is not None or _begins_list(document)):
            if item is not None:
                yield item
            elif document.lines:
                container = _key(document.lines.pop())
                document.container = "{}"
            item = _Unit(number, container)
        elif edge and edge != "#" and item is not None:
            yield item
            item = None
        (document if item is None else item).add(line)
    yield from (unit for unit in (item, document) if unit and unit.lines)


def _begins_list(document: _Unit) -> bool:
    """Whether a list that begins here holds the records: it is all there is, or a known member."""
    return not document.lines or _key(document.lines[-1]) in CONTAINER_KEYS


def _key(line: str) -> str:
    found = _KEY.match(line)
    return found[1] if found else ""


def _json(unit: _Unit) -> str:
    """A unit as JSON. Raises `ValueError` for what is not YAML, or grows without end."""
    import yaml

    try:
        value = yaml.load("\n".join(unit.lines), _loader())  # noqa: S506 - made of the safe one
    except yaml.YAMLError as error:
        raise ValueError(str(error)) from None
    if unit.container not in (None, "{}"):
        value = value[0] if isinstance(value, list) and value else None
    if _weight(value, {}) > _HEAVIEST:
        raise ValueError("references that multiply")
    return json.dumps(value, ensure_ascii=False, default=_as_text)


@cache
def _loader() -> Any:
    """YAML's safe loader with the types of JSON."""
    import yaml

    class Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]  # either
        yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012 - as its parent has it

    for tag, pattern, first in (
        ("bool", r"(?:true|false)\Z", list("tf")),
        ("null", r"(?:null|~|)\Z", ["n", "~", ""]),
        ("int", r"-?(?:0|[1-9][0-9]{0,17})\Z", list("-0123456789")),
        ("float", r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)(?:[eE][-+]?[0-9]+)?\Z", list("-0123456789")),
    ):
        Loader.add_implicit_resolver(f"tag:yaml.org,2002:{tag}", re.compile(pattern), first)
    return Loader


def _weight(value: Any, known: dict[int, int]) -> int:
    """How many values there are when every reference is written out. Raises `ValueError` for what
    holds itself."""
    if not isinstance(value, dict | list):
        return 1
    if (weight := known.get(id(value))) is None:
        known[id(value)] = -1
        inner = value.values() if isinstance(value, dict) else value
        weight = known[id(value)] = 1 + sum(_weight(each, known) for each in inner)
    if weight < 0:
        raise ValueError("a value within itself")
    return weight


def _as_text(value: object) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


def _first_line(error: Exception) -> str:
    return " ".join(str(error).split())[:80] or "nested too deeply"
