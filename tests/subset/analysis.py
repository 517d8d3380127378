"""Names and types, resolved as strictly as Trino does, over the columns that the tables have.

No Trino runs here, and its parser sees neither. DuckDB and Spark let an alias be used by its
neighbours, and turn text into numbers and numbers into text by themselves; Trino refuses both.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from sqlglot import exp
from sqlglot.errors import OptimizeError
from sqlglot.optimizer.annotate_types import annotate_types
from sqlglot.optimizer.qualify import qualify
from sqlglot.typing import EXPRESSION_METADATA

from tests.subset.texts import tree

_COMPARED = (exp.EQ, exp.NEQ, exp.LT, exp.LTE, exp.GT, exp.GTE)
_KNOWN = {**EXPRESSION_METADATA, exp.TimestampTrunc: {"returns": exp.DType.TIMESTAMP}}
"""sqlglot does not say what Trino's date_trunc of a time is."""
_TIME_LENGTH = 19
"""Characters of a time down to the second."""


def problems(sql: str, schema: Mapping[str, Mapping[str, str]]) -> list[str]:
    """What Trino's analysis would refuse, or answer differently."""
    try:
        resolved = qualify(
            tree(sql, "trino"),
            schema=dict(schema),
            dialect="trino",
            expand_alias_refs=False,
            quote_identifiers=False,
            identify=False,
        )
    except OptimizeError as error:
        return [str(error)]
    typed = annotate_types(
        resolved, schema=dict(schema), expression_metadata=_KNOWN, dialect="trino"
    )
    return [line for node in typed.walk() for line in _of_node(node)]


def family(node: exp.Expr) -> str | None:
    """text, number, time or truth; None where the type is not known (a parameter, NULL)."""
    kind = node.type
    if kind is None or kind.this in {exp.DType.UNKNOWN, exp.DType.NULL}:
        return None
    if kind.this in exp.DataType.TEXT_TYPES:
        return "text"
    if kind.this in exp.DataType.NUMERIC_TYPES:
        return "number"
    if kind.this in exp.DataType.TEMPORAL_TYPES:
        return "time"
    if kind.this == exp.DType.BOOLEAN:
        return "truth"
    return str(kind.this.value)


def _of_node(node: exp.Expr) -> Iterator[str]:
    if isinstance(node, _COMPARED):
        yield from _alike(node, [node.this, node.expression])
    elif isinstance(node, exp.Between):
        yield from _alike(node, [node.this, node.args["low"], node.args["high"]])
    elif isinstance(node, exp.In) and not node.args.get("query"):
        yield from _alike(node, [node.this, *node.expressions])
    elif isinstance(node, exp.Case):
        results = [branch.args["true"] for branch in node.args["ifs"]]
        default = node.args.get("default")
        yield from _alike(node, [*results, default] if default is not None else results)
        if node.this is not None:
            yield from _alike(node, [node.this, *(branch.this for branch in node.args["ifs"])])
    elif isinstance(node, exp.Coalesce):
        yield from _alike(node, [node.this, *node.expressions])
    elif isinstance(node, exp.DPipe | exp.Like):
        yield from _each(node, [node.this, node.expression], "text")
    elif isinstance(node, exp.Lower | exp.Upper | exp.Length | exp.Substring):
        yield from _each(node, [node.this], "text")
    elif isinstance(node, exp.Sum | exp.Floor | exp.Abs | exp.Neg):
        yield from _each(node, [node.this], "number")
    elif isinstance(node, exp.And | exp.Or):
        yield from _each(node, [node.this, node.expression], "truth")
    elif isinstance(node, exp.Not | exp.Where | exp.Having):
        yield from _each(node, [node.this], "truth")
    elif isinstance(node, exp.Sub) and family(node.this) == family(node.expression) == "time":
        yield f"{node.sql()}: the difference of two times has another type in each engine"
    elif isinstance(node, exp.Cast):
        yield from _cast(node)
    elif isinstance(node, exp.Union):
        for left, right in zip(node.left.selects, node.right.selects, strict=True):
            yield from _alike(node, [left, right], f"{left.sql()} and {right.sql()}")


def _cast(node: exp.Cast) -> Iterator[str]:
    source, target = family(node.this), family(node)
    fraction = node.this.type is not None and node.this.type.this in exp.DataType.REAL_TYPES
    if fraction and target == "text":
        yield f"{node.sql()}: each engine writes fractions in its own way"
    whole = target == "number" and node.to.this in exp.DataType.INTEGER_TYPES
    if fraction and whole and not isinstance(node.this.unnest(), exp.Floor | exp.Round | exp.Ceil):
        yield f"{node.sql()}: Spark cuts a fraction off and the others round it"
    if source == "time" and target == "text":
        piece = node.parent
        cut = piece.args.get("length") if isinstance(piece, exp.Substring) else None
        if cut is None or int(cut.name) > _TIME_LENGTH:
            yield f"{node.sql()}: Trino writes .000 after the seconds; take substr(…, 1, 19)"


def _alike(node: exp.Expr, parts: list[exp.Expr], said: str | None = None) -> Iterator[str]:
    kinds = {kind for part in parts if (kind := family(part)) is not None}
    if len(kinds) > 1:
        yield f"{said or node.sql()}: {' and '.join(sorted(kinds))} in one place"


def _each(node: exp.Expr, parts: list[exp.Expr], wanted: str) -> Iterator[str]:
    for part in parts:
        if (kind := family(part)) not in {None, wanted}:
            yield f"{node.sql()}: {part.sql()} is {kind}, not {wanted}"
