"""Who was behind it: chains both ways, what was touched and created, neighbours, two beside."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from queries.case import Case
from queries.question import Order, ask_for
from tests.evidence_files import ACCOUNT, DANA, EVE, Record, at, case_of, record

ROLE = f"arn:aws:iam::{ACCOUNT}:role/deploy"
SESSION = f"arn:aws:sts::{ACCOUNT}:assumed-role/deploy/one"
NEXT = f"arn:aws:sts::{ACCOUNT}:assumed-role/admin/two"
IDLE = f"arn:aws:sts::{ACCOUNT}:assumed-role/deploy/idle"
OTHERS = f"arn:aws:sts::{ACCOUNT}:assumed-role/deploy/others"
GHOST = f"arn:aws:iam::{ACCOUNT}:user/ops/ghost"
HERE, THERE = "203.0.113.10", "198.51.100.9"


def session(arn: str, key: str) -> Record:
    role = arn.split("/")[1]
    issuer = {"type": "Role", "arn": f"arn:aws:iam::{ACCOUNT}:role/{role}", "userName": role}
    return {
        "userIdentity": {
            "type": "AssumedRole",
            "principalId": f"AROA:{arn.rsplit('/', 1)[-1]}",
            "arn": arn,
            "accountId": ACCOUNT,
            "accessKeyId": key,
            "sessionContext": {"sessionIssuer": issuer},
        }
    }


def call(service: str, name: str, minute: int, who: Any = EVE, **fields: Any) -> Record:
    if isinstance(who, dict):
        fields = {**who, **fields}
        who = EVE
    fields = {"requestParameters": None, "eventSource": f"{service}.amazonaws.com", **fields}
    return record(name, at(minute), who, **fields)


def mint(minute: int, arn: str, key: str, who: Any = EVE) -> Record:
    answer = {"credentials": {"accessKeyId": key}, "assumedRoleUser": {"arn": arn}}
    asked = {"roleArn": f"arn:aws:iam::{ACCOUNT}:role/{arn.split('/')[1]}"}
    return call("sts", "AssumeRole", minute, who, requestParameters=asked, responseElements=answer)


ONE, TWO = session(SESSION, "ASIAONE"), session(NEXT, "ASIATWO")


@pytest.fixture(scope="module")
def case(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Case]:
    ghost_key = {
        "userIdentity": {
            "type": "IAMUser",
            "principalId": "AIDAGHOST",
            "arn": GHOST,
            "accountId": ACCOUNT,
            "accessKeyId": "AKIAGHOST",
            "userName": "ghost",
        },
        "sourceIPAddress": THERE,
    }
    records = [
        # eve -> deploy/one -> admin/two, and a session of hers that nobody used.
        mint(0, SESSION, "ASIAONE"),
        mint(1, NEXT, "ASIATWO", ONE),
        mint(2, IDLE, "ASIAIDLE", ONE),
        # dana uses the same role.
        mint(3, OTHERS, "ASIAOTHERS", DANA),
        call("s3", "GetObject", 4, session(OTHERS, "ASIAOTHERS"), sourceIPAddress=HERE),
        call("s3", "ListBuckets", 5, EVE, readOnly=True),
        call("iam", "CreateUser", 10, TWO, requestParameters={"userName": "ghost", "path": "/ops/"},
             responseElements={"user": {"arn": GHOST, "userName": "ghost"}}),
        call("iam", "CreateAccessKey", 11, TWO, requestParameters={"userName": "ghost"},
             responseElements={"accessKey": {"userName": "ghost", "accessKeyId": "AKIAGHOST"}}),
        call("iam", "CreateLoginProfile", 12, TWO, requestParameters={"userName": "ghost"}),
        call("iam", "AttachRolePolicy", 13, TWO, requestParameters={"roleName": "deploy"}),
        call("iam", "CreateAccessKey", 14, TWO, requestParameters={"userName": "dana.ops"},
             errorCode="AccessDenied"),
        # Without a name a user makes a key for itself.
        call("iam", "CreateAccessKey", 15, EVE,
             responseElements={"accessKey": {"accessKeyId": "AKIASECOND"}}),
        # What was created acts, from another address, and mints in its turn.
        call("secretsmanager", "GetSecretValue", 20, readOnly=True,
             **{**ghost_key, "requestParameters": {"secretId": "prod/db"}}),
        call("ecr", "DeleteRepository", 21,
             **{**ghost_key, "requestParameters": {"repositoryName": "team/api"}}),
        call("s3", "ListBuckets", 30, DANA, sourceIPAddress=THERE, readOnly=True),
        call("s3", "PutBucketPolicy", 31, TWO, requestParameters={"bucketName": "logs"}),
        call("s3", "ListBuckets", 32, TWO, sourceIPAddress="s3.amazonaws.com", readOnly=True),
        call("s3", "ListBuckets", 33, DANA, sourceIPAddress="s3.amazonaws.com", readOnly=True),
    ]  # fmt: skip
    with case_of(tmp_path_factory.mktemp("behind"), *records) as opened:
        yield opened


def rows(case: Case, name: str, *order: str, **parameters: Any) -> list[dict[str, Any]]:
    question = ask_for(name, **parameters).with_order(*map(Order, order))
    return case.ask(question.sql, question.bound).dicts()


def tree(case: Case, value: str) -> list[tuple[int, str, int]]:
    found = rows(case, "session_tree", "path", value=value)
    return [(row["depth"], row["principal"], row["events"]) for row in found]


def test_from_the_origin_down_to_every_session_it_minted(case: Case) -> None:
    found = tree(case, EVE)
    assert [(depth, who) for depth, who, _ in found] == [
        (0, EVE),
        (1, SESSION),
        (2, NEXT),
        (2, IDLE),
    ]
    counts = {who: events for _, who, events in found}
    assert counts[EVE] == 3
    assert (counts[SESSION], counts[IDLE]) == (2, 0)
    assert counts[NEXT] == 7


def test_from_a_session_up_to_the_origin_and_down(case: Case) -> None:
    # Not its sibling's branches: only what leads there and what it minted.
    assert [who for _, who, _ in tree(case, NEXT)] == [EVE, SESSION, NEXT]
    assert [who for _, who, _ in tree(case, "ASIAIDLE")] == [EVE, SESSION, IDLE]
    # A role: every origin that led into it.
    assert [who for _, who, _ in tree(case, ROLE)] == [DANA, OTHERS, EVE, SESSION, NEXT, IDLE]


def test_somebody_who_minted_nothing_stands_alone(case: Case) -> None:
    assert tree(case, GHOST) == [(0, GHOST, 2)]
    assert tree(case, "AKIAGHOST") == [(0, GHOST, 2)]
    assert tree(case, "nobody") == []


def test_what_was_touched_by_the_chain_and_by_what_it_created(case: Case) -> None:
    found = {
        (row["through"], row["event_source"].split(".")[0], row["resource"]): row
        for row in rows(case, "blast_radius", value=EVE)
    }
    policy = found["itself", "s3", "logs"]
    assert (policy["writes"], policy["reads"], policy["example"]) == (1, 0, "PutBucketPolicy")
    refused = found["itself", "iam", "dana.ops"]
    assert (refused["writes"], refused["refused"]) == (0, 1)
    secret = found["what it created", "secretsmanager", "prod/db"]
    assert (secret["reads"], secret["writes"]) == (1, 0)
    assert found["what it created", "ecr", "team/api"]["writes"] == 1
    # What dana did in the same role is hers.
    assert ("itself", "s3", "(none named)") in found
    assert sum(r["writes"] + r["reads"] + r["refused"] for r in found.values()) == 14


def test_what_was_created_and_what_it_did_since(case: Case) -> None:
    found = [
        (row["kind"], row["name"], row["created_key"], row["outcome"], row["uses"])
        for row in rows(case, "created_by", "event_time", value=EVE)
    ]
    assert found == [
        ("user", "ghost", None, "ok", 2),
        ("access key", "ghost", "AKIAGHOST", "ok", 2),
        ("console password", "ghost", None, "ok", 2),
        ("permissions", "deploy", None, "ok", 0),
        ("access key", "dana.ops", None, "denied", 0),
        ("access key", "eve", "AKIASECOND", "ok", 0),
    ]
    user = rows(case, "created_by", "event_time", value=NEXT)[0]
    assert (user["arn"], user["use_writes"], user["origin"]) == (GHOST, 1, EVE)
    # The password's user has a path in its ARN that the request does not name.
    assert rows(case, "created_by", "event_time", value=EVE)[2]["arn"] == GHOST
    assert len(rows(case, "created_by", "event_time", value=ROLE)) == 0
    assert len(rows(case, "created_by")) == 6


def test_who_else_was_at_the_same_address(case: Case) -> None:
    found = rows(case, "same_address", "identity_arn", value=EVE)
    # Her own sessions are herself, and the name of a service is no address.
    assert [(row["source_ip_address"], row["identity_arn"]) for row in found] == [
        (HERE, ROLE),
        (HERE, DANA),
    ]
    assert {row["identity_arn"] for row in rows(case, "same_address", value=GHOST)} == {DANA}


def test_two_side_by_side(case: Case) -> None:
    found = {
        (row["kind"], row["thing"]): (row["first_events"], row["second_events"], row["shared"])
        for row in rows(case, "two_principals", value=EVE, other=DANA)
    }
    assert found["call", "AssumeRole"] == (3, 1, "both")
    assert found["call", "CreateUser"] == (1, 0, "first only")
    assert found["call", "GetObject"] == (0, 1, "second only")
    assert found["address", THERE] == (0, 1, "second only")
    assert found["error", "AccessDenied"][2] == "first only"


def test_attempts_and_other_ways_in_are_listed(tmp_path: Path) -> None:
    ways: dict[tuple[str, str], tuple[Record, str, str]] = {
        ("iam", "UpdateAssumeRolePolicy"): ({"roleName": "r"}, "trust of a role", "r"),
        ("iam", "CreateOpenIDConnectProvider"): (
            {"url": "https://idp.example.com"},
            "identity provider",
            "https://idp.example.com",
        ),
        ("iam", "UploadSSHPublicKey"): ({"userName": "u"}, "other credential", "u"),
        ("identitystore", "CreateUser"): ({"userName": "sso"}, "user", "sso"),
        ("sso", "CreateAccountAssignment"): ({"principalId": "p"}, "account assignment", "p"),
        ("rolesanywhere", "CreateTrustAnchor"): ({"name": "a"}, "trust anchor", "a"),
        ("ec2", "CreateKeyPair"): ({"keyName": "k"}, "other credential", "k"),
        # The same name elsewhere creates nothing of the kind.
        ("quicksight", "CreateUser"): ({"userName": "no"}, "", ""),
    }
    records = [
        call(service, name, minute, requestParameters=asked)
        for minute, ((service, name), (asked, _, _)) in enumerate(ways.items())
    ]
    with case_of(tmp_path, *records) as case:
        found = [(r["kind"], r["name"]) for r in rows(case, "created_by", "event_time")]
    assert found == [(kind, name) for _, kind, name in ways.values() if kind]
