"""Where a key, an address, a person, an ARN, a digest or a time leads."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest

from queries.case import Case, open_case
from queries.ready import READY
from queries.scope import ALL, Filters, Scope, about
from queries.start_at import (
    ACTIVITY,
    LAYER,
    PUSH,
    PUSHES,
    RECORD,
    SEVERAL,
    WHO,
    Start,
    find_start,
)
from samples import incident_path
from tests.evidence_files import DANA, EVE, at, case_of, record

IMPLANT = "sha256:22286464f09726ab75d8a17853f3d076d1529a8c16b4c28b41f00d98772fd187"
SAM = "arn:aws:iam::444455556666:user/sam.sre"
SESSION = "arn:aws:sts::111122223333:assumed-role/ci-push/1773012388"


@pytest.fixture(scope="module")
def demo() -> Iterator[Case]:
    with open_case([str(incident_path())], use_cache=False) as case:
        yield case


def start(case: Case, value: str) -> Start:
    found = find_start(case, value)
    assert isinstance(found, Start), found
    return found


def refused(case: Case, value: str) -> str:
    found = find_start(case, value)
    assert isinstance(found, str), found
    return found


@pytest.mark.parametrize(
    ("value", "place", "kind", "about_what"),
    [
        ("ASIAHDB75CKWIEXAMPLE", ACTIVITY, "key", "ASIAHDB75CKWIEXAMPLE"),
        (" 198.51.100.77 ", ACTIVITY, "address", "198.51.100.77"),
        ("sam.sre", WHO, "origin", SAM),
        ("SAM.SRE", WHO, "origin", SAM),
        (SAM, WHO, "origin", SAM),
        (SESSION, WHO, "principal", SESSION),
        ("1773012388", WHO, "principal", SESSION),
        (
            "arn:aws:iam::444455556666:role/jump",
            WHO,
            "principal",
            "arn:aws:iam::444455556666:role/jump",
        ),
        (
            "arn:aws:kms:us-east-1:444455556666:key/mrk-444455556666useast1",
            ACTIVITY,
            "value",
            "arn:aws:kms:us-east-1:444455556666:key/mrk-444455556666useast1",
        ),
    ],
)
def test_a_value_leads_to_what_it_is(
    demo: Case, value: str, place: str, kind: str, about_what: str
) -> None:
    found = start(demo, value)
    assert (found.place, found.scope.kind, found.scope.value) == (place, kind, about_what)
    if place == ACTIVITY:
        question = about("activity", found.scope, found.filters)
        assert demo.ask(question.sql, question.bound).rows


@pytest.mark.parametrize("value", [IMPLANT, IMPLANT[:15], IMPLANT[7:], IMPLANT[7:17].upper()])
def test_a_digest_or_the_beginning_of_one_leads_to_its_push(demo: Case, value: str) -> None:
    found = start(demo, value)
    [(digest,)] = demo.ask(
        "SELECT image_digest FROM pushes WHERE push_key = $key", {"key": found.key}
    ).rows
    assert (found.place, digest) == (PUSH, IMPLANT)


def test_a_layer_leads_to_its_history_and_a_repository_to_its_pushes(demo: Case) -> None:
    layer = demo.ask("SELECT max(layer_digest) FROM push_layers").rows[0][0]
    assert (start(demo, layer).place, start(demo, layer).value) == (LAYER, layer)
    for value in (
        "team/web",
        "111122223333/us-east-1/team/web",
        "arn:aws:ecr:us-east-1:111122223333:repository/team/web",
    ):
        assert start(demo, value).value == "111122223333/us-east-1/team/web"
        assert start(demo, value).place == PUSHES
    # Two repositories have this name: all that names it is shown.
    assert start(demo, "team/api").place == ACTIVITY


def test_ids_of_requests_and_events(demo: Case) -> None:
    event_id, request_id, key = demo.ask(
        "SELECT event_id, request_id, event_key FROM events WHERE request_id IS NOT NULL"
        " AND event_id NOT IN (SELECT shared_event_id FROM events"
        " WHERE shared_event_id IS NOT NULL)"
        " ORDER BY event_key LIMIT 1"
    ).rows[0]
    assert (start(demo, event_id).place, start(demo, event_id).key) == (RECORD, key)
    assert (start(demo, event_id.upper()).place, start(demo, event_id.upper()).key) == (RECORD, key)
    found = start(demo, request_id)
    assert (found.scope.kind, found.scope.value) == ("value", request_id)
    assert "request id" in found.said


@pytest.mark.parametrize(
    ("value", "since", "until"),
    [
        ("2026-03-08", datetime(2026, 3, 8), datetime(2026, 3, 9)),
        ("2h", datetime(2026, 3, 10, 16, 8, 18), None),
        (
            "2026-03-08T23:26:28Z",
            datetime(2026, 3, 8, 23, 11, 28),
            datetime(2026, 3, 8, 23, 41, 28),
        ),
        ("2026-03-08..2026-03-09", datetime(2026, 3, 8), datetime(2026, 3, 10)),
        (
            "2026-03-08T23:00+01:00/2026-03-09 04:00",
            datetime(2026, 3, 8, 22),
            datetime(2026, 3, 9, 4),
        ),
    ],
)
def test_times_days_ranges_and_spans(
    demo: Case, value: str, since: datetime, until: datetime | None
) -> None:
    assert start(demo, value).filters == Filters(since=since, until=until)


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("AKIA0000000000000000", "no event of this evidence has the access key"),
        ("203.0.113.254", "no event of this evidence came from"),
        ("sha256:" + "0" * 64, "no image and no layer"),
        ("999999999999", "no event of this evidence is of account"),
        ("2020-01-01", "lies outside this evidence"),
        ("2026-03-09T02:00Z..2026-03-09T01:00Z", "ends before it begins"),
        ("nobody at all", "is in no field of this evidence"),
        ("%", "is in no field"),
        ("9999-12-31", "is in no field"),
        ("  ", "nothing was given"),
    ],
)
def test_what_is_not_there_is_said(demo: Case, value: str, said: str) -> None:
    assert said in refused(demo, value)


def test_a_name_of_two_people_asks_which(tmp_path: Path) -> None:
    other = DANA.replace("111122223333", "444455556666")
    with case_of(
        tmp_path,
        record("DescribeImages", at(0)),
        record("DescribeImages", at(1), who=other),
        record("DescribeImages", at(2), who=EVE.replace("eve", "dana_ops")),
    ) as case:
        found = start(case, "dana.ops")
        assert (found.place, found.several) == (SEVERAL, (DANA, other))
        # An underscore stands for itself.
        assert start(case, "dana_ops").scope.value == EVE.replace("eve", "dana_ops")


# ---- ready questions --------------------------------------------------------------------------


def names_of(case: Case, filters: Filters) -> list[str]:
    question = about("activity", Scope(ALL), filters)
    return [row["event_name"] for row in case.ask(question.sql, question.bound).dicts()]


def test_logins_without_mfa_and_deletes(tmp_path: Path) -> None:
    def login(minute: int, used: str, answer: str = "Success") -> dict[str, object]:
        return record(
            "ConsoleLogin",
            at(minute),
            eventSource="signin.amazonaws.com",
            additionalEventData={"MFAUsed": used},
            responseElements={"ConsoleLogin": answer},
        )

    with case_of(
        tmp_path,
        login(0, "Yes"),
        login(1, "No"),
        login(2, "No", "Failure"),
        record("DeleteRepository", at(3)),
        record("TerminateInstances", at(4), eventSource="ec2.amazonaws.com"),
        record("DescribeImages", at(5)),
    ) as case:
        by_words = {ready.words: ready.filters(case.totals) for ready in READY}
        assert names_of(case, by_words["console logins without MFA"]) == ["ConsoleLogin"]
        assert len(names_of(case, by_words["console logins"])) == 3
        assert names_of(case, by_words["failed console logins"]) == ["ConsoleLogin"]
        deletes = by_words["every delete in the last two hours of the evidence"]
        assert names_of(case, deletes) == ["DeleteRepository", "TerminateInstances"]
        assert names_of(case, deletes.changed(since=datetime(2100, 1, 1))) == []


def test_every_ready_question_can_be_asked(demo: Case) -> None:
    counts = {ready.words: len(names_of(demo, ready.filters(demo.totals))) for ready in READY}
    assert counts["console logins"] == 4
    assert counts["console logins without MFA"] == 0
    assert counts["every delete"] >= counts["every delete in the last two hours of the evidence"]
    assert sum(1 for count in counts.values() if count) > 6
