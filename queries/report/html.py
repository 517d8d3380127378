"""A document as one HTML file that needs nothing else: styles and pictures are inside, there is no
script, and a policy in it forbids the browser to load anything. It prints."""

from __future__ import annotations

import re
from html import escape

from queries.report.document import (
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
from queries.report.timeline import svg
from queries.safe_text import safe_text

_STYLE = """
:root { color-scheme: light; }
body { font: 15px/1.5 system-ui, "Segoe UI", "Liberation Sans", Arial, sans-serif; color: #1b1f24;
  background: #fff; margin: 2rem auto; max-width: 68rem; padding: 0 1.5rem; }
h1 { font-size: 1.7rem; margin: 0 0 .5rem; }
h2 { font-size: 1.25rem; margin: 2.2rem 0 .6rem; border-bottom: 1px solid #c8ccd1; }
h3 { font-size: 1.05rem; margin: 1.4rem 0 .4rem; }
p, ul, dl { margin: .5rem 0; }
p.note { border-left: 4px solid #b35900; padding: .2rem .8rem; background: #fff6ea; }
code, pre { font-family: ui-monospace, "DejaVu Sans Mono", "Liberation Mono", monospace;
  font-size: .86em; overflow-wrap: anywhere; }
pre { white-space: pre-wrap; background: #f4f5f7; border: 1px solid #d9dce0; padding: .6rem; }
table { border-collapse: collapse; width: 100%; margin: .6rem 0; font-size: .88rem; }
th, td { text-align: left; vertical-align: top; padding: .25rem .5rem;
  border-bottom: 1px solid #dfe2e6; overflow-wrap: anywhere; }
th, td { min-width: 4.6em; }
td.whole, td.whole code { white-space: nowrap; overflow-wrap: normal; }
th { border-bottom: 2px solid #8a9099; overflow-wrap: normal; }
table.wide { table-layout: auto; font-size: .78rem; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .15rem 1rem; }
dt { color: #57606a; } dd { margin: 0; overflow-wrap: anywhere; }
nav ul { columns: 2; padding-left: 1.2rem; }
a { color: #0b57a4; }
svg { width: 100%; height: auto; }
figure { margin: .8rem 0; } figcaption { color: #57606a; font-size: .88rem; }
@page { size: A4; margin: 15mm 13mm; }
@media print {
  body { margin: 0; max-width: none; padding: 0; font-size: 10pt; }
  h2, h3 { break-after: avoid; } figure, dl { break-inside: avoid; }
  tr { break-inside: avoid; } thead { display: table-header-group; }
  a { color: inherit; text-decoration: none; }
}
"""
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"


_WHOLE = re.compile(r"\d{4}-\d\d-\d\d( \d\d:\d\d(:\d\d)?)?|\d{1,3}(\.\d{1,3}){3}|\d{12}")
"""A time, an IPv4 address, an account."""


def html(document: Document) -> str:
    """The document as one page, with a newline at the end."""
    contents = [b for b in document.blocks if isinstance(b, Heading) and b.level == 2 and b.anchor]
    listed = "".join(f'<li><a href="#{b.anchor}">{text(b.text)}</a></li>' for b in contents)
    body = "\n".join(_block(block) for block in document.blocks)
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{escape(_POLICY)}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="referrer" content="no-referrer">\n'
        f"<title>{text(document.title)}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n"
        f"<h1>{text(document.title)}</h1>\n<nav><ul>{listed}</ul></nav>\n{body}\n</body>\n</html>\n"
    )


def text(value: str, *, keep: str = "") -> str:
    """Log text without meaning."""
    return escape(safe_text(value, keep=keep), quote=True)


def _inline(part: Inline) -> str:
    return f"<code>{text(part.text)}</code>" if isinstance(part, Code) else text(part)


def _block(block: Block) -> str:
    match block:
        case Heading():
            anchor = f' id="{escape(block.anchor)}"' if block.anchor else ""
            return f"<h{block.level}{anchor}>{text(block.text)}</h{block.level}>"
        case Paragraph():
            kind = ' class="note"' if block.kind else ""
            return f"<p{kind}>{''.join(map(_inline, block.parts))}</p>"
        case Bullets():
            items = "".join(f"<li>{''.join(map(_inline, item))}</li>" for item in block.items)
            return f"<ul>{items}</ul>"
        case Facts():
            pairs = "".join(f"<dt>{text(n)}</dt><dd>{_inline(v)}</dd>" for n, v in block.pairs)
            return f"<dl>{pairs}</dl>"
        case Table():
            return _table(block)
        case Verbatim():
            return f"<pre>{text(block.text, keep=chr(10) + chr(9))}</pre>"
        case Timeline():
            caption = f"<figcaption>{text(block.title)}</figcaption>"
            return f"<figure>{svg(block)}{caption}</figure>"


def _cell(cell: Inline) -> str:
    """A time or an address stays on a line: broken at a hyphen or a dot it is read wrong."""
    value = cell.text if isinstance(cell, Code) else cell
    kind = ' class="whole"' if _WHOLE.fullmatch(value) else ""
    return f"<td{kind}>{_inline(cell)}</td>"


def _table(table: Table) -> str:
    head = "".join(f"<th>{text(name)}</th>" for name in table.columns)
    rows = "\n".join("<tr>" + "".join(map(_cell, row)) + "</tr>" for row in table.rows)
    kind = ' class="wide"' if table.wide else ""
    return f"<table{kind}><thead><tr>{head}</tr></thead>\n<tbody>\n{rows}\n</tbody></table>"
