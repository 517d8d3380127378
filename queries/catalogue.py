"""The questions kept as SQL files: `queries/sql/NAME.sql`, one question a file.

Each file starts with a comment: the name, what it answers, its parameters and its key (the
columns that make its order total). A line `-- part: NAME` stands for `queries/sql/parts/NAME.sql`,
a piece of a condition that several questions share (it may have parts itself); lines of
`queries.providers.words` stand for what the clouds call things.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

_PART = re.compile(r"^-- part: ([a-z_]+)$", re.MULTILINE)
_PARAMETER = re.compile(r"\$([a-z_]+)")


@dataclass(frozen=True, slots=True)
class Statement:
    """One SQL file: its text, the sentence that says what it answers, parameters and key."""

    name: str
    sql: str
    answers: str
    parameters: frozenset[str]
    key: tuple[str, ...]


@cache
def statement(name: str) -> Statement:
    """The statement with this name. Raises FileNotFoundError for an unknown one."""
    text = text_of(name)
    comment = [line[2:].strip() for line in text.splitlines() if line.startswith("--")]
    answers: list[str] = []
    for line in comment:
        if line.startswith("parameters:"):
            break
        answers.append(line)
    sql = _without_comments(text)
    key = next((line[4:] for line in comment if line.startswith("key:")), "")
    return Statement(
        name,
        sql.strip(),
        " ".join(answers).split(":", 1)[-1].strip(),
        frozenset(_PARAMETER.findall(sql)),
        tuple(part.strip() for part in key.split(",") if part.strip()),
    )


def text_of(name: str) -> str:
    """A file as a whole, with its comment and its parts. Raises FileNotFoundError."""
    from queries.providers.words import with_words

    text = (files("queries") / "sql" / f"{name}.sql").read_text(encoding="utf-8")
    text = with_words(text)
    return _PART.sub(lambda match: _without_comments(text_of(f"parts/{match[1]}")), text)


def _without_comments(text: str) -> str:
    return "\n".join(line for line in text.splitlines() if not line.startswith("--"))


@cache
def names() -> tuple[str, ...]:
    """All statement names, sorted."""
    folder = files("queries") / "sql"
    return tuple(sorted(e.name[:-4] for e in folder.iterdir() if e.name.endswith(".sql")))
