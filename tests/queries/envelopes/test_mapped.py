"""Sources that map or shorten the record: Security Lake, Elastic fields, ECR's own events."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from queries.case import open_case
from tests.evidence_files import ACCOUNT, API, DANA, record, shared, trail, write
from tests.queries.envelopes.reading import (
    CI,
    IDENTITY,
    REPOSITORY,
    ROLE,
    Fields,
    events_in,
    events_of_three,
    lines,
    read,
    rows,
    said,
    struct,
    three,
)
from tests.queries.envelopes.reading import table as csv_table


def assert_agrees(text: str, *, unknown: set[str], records: Any = None) -> None:
    """Every column equals the trail's, or is one of `unknown` and empty."""
    plain = events_in(trail(records)) if records else events_of_three()
    by_id = {row["event_id"]: row for row in plain}
    found = events_in(text)
    assert len(found) == len(by_id)
    for row in found:
        for column, value in row.items():
            if column in unknown and value is None:
                continue
            assert value == by_id[row["event_id"]][column], column


# --- Security Lake -------------------------------------------------------------------------------


def ocsf(event: Fields, version: str) -> Fields:
    """As AWS's mapping has it (github.com/ocsf/examples, AWS, CloudTrail)."""
    old = version == "1.0.0-rc.2"
    identity = event["userIdentity"]
    context = identity.get("sessionContext", {})
    created = 1772445480000 if context else None
    user: Fields = {
        "type": identity["type"],
        "name": identity.get("userName"),
        "credential_uid": identity["accessKeyId"],
    }
    session: Fields = {"issuer": context.get("sessionIssuer", {}).get("arn")}
    unmapped: Fields = {
        "eventType": event["eventType"],
        "readOnly": str(event["readOnly"]).lower(),
        "recipientAccountId": event["recipientAccountId"],
    }
    api: Fields = {
        "operation": event["eventName"],
        "service": {"name": event["eventSource"]},
        "request": {"uid": event.get("requestID")},
        "response": {"error": event.get("errorCode"), "message": event.get("errorMessage")},
    }
    if old:
        user |= {"uid": identity["principalId"], "uuid": identity["arn"]}
        user["account_uid"] = identity["accountId"]
        session |= {"created_time": created, "mfa": False}
        unmapped |= _flat("requestParameters", event["requestParameters"])
        unmapped |= _flat("responseElements", event["responseElements"])
    else:
        user |= {"uid": identity["arn"], "uid_alt": identity["principalId"]}
        user["account"] = {"uid": identity["accountId"]}
        session |= {"created_time": created, "is_mfa": False}
        api["request"]["data"] = json.dumps(event["requestParameters"])
        api["response"]["data"] = json.dumps(event["responseElements"])
    return {
        "metadata": {
            "product": {
                "name": "CloudTrail",
                "vendor_name": "AWS",
                "version": event["eventVersion"],
                "feature": {"name": event.get("eventCategory")},
            },
            "uid": event["eventID"],
            "version": version,
        },
        "time": 1772445840000 + 60000 * (int(event["eventTime"][14:16]) - 4),
        "cloud": {"region": event["awsRegion"], "provider": "AWS"},
        "api": api,
        "actor": {"user": user, "session": session if context else None, "invoked_by": None},
        "http_request": {"user_agent": event["userAgent"]},
        "src_endpoint": {"ip": event["sourceIPAddress"], "domain": None},
        "resources": [{"uid": each["ARN"]} for each in event.get("resources", [])],
        "class_uid": 3005 if old else 6003,
        "activity_id": 2 if event["readOnly"] else 1,
        "status": "Failure" if event.get("errorCode") else "Success",
        "unmapped": unmapped,
    }


def _flat(name: str, value: Any) -> Fields:
    if not isinstance(value, dict):
        return {} if value is None else {name: str(value)}
    found: Fields = {}
    for key, member in value.items():
        found |= _flat(f"{name}.{key}", member)
    return found


@pytest.mark.parametrize("version", ["1.0.0-rc.2", "1.1.0", "1.3.0"])
def test_security_lake_agrees_with_the_trail(version: str, tmp_path: Path) -> None:
    found = [ocsf(event, version) for event in three()]
    text = lines(found)
    assert_agrees(text, unknown=set())
    records, facts = read(text)
    assert "a mapping of the record" in said(facts)
    assert all(each.lossy for each in records)


@pytest.mark.parametrize(
    "form",
    [
        lambda found: [[key, value] for key, value in found.items()],
        lambda found: [{"key": key, "value": value} for key, value in found.items()],
    ],
)
def test_unmapped_may_be_pairs(form: Any, tmp_path: Path) -> None:
    found = [ocsf(event, "1.0.0-rc.2") for event in three()]
    for each in found:
        each["unmapped"] = form(each["unmapped"])
    assert_agrees(lines(found), unknown=set())


def test_a_failed_call_of_security_lake_is_no_push() -> None:
    event = three()[1] | {"errorCode": "AccessDenied", "responseElements": None}
    mapped = ocsf(event, "1.1.0")
    assert rows(read(json.dumps(mapped))[0])[0]["errorCode"] == "AccessDenied"
    mapped["api"]["response"] = {"error": None}
    assert rows(read(json.dumps(mapped))[0])[0]["errorCode"] == "Failure"


def test_an_assumed_role_of_class_3002_opens_the_chain(tmp_path: Path) -> None:
    assume = record(
        "AssumeRole",
        "2026-03-02T10:01:00Z",
        eventSource="sts.amazonaws.com",
        requestParameters={"roleArn": ROLE, "roleSessionName": "build-4711"},
        responseElements={
            "credentials": {"accessKeyId": IDENTITY["accessKeyId"]},
            "assumedRoleUser": {"arn": CI},
        },
    )
    signed = ocsf(assume, "1.1.0") | {"class_uid": 3002}
    text = lines([signed, *(ocsf(event, "1.1.0") for event in three())])
    write(tmp_path, {"x": text.encode()})
    with open_case([str(tmp_path)], use_cache=False) as case:
        [(origin,)] = case.ask("SELECT origin FROM pushes").rows
    assert origin == DANA


def test_another_product_in_security_lake_is_named() -> None:
    event = ocsf(three()[1], "1.1.0")
    event["metadata"]["product"]["name"] = "Amazon VPC"
    records, facts = read(json.dumps(event))
    assert records == []
    assert "an OCSF event of 'Amazon VPC', not CloudTrail" in said(facts)


def test_a_partition_with_numbers_gives_the_account_its_zeros() -> None:
    event = ocsf(three()[1], "1.1.0") | {"accountid": 1222333}
    del event["unmapped"]["recipientAccountId"]
    assert rows(read(json.dumps(event))[0])[0]["recipientAccountId"] == "000001222333"


# --- Elastic -------------------------------------------------------------------------------------


def ecs(event: Fields) -> Fields:
    """What Elastic's pipeline makes of a record."""
    identity = event["userIdentity"]
    issuer = identity["sessionContext"]["sessionIssuer"]
    cloudtrail: Fields = {
        "event_version": event["eventVersion"],
        "event_type": event["eventType"],
        "event_category": event["eventCategory"],
        "read_only": event["readOnly"],
        "recipient_account_id": event["recipientAccountId"],
        "user_identity": {
            "type": identity["type"],
            "arn": identity["arn"],
            "access_key_id": identity["accessKeyId"],
            "session_context": {
                "creation_date": "2026-03-02T09:58:00.000Z",
                "mfa_authenticated": "false",
                "session_issuer": {
                    "type": "Role",
                    "arn": issuer["arn"],
                    "principal_id": issuer["principalId"],
                    "account_id": issuer["accountId"],
                },
            },
        },
    }
    for member, name in (
        ("requestParameters", "request_parameters"),
        ("responseElements", "response_elements"),
    ):
        if event[member]:
            cloudtrail[name] = struct(event[member])
            cloudtrail.setdefault("flattened", {})[name] = event[member]
    if "resources" in event:
        cloudtrail["resources"] = [{"arn": REPOSITORY, "account_id": ACCOUNT}]
    return {
        "@timestamp": event["eventTime"],
        "ecs": {"version": "8.11.0"},
        "event": {
            "action": event["eventName"],
            "provider": event["eventSource"],
            "id": event["eventID"],
            "outcome": "failure" if event.get("errorCode") else "success",
        },
        "cloud": {"region": event["awsRegion"], "account": {"id": identity["accountId"]}},
        "source": {"address": event["sourceIPAddress"], "ip": event["sourceIPAddress"]},
        "user": {"id": identity["principalId"], "name": issuer["userName"]},
        "user_agent": {"original": event["userAgent"], "name": "Docker"},
        "aws": {"cloudtrail": cloudtrail},
    }


def _answer(found: list[Fields]) -> str:
    hits = [{"_index": "x", "_id": "1", "_source": each} for each in found]
    return json.dumps({"hits": {"total": {"value": 3, "relation": "eq"}, "hits": hits}})


def _dotted(found: list[Fields]) -> str:
    return lines(
        {"_index": "x", "fields": {name: [text] for name, text in _names(each)}} for each in found
    )


def _names(value: Fields, before: str = "") -> list[tuple[str, Any]]:
    pairs: list[tuple[str, Any]] = []
    for name, member in value.items():
        if isinstance(member, dict) and name != "flattened":
            pairs += _names(member, f"{before}{name}.")
        else:
            pairs.append((before + name, member))
    return pairs


@pytest.mark.parametrize("form", [lines, _answer, _dotted], ids=["lines", "search", "fields"])
def test_elastic_fields_are_put_back(form: Any, tmp_path: Path) -> None:
    found = [ecs(event) for event in three()]
    assert_agrees(form(found), unknown=set())
    assert "without event.original" in said(read(form(found))[1])


def test_elastic_text_of_parameters_is_opened_when_there_is_nothing_better() -> None:
    document = ecs(three()[2])
    del document["aws"]["cloudtrail"]["flattened"]
    [row] = rows(read(json.dumps(document))[0])
    assert row["requestParameters"] == {"repositoryName": "team/api"}


def test_elastic_failure_without_a_code_is_still_a_failure() -> None:
    document = ecs(three()[1])
    document["event"]["outcome"] = "failure"
    assert rows(read(json.dumps(document))[0])[0]["errorCode"] == "failure"


def _listed(value: Fields, above: str = "") -> Fields:
    """As an index of raw records answers `fields`: names with dots, each value a list."""
    found: Fields = {}
    for name, each in value.items():
        inner = _listed(each, f"{above}{name}.") if isinstance(each, dict) else None
        found |= inner if inner is not None else {f"{above}{name}": [each]}
    return found


def test_fields_of_the_record_itself_are_put_back() -> None:
    hits = [{"_index": "ct", "_id": "1", "fields": _listed(each)} for each in three()]
    records, facts = read(json.dumps({"hits": {"hits": hits}}))
    assert facts.status == "read"
    push = rows(records)[1]
    assert push["userIdentity"]["sessionContext"]["sessionIssuer"]["userName"] == "ci-push"
    assert push["requestParameters"] == three()[1]["requestParameters"]


def test_a_table_that_kibana_saved_has_its_fields_and_times() -> None:
    names = ["@timestamp", "event.action", "event.provider", "aws.cloudtrail.user_identity.arn",
             "aws.cloudtrail.error_code"]  # fmt: skip
    cells = ["Mar 2, 2026 @ 10:05:00.000", "PutImage", "ecr.amazonaws.com", CI, "-"]
    records, facts = read(csv_table(names, [cells]))
    [row] = rows(records)
    assert (row["eventTime"], row["eventName"]) == ("2026-03-02T10:05:00Z", "PutImage")
    assert row["userIdentity"]["arn"] == CI
    assert "errorCode" not in row
    assert "taken for UTC" in said(facts)


def test_other_documents_of_elastic_are_named() -> None:
    other = {"_index": "x", "_source": {"event": {"action": "a", "provider": "b"}}}
    assert "of another source" in said(read(json.dumps(other))[1])
    assert "without CloudTrail" in said(read('{"_index":"x","_source":{"message":"hi"}}')[1])


# --- Splunk without _raw -------------------------------------------------------------------------


def test_splunk_fields_without_raw_are_columns() -> None:
    row = {
        "eventName": "PutImage",
        "eventSource": "ecr.amazonaws.com",
        "eventTime": "2026-03-02T10:05:00Z",
        "userIdentity.arn": [CI],
        "requestParameters.repositoryName": "team/api",
        "responseElements.image.imageId.imageDigest": "sha256:ab",
    }
    [record_] = read(lines([{"preview": True, "result": row}]))[0]
    assert record_.fields["userIdentity"]["arn"] == CI
    assert record_.fields["responseElements"]["image"]["imageId"]["imageDigest"] == "sha256:ab"
    assert "preview" in said(read(lines([{"preview": True, "result": row}]))[1])


# --- ECR's own events ----------------------------------------------------------------------------


def ecr(kind: str = "ECR Image Action", **detail: Any) -> Fields:
    return {
        "version": "0",
        "id": json.dumps(detail, sort_keys=True),
        "detail-type": kind,
        "source": "aws.ecr",
        "account": ACCOUNT,
        "time": "2026-03-02T10:05:00Z",
        "region": "us-east-1",
        "resources": [],
        "detail": {"repository-name": "team/api", "image-digest": "sha256:ab", **detail},
    }


def test_ecr_events_make_pushes_attempts_and_deletions_without_a_user(tmp_path: Path) -> None:
    action = {"result": "SUCCESS", "image-tag": "1"}
    found = [
        ecr(**{**action, "action-type": "PUSH"}),
        ecr(**{**action, "action-type": "PUSH", "result": "FAILURE"}),
        ecr(**{**action, "action-type": "DELETE"}),
        ecr("ECR Image Scan", **{"scan-status": "COMPLETE", "image-tags": ["1"]}),
        ecr("ECR Replication Action", **{"action-type": "REPLICATE", "source-account": "1"}),
    ]
    write(tmp_path, {"x": lines(found).encode()})
    with open_case([str(tmp_path)], use_cache=False) as case:
        assert case.totals["raw_records"] == 5
        assert case.totals["put_image"] == 1
        assert case.totals["failed_pushes"] == 1
        assert case.totals["images_deleted"] == 1
        assert case.totals["pushers"] == ["(not in this source)"]
        assert case.totals["repositories"] == [API]
        names = {name for (name,) in case.ask("SELECT event_name FROM events").rows}
        assert names == {
            "PutImage",
            "BatchDeleteImage",
            "ECR Image Scan",
            "ECR Replication Action",
        }
    records, facts = read(lines(found))
    assert "CloudTrail has them" in said(facts)
    assert json.loads(records[0].text) == found[0]


def test_an_image_that_could_not_be_cached_is_a_failure_with_its_reason() -> None:
    kept = {"sync-status": "FAILED", "failure-code": "UpstreamUnavailable"}
    [row] = rows(read(json.dumps(ecr("ECR Pull Through Cache Action", **kept)))[0])
    assert row["errorCode"] == "UpstreamUnavailable"
    [row] = rows(read(json.dumps(ecr("ECR Image Scan", **{"scan-status": "FAILED"})))[0])
    assert "errorCode" not in row, "it is listed with its status"


def test_a_push_without_a_tag_has_none(tmp_path: Path) -> None:
    found = ecr(**{"action-type": "PUSH", "result": "SUCCESS", "image-tag": ""})
    write(tmp_path, {"x": json.dumps(found).encode()})
    with open_case([str(tmp_path)], use_cache=False) as case:
        [row] = case.ask("SELECT image_tags, image_digest FROM pushes").rows
    assert row == ("", "sha256:ab")


def test_real_events_of_the_guide_are_read() -> None:
    folder = shared("data", "awsdocs", "amazon-ecr-user-guide")
    for path in sorted(folder.glob("ecr-eventbridge.*.json")):
        records, facts = read(path.read_bytes())
        assert len(records) == 1, path
        assert facts.format == "ECR events"
