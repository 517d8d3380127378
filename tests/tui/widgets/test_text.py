"""Safe text: what no log value may do to a screen, for all values."""

from __future__ import annotations

import unicodedata
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from rich.cells import cell_len, get_character_cell_size
from textual.content import Content

from queries.safe_text import char_cells, is_safe, plain_text, safe_parts
from tests.tui.widgets.fakes import HOSTILE
from tui.text import (
    ESCAPE_STYLE,
    clean_content,
    fit,
    fmt_ago,
    fmt_bytes,
    fmt_count,
    fmt_offset,
    fmt_time,
    pad_content,
    safe_content,
    safe_text,
    short_arn,
    short_digest,
)

ANY_CHAR = st.characters()
NASTY = st.sampled_from(
    "\x1b\x07\x00\x7f\x9b\u202e\u2066\u200b\u200d\ufe0f\u0301\u2028 \U000e0041\ud800a世🎉"
)
TEXT = st.text(ANY_CHAR | NASTY, max_size=60)


def unsafe(char: str) -> bool:
    return unicodedata.category(char) in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")


@given(TEXT)
@example("".join(map(chr, range(0x100))))
def test_nothing_a_terminal_obeys_or_hides(text: str) -> None:
    shown = safe_text(text)
    assert not [c for c in shown if unsafe(c)]
    assert not [c for c in shown if "\ufe00" <= c <= "\ufe0f" or c in "\u3164\u034f\u00a0\u3000"]
    shown.encode()  # no lone surrogates


@given(st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E)))
def test_printable_ascii_is_unchanged(text: str) -> None:
    assert safe_text(text) == text
    assert is_safe(text)


@given(TEXT, st.integers(-1, 70))
@example("e\u0301" * 10, 5)
@example("世" * 10, 5)
def test_cut_never_exceeds_the_limit(text: str, limit: int) -> None:
    shown = safe_text(text, limit)
    assert cell_len(shown) <= max(limit, 0)
    whole = safe_text(text)
    assert shown == whole or not shown or shown.endswith("…")
    if shown and shown != whole:
        assert whole.startswith(shown[:-1])


@given(TEXT)
def test_an_escape_is_never_cut_in_two(text: str) -> None:
    whole, escapes = safe_parts(text)
    for limit in range(1, 12):
        end = len(safe_text(text, limit)) - 1
        if safe_text(text, limit) != whole:
            assert not any(start < end < stop for start, stop in escapes)


@given(st.from_type(object) | st.binary() | st.floats() | st.dictionaries(st.text(), TEXT))
def test_total_over_any_value(value: object) -> None:
    assert isinstance(safe_text(value, 20), str)
    assert cell_len(safe_content(value, 20).plain) <= 20


def test_values_that_cannot_be_written() -> None:
    class Hostile:
        def __str__(self) -> str:
            raise RuntimeError("no")

    assert safe_text(Hostile()) == "<unprintable Hostile>"
    assert plain_text(10**5000) == "<unprintable int>"


def test_width_is_never_below_richs() -> None:
    """A new rich with a newer Unicode table shows up here, not as a broken column."""
    for code in range(0x110000):
        char = chr(code)
        if safe_text(char) == char:
            assert char_cells(char) >= get_character_cell_size(char), hex(code)


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, "–"),
        ("", ""),
        (True, "true"),
        (b"\xff\x1b", "\\xff\\x1b"),
        ("a\tb\nc\r", "a\\tb\\nc\\r"),
        ("\x1b]52;c;x\x07", "\\x1b]52;c;x\\x07"),
        ("\x9b31m", "\\x9b31m"),
        ("x\u202ey", "x\\u202ey"),
        ("\U000e0041", "\\U000e0041"),
        ("\ud800", "\\ud800"),
        ("❤\ufe0f", "❤\\ufe0f"),
        ("日本", "日本"),
        ("é", "é"),
        ("a" + "\u0301" * 6, "a" + "\u0301" * 4 + "\\u0301" * 2),
    ],
)
def test_examples(value: object, shown: str) -> None:
    assert safe_text(value) == shown


def test_newline_and_tab_may_be_kept_and_nothing_else() -> None:
    assert safe_text("a\n\tb\x1b", keep="\n\t\x1b") == "a\n\tb\\x1b"


@given(TEXT)
def test_content_is_literal_and_marks_escapes(text: str) -> None:
    content = safe_content(text, style="bold")
    assert content.plain == safe_text(text)
    marked = [(s.start, s.end) for s in content.spans if s.style == ESCAPE_STYLE]
    assert marked == safe_parts(text)[1]


@pytest.mark.parametrize("hostile", HOSTILE)
def test_content_given_by_a_screen_is_cleaned_and_keeps_its_styles(hostile: str) -> None:
    given_content = Content.assemble(("ok ", "bold"), Content(hostile, strip_control_codes=False))
    cleaned = clean_content(given_content, 30)
    assert not [c for c in cleaned.plain if unsafe(c)]
    assert cleaned.cell_length <= 30
    assert any(s.style == "bold" and (s.start, s.end) == (0, 3) for s in cleaned.spans)


@given(TEXT, st.integers(0, 30))
def test_padded_cells_are_exactly_as_wide(text: str, width: int) -> None:
    for right in (False, True):
        padded = pad_content(safe_content(text, width), width, right=right)
        assert cell_len(padded.plain) == width
    assert cell_len(fit(text, width)) == width


def test_numbers_and_times() -> None:
    assert [fmt_count(n) for n in (None, 0, 2900)] == ["–", "0", "2,900"]
    assert fmt_count(200, at_least=True) == "200+"
    sizes = (None, 0, 900, 4_100_000, 212_000_000, 999_999, 3 * 10**18)
    assert [fmt_bytes(n) for n in sizes] == [
        "–", "0 B", "900 B", "4.1 MB", "212 MB", "1.0 MB", "3,000 PB",
    ]  # fmt: skip
    when = datetime(2026, 3, 9, 2, 14, 7, 900, tzinfo=UTC)
    assert fmt_time(when) == "03-09 02:14:07"
    assert fmt_time(when, year=True) == "2026-03-09 02:14:07"
    assert fmt_time(when, seconds=False) == "03-09 02:14"
    assert fmt_time(when.astimezone(timezone(timedelta(hours=5)))) == "03-09 02:14:07"
    assert fmt_time(None) == fmt_ago(None) == fmt_offset(None) == "–"
    ago = [timedelta(seconds=40), timedelta(minutes=-12), timedelta(hours=9, minutes=33)]
    assert [fmt_ago(d) for d in [*ago, timedelta(days=5)]] == [
        "40 s",
        "12 min",
        "9 h 33 min",
        "5 d",
    ]
    offsets = [timedelta(minutes=7, seconds=2), -timedelta(minutes=12, seconds=5), timedelta(0)]
    assert [fmt_offset(d) for d in offsets] == ["+0:07:02", "−0:12:05", "0:00"]
    assert fmt_offset(timedelta(days=2, hours=3)) == "+2 d 03:00:00"


def test_short_names() -> None:
    assert short_digest("sha256:9f2c1ab4deadbeef") == "9f2c1a…"
    assert short_digest("sha512:9f2c1ab4deadbeef", 8) == "sha512:9f2c1ab4…"
    assert short_digest(None) == "–"
    assert short_digest("\x1b[31m") == "\\x1b[3…"
    assert short_arn("arn:aws:iam::111122223333:user/dana.ops") == "dana.ops"
    assert short_arn("arn:aws:sts::1:assumed-role/ci-push/1772") == "ci-push/1772"
    assert short_arn("arn:aws:iam::1:role/deploy") == "role/deploy"
    assert short_arn("not an arn\n") == "not an arn\\n"
