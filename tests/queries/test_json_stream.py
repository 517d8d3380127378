"""JSON in any wrapping, cut anywhere: what was whole comes out, with its exact text."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from queries.json_stream import CONTAINER_KEYS, Broken, JsonStream, Piece

MANY = settings(max_examples=60)

scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text()
    | st.sampled_from(["\ud83d", "\x00", "\u2028", '"', "\\", "\n{", "é", "\U0001f600"])
)
keys = st.text(max_size=6).filter(lambda key: key not in CONTAINER_KEYS)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3),
    max_leaves=12,
)
objects = st.dictionaries(keys, values, max_size=4)
separators = st.text(alphabet=" \t\r\n,;\x1e\x00", min_size=1, max_size=3)


@st.composite
def written(draw: st.DrawFn, value: Any, indents: tuple[int | None, ...] = (None, 0, 2)) -> str:
    """A value in one of the ways in which programs write JSON."""
    return json.dumps(
        value,
        ensure_ascii=draw(st.booleans()) or _has_surrogate(value),
        indent=draw(st.sampled_from(indents)),
        separators=draw(st.sampled_from([(", ", ": "), (",", ":"), (" , ", " : ")])),
    )


def _has_surrogate(value: Any) -> bool:
    return "\\ud" in json.dumps(value)


@st.composite
def chunked(draw: st.DrawFn, text: str) -> list[str]:
    """A text cut into pieces, also empty ones."""
    cuts = sorted(draw(st.lists(st.integers(0, len(text)), max_size=6)))
    return [text[a:b] for a, b in zip([0, *cuts], [*cuts, len(text)], strict=True)]


def parts(text: str) -> list[Piece | Broken]:
    return list(JsonStream(iter((text,))))


def found(text: str) -> list[Any]:
    return [part.value for part in parts(text) if isinstance(part, Piece)]


@MANY
@given(st.data(), st.lists(values, max_size=5), st.integers(1, 9))
def test_any_values_in_any_chunks_come_out_exactly(
    data: st.DataObject, given_values: list[Any], grow: int
) -> None:
    expected: list[tuple[Any, str | None]] = []
    text = data.draw(st.sampled_from(["", "\n", " "]))
    for value in given_values:
        if isinstance(value, list):
            elements = [data.draw(written(element)) for element in value]
            text += "[" + data.draw(st.sampled_from([",", " , ", ",\n"])).join(elements) + "]"
            expected += list(zip(value, elements, strict=True))
        else:
            own = data.draw(written(value))
            text += own
            expected.append((value, own))
        text += data.draw(separators)
    chunks = data.draw(chunked(text))
    got = list(JsonStream(iter(chunks), grow=grow))
    assert [(part.value, part.text) for part in got if isinstance(part, Piece)] == expected
    assert len(got) == len(expected), "nothing is called broken"


@MANY
@given(st.data(), st.lists(objects, max_size=5), st.sampled_from(sorted(CONTAINER_KEYS)))
def test_records_in_a_document_come_out_one_by_one(
    data: st.DataObject, records: list[dict[str, Any]], name: str
) -> None:
    texts = [data.draw(written(record)) for record in records]
    before, after = data.draw(objects), data.draw(objects)
    members = [
        *(f"{json.dumps(key)}: {json.dumps(value)}" for key, value in before.items()),
        f'"{name}" : [{", ".join(texts)}]',
        *(f"{json.dumps(key)}: {json.dumps(value)}" for key, value in after.items()),
    ]
    text = "{" + ", ".join(members) + "}"
    got = [p for p in JsonStream(iter(data.draw(chunked(text))), grow=7) if isinstance(p, Piece)]
    inside = [part for part in got if part.container == name]
    assert [(part.value, part.text) for part in inside] == list(zip(records, texts, strict=True))
    rest = [part.value for part in got if part.container != name]
    assert rest == ([{**before, **after}] if {**before, **after} else [])


@MANY
@given(st.data(), st.lists(objects, min_size=1, max_size=4), st.booleans())
def test_text_cut_at_any_place_keeps_the_records_before_the_cut(
    data: st.DataObject, records: list[dict[str, Any]], in_a_list: bool
) -> None:
    # Where a record is given up, the next one is looked for at the start of a line: without
    # any indent its inner lines look like that, too.
    texts = [data.draw(written(record, (None, 2))) for record in records]
    joined = ",".join(texts)
    text = f'{{"Records":[{joined}]}}' if in_a_list else joined
    start = len(text) - len(joined) - 2 if in_a_list else 0
    ends: list[int] = []
    for own in texts:
        start += len(own)
        ends.append(start)
        start += 1
    cut = data.draw(st.integers(0, len(text)))
    got = list(JsonStream(iter((text[:cut],))))
    whole = sum(end <= cut for end in ends)
    assert [part.value for part in got if isinstance(part, Piece)] == records[:whole]
    broken = [part for part in got if isinstance(part, Broken)]
    assert len(broken) <= 1
    assert all(part.cut for part in broken)
    if cut not in (0, len(text)) and (in_a_list or (cut - 1 not in ends and cut not in ends)):
        assert broken, "a cut is never silent"


long_objects = st.fixed_dictionaries({"eventName": st.text(), "more": values})


@st.composite
def bad_lines(draw: st.DrawFn) -> str:
    """A line that is no JSON: an object cut short, or other text."""
    whole = json.dumps(draw(long_objects))
    cut = whole[: draw(st.integers(1, len(whole) - 1))]
    return draw(st.sampled_from([cut, "ERROR something went wrong", "<p>no log</p>", "}", "]"]))


@MANY
@given(st.lists(st.tuples(long_objects, st.none() | bad_lines()), max_size=5))
@example(
    [({"eventName": "a", "more": 1}, '{"eventName": "b'), ({"eventName": "c", "more": 1}, None)]
)
@example(
    [({"eventName": "a", "more": 1}, '{"more": {"b": 1'), ({"eventName": "c", "more": 1}, None)]
)
@example([({"eventName": "a", "more": 1}, '{"more": ['), ({"eventName": "c", "more": 1}, None)])
def test_a_bad_line_loses_only_itself(
    lines: list[tuple[dict[str, Any], str | None]],
) -> None:
    text = ""
    bad = 0
    for good, broken in lines:
        # What closes a bracket could make a whole out of an open line before it.
        if broken is not None and not (broken in ("}", "]") and bad):
            text += broken + "\n"
            bad += 1
        text += json.dumps(good) + "\n"
    got = parts(text)
    values_found = [p.value for p in got if isinstance(p, Piece) and isinstance(p.value, dict)]
    assert values_found == [good for good, _ in lines]
    if bad:
        assert any(isinstance(part, Broken) for part in got)


def test_the_line_that_is_broken_is_the_one_that_is_named() -> None:
    lines = ['{"a": 1}', '{"a": "cut in the mid', '{"a": 2}', "not JSON at all", '{"a": 3}']
    got = parts("\n".join(lines))
    assert [part.line for part in got if isinstance(part, Broken)] == [2, 4]


def test_a_broken_pretty_record_does_not_hide_the_next() -> None:
    good = json.dumps({"eventName": "PutImage", "resources": [{"ARN": "x"}]}, indent=2)
    broken = good.replace('"PutImage"', "PutImage")
    got = parts(f"{good}\n{broken}\n{good}\n")
    assert [part.value for part in got if isinstance(part, Piece)].count(json.loads(good)) == 2


def test_a_file_made_to_be_read_again_and_again_comes_to_an_end() -> None:
    text = '{"a":[\n' * 200 + "1," * 5000
    assert len(list(JsonStream(iter((text,)), grow=100))) < 20


def test_a_value_nested_without_end_is_read_and_hides_nothing() -> None:
    text = '{"a": 1}\n{"a": ' + "[" * 100_000 + "]" * 100_000 + '}\n{"a": 2}\n'
    first, deep, last = found(text)
    assert (first, list(deep), last) == ({"a": 1}, ["a"], {"a": 2})
    assert [p for p in parts(text) if isinstance(p, Broken)] == []


def test_a_number_longer_than_python_takes_keeps_its_record() -> None:
    [value] = found('{"eventName": "x", "n": ' + "9" * 5000 + "}")
    assert value == {"eventName": "x", "n": "9" * 5000}


@pytest.mark.parametrize("text", ['{"a": 1, "a": 2}', '{"b": {"a": 1, "a": 2}}'])
def test_a_repeated_key_is_noticed_and_the_last_value_used(text: str) -> None:
    [part] = parts(text)
    assert isinstance(part, Piece)
    assert part.repeated_keys
    assert part.text == text
    assert part.value in ({"a": 2}, {"b": {"a": 2}})


def test_a_document_is_read_without_being_held_whole() -> None:
    sent = 0

    def chunks() -> Iterator[str]:
        nonlocal sent
        yield '{"Records":['
        for _ in range(4000):
            sent += 1
            yield '{"eventName": "' + "x" * 10_000 + '"},'
        yield "{}]}"

    stream = iter(JsonStream(chunks(), grow=50_000))
    first = next(stream)
    assert isinstance(first, Piece)
    assert sent < 20, "the first record comes out before the document has been read"
    assert sum(1 for _ in stream) == 4000
