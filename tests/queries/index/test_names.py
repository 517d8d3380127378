"""Event names without dates, writes without readOnly, calls that name several images."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from queries.case import Case
from queries.question import ask_for
from queries.scope import ALL, VALUE, Filters, Scope, about, locate
from tests.evidence_files import at, case_of, image, one, push, record, rows, sha

LAMBDA = "lambda.amazonaws.com"


def activity(case: Case, scope: Scope | None = None, **filters: Any) -> list[str]:
    question = about("activity", locate(scope or Scope(ALL), case), Filters(**filters))
    return [row["event_name"] for row in case.ask(question.sql, question.bound).dicts()]


@pytest.mark.parametrize(
    ("name", "plain"),
    [
        ("CreateFunction20150331", "CreateFunction"),
        ("UpdateFunctionCode20150331v2", "UpdateFunctionCode"),
        ("TagResource20170331v2", "TagResource"),
        ("CreateDistribution2016_09_29", "CreateDistribution"),
        ("CreateDistributionWithTags2016_08_01", "CreateDistributionWithTags"),
        ("PutImage", "PutImage"),
        ("ListObjectsV2", "ListObjectsV2"),
        ("GetCostAndUsage2", "GetCostAndUsage2"),
        ("Export20269999", "Export20269999"),
        ("20150331", "20150331"),
    ],
)
def test_the_date_of_an_api_version_is_left_out_of_the_plain_name(
    tmp_path: Path, name: str, plain: str
) -> None:
    with case_of(tmp_path, record(name, at(0))) as case:
        assert rows(case, "SELECT event_name, plain_name FROM events") == [(name, plain)]


def test_a_plain_name_counts_and_finds_all_versions(tmp_path: Path) -> None:
    names = ["CreateFunction", "CreateFunction20141111", "CreateFunction20150331"]
    records = [record(name, at(i), eventSource=LAMBDA) for i, name in enumerate(names)]
    with case_of(tmp_path, *records, record("Invoke", at(9), eventSource=LAMBDA)) as case:
        question = about("activity_values", Scope(ALL))
        counts = {
            row["value"]: row["events"]
            for row in case.ask(question.sql, question.bound).dicts()
            if row["kind"] == "name"
        }
        assert counts == {"CreateFunction": 3, "Invoke": 1}
        assert sorted(activity(case, name="CreateFunction")) == names
        assert activity(case, name="CreateFunction20150331") == ["CreateFunction20150331"]
        assert sorted(activity(case, Scope(VALUE, "CreateFunction"))) == names


@pytest.mark.parametrize(
    ("name", "read_only", "write"),
    [
        ("CreateUser", False, True),
        ("CreateUser", None, True),
        ("GetObject", None, False),
        ("DescribeImages", None, False),
        ("BatchGetImage", None, False),
        ("BatchDeleteImage", None, True),
        ("AssumeRoleWithSAML", None, False),
        ("ConsoleLogin", None, True),
        ("Getaway", None, True),
        ("List", None, False),
        ("CreateUser", "nobody knows", True),
        ("GetObject", False, True),
        ("PolicyExecutionEvent", True, True),
    ],
)
def test_the_verb_decides_about_a_write_where_the_record_does_not(
    tmp_path: Path, name: str, read_only: object, write: bool
) -> None:
    entry = record(name, at(0), readOnly=read_only)
    if read_only is None:
        del entry["readOnly"]
    with case_of(tmp_path, entry) as case:
        assert one(case, "SELECT is_write FROM events") is write
        assert activity(case, writes=True) == ([name] if write else [])


def test_a_pull_of_several_images_is_a_pull_of_each(tmp_path: Path) -> None:
    wanted, other = image("a"), image("b")
    asked = [{"imageTag": "x"}, {"imageDigest": sha(wanted)}, {"imageTag": "v2"}, "rubbish"]
    pull = record(
        "BatchGetImage",
        at(5),
        readOnly=True,
        requestParameters={"repositoryName": "team/api", "imageIds": asked},
    )
    with case_of(tmp_path, push(wanted, "v1", at(0)), push(other, "v2", at(1)), pull) as case:
        pulls = {}
        for key, tag in rows(case, "SELECT push_key, image_tags FROM pushes"):
            question = ask_for("push_pulls", push_key=key)
            pulls[tag] = [r["matched"] for r in case.ask(question.sql, question.bound).dicts()]
        assert pulls == {"v1": ["by digest"], "v2": ["by tag"]}
        assert activity(case, Scope(VALUE, sha(wanted))) == ["PutImage", "BatchGetImage"]
        raw = one(case, "SELECT request_parameters FROM events WHERE NOT is_write")
        assert len(json.loads(raw)["imageIds"]) == 4
