"""Kinds of records that few tools get right, each made small here: what they count, and for whom.

The catalogue of such kinds is shared/cases/README.md; its own inputs are in test_field_cases.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from queries.case import Case
from queries.question import ask_for
from queries.scope import ORIGIN, Scope, about
from tests.evidence_files import (
    ACCOUNT,
    DANA,
    Record,
    at,
    case_of,
    image,
    index,
    one,
    push,
    record,
    rows,
    sha,
    write,
)
from tests.evidence_files import case_in_memory as case_over

A, B = image("a"), image("b")
BOTH = index(A, B)
STS = "sts.amazonaws.com"
ROOT = f"arn:aws:iam::{ACCOUNT}:root"
FEDERATED = f"arn:aws:sts::{ACCOUNT}:federated-user/bob"


def answers(case: Case, name: str, **parameters: Any) -> list[dict[str, Any]]:
    question = ask_for(name, **parameters)
    return case.ask(question.sql, question.bound).dicts()


def only(case: Case) -> dict[str, Any]:
    [found] = answers(case, "pushes")
    return found


# --- one tag on several manifests (docker/buildx#663) --------------------------------------------


@pytest.mark.parametrize(
    ("puts", "owner", "unprovable"),
    [
        ([(A, "v1", 0), (B, "v1", 0), (BOTH, "v1", 0)], BOTH, True),
        ([(BOTH, "v1", 0), (A, "v1", 0), (B, "v1", 0)], BOTH, True),
        ([(A, "v1", 0), (B, "v1", 1), (BOTH, "v1", 2)], BOTH, False),
        ([(A, "v1", 0), (BOTH, "v1", 1), (B, "v1", 2)], B, False),
        ([(A, "v1", 0), (B, "v1", 2), (BOTH, None, 3)], B, False),
    ],
)
def test_a_tag_on_all_manifests_of_a_push_belongs_to_the_last(
    tmp_path: Path, puts: list[tuple[str, str | None, int]], owner: str, unprovable: bool
) -> None:
    records = [push(manifest, tag, at(1, second)) for manifest, tag, second in puts]
    with case_of(tmp_path, *records) as case:
        found = only(case)
        assert (found["image_digest"], found["image_tags"]) == (sha(BOTH), "v1")
        [whole] = answers(case, "push", push_key=found["push_key"])
        assert (whole["tag_digest"], whole["order_unprovable"]) == (sha(owner), unprovable)


# --- who ---------------------------------------------------------------------------------------


def test_a_federated_user_is_led_back_to_who_made_the_token(tmp_path: Path) -> None:
    issued = record(
        "GetFederationToken",
        at(0),
        eventSource=STS,
        responseElements={
            "credentials": {"accessKeyId": "ASIAFED"},
            "federatedUser": {"arn": FEDERATED},
        },
    )
    put = push(A, "v1", at(1))
    put["userIdentity"] = {"type": "FederatedUser", "arn": FEDERATED, "accessKeyId": "ASIAFED"}
    with case_of(tmp_path, issued, put) as case:
        assert (only(case)["origin"], only(case)["principal"]) == (DANA, FEDERATED)


def test_a_pod_is_named_by_its_service_account_and_cluster(tmp_path: Path) -> None:
    provider = f"arn:aws:iam::{ACCOUNT}:oidc-provider/oidc.eks.us-east-1.amazonaws.com/id/ABC"
    session = f"arn:aws:sts::{ACCOUNT}:assumed-role/build/x"
    account = "system:serviceaccount:build:kaniko"
    issued = record(
        "AssumeRoleWithWebIdentity",
        at(0),
        eventSource=STS,
        userIdentity={
            "type": "WebIdentityUser",
            "userName": account,
            "identityProvider": provider,
        },
        responseElements={
            "credentials": {"accessKeyId": "ASIAPOD"},
            "assumedRoleUser": {"arn": session},
        },
    )
    put = push(A, "v1", at(1))
    put["userIdentity"] = {"type": "AssumedRole", "arn": session, "accessKeyId": "ASIAPOD"}
    with case_of(tmp_path, issued, put) as case:
        assert only(case)["subject"] == account
        assert only(case)["origin"] == f"{account} (ABC)"


@pytest.mark.parametrize(
    ("identity", "label"),
    [
        ({"type": "IdentityCenterUser", "onBehalfOf": {"userId": "u-1"}}, "u-1"),
        ({"type": "Unknown", "principalId": "x", "userName": "ann@example.com"}, "ann@example.com"),
        ({"type": "SAMLUser", "userName": "ann"}, "ann"),
        ({"type": "Directory", "userName": "ann"}, "ann"),
        ({"type": "AWSAccount", "accountId": "444455556666", "principalId": "AIDA1"},
         "444455556666 (AIDA1)"),
        ({"type": "Root", "arn": ROOT, "sessionContext": {"sessionIssuer": {}}}, ROOT),
        ({"type": "AWSService", "invokedBy": "ecr.amazonaws.com"}, "ecr.amazonaws.com"),
        ({"type": "Newfangled"}, "(no identity)"),
        ("HIDDEN_DUE_TO_SECURITY_REASONS", "(name hidden by AWS)"),
        (None, "(no identity)"),
    ],
)  # fmt: skip
def test_every_identity_has_a_label(tmp_path: Path, identity: Any, label: str) -> None:
    with case_of(tmp_path, push(A, "v1", at(0), userIdentity=identity)) as case:
        assert only(case)["principal"] == label


@pytest.mark.parametrize("name", ["ConsoleLogin", "GetAuthorizationToken"])
def test_a_users_session_is_joined_to_the_sign_in_it_began_with(tmp_path: Path, name: str) -> None:
    sign_in = record(name, at(0), eventSource="signin.amazonaws.com", readOnly=False)
    other = record(name, at(3), eventSource="signin.amazonaws.com", readOnly=False)
    put = push(A, "v1", at(5))
    put["userIdentity"] |= {
        "accessKeyId": "ASIASESSION",
        "sessionContext": {"attributes": {"creationDate": at(0, 1)}},
    }
    with case_of(tmp_path, sign_in, other, put) as case:
        [session] = rows(case, "SELECT event_name, issued_at, parent_access_key_id FROM sessions")
        assert (session[0], session[2]) == (name, sign_in["userIdentity"]["accessKeyId"])
        assert f"{session[1].isoformat()}Z" == at(0)
        question = about("activity", Scope(ORIGIN, DANA))
        assert len(case.ask(question.sql, question.bound).rows) == 3


def test_an_artifact_manifest_without_a_configuration_belongs_to_its_image(tmp_path: Path) -> None:
    blob = {"mediaType": "application/spdx+json", "digest": sha("sbom"), "size": 9}
    manifest = {
        "mediaType": "application/vnd.oci.artifact.manifest.v1+json",
        "artifactType": "application/spdx+json",
        "blobs": [blob],
        "subject": {"mediaType": "application/json", "digest": sha(A), "size": 7},
    }
    attached = push(json.dumps(manifest), None, at(2))
    with case_of(tmp_path, push(A, "v1", at(1)), attached) as case:
        assert only(case)["image_digest"] == sha(A)
        assert case.totals["attachments"] == 1


@pytest.mark.parametrize(
    ("fields", "made_by"),
    [
        ({"userIdentity": {"accountId": ACCOUNT, "invokedBy": "ecr.amazonaws.com"}}, "service"),
        ({"userIdentity": {"accountId": ACCOUNT}, "eventType": "AwsServiceEvent"}, "service"),
        ({"userIdentity": {"type": "AWSService", "invokedBy": "codepipeline.amazonaws.com"}},
         "person"),
    ],
)  # fmt: skip
def test_an_image_that_the_registry_put_itself_is_no_push(
    tmp_path: Path, fields: Record, made_by: str
) -> None:
    with case_of(tmp_path, push(A, "v1", at(0), **fields)) as case:
        assert rows(case, "SELECT made_by FROM pushes") == [(made_by,)]


def test_a_service_event_names_its_image_in_its_details(tmp_path: Path) -> None:
    details = {"repositoryName": "team/api", "imageDigest": sha(A), "imageTag": "v1"}
    event = record("ReplicateImage", at(0), requestParameters=None, serviceEventDetails=details)
    with case_of(tmp_path, event) as case:
        assert rows(case, "SELECT image_tag, image_digest FROM events") == [("v1", sha(A))]


def test_an_account_id_written_as_a_number_gets_its_zeros_back(tmp_path: Path) -> None:
    made = push(image("a"), "v1", at(0), "arn:aws:iam::000011112222:user/dana.ops")
    made["recipientAccountId"] = made["userIdentity"]["accountId"] = 11112222
    made["requestParameters"]["registryId"] = made["responseElements"]["image"]["registryId"] = (
        11112222
    )
    other = record("DescribeImages", at(1), recipientAccountId="000011112222")
    other["userIdentity"] = {"type": "AWSAccount", "accountId": 11112222, "principalId": "AIDAX"}
    other["requestParameters"] = {"repositoryName": "team/api"}
    with case_of(tmp_path, made, other) as case:
        assert case.totals["accounts"] == ["000011112222"]
        assert case.totals["repositories"] == ["000011112222/us-east-1/team/api"]
        found = rows(case, "SELECT account_id, recipient_account_id FROM events")
        assert set(found) == {("000011112222", "000011112222")}
        assert one(case, "SELECT principal FROM events WHERE event_name = 'DescribeImages'") == (
            "000011112222 (AIDAX)"
        )


def test_images_deleted_are_counted_by_the_request_where_the_answer_is_left_out(
    tmp_path: Path,
) -> None:
    asked = {
        "repositoryName": "team/api",
        "imageIds": [{"imageTag": "v1"}, {"imageDigest": sha(B)}],
    }
    gone = record("BatchDeleteImage", at(9), requestParameters=asked, responseElements=None)
    refused = record("BatchDeleteImage", at(8), requestParameters=asked, errorCode="AccessDenied")
    with case_of(tmp_path, push(A, "v1", at(0)), push(B, "v2", at(1)), refused, gone) as case:
        assert case.totals["images_deleted"] == 2
        [ended] = rows(case, "SELECT ended_how FROM tag_spans WHERE tag = 'v1'")
        assert "delete" in ended[0]


def test_a_repository_is_found_among_all_resources_of_a_refused_call(tmp_path: Path) -> None:
    refused = push(image("a"), "v1", at(0), failed="AccessDenied")
    refused["requestParameters"] = None
    refused["resources"] = [
        {"ARN": "arn:aws:kms:us-east-1:111122223333:key/1", "type": "AWS::KMS::Key"},
        {"ARN": "arn:aws:ecr:us-east-1:444455556666:repository/team/base"},
    ]
    with case_of(tmp_path, refused) as case:
        assert case.totals["repositories"] == ["444455556666/us-east-1/team/base"]
        assert case.totals["failed_pushes"] == 1


def test_a_message_of_an_error_without_its_code_is_a_failure(tmp_path: Path) -> None:
    put = push(A, "v1", at(0), errorMessage="The layers do not exist") | {"responseElements": None}
    with case_of(tmp_path, put) as case:
        assert (case.totals["pushes"], case.totals["failed_pushes"]) == (0, 1)


# --- what --------------------------------------------------------------------------------------


def test_fields_cut_by_cloudtrail_leave_a_push_of_what_is_known(tmp_path: Path) -> None:
    gone = {"omitted": True, "originalSize": 300_000, "reason": "too large"}
    bare = push(A, "v1", at(0)) | {"requestParameters": gone, "responseElements": gone}
    bare["resources"] = [{"ARN": f"arn:aws:ecr:us-east-1:{ACCOUNT}:repository/team/api"}]
    without_manifest = push(B, "v2", at(1))
    without_manifest["requestParameters"]["imageManifest"] = gone
    without_manifest["responseElements"]["image"]["imageManifest"] = gone
    with case_of(tmp_path, bare, without_manifest) as case:
        assert case.totals["pushes"] == 2
        assert case.totals["repositories"] == [f"{ACCOUNT}/us-east-1/team/api"]
        found = sorted(answers(case, "pushes"), key=lambda row: row["event_time"])
        assert [row["kind"] for row in found] == ["unknown", "unknown"]
        assert [row["image_digest"] for row in found] == [None, sha(B)]


def test_the_same_name_in_other_places_is_another_repository(tmp_path: Path) -> None:
    records = [
        push(A, "v1", at(0)),
        push(A, "v1", at(1), awsRegion="eu-west-1"),
        push(A, "v1", at(2), eventSource="ecr-public.amazonaws.com"),
        json.loads(json.dumps(push(A, "v1", at(3))).replace(ACCOUNT, "000000000012")),
    ]
    for number, name in enumerate(("a.b", "a_b", "a%b", "A.b")):
        put = push(A, "v1", at(10 + number))
        put["requestParameters"]["repositoryName"] = name
        records.append(put)
    with case_of(tmp_path, *records) as case:
        assert case.totals["repositories"] == sorted(
            [
                f"{ACCOUNT}/us-east-1/team/api",
                f"{ACCOUNT}/eu-west-1/team/api",
                f"{ACCOUNT}/public/team/api",
                "000000000012/us-east-1/team/api",
                *(f"{ACCOUNT}/us-east-1/{name}" for name in ("a.b", "a_b", "a%b", "A.b")),
            ]
        )
        assert len(answers(case, "pushes", repository="a_b")) == 1, "no pattern"


@pytest.mark.parametrize(
    ("partition", "region"), [("aws-cn", "cn-north-1"), ("aws-us-gov", "us-gov-west-1")]
)
def test_other_partitions_are_read_by_position(tmp_path: Path, partition: str, region: str) -> None:
    put = push(A, "v1", at(0), awsRegion=region) | {"responseElements": None}
    put["requestParameters"] = {"imageTag": "v1", "imageManifest": A}
    put["resources"] = [{"ARN": f"arn:{partition}:ecr:{region}:444455556666:repository/a/b"}]
    with case_of(tmp_path, put) as case:
        assert only(case)["repository"] == f"444455556666/{region}/a/b"
        assert only(case)["image_digest"] == sha(A), "computed from the manifest"


def test_sixteen_pushes_of_one_session_in_one_second_are_sixteen(tmp_path: Path) -> None:
    records = [push(image(str(n)), f"v{n}", at(0)) for n in range(16)]
    with case_of(tmp_path, *records) as case:
        assert case.totals["pushes"] == 16


def test_a_denial_at_the_endpoint_is_an_attempt_of_another_account(tmp_path: Path) -> None:
    put = push(A, "v1", at(0), failed="VpceAccessDenied", eventCategory="NetworkActivity")
    put |= {
        "eventType": "AwsVpceEvent",
        "requestParameters": None,
        "userIdentity": {"type": "AWSAccount", "accountId": "444455556666"},
    }
    with case_of(tmp_path, put) as case:
        assert (case.totals["pushes"], case.totals["failed_pushes"]) == (0, 1)
        assert (only(case)["outcome"], only(case)["principal"]) == ("denied", "444455556666")


def test_an_aggregated_event_has_the_start_of_its_window_and_is_called_one(tmp_path: Path) -> None:
    entry: Record = {
        "eventVersion": "1.11",
        "eventId": "sum",
        "accountId": ACCOUNT,
        "awsRegion": "us-east-1",
        "eventCategory": "Aggregated",
        "timeWindow": {"windowStart": at(0), "windowEnd": at(5)},
        "summary": {"primaryDimension": {"statistics": [{"name": "x", "value": 5}]}},
    }
    with case_of(tmp_path, entry) as case:
        [found] = rows(case, "SELECT event_time, event_id, recipient_account_id FROM events")
        assert (f"{found[0].isoformat()}Z", *found[1:]) == (at(0), "sum", ACCOUNT)
        assert "an aggregated event stands for all calls" in str(
            one(case, "SELECT notes FROM files")
        )


@pytest.mark.parametrize("written", [dict, json.dumps])
def test_a_corrected_record_counts_once_and_the_correction_is_what_counts(
    tmp_path: Path, written: Callable[[Record], Any]
) -> None:
    first = push(A, "v1", at(0))
    second = copy.deepcopy(first) | {
        "eventID": "corrected",
        "userAgent": "right",
        "addendum": written({"reason": "UPDATED_DATA", "originalEventID": first["eventID"]}),
    }
    with case_of(tmp_path, first, second) as case:
        assert (case.totals["events"], case.totals["put_image"], case.totals["pushes"]) == (2, 1, 1)
        assert only(case)["user_agent"] == "right"


def test_records_without_an_id_are_each_their_own(tmp_path: Path) -> None:
    entries = [record("ListImages", at(0)) for _ in range(3)]
    entries[0]["eventID"] = None
    entries[1]["eventID"] = ""
    del entries[2]["eventID"]
    with case_of(tmp_path, *entries) as case:
        assert (case.totals["events"], case.totals["duplicates"]) == (3, 0)


# --- files -------------------------------------------------------------------------------------


def test_a_bad_line_is_named_where_it_begins_and_no_row_is_made_of_it(tmp_path: Path) -> None:
    good = [json.dumps(record(name, at(n))) for n, name in enumerate("ABC")]
    lines = [good[0], good[1][:200], "5", '"x"', f"{good[2]} trailing text", good[1]]
    write(tmp_path, {"t.ndjson": "\n".join(lines).encode()})
    case = case_over(tmp_path)
    names = rows(case, "SELECT event_name FROM events ORDER BY position")
    assert [name for (name,) in names] == ["A", "C", "B"]
    [(status, notes)] = rows(case, "SELECT status, notes FROM files")
    assert status == "damaged"
    assert "line 2: " in notes[0]
    assert "line 5: " in notes[0]


@pytest.mark.parametrize(
    "text", ['{repositoryName=x, "imageIds"=[{', "{", '{"imageIds": 1', "[", '"']
)
def test_parameters_that_are_a_broken_text_break_nothing_else(tmp_path: Path, text: str) -> None:
    fields = {"requestParameters": text, "responseElements": text}
    broken = [
        record(name, at(0), eventSource=f"{service}.amazonaws.com", **fields)
        for service, name in [
            ("ecr", "BatchGetImage"),
            ("ecr", "BatchDeleteImage"),
            ("ecr", "CreatePullThroughCacheRule"),
            ("ecr", "SetRepositoryPolicy"),
            ("ecs", "RegisterTaskDefinition"),
            ("ecs", "RunTask"),
            ("ecr", "PutImage"),
        ]
    ]
    with case_of(tmp_path, *broken, push(A, "v1", at(1))) as case:
        assert case.totals["events"] == len(broken) + 1
        assert case.totals["images"] >= 1
