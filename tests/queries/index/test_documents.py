"""Large files are cut into documents: no record of theirs is lost, doubled or misplaced."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from queries.index import documents
from queries.index.documents import Document, NeedsCare, whole_documents
from queries.reader import FileFacts
from queries.sources.local import find_items
from tests.evidence_files import (
    TABLES,
    at,
    image,
    index_in_memory,
    push,
    record,
    table,
    trail,
    write,
)

FIRST_KEYS = ("eventVersion", "awsRegion")
VALUES = st.recursive(
    st.none() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from([*FIRST_KEYS, "a"]), inner, max_size=2)
    ),
    max_leaves=6,
)


def compact(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"))


def cut(folder: Path, text: str, size: int) -> list[Document] | None:
    """The documents of a file when a document may have so many bytes; None when it needs care."""
    path = folder / "trail.json"
    path.write_text(text)
    [item] = find_items([str(path)]).items
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(documents, "DOCUMENT_BYTES", size)
        patch.setattr(documents, "_WHOLE", 2 * size)
        try:
            return list(whole_documents(item.open, item, FileFacts()))
        except NeedsCare:
            return None


def is_right(document: Document) -> bool:
    """What DuckDB finds out: whether it is JSON, with one member, of the right length."""
    try:
        read = json.loads(document.text)
    except ValueError:
        return False
    return list(read) == ["Records"] and document.records in (None, len(read["Records"]))


@given(
    records=st.lists(
        st.fixed_dictionaries({"eventVersion": st.just("1.11"), "r": VALUES}), min_size=1
    ),
    size=st.integers(20, 300),
)
def test_what_is_cut_and_right_is_the_whole_file_in_its_order(
    tmp_path_factory: pytest.TempPathFactory, records: list[dict[str, Any]], size: int
) -> None:
    """Records may hold lists of what looks like records."""
    found = cut(tmp_path_factory.mktemp("cut"), compact({"Records": records}), size)
    if found is None or not all(map(is_right, found)):
        return  # for the careful reader
    read: list[Any] = []
    for document in found:
        assert document.base == len(read)
        read += json.loads(document.text)["Records"]
    assert read == records


@given(count=st.integers(1, 60), size=st.integers(60, 300), gaps=st.booleans())
def test_ordinary_records_need_no_care(
    tmp_path_factory: pytest.TempPathFactory, count: int, size: int, gaps: bool
) -> None:
    records = [{"eventVersion": "1.11", "eventID": str(n), "q": {"a": [n]}} for n in range(count)]
    text = compact({"Records": records}) + ("\n" if gaps else "")
    found = cut(tmp_path_factory.mktemp("cut"), text, size)
    assert found is not None
    assert all(map(is_right, found))
    assert sum(len(json.loads(each.text)["Records"]) for each in found) == count
    assert all(len(each.text) <= 2 * size + 20 for each in found)


def large(records: list[dict[str, Any]], end: str = "") -> bytes:
    return f'{{"Records":[{",".join(map(compact, records))}]{end}}}'.encode()


def calls(count: int, **members: Any) -> list[dict[str, Any]]:
    return [
        {"eventVersion": "1.11", **record("DescribeImages", at(n), **members)} for n in range(count)
    ]


NESTED = {"requestParameters": {"events": [{"eventVersion": "1"}, {"eventVersion": "2"}]}}
OTHERWISE = [dict(reversed(entry.items())) for entry in calls(5)]
HUGE = calls(1, userAgent="x" * 9000)
PUSHES = [{"eventVersion": "1.11", **push(image(c), c, at(n))} for n, c in enumerate("abcdefgh")]
KINDS = {
    "ordinary": (large(calls(40)), "fast"),
    "records in a record": (large([*calls(20), *calls(3, **NESTED), *calls(9)]), "careful"),
    "records that begin otherwise": (large([*calls(20), *OTHERWISE, *calls(20)]), "careful"),
    "pretty printed": (json.dumps({"Records": calls(40)}, indent=1).encode(), "careful"),
    "another member behind": (large(calls(40), ',"more":1'), "careful"),
    "a second list": (large(calls(40), f',"Records":{compact(calls(3))}'), "careful"),
    "cut off": (gzip.compress(large(calls(40)))[:-9], "careful"),
    "one huge record": (large([*calls(20), *HUGE, *calls(5)]), "careful"),
    "pushes": (large(PUSHES), "fast"),
}


@pytest.mark.parametrize("kind", KINDS)
def test_large_files_give_the_rows_that_the_careful_reader_gives(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    monkeypatch.setattr(documents, "DOCUMENT_BYTES", 2_000)
    monkeypatch.setattr(documents, "_WHOLE", 4_000)
    data, lane = KINDS[kind]
    write(tmp_path, {"large.json": data, "other.json": trail([push(image("z"), "v", at(99))])})
    fast, careful = index_in_memory(tmp_path), index_in_memory(tmp_path, fast=False)
    for name in TABLES:
        without = ("odd", "lane")
        assert table(fast, name, without=without) == table(careful, name, without=without), name
    lanes = fast.execute("SELECT lane FROM files ORDER BY name").fetchall()
    assert lanes == [(lane,), ("fast",)]
