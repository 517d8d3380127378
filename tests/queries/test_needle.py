"""What is found quickly is what reading every record finds."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from queries.case import open_case
from queries.index import documents
from queries.needle import Needle
from queries.reader import FileFacts, read_records
from queries.search import Search
from tests.evidence_files import at, record, write

PIECES = [
    "ab",
    "AB",
    "k",
    "é",
    "\U0001f600",
    '"',
    "/",
    "\\",
    "&",
    "=",
    "},{",
    '{"eventVersion":',
    " ",
]
TEXTS = st.lists(st.sampled_from(PIECES), max_size=6).map("".join)
ESCAPED = re.compile(r"[^ -~]|[&=/]")


def _escaped(text: str, how: int) -> str:
    """JSON as different writers put it: as it is, with what HTML minds as escapes, in capitals."""
    if how == 0:
        return text
    number = "{:04x}" if how == 1 else "{:04X}"
    return ESCAPED.sub(
        lambda found: "".join(
            f"\\u{number.format(int.from_bytes(unit, 'big'))}" for unit in _units(found[0])
        ),
        text,
    )


def _units(character: str) -> list[bytes]:
    encoded = character.encode("utf-16-be")
    return [encoded[at : at + 2] for at in range(0, len(encoded), 2)]


@settings(max_examples=400)
@given(text=TEXTS, around=TEXTS, how=st.integers(0, 2), exact=st.booleans())
def test_a_quick_look_misses_nothing(text: str, around: str, how: int, exact: bool) -> None:
    if text:
        needle = Needle(text, case_sensitive=exact)
        for held in (f"{around}{text}{around}", f"{around}{text.swapcase()}", around):
            written = _escaped(json.dumps(held, ensure_ascii=False), how)
            if needle.find(written) is not None:
                assert needle.may_be_in(written.encode())


def _trail(texts: list[str], nested: list[str], how: int, tail: str) -> bytes:
    """A trail file; what stands in lists looks like a record, too."""
    records = [
        json.dumps(
            {
                **record("DescribeImages", at(number), userAgent=text),
                "requestParameters": {"all": [{"a": 1}, {"eventVersion": inner}]},
            },
            separators=(",", ":"),
            ensure_ascii=False,
        )
        for number, (text, inner) in enumerate(zip(texts, nested, strict=True))
    ]
    return _escaped(f'{{"Records":[{",".join(records)}]{tail}}}', how).encode()


@settings(
    deadline=None,
    max_examples=25,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    held=st.lists(st.tuples(TEXTS, st.sampled_from(["1.08", "ab", "}]"])), min_size=1, max_size=6),
    how=st.integers(0, 2),
    tail=st.sampled_from(["", ',"more":{"x":"ab"}', ' ,"more":[]']),
    wanted=TEXTS.filter(bool),
    regex=st.sampled_from([None, r"a.{1,3}b", r"^\{", r"\}$", r"(?<!é)k"]),
)
def test_every_way_to_read_finds_the_same(
    tmp_path: Path, held: list[tuple[str, str]], how: int, tail: str, wanted: str, regex: str | None
) -> None:
    texts, nested = zip(*held, strict=True)
    write(tmp_path, {"a.json": _trail(list(texts), list(nested), how, tail)})
    needle = Needle(regex or wanted, regex=regex is not None)
    with open_case([str(tmp_path)], use_cache=False) as case:
        [(file_id,)] = case.ask("SELECT file_id FROM files").rows
        item = case.item(file_id)
        read = [needle.find(each.text) for each in read_records(item, FileFacts())]
        search = Search(case, needle)
        hits = [(hit.position, (hit.excerpt, hit.start, hit.end)) for hit in search.hits()]
    assert hits == [(place, where) for place, where in enumerate(read, 1) if where is not None]
    assert search.progress.records == len(texts)
    assert search.unread == []


@pytest.mark.parametrize("keys", [("eventVersion", "eventVersion"), ("eventVersion", "eventID")])
def test_a_large_file_is_searched_in_pieces(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, keys: tuple[str, str]
) -> None:
    """Also when some of its records begin otherwise, which no piece may hide."""
    monkeypatch.setattr(documents, "DOCUMENT_BYTES", 20_000)
    monkeypatch.setattr(documents, "_WHOLE", 40_000)

    def turned(number: int) -> dict[str, Any]:
        one = record("DescribeImages", at(number % 60), userAgent=f"mark{number:03} {'x' * 300}")
        first = keys[number % 50 == 7]
        return {first: one[first], **one}

    body = {"Records": [turned(number) for number in range(200)]}
    write(tmp_path, {"big.json": json.dumps(body, separators=(",", ":")).encode()})
    with open_case([str(tmp_path)], use_cache=False) as case:
        search = Search(case, Needle("MARK"))
        hits = list(search.hits())
        assert [hit.position for hit in hits] == list(range(1, 201))
        assert [hit.excerpt[hit.start :][:7] for hit in hits] == [f"mark{n:03}" for n in range(200)]
        assert search.progress.records == 200
        for number in (0, 57, 107, 199):
            [hit] = Search(case, Needle(f"mark{number:03}")).hits()
            assert hit.position == number + 1


def test_a_file_that_is_another_now_is_named(tmp_path: Path) -> None:
    def trail(agent: str) -> bytes:
        records = [record("DescribeImages", at(number), userAgent=agent) for number in range(3)]
        return json.dumps({"Records": records}, separators=(",", ":")).encode()

    write(tmp_path, {"a.json": trail("first"), "b.json": trail("first"), "c.json": trail("first")})
    with open_case([str(tmp_path)], use_cache=False) as case:
        write(tmp_path, {"a.json": trail("other"), "b.json": trail("FIRST")})
        search = Search(case, Needle("first"))
        assert [Path(hit.file).name for hit in search.hits()] == ["b.json"] * 3 + ["c.json"] * 3
        assert [(Path(name).name, "has changed" in why) for name, why in search.unread] == [
            ("a.json", True),
            ("b.json", True),
        ]
