"""All the real logs beside the checkout: every record is in the ledger, counted by other means too.

What counts the records here shares nothing with the product. Of the trail files alone, jq says the
same in one line:

    find shared/data -name '*.json' -exec jq '.Records? // empty | length' {} + | paste -sd+ | bc
"""

from __future__ import annotations

import gzip
import json
from functools import cache
from pathlib import Path
from typing import Any

from queries.case import Case
from tests.evidence_files import case_in_memory, rows, shared

OTHERWISE = {
    # Rows of a CloudTrail Lake query, each a list of objects with one column.
    "awsdocs/aws-cloudtrail-user-guide/query-lake-examples.L92.json": 2,
}
"""File -> how many records are right although the count below does not see them."""


def values(text: str) -> list[Any]:
    """The JSON values of a text one after another; after what is none, those of later lines."""
    decoder = json.JSONDecoder(strict=False)
    found: list[Any] = []
    at = 0
    while at < len(text):
        while at < len(text) and text[at] in " \t\r\n,\ufeff":
            at += 1
        try:
            value, at = decoder.raw_decode(text, at)
            found.append(value)
        except ValueError:
            at = text.find("\n{", at) + 1 or len(text)
    return found


def count(value: Any) -> int:
    """How many CloudTrail records, or notices of scans and pushes, are in a value and its texts."""
    if isinstance(value, str):
        return sum(map(count, values(value))) if value.lstrip().startswith("{") else 0
    if isinstance(value, list):
        return sum(map(count, value))
    if not isinstance(value, dict):
        return 0
    small = {key.lower(): member for key, member in value.items()}
    source = str(small.get("eventsource", ""))
    named = isinstance(small.get("eventname"), str) and not source.startswith("aws:")
    if named and ("amazonaws.com" in source or "useridentity" in small or "awsregion" in small):
        return 1
    if small.get("eventcategory") == "Insight":
        return 1
    if str(small.get("detail-type", "")).startswith(("ECR ", "Inspector2 Scan")):
        return 1
    if is_kubernetes(small) or is_azure(small) or is_google(small):
        return 1
    return sum(map(count, value.values()))


def is_kubernetes(small: dict[str, Any]) -> bool:
    """An audit event, or GKE's entry for one. (AKS has the event in a text, which is counted.)"""
    if str(small.get("apiversion")).startswith("audit.k8s.io"):
        return True
    payload, operation = small.get("protopayload"), small.get("operation")
    inner = payload if isinstance(payload, dict) else {}
    made_by = operation.get("producer") if isinstance(operation, dict) else ""
    if "k8s.io" in (inner.get("serviceName"), made_by):
        return True
    if str(inner.get("methodName")).startswith("io.k8s."):
        return True
    return "verb" in small and ("auditid" in small or small.get("kind") == "Event")


def is_google(small: dict[str, Any]) -> bool:
    """An entry of Cloud Audit Logs, as Logging writes it or as BigQuery has it."""
    payload = small.get("protopayload") or small.get("protopayload_auditlog")
    if not isinstance(payload, dict):
        return False
    members = {key.lower() for key in payload}
    kind = payload.get("@type") or payload.get("at_sign_type")
    return (
        "auditlog" in str(kind).lower()
        or {"servicename", "methodname"} <= members
        or {"authenticationinfo", "methodname"} <= members
        or "authorizationinfo" in members
    )


def is_azure(small: dict[str, Any]) -> bool:
    """A log of a resource, a registry's webhook, or Microsoft 365's audit."""
    if small.get("category") == "kube-audit":
        return False
    named = "operationname" in small or "operation_name" in small
    about = {"resourceid", "resource_id", "resourceuri", "category"}
    return (
        (named and not about.isdisjoint(small))
        or {"action", "target", "request", "timestamp"} <= small.keys()
        or {"creationtime", "workload", "userid"} <= small.keys()
    )


@cache
def real() -> Case:
    return case_in_memory(shared("data"))


def test_every_record_of_every_real_log_is_in_the_ledger() -> None:
    folder = shared("data")
    ledger = {
        str(Path(name).relative_to(folder)): records
        for name, records in rows(real(), "SELECT name, records FROM files")
    }
    expected = {}
    for path in (path for path in folder.rglob("*") if path.is_file()):
        data = path.read_bytes()
        data = gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data
        name = str(path.relative_to(folder))
        text = data.decode("utf-8", "replace")
        expected[name] = OTHERWISE.get(name, sum(map(count, values(text))))
    assert {name: n for name, n in ledger.items() if expected[name] != n} == {}
    assert ledger.keys() == expected.keys()
    assert sum(ledger.values()) == real().totals["raw_records"] > 4000


def test_every_record_is_an_event_or_a_copy_and_every_file_without_one_says_why() -> None:
    for name, status, records, events, copies, notes in rows(
        real(), "SELECT name, status, records, events, copies, notes FROM files"
    ):
        assert records == events + copies, name
        assert records or notes or status == "read", name
    assert real().totals["events"] + real().totals["duplicates"] == real().totals["raw_records"]
