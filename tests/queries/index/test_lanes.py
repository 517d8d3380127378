"""Two lanes, one answer: the fast lane and the careful one give the same rows, and so does every
way of wrapping, splitting and ordering the same records."""

from __future__ import annotations

import gzip
import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import Phase, example, given, settings
from hypothesis import strategies as st

from queries import index_file
from queries.case import open_case
from queries.index import documents, loader
from queries.progress import Progress
from queries.times import utc_time
from samples import incident_path
from tests.evidence_files import (
    ACCOUNT,
    DANA,
    EVE,
    TABLES,
    Record,
    at,
    image,
    index,
    index_in_memory,
    one,
    push,
    record,
    rows,
    sha,
    shared,
    table,
    trail,
    write,
    zipped,
)

# --- real evidence -----------------------------------------------------------------------------


def everything(
    connection: duckdb.DuckDBPyConnection, without: tuple[str, ...] = ()
) -> dict[str, list[dict[str, Any]]]:
    """All rows of all tables; `odd` only says which lane a row came by."""
    return {name: table(connection, name, without=("odd", *without)) for name in TABLES}


def lanes_of(connection: duckdb.DuckDBPyConnection) -> set[str]:
    return {lane for (lane,) in connection.execute("SELECT lane FROM files").fetchall()}


def test_both_lanes_read_the_sample_incident_alike() -> None:
    fast, careful = index_in_memory(incident_path()), index_in_memory(incident_path(), fast=False)
    assert "fast" in lanes_of(fast)
    assert lanes_of(careful) == {"careful"}
    assert everything(fast) == everything(careful)


def test_both_lanes_read_a_real_attack_alike() -> None:
    folder = shared("data", "invictus-aws_dataset")
    fast, careful = index_in_memory(folder), index_in_memory(folder, fast=False)
    assert "fast" in lanes_of(fast)
    found = everything(fast)
    assert len(found["events"]) > 1000
    assert found == everything(careful)


# --- records that nobody would expect ----------------------------------------------------------

hostile_texts = st.sampled_from(
    [
        "",
        " ",
        "a\x00b",
        "\ud83d",
        "\U0001f600 é \u202e",
        "'; DROP TABLE events; --",
        "[/red]\x1b[2J",
        "2026-03-02",
        "NULL",
        "x" * 3000,
    ]
)
texts = st.text(max_size=8) | hostile_texts
odd = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | texts
json_values = st.recursive(
    odd,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(texts, inner, max_size=2),
    max_leaves=4,
)

times: st.SearchStrategy[Any] = st.sampled_from(
    [
        at(0),
        at(1),
        "2026-03-02T10:00:00.123Z",
        "2026-03-02T12:00:00+02:00",
        "2026-03-02 10:00:00",
        "2026-02-30T10:00:00Z",
        "0000-01-01T00:00:00Z",
        "9999-12-31T23:59:59Z",
        "0001-01-01T00:00:00+14:00",
        "abcd-ef-ghTij:kl:mnZ",
        "2026-03-02T10:00:0 Z",
        "\U0001f600",
        1772445900,
        1772445900.5,
        1772445900000,
        -62135596801,
        10**30,
        "1772445900",
        True,
        None,
        [],
        {},
    ]
)
roles = st.sampled_from(["arn:aws:sts::111122223333:assumed-role/ci/build", DANA, EVE, "", None, 7])
sessions = st.fixed_dictionaries(
    {},
    optional={
        "sessionIssuer": st.fixed_dictionaries({"arn": roles | json_values}) | st.just({}),
        "attributes": st.fixed_dictionaries(
            {"creationDate": times, "mfaAuthenticated": st.sampled_from(["true", "false", 1, "?"])}
        ),
        "sourceIdentity": texts,
        "webIdFederationData": json_values,
    },
)
identities = st.fixed_dictionaries(
    {},
    optional={
        "type": st.sampled_from(
            ["IAMUser", "AssumedRole", "Root", "AWSService", "AWSAccount", "FederatedUser", 1, None]
        ),
        "principalId": texts,
        "arn": roles,
        "accountId": st.sampled_from([ACCOUNT, "000000000000", 111122223333, None]),
        "accessKeyId": st.sampled_from(["ASIAONE", "ASIATWO", "", None, 5]),
        "userName": texts | st.just("HIDDEN_DUE_TO_SECURITY_REASONS"),
        "invokedBy": st.sampled_from(["AWS Internal", "ecr.amazonaws.com", "", None]),
        "sessionContext": sessions | odd,
    },
)
manifests = st.sampled_from(
    [
        image("one"),
        image("one", "two"),
        index(image("one"), attestations=[image("proof")]),
        '{"layers":[{"digest":"\\ud83d","size":1e999}]}',
        "{",
        "not JSON",
        json.dumps({"omitted": True}),
    ]
)
parameters = st.fixed_dictionaries(
    {},
    optional={
        "registryId": st.sampled_from([ACCOUNT, 111122223333, None]),
        "repositoryName": st.sampled_from(["team/api", "te%m/\x00", "", None, 9]),
        "imageTag": texts | st.sampled_from(["v1", "007", None, 1.10]),
        "imageManifest": manifests | odd,
        "imageDigest": st.sampled_from([sha(image("one")), "", None]),
        "imageIds": st.lists(st.fixed_dictionaries({"imageTag": texts}), max_size=2) | odd,
        "layerDigests": st.lists(texts, max_size=2) | odd,
        "roleArn": texts,
        "more": json_values,
    },
)
answers = st.fixed_dictionaries(
    {},
    optional={
        "image": st.fixed_dictionaries(
            {"imageId": st.fixed_dictionaries({"imageDigest": texts, "imageTag": texts}) | odd},
            optional={"imageManifest": manifests, "repositoryName": texts},
        )
        | odd,
        "credentials": st.fixed_dictionaries({"accessKeyId": st.sampled_from(["ASIATWO", "", 1])}),
        "imageIds": st.lists(
            st.fixed_dictionaries({"imageDigest": texts, "imageTag": odd}) | odd, max_size=2
        ),
        "failures": json_values,
        "ConsoleLogin": st.sampled_from(["Failure", "Success", None]),
    },
)
as_text = st.builds(json.dumps, parameters | identities | json_values)
members = {
    "eventVersion": st.sampled_from(["1.11", "1.08", 1.1]),
    "userIdentity": identities | as_text | odd,
    "eventTime": times,
    "eventSource": st.sampled_from(
        ["ecr.amazonaws.com"] * 4
        + ["sts.amazonaws.com", "ecr-public.amazonaws.com", "aws:s3", None]
    ),
    "eventName": st.sampled_from(
        ["PutImage"] * 4
        + ["BatchDeleteImage", "DeleteRepository", "GetAuthorizationToken", "AssumeRole"]
        + ["PolicyExecutionEvent", "ConsoleLogin", "", None, 3]
    ),
    "awsRegion": st.sampled_from(["us-east-1", "eu-west-1", None, 1]),
    "sourceIPAddress": st.sampled_from(["203.0.113.10", "AWS Internal", "::1", None]) | texts,
    "userAgent": texts,
    "errorCode": st.sampled_from(["AccessDenied", "", None, 403]),
    "errorMessage": texts,
    "requestParameters": parameters | as_text | json_values,
    "responseElements": answers | as_text | json_values,
    "serviceEventDetails": json_values | as_text,
    "readOnly": st.sampled_from([True, False, "true", "no", None, 0, {}]),
    "eventID": st.sampled_from(["one", "two", "", None, 5]) | texts,
    "sharedEventID": st.sampled_from(["s1", "s2", None]),
    "eventCategory": st.sampled_from(["Management", "Insight", None]),
    "recipientAccountId": st.sampled_from([ACCOUNT, "444455556666", None, 1]),
    "resources": st.lists(
        st.fixed_dictionaries(
            {"ARN": st.just("arn:aws:ecr:us-east-1:111122223333:repository/team/web") | texts}
        ),
        max_size=1,
    )
    | json_values,
    "addendum": st.fixed_dictionaries({"originalEventID": st.sampled_from(["one", 1])}) | odd,
}
Pairs = list[tuple[str, Any]]


@st.composite
def hostile_records(draw: st.DrawFn) -> Pairs:
    """A record as a list of members, so that one may stand there twice. Most are as usual."""
    usual = push("{}", "v1", at(draw(st.integers(0, 59))), sourceIPAddress="::1", userAgent="x")
    usual["userIdentity"] = {"type": "IAMUser", "arn": DANA, "accountId": ACCOUNT}
    names = draw(st.lists(st.sampled_from(sorted(members)), unique=True, max_size=4))
    missing = draw(st.lists(st.sampled_from(sorted(usual)), unique=True, max_size=2))
    kept: Record = {name: value for name, value in usual.items() if name not in missing}
    pairs: Pairs = list({**kept, **{name: draw(members[name]) for name in names}}.items())
    if draw(st.integers(0, 4)) == 0:
        name = draw(st.sampled_from(sorted(members)))
        pairs.append((name, draw(members[name])))
    return pairs


def as_json(pairs: Pairs) -> str:
    """The record with its members as they are, repeated ones too."""
    return "{" + ", ".join(f"{json.dumps(k)}: {json.dumps(v)}" for k, v in pairs) + "}"


def as_trail(records: list[str]) -> bytes:
    return ('{"Records":[' + ",".join(records) + "]}").encode()


def as_array(records: list[str]) -> bytes:
    return ("[" + ",\n".join(records) + "]").encode()


def as_lines(records: list[str]) -> bytes:
    return "".join(f"{text}\n" for text in records).encode()


def as_glued_pretty_objects(records: list[str]) -> bytes:
    pretty = [_pretty(text) for text in records]
    return "".join(pretty).encode()


def _pretty(text: str) -> str:
    pairs = json.JSONDecoder(object_pairs_hook=_Pairs).decode(text)
    return _written(pairs, 0)


class _Pairs(list[tuple[str, Any]]):
    """Members of an object in their order, repeated ones too."""


def _written(value: Any, depth: int) -> str:
    if isinstance(value, _Pairs):
        pad = "  " * (depth + 1)
        inside = ",\n".join(
            f"{pad}{json.dumps(key)}: {_written(entry, depth + 1)}" for key, entry in value
        )
        return "{\n" + inside + "\n" + "  " * depth + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_written(entry, depth + 1) for entry in value) + "]"
    return json.dumps(value)


def as_lookup_events(records: list[str]) -> bytes:
    events = [
        {"EventId": str(i), "EventTime": 1.0, "Username": "nobody", "CloudTrailEvent": text}
        for i, text in enumerate(records)
    ]
    return json.dumps({"Events": events}, indent=4).encode()


def as_two_members(records: list[str]) -> bytes:
    data = as_lines(records)
    middle = len(data) // 2
    return zipped(data[:middle]) + zipped(data[middle:])


WRAPPINGS: dict[str, Callable[[list[str]], bytes]] = {
    "trail": as_trail,
    "gzip": lambda records: zipped(as_trail(records)),
    "gzip in members": as_two_members,
    "lines": as_lines,
    "array": as_array,
    "glued pretty objects": as_glued_pretty_objects,
    "lookup-events": as_lookup_events,
    "UTF-16": lambda records: as_lines(records).decode().encode("utf-16"),
}


def index_of(folder: Path, data: bytes, *, fast: bool = True) -> duckdb.DuckDBPyConnection:
    path = folder / "evidence"
    path.write_bytes(data)
    return index_in_memory(path, fast=fast)


# Each example builds indexes, so making a failing one smaller would take minutes.
FEW = (Phase.explicit, Phase.reuse, Phase.generate)


@pytest.mark.slow
@settings(max_examples=8, phases=FEW)
@given(records=st.lists(hostile_records(), min_size=1, max_size=10))
@example(
    records=[
        [("eventName", "PutImage"), ("userIdentity", {}), ("eventTime", "0000-01-01T00:00:00Z")]
    ]
)
@example(
    records=[
        [("eventName", "x"), ("eventSource", "aws:s3"), ("eventTime", at(0)), ("eventID", "1")]
    ]
)
@example(records=[[*push(image("a"), "v", at(0)).items(), ("eventName", "GetObject")]])
@example(
    records=[
        [*push(image("a"), "v", at(0)).items(), ("serviceEventDetails", '{"repositoryName": "x"}')]
    ]
)
@example(records=[[*push(image("a"), "v", "2026-03-02T10:00:0 Z").items()]])
def test_both_lanes_read_any_record_alike(
    tmp_path_factory: pytest.TempPathFactory, records: list[Pairs]
) -> None:
    folder = tmp_path_factory.mktemp("lanes")
    data = as_trail([as_json(pairs) for pairs in records])
    fast, careful = index_of(folder, data), index_of(folder, data, fast=False)
    assert everything(fast) == everything(careful)


@pytest.mark.slow
@settings(max_examples=3, phases=FEW)
@given(records=st.lists(hostile_records(), min_size=1, max_size=10))
def test_every_wrapping_gives_the_same_rows(
    tmp_path_factory: pytest.TempPathFactory, records: list[Pairs]
) -> None:
    folder = tmp_path_factory.mktemp("wrappings")
    written = [as_json(pairs) for pairs in records]
    found = {name: everything(index_of(folder, wrap(written))) for name, wrap in WRAPPINGS.items()}
    for name, tables in found.items():
        assert tables == found["trail"], name


_PLACES = (
    "file_id",
    "position",
    "event_key",
    "push_key",
    "previous_push",
    "login_event",
    "issued_by_event",
    "copy_of",
    "merged_into",
)
"""Columns that say where a record lies, or point at one by its place."""


@st.composite
def days(draw: st.DrawFn) -> list[Record]:
    """Pushes, retags, attempts and deletions, no two in one second."""
    made: list[Record] = []
    minutes = draw(st.lists(st.integers(0, 700), unique=True, min_size=1, max_size=10))
    for minute in minutes:
        who = draw(st.sampled_from([DANA, EVE]))
        what = draw(st.integers(0, 5))
        if what == 0:
            made.append(record("DeleteRepository", at(minute), who))
        elif what == 1:
            made.append(record("GetAuthorizationToken", at(minute), who, readOnly=True))
        else:
            manifest = image(draw(st.sampled_from("abc")))
            tag = draw(st.sampled_from(["v1", "v2", None]))
            failed = draw(st.sampled_from(["", "", "", "AccessDenied"]))
            made.append(push(manifest, tag, at(minute), who, failed=failed))
    return made


@pytest.mark.slow
@settings(max_examples=8, phases=FEW)
@given(records=days(), data=st.data())
def test_files_may_be_split_merged_copied_and_shuffled(
    tmp_path_factory: pytest.TempPathFactory, records: list[Record], data: st.DataObject
) -> None:
    whole = tmp_path_factory.mktemp("whole")
    write(whole, {"all.json": trail(records)})
    pieces: dict[str, list[str]] = {}
    for entry in data.draw(st.permutations(records)):
        for name in data.draw(st.lists(st.sampled_from("abc"), min_size=1, max_size=2)):
            pieces.setdefault(name, []).append(json.dumps(entry))
    parts = tmp_path_factory.mktemp("parts")
    for name, texts_ in pieces.items():
        wrap = data.draw(st.sampled_from(sorted(WRAPPINGS)))
        write(parts, {f"{name}.json": WRAPPINGS[wrap](texts_)})
    one_file, many = index_in_memory(whole), index_in_memory(parts)
    changing = (*_PLACES, "copies")
    for name in ("events", "sessions", "pushes", "push_layers"):
        wanted = table(one_file, name, without=("odd", *changing))
        assert table(many, name, without=("odd", *changing)) == wanted, name
    read = sum(len(entries) for entries in pieces.values())
    [(records_read,)] = many.execute("SELECT sum(records) FROM files").fetchall()
    [(merged,)] = many.execute("SELECT count(*) FROM copies").fetchall()
    assert records_read == read
    assert merged == read - len(records)


# --- what once went wrong ----------------------------------------------------------------------


def big_lines(count: int = 60) -> list[str]:
    """Lines that together are more than the fast lane takes in one document."""
    return [
        json.dumps(record("DescribeImages", at(n), userAgent="x" * 100_000)) for n in range(count)
    ]


def test_a_bad_line_behind_megabytes_of_good_ones_hides_nothing(tmp_path: Path) -> None:
    lines = big_lines()
    lines[55] = lines[55][:500]
    write(tmp_path, {"logs/big.ndjson": "\n".join(lines).encode()})
    with open_case([str(tmp_path / "logs")], use_cache=False) as case:
        assert case.totals["events"] == 59
        [(status, lane)] = rows(case, "SELECT status, lane FROM files")
        assert (status, lane) == ("damaged", "careful")


def test_large_files_of_lines_stay_in_the_fast_lane(tmp_path: Path) -> None:
    write(tmp_path, {"logs/big.ndjson": "\n".join(big_lines()).encode()})
    with open_case([str(tmp_path / "logs")], use_cache=False) as case:
        assert rows(case, "SELECT lane, records FROM files") == [("fast", 60)]
        found = rows(case, "SELECT position FROM events ORDER BY position")
        assert [position for (position,) in found] == list(range(1, 61))


@pytest.mark.parametrize("commit_bytes", [1, 1 << 40])
def test_a_broken_file_costs_the_others_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, commit_bytes: int
) -> None:
    """Whatever was committed before it, in the middle of a file or not at all."""
    monkeypatch.setattr(loader, "_COMMIT_BYTES", commit_bytes)
    monkeypatch.setattr(documents, "DOCUMENT_BYTES", 2000)
    monkeypatch.setattr(loader, "_BATCH_BYTES", 3000)
    lines = [json.dumps(record("DescribeImages", at(n))) for n in range(200)]
    broken = [*lines[100:149], lines[149][:80], *lines[150:]]
    files = {
        "a.ndjson": "\n".join(lines[:100]),
        "b.ndjson": "\n".join(broken),
        "c.json": f'{{"Records":[{lines[0]},{lines[1][:90]}}}]}}',
        "d.ndjson": "\n".join(lines[:50]),
    }
    write(tmp_path, {f"logs/{name}": text.encode() for name, text in files.items()})
    progress = Progress()
    with open_case([str(tmp_path / "logs")], use_cache=False, progress=progress) as case:
        found = rows(case, "SELECT status, lane, records FROM files ORDER BY name")
        assert case.totals["raw_records"] == case.totals["events"] + case.totals["duplicates"]
        assert case.totals["events"] == 199
        positions = rows(case, "SELECT position FROM events WHERE file_id = 0 ORDER BY position")
    assert found == [
        ("read", "fast", 100),
        ("damaged", "careful", 99),
        ("damaged", "careful", 1),
        ("read", "fast", 50),
    ]
    assert [position for (position,) in positions] == list(range(1, 101))
    assert progress.records == case.totals["raw_records"] == 250


@pytest.mark.parametrize("second", ["Records", "Events", "events"])
def test_a_second_list_in_a_document_is_read_too(tmp_path: Path, second: str) -> None:
    a, b = json.dumps(record("PutImage", at(0))), json.dumps(record("PutImage", at(1)))
    write(tmp_path, {"t.json": f'{{"Records":[{a}],"{second}":[{b}]}}'.encode()})
    with open_case([str(tmp_path)], use_cache=False) as case:
        assert case.totals["events"] == 2


def test_a_line_that_closes_our_own_brackets_hides_nothing(tmp_path: Path) -> None:
    a, b, c = (json.dumps(record("DescribeImages", at(n))) for n in range(3))
    write(tmp_path, {"t.ndjson": f'{a}],"Records":[{b}\n{c}\n'.encode()})
    with open_case([str(tmp_path)], use_cache=False) as case:
        ids = {id_ for (id_,) in rows(case, "SELECT event_id FROM events")}
    assert {json.loads(a)["eventID"], json.loads(c)["eventID"]} <= ids


def test_a_time_that_is_none_is_said_and_the_event_kept(tmp_path: Path) -> None:
    bad = push(image("a"), "v1", "2026-02-30T10:00:00Z")
    write(tmp_path, {"t.json": trail([bad])})
    with open_case([str(tmp_path)], use_cache=False) as case:
        assert rows(case, "SELECT event_time FROM events") == [(None,)]
        [(notes,)] = rows(case, "SELECT notes FROM files")
        assert notes == ["a time could not be understood ('2026-02-30T10:00:00Z')"]
        assert case.totals["pushes"] == 1


def nested(depth: int) -> str:
    """A record with a parameter so deep that Python's own JSON module gives up."""
    text = json.dumps(push(image("a"), "v1", at(0), eventName="DescribeImages"))
    deep = '{"a":[' * depth + "1" + "]}" * depth
    return text.replace(
        '"repositoryName": "team/api"', f'"repositoryName":"team/api","x":{deep}', 1
    )


def kept(value: str) -> str:
    """A record whose request is kept as text, with some number in it."""
    text = json.dumps(record("DeleteRepository", at(0)))
    return text.replace('"repositoryName": "team/api"', f'"repositoryName":"team/api","x":{value}')


def edited(old: str, new: str) -> str:
    text = json.dumps(push(image("a"), "v1", at(0)))
    assert old in text
    return text.replace(old, new, 1)


UNUSUAL = {
    "key repeated in the request": (
        edited('"repositoryName": "team/api"', '"repositoryName":"a","repositoryName":"b"')
    ),
    "key repeated in the session": (
        edited('"type": "IAMUser"', '"type":"IAMUser","sessionContext":{"a":{"b":1,"b":2}}')
    ),
    "comma before the end": json.dumps(push(image("a"), "v1", at(0)))[:-1] + ",}",
    "comma before the end inside": edited('"team/api"', '"team/api","x":[{"y":1,},]'),
    "nested beyond a thousand levels": nested(3000),
    **{
        value: kept(value)
        for value in ("NaN", "-Infinity", "nan", "[-inf]", "1e999", "-0", "1.0E+2")
    },
    "identity as a text": json.dumps(
        push(image("a"), "v1", at(0), userIdentity=json.dumps({"arn": EVE, "accountId": ACCOUNT}))
    ),
}


@pytest.mark.parametrize("wrap", [as_trail, as_lines])
def test_both_lanes_take_unusual_json_alike(
    tmp_path: Path, wrap: Callable[[list[str]], bytes]
) -> None:
    usual = json.dumps(record("ListImages", at(1)))
    other = usual.replace("ListImages", "DescribeImages")
    # Numbered, as names that differ only by case are one file in some places.
    unusual = {f"{number} {name}": UNUSUAL[name] for number, name in enumerate(UNUSUAL)}
    write(tmp_path, {name: wrap([usual, text, other]) for name, text in unusual.items()})
    fast, careful = (index_in_memory(tmp_path, fast=fast) for fast in (True, False))
    found = everything(fast)
    read = Counter(row["file_id"] for name in ("events", "copies") for row in found[name])
    names = fast.execute("SELECT name, file_id FROM files").fetchall()
    files = {Path(name).name: read[file_id] for name, file_id in names}
    assert files == dict.fromkeys(unusual, 3)
    assert found == everything(careful)


def test_of_keys_repeated_inside_the_last_counts_and_the_file_says_so(tmp_path: Path) -> None:
    data = as_trail([UNUSUAL["key repeated in the request"]])
    write(tmp_path, {"t.json": data})
    with open_case([str(tmp_path)], use_cache=False) as case:
        assert one(case, "SELECT repository_name FROM events") == "b"
        assert "repeats a key" in str(one(case, "SELECT notes FROM files"))


@pytest.mark.parametrize(
    ("given_time", "expected"),
    [
        ("2026-03-02T10:00:00Z", "2026-03-02T10:00:00Z"),
        ("2026-03-02T10:00:00.5Z", "2026-03-02T10:00:00.500000Z"),
        ("2026-03-02T12:00:00+02:00", "2026-03-02T10:00:00Z"),
        ("2026-03-02 10:00:00", "2026-03-02T10:00:00Z"),
        (1772445900, "2026-03-02T10:05:00Z"),
        (1772445900000, "2026-03-02T10:05:00Z"),
        ("1772445900", "2026-03-02T10:05:00Z"),
        (1772445900123456, "2026-03-02T10:05:00.123456Z"),
        (1772445900000000000, "2026-03-02T10:05:00Z"),
        ("1.7724459E12", "2026-03-02T10:05:00Z"),
        ("2026-03-02 10:05:00.5 UTC", "2026-03-02T10:05:00.500000Z"),
        ("March 02, 2026, 11:05:00 (UTC+01:00)", "2026-03-02T10:05:00Z"),
        ("Mon, 02 Mar 2026 10:05:00 GMT", "2026-03-02T10:05:00Z"),
        ("Monday", None),
        (True, None),
        ("yesterday", None),
        ("", None),
        (1e400, None),
        (10**400, None),
        ([], None),
    ],
)
def test_times_of_every_form_are_utc(given_time: object, expected: str | None) -> None:
    assert utc_time(given_time) == expected


def test_numbers_and_identifiers_keep_their_form(tmp_path: Path) -> None:
    tagged = push(image("a"), "007", at(0))
    tagged["recipientAccountId"] = "000000000012"
    tagged["requestParameters"]["registryId"] = "000000000012"
    write(tmp_path, {"t.json.gz": gzip.compress(trail([tagged]))})
    with open_case([str(tmp_path)], use_cache=False) as case:
        assert one(case, "SELECT repository FROM pushes") == "000000000012/us-east-1/team/api"
        assert one(case, "SELECT image_tags FROM pushes") == "007"


@pytest.mark.parametrize("limit", ["30MB", "60MB"])
def test_too_little_memory_makes_reading_slower_but_not_fail(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: str
) -> None:
    monkeypatch.setattr(index_file, "_memory", lambda workers: limit)
    lines = [
        json.dumps(record("DescribeImages", at(n), userAgent=f"agent {n} " + "x" * 900))
        for n in range(12_000)
    ]
    files = {
        f"logs/{n}.json": f'{{"Records":[{",".join(lines[n::4])}]}}'.encode() for n in range(4)
    }
    write(tmp_path, files)
    with open_case([str(tmp_path / "logs")], use_cache=False) as case:
        assert case.totals["events"] == 12_000
        assert rows(case, "SELECT DISTINCT status FROM files") == [("read",)]
