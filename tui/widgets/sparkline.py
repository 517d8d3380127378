"""Counts as eighth blocks: pure functions for table cells and the time strip."""

from __future__ import annotations

from collections.abc import Sequence

BLOCKS = " ▁▂▃▄▅▆▇█"


def rebucket(values: Sequence[int], width: int) -> list[int]:
    """The same counts in `width` buckets: sums when there are more, repeats when fewer."""
    count = len(values)
    if width <= 0 or count == 0:
        return []
    if count <= width:
        return [values[i * count // width] for i in range(width)]
    edges = [i * count // width for i in range(width + 1)]
    return [sum(values[edges[i] : edges[i + 1]]) for i in range(width)]


def levels(values: Sequence[int], height: int = 1, top: int | None = None) -> list[int]:
    """Heights in eighths of a line: 0 only for nothing, the highest count fills all lines."""
    top = max(values, default=0) if top is None else top
    full = 8 * height
    if top <= 0:
        return [0] * len(values)
    return [0 if v <= 0 else max(1, min(full, round(v * full / top))) for v in values]


def bar_line(eighths: Sequence[int], line: int) -> str:
    """Line `line` (0 is the lowest) of bars whose heights are given in eighths."""
    return "".join(BLOCKS[max(0, min(8, e - 8 * line))] for e in eighths)


def sparkline(values: Sequence[int], width: int) -> str:
    """At most `width` cells of blocks; few values are not stretched. A count above 0 shows."""
    cells = rebucket(values, min(width, len(values)))
    return bar_line(levels(cells), 0)
