"""What happened, story by story: a timeline, the chain of sessions, and what was found."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from queries.case import Case
from queries.findings.found import Found
from queries.findings.model import Finding, Story
from queries.findings.stories import headline
from queries.naming import display_name
from queries.report.document import FOUND, MARKED, Code, Document, Inline, Moment
from queries.report.times import as_text

MOST_STORIES = 12
_TELLING = ("critical", "high", "medium")
"""Stories whose worst finding is below these are only listed."""


def stories(document: Document, case: Case, found: Found) -> None:
    """The section; stories that are not grave are only listed."""
    document.heading("What happened", "story")
    marked = set(case.marks.places.values())
    told = [s for s in found.stories if s.severity in _TELLING][:MOST_STORIES]
    ids = _ids(case, [key for s in told for f in s.findings for key in f.event_keys])
    for story in told:
        document.heading(f"{story.number}. {headline(story)}", level=3)
        document.timeline(_moments(case, story, marked), f"Story {story.number}, {_when(story)}")
        document.say("The chain of sessions behind it:")
        _chains(document, case, story)
        document.say("In the order of time:")
        document.table(
            ("when (UTC)", "severity", "what happened", "event ids"),
            [
                (as_text(f.event_time), f.severity, f.why, _first(f.event_keys, ids))
                for f in story.findings
            ],
            wide=True,
        )
    rest = [story for story in found.stories if story not in told]
    if not told:
        document.say("Nothing that was found is worse than low.")
    if rest:
        document.say("Also found, and not told here:")
        document.bullets(
            [(f"{story.number}. {headline(story)} ({story.severity})",) for story in rest]
        )


def _moments(case: Case, story: Story, marked: set[int]) -> list[Moment]:
    return [
        Moment(
            finding.event_time,
            _finding_lane(finding),
            f"{finding.rule.title} ({finding.severity})",
            MARKED if marked.intersection(finding.event_keys[:1]) else FOUND,
        )
        for finding in story.findings
        if finding.event_time is not None
    ]


def _finding_lane(finding: Finding) -> str:
    return display_name(finding.principal or finding.subject)


def _chains(document: Document, case: Case, story: Story) -> None:
    """Origin to session, for each session of the story's subject that its events used."""
    keys = sorted({key for finding in story.findings for key in finding.event_keys})
    rows = case.ask(
        "SELECT DISTINCT s.chain, s.chain_keys FROM events AS e"
        " JOIN sessions AS s ON s.access_key_id = e.access_key_id"
        " WHERE e.event_key IN (SELECT unnest($keys::BIGINT[])) AND s.origin = $subject"
        " ORDER BY s.chain, s.chain_keys",
        {"keys": keys, "subject": story.subject},
    ).rows
    lines: list[tuple[Inline, ...]] = []
    for chain, chain_keys in rows:
        arns, used = json.loads(chain or "[]"), json.loads(chain_keys or "[]")
        line: list[Inline] = []
        for number, arn in enumerate(arns):
            line.append(" → " if number else "")
            line.append(Code(str(arn)))
            if number < len(used) and used[number]:
                line += [" (", Code(str(used[number])), ")"]
        lines.append(tuple(line))
    document.bullets(lines or [("no chain is known: the calls that issued it are not there",)])


def _ids(case: Case, keys: Sequence[int]) -> dict[int, str | None]:
    rows = case.ask(
        "SELECT event_key, event_id FROM events"
        " WHERE event_key IN (SELECT unnest($keys::BIGINT[]))",
        {"keys": sorted(set(keys))},
    ).rows
    return dict(rows)


def _first(keys: Sequence[int], ids: Mapping[int, str | None]) -> Code:
    """The ids of some events of a finding; the others are in `findings --format json`."""
    found = [ids.get(key) for key in list(dict.fromkeys(keys))[:10]]
    return Code(" ".join(ident for ident in found if ident))


def _when(story: Story) -> str:
    if story.first == story.last:
        return f"{as_text(story.first)} UTC"
    return f"{as_text(story.first)} to {as_text(story.last)} UTC"
