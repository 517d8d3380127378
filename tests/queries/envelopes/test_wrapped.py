"""Records within the JSON of other tools, and behind what they put before a line."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest

from queries.index.clean import clean_record
from queries.reader import FileFacts
from tests.evidence_files import index_in_memory, table, trail, write, zipped
from tests.queries.envelopes.reading import Fields, compact, lines, read, rows, said, three


def encoded(data: str | bytes) -> str:
    return base64.b64encode(data.encode() if isinstance(data, str) else data).decode()


WRAPPINGS: dict[str, Callable[[list[Fields]], str]] = {
    "datadog archive": lambda found: lines(
        {"_id": "A", "date": "later", "service": "cloudtrail", "attributes": each} for each in found
    ),
    "datadog api": lambda found: json.dumps(
        {"data": [{"type": "log", "attributes": {"attributes": each}} for each in found]}
    ),
    "wazuh": lambda found: lines(
        {"timestamp": "later", "rule": {"id": "1"}, "data": {"integration": "aws", "aws": each}}
        for each in found
    ),
    "graylog": lambda found: lines(
        {"version": "1.1", "host": "h", "full_message": json.dumps(each)} for each in found
    ),
    "fluent bit": lambda found: lines({"date": 1.5, "log": json.dumps(each)} for each in found),
    "sumo logic": lambda found: json.dumps(
        {"messages": [{"map": {"_raw": json.dumps(each)}} for each in found]}
    ),
    "live tail": lambda found: json.dumps(
        {
            "sessionUpdate": {
                "sessionResults": [{"timestamp": 1, "message": json.dumps(e)} for e in found]
            }
        }
    ),
    "trail files in a list": lambda found: json.dumps([{"Records": [each]} for each in found]),
    "lists in a list": lambda found: json.dumps([found[:1], found[1:]]),
    "a member of one's own": lambda found: json.dumps({"ecr": found, "by": "me"}),
    "by their ids": lambda found: json.dumps({each["eventID"]: each for each in found}),
    "a file as a text": lambda found: json.dumps(json.dumps({"Records": found})),
    "a mark for each file": lambda found: "".join(f"\ufeff{compact(e)}\r\n" for e in found),
    "syslog": lambda found: "".join(
        f"<134>Mar  2 10:00:00 host cloudtrail[7]: {json.dumps(each)}\n" for each in found
    ),
    "grep": lambda found: "".join(
        f"AWSLogs/1/x_CloudTrail_us-east-1.json:{json.dumps(each)}\n" for each in found
    ),
    "numbered lines": lambda found: "".join(
        f"{number:6d}\t{json.dumps(each)}\n" for number, each in enumerate(found, 1)
    ),
    "jq in colours": lambda found: "".join(
        "\x1b[1;39m{\n  \x1b[0m\x1b[34;1m" + json.dumps(each, indent=2)[1:].lstrip() + "\x1b[0m\n"
        for each in found
    ),
    "grep in colours": lambda found: "".join(
        f"\x1b[35m\x1b[Ka.json\x1b[m\x1b[K\x1b[36m\x1b[K:\x1b[m\x1b[K{json.dumps(each)}\n"
        for each in found
    ),
    "a json text sequence": lambda found: "".join(f"\x1e{json.dumps(each)}\n" for each in found),
    "what firehose could not deliver": lambda found: lines(
        {"attemptsMade": 4, "errorCode": "S3.AccessDenied", "rawData": encoded(json.dumps(each))}
        for each in found
    ),
    "firehose to an endpoint": lambda found: json.dumps(
        {"requestId": "r", "records": [{"data": encoded(json.dumps(each))} for each in found]}
    ),
    "base64 lines": lambda found: "".join(f"{encoded(json.dumps(e))}\n" for e in found),
    "base64 lines of gzip": lambda found: "\r\n".join(
        encoded(zipped(json.dumps(each).encode())) for each in found
    ),
    "base64 of a file": lambda found: encoded(trail(found)),
    "base64 of a file, wrapped": lambda found: base64.encodebytes(zipped(trail(found))).decode(),
    "base64 for addresses": lambda found: base64.urlsafe_b64encode(trail(found)).decode(),
    "zgrep of whole files": lambda found: "".join(
        f'b/x.json.gz:{{"Records": [{json.dumps(each)}]}}\n' for each in found
    ),
}


@pytest.mark.parametrize("name", sorted(WRAPPINGS))
def test_a_record_comes_out_of_anothers_json_unchanged(name: str) -> None:
    plain, _ = read(trail(three()))
    records, facts = read(WRAPPINGS[name](three()))
    assert rows(records) == rows(plain)
    assert facts.status == "read"


def test_what_stands_beside_a_record_in_unknown_json_is_said_to_be_left_out() -> None:
    records, facts = read(json.dumps({"who": "me", "what": three()[0]}))
    assert len(records) == 1
    assert records[0].text.startswith('{"who"'), "the raw record is the whole value"
    assert "what is beside them was not" in said(facts)


def test_a_record_cut_within_unknown_json_counts_as_damaged() -> None:
    records, facts = read(json.dumps({"log": json.dumps(three()[0])[:200]}))
    assert (records, facts.damaged_records) == ([], 1)


def test_values_within_each_other_without_end_are_let_go() -> None:
    value: object = three()[0]
    for _ in range(50):
        value = [{"x": value}]
    assert read(json.dumps(value))[0] == []


@pytest.mark.parametrize(
    ("encoding", "named"),
    [("utf-32-le", "UTF-32"), ("utf-32-be", "UTF-32"), ("utf-16-le", "UTF-16")],
)
def test_an_encoding_is_told_without_its_mark(encoding: str, named: str) -> None:
    records, facts = read(trail(three()).decode().encode(encoding))
    assert len(records) == 3
    assert named in said(facts)


@pytest.mark.parametrize(
    ("written", "utc"),
    [
        ("2026-03-02T10:05:00,123Z", "2026-03-02T10:05:00.123000Z"),
        ("2016-12-31T23:59:60Z", "2017-01-01T00:00:00Z"),
        ("2016-12-31T23:59:60.5+00:00", "2017-01-01T00:00:00.500000Z"),
        ("2026-03-02T24:00:00Z", "2026-03-03T00:00:00Z"),
        ("2026/03/02 10:05:00", "2026-03-02T10:05:00Z"),
        ("/Date(1772445900000)/", "2026-03-02T10:05:00Z"),
        ("\\/Date(1772445900000+0100)\\/", "2026-03-02T10:05:00Z"),
    ],
)
def test_times_that_few_write_are_understood(written: str, utc: str) -> None:
    found = FileFacts()
    time = json.loads(clean_record({"eventTime": written}, found))["eventTime"]
    assert datetime.fromisoformat(time) == datetime.fromisoformat(utc)
    assert found.notes() == []


def test_a_leap_second_has_its_time_in_the_index(tmp_path: Path) -> None:
    folder = write(
        tmp_path, {"a.json": trail([three()[1] | {"eventTime": "2016-12-31T23:59:60Z"}])}
    )
    [row] = table(index_in_memory(folder), "events")
    assert row["event_time"] == datetime(2017, 1, 1)


def test_base64_that_was_cut_gives_the_records_before_the_cut() -> None:
    text = base64.encodebytes(trail(three() * 40)).decode()
    records, facts = read(text[: len(text) // 2 + 1])
    assert 50 < len(records) < 120
    assert facts.status == "damaged"


@pytest.mark.parametrize(
    "text", ["eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9." * 3, encoded('{"a": "nothing of a log"} ' * 9)]
)
def test_other_base64_is_no_log(text: str) -> None:
    records, facts = read(text)
    assert (records, facts.status) == ([], "skipped")
