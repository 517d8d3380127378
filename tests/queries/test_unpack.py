"""From stored bytes to text: whatever is whole is kept, whatever is broken is named."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import random
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from queries import unpack
from queries.unpack import Unpacked, plain_chunks, text_chunks
from tests.queries.envelopes.reading import read

MANY = settings(max_examples=100)

_NOISE = random.Random(7).randbytes(3 << 20)
"""Bytes that do not compress, more than one chunk of them."""


def unpacked(data: bytes) -> tuple[bytes, Unpacked]:
    facts = Unpacked()
    return b"".join(plain_chunks(io.BytesIO(data), facts)), facts


def text(data: bytes, step: int = 1 << 20) -> tuple[str, Unpacked]:
    facts = Unpacked()
    pieces = (data[start : start + step] for start in range(0, len(data), step))
    return "".join(text_chunks(iter(list(pieces)), facts)), facts


@MANY
@given(st.binary())
def test_bytes_that_are_not_compressed_go_by_unchanged(data: bytes) -> None:
    if data.startswith((b"\x1f\x8b", b"BZh", b"\xfd7zXZ\x00", b"\x28\xb5\x2f\xfd")):
        return
    got, facts = unpacked(data)
    assert got == data
    assert (facts.compression, facts.damage, facts.notes) == ("none", [], [])
    assert facts.stored_bytes == facts.plain_bytes == len(data)
    assert facts.sha256 == hashlib.sha256(data).hexdigest()


@MANY
@given(st.lists(st.binary(), min_size=1, max_size=4), st.integers(0, 600))
def test_every_member_is_read_and_zero_padding_is_silent(
    members: list[bytes], padding: int
) -> None:
    members = [b"{", *members]
    stored = b"".join(map(gzip.compress, members)) + bytes(padding)
    got, facts = unpacked(stored)
    assert got == b"".join(members)
    assert (facts.compression, facts.damage, facts.notes) == ("gzip", [], [])
    assert facts.sha256 == hashlib.sha256(stored).hexdigest()
    assert facts.stored_bytes == len(stored)


def test_members_and_padding_larger_than_a_chunk() -> None:
    stored = gzip.compress(_NOISE) + bytes(2_500_000) + gzip.compress(b"behind")
    got, facts = unpacked(stored)
    assert got == _NOISE + b"behind"
    assert (facts.damage, facts.notes) == ([], [])


@MANY
@given(st.binary(min_size=1).filter(lambda rest: not rest.startswith((b"\0", b"\x1f"))))
def test_other_bytes_behind_the_end_are_noted_and_lose_nothing(rest: bytes) -> None:
    got, facts = unpacked(gzip.compress(b"records") + rest)
    assert got == b"records"
    assert facts.damage == []
    assert facts.notes == ["other bytes after the end of the gzip data were ignored"]


@MANY
@given(st.binary(min_size=1, max_size=200), st.data())
def test_a_cut_is_always_noticed_and_what_came_before_it_kept(
    data: bytes, drawn: st.DataObject
) -> None:
    data = b"{" + data
    whole = gzip.compress(data)
    stored = whole[: drawn.draw(st.integers(3, len(whole) - 1))]
    got, facts = unpacked(stored)
    assert data.startswith(got)
    [damage] = facts.damage
    assert damage.startswith("truncated gzip: the compressed data ends early")
    assert facts.sha256 == hashlib.sha256(stored).hexdigest()


def test_a_cut_far_behind_keeps_what_is_before_it() -> None:
    got, facts = unpacked(gzip.compress(_NOISE)[: 2 << 20])
    assert len(got) > 1 << 20
    assert _NOISE.startswith(got)
    assert len(facts.damage) == 1


@MANY
@given(st.binary(min_size=1, max_size=300), st.data())
def test_a_changed_byte_never_passes_for_what_was_written(
    data: bytes, drawn: st.DataObject
) -> None:
    data = b"{" + data
    stored = bytearray(gzip.compress(data, mtime=0))
    at = drawn.draw(st.integers(10, len(stored) - 1))
    stored[at] ^= drawn.draw(st.integers(1, 255))
    got, facts = unpacked(bytes(stored))
    assert facts.damage or facts.notes or got == data
    assert facts.sha256 == hashlib.sha256(stored).hexdigest()


@pytest.mark.parametrize("what", ["checksum", "length"])
def test_a_wrong_checksum_is_called_one(what: str) -> None:
    stored = bytearray(gzip.compress(b"records " * 100))
    stored[-8 if what == "checksum" else -1] ^= 1
    got, facts = unpacked(bytes(stored))
    assert got == b"records " * 100
    assert len(facts.damage) == 1
    assert "checksum" in facts.damage[0] or "damaged data" in facts.damage[0]


def test_bytes_behind_damage_are_part_of_the_hash() -> None:
    stored = bytearray(gzip.compress(_NOISE))
    stored[5000] ^= 255
    _, facts = unpacked(bytes(stored))
    assert facts.damage
    assert facts.sha256 == hashlib.sha256(stored).hexdigest()
    assert facts.stored_bytes == len(stored)


@pytest.mark.parametrize("times", [1, 2, 3, 4])
def test_a_browser_or_sdk_may_have_zipped_once_more(times: int) -> None:
    stored = b'{"Records":[]}'
    for _ in range(times):
        stored = gzip.compress(stored)
    got, facts = unpacked(stored)
    assert got == b'{"Records":[]}'
    assert facts.damage == []
    assert facts.compression.startswith("gzip")


def test_layers_without_end_are_given_up() -> None:
    stored = b"x"
    for _ in range(9):
        stored = gzip.compress(stored)
    got, facts = unpacked(stored)
    assert got == b""
    assert facts.damage == ["compressed more than 4 times over; not unpacked"]


def test_a_bomb_is_stopped_and_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unpack, "RATIO_FREE_BYTES", 1 << 20)
    bomb = gzip.compress(gzip.compress(bytes(64 << 20)))
    got, facts = unpacked(bomb)
    assert len(got) <= 4 << 20
    assert len(facts.damage) == 1
    assert "decompression bomb" in facts.damage[0]
    assert facts.sha256 == hashlib.sha256(bomb).hexdigest()


def test_a_file_that_compresses_well_is_no_bomb(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unpack, "RATIO_FREE_BYTES", 1 << 20)
    line = b'{"eventName":"GetAuthorizationToken","eventID":"%d"}\n'
    data = b"".join(line % number for number in range(200_000))
    got, facts = unpacked(gzip.compress(data))
    assert got == data
    assert facts.damage == []


def test_a_file_that_cannot_be_read_on_is_said_not_raised() -> None:
    class Failing(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            if self.tell():
                raise OSError(5, "Input/output error")
            return super().read(10)

    facts = Unpacked()
    got = b"".join(plain_chunks(Failing(b"some bytes and more"), facts))
    assert got == b"some bytes"
    assert facts.damage == ["could not be read to its end (Input/output error)"]


@MANY
@given(
    st.text().filter(lambda text: not text.startswith("\ufeff")),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-32"]),
    st.integers(1, 9),
)
def test_text_is_the_same_in_every_encoding_with_a_mark(
    given_text: str, name: str, step: int
) -> None:
    # JSON begins with a bracket; a text that begins with a NUL could be any encoding.
    given_text = "{" + given_text
    got, facts = text(given_text.encode(name), max(step, 4))
    assert got == given_text
    assert ("bytes that are not valid text" in " ".join(facts.notes)) <= ("\ufffd" in given_text)


@pytest.mark.parametrize("name", ["utf-16-le", "utf-16-be"])
def test_utf_16_without_a_mark_is_known_by_its_zeros(name: str) -> None:
    given_text = '{"Records": [{"eventName": "Überfluß \U0001f600"}]}'
    got, facts = text(given_text.encode(name), 5)
    assert got == given_text
    assert facts.notes == ["text is UTF-16"]


@MANY
@given(st.binary(), st.integers(4, 9))
def test_bytes_that_are_no_text_are_replaced_and_noted(data: bytes, step: int) -> None:
    data = b"{}  " + data
    got, facts = text(data, step)
    assert got == data.decode("utf-8", "replace")
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        assert any("not valid text" in note for note in facts.notes)


def test_a_character_cut_by_the_end_is_noted() -> None:
    got, facts = text("{é".encode()[:-1])
    assert got == "{\ufffd"
    assert facts.notes == ["bytes that are not valid text were shown as \ufffd"]


def test_raw_deflate_is_not_taken_for_gzip() -> None:
    data = zlib.compress(b"records")
    assert unpacked(data)[0] == data


@pytest.mark.parametrize(
    ("start", "said"),
    [
        (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive"),
        (b"Rar!\x1a\x07\x01\x00", "a RAR archive"),
        (b"\x04\x22\x4d\x18", "LZ4-compressed data"),
        (b"Obj\x01", "an Avro file"),
        (b"-----BEGIN PGP MESSAGE-----\n", "encrypted with PGP"),
        (b"version https://git-lfs.github.com/spec/v1\n", "a pointer of Git LFS"),
    ],
)
def test_logs_that_cannot_be_opened_are_missing_evidence_and_named(start: bytes, said: str) -> None:
    data = start + bytes(range(256)) * 8
    found, facts = read(data)
    assert (found, facts.status) == ([], "unreadable")
    assert said in facts.notes()[0]
    assert facts.unpacked.sha256 == hashlib.sha256(data).hexdigest()


def test_a_parquet_file_that_is_cut_is_called_one_without_a_place_of_ours() -> None:
    found, facts = read(b"PAR1" + bytes(100))
    assert (found, facts.status) == ([], "unreadable")
    assert "not a whole Parquet file" in facts.notes()[0]
    assert "/" not in facts.notes()[0]


def test_what_a_source_cannot_know_is_said_once_for_all_its_records() -> None:
    fields = {
        "@timestamp": ["2026-03-02T10:00:00Z"],
        "event.action": ["DescribeImages"],
        "event.provider": ["ecr.amazonaws.com"],
        "aws.cloudtrail.user_identity.type": ["IAMUser"],
        "event.id": ["9f6c0000-0000-4000-8000-000000000001"],
    }
    hits = [{"_index": "logs", "_id": str(number), "fields": fields} for number in range(3)]
    found, facts = read(json.dumps({"took": 1, "hits": {"hits": hits}}))
    assert len(found) == 3
    assert len(facts.notes()) == len(set(facts.notes()))
