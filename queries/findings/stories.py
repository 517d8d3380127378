"""Stories: findings of one origin that lie close together, worst first.

A story stands above another when more different rules of the worst severity hit it; where these
are as many, those of the next severity decide, and so on; then the earlier one. One rule that hits
again and again says little, many that hit one chain of sessions say much: so an implant, which
trips most of them at once, stands above the hum of a busy pipeline.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta

from queries.findings.model import Finding, Story, counts_by_severity
from queries.findings.rules import SEVERITIES
from queries.naming import display_name

REPEATED_WITHIN = timedelta(minutes=1)


def tell(findings: Sequence[Finding], gap: timedelta) -> list[Story]:
    """The stories, worst first; each finding gets the number of its own. A pause longer than `gap`
    ends a story."""
    by_subject: dict[str, list[Finding]] = defaultdict(list)
    for finding in findings:
        by_subject[finding.subject].append(finding)
    parts: list[tuple[str, list[Finding]]] = []
    for subject, found in by_subject.items():
        found.sort(key=_order)
        parts += [(subject, part) for part in _split(found, gap)]
    parts.sort(key=lambda entry: (_gravity(entry[1]), _order(entry[1][0]), entry[0]))
    stories = []
    for number, (subject, part) in enumerate(parts, 1):
        for finding in part:
            finding.story = number
        stories.append(Story(number, subject, part))
    return stories


def repeated(findings: Sequence[Finding]) -> list[list[Finding]]:
    """The findings of one story (in time order) in groups: those of one rule by one principal
    within a minute of the first, which tell one thing. Groups stand in the order of their first."""
    groups: list[list[Finding]] = []
    last: dict[tuple[str, str | None], list[Finding]] = {}
    for finding in findings:
        key = (finding.rule.id, finding.principal)
        group, when = last.get(key), finding.event_time
        begun = group[0].event_time if group else None
        if group is not None and begun and when and when - begun <= REPEATED_WITHIN:
            group.append(finding)
        else:
            last[key] = [finding]
            groups.append(last[key])
    return groups


def _order(finding: Finding) -> tuple[datetime, int, str]:
    return (finding.event_time or datetime.max, finding.rank, finding.rule.id)


def _split(findings: list[Finding], gap: timedelta) -> list[list[Finding]]:
    parts: list[list[Finding]] = [[]]
    before: datetime | None = None
    for finding in findings:
        when = finding.event_time
        if before is not None and when is not None and when - before > gap:
            parts.append([])
        parts[-1].append(finding)
        before = when or before
    return parts


def _gravity(findings: list[Finding]) -> list[int]:
    """What stories are sorted by: less is worse."""
    counted = rules_by_severity(findings)
    return [-counted.get(severity, 0) for severity in SEVERITIES]


def rules_by_severity(findings: Sequence[Finding]) -> dict[str, int]:
    """How many different rules hit with each severity, each rule by its worst; the worst first."""
    worst: dict[str, int] = {}
    for finding in findings:
        worst[finding.rule.id] = min(worst.get(finding.rule.id, finding.rank), finding.rank)
    return counts_by_severity(SEVERITIES[rank] for rank in worst.values())


def why_here(story: Story) -> str:
    """`4 critical, 8 high and 1 low rule`: what its place among the stories rests on."""
    counted = [f"{count} {name}" for name, count in rules_by_severity(story.findings).items()]
    *others, last = counted
    rules = "rule" if last.startswith("1 ") else "rules"
    return f"{', '.join(others)} and {last} {rules}" if others else f"{last} {rules}"


def headline(story: Story) -> str:
    """`sam.sre: 12 findings in 2 h 25 min`."""
    count = len(story.findings)
    text = f"{display_name(story.subject)}: {count} finding{'s' if count > 1 else ''}"
    if count > 1 and story.first and story.last:
        span = story.last - story.first
        text += f" in {span_in_words(span)}" if span >= timedelta(seconds=1) else " at once"
    return text


def span_in_words(span: timedelta) -> str:
    """`40 s`, `7 min`, `2 h 25 min`, `3 d 4 h`."""
    seconds = int(span.total_seconds())
    if seconds < 60:
        return f"{seconds} s"
    minutes, hours = seconds // 60, seconds // 3600
    if minutes < 60:
        return f"{minutes} min"
    if hours < 48:
        return f"{hours} h {minutes % 60} min" if minutes % 60 else f"{hours} h"
    return f"{hours // 24} d {hours % 24} h" if hours % 24 else f"{hours // 24} d"
