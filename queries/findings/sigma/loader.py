"""Folders of Sigma rules: each rule as a rule of this program, or why it is not asked.

One broken file never stops another: what cannot be used is told with its file and line.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from sigma.collection import SigmaCollection
from sigma.correlations import SigmaCorrelationRule
from sigma.exceptions import SigmaError
from sigma.filters import SigmaFilter
from sigma.rule import SigmaRule
from sigma.rule.base import SigmaYAMLLoader

from queries.errors import WrongUsage
from queries.findings.rules import Refused, Rule
from queries.findings.sigma import correlations, statements
from queries.findings.sigma.backend import Bound, EventsBackend
from queries.findings.sigma.fields import UnknownField
from queries.safe_text import safe_text

_LARGEST = 1_000_000
_LEVELS = {"informational": "info", "low": "low", "medium": "medium", "high": "high",
           "critical": "critical"}  # fmt: skip
_TECHNIQUE = re.compile(r"t[0-9]{4}(\.[0-9]{3})?")
_WRONG = (SigmaError, UnknownField, yaml.YAMLError, ValueError, TypeError, AttributeError, KeyError,
          RecursionError, AssertionError)  # fmt: skip
"""What pySigma raises for texts that are no rule: not only errors of its own."""

_Parsed = SigmaRule | SigmaCorrelationRule | SigmaFilter


@dataclass(slots=True)
class _Document:
    """One rule of a file, and where it stands."""

    path: Path
    id: str
    lines: dict[str, int]
    rule: Any = None
    """What pySigma made of it."""

    @property
    def place(self) -> str:
        return f"{self.path}, line {self.lines['']}"

    def refused(self, error: object, *, foreign: bool = False) -> Refused:
        said = " ".join(str(error).split()) or type(error).__name__
        where = f"{self.path}, line {self._line_of(error, said)}"
        return Refused(self.id, f"{where}: {safe_text(said, 300)}", foreign)

    def _line_of(self, error: object, said: str) -> int:
        """The line of what an error is about, as near as its kind tells."""
        kind = type(error).__name__
        quoted = set(said.split("'")[1::2])
        for key, line in self.lines.items():
            if "Modifier" in kind and quoted & set(key.rpartition(".")[2].split("|")[1:]):
                return line
        for part, key in (
            ("Level", "level"), ("Status", "status"), ("Logsource", "logsource"),
            ("Condition", "detection.condition"), ("Tag", "tags"), ("Identifier", "id"),
            ("Date", "date"), ("Title", "title"), ("Correlation", "correlation"),
            ("Timespan", "correlation"), ("NotFound", "correlation"), ("", "detection"),
        ):  # fmt: skip
            if part in kind and key in self.lines:
                return self.lines[key]
        return self.lines[""]


def load_sigma(folders: Iterable[Path]) -> tuple[tuple[Rule, ...], tuple[Refused, ...]]:
    """Rules and refusals of all folders (or single files), by file. Raises `WrongUsage` for a
    folder that holds none."""
    documents: list[_Document] = []
    refused: list[Refused] = []
    ids: set[str] = set()
    for folder in folders:
        for path in _files(folder):
            for found in _documents(path, ids):
                if isinstance(found, Refused):
                    refused.append(found)
                else:
                    documents.append(found)
    return tuple(_rules(documents, refused)), tuple(refused)


def _files(folder: Path) -> list[Path]:
    if folder.is_file():
        return [folder]
    found = sorted(path for path in folder.rglob("*") if path.suffix in (".yml", ".yaml"))
    if not found:
        why = "holds no Sigma rule (NAME.yml)" if folder.is_dir() else "no such folder"
        raise WrongUsage(f"{folder}: {why}")
    return found


# --- reading -------------------------------------------------------------------------------------


def _documents(path: Path, ids: set[str]) -> Iterator[_Document | Refused]:
    def named() -> str:
        base = "sigma-" + (re.sub("[^a-z0-9]+", "-", path.stem.lower()).strip("-")[:60] or "rule")
        chosen, number = base, 1
        while chosen in ids:
            number += 1
            chosen = f"{base}-{number}"
        ids.add(chosen)
        return chosen

    try:
        if path.stat().st_size > _LARGEST:
            raise ValueError("is larger than 1 MB, which no rule is")
        text = path.read_text(encoding="utf-8-sig")
        nodes = list(yaml.compose_all(text, yaml.SafeLoader))
        values = list(yaml.load_all(text, SigmaYAMLLoader))
        if not any(values):
            raise ValueError("it is empty")
    except (*_WRONG, OSError) as error:
        mark = getattr(error, "problem_mark", None)
        line = f", line {mark.line + 1}" if mark is not None else ""
        said = getattr(error, "problem", None) or " ".join(str(error).split())
        yield Refused(named(), f"{path}{line}: is no YAML ({safe_text(said, 200)})")
        return
    shared: list[Any] = []
    for node, value in zip(nodes, values, strict=False):
        if value is None:  # after the last '---'
            continue
        action = value.get("action") if isinstance(value, dict) else None
        if action in ("global", "reset"):
            shared = [value] if action == "global" else []
            continue
        document = _Document(path, named(), dict(_lines(node)))
        try:
            document.rule = _parsed([*shared, value])
        except _WRONG as error:
            yield document.refused(error)
            continue
        source = getattr(document.rule, "logsource", None)
        if isinstance(document.rule, SigmaRule) and not _is_ours(source) and _named(source):
            about = "/".join(filter(None, (source.product, source.category, source.service)))  # type: ignore[union-attr]
            yield document.refused(
                f"is about {about}, not about product aws, service cloudtrail",
                foreign=True,
            )
        elif document.rule.errors:
            yield document.refused(document.rule.errors[0])
        else:
            yield document


def _parsed(values: list[Any]) -> _Parsed:
    if not isinstance(values[-1], dict):
        raise TypeError("is no rule: a rule is a mapping with title, logsource and detection")
    found = SigmaCollection.from_dicts(
        [dict(value) for value in values],
        collect_errors=True,
        collect_filters=True,
        resolve_references=False,
    )
    parsed: list[_Parsed] = [*found.rules, *found.filters]
    if not parsed:
        raise found.errors[0] if found.errors else ValueError("is no rule")
    return parsed[-1]


def _named(source: Any) -> bool:
    """Whether a log source could be read."""
    return bool(source is not None and (source.product or source.category or source.service))


def _is_ours(source: Any) -> bool:
    return source is not None and (source.product, source.service) == ("aws", "cloudtrail")


def _lines(node: yaml.Node, path: str = "", depth: int = 0) -> Iterator[tuple[str, int]]:
    """Dotted key -> its line; the document itself is ``."""
    if not path:
        yield "", node.start_mark.line + 1
    if isinstance(node, yaml.MappingNode) and depth < 4:
        for key, value in node.value:
            if isinstance(key, yaml.ScalarNode):
                name = f"{path}.{key.value}" if path else str(key.value)
                yield name, key.start_mark.line + 1
                yield from _lines(value, name, depth + 1)


# --- what pySigma read, as rules -----------------------------------------------------------------


def _rules(documents: list[_Document], refused: list[Refused]) -> Iterator[Rule]:
    filters = [d.rule for d in documents if isinstance(d.rule, SigmaFilter)]
    documents = [d for d in documents if not isinstance(d.rule, SigmaFilter)]
    for document in documents:
        if isinstance(document.rule, SigmaRule):
            for one in filters:
                document.rule = one.apply_on_rule(document.rule)
    collection = SigmaCollection([d.rule for d in documents], resolve_references=False)
    only_parts: set[int] = set()
    made: list[tuple[_Document, Rule]] = []
    # Correlations last: which rules are only parts of them is known once they could be made.
    for document in sorted(documents, key=lambda d: isinstance(d.rule, SigmaRule)):
        try:
            if isinstance(document.rule, SigmaCorrelationRule):
                document.rule.resolve_rule_references(collection)
                made.append((document, _correlation(document)))
                if not document.rule.generate:
                    only_parts |= {id(part.rule) for part in document.rule.referenced_rules}
            else:
                made.append((document, _single(document)))
        except _WRONG as error:
            refused.append(document.refused(error))
    for document, rule in sorted(made, key=lambda entry: entry[1].id):
        if id(document.rule) not in only_parts:
            yield rule


def _single(document: _Document) -> Rule:
    bound = Bound()
    condition = EventsBackend(bound).condition(document.rule)
    lookup, values = "", bound.values
    if not condition.exact:
        inside = Bound("inside")
        lookup = statements.in_records(
            EventsBackend(inside, in_record=True).condition(document.rule)
        )
        values = {**values, **inside.values}
    return _rule(document, statements.of_rule(condition), values, statements.WHY, lookup)


def _correlation(document: _Document) -> Rule:
    sql, values = correlations.statement(document.rule)
    return _rule(document, sql, values, statements.WHY_COUNTED, "")


def _rule(document: _Document, sql: str, values: dict[str, Any], why: str, lookup: str) -> Rule:
    said = document.rule
    level = _LEVELS.get(str(said.level.name).lower(), "medium") if said.level else "medium"
    tags = [tag.name.lower() for tag in said.tags if tag.namespace.lower() == "attack"]
    techniques = [tag.upper() for tag in tags if _TECHNIQUE.fullmatch(tag)]
    harmless = "; ".join(str(one) for one in said.falsepositives or [])
    return Rule(
        id=document.id,
        title=safe_text(said.title or document.path.stem, 100),
        sees=safe_text(said.description or said.title or "", 400),
        severity=level,
        technique=", ".join(techniques),
        needs=(),
        benign_when=safe_text(harmless, 300) if harmless else "the rule does not say",
        why=why,
        sql=sql,
        source=document.place,
        values=values,
        in_records=lookup,
    )
