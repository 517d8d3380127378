"""Containment: what is suggested, on which ground, and never a command out of hostile text."""

from __future__ import annotations

import json
import shlex
import shutil
import subprocess
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from queries.case import open_case
from queries.containment import CREATED, HUNT, IMAGE, KEY, SESSIONS, TAG, Plan, Suggestion, plan
from queries.containment.elsewhere import give_back, keep_image, principal
from queries.containment.shell import command
from queries.findings.run import find
from queries.findings.settings import load_settings
from queries.marks.events import mark_event
from samples import incident_path
from tests.evidence_files import ACCOUNT, EVE, Record, at, image, push, record, sha, trail, write
from tests.tui.test_hostile import CONTROL, MARKUP

NOW = datetime(2026, 3, 3, 12, 0)
GOOD, BAD = image("base"), image("base", "implant")


def role_session(role: str, key: str, session: str = "s") -> Record:
    return {
        "userIdentity": {
            "type": "AssumedRole",
            "principalId": f"AROAEXAMPLE:{session}",
            "arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/{role}/{session}",
            "accountId": ACCOUNT,
            "accessKeyId": key,
            "sessionContext": {
                "sessionIssuer": {
                    "type": "Role",
                    "arn": f"arn:aws:iam::{ACCOUNT}:role/{role}",
                    "accountId": ACCOUNT,
                    "userName": role,
                }
            },
        }
    }


def planned(folder: Path, records: list[Record], *marked: str) -> Plan:
    write(folder, {"a.json": trail(records)})
    with open_case([str(folder)], use_cache=False) as case:
        for event_id in marked:
            [(key,)] = case.ask(
                "SELECT event_key FROM events WHERE event_id = $id", {"id": event_id}
            ).rows
            mark_event(case, key)
        return plan(case, None, NOW)


def only(made: Plan, kind: str) -> Suggestion:
    [found] = [s for s in made.suggestions if s.kind == kind]
    return found


def test_the_incident_is_contained() -> None:
    with open_case([str(incident_path())]) as case:
        found = find(case, load_settings())
        made = plan(case, found, NOW)
        found.close()
    assert "nothing is marked" in made.basis
    kinds = {suggestion.kind for suggestion in made.suggestions}
    assert kinds == {KEY, SESSIONS, IMAGE, HUNT, TAG}
    assert "sam.sre" in only(made, KEY).what
    assert "service prod/api" in only(made, HUNT).why
    assert all(suggestion.behind for suggestion in made.suggestions)
    # The former image was deleted by the intruder: no command that could not work.
    assert "was deleted" in only(made, TAG).caution
    assert only(made, TAG).commands == []


def test_a_marked_push_says_which_key_image_and_tag(tmp_path: Path) -> None:
    good = push(GOOD, "prod", at(0), eventID="good")
    bad = push(BAD, "prod", at(60), EVE, eventID="bad")
    bad["userIdentity"]["accessKeyId"] = "AKIAEVEEXAMPLE123456"
    made = planned(tmp_path, [good, bad], "bad")
    assert made.basis == "made from the 1 event marked as evidence"
    assert shlex.split(only(made, KEY).commands[0]) == [
        *("aws", "iam", "update-access-key", "--access-key-id", "AKIAEVEEXAMPLE123456"),
        *("--status", "Inactive", "--user-name", "eve"),
    ]
    tag = only(made, TAG)
    assert sha(GOOD) in tag.what
    assert f"--image-digest {sha(GOOD)}" in tag.commands[1]
    assert [record.event_id for record in tag.behind] == ["bad"]
    assert only(made, HUNT).what == sha(BAD)


def test_a_tag_that_was_given_back_is_not_given_back_again(tmp_path: Path) -> None:
    records = [
        push(GOOD, "prod", at(0), eventID="good"),
        push(BAD, "prod", at(60), EVE, eventID="bad"),
        push(GOOD, "prod", at(90), eventID="again"),
    ]
    made = planned(tmp_path, records, "bad")
    assert TAG not in {suggestion.kind for suggestion in made.suggestions}


def test_older_sessions_of_a_role_are_denied(tmp_path: Path) -> None:
    pushed = push(
        BAD, "prod", at(0), eventID="bad", **role_session("ci-push", "ASIA1EXAMPLE1EXAMPLE")
    )
    words = shlex.split(only(planned(tmp_path, [pushed], "bad"), SESSIONS).commands[0])
    assert words[words.index("--role-name") + 1] == "ci-push"
    policy: dict[str, Any] = json.loads(words[-1])
    condition = policy["Statement"][0]["Condition"]
    assert condition == {"DateLessThan": {"aws:TokenIssueTime": "2026-03-03T12:00:00Z"}}


@pytest.mark.parametrize("told", [True, False])
def test_a_federated_session_is_ended_by_the_user_who_got_its_token(
    told: bool, tmp_path: Path
) -> None:
    issuer = {"type": "IAMUser", "arn": f"arn:aws:iam::{ACCOUNT}:user/ops/broker"}
    identity = {
        "type": "FederatedUser",
        "arn": f"arn:aws:sts::{ACCOUNT}:federated-user/guest",
        "accountId": ACCOUNT,
        "accessKeyId": "ASIAFEDERATED0000001",
        "sessionContext": {"sessionIssuer": issuer if told else {}},
    }
    made = planned(tmp_path, [push(GOOD, "v1", at(1), userIdentity=identity, eventID="e1")], "e1")
    found = only(made, SESSIONS)
    assert "--user-name guest" not in str(found.commands)
    if told:
        assert "aws iam put-user-policy --user-name broker" in found.commands[0]
    else:
        assert found.commands == []
        assert "does not say which user" in found.caution


@pytest.mark.parametrize("partition", ["aws", "aws-cn", "aws-us-gov"])
def test_the_policy_that_denies_all_is_that_of_the_partition(
    partition: str, tmp_path: Path
) -> None:
    eve = f"arn:{partition}:iam::{ACCOUNT}:user/eve"
    made_user = record("CreateUser", at(2), eve, eventSource="iam.amazonaws.com",
                       requestParameters={"userName": "eve2"})  # fmt: skip
    made = planned(tmp_path, [push(GOOD, "v1", at(1), eve, eventID="e1"), made_user], "e1")
    assert f"arn:{partition}:iam::aws:policy/AWSDenyAll" in only(made, CREATED).commands[0]


def test_roles_that_cannot_be_changed_get_no_command(tmp_path: Path) -> None:
    sso = "AWSReservedSSO_Admin_0123456789abcdef"
    pushed = push(BAD, "prod", at(0), eventID="bad", **role_session(sso, "ASIA1EXAMPLE1EXAMPLE"))
    found = only(planned(tmp_path, [pushed], "bad"), SESSIONS)
    assert found.commands == []
    assert "Identity Center" in found.caution


def test_what_was_created_is_undone(tmp_path: Path) -> None:
    made_key = record(
        "CreateAccessKey",
        at(5),
        EVE,
        eventSource="iam.amazonaws.com",
        eventID="made",
        requestParameters={"userName": "dana.ops"},
        responseElements={
            "accessKey": {"userName": "dana.ops", "accessKeyId": "AKIANEWEXAMPLE123456"}
        },
    )
    made = planned(tmp_path, [push(BAD, "prod", at(0), EVE, eventID="bad"), made_key], "bad")
    created = only(made, CREATED)
    assert "AKIANEWEXAMPLE123456" in created.commands[0]
    assert [r.event_id for r in created.behind] == ["made"]


HOSTILE = [
    *MARKUP,
    *CONTROL,
    "x; touch pwned",
    "$(touch pwned)",
    "`touch pwned`",
    "x' ; touch pwned ; '",
    "--profile=admin",
    "x\ntouch pwned",
]


def test_no_command_is_made_of_hostile_text(tmp_path: Path) -> None:
    records: list[Record] = []
    for number, text in enumerate(HOSTILE):
        minute = 10 * number
        bad = push(BAD, text, at(minute + 1), EVE, eventID=f"bad-{number}", awsRegion=text)
        good = push(GOOD, text, at(minute), eventID=f"good-{number}", awsRegion=text)
        for pushed in (good, bad):
            pushed["requestParameters"]["repositoryName"] = text
        bad["userIdentity"] |= {"accessKeyId": f"AKIAEVEEXAMPLE{number:06}", "userName": text}
        who = role_session(text, f"ASIA{number:016}")
        records += [good, bad, push(GOOD, "v1", at(minute + 2), eventID=f"role-{number}", **who)]
    marked = [f"{kind}-{n}" for n in range(len(HOSTILE)) for kind in ("bad", "role")]
    made = planned(tmp_path / "logs", records, *marked)
    assert {KEY, SESSIONS, HUNT, TAG} <= {suggestion.kind for suggestion in made.suggestions}
    stub = tmp_path / "bin" / "aws"
    stub.parent.mkdir()
    stub.write_text('#!/bin/sh\nprintf "%s\\n" "$@" >> "$SEEN"\n')
    stub.chmod(0o755)
    for name in ("kubectl", "docker"):
        (stub.parent / name).symlink_to(stub)
    seen = tmp_path / "seen"
    lines = [command for s in made.suggestions for command in s.commands]
    assert lines, "the digests are good"
    assert all(line.isprintable() for line in lines)
    subprocess.run(
        ["/bin/sh", "-c", "\n".join(lines)],
        cwd=tmp_path,
        env={"PATH": f"{stub.parent}:/bin:/usr/bin", "SEEN": str(seen)},
        check=False,
        capture_output=True,
    )
    assert not (tmp_path / "pwned").exists()
    assert "--profile=admin" not in seen.read_text().splitlines()


@pytest.mark.parametrize(
    ("sample", "says"),
    [
        (
            "google",
            [
                "gcloud iam service-accounts disable release@example-shop.iam.gserviceaccount.com"
                " --project example-shop",
                "docker pull europe-west3-docker.pkg.dev/example-shop/shop/api@sha256:",
                "the former image was deleted at",
                "sign them out in the Admin console",
            ],
        ),
        (
            "azure",
            [
                "az acr credential renew --name exampleshop --password-name password",
                "the former image was deleted at",
                "docker pull exampleshop.azurecr.io/shop/checkout@sha256:",
            ],
        ),
        ("cluster", ["aws iam put-role-policy --role-name ci-push"]),
    ],
)
def test_other_clouds_are_contained_by_their_own_commands(sample: str, says: list[str]) -> None:
    with open_case([str(incident_path().parent / sample)]) as case:
        found = find(case, load_settings())
        made = plan(case, found, NOW)
        found.close()
    text = json.dumps([suggestion.plain() for suggestion in made.suggestions])
    for words in says:
        assert words in text
    if sample != "cluster":
        assert "aws " not in text


GOOGLE_PUSH = {
    "registry_id": "example-shop",
    "aws_region": "europe-west3",
    "repository_name": "shop/api",
    "image_digest": sha("new"),
}
AZURE_PUSH = {**GOOGLE_PUSH, "registry_id": "exampleshop.azurecr.io"}


def test_tags_are_given_back_in_other_clouds() -> None:
    before = sha("old")
    assert give_back("google", GOOGLE_PUSH, "prod", before) == [
        "gcloud artifacts docker tags add"
        f" europe-west3-docker.pkg.dev/example-shop/shop/api@{before}"
        " europe-west3-docker.pkg.dev/example-shop/shop/api:prod"
    ]
    assert give_back("azure", AZURE_PUSH, "prod", before) == [
        f"az acr import --name exampleshop --source exampleshop.azurecr.io/shop/api@{before}"
        " --image shop/api:prod --force"
    ]


@pytest.mark.parametrize("text", HOSTILE)
def test_no_command_of_another_cloud_is_made_of_hostile_text(text: str) -> None:
    for provider, pushed in (("google", GOOGLE_PUSH), ("azure", AZURE_PUSH)):
        for name in ("registry_id", "repository_name", "image_digest"):
            spoilt = {**pushed, name: text}
            assert keep_image(provider, spoilt) == []
            if name != "image_digest":
                assert give_back(provider, spoilt, "prod", sha("old")) == []
        assert give_back(provider, pushed, text, sha("old")) == []
        assert give_back(provider, pushed, "prod", text) == []
    names = (
        text,
        f"{text}@example.com",
        f"{text}@p.iam.gserviceaccount.com",
        f"a@{text}.iam.gserviceaccount.com",
        f"system:serviceaccount:{text}:{text}",
    )
    for provider in ("google", "azure", "kubernetes"):
        for kind in ("User", "AdminUser", "ServicePrincipal"):
            for name in names:
                said = principal(provider, kind, name, f"{text}.azurecr.io", "it acted")
                assert said is None or said.commands == []


@pytest.mark.skipif(shutil.which("sh") is None, reason="no shell here")
def test_a_name_that_a_shell_would_expand_is_quoted() -> None:
    line = command("printf", ("--", "name", "=ls"))
    assert line == "printf -- '=ls'", "zsh takes =ls for the path of ls"
    done = subprocess.run(["sh", "-c", line], capture_output=True, check=True)
    assert done.stdout == b"=ls"


def test_nothing_to_go_by_is_said(tmp_path: Path) -> None:
    made = planned(tmp_path, [push(GOOD, "v1", at(0))])
    assert made.suggestions == []
    assert "nothing to suggest" in made.basis
