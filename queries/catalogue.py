"""The questions kept as SQL files: `queries/sql/NAME.sql`, one question a file.

Each file starts with a comment: the name, what it answers, its parameters and its key (the
columns that make its order total).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

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
    text = (files("queries") / "sql" / f"{name}.sql").read_text(encoding="utf-8")
    comment = [line[2:].strip() for line in text.splitlines() if line.startswith("--")]
    answers: list[str] = []
    for line in comment:
        if line.startswith("parameters:"):
            break
        answers.append(line)
    sql = "\n".join(line for line in text.splitlines() if not line.startswith("--"))
    key = next((line[4:] for line in comment if line.startswith("key:")), "")
    return Statement(
        name,
        sql.strip(),
        " ".join(answers).split(":", 1)[-1].strip(),
        frozenset(_PARAMETER.findall(sql)),
        tuple(part.strip() for part in key.split(",") if part.strip()),
    )


@cache
def names() -> tuple[str, ...]:
    """All statement names, sorted."""
    folder = files("queries") / "sql"
    return tuple(sorted(e.name[:-4] for e in folder.iterdir() if e.name.endswith(".sql")))
