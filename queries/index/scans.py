"""Build `scans`: what vulnerability scans found in an image, and which push brought that image.

Two sources: answers to DescribeImageScanFindings, and the notices that ECR and Inspector send to
EventBridge. Neither names who pushed: the digest does.
https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_DescribeImageScanFindings.html
https://docs.aws.amazon.com/AmazonECR/latest/userguide/ecr-eventbridge.html
"""

from __future__ import annotations

from collections import Counter
from typing import Any

import duckdb

from queries.index.derivation import Derivation, Rows
from queries.index.members import as_object, as_objects, parsed_object
from queries.index.pushes import CHANGED_IMAGES
from queries.index.rows import insert_rows, rows_of

SEVERITIES = ("CRITICAL", "HIGH", "MEDIUM", "LOW", "INFORMATIONAL", "UNTRIAGED", "UNDEFINED")
"""Basic scanning says UNDEFINED where enhanced scanning says UNTRIAGED."""
_NAMED = 5

_IS_SCAN = """event_source = 'ecr.amazonaws.com'
  AND event_name IN ('DescribeImageScanFindings', 'ECR Image Scan', 'Inspector2 Scan')"""
_EVENTS = f"""
SELECT event_key, event_time, event_name, repository, image_tag, image_digest, principal,
  response_elements, service_event_details
FROM events
WHERE merged_into IS NULL AND outcome = 'ok' AND repository IS NOT NULL
  AND {_IS_SCAN}
"""  # noqa: S608 - constants of this module


def build_scans(connection: duckdb.DuckDBPyConnection) -> None:
    """Fill `scans`, one row for each answer or notice that says something about an image."""
    events = rows_of(connection, _EVENTS, "event_time NULLS LAST, event_key", at_once=500)
    insert_rows(connection, "scans", filter(None, map(_scan, events)))
    connection.execute(
        """
        UPDATE scans SET push_key = f.push_key FROM (
          SELECT s.event_key, p.push_key, row_number() OVER (
            PARTITION BY s.event_key
            ORDER BY p.repository <> s.repository, p.event_time, p.push_key) AS nearest
          FROM scans AS s
          JOIN push_records AS r ON r.image_digest = s.image_digest
          JOIN pushes AS p ON p.push_key = r.push_key AND p.outcome = 'ok'
        ) AS f
        WHERE f.nearest = 1 AND scans.event_key = f.event_key
        """
    )


def _scan(event: dict[str, Any]) -> tuple[Any, ...] | None:
    if event["event_name"] == "DescribeImageScanFindings":
        about = _answer(event)
    else:
        about = _notice(event)
    if not about["digest"] or not (about["counts"] or about["status"]):
        return None
    counts = {str(name).upper(): number for name, number in about["counts"].items()}
    return (
        event["event_key"],
        event["event_time"],
        event["event_name"],
        event["repository"],
        about["tag"],
        about["digest"],
        about["status"],
        about["kind"],
        *(int(counts.get(name) or 0) for name in SEVERITIES),
        about["worst"] or None,
        event["principal"],
        None,
    )


def _answer(event: dict[str, Any]) -> dict[str, Any]:
    answer = parsed_object(event["response_elements"])
    image = as_object(answer.get("imageId"))
    found = as_object(answer.get("imageScanFindings"))
    basic, enhanced = as_objects(found.get("findings")), as_objects(found.get("enhancedFindings"))
    findings = [
        (str(each.get("severity") or "UNDEFINED").upper(), _name(each))
        for each in (*basic, *enhanced)
    ]
    counts = _numbers(found.get("findingSeverityCounts"))
    return {
        "digest": image.get("imageDigest") or event["image_digest"],
        "tag": image.get("imageTag") or event["image_tag"],
        "status": as_object(answer.get("imageScanStatus")).get("status"),
        "kind": "enhanced" if enhanced else "basic" if basic or counts else None,
        "counts": counts or Counter(severity for severity, _ in findings),
        "worst": _worst(findings),
    }


def _notice(event: dict[str, Any]) -> dict[str, Any]:
    detail = parsed_object(event["service_event_details"])
    tags = detail.get("image-tags")
    tag = tags[0] if isinstance(tags, list) and tags and isinstance(tags[0], str) else None
    return {
        "digest": detail.get("image-digest") or event["image_digest"],
        "tag": tag or event["image_tag"],
        "status": detail.get("scan-status"),
        "kind": "enhanced" if event["event_name"].startswith("Inspector") else "basic",
        "counts": _numbers(detail.get("finding-severity-counts")),
        "worst": "",
    }


def _name(finding: dict[str, Any]) -> str:
    package = as_object(finding.get("packageVulnerabilityDetails")).get("vulnerabilityId")
    return str(finding.get("name") or package or finding.get("title") or "")


def _worst(findings: list[tuple[str, str]]) -> str:
    """The names of the worst findings, most severe first."""
    order = {name: place for place, name in enumerate(SEVERITIES)}
    ranked = sorted(findings, key=lambda entry: order.get(entry[0], len(order)))
    names = list(dict.fromkeys(name for _, name in ranked if name))
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more


def _numbers(value: object) -> dict[str, int]:
    """Severity -> count; what is no count is left out."""
    return {
        name: number
        for name, number in as_object(value).items()
        if isinstance(number, int) and not isinstance(number, bool) and 0 <= number < 1 << 31
    }


SCANS = Derivation(
    rows=(Rows("scans", "event_key"),),
    build=build_scans,
    keys=(
        f"SELECT event_key FROM touched WHERE {_IS_SCAN}",  # noqa: S608 - a constant
        f"SELECT event_key FROM scans WHERE image_digest IN ({CHANGED_IMAGES})",  # noqa: S608
    ),
)
