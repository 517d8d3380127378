"""The registry login behind a push: certain, probable, or one of several."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from queries.case import Case
from queries.question import ask_for
from tests.evidence_files import ACCOUNT, EVE, Record, at, case_of, image, push, record

HOME, AWAY = "203.0.113.10", "198.51.100.7"


def login(time: str, address: str = HOME, **fields: Any) -> Record:
    return record("GetAuthorizationToken", time, sourceIPAddress=address, readOnly=True, **fields)


def docker_push(time: str, created: str | None = None, key: str = "ASIADOCKER") -> Record:
    made = push(image("a"), "v1", time, sourceIPAddress="AWS Internal", userAgent="AWS Internal")
    made["userIdentity"]["accessKeyId"] = key
    if created is not None:
        made["userIdentity"]["sessionContext"] = {"attributes": {"creationDate": created}}
    return made


def found(case: Case) -> dict[str, Any]:
    question = ask_for("pushes")
    [row] = case.ask(question.sql, question.bound).dicts()
    return row


def candidates(case: Case) -> list[tuple[str, str]]:
    question = ask_for("push_logins", push_key=found(case)["push_key"])
    rows = case.ask(question.sql, question.bound).dicts()
    return sorted((row["source_ip_address"], row["matched"]) for row in rows)


def test_the_only_login_is_probable(tmp_path: Path) -> None:
    with case_of(tmp_path, login(at(0)), docker_push(at(10))) as case:
        push_ = found(case)
        assert (push_["login_match"], push_["login_count"], push_["login_ip"]) == (
            ("probable", 1, HOME)
        )


def test_several_logins_are_ambiguous_and_all_can_be_looked_at(tmp_path: Path) -> None:
    records = [login(at(0), AWAY), login(at(5)), login(at(20)), docker_push(at(10))]
    with case_of(tmp_path, *records) as case:
        push_ = found(case)
        assert (push_["login_match"], push_["login_count"]) == ("ambiguous", 2)
        assert push_["login_ip"] is None, "no address is offered as if it were the one"
        assert push_["login_ips"] == f"{AWAY} {HOME}"
        assert candidates(case) == [(AWAY, "same principal"), (HOME, "same principal")]


def test_several_logins_from_one_address_are_ambiguous_but_the_address_is_not(
    tmp_path: Path,
) -> None:
    with case_of(tmp_path, login(at(0)), login(at(5)), docker_push(at(10))) as case:
        push_ = found(case)
        assert (push_["login_match"], push_["login_count"], push_["login_ip"]) == (
            ("ambiguous", 2, HOME)
        )


def test_the_session_that_began_at_a_login_makes_it_exact(tmp_path: Path) -> None:
    records = [login(at(0), AWAY), login(at(5)), docker_push(at(10), created=at(0))]
    with case_of(tmp_path, *records) as case:
        push_ = found(case)
        assert (push_["login_match"], push_["login_count"], push_["login_ip"]) == (
            ("exact", 1, AWAY)
        )
        assert candidates(case) == [(AWAY, "same session"), (HOME, "same principal")]


@pytest.mark.parametrize("key", ["ASIASESSION", "AKIALONGTERM"])
def test_a_temporary_key_tells_a_session_and_a_long_term_key_does_not(
    tmp_path: Path, key: str
) -> None:
    own = login(at(0), AWAY)
    own["userIdentity"]["accessKeyId"] = key
    with case_of(tmp_path, own, login(at(5)), docker_push(at(10), key=key)) as case:
        assert found(case)["login_match"] == ("exact" if key == "ASIASESSION" else "ambiguous")


def test_one_session_used_from_two_addresses_is_ambiguous(tmp_path: Path) -> None:
    logins = [login(at(0), AWAY), login(at(5), HOME)]
    for entry in logins:
        entry["userIdentity"]["accessKeyId"] = "ASIASESSION"
    with case_of(tmp_path, *logins, docker_push(at(10), key="ASIASESSION")) as case:
        push_ = found(case)
        assert (push_["login_match"], push_["login_ips"]) == ("ambiguous", f"{AWAY} {HOME}")


def test_other_peoples_old_failed_and_public_logins_are_no_candidates(tmp_path: Path) -> None:
    records = [
        record("GetAuthorizationToken", at(0), EVE, readOnly=True),
        login("2026-03-01T20:00:00Z"),
        login(at(1), errorCode="AccessDenied"),
        login(at(2), eventSource="ecr-public.amazonaws.com"),
        docker_push(at(10)),
    ]
    assert all(entry["recipientAccountId"] == ACCOUNT for entry in records)
    with case_of(tmp_path, *records) as case:
        push_ = found(case)
        assert (push_["login_match"], push_["login_count"], push_["login_ips"]) == (None, 0, None)
