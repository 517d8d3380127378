"""Ordinary life in the sample: what an analyst has to see through."""

import json
import re
from collections import Counter, defaultdict

from tests.samples.evidence import (
    BUILD,
    PRODUCTION,
    Evidence,
    digest,
    issued,
    key,
    layers,
    manifest,
)


def test_ci_jobs_share_an_arn_and_differ_by_key(evidence: Evidence) -> None:
    logins = evidence.named("AssumeRoleWithWebIdentity")
    subjects = {event["userIdentity"]["userName"] for event in logins}
    assert "repo:example-org/api:ref:refs/heads/main" in subjects
    assert len(subjects) >= 7
    keys = {issued(event) for event in logins}
    assert len(keys) == len(logins)
    ci = [
        p for p in evidence.named("PutImage") if p["userIdentity"]["arn"].endswith("/GitHubActions")
    ]
    assert {key(push) for push in ci} <= keys
    assert {push["userIdentity"]["arn"].split("/")[1] for push in ci} == {"ci-push", "ci-build"}


def test_layers_are_uploaded_once_for_a_repository(evidence: Evidence) -> None:
    uploads = Counter(
        (
            event["recipientAccountId"],
            event["requestParameters"]["repositoryName"],
            event["requestParameters"]["layerDigests"][0],
        )
        for event in evidence.named("CompleteLayerUpload")
    )
    assert max(uploads.values()) == 1
    opened = {e["responseElements"]["uploadId"] for e in evidence.named("InitiateLayerUpload")}
    parts = {e["requestParameters"]["uploadId"] for e in evidence.named("UploadLayerPart")}
    closed = {e["requestParameters"]["uploadId"] for e in evidence.named("CompleteLayerUpload")}
    assert opened == parts == closed


def test_repositories(evidence: Evidence) -> None:
    pushed = {
        push["resources"][0]["ARN"].partition("arn:aws:ecr:")[2]
        for push in evidence.named("PutImage")
    }
    virginia, ireland = f"us-east-1:{PRODUCTION}:repository", f"eu-west-1:{BUILD}:repository"
    assert pushed == {
        f"{virginia}/base/python",
        f"{virginia}/charts/api",
        f"{virginia}/team/api",
        f"{virginia}/team/web",
        f"{virginia}/team/worker",
        f"{virginia}/tools/migrate",
        f"{ireland}/dev/scratch",
        f"{ireland}/dev/toolbox",
        f"{ireland}/team/api",
    }


def test_images_continue_from_their_base(evidence: Evidence) -> None:
    bases = [layers(push) for push in evidence.pushes("base/python")]
    assert len({tuple(base) for base in bases}) == 3
    for push in evidence.pushes("team/worker"):
        assert any(layers(push)[:4] == base for base in bases)


def test_multi_arch_pushes_end_with_the_tagged_index(evidence: Evidence) -> None:
    pushes = evidence.pushes("team/web")
    by_digest = {digest(push): push for push in pushes}
    indexes = [push for push in pushes if "manifests" in manifest(push)]
    assert len(indexes) == 12  # six versions, each tagged with its number and with main
    for index in indexes:
        children = manifest(index)["manifests"]
        assert Counter(child["platform"]["architecture"] for child in children) == {
            "amd64": 1,
            "arm64": 1,
            "unknown": 2,
        }
        for child in children:
            push = by_digest[child["digest"]]
            assert "imageTag" not in push["requestParameters"]
            assert push["eventTime"] <= index["eventTime"]
            assert len(push["requestParameters"]["imageManifest"]) == child["size"]


def test_signatures_name_signed_images(evidence: Evidence) -> None:
    for repository in ("team/api", "team/web"):
        pushes = evidence.pushes(repository)
        known = {digest(push) for push in pushes if "errorCode" not in push}
        tags = [p["requestParameters"].get("imageTag", "") for p in pushes]
        signed = {tag[:-4].replace("-", ":") for tag in tags if tag.endswith(".sig")}
        assert len(signed) == 3
        assert signed <= known


def test_helm_chart(evidence: Evidence) -> None:
    (chart,) = evidence.pushes("charts/api")
    assert manifest(chart)["config"]["mediaType"] == "application/vnd.cncf.helm.config.v1+json"


def test_users_push_with_temporary_keys(evidence: Evidence) -> None:
    pushers = set()
    for push in evidence.named("PutImage"):
        who = push["userIdentity"]
        if who["type"] == "IAMUser":
            pushers.add(who["userName"])
            assert who["accessKeyId"].startswith("ASIA")
            started = who["sessionContext"]["attributes"]["creationDate"]
            login = evidence.named("GetAuthorizationToken", eventTime=started)
            assert login[0]["userIdentity"]["accessKeyId"].startswith("AKIA")
    assert pushers == {"dana.ops", "lee.dev", "sam.sre"}


def test_console_and_single_sign_on(evidence: Evidence) -> None:
    logins = evidence.named("ConsoleLogin")
    assert {event["additionalEventData"]["MFAUsed"] for event in logins} == {"Yes"}
    sso = [e for e in evidence.events if "AWSReservedSSO_" in e["userIdentity"].get("arn", "")]
    assert {e["userIdentity"]["arn"].split("/")[-1] for e in sso} == {"mira@example.com"}
    assert all(e["sessionCredentialFromConsole"] == "true" for e in sso)


def test_pulls_by_tasks_and_nodes(evidence: Evidence) -> None:
    pulls = evidence.named("GetDownloadUrlForLayer")
    roles = Counter(event["userIdentity"]["arn"].split("/")[1] for event in pulls)
    assert set(roles) == {"ecsTaskExecutionRole", "eks-workers-node", "ci-push"}
    nodes = {
        p["userIdentity"]["arn"].split("/")[2] for p in pulls if "eks" in str(p["userIdentity"])
    }
    assert all(re.fullmatch(r"i-0[0-9a-f]{16}", node) for node in nodes)


def test_releases_move_prod_and_deploy(evidence: Evidence) -> None:
    moves = evidence.moves_of_prod()
    assert len(moves) == 4
    built = {
        digest(push)
        for push in evidence.pushes("team/api")
        if push not in moves and "errorCode" not in push
    }
    assert {digest(push) for push in moves[:-1]} <= built
    assert digest(moves[-1]) not in built
    deployers = Counter(
        event["userIdentity"]["arn"].split("/")[1] for event in evidence.named("UpdateService")
    )
    assert deployers == {"deploy": 8, "ci-push": 1}


def test_failed_pushes(evidence: Evidence) -> None:
    failed = [push for push in evidence.named("PutImage") if "errorCode" in push]
    assert [push["errorCode"] for push in failed] == [
        "ImageAlreadyExistsException",
        "ImageTagAlreadyExistsException",
        "ImageTagAlreadyExistsException",
    ]


def test_lifecycle_policy(evidence: Evidence) -> None:
    (expiry,) = evidence.named("PolicyExecutionEvent")
    assert expiry["eventType"] == "AwsServiceEvent"
    assert expiry["userIdentity"] == {"accountId": PRODUCTION, "invokedBy": "AWS Internal"}
    assert expiry["readOnly"] is True
    details = expiry["serviceEventDetails"]
    assert details["repositoryName"] == "team/worker"
    gone = {a["lifecycleEventImage"]["digest"] for a in details["lifecycleEventImageActions"]}
    assert gone & {digest(push) for push in evidence.pushes("team/worker")}


def test_scan_findings_are_read(evidence: Evidence) -> None:
    read = evidence.named("DescribeImageScanFindings")
    assert len(read) == 3
    for event in read:
        assert event["responseElements"]["imageScanFindings"]["findingSeverityCounts"]["HIGH"] == 1


def test_a_harmless_new_address(evidence: Evidence) -> None:
    abroad = [e for e in evidence.events if e["sourceIPAddress"] == "198.51.100.12"]
    assert {e["userIdentity"]["userName"] for e in abroad} == {"lee.dev"}


def test_a_wanted_session_across_accounts(evidence: Evidence) -> None:
    pairs = defaultdict(list)
    for event in evidence.named("AssumeRole"):
        if "audit-read-only" in json.dumps(event["requestParameters"]):
            pairs[event["sharedEventID"]].append(event["recipientAccountId"])
    assert [sorted(accounts) for accounts in pairs.values()] == [[PRODUCTION, BUILD]] * 2
