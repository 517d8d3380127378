"""The incident in the sample: every step of it can be found in the records."""

import re

from tests.samples.evidence import (
    BUILD,
    PRODUCTION,
    THIEF,
    Evidence,
    digest,
    issued,
    key,
    layers,
    manifest,
)


def chain(evidence: Evidence) -> list[list[str]]:
    """The keys of each run through the chain: the user's, jump's, ci-push's."""
    runs = []
    for first in evidence.named("AssumeRole", sourceIPAddress=THIEF):
        if "errorCode" in first or first["userIdentity"].get("type") != "IAMUser":
            continue
        (second,) = (
            event
            for event in evidence.named("AssumeRole")
            if key(event) == issued(first) and "errorCode" not in event
        )
        runs.append([key(first), issued(first), issued(second)])
    return runs


def test_the_stolen_key_is_new_by_address_and_client(evidence: Evidence) -> None:
    stolen = chain(evidence)[0][0]
    used = [event for event in evidence.events if key(event) == stolen]
    assert {event["userIdentity"]["userName"] for event in used} == {"sam.sre"}
    usual = [event for event in used if event["sourceIPAddress"] != THIEF]
    assert usual
    assert {event["sourceIPAddress"] for event in usual} == {"203.0.113.24"}
    assert not any(event["userAgent"].startswith("Boto3") for event in usual)
    theirs = [event for event in evidence.events if event["sourceIPAddress"] == THIEF]
    assert all(event["userAgent"].startswith("Boto3/") for event in theirs)
    assert theirs[0]["eventName"] == "GetCallerIdentity"


def test_reconnaissance_is_partly_refused(evidence: Evidence) -> None:
    stolen = chain(evidence)[0][0]
    seen = [e for e in evidence.events if key(e) == stolen and e["sourceIPAddress"] == THIEF]
    refused = {e["eventName"] for e in seen if e.get("errorCode") == "AccessDenied"}
    allowed = {e["eventName"] for e in seen if "errorCode" not in e}
    assert {"ListUsers", "DescribeRepositories", "ListImages", "AssumeRole"} <= refused
    assert {"ListRoles", "DescribeRepositories", "ListImages", "DescribeImages"} <= allowed


def test_two_runs_through_the_chain(evidence: Evidence) -> None:
    runs = chain(evidence)
    assert len(runs) == 2
    assert runs[0][0] == runs[1][0]
    assert len({session for run in runs for session in run[1:]}) == 4
    for _, jump, pusher in runs:
        hop = [
            event
            for event in evidence.named("AssumeRole")
            if event["responseElements"] and issued(event) == pusher
        ]
        assert {event["recipientAccountId"] for event in hop} == {PRODUCTION, BUILD}
        assert {event["userIdentity"]["type"] for event in hop} == {"AssumedRole", "AWSAccount"}
        assert len({event["sharedEventID"] for event in hop}) == 1
        for event in evidence.events:
            if key(event) in (jump, pusher):
                assert event["userIdentity"]["sessionContext"]["sourceIdentity"] == "sam.sre"
            if key(event) == pusher:
                assert re.fullmatch(r".*:assumed-role/ci-push/\d{10}", event["userIdentity"]["arn"])


def test_the_implant_keeps_every_layer_and_adds_one(evidence: Evidence) -> None:
    implant = evidence.moves_of_prod()[-1]
    assert key(implant) == chain(evidence)[0][2]
    before = evidence.moves_of_prod()[-2]
    assert layers(implant)[:-1] == layers(before)
    added = manifest(implant)["layers"][-1]
    assert added["size"] < 2_000_000
    assert manifest(implant)["config"]["digest"] != manifest(before)["config"]["digest"]
    elsewhere = [p for p in evidence.named("PutImage") if added["digest"] in layers(p)]
    assert {key(push) for push in elsewhere} == {key(implant)}
    assert implant["eventTime"].startswith("2026-03-08T23:")


def test_pull_and_failed_attempt_come_before_the_implant(evidence: Evidence) -> None:
    implant = evidence.moves_of_prod()[-1]
    mine = [event for event in evidence.events if key(event) == key(implant)]
    order = [e["eventName"] for e in mine if e["eventTime"] <= implant["eventTime"]]
    assert order.index("GetAuthorizationToken") < order.index("GetDownloadUrlForLayer")
    assert order.index("GetDownloadUrlForLayer") < order.index("InitiateLayerUpload")
    (attempt,) = (e for e in mine if e.get("errorCode") == "ImageTagAlreadyExistsException")
    assert attempt["eventTime"] < implant["eventTime"]
    assert layers(attempt) == layers(implant)
    (login,) = (e for e in mine if e["eventName"] == "GetAuthorizationToken")
    assert login["sourceIPAddress"] == THIEF


def test_scanning_is_switched_off(evidence: Evidence) -> None:
    (registry,) = evidence.named("PutRegistryScanningConfiguration")
    assert registry["errorCode"] == "AccessDenied"
    (repository,) = evidence.named("PutImageScanningConfiguration")
    assert "errorCode" not in repository
    assert repository["requestParameters"]["imageScanningConfiguration"] == {"scanOnPush": False}


def test_the_implant_is_deployed_and_pulled(evidence: Evidence) -> None:
    implant = evidence.moves_of_prod()[-1]
    mine = [event for event in evidence.events if key(event) == key(implant)]
    (definition,) = (e for e in mine if e["eventName"] == "RegisterTaskDefinition")
    (container,) = definition["requestParameters"]["containerDefinitions"]
    assert container["image"] == f"{PRODUCTION}.dkr.ecr.us-east-1.amazonaws.com/team/api:prod"
    (update,) = (e for e in mine if e["eventName"] == "UpdateService")
    assert update["requestParameters"]["forceNewDeployment"] is True
    pulls = [
        event["userIdentity"]["arn"].split("/")[1]
        for event in evidence.named("BatchGetImage")
        if event["requestParameters"]["imageIds"] == [{"imageDigest": digest(implant)}]
    ]
    assert pulls == ["ecsTaskExecutionRole", "ecsTaskExecutionRole", "eks-workers-node"]


def test_persistence_secrets_and_clean_up(evidence: Evidence) -> None:
    second = chain(evidence)[1][2]
    done = [(e["eventName"], e.get("errorCode")) for e in evidence.events if key(e) == second]
    for step in (
        ("CreateAccessKey", "AccessDenied"),
        ("GetSecretValue", None),
        ("BatchDeleteImage", None),
        ("StopLogging", "AccessDenied"),
        ("DeleteTrail", "AccessDenied"),
        ("DeleteLogGroup", None),
    ):
        assert step in done
    assert done.count(("GetSecretValue", None)) == 2
    before = evidence.moves_of_prod()[-2]
    (deleted,) = (e for e in evidence.named("BatchDeleteImage") if key(e) == second)
    assert deleted["requestParameters"]["imageIds"] == [{"imageDigest": digest(before)}]


def test_the_morning_after(evidence: Evidence) -> None:
    looks = [
        event
        for event in evidence.named("DescribeImages")
        if event["eventTime"].startswith("2026-03-09T08:")
    ]
    assert {event["recipientAccountId"] for event in looks} == {PRODUCTION, BUILD}
    assert {e["userIdentity"].get("userName") for e in looks} == {"lee.dev", None}
