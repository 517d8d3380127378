"""A document as Markdown (CommonMark, with GitHub's tables).

Log text is escaped so that no reader of Markdown finds anything in it: whatever may begin something
gets a backslash (https://spec.commonmark.org/0.31.2/#backslash-escapes), what HTML knows becomes an
entity, and addresses are broken so that none becomes a link by itself. Identifiers are code, with a
fence longer than any inside.
"""

from __future__ import annotations

import re

from queries.report.document import (
    MARKED,
    Block,
    Bullets,
    Code,
    Document,
    Facts,
    Heading,
    Inline,
    Paragraph,
    Table,
    Timeline,
    Verbatim,
)
from queries.safe_text import safe_text

_SPECIAL = re.compile(r"[\\`*_{}\[\]~@$#]")
_FIRST = re.compile(r"(?<![^\s])([-+=:]|[0-9]+(?=[.)](?:\s|$)))")
"""What begins something only where a line begins; texts are put together, so at every word."""
_LINKS = re.compile(r"(?i)(https?|ftp|mailto|xmpp)(?=:)|(?<![a-z0-9])(www)(?=\.)")
"""What GitHub makes a link of without being asked."""
_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", "|": "&#124;"}


def markdown(document: Document) -> str:
    """The document as one text, with a newline at the end."""
    parts = [f"# {escaped(document.title)}"]
    parts += [_block(block) for block in document.blocks]
    return "\n\n".join(part for part in parts if part) + "\n"


def escaped(text: str) -> str:
    """Log text on one line, without meaning."""
    out = _SPECIAL.sub(lambda found: f"\\{found[0]}", safe_text(text))
    out = _LINKS.sub(lambda found: f"{found[0]}\\", out)
    out = _FIRST.sub(_not_first, out)
    return re.sub(r"[&<>|]", lambda found: _ENTITIES[found[0]], out)


def _not_first(found: re.Match[str]) -> str:
    """`1.` becomes `1\\.`, and `-` becomes `\\-`."""
    return f"{found[0]}\\" if found[0].isdigit() else f"\\{found[0]}"


def code(text: str) -> str:
    """Log text as code; with a pipe, which ends a table's cell even in code, as plain text."""
    safe = safe_text(text)
    if not safe.strip():
        return ""
    if "|" in safe or safe != safe.strip():
        return escaped(safe)
    fence = "`" * (_longest_run(safe) + 1)
    pad = " " if safe.startswith("`") or safe.endswith("`") else ""
    return f"{fence}{pad}{safe}{pad}{fence}"


def _longest_run(text: str) -> int:
    return max((len(run) for run in re.findall("`+", text)), default=0)


def _inline(part: Inline) -> str:
    return code(part.text) if isinstance(part, Code) else escaped(part)


def _line(parts: tuple[Inline, ...]) -> str:
    return "".join(map(_inline, parts))


def _block(block: Block) -> str:
    match block:
        case Heading():
            return f"{'#' * block.level} {escaped(block.text)}"
        case Paragraph():
            line = _line(block.parts).strip()
            return f"> {line}" if block.kind else line
        case Bullets():
            return "\n".join(f"- {_line(item).strip()}" for item in block.items)
        case Facts():
            return "\n".join(f"* **{escaped(name)}**: {_inline(v)}" for name, v in block.pairs)
        case Table():
            return _table(block.columns, block.rows)
        case Verbatim():
            text = safe_text(block.text, keep="\n\t")
            fence = "`" * max(3, _longest_run(text) + 1)
            return f"{fence}{block.language}\n{text}\n{fence}"
        case Timeline():
            rows = tuple(
                (
                    Code(f"{moment.time:%Y-%m-%d %H:%M:%S}"),
                    "★" if moment.sign == MARKED else "",
                    moment.lane,
                    moment.label,
                )
                for moment in block.moments
            )
            return _table(("when (UTC)", "", "who", "what"), rows)


def _table(columns: tuple[str, ...], rows: tuple[tuple[Inline, ...], ...]) -> str:
    lines = [_row(tuple(columns)), "|" + " --- |" * len(columns)]
    return "\n".join(lines + [_row(row) for row in rows])


def _row(cells: tuple[Inline, ...]) -> str:
    return "| " + " | ".join(_inline(cell) for cell in cells) + " |"
