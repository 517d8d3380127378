"""The lane of a tag: a line of exactly the width asked for, on which nothing important hides."""

from __future__ import annotations

from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from tui.widgets.lanes import BY_ANOTHER, Span, lane

START = datetime(2026, 3, 1)
END = START + timedelta(days=10)


def day(number: float) -> datetime:
    return START + timedelta(days=number)


def test_a_lane_shows_which_image_from_when_to_when() -> None:
    spans = [
        Span("sha256:69bb94aa", day(2), day(6), False),
        Span("sha256:222864aa", day(6), day(9), True, by_another=True),
    ]
    assert lane(spans, START, END, 40) == "        ├69bb───────────●2228───────╳   "
    assert lane([], START, END, 5) == "     "
    assert lane(spans, START, END, 0) == ""


def test_somebody_elses_moment_is_never_covered() -> None:
    # All within one cell: a new image, another's, and the first one's again.
    spans = [
        Span("sha256:aaaa", day(5), day(5.01), False),
        Span("sha256:bbbb", day(5.01), day(5.02), False, by_another=True),
        Span("sha256:cccc", day(5.02), None, False),
    ]
    shown = lane(spans, START, END, 20)
    assert shown[10] == BY_ANOTHER
    assert lane(spans[:2], START, END, 1) == BY_ANOTHER


_time = st.floats(-1, 11).map(day)


@given(
    st.lists(
        st.builds(
            Span, st.text(max_size=80), _time, st.none() | _time, st.booleans(), st.booleans()
        )
    ),
    st.integers(0, 60),
)
def test_any_spans_make_a_line_of_the_width(spans: list[Span], width: int) -> None:
    assert len(lane(spans, START, END, width)) == width
    assert len(lane(spans, START, START, width)) == width
