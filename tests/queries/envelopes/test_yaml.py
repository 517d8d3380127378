"""YAML as command line tools print it gives the rows of the same in JSON."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
import yaml

from tests.evidence_files import trail
from tests.queries.envelopes.reading import Fields, read, rows, said, three

Wrap = Callable[[list[Fields]], str]


def printed(value: Any, **options: Any) -> str:
    return str(yaml.safe_dump(value, default_flow_style=False, **options))


def looked_up(found: list[Fields]) -> list[Fields]:
    return [{"CloudTrailEvent": json.dumps(each), "EventTime": "later"} for each in found]


def literal(found: list[Fields]) -> str:
    inner = [json.dumps(each, indent=1).replace("\n", "\n    ") for each in found]
    return "Events:\n" + "".join(f"- CloudTrailEvent: |-\n    {each}\n" for each in inner)


WRAPPINGS: dict[str, Wrap] = {
    "lookup-events": lambda found: printed({"Events": looked_up(found)}),
    "lookup-events, the records only": lambda found: printed([json.dumps(e) for e in found]),
    "lookup-events in quotes": lambda found: printed(
        {"Events": looked_up(found)}, default_style='"'
    ),
    "lookup-events in blocks": literal,
    "filter-log-events": lambda found: printed(
        {"events": [{"message": json.dumps(e), "timestamp": 1} for e in found], "other": []}
    ),
    "a trail file": lambda found: printed({"Records": found}),
    "a list": printed,
    "documents": lambda found: str(yaml.safe_dump_all(found, explicit_start=True)),
    "lines of Windows": lambda found: printed({"Records": found}).replace("\n", "\r\n"),
    "a list that is indented": lambda found: (
        "# by hand\nRecords:\n" + "".join(f"  - {json.dumps(each)}\n" for each in found)
    ),
}


@pytest.mark.parametrize("name", sorted(WRAPPINGS))
def test_a_record_comes_out_of_yaml_unchanged(name: str) -> None:
    found = three()
    found[1]["userAgent"] = "it's: - # 'x' \u00e9 \u2028 \x07\n" + "two words " * 40
    found[2]["recipientAccountId"] = "000000000012"
    plain, _ = read(trail(found))
    records, facts = read(WRAPPINGS[name](found))
    assert rows(records) == rows(plain)
    assert (facts.status, facts.notes()) == ("read", [])


def test_what_gcloud_prints_is_read_entry_by_entry() -> None:
    entry = """\
insertId: 1xy{0}
logName: projects/example-shop/logs/cloudaudit.googleapis.com%2Fdata_access
protoPayload:
  '@type': type.googleapis.com/google.cloud.audit.AuditLog
  authenticationInfo:
    principalEmail: dana@example.com
  authorizationInfo:
  - granted: true
    permission: artifactregistry.repositories.uploadArtifacts
  methodName: Docker-PutManifest
  resourceName: projects/example-shop/locations/europe-west3/repositories/shop/dockerImages/api
  serviceName: artifactregistry.googleapis.com
timestamp: '2026-03-02T10:0{0}:00.123456Z'
"""
    records, facts = read("---\n" + "---\n".join(entry.format(n) for n in range(3)))
    assert len(records) == 3
    assert facts.status == "read"
    assert [record.fields["eventTime"][:16] for record in records] == [
        f"2026-03-02T10:0{n}" for n in range(3)
    ]


def test_rows_of_log_analytics_are_read_from_yaml_too() -> None:
    row = {
        "Type": "ContainerRegistryRepositoryEvents",
        "OperationName": "Push",
        "TimeGenerated": "2026-03-02T10:00:00Z",
        "LoginServer": "example.azurecr.io",
        "Repository": "team/api",
        "Tag": "v1",
        "Identity": "dana@example.com",
    }
    records, facts = read(printed([row]))
    assert (len(records), facts.format) == (1, "Azure registry log")


def test_values_are_never_guessed_to_be_dates_or_octal_numbers() -> None:
    [record], _ = read(
        "eventName: PutImage\neventSource: ecr.amazonaws.com\neventTime: 2026-03-02 10:00:00\n"
        "recipientAccountId: 000000000012\nuserIdentity:\n  type: Root\n"
        "requestParameters: {imageTag: 2026-03-02, repositoryName: yes, force: true}\n"
    )
    assert record.fields["recipientAccountId"] == "000000000012"
    assert record.fields["requestParameters"] == {
        "imageTag": "2026-03-02",
        "repositoryName": "yes",
        "force": True,
    }


def test_a_page_of_more_says_so_and_an_item_that_is_broken_costs_only_itself() -> None:
    pages = printed({"Events": looked_up(three()), "NextToken": "x"})
    _, facts = read(pages)
    assert "NextToken" in said(facts)
    records, facts = read(pages.replace("Events:\n", 'Events:\n- CloudTrailEvent: "\\q"\n'))
    assert len(records) == 3
    assert facts.status == "damaged"
    assert "line 2: not YAML" in said(facts)


@pytest.mark.parametrize(
    "text",
    [
        "eventSource: &a [x, x, x, x, x, x, x, x, x]\n"
        + "".join(f"k{n}: &{b} [{','.join(['*' + a] * 9)}]\n" for n, (a, b) in enumerate(
            zip("abcdefghi", "bcdefghij", strict=True)
        )),
        "eventSource: &a [*a]\n",
        'eventSource: !!python/object/apply:os.system ["id"]\n',
        "eventSource: " + "[" * 5000 + "\n",
    ],
    ids=["multiplying", "circular", "code", "deep"],
)  # fmt: skip
def test_yaml_that_is_made_to_harm_is_no_more_than_broken(text: str) -> None:
    records, facts = read(text)
    assert (records, facts.status) == ([], "unreadable")
    assert "not YAML" in said(facts)
