"""Lines are the same however a text is cut, and none of them fills the memory."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from queries.envelopes import base64_text, lines
from queries.envelopes.lines import text_lines
from tests.evidence_files import at, record, trail

TEXTS = st.text(st.sampled_from("ab\n\r\x00\ufeff \u2028"), max_size=40)


@given(text=TEXTS, cuts=st.lists(st.integers(0, 40), max_size=6))
def test_lines_do_not_depend_on_where_a_text_is_cut(text: str, cuts: list[int]) -> None:
    ends = [0, *sorted(cuts), len(text)]
    parts = [text[start:end] for start, end in pairwise(ends)]
    *whole, last = text.split("\n")
    wanted = [line.rstrip("\r\x00").lstrip("\ufeff\x00") for line in (*whole, last)]
    if not wanted[-1].strip():
        wanted.pop()
    assert list(text_lines(parts)) == wanted


def test_a_line_without_an_end_comes_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lines, "LONGEST", 100)
    given_text = ["x" * 30] * 50
    parts = list(text_lines([*given_text, "\ny"]))
    assert parts[-1] == "y"
    assert "".join(parts[:-1]) == "".join(given_text)
    assert max(map(len, parts)) < 200


@pytest.mark.parametrize("width", [0, 76])
def test_base64_is_read_as_it_comes(monkeypatch: pytest.MonkeyPatch, width: int) -> None:
    """Also when it is one line without an end, of which nobody knows how long it is."""
    monkeypatch.setattr(base64_text, "_LONGEST_RECORD", 1_000)
    records = trail([record("ListImages", at(number % 60)) for number in range(8_000)])
    text = base64.b64encode(records).decode()
    if width:
        text = "\n".join(text[start : start + width] for start in range(0, len(text), width))
    taken = 0

    def chunks() -> Iterator[str]:
        nonlocal taken
        for start in range(0, len(text), 50_000):
            taken += 1
            yield text[start : start + 50_000]

    found = base64_text.pieces(chunks())
    next(found)
    assert taken < len(text) / 50_000 / 3
    assert sum(1 for _ in found) == 7_999
