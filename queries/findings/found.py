"""The findings of a case as tables, so that a screen can page, sort and filter them.

They lie in a database of their own, in memory: the index of the case is sealed, and what is found
depends on the configuration as well.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from queries.case import Case, Rows
from queries.database import connect
from queries.export import plain_value
from queries.findings.model import Finding, RuleRun, Story, counts_by_severity
from queries.findings.settings import Settings
from queries.findings.stories import headline, repeated, rules_by_severity, why_here
from queries.index.rows import insert_rows

TABLES = """
CREATE TABLE stories (
  story INTEGER, headline VARCHAR, subject VARCHAR, severity VARCHAR, first_time TIMESTAMP,
  last_time TIMESTAMP, findings INTEGER, rules VARCHAR, repositories VARCHAR, why_here VARCHAR,
  event_key BIGINT
);
CREATE TABLE findings (
  finding_id INTEGER, story INTEGER, place INTEGER, repeat INTEGER, repeats INTEGER,
  rule VARCHAR, title VARCHAR, severity VARCHAR,
  severity_rank INTEGER, technique VARCHAR, event_time TIMESTAMP, repository VARCHAR,
  principal VARCHAR, origin VARCHAR, image_tag VARCHAR, image_digest VARCHAR, push_key BIGINT,
  event_key BIGINT, why VARCHAR, benign_when VARCHAR, events INTEGER, event_ids VARCHAR,
  event_addresses VARCHAR,
  measured VARCHAR
);
CREATE TABLE rule_runs (
  rule VARCHAR, status VARCHAR, findings INTEGER, unknown INTEGER, severity VARCHAR, title VARCHAR,
  note VARCHAR, technique VARCHAR, sees VARCHAR, benign_when VARCHAR
);
CREATE TABLE finding_events (
  finding_id INTEGER, story INTEGER, event_key BIGINT, event_time TIMESTAMP, event_source VARCHAR,
  event_name VARCHAR, target VARCHAR, is_write BOOLEAN, outcome VARCHAR, error_code VARCHAR,
  error_message VARCHAR, principal VARCHAR, access_key_id VARCHAR, source_ip_address VARCHAR,
  user_agent VARCHAR, aws_region VARCHAR, recipient_account_id VARCHAR, event_id VARCHAR
);
"""


_ADDRESS = -5
"""Where the source address stands in a row of `finding_events`."""


class Found:
    """What the rules found: `stories` worst first, `runs` by rule, and tables to ask."""

    def __init__(
        self,
        stories: Sequence[Story],
        runs: Sequence[RuleRun],
        settings: Settings,
        events: Mapping[int, list[tuple[Any, ...]]],
    ) -> None:
        self.stories = list(stories)
        self.runs = list(runs)
        self.settings = settings
        self._connection = connect(config={"threads": "1"})
        self.case = Case(self._connection, Path(":memory:"), {})
        """To be asked like the case itself."""
        self._fill(events)

    @property
    def findings(self) -> list[Finding]:
        """All findings, story after story, each in time order."""
        return [finding for story in self.stories for finding in story.findings]

    def counts(self) -> dict[str, int]:
        """How many findings of each severity, worst first, without the zeros."""
        return counts_by_severity(finding.severity for finding in self.findings)

    def notes(self) -> list[str]:
        """What limits the answer, a sentence each: rules that failed, fell silent, do not know."""
        grouped: dict[tuple[str, str], list[str]] = {}
        for run in self.runs:
            if run.status in ("silent", "unknown", "failed"):
                grouped.setdefault((run.status, run.note), []).append(run.rule.id)
        said = [
            f"{', '.join(rules)}: {status}, {note}" for (status, note), rules in grouped.items()
        ]
        if foreign := [refused for refused in self.settings.refused if refused.foreign]:
            said.append(f"{foreign[0].why}{_and_more(len(foreign) - 1)}; not asked")
        return said

    def report(self, chosen: Rows) -> dict[str, Any]:
        """Everything as one object, for JSON: the `chosen` rows of `found/listing`, their
        stories, and how each rule fared."""
        findings = chosen.dicts()
        told = {finding["story"] for finding in findings}
        return {
            "counts": counts_by_severity(finding["severity"] for finding in findings),
            "stories": [_story_object(s) for s in self.stories if s.number in told],
            "findings": findings,
            "rules": self.rule_rows().dicts(),
            "notes": self.notes(),
        }

    def rule_rows(self) -> Rows:
        """How each rule fared, as rows."""
        columns = ["rule", "status", "findings", "unknown", "severity", "title", "note"]
        return Rows(
            columns,
            [
                (r.rule.id, r.status, r.findings, r.unknown, r.rule.severity, r.rule.title, r.note)
                for r in self.runs
            ],
        )

    def close(self) -> None:
        self._connection.close()

    def _fill(self, events: Mapping[int, list[tuple[Any, ...]]]) -> None:
        self._connection.execute(TABLES)
        found = self.findings
        places = _places(self.stories)
        rows = [
            _row(number, finding, places[id(finding)], events.get(id(finding), []))
            for number, finding in enumerate(found, 1)
        ]
        insert_rows(self._connection, "findings", rows)
        insert_rows(self._connection, "stories", [_story_row(story) for story in self.stories])
        behind = [
            (number, finding.story, *event)
            for number, finding in enumerate(found, 1)
            for event in events.get(id(finding), [])
        ]
        insert_rows(self._connection, "finding_events", behind)
        rows = [
            (*run, r.rule.technique, r.rule.sees, r.rule.benign_when)
            for run, r in zip(self.rule_rows().rows, self.runs, strict=True)
        ]
        insert_rows(self._connection, "rule_runs", rows)


def _and_more(count: int) -> str:
    return f", and {count:,} more rules are about other logs" if count else ""


def _places(stories: Sequence[Story]) -> dict[int, tuple[int, int, int]]:
    """Finding (by its identity) -> the place of its group in its story, which one of the group it
    is, and of how many."""
    return {
        id(finding): (place, number, len(group))
        for story in stories
        for place, group in enumerate(repeated(story.findings), 1)
        for number, finding in enumerate(group, 1)
    }


def _made_by(finding: Finding) -> int:
    """The event that made a finding: the one that its rule is about, not the oldest it rests on."""
    return int(finding.values.get("event_key") or finding.event_keys[0])


def _row(
    number: int, finding: Finding, place: tuple[int, int, int], events: list[tuple[Any, ...]]
) -> tuple[Any, ...]:
    return (
        number,
        finding.story,
        *place,
        finding.rule.id,
        finding.rule.title,
        finding.severity,
        finding.rank,
        finding.rule.technique,
        finding.event_time,
        finding.repository,
        finding.principal,
        finding.origin,
        finding.image_tag,
        finding.image_digest,
        finding.push_key,
        _made_by(finding),
        finding.why,
        finding.rule.benign_when,
        len(finding.event_keys),
        " ".join(str(event[-1]) for event in events if event[-1]),
        " ".join(dict.fromkeys(str(event[_ADDRESS]) for event in events if event[_ADDRESS])),
        json.dumps(plain_value(dict(finding.values)), default=str),
    )


def _story_row(story: Story) -> tuple[Any, ...]:
    return (
        story.number,
        headline(story),
        story.subject,
        story.severity,
        story.first,
        story.last,
        len(story.findings),
        ", ".join(dict.fromkeys(f.rule.id for f in story.findings)),
        ", ".join(dict.fromkeys(f.repository for f in story.findings if f.repository)),
        why_here(story),
        _made_by(min(story.findings, key=lambda finding: finding.rank)),
    )


def _story_object(story: Story) -> dict[str, Any]:
    return {
        "story": story.number,
        "headline": headline(story),
        "subject": story.subject,
        "severity": story.severity,
        "rules_by_severity": rules_by_severity(story.findings),
        "first_time": story.first,
        "last_time": story.last,
        "findings": len(story.findings),
        "rules": list(dict.fromkeys(f.rule.id for f in story.findings)),
        "repositories": list(dict.fromkeys(f.repository for f in story.findings if f.repository)),
    }
