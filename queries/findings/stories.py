"""Stories: findings of one origin that lie close together, worst first.

A story weighs what its different rules weigh together: one rule that hits again and again says
little, many that hit one chain of sessions say much. So an implant, which trips most of them at
once, stands above the hum of a busy pipeline.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta

from queries.findings.model import Finding, Story
from queries.naming import display_name

WEIGHTS = {"critical": 100, "high": 30, "medium": 10, "low": 3, "info": 1}

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
    scored = [(_score(part), subject, part) for subject, part in parts]
    scored.sort(key=lambda entry: (-entry[0], _order(entry[2][0]), entry[1]))
    stories = []
    for number, (score, subject, part) in enumerate(scored, 1):
        for finding in part:
            finding.story = number
        stories.append(Story(number, subject, part, score))
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


def _score(findings: list[Finding]) -> int:
    best: dict[str, int] = {}
    for finding in findings:
        weight = WEIGHTS[finding.severity]
        best[finding.rule.id] = max(best.get(finding.rule.id, 0), weight)
    return sum(best.values())


def headline(story: Story) -> str:
    """`sam.sre: 12 findings in 2 h 25 min`."""
    count = len(story.findings)
    text = f"{display_name(story.subject)}: {count} finding{'s' if count > 1 else ''}"
    if count > 1 and story.first and story.last:
        text += f" in {span_in_words(story.last - story.first)}"
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
