"""Whom a service probably acted for."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from queries.case import Case
from queries.question import ask_for
from queries.scope import ALL, Scope, about
from tests.evidence_files import ACCOUNT, DANA, EVE, Record, at, case_of, record

FORMATION = "cloudformation.amazonaws.com"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/deployer"


def by_service(time: str, service: str = FORMATION, role: str = ROLE, **fields: Any) -> Record:
    """A call that a service makes with a role of the account."""
    name = role.rsplit("/", 1)[-1]
    identity = {
        "type": "AssumedRole",
        "arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/{name}/AWSCloudFormation",
        "accountId": ACCOUNT,
        "accessKeyId": "ASIASERVICE",
        "sessionContext": {"sessionIssuer": {"type": "Role", "arn": role}},
        "invokedBy": service,
    }
    fields = {"userIdentity": identity, "sourceIPAddress": service, "userAgent": service} | fields
    return record("SetRepositoryPolicy", time, **fields)


def asks(name: str, time: str, who: str = DANA, service: str = FORMATION, **fields: Any) -> Record:
    fields = {"requestParameters": {"stackName": "api"}} | fields
    return record(name, time, who, eventSource=service, **fields)


def callers(case: Case) -> list[dict[str, Any]]:
    question = about("activity", Scope(ALL))
    rows = case.ask(question.sql, question.bound).dicts()
    return [row for row in rows if row["event_name"] == "SetRepositoryPolicy"]


def test_the_call_that_set_the_service_to_work_is_offered(tmp_path: Path) -> None:
    with case_of(tmp_path, asks("UpdateStack", at(0)), by_service(at(2))) as case:
        [row] = callers(case)
        assert (row["caller"], row["caller_name"], row["caller_count"]) == (DANA, "UpdateStack", 1)
        assert row["caller_how"] == "same account and region, within 2 h"
        assert row["principal"].endswith("/AWSCloudFormation"), "the record's own word stays"


def test_who_named_the_role_comes_before_who_was_merely_there(tmp_path: Path) -> None:
    named = asks("ExecuteChangeSet", at(0), requestParameters={"roleARN": ROLE})
    with case_of(tmp_path, named, asks("CreateStack", at(1), EVE), by_service(at(2))) as case:
        [row] = callers(case)
        assert (row["caller"], row["caller_how"]) == (DANA, "it named this role")


def test_several_people_who_come_into_question_are_counted(tmp_path: Path) -> None:
    records = [asks("CreateStack", at(0)), asks("UpdateStack", at(1), EVE), by_service(at(2))]
    with case_of(tmp_path, *records) as case:
        [row] = callers(case)
        assert (row["caller"], row["caller_count"]) == (EVE, 2)


def test_a_pipeline_that_updates_a_stack_leads_to_who_started_it(tmp_path: Path) -> None:
    pipeline = "codepipeline.amazonaws.com"
    started = asks("StartPipelineExecution", at(0), service=pipeline)
    update = by_service(at(1), pipeline, role=f"arn:aws:iam::{ACCOUNT}:role/pipe")
    update |= {"eventName": "UpdateStack", "eventSource": FORMATION, "eventID": "update"}
    with case_of(tmp_path, started, update, by_service(at(2))) as case:
        [row] = callers(case)
        assert (row["caller"], row["caller_name"]) == (DANA, "StartPipelineExecution")


def test_nobody_is_offered_for_failed_late_foreign_or_direct_calls(tmp_path: Path) -> None:
    records = [
        asks("UpdateStack", at(0), errorCode="AccessDenied"),
        asks("UpdateStack", at(5), awsRegion="eu-west-1"),
        asks("UpdateStack", at(6), recipientAccountId="444455556666"),
        asks("DescribeStacks", at(7), readOnly=True),
        by_service(at(10)),
        asks("UpdateStack", at(11)),
        record("SetRepositoryPolicy", at(12)),
    ]
    with case_of(tmp_path, *records) as case:
        assert {row["caller"] for row in callers(case)} == {None}


def test_what_a_role_did_names_those_it_probably_acted_for(tmp_path: Path) -> None:
    with case_of(tmp_path, asks("UpdateStack", at(0)), by_service(at(2))) as case:
        question = about("activity_values", Scope("principal", ROLE))
        rows = case.ask(question.sql, question.bound).dicts()
        assert [r["value"] for r in rows if r["kind"] == "probably for"] == [DANA]
        [event] = callers(case)
        question = ask_for("event", event_key=event["event_key"])
        assert case.ask(question.sql, question.bound).dicts()[0]["caller"] == DANA
