"""Formats that carry the whole record give exactly the rows of trail delivery."""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.evidence_files import shared, trail
from tests.queries.envelopes.reading import (
    Fields,
    compact,
    events_delivered,
    events_in,
    events_of,
    events_of_three,
    lines,
    read,
    rows,
    said,
    three,
)
from tests.queries.envelopes.reading import table as csv_table

Wrap = Callable[[list[Fields]], str]


def _log_events(records: list[Fields]) -> list[Fields]:
    return [
        {"id": str(number), "timestamp": 1772445900000 + number, "message": json.dumps(each)}
        for number, each in enumerate(records)
    ]


def _bridged(record: Fields) -> Fields:
    return {
        "version": "0",
        "id": "c11d7348-cb99-53bd-8616-81ff24835413",
        "detail-type": "AWS API Call via CloudTrail",
        "source": "aws.ecr",
        "account": "111122223333",
        "time": "2026-03-09T00:00:00Z",
        "region": "us-east-1",
        "resources": [],
        "detail": record,
    }


def _hit(record: Fields) -> Fields:
    # The time of ingestion is days later (Azure/Azure-Sentinel#9145), and is not the event's.
    return {
        "_index": "logs-aws.cloudtrail-default",
        "_id": "1",
        "_source": {
            "@timestamp": "2026-03-09T00:00:00Z",
            "event": {"original": json.dumps(record), "action": "other"},
        },
    }


def _subscription(records: list[Fields]) -> str:
    control = {
        "messageType": "CONTROL_MESSAGE",
        "owner": "CloudwatchLogs",
        "logEvents": [
            {"id": "", "timestamp": 1, "message": "CWL CONTROL MESSAGE: Checking health."}
        ],
    }
    documents = [
        {"messageType": "DATA_MESSAGE", "owner": "1", "logGroup": "g", "logEvents": [event]}
        for event in _log_events(records)
    ]
    return "".join(map(json.dumps, [control, *documents]))


def _notice(record: Fields) -> Fields:
    return {"Type": "Notification", "MessageId": "1", "TopicArn": "t", "Message": compact(record)}


def _base64(text: str, *, zipped: bool = True) -> str:
    data = text.encode("utf-8", "surrogatepass")
    return base64.b64encode(gzip.compress(data, mtime=0) if zipped else data).decode()


def _kinesis(data: str) -> Fields:
    return {"eventSource": "aws:kinesis", "kinesis": {"partitionKey": "1", "data": data}}


def _log_line(each: Fields, *, tokens: bool) -> str:
    cells = ["3627", "1772445900000", "stream"] if tokens else ["1772445900000"]
    return "\t".join(["EVENTS", *cells, json.dumps(each), "1772445900000"]) + "\n"


def _lookup_line(each: Fields) -> str:
    cells = ["EVENTS", "AKIA", json.dumps(each), "id", "PutImage", "ecr.amazonaws.com", "later"]
    return "\t".join([*cells, "false", "dana"]) + "\nRESOURCES\tteam/api\tAWS::ECR::Repository\n"


WRAPPINGS: dict[str, Wrap] = {
    "lambda log data": lambda found: json.dumps(
        {"awslogs": {"data": _base64(_subscription(found))}}
    ),
    "lambda kinesis": lambda found: json.dumps(
        {"Records": [_kinesis(_base64(_subscription([each]))) for each in found]}
    ),
    "lambda kinesis, not zipped": lambda found: json.dumps(
        {"Records": [_kinesis(_base64(json.dumps(each), zipped=False)) for each in found]}
    ),
    "firehose transformation": lambda found: json.dumps(
        {"records": [{"recordId": "1", "data": _base64(_subscription(found))}]}
    ),
    "kinesis get-records": lambda found: json.dumps(
        {"Records": [{"SequenceNumber": "4", "Data": _base64(_subscription(found))}]}
    ),
    "filter-log-events text": lambda found: (
        "".join(_log_line(each, tokens=True) for each in found) + "SEARCHEDLOGSTREAMS\tTrue\ts\n"
    ),
    "get-log-events text": lambda found: (
        "b/36\tf/36\r\n" + "".join(_log_line(each, tokens=False) for each in found)
    ),
    "lookup-events text": lambda found: "".join(map(_lookup_line, found)),
    "eventbridge lines": lambda found: lines(map(_bridged, found)),
    "eventbridge array": lambda found: json.dumps([_bridged(each) for each in found], indent=1),
    "filter-log-events": lambda found: json.dumps(
        {"events": _log_events(found), "searchedLogStreams": []}, indent=4
    ),
    "get-log-events": lambda found: json.dumps(
        {"events": _log_events(found), "nextForwardToken": "f/1", "nextBackwardToken": "b/1"}
    ),
    "log events, one a line": lambda found: lines(_log_events(found)),
    "subscription": _subscription,
    "eventbridge in a log group": lambda found: json.dumps(
        {"events": _log_events(list(map(_bridged, found)))}
    ),
    "export task": lambda found: "".join(
        f"2026-03-02T10:05:00.{number % 1000:03d}Z {json.dumps(each)}\n"
        for number, each in enumerate(found)
    ),
    "aws logs tail": lambda found: "".join(
        f"2026-03-02T10:05:00.000000+00:00 1_CloudTrail_us-east-1 {json.dumps(each)}\r\n"
        for each in found
    ),
    "insights json": lambda found: json.dumps(
        {
            "results": [
                [
                    {"field": "@timestamp", "value": "2026-03-09 00:00:00.000"},
                    {"field": "@message", "value": json.dumps(each)},
                    {"field": "@ptr", "value": "x"},
                ]
                for each in found
            ],
            "statistics": {"recordsMatched": 3.0},
            "status": "Complete",
        }
    ),
    "insights csv": lambda found: csv_table(
        ["@timestamp", "@message"], [["2026-03-09 00:00:00.000", json.dumps(e)] for e in found]
    ),
    "splunk lines": lambda found: (
        lines(
            {"preview": False, "offset": n, "result": {"_raw": json.dumps(each), "_time": "later"}}
            for n, each in enumerate(found)
        )
        + '{"preview":false,"lastrow":true}\n'
    ),
    "splunk results": lambda found: json.dumps(
        {"preview": False, "results": [{"_raw": json.dumps(each)} for each in found]}
    ),
    "splunk csv": lambda found: csv_table(
        ["_time", "host", "_raw"],
        [["1772445900.000", "h", json.dumps(e)] for e in found],
        end="\r\n",
    ),
    "splunk csv, semicolons": lambda found: (
        "\ufeffsep=;\n"
        + csv_table(["host", "_raw"], [["h", json.dumps(e)] for e in found], delimiter=";")
    ),
    "elastic lines": lambda found: lines(map(_hit, found)),
    "elastic search": lambda found: json.dumps(
        {
            "took": 1,
            "timed_out": False,
            "hits": {
                "total": {"value": len(found), "relation": "eq"},
                "hits": [_hit(each) for each in found],
            },
        }
    ),
    "elastic documents": lambda found: lines(_hit(each)["_source"] for each in found),
    "siem on opensearch": lambda found: lines(
        {"_index": "log-aws", "_source": {"@timestamp": "later", "@message": json.dumps(each)}}
        for each in found
    ),
    "powershell csv": lambda found: (
        "#TYPE Amazon.CloudTrail.Model.Event\r\n"
        + csv_table(["CloudTrailEvent", "EventId"], [[json.dumps(e), "x"] for e in found])
    ),
    "elastic fields": lambda found: lines(
        {"_index": "logs", "_id": "1", "fields": {"event.original": [json.dumps(each)]}}
        for each in found
    ),
    "logstash": lambda found: lines(
        {"_index": "logstash", "_source": {"@timestamp": "later", "message": json.dumps(each)}}
        for each in found
    ),
    "lake eventJson": lambda found: json.dumps(
        {
            "QueryStatus": "FINISHED",
            "QueryResultRows": [
                [{"eventID": "x"}, {"eventJson": json.dumps(each)}] for each in found
            ],
        }
    ),
    "lake csv eventJson": lambda found: csv_table(
        ["eventTime", "eventJson"], [["later", json.dumps(each)] for each in found]
    ),
    "panther": lambda found: lines(
        {**each, "p_log_type": "AWS.CloudTrail", "p_event_time": "later", "p_any_ip_addresses": []}
        for each in found
    ),
    "sns to a file": lambda found: lines(map(_notice, found)),
    "sns to lambda": lambda found: json.dumps(
        {
            "Records": [
                {"EventSource": "aws:sns", "EventVersion": "1.0", "Sns": _notice(each)}
                for each in found
            ]
        }
    ),
    "sqs to lambda": lambda found: json.dumps(
        {
            "Records": [
                {"messageId": "1", "receiptHandle": "r", "eventSource": "aws:sqs", "body": body}
                for body in map(json.dumps, found)
            ]
        }
    ),
    "sqs receive-message": lambda found: json.dumps(
        {"Messages": [{"MessageId": "1", "Body": json.dumps(_notice(each))} for each in found]}
    ),
}

_TEXT = st.text(max_size=12)
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**40), 2**40) | _TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_TEXT, inner, max_size=3),
    max_leaves=8,
)


@st.composite
def some_records(draw: st.DrawFn) -> list[Fields]:
    """The three events with hostile text wherever somebody outside can choose it."""
    found = three()
    for each in found:
        each["userAgent"] = draw(_TEXT)
        each["requestParameters"] = {
            **(each["requestParameters"] or {}),
            "imageTag": draw(_TEXT),
            "other": draw(_JSON),
        }
        if draw(st.booleans()):
            each["errorCode"], each["errorMessage"] = "AccessDenied", draw(_TEXT)
    return draw(st.permutations(found))


@pytest.mark.parametrize("name", sorted(WRAPPINGS))
@given(found=some_records())
def test_any_record_comes_out_of_its_wrapping_unchanged(name: str, found: list[Fields]) -> None:
    plain, _ = read(trail(found))
    records, facts = read(WRAPPINGS[name](found))
    assert rows(records) == rows(plain)
    assert facts.status == "read"
    assert facts.notes() == []
    assert not any(record.lossy for record in records)


@pytest.mark.parametrize("name", sorted(WRAPPINGS))
def test_the_columns_of_the_index_are_the_same(name: str) -> None:
    wrapped = WRAPPINGS[name](three()).encode()
    assert events_in(gzip.compress(wrapped, mtime=0), "t.gz") == events_of_three()


@pytest.mark.parametrize("name", sorted(WRAPPINGS))
def test_a_cut_file_loses_no_whole_record_before_the_cut_and_never_raises(name: str) -> None:
    text = WRAPPINGS[name](three())
    for share in (0.3, 0.7, 0.97):
        records, _ = read(text[: int(len(text) * share)])
        whole = rows(read(trail(three()))[0])
        assert all(row in whole for row in rows(records))


_CASES = [
    "eventbridge.ndjson",
    "filter_log_events.json",
    "logs_insights_results.json",
    "cwl_export",
    "splunk_result.ndjson",
    "kibana_hits.ndjson",
    "event_history.json",
    "lookup_events.json",
]


@pytest.mark.parametrize("name", _CASES)
def test_an_export_beside_the_checkout_gives_the_rows_of_its_trail(name: str) -> None:
    assert events_of(shared("cases", "formats", name)) == events_delivered()


def test_an_export_task_writes_a_file_of_its_own_that_is_skipped() -> None:
    records, facts = read("Permission Check Successful", "aws-logs-write-test")
    assert records == []
    assert facts.status == "skipped"
    assert "no events" in said(facts)


def test_a_message_that_was_cut_counts_as_damaged_and_the_reason_is_said() -> None:
    whole, cut = _log_events(three())[:2]
    cut["message"] = cut["message"][:700]
    records, facts = read(json.dumps({"events": [whole, cut]}))
    assert len(records) == 1
    assert facts.status == "damaged"
    assert facts.damaged_records == 1
    assert "a CloudWatch message was cut or is not JSON" in said(facts)
    assert "larger events are cut or missing" in said(facts)


def test_a_line_cut_in_an_export_task_costs_only_itself() -> None:
    first, second, third = (f"2026-03-02T10:05:00.000Z {json.dumps(e)}\n" for e in three())
    records, facts = read(first + second[:400] + "\n" + third)
    assert [record.fields["eventName"] for record in records] == [
        "GetAuthorizationToken",
        "DescribeImages",
    ]
    assert facts.status == "damaged"
    assert "line 2" in said(facts)
    assert "CloudWatch Logs cuts events" in said(facts)


def test_the_raw_text_is_the_message_itself_or_the_event_as_delivered() -> None:
    [record] = read(lines([_hit(three()[1])]))[0]
    assert json.loads(record.text) == three()[1]
    delivered = json.dumps(_bridged(three()[1]))
    [record] = read(delivered)[0]
    assert record.text == delivered


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ('{"events":[],"nextToken":"x","searchedLogStreams":[]}', "one page"),
        ('{"QueryStatus":"FINISHED","QueryResultRows":[],"NextToken":"x"}', "one page"),
        ('{"QueryStatus":"RUNNING","QueryResultRows":[]}', "not finished"),
        ('{"results":[],"statistics":{},"status":"Running"}', "not finished"),
        ('{"hits":{"total":{"value":9},"hits":[]}}', "0 of 9 hits"),
    ],
)
def test_a_result_that_is_only_a_part_says_so(text: str, what: str) -> None:
    _, facts = read(text)
    assert what in said(facts)


_PAGE = '{{"Events":[{{"CloudTrailEvent":{}}}]{}}}'


@pytest.mark.parametrize("last", ["", ', "NextToken": "y"'])
def test_of_pages_glued_together_only_the_last_can_want_more(last: str) -> None:
    texts = [json.dumps(json.dumps(each)) for each in three()]
    middle = ', "NextToken": "x"'
    pages = [_PAGE.format(texts[0], middle), _PAGE.format(texts[1], middle)]
    records, facts = read("\n".join([*pages, _PAGE.format(texts[2], last)]))
    assert len(records) == 3
    assert ("NextToken" in said(facts)) is bool(last)
    line = _log_line(three()[0], tokens=True)
    end = "NEXTTOKEN\ty" if last else ""
    _, facts = read(f"{line}NEXTTOKEN\tx\n{line}{end}")
    assert ("NextToken" in said(facts)) is bool(last)


@pytest.mark.parametrize(
    ("data", "status", "what"),
    [
        ("not base64!", "skipped", "not base64"),
        (_base64("GET / HTTP/1.1"), "skipped", "no JSON"),
        (_base64(_subscription(three()))[:80], "unreadable", "truncated gzip"),
    ],
    ids=["no base64", "no JSON", "cut"],
)
def test_a_payload_that_cannot_be_read_is_said(data: str, status: str, what: str) -> None:
    data += "=" * (-len(data) % 4)
    records, facts = read(json.dumps({"awslogs": {"data": data}}))
    assert (records, facts.status) == ([], status)
    assert what in said(facts)


def test_values_within_each_other_have_an_end() -> None:
    value: Any = three()[1]
    for _ in range(12):
        value = {"Type": "Notification", "MessageId": "1", "Message": compact(value)}
        if len(compact(value)) > 1 << 20:
            break
    records, facts = read(json.dumps(value))
    assert records == []
    assert facts.status == "skipped"
    bridged = three()[1]
    for _ in range(200):
        bridged = {"detail-type": "x via CloudTrail", "source": "s", "detail": bridged}
    assert read(json.dumps(bridged))[0] == []
