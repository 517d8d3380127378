"""The field cases beside the checkout: what real logs and exports do to a reader.

Each NAME.expected.json says what is right; its words are explained in shared/cases/README.md.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from queries.case import Case, open_case
from queries.findings.rules import built_in_rules
from queries.findings.run import find
from queries.findings.settings import Settings
from queries.question import ask_for
from queries.raw import raw_record
from queries.scope import KEY, ORIGIN, Filters, Scope, about
from tests.evidence_files import API, DANA, SHARED, case_in_memory, one, rows, shared, write

LOSSY = {
    "formats/event_history_csv",
    "formats/lake_csv",
    "formats/lake_query_results",
    "formats/security_lake",
}
"""Exports that leave parts of the record out; tests/queries/envelopes holds what they keep."""

OTHERWISE = {
    ("truncated_gz", "raw_records"): (18, "whole records before the damage are kept, a bonus"),
    ("truncated_gz", "events"): (16, "the same, with copies merged"),
    ("identity_shapes", "pusher_count"): (8, "{} and null share a label, which is right too"),
    ("formats/zip", "raw_records"): (4, "the ../ member holds a copy, and copies are included"),
}
"""(case, key) -> what is right here although the expected file has another number, and why."""

_NOT_NUMBERS = {"case", "error", "findings", "files", "load", "notes"}
_OTHER_NAMES = {"deleted_images": "images_deleted_by_policy"}
"""Words of a case that this product says otherwise."""


def _expected_files() -> list[Path]:
    cases = SHARED / "cases"
    return sorted([*cases.glob("*.expected.json"), *cases.glob("formats/*.expected.json")])


def _expected(path: Path) -> dict[str, Any]:
    value: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return value


def _name(path: Path) -> str:
    return str(_expected(path)["case"])


_FILES = {_name(path): path for path in _expected_files()}
_NOW = sorted(_FILES)


@cache
def _opened(name: str) -> Case:
    path = shared("cases", f"{name}.expected.json")
    return case_in_memory(*(path.parent / file for file in _expected(path)["files"]))


@contextmanager
def field_case(name: str) -> Iterator[Case]:
    """The case `name`, loaded as its expected file says, once for all tests."""
    yield _opened(name)


def ledger(case: Case) -> dict[str, tuple[str, str]]:
    """File name -> status and what is said about it."""
    return {
        Path(name).name: (status, "; ".join(notes))
        for name, status, notes in rows(case, "SELECT name, status, notes FROM files")
    }


def answers(case: Case, name: str, **parameters: Any) -> list[dict[str, Any]]:
    question = ask_for(name, **parameters)
    return case.ask(question.sql, question.bound).dicts()


# --- every case: the numbers -------------------------------------------------------------------


def test_the_cases_are_beside_the_checkout() -> None:
    shared("cases", "README.md")
    assert len(_NOW) >= 50


def _labels(case: Case) -> int:
    return len(case.totals["pushers"])


_COUNTED: dict[str, Callable[[Case], Any]] = {
    "pusher_count": _labels,
    "odd_files": lambda case: sum(1 for _, said in ledger(case).values() if said),
    "tag_owner_digest": lambda case: one(case, "SELECT image_digest FROM pushes"),
    "sessions": lambda case: case.totals["keys"],
    "subjects": lambda case: [row["subject"] for row in answers(case, "pushes")],
    "roles": lambda case: one(
        case, "SELECT count(DISTINCT identity_arn) FROM events WHERE event_name = 'PutImage'"
    ),
    "tags": lambda case: [row["image_tags"] for row in answers(case, "pushes")],
    "chain": lambda case: json.loads(answers(case, "push", push_key=_only_push(case))[0]["chain"]),
    "related_activity": lambda case: len(_activity(case, Scope(ORIGIN, DANA))),
    "event_times": lambda case: [
        f"{time.isoformat()}Z" for (time,) in rows(case, "SELECT event_time FROM events")
    ],
    "unlogged_pushes": lambda case: one(
        case, "SELECT count(*) FROM pushes WHERE login_event IS NULL"
    ),
    "linked_deployments": lambda case: one(
        case, "SELECT count(*) FROM deployments WHERE push_key IS NOT NULL"
    ),
    "error_mentions": lambda case: [
        word for word in ("GuardDuty", "not_a_log.json", "hello") if word in str(ledger(case))
    ],
}
"""What an expected file asks that is not one of the totals."""


def _deployed_images(case: Case) -> Any:
    named = rows(case, "SELECT DISTINCT image FROM deployments WHERE image IS NOT NULL")
    return [image for (image,) in named]


def _only_push(case: Case) -> int:
    return int(one(case, "SELECT push_key FROM pushes"))


def _activity(case: Case, scope: Scope, filters: Filters | None = None) -> list[dict[str, Any]]:
    question = about("activity", scope, filters)
    return case.ask(question.sql, question.bound).dicts()


@pytest.mark.parametrize("name", _NOW or ["nothing beside the checkout"])
def test_numbers_of_the_case(name: str) -> None:
    if name not in _FILES:
        shared("cases")
    expected = _expected(_FILES[name])
    with field_case(name) as case:
        for key, value in expected.items():
            if key in _NOT_NUMBERS:
                continue
            value = OTHERWISE.get((name, key), (value,))[0]
            if key == "images" and isinstance(value, list):  # elsewhere how many were pushed
                found = _deployed_images(case)
            elif key in _COUNTED:
                found = _COUNTED[key](case)
            else:
                found = case.totals[_OTHER_NAMES.get(key, key)]
            if isinstance(value, int) and isinstance(found, list):
                found = len(found)
            if isinstance(value, list) and key not in ("chain", "event_times"):
                value, found = sorted(value), sorted(found)
            assert found == value, key
        said = [notes for _, notes in ledger(case).values() if notes]
        if expected["load"] == "ok_with_notes":
            assert said or case.totals["notes"], "this case has something to say"
        if expected["load"] == "error":
            assert case.totals["raw_records"] == 0
            assert said


@pytest.mark.slow
def test_everything_at_once_adds_up() -> None:
    with open_case([str(shared("cases"))], use_cache=False) as case:
        total = one(case, "SELECT sum(records) FROM files")
        assert total == case.totals["raw_records"] > 1000
        kept = one(case, "SELECT count(*) FROM events")
        assert kept + case.totals["duplicates"] == total
        unexplained = rows(case, "SELECT name FROM files WHERE status <> 'read' AND len(notes) = 0")
        assert unexplained == []
        # Hundreds of images of seventy layers each are among them, all alike.
        found = find(case, Settings(rules=built_in_rules()))
        assert found.stories
        found.close()


# --- who ---------------------------------------------------------------------------------------


def test_the_chain_leads_over_two_roles_to_the_person() -> None:
    with field_case("role_chain") as case:
        push = answers(case, "push", push_key=_only_push(case))[0]
        assert push["origin"] == DANA
        assert push["source_identity"] == "dana"
        events = [row["event_name"] for row in _activity(case, Scope(ORIGIN, DANA))]
        assert "CreateUser" in events
        assert "PutImage" in events


def test_a_region_filter_does_not_cut_the_chain() -> None:
    with field_case("sts_other_region") as case:
        [push] = answers(case, "pushes", region="eu-central-1")
        assert push["origin"] == DANA
        found = _activity(case, Scope(ORIGIN, DANA), Filters(region="eu-central-1"))
        assert [row["event_name"] for row in found] == ["PutImage"]


def test_a_session_whose_start_may_be_in_an_unloaded_region_says_so() -> None:
    with field_case("sts_other_region") as case:
        assert not [note for note in case.totals["notes"] if "us-east-1 is not loaded" in note]
    with field_case("control_chars") as case:
        assert case.totals["regions"] == ["us-east-1"]


def test_ci_jobs_that_share_an_arn_are_told_apart_by_key_and_subject() -> None:
    with field_case("oidc_ci") as case:
        pushes = answers(case, "pushes")
        assert len({push["principal"] for push in pushes}) == 1
        assert len({push["access_key_id"] for push in pushes}) == 2
        for push in pushes:
            [only] = [
                row["event_name"] for row in _activity(case, Scope(KEY, push["access_key_id"]))
            ]
            assert only == "PutImage"


def test_nine_identities_without_the_usual_fields_have_labels() -> None:
    with field_case("identity_shapes") as case:
        labels = [row["principal"] for row in answers(case, "pushes")]
        assert len(labels) == 9
        assert all(labels)
        assert labels.count("(no identity)") == 2


def test_the_hidden_name_is_no_person_and_an_empty_key_joins_nothing() -> None:
    with field_case("hidden_username") as case:
        principals = {row["identity_arn"] for row in answers(case, "principals")}
        assert not [name for name in principals if "HIDDEN" in name]
        assert rows(case, "SELECT 1 FROM events WHERE access_key_id = ''") == []
        assert _activity(case, Scope(KEY, "")) == []


def test_roles_sessions_and_keys_are_three_levels() -> None:
    with field_case("role_sessions") as case:
        roles = {row["identity_arn"] for row in answers(case, "principals")}
        assert len(roles) == 3
        assert [role for role in roles if role.endswith(":role/ci/deploy/push")], "path kept"
        assert len(case.totals["pushers"]) == 4


def test_a_cross_account_push_belongs_to_the_registry_and_keeps_both_records() -> None:
    with field_case("shared_event") as case:
        [push] = answers(case, "pushes")
        assert push["cross_account"] is True
        assert push["repository"].startswith("111122223333/")
        assert push["principal"].startswith("arn:aws:sts::444455556666:")
        [other] = answers(case, "event_copies", event_key=push["push_key"])
        assert other["relation"] == "joined record"
        raw = raw_record(case, other["file_id"], other["position"])
        assert json.loads(raw.text)["userIdentity"]["type"] == "AWSAccount"


# --- what --------------------------------------------------------------------------------------


def test_a_multi_platform_push_opens_into_its_five_records() -> None:
    with field_case("multiarch_push") as case:
        [push] = answers(case, "pushes")
        assert (push["kind"], push["attestations"], push["records"]) == ("index", 2, 5)
        assert len(push["platforms"].split(", ")) == 2
        parts = [row["part"] for row in answers(case, "push_records", push_key=push["push_key"])]
        assert sorted(parts) == ["attestation", "attestation", "index", "platform", "platform"]


def test_the_owner_of_a_tag_set_three_times_in_one_second_is_called_unprovable() -> None:
    with field_case("buildx_tag_on_children") as case:
        assert one(case, "SELECT order_unprovable FROM pushes") is True


def test_retag_and_moved_tag_name_what_they_replace() -> None:
    with field_case("retag") as case:
        pushes = sorted(answers(case, "pushes"), key=lambda push: push["event_time"])
        assert [push["effect"] for push in pushes] == ["new image", "retag", "moved tag"]
        moved = pushes[-1]
        assert moved["previous_digest"] == pushes[0]["image_digest"]
        assert moved["previous_principal"] == DANA


def test_tags_that_look_like_other_types_stay_as_they_are() -> None:
    with field_case("strings_like_other_types") as case:
        [found] = answers(case, "repositories")
        assert found["repository_name"] == "0123456789abcdef0123456789abcdef"
        assert one(case, "SELECT typeof(image_tags) FROM pushes LIMIT 1") == "VARCHAR"


def test_images_signed_and_their_attachments_are_one_push() -> None:
    with field_case("signature_artifacts") as case:
        [push] = answers(case, "pushes")
        assert push["attachments"] == 3
        assert push["effect"] == "new image"


def test_a_pull_through_copy_names_who_pulled() -> None:
    with field_case("pull_through_cache") as case:
        [copy] = answers(case, "pushes")
        assert copy["made_by"] == "pull-through cache"
        assert copy["triggered_by"].endswith("eks-node/i-0abc123")


def test_a_replicated_copy_names_who_pushed_the_original() -> None:
    with field_case("replication") as case:
        by_maker = {push["made_by"]: push for push in answers(case, "pushes")}
        copy, original = by_maker["replication"], by_maker["person"]
        assert copy["triggered_by"] == original["principal"]
        assert copy["image_digest"] == original["image_digest"]


def test_an_attempt_is_no_push_and_its_repository_is_listed() -> None:
    with field_case("put_image_errors") as case:
        by_name = {row["repository"]: row for row in answers(case, "repositories")}
        nope = by_name["111122223333/us-east-1/team/nope"]
        assert (nope["pushes"], nope["attempts"]) == (0, 1)
        assert by_name[API]["pushes"] == 1


def test_a_denied_call_without_parameters_is_listed_not_dropped() -> None:
    with field_case("null_request_parameters") as case:
        by_name = {row["repository"]: row for row in answers(case, "repositories")}
        assert by_name["(repository unknown)"]["attempts"] == 1
        assert by_name[API]["attempts"] == 1


def test_layer_calls_fold_under_the_push_and_its_address_is_inferred() -> None:
    with field_case("push_noise") as case:
        [push] = answers(case, "pushes")
        assert push["login_ip"] == "198.51.100.20"
        assert push["source_ip_address"] != "198.51.100.20"
        parts = [row["part"] for row in answers(case, "push_records", push_key=push["push_key"])]
        assert parts.count("layer") == 120
        assert parts.count("image") == 1


def test_a_login_nine_hours_before_is_found_and_a_missing_one_is_not_made_up() -> None:
    with field_case("push_without_login") as case:
        found = {
            row["push_key"]: row["login_time"]
            for row in (
                answers(case, "push", push_key=p["push_key"])[0] for p in answers(case, "pushes")
            )
        }
        times = {p["push_key"]: p["event_time"] for p in answers(case, "pushes")}
        [logged] = [key for key, time in found.items() if time is not None]
        assert (times[logged] - found[logged]).total_seconds() == 9 * 3600 + 60


def test_deleting_in_part_and_recreating_gives_two_lives() -> None:
    with field_case("delete_partial_recreate") as case:
        pushes = sorted(answers(case, "pushes"), key=lambda push: push["event_time"])
        assert [push["lifetime"] for push in pushes] == [1, 1, 2]
        assert pushes[-1]["effect"] == "new image"
        assert pushes[-1]["previous_digest"] is None


def test_lifecycle_expiry_is_no_push_and_no_deletion_by_a_person() -> None:
    with field_case("lifecycle_expiry") as case:
        assert case.totals["images_deleted"] == 0
        assert {row["repository"] for row in answers(case, "repositories")} == {API}


def test_an_insight_about_putimage_is_no_push_and_its_two_records_stay_apart() -> None:
    with field_case("insight_event") as case:
        insights = rows(case, "SELECT merged_into FROM events WHERE event_category = 'Insight'")
        assert insights == [(None,), (None,)]


# --- how it is read ----------------------------------------------------------------------------


def test_keys_that_differ_in_case_both_stand_in_the_raw_record() -> None:
    with field_case("keys_differ_by_case") as case:
        texts = [
            raw_record(case, file, position).text
            for file, position in rows(case, "SELECT file_id, position FROM events")
        ]
        assert any('"Host"' in text and '"host"' in text for text in texts)


def test_parameters_that_are_a_json_text_are_read_all_the_same() -> None:
    with field_case("type_conflict") as case:
        [push] = answers(case, "pushes")
        assert push["repository"] == API
        assert one(case, "SELECT count(*) FROM events WHERE event_name IS NULL") == 0


def test_records_of_every_version_stand_on_their_own() -> None:
    with field_case("event_versions") as case:
        ids = [id_ for (id_,) in rows(case, "SELECT event_id FROM events")]
        assert None in ids, "version 1.0 has no eventID"
        assert len(ids) == 14
        assert one(case, "SELECT count(DISTINCT event_key) FROM events") == 14


def test_records_with_almost_nothing_are_kept() -> None:
    with field_case("minimal_fields") as case:
        found = _activity(case, Scope("all"))
        assert len(found) == 2
        assert any(row["source_ip_address"] is None for row in found)
        assert all(row["principal"] for row in found)


def test_what_is_left_of_damaged_files_is_kept_and_the_damage_named() -> None:
    with field_case("truncated_gz") as case:
        found = ledger(case)
        assert found["good.json.gz"] == ("read", "")
        assert "truncated gzip" in found["cut.json.gz"][1]
        assert "bad checksum" in found["crc.json.gz"][1]
        assert case.totals["evidence_complete"] is False
        assert "evidence incomplete: 2 files of 3 damaged or unreadable" in case.totals["notes"]
        # Whole records in front of the cut are rescued; the copy of a good one is merged.
        assert case.totals["raw_records"] == 18
        assert case.totals["duplicates"] == 2


def test_a_digest_file_is_skipped_and_is_no_error() -> None:
    with field_case("digest_mixed") as case:
        [(status, said)] = [entry for entry in ledger(case).values() if entry[0] != "read"]
        assert (status, said) == ("skipped", "digest file (hashes of log files, no events)")
        assert case.totals["evidence_complete"] is True
        assert case.totals["notes"] == []


def test_downloads_that_never_finished_are_called_that() -> None:
    with field_case("partial_downloads") as case:
        unfinished = [said for _, said in ledger(case).values() if "download not finished" in said]
        assert len(unfinished) == 3
        # The empty temporary file is only counted.
        assert "evidence incomplete: 2 files of 4 damaged or unreadable" in case.totals["notes"]


def test_silence_after_the_logging_was_stopped_is_shown() -> None:
    with field_case("coverage_gap") as case:
        [gap] = case.totals["gaps"]
        assert (gap["start"], gap["end"]) == ("2026-03-02T11:04:00Z", "2026-03-02T13:00:00Z")
        [change] = case.totals["logging_changes"]
        assert (change["event_name"], change["outcome"]) == ("StopLogging", "ok")
        said = "; ".join(case.totals["notes"])
        assert "no events from 111122223333 us-east-1 between 2026-03-02 11:04" in said
        assert "StopLogging" in said


def test_an_export_of_one_page_of_more_is_incomplete_evidence() -> None:
    with field_case("lookup_events_v1") as case:
        [(_, said)] = ledger(case).values()
        assert "NextToken" in said
        assert case.totals["evidence_complete"] is False
        assert any("NextToken" in note for note in case.totals["notes"])


def test_copies_are_merged_and_can_be_found() -> None:
    with field_case("duplicate_trails") as case:
        assert rows(case, "SELECT copies FROM events") == [(3,), (3,)]
        for (key,) in rows(case, "SELECT event_key FROM events"):
            found = answers(case, "event_copies", event_key=key)
            assert [copy["relation"] for copy in found] == ["copy", "copy"]


def test_bytes_that_are_no_text_are_shown_and_lose_nothing() -> None:
    with field_case("latin1_bytes") as case:
        assert (
            one(
                case,
                "SELECT count(*) FROM events WHERE user_agent LIKE '%\ufffd%'"
                " OR error_message LIKE '%\ufffd%' OR image_tag LIKE '%\ufffd%'"
                " OR principal LIKE '%\ufffd%'",
            )
            == 1
        )


def test_every_export_of_the_same_events_gives_the_same_pushes() -> None:
    lossless = [
        name
        for name in _NOW
        if name.startswith("formats/")
        and name not in LOSSY
        and _expected(_FILES[name]).get("events") == 3
    ]
    if not lossless:
        shared("cases")
    answers_by_format = {}
    for name in lossless:
        with field_case(name) as case:
            answers_by_format[name] = (
                sorted(
                    ({**event, "event_key": 0} for event in _activity(case, Scope("all"))),
                    key=lambda event: str(event["event_time"]),
                ),
                [{**push, "push_key": 0} for push in answers(case, "pushes")],
            )
    assert len(answers_by_format) >= 8
    first = answers_by_format.pop(lossless[0])
    for name, found in answers_by_format.items():
        assert found == first, name


# --- scenarios ---------------------------------------------------------------------------------


def test_a_loop_of_links_ends_and_a_second_name_is_no_second_file(tmp_path: Path) -> None:
    records = shared("cases", "formats", "s3_delivered.json.gz").read_bytes()
    folder = write(tmp_path / "top", {"d/s3_records.json": records}) / "d"
    (folder / "loop").symlink_to("..")
    (folder / "again.json").symlink_to("s3_records.json")
    with open_case([str(folder)], use_cache=False) as case:
        assert case.totals["raw_records"] == 3
        assert case.totals["duplicates"] == 0
        said = {name: text for name, (_, text) in ledger(case).items()}
        # Names are walked in order: the link to the file comes before the file.
        assert sorted(said) == ["again.json", "d", "s3_records.json"]
        assert said["s3_records.json"] == "the same file again (link)"
        assert said["d"] == "the same folder again (link)"


@pytest.mark.slow
def test_any_number_of_workers_gives_the_same_rows_in_the_same_order() -> None:
    folder = shared("cases", "formats")
    found: list[dict[str, Any]] = []
    for workers in (1, 4, 16):
        with open_case([str(folder)], use_cache=False, workers=workers) as case:
            names = [
                name
                for (name,) in rows(
                    case, "SELECT table_name FROM duckdb_tables() ORDER BY table_name"
                )
            ]
            found.append(
                {
                    name: rows(case, f"SELECT * FROM {name} ORDER BY ALL")
                    for name in names
                    if name != "meta"
                }
                | {"totals": case.totals}
            )
            questions = {
                name: answers(case, name) for name in ("repositories", "pushes", "principals")
            }
            found[-1] |= {
                name: sorted(str(row) for row in asked) for name, asked in questions.items()
            }
    assert found[0] == found[1] == found[2]


def test_a_refresh_finds_exactly_the_file_that_is_new(tmp_path: Path) -> None:
    data = shared("cases", "retag.json").read_bytes()
    other = shared("cases", "oidc_ci.json").read_bytes()
    folder = write(tmp_path / "logs", {"a.json": data})
    with open_case([str(folder)]) as case:
        before = rows(case, "SELECT name, records, sha256 FROM files")
    write(folder, {"b.json": other})
    with open_case([str(folder)]) as case:
        assert case.from_cache is False
        after = rows(case, "SELECT name, records, sha256 FROM files ORDER BY file_id")
        assert after[: len(before)] == before
        assert [(Path(name).name, count) for name, count, _ in after[1:]] == [("b.json", 4)]
    with open_case([str(folder)]) as case:
        assert case.from_cache is True


def test_the_end_of_a_range_is_exclusive() -> None:
    with field_case("retag") as case:
        times = sorted(push["event_time"] for push in answers(case, "pushes"))
        until = answers(case, "pushes", since=times[0], until=times[-1])
        assert sorted(push["event_time"] for push in until) == times[:-1]


def test_no_case_is_changed_by_reading_it() -> None:
    folder = shared("cases", "truncated_gz")
    before = {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in folder.iterdir()}
    with field_case("truncated_gz") as case:
        assert case.totals["files"] == len(before)
    assert sorted(os.listdir(folder)) == sorted(path.name for path in before)
    assert {p: (p.read_bytes(), p.stat().st_mtime_ns) for p in folder.iterdir()} == before
