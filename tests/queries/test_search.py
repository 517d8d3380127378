"""Free text in records as delivered: every hit, once, with its place; nothing silent."""

from __future__ import annotations

import gzip
import io
import json
import tarfile
from pathlib import Path

import pytest

from queries.case import Case, open_case
from queries.errors import WrongUsage
from queries.needle import Needle
from queries.progress import CancelToken
from queries.raw import raw_record
from queries.search import Hit, Search
from tests.evidence_files import at, record, trail, write


def found(case: Case, text: str, **how: bool) -> list[Hit]:
    search = Search(case, Needle(text, **how))
    hits = list(search.hits())
    assert search.found == len(hits)
    assert search.unread == []
    return hits


@pytest.fixture
def evidence(tmp_path: Path) -> Path:
    """The same few records as trail files, in an archive, as lines, and as a table."""
    records = [
        record("DescribeImages", at(0), userAgent="Curl/8.5 (Ünïcode)"),
        record("DescribeImages", at(1), userAgent="first/second & third"),
        record("CreateTags", at(2), requestParameters={"note": 'she said "needle"'}),
    ]
    folder = tmp_path / "logs"
    packed = trail(records[1:2]).replace(b"first/second & third", rb"first\/second \u0026 third")
    write(folder, {"a.json.gz": gzip.compress(trail(records)), "b.json": packed})
    lines = "\n".join(json.dumps(r) for r in records[2:])
    bundle = io.BytesIO()
    with tarfile.open(fileobj=bundle, mode="w:gz") as archive:
        for name in ("one.json", "two.json"):
            info = tarfile.TarInfo(name)
            data = trail([record("ListTagsForResource", at(9), userAgent=f"archived {name}")])
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    write(folder, {"c.ndjson": lines.encode(), "d.tar.gz": bundle.getvalue()})
    return folder


def test_every_hit_has_its_file_position_event_and_text(evidence: Path) -> None:
    with open_case([str(evidence)], use_cache=False) as case:
        [hit] = found(case, "curl/8.5 (üNÏcode)")
        assert (Path(hit.file).name, hit.position, hit.event_name) == (
            "a.json.gz",
            1,
            "DescribeImages",
        )
        assert hit.excerpt[hit.start : hit.end] == "Curl/8.5 (Ünïcode)"
        assert "Curl/8.5" in raw_record(case, hit.file_id, hit.position).text
        assert found(case, "curl/8.5", case_sensitive=True) == []


def test_copies_are_hits_too_and_name_the_event_they_belong_to(evidence: Path) -> None:
    with open_case([str(evidence)], use_cache=False) as case:
        hits = found(case, "needle")
        assert [Path(hit.file).name for hit in hits] == ["a.json.gz", "c.ndjson"]
        assert len({hit.event_key for hit in hits}) == 1
        assert None not in {hit.event_key for hit in hits}


def test_escapes_are_read_as_what_they_stand_for(evidence: Path) -> None:
    with open_case([str(evidence)], use_cache=False) as case:
        both = ["a.json.gz", "b.json"]
        assert [Path(hit.file).name for hit in found(case, "first/second & third")] == both
        assert [Path(h.file).name for h in found(case, 'said "needle"')] == [
            "a.json.gz",
            "c.ndjson",
        ]
        # And as they stand there.
        assert [Path(hit.file).name for hit in found(case, r"\u0026 third")] == ["b.json"]
        assert [
            Path(hit.file).name for hit in found(case, r"first.{1,2}second", regex=True)
        ] == both


def test_members_of_archives_are_searched_in_their_places(evidence: Path) -> None:
    with open_case([str(evidence)], use_cache=False) as case:
        hits = found(case, "ARCHIVED")
        assert [hit.file.split(" › ")[-1] for hit in hits] == ["one.json", "two.json"]
        [hit] = found(case, "archived two")
        assert "archived two.json" in raw_record(case, hit.file_id, hit.position).text


def test_a_text_across_two_chunks_is_found(tmp_path: Path) -> None:
    """Files are looked at in chunks first; the text must not fall between two."""
    padding = "x" * 700
    records = [
        record("DescribeImages", at(n % 60), userAgent=f"{padding} mark{n:05}") for n in range(900)
    ]
    write(tmp_path, {"big.json": trail(records)})
    with open_case([str(tmp_path)], use_cache=False) as case:
        assert len(found(case, "mark")) == 900
        for number in range(0, 900, 37):
            assert [hit.position for hit in found(case, f"mark{number:05}")] == [number + 1]


def test_hits_come_in_the_order_of_many_files_and_each_record_is_counted(tmp_path: Path) -> None:
    def agent(number: int) -> str:
        return "the needle" if number % 7 == 3 else "nothing"

    write(
        tmp_path,
        {
            f"{number:03}.json.gz": gzip.compress(
                trail([record("DescribeImages", at(number % 60), userAgent=agent(number))])
            )
            for number in range(120)
        },
    )
    with open_case([str(tmp_path)], use_cache=False) as case:
        search = Search(case, Needle("NEEDLE"))
        files = [Path(hit.file).name for hit in search.hits()]
        assert files == [f"{number:03}.json.gz" for number in range(3, 120, 7)]
        done = search.progress
        assert (done.records, done.files_done, done.files_total) == (120, 120, 120)
        assert done.bytes_done == done.bytes_total
        assert search.unread == []


def test_what_cannot_be_searched_is_named(evidence: Path) -> None:
    with open_case([str(evidence)], use_cache=False) as case:
        (evidence / "a.json.gz").unlink()
        (evidence / "b.json").write_bytes(trail([]))
        (evidence / "d.tar.gz").unlink()
        search = Search(case, Needle(r"needle", regex=True))
        assert [Path(hit.file).name for hit in search.hits()] == ["c.ndjson"]
        unread = {Path(name).name: why for name, why in search.unread}
        members = {"d.tar.gz › one.json", "d.tar.gz › two.json"}
        assert set(unread) == {"a.json.gz", "b.json"} | members
        assert "0 records now and had 1" in unread["b.json"]


def test_cancelling_ends_it_early(evidence: Path) -> None:
    with open_case([str(evidence)], use_cache=False) as case:
        token = CancelToken()
        search = Search(case, Needle("e"), cancel=token)
        hits = search.hits()
        next(hits)
        token.cancel()
        assert len(list(hits)) < len(found(case, "e")) - 1


@pytest.mark.parametrize(("text", "regex"), [("", False), ("(", True), ("[z-a]", True)])
def test_what_is_no_search_is_refused(text: str, regex: bool) -> None:
    with pytest.raises(WrongUsage):
        Needle(text, regex)
