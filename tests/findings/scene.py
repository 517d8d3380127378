"""Two weeks of one account, in which every rule has something to find, to miss and to pass over.

Each rule has repositories (or people) of its own, so that one case serves them all: NAME/hit is
what it must find, NAME/miss lacks one condition, NAME/benign is everyday life.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from tests.evidence_files import ACCOUNT, Record, image, push, record, sha

CI = f"arn:aws:sts::{ACCOUNT}:assumed-role/ci-push/GitHubActions"
OTHER = "444455556666"
HOME, AWAY, ELSEWHERE = "203.0.113.10", "198.51.100.7", "192.0.2.44"
PUBLIC = "ecr-public.amazonaws.com"


def user(name: str) -> str:
    return f"arn:aws:iam::{ACCOUNT}:user/{name}"


def when(day: int, hour: int, minute: int = 0, second: int = 0) -> str:
    return f"2026-03-{day:02d}T{hour:02d}:{minute:02d}:{second:02d}Z"


class Scene:
    """Collects records; each helper says what somebody did."""

    def __init__(self) -> None:
        self.records: list[Record] = []

    def call(
        self, name: str, day: int, hour: int, who: str, minute: int = 0, **fields: Any
    ) -> None:
        """Any call; the registry's unless `eventSource` says otherwise."""
        fields.setdefault("userIdentity", identity(who))
        self.records.append(record(name, when(day, hour, minute), who, **fields))

    def read(self, name: str, repo: str | None, day: int, hour: int, who: str, minute: int = 0,
             **fields: Any) -> None:  # fmt: skip
        asked = {"repositoryName": repo} if repo else {"maxResults": 100}
        fields = {"readOnly": True, "requestParameters": asked, **fields}
        self.call(name, day, hour, who, minute, **fields)

    def login(self, day: int, hour: int, who: str, minute: int = 0, **fields: Any) -> None:
        fields = {"requestParameters": None, "readOnly": True, **fields}
        self.call("GetAuthorizationToken", day, hour, who, minute, **fields)

    def put(
        self,
        repo: str,
        tag: str | None,
        layers: Sequence[str],
        day: int,
        hour: int = 10,
        who: str = CI,
        minute: int = 5,
        *,
        login: bool = True,
        **fields: Any,
    ) -> str:
        """A push, with a login some minutes before; returns the digest."""
        shared: dict[str, Any] = {
            k: fields[k] for k in ("sourceIPAddress", "userAgent") if k in fields
        }
        if login:
            self.login(day, hour, who, minute - 4, **shared)
        manifest = image(*layers)
        fields.setdefault("userIdentity", identity(who))
        made = push(manifest, tag, when(day, hour, minute), who, **fields)
        made["requestParameters"]["repositoryName"] = repo
        if made["responseElements"]:
            made["responseElements"]["image"]["repositoryName"] = repo
        self.records.append(made)
        return sha(manifest)

    def habit(
        self, repo: str, who: str = CI, days: Sequence[int] = (2, 3, 4, 5, 6, 9), **fields: Any
    ) -> None:
        """Two builds a day, at 10 and 14 o'clock."""
        for number, (day, hour) in enumerate((day, hour) for day in days for hour in (10, 14)):
            self.put(repo, f"b{number}", ["debian", f"{repo} {number}"], day, hour, who, **fields)


def identity(who: str) -> dict[str, Any]:
    """A user, root, or a session of a role."""
    name = who.rsplit("/", 1)[-1]
    found: dict[str, Any] = {"arn": who, "accountId": who.split(":")[4]}
    if who.endswith(":root"):
        return {**found, "type": "Root", "principalId": ACCOUNT, "accessKeyId": "ASIAROOT"}
    if ":assumed-role/" in who:
        role = who.split("/")[1]
        issuer = {"type": "Role", "arn": f"arn:aws:iam::{who.split(':')[4]}:role/{role}"}
        context = {"sessionIssuer": issuer}
        key = f"ASIA{role}{name}".upper()
        return {**found, "type": "AssumedRole", "accessKeyId": key, "sessionContext": context}
    return {**found, "type": "IAMUser", "userName": name, "accessKeyId": f"AKIA{name}".upper()}


def whole_scene() -> list[Record]:
    """All records."""
    scene = Scene()
    for hour in range(24):  # from the first minute on, something happens
        for day in range(1, 15):
            scene.call(
                "DescribeInstances", day, hour, user("monitor"), eventSource="ec2.amazonaws.com",
                readOnly=True, requestParameters=None,
            )  # fmt: skip
    for act in (
        _new_people, _hours, _addresses, _clients, _root, _tags, _fixed_tags, _implants, _pulled,
        _looked_around, _logins, _odd, _policies, _guards, _deletions, _listings, _tokens,
        _strangers, _regions, _scans, _refusals, _keys, _logging, _reach, _public, _direct,
        _deploys,
    ):  # fmt: skip
        act(scene)
    return scene.records


# --- pushes by whom, when, from where -------------------------------------------------------------


def _new_people(scene: Scene) -> None:
    for repo in ("new/hit", "new/benign", "human/hit", "human/benign"):
        scene.habit(repo)
    scene.put("new/hit", "x", ["n", "1"], 10, who=user("nora"))
    for day in (2, 3):  # too few pushes to be a habit
        scene.put("new/miss", f"m{day}", ["n", f"{day}"], day)
    scene.put("new/miss", "x", ["n", "2"], 10, who=user("nora"))
    scene.put("new/benign", "y", ["n", "3"], 4, who=user("nora"))
    scene.put("new/benign", "x", ["n", "4"], 10, who=user("nora"))
    scene.put("human/hit", "x", ["h", "1"], 10, who=user("hans"))
    scene.habit("human/miss", user("hank"))
    scene.put("human/miss", "x", ["h", "2"], 10, who=user("hans"))
    robot = f"arn:aws:sts::{ACCOUNT}:assumed-role/other-ci/GitHubActions"
    scene.put("human/benign", "x", ["h", "3"], 10, who=robot)


def _hours(scene: Scene) -> None:
    for repo in ("hours/hit", "hours/miss", "hours/benign"):
        scene.habit(repo)
    scene.put("hours/hit", "x", ["t", "1"], 11, 3)
    scene.put("hours/miss", "x", ["t", "2"], 11, 8)
    scene.put("hours/benign", "y", ["t", "3"], 5, 3)
    scene.put("hours/benign", "x", ["t", "4"], 11, 3)
    scene.put("hours/late", "x", ["t", "5"], 11, 22, user("luis"))


def _addresses(scene: Scene) -> None:
    for name in ("hit", "miss", "benign"):
        scene.habit(f"address/{name}", user(f"addr-{name}"), days=(2, 3, 4))
    scene.put("address/hit", "x", ["a", "1"], 11, who=user("addr-hit"), sourceIPAddress=AWAY)
    near: dict[str, Any] = {"sourceIPAddress": "203.0.113.99"}
    scene.put("address/miss", "x", ["a", "2"], 11, who=user("addr-miss"), **near)
    for number in range(4):  # somebody who is never twice in the same place
        there: dict[str, Any] = {"sourceIPAddress": f"192.0.{number}.7"}
        scene.login(5, 10 + number, user("addr-benign"), **there)
    roaming: dict[str, Any] = {"sourceIPAddress": "198.51.100.99"}
    scene.put("address/benign", "x", ["a", "3"], 11, who=user("addr-benign"), **roaming)


def _clients(scene: Scene) -> None:
    for name in ("hit", "miss"):
        scene.habit(f"client/{name}", user(f"client-{name}"), days=(2, 3, 4))
    scene.put("client/hit", "x", ["c", "1"], 11, who=user("client-hit"), userAgent="crane/0.19")
    newer = "docker/28.0.0"
    scene.put("client/miss", "x", ["c", "2"], 11, who=user("client-miss"), userAgent=newer)
    scene.habit("client/benign", user("client-benign"), days=(2, 3, 4))
    for day in (2, 11):  # what it uses now and then
        who = user("client-benign")
        scene.put("client/benign", f"{day}", ["c", f"b{day}"], day, who=who, userAgent="crane/0.19")


def _root(scene: Scene) -> None:
    scene.put("root/hit", "x", ["r", "1"], 11, who=f"arn:aws:iam::{ACCOUNT}:root")
    scene.put("root/miss", "x", ["r", "2"], 11, who=user("root"))
    scene.habit("root/benign")
    scene.read("DescribeImages", "root/benign", 11, 9, f"arn:aws:iam::{ACCOUNT}:root")


# --- tags and layers ------------------------------------------------------------------------------


def _tags(scene: Scene) -> None:
    for repo in ("tag/hit", "tag/benign"):
        for number, day in enumerate((2, 4, 6, 9)):
            scene.put(repo, f"1.0.{number}", ["d", f"{repo}{number}"], day)
            scene.put(repo, "prod", ["d", f"{repo}{number}"], day, 12)
    scene.put("tag/hit", "prod", ["d", "evil"], 11, who=user("tamara"))
    scene.put("tag/benign", "1.0.9", ["d", "nine"], 11)
    scene.put("tag/benign", "prod", ["d", "nine"], 11, 12)
    scene.put("tag/version", "2.0.0", ["d", "v1"], 4)
    scene.put("tag/version", "2.0.0", ["d", "v2"], 8)
    scene.put("tag/again", "2.0.0", ["d", "w1"], 4, 10, minute=5)
    scene.put("tag/again", "2.0.0", ["d", "w2"], 4, 10, minute=25)
    for number, day in enumerate((2, 3, 4, 5, 6)):
        scene.put("tag/latest", "latest", ["d", f"l{number}"], day)


def _fixed_tags(scene: Scene) -> None:
    refused: dict[str, Any] = {"failed": "ImageTagAlreadyExistsException", "login": False}
    for name in ("hit", "miss", "benign"):
        scene.put(f"fixed/{name}", "1.0.0", ["f", name], 4)
    scene.put("fixed/hit", "1.0.0", ["f", "new top"], 11, who=user("felix"), **refused)
    scene.put("fixed/hit", "1.0.1", ["f", "new top"], 11, 11, user("felix"))
    scene.put("fixed/miss", "1.0.0", ["f", "one top"], 11, **refused)
    scene.put("fixed/miss", "1.0.1", ["f", "another top"], 11, 11)
    scene.put("fixed/benign", "1.0.0", ["f", "benign"], 11, **refused)


def _implants(scene: Scene) -> None:
    base = ["os", "deps", "app"]
    for repo in ("implant/hit", "implant/miss", "implant/benign", "implant/own"):
        scene.put(repo, "prod", [*base, repo], 4)
    added = [*base, "implant/hit", "one more"]
    scene.put("implant/hit", "prod", added, 11, who=user("ivan"))
    moved = [*base[::-1], "implant/miss", "one more too"]
    scene.put("implant/miss", "prod", moved, 11, who=user("ivan"))
    scene.put("implant/benign", "prod", [*base, "implant/benign 2"], 11)
    scene.put("implant/own", "prod", [*base, "implant/own", "one instruction"], 11)
    scene.put("spread/hit", "x", ["other os", "one more"], 11, 15, user("ivan"))
    scene.put("spread/miss", "x", ["other os", "one instruction"], 3)
    scene.put("spread/miss", "y", ["other os", "one instruction", "z"], 12)
    scene.put("spread/benign", "x", ["os", "deps", "an app of its own"], 12)


def _pulled(scene: Scene) -> None:
    for name in ("hit", "miss", "benign"):
        scene.put(f"pulled/{name}", "prod", ["os", f"pulled {name}"], 4)
    for name, who, hour in (("hit", user("pia"), 9), ("miss", user("pit"), 0), ("benign", CI, 9)):
        repo = f"pulled/{name}"
        pull = {"repositoryName": repo, "imageIds": [{"imageTag": "prod"}]}
        scene.read("BatchGetImage", repo, 11, hour, who, requestParameters=pull)
    scene.put("pulled/hit", "prod", ["os", "pulled hit", "top"], 11, who=user("pia"))
    scene.put("pulled/miss", "prod", ["os", "pulled miss", "top2"], 11, 14, user("pit"))
    scene.put("pulled/benign", "prod", ["os", "built anew"], 11)


# --- sequences ------------------------------------------------------------------------------------


def _look(scene: Scene, who: str, hour: int, repo: str) -> None:
    scene.read("DescribeRepositories", None, 11, hour, who, 1)
    scene.read("ListImages", repo, 11, hour, who, 2)
    scene.read("DescribeImages", repo, 11, hour, who, 3)


def _looked_around(scene: Scene) -> None:
    for name in ("hit", "miss", "benign"):
        scene.habit(f"recon/{name}")
    _look(scene, user("rita"), 12, "recon/hit")
    scene.put("recon/hit", "x", ["rc", "1"], 11, 13, user("rita"))
    scene.put("recon/miss", "x", ["rc", "2"], 11, 13, user("rosa"))  # looks only afterwards
    _look(scene, user("rosa"), 14, "recon/miss")
    _look(scene, CI, 12, "recon/benign")
    scene.put("recon/benign", "x", ["rc", "3"], 11, 13)


def _logins(scene: Scene) -> None:
    scene.put("login/unknown", "x", ["lo", "0"], 1, 3, user("lena"), login=False)
    scene.put("login/hit", "x", ["lo", "1"], 11, 12, user("lena"), login=False)
    scene.login(11, 1, user("lars"))
    scene.put("login/miss", "x", ["lo", "2"], 11, 12, user("lars"), login=False)
    scene.put("login/benign", "x", ["lo", "3"], 11, 12, user("lotte"))


def _odd(scene: Scene) -> None:
    for name in ("hit", "miss"):
        scene.habit(f"odd/{name}")
        scene.habit(f"odd/{name}-own", user(f"odd-{name}"), days=(2, 3, 4))
    strange: dict[str, Any] = {"sourceIPAddress": AWAY, "userAgent": "Boto3/1.34"}
    scene.put("odd/hit", "x", ["o", "1"], 11, 3, user("odd-hit"), **strange)
    scene.put("odd/miss", "x", ["o", "2"], 11, 10, user("odd-miss"))
    scene.habit("odd/benign")
    scene.put("odd/benign", "x", ["o", "3"], 11, 10)


# --- how the registry works -----------------------------------------------------------------------


def _policy(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"policyText": json.dumps({"Version": "2012-10-17", "Statement": list(statements)})}


def _policies(scene: Scene) -> None:
    pulls = {"Effect": "Allow", "Action": ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]}
    own = {**pulls, "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}}
    inside = {"StringEquals": {"aws:PrincipalOrgID": "o-exampleorg"}}
    outside = {"StringNotEquals": {"aws:PrincipalOrgID": "o-exampleorg"}}
    anywhere = {
        "IpAddress": {"aws:SourceIp": ["0.0.0.0/0"]},
        "Bool": {"aws:SecureTransport": "true"},
    }
    for repo, statements in (
        ("policy/hit", ({**pulls, "Principal": {"AWS": ["*"]}, "Action": "ecr:*"},)),
        ("policy/account", (own, {**pulls, "Principal": {"AWS": "999988887777"}})),
        ("policy/miss", ({**pulls, "Effect": "Deny", "Principal": "*"}, own)),
        ("policy/benign", (own,)),
        ("policy/limited", ({**pulls, "Principal": "*", "Condition": inside},)),
        ("policy/reading", ({"Effect": "Allow", "Principal": "*", "Action": "ecr:ListImages"},)),
        ("policy/anywhere", ({**pulls, "Principal": "*", "Condition": anywhere},)),
        ("policy/all-but-org", ({**pulls, "Principal": "*", "Condition": outside},)),
        ("policy/both", ({**pulls, "Principal": "*", "Condition": {**anywhere, **inside}},)),
        ("policy/wildcard", ({"Effect": "Allow", "Principal": "*", "Action": "ECR:P*Imag?"},)),
        ("policy/all-but", ({"Effect": "Allow", "Principal": "*", "NotAction": "ecr:Delete*"},)),
        ("policy/not-these", ({"Effect": "Allow", "Principal": "*", "NotAction": ["ecr:*"]},)),
    ):
        asked = {"repositoryName": repo, **_policy(*statements)}
        scene.call("SetRepositoryPolicy", 11, 9, user("polly"), requestParameters=asked)
    changes: tuple[tuple[str, dict[str, Any]], ...] = (
        ("PutReplicationConfiguration", {}),
        ("CreatePullThroughCacheRule", {"errorCode": "AccessDenied"}),
        ("UpdatePullThroughCacheRule", {"eventSource": "example.amazonaws.com"}),
    )
    for name, more in changes:
        asked = {
            "replicationConfiguration": {
                "rules": [{"destinations": [{"registryId": "999988887777", "region": "us-west-2"}]}]
            }
        }
        who = user("rep" if not more else "rep-miss")
        scene.call(name, 11, 9, who, requestParameters=asked, **more)
    for who, accounts in (("rep-both", (ACCOUNT, "999988887777")), ("rep-own", (ACCOUNT,))):
        places = [{"registryId": account, "region": "eu-west-1"} for account in accounts]
        asked = {"replicationConfiguration": {"rules": [{"destinations": places}]}}
        scene.call("PutReplicationConfiguration", 11, 9, user(who), requestParameters=asked)
    scene.read("DescribeRegistry", None, 11, 9, user("rep-benign"))
    removed = {"ecrRepositoryPrefix": "hub"}
    scene.call("DeletePullThroughCacheRule", 11, 9, user("rep-benign"), requestParameters=removed)
    emptied: dict[str, Any] = {"replicationConfiguration": {"rules": []}}
    scene.call("PutReplicationConfiguration", 11, 9, user("rep-benign"), requestParameters=emptied)


def _guards(scene: Scene) -> None:
    def change(name: str, repo: str, **asked: Any) -> None:
        source: Any = asked.pop("source", "ecr.amazonaws.com")
        asked = {"repositoryName": repo, **asked}
        scene.call(name, 11, 9, user("gus"), requestParameters=asked, eventSource=source)

    change("PutImageTagMutability", "guard/tags", imageTagMutability="MUTABLE")
    change("PutImageTagMutability", "guard/fixed", imageTagMutability="IMMUTABLE")
    some = {"filterType": "WILDCARD", "filter": "*"}
    change(
        "PutImageTagMutability", "guard/some", imageTagMutability="IMMUTABLE_WITH_EXCLUSION",
        imageTagMutabilityExclusionFilters=[some],
    )  # fmt: skip
    off, on = {"scanOnPush": False}, {"scanOnPush": True}
    change("PutImageScanningConfiguration", "guard/scan", imageScanningConfiguration=off)
    change("PutImageScanningConfiguration", "guard/on", imageScanningConfiguration=on)
    change("DeleteRepositoryPolicy", "guard/policy")
    change("DeleteRepositoryPolicy", "guard/foreign", source="example.amazonaws.com")
    for repo, count, more in (
        ("guard/expire", 1, {}),
        ("guard/keep", 30, {}),
        ("guard/untagged", 1, {"tagStatus": "untagged"}),
        ("guard/prefix", 1, {"tagStatus": "tagged", "tagPrefixList": ["pr-"]}),
        ("guard/pattern", 1, {"tagStatus": "tagged", "tagPatternList": ["*"]}),
    ):
        chosen = {"countType": "imageCountMoreThan", "countNumber": count, **more}
        rule = {"selection": chosen, "action": {"type": "expire"}}
        change("PutLifecyclePolicy", repo, lifecyclePolicyText=json.dumps({"rules": [rule]}))
    chosen = {"tagStatus": "any", "countType": "sinceImagePushed", "countNumber": 1}
    archived = {"selection": chosen, "action": {"type": "transition"}}
    change("PutLifecyclePolicy", "guard/archive",
           lifecyclePolicyText=json.dumps({"rules": [archived]}))  # fmt: skip
    scanning: tuple[tuple[str, dict[str, Any]], ...] = (
        ("guard-none", {"scanType": "BASIC"}),
        ("guard-manual", {"scanType": "BASIC", "rules": [{"scanFrequency": "MANUAL"}]}),
        ("guard-scans", {"scanType": "BASIC", "rules": [{"scanFrequency": "SCAN_ON_PUSH"}]}),
    )
    for who, asked in scanning:
        scene.call("PutRegistryScanningConfiguration", 11, 9, user(who), requestParameters=asked)
    for who, signs in (("guard-unsigned", []), ("guard-signed", [{"signingProfileArn": "arn"}])):
        kept = {"signingConfiguration": {"rules": signs}}
        scene.call("PutSigningConfiguration", 11, 9, user(who), requestParameters=kept)
    for value in ("V1", "V2"):
        scope = {"name": "REGISTRY_POLICY_SCOPE", "value": value}
        scene.call("PutAccountSetting", 11, 9, user(f"guard-{value}"), requestParameters=scope)


def _delete(scene: Scene, repo: str, digest: str, day: int, hour: int, who: str, minute: int = 0,
            also: Sequence[str] = (), **fields: Any) -> None:  # fmt: skip
    named = [{"imageDigest": one} for one in (digest, *also)]
    asked = {"repositoryName": repo, "imageIds": named}
    answer = {"imageIds": named, "failures": []}
    fields = {"requestParameters": asked, "responseElements": answer, **fields}
    scene.call("BatchDeleteImage", day, hour, who, minute, **fields)


def _deletions(scene: Scene) -> None:
    old = scene.put("delete/hit", "prod", ["de", "1"], 4)
    scene.put("delete/hit", "prod", ["de", "2"], 11, who=user("dora"))
    _delete(scene, "delete/hit", old, 11, 12, user("dora"))
    _delete(scene, "delete/tidy", sha("gone"), 11, 12, user("dean"))
    for day in (9, 10, 11):
        _delete(scene, "delete/benign", sha(f"old {day}"), day, 12, user("cleaner"))
    _delete(scene, "delete/job", sha("job"), 11, 12, CI)
    refused: dict[str, Any] = {"errorCode": "AccessDenied"}
    _delete(scene, "delete/miss", sha("kept"), 11, 12, user("dan"), **refused)
    none = {"imageIds": [], "failures": [{"failureCode": "ImageNotFound"}]}
    _delete(scene, "delete/none", sha("none"), 11, 12, user("dan"), responseElements=none)
    ran = scene.put("delete/ran", "1.0.0", ["de", "ran"], 4)
    _run(scene, "delete/ran:1.0.0", 9, 12, user("operator"))
    _delete(scene, "delete/ran", sha("never ran"), 11, 12, user("drew"), also=[ran])
    _run(scene, "delete/own:1.0.0", 11, 14, user("operator"))
    own = scene.put("delete/own", "1.0.0", ["de", "own"], 11, 13, user("dora"))
    _run(scene, "delete/own:1.0.0", 11, 14, user("operator"), 40)
    _delete(scene, "delete/own", own, 11, 15, user("dora"))


def _listings(scene: Scene) -> None:
    for minute in range(8):
        scene.read("ListImages", f"list/{minute % 4}", 11, 9, user("list-hit"), minute)
    for minute in range(7):
        scene.read("ListImages", f"list/{minute % 4}", 11, 9, user("list-miss"), minute)
    for day in (9, 10, 11):
        for minute in range(8):
            scene.read("ListImages", f"list/{minute % 4}", day, 9, user("list-benign"), minute)


def _tokens(scene: Scene) -> None:
    scene.login(11, 9, user("token-hit"))
    scene.login(11, 9, user("token-miss"))
    pull = {"repositoryName": "new/hit", "imageIds": [{"imageTag": "b1"}]}
    scene.read("BatchGetImage", "new/hit", 11, 10, user("token-miss"), requestParameters=pull)
    for day in (3, 11):
        scene.login(day, 9, user("token-benign"))
    scene.habit("token/own", user("token-away"), days=(2, 3))
    scene.login(11, 9, user("token-away"), sourceIPAddress=ELSEWHERE)
    scene.habit("token/near", user("token-near"), days=(2, 3))
    scene.login(11, 9, user("token-near"), sourceIPAddress="203.0.113.77")
    scene.habit("token/roam", user("token-roam"), days=(2, 3))
    for number in range(4):  # somebody who is never twice in the same place
        scene.login(3, 18 + number, user("token-roam"), sourceIPAddress=f"192.0.{number}.8")
    scene.login(11, 9, user("token-roam"), sourceIPAddress="198.51.100.98")


def _strangers(scene: Scene) -> None:
    def pull(repo: str, who: str, minute: int = 0, **fields: Any) -> None:
        asked = {"registryId": ACCOUNT, "repositoryName": repo, "imageIds": [{"imageTag": "b1"}]}
        scene.read("BatchGetImage", repo, 11, 9, who, minute, requestParameters=asked, **fields)

    pull("new/hit", f"arn:aws:sts::{OTHER}:assumed-role/puller/app")
    service: dict[str, Any] = {"type": "AWSService", "invokedBy": "ecs-tasks.amazonaws.com"}
    pull("new/hit", user("service"), userIdentity=service)
    for number in range(10):
        pull(f"bulk/{number}", user("bulk-hit"), number)
    for number in range(9):
        pull(f"bulk/{number}", user("bulk-miss"), number)


def _regions(scene: Scene) -> None:
    made: dict[str, Any] = {"requestParameters": {"repositoryName": "region/new"}}
    scene.call("CreateRepository", 11, 9, user("reg-hit"), awsRegion="eu-north-1", **made)
    scene.read("DescribeRepositories", None, 11, 9, user("reg-miss"), awsRegion="ap-south-1")
    scene.read("DescribeRepositories", None, 1, 9, user("reg-benign"), awsRegion="eu-west-3")
    scene.call("CreateRepository", 11, 9, user("reg-benign"), awsRegion="eu-west-3", **made)


def _scans(scene: Scene) -> None:
    for name, counts in (
        ("hit", {"CRITICAL": 2, "HIGH": 1}),
        ("miss", {"MEDIUM": 9, "LOW": 3}),
        ("benign", {}),
    ):
        digest = scene.put(f"scan/{name}", "1", ["s", name], 9)
        image_id = {"imageDigest": digest}
        asked = {"repositoryName": f"scan/{name}", "imageId": image_id}
        answer = {"imageId": image_id, "imageScanFindings": {"findingSeverityCounts": counts}}
        scene.read(
            "DescribeImageScanFindings", None, 11, 9, user("auditor"),
            requestParameters=asked, responseElements=answer,
        )  # fmt: skip


def _refusals(scene: Scene) -> None:
    denied: dict[str, Any] = {"errorCode": "AccessDenied", "errorMessage": "no"}
    for name, count, then in (("hit", 3, True), ("miss", 2, True), ("benign", 3, False)):
        for minute in range(count):
            scene.read("ListImages", "denied", 11, 9, user(f"deny-{name}"), minute, **denied)
        if then:
            scene.read("ListImages", "denied", 11, 9, user(f"deny-{name}"), 30)


# --- around the push ------------------------------------------------------------------------------


def _keys(scene: Scene) -> None:
    iam: dict[str, Any] = {"eventSource": "iam.amazonaws.com"}
    for name, day in (("key-hit", 9), ("key-miss", 2)):
        answer = {"accessKey": {"userName": name, "accessKeyId": f"AKIA{name}".upper()}}
        asked = {"userName": name}
        scene.call(
            "CreateAccessKey", day, 9, user("admin"), requestParameters=asked,
            responseElements=answer, **iam,
        )  # fmt: skip
        scene.put(f"key/{name}", "x", ["k", name], 11, who=user(name))
    answer = {"accessKey": {"userName": "key-benign", "accessKeyId": "AKIANEVERUSED"}}
    scene.call(
        "CreateAccessKey", 9, 9, user("admin"), requestParameters={"userName": "key-benign"},
        responseElements=answer, **iam,
    )  # fmt: skip
    scene.put("key/key-benign", "x", ["k", "key-benign"], 11, who=user("key-benign"))
    for name, created, used in (
        ("mfa-hit", when(11, 9), "No"),
        ("mfa-miss", when(11, 4), "No"),
        ("mfa-said", when(11, 9), "Yes"),
        ("mfa-benign", when(11, 9), "Yes"),
    ):
        scene.call(
            "ConsoleLogin", 11, 9, user(name), eventSource="signin.amazonaws.com",
            requestParameters=None, responseElements={"ConsoleLogin": "Success"},
            additionalEventData={"MFAUsed": used, "MobileVersion": "No"},
        )  # fmt: skip
        with_mfa = "true" if name == "mfa-benign" else "false"
        attributes = {"creationDate": created, "mfaAuthenticated": with_mfa}
        session = {**identity(user(name)), "sessionContext": {"attributes": attributes}}
        scene.put(f"mfa/{name}", "x", ["mf", name], 11, who=user(name), userIdentity=session)
    _console_logins(scene)


def _console_logins(scene: Scene) -> None:
    def login(who: str, day: int, used: str, **fields: Any) -> None:
        scene.call(
            "ConsoleLogin", day, 8, who, eventSource="signin.amazonaws.com", requestParameters=None,
            **{"responseElements": {"ConsoleLogin": "Success"}, **fields},
            additionalEventData={"MFAUsed": used},
        )  # fmt: skip

    for name in ("con-hit", "con-refused", "con-early", "con-benign"):
        scene.put(f"con/{name}", "x", ["co", name], 11, who=user(name))
    login(user("con-hit"), 11, "No")
    login(user("con-refused"), 11, "No", responseElements={"ConsoleLogin": "Failure"})
    login(user("con-early"), 8, "No")
    login(user("con-benign"), 11, "Yes")
    login(user("con-idle"), 11, "No")  # and touches nothing of the registry
    federated = {**identity(f"arn:aws:sts::{ACCOUNT}:assumed-role/AWSReservedSSO_Dev_1/con@x")}
    login(federated["arn"], 11, "No", userIdentity=federated)
    scene.put("con/federated", "x", ["co", "f"], 11, who=federated["arn"])


def _logging(scene: Scene) -> None:
    trail: dict[str, Any] = {
        "eventSource": "cloudtrail.amazonaws.com",
        "requestParameters": {"name": "trail"},
    }
    scene.put("logging/push", "x", ["lg", "1"], 11, who=user("log-push"))
    scene.call("StopLogging", 11, 12, user("log-push"), **trail)
    scene.call("StopLogging", 11, 12, user("log-only"), **trail)
    scene.call("StartLogging", 11, 13, user("log-start"), **trail)
    other: dict[str, Any] = {**trail, "eventSource": "example.amazonaws.com"}
    scene.call("StopLogging", 11, 12, user("log-foreign"), **other)


def _reach(scene: Scene) -> None:
    iam: dict[str, Any] = {
        "eventSource": "iam.amazonaws.com",
        "requestParameters": {"userName": "x"},
    }
    for name in ("reach-hit", "reach-miss", "reach-benign"):
        scene.put(f"reach/{name}", "x", ["re", name], 11, who=user(name))
    scene.call("AttachUserPolicy", 11, 12, user("reach-hit"), **iam)
    scene.call("AttachUserPolicy", 13, 12, user("reach-miss"), **iam)
    scene.call("AttachUserPolicy", 5, 12, user("reach-benign"), **iam)
    scene.call("AttachUserPolicy", 11, 12, user("reach-benign"), **iam)


def _public(scene: Scene) -> None:
    scene.put("public/hit", "x", ["pu", "1"], 11, who=user("pub-hit"), eventSource=PUBLIC)
    for day in (9, 10, 11):
        who = user("pub-benign")
        scene.put("public/benign", f"{day}", ["pu", f"{day}"], day, who=who, eventSource=PUBLIC)
    scene.put("public/miss", "x", ["pu", "2"], 11, who=user("pub-miss"))


def _direct(scene: Scene) -> None:
    for name in ("hit", "miss", "benign"):
        scene.habit(f"direct/{name}")
    cli: dict[str, Any] = {"userAgent": "aws-cli/2.24.10"}
    scene.put("direct/hit", "x", ["di", "1"], 11, **cli)
    scene.put("direct/miss", "x", ["debian", "direct/miss 3"], 11, **cli)  # a tag on a known image
    scene.put("direct/benign", "x", ["di", "3"], 11)


def _run(scene: Scene, image_name: str, day: int, hour: int, who: str, minute: int = 30) -> None:
    """A task definition and a service that runs it."""
    family = image_name.replace("/", "-").replace(":", "-")
    arn = f"arn:aws:ecs:us-east-1:{ACCOUNT}:task-definition/{family}:{day}"
    uri = f"{ACCOUNT}.dkr.ecr.us-east-1.amazonaws.com/{image_name}"
    ecs = "ecs.amazonaws.com"
    scene.call(
        "RegisterTaskDefinition", day, hour, who, minute, eventSource=ecs,
        requestParameters={"family": family, "containerDefinitions": [{"image": uri}]},
        responseElements={
            "taskDefinition": {"taskDefinitionArn": arn, "family": family, "revision": day}
        },
    )  # fmt: skip
    scene.call(
        "CreateService", day, hour, who, minute + 1, eventSource=ecs,
        requestParameters={"serviceName": family, "cluster": "c", "taskDefinition": arn},
        responseElements={"service": {"serviceName": family}},
    )  # fmt: skip


def _deploys(scene: Scene) -> None:
    for name in ("hit", "miss", "benign"):
        who = CI if name == "benign" else user(f"dep-{name}")
        scene.put(f"deploy/{name}", "1.0.0", ["dp", name], 11, who=who)
    for day in (3, 4, 11):
        _run(scene, "deploy/benign:1.0.0", day, 12, CI)
    _run(scene, "deploy/hit:1.0.0", 11, 12, user("dep-hit"))
    _run(scene, "deploy/miss:1.0.0", 11, 12, user("somebody-else"))
    for repo in ("tag/hit", "tag/benign"):  # what is replaced on day 11
        _run(scene, f"{repo}:prod", 10, 12, user("operator"))
    for repo in ("implant/hit", "implant/benign", "implant/own"):
        _run(scene, f"{repo}:prod", 12, 12, user("operator"))
    for name, command in (
        ("task-hit", "curl 169.254.170.2$AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"),
        ("task-miss", "curl 169.254.0.1"),
        ("task-benign", "curl http://localhost:8080/health"),
    ):
        asked = {"family": name, "containerDefinitions": [{"image": "i", "command": [command]}]}
        for source in ("ecs.amazonaws.com", "example.amazonaws.com"):
            who = user(name if source.startswith("ecs") else "task-foreign")
            scene.call(
                "RegisterTaskDefinition", 11, 15, who, eventSource=source, requestParameters=asked
            )
