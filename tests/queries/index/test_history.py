"""What a push did to its repository, and whose image it replaced."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from queries.case import Case
from tests.evidence_files import (
    DANA,
    EVE,
    Record,
    at,
    case_of,
    image,
    index,
    push,
    record,
    sha,
)

OLD, NEW, OTHER = image("old"), image("new"), image("other")


def deletion(time: str, *images: tuple[str | None, str | None], failures: int = 0) -> Record:
    """BatchDeleteImage; images are (manifest, tag) pairs as the answer lists them."""
    ids = [
        {
            **({"imageDigest": sha(manifest)} if manifest else {}),
            **({"imageTag": tag} if tag else {}),
        }
        for manifest, tag in images
    ]
    failed = [
        {"imageId": {"imageTag": f"x{n}"}, "failureCode": "ImageNotFound"} for n in range(failures)
    ]
    return record(
        "BatchDeleteImage",
        time,
        requestParameters={
            "repositoryName": "team/api",
            "registryId": "111122223333",
            "imageIds": ids,
        },
        responseElements={"imageIds": ids, "failures": failed},
    )


def deleted_repository(time: str) -> Record:
    return record("DeleteRepository", time, requestParameters={"repositoryName": "team/api"})


def pushes(case: Case) -> list[dict[str, Any]]:
    return case.ask("SELECT * FROM pushes ORDER BY event_time, push_key").dicts()


def effects(case: Case) -> list[str]:
    return [found["effect"] for found in pushes(case)]


def test_a_tag_that_moves_names_the_image_and_the_person_before(tmp_path: Path) -> None:
    with case_of(tmp_path, push(OLD, "prod", at(0), DANA), push(NEW, "prod", at(10), EVE)) as case:
        first, second = pushes(case)
        assert (first["effect"], second["effect"]) == ("new image", "moved tag")
        assert first["previous_digest"] is None
        assert second["previous_digest"] == sha(OLD)
        assert second["previous_principal"] == DANA
        assert second["previous_push"] == first["push_key"]
        assert second["previous_time"] == first["event_time"]
        assert case.totals["tag_moves"] == 1


def test_a_tag_moved_back_is_told_from_one_moved_to_a_new_image(tmp_path: Path) -> None:
    with case_of(
        tmp_path,
        push(OLD, "prod", at(0)),
        push(NEW, "prod", at(1)),
        push(OLD, "prod", at(2)),
    ) as case:
        assert effects(case) == ["new image", "moved tag", "moved tag to known image"]
        assert pushes(case)[-1]["previous_digest"] == sha(NEW)


def test_another_tag_on_a_known_image_is_a_retag(tmp_path: Path) -> None:
    with case_of(tmp_path, push(OLD, "v1", at(0)), push(OLD, "prod", at(1))) as case:
        assert effects(case) == ["new image", "retag"]
        assert case.totals["retags"] == 1
        assert case.totals["images"] == 1


def test_the_same_push_twice_is_the_same_image_again(tmp_path: Path) -> None:
    with case_of(
        tmp_path,
        push(OLD, "v1", at(0)),
        push(OLD, "v1", at(1)),
        push(OLD, None, at(2)),
    ) as case:
        assert effects(case) == ["new image", "same image again", "same image again"]


def test_a_platform_of_an_index_is_known_when_it_gets_a_tag(tmp_path: Path) -> None:
    with case_of(
        tmp_path,
        push(OLD, None, at(0, 1)),
        push(index(OLD), "v1", at(0, 2)),
        push(OLD, "only-amd64", at(5), EVE),
    ) as case:
        assert effects(case) == ["new image", "retag"]


def test_an_attempt_moves_no_tag(tmp_path: Path) -> None:
    with case_of(
        tmp_path,
        push(OLD, "v1", at(0)),
        push(NEW, "v1", at(1), EVE, failed="ImageTagAlreadyExistsException"),
        push(OTHER, "v1", at(2)),
    ) as case:
        assert effects(case) == ["new image", "attempt", "moved tag"]
        assert pushes(case)[-1]["previous_digest"] == sha(OLD)


def test_a_tag_that_was_deleted_is_not_replaced(tmp_path: Path) -> None:
    with case_of(
        tmp_path, push(OLD, "v1", at(0)), deletion(at(1), (OLD, "v1")), push(NEW, "v1", at(2))
    ) as case:
        assert effects(case) == ["new image", "new image"]
        assert case.totals["images_deleted"] == 1


def test_an_image_that_was_deleted_is_new_when_it_comes_again(tmp_path: Path) -> None:
    with case_of(
        tmp_path, push(OLD, "v1", at(0)), deletion(at(1), (OLD, "v1")), push(OLD, "v1", at(2))
    ) as case:
        assert effects(case) == ["new image", "new image"]


def test_an_image_stays_known_while_a_tag_is_left(tmp_path: Path) -> None:
    with case_of(
        tmp_path,
        push(OLD, "v1", at(0)),
        push(OLD, "v2", at(1)),
        deletion(at(2), (OLD, "v1")),
        push(OLD, "v3", at(3)),
    ) as case:
        assert effects(case) == ["new image", "retag", "retag"]


def test_an_image_deleted_by_digest_takes_its_tags_along(tmp_path: Path) -> None:
    with case_of(
        tmp_path, push(OLD, "v1", at(0)), deletion(at(1), (OLD, None)), push(NEW, "v1", at(2))
    ) as case:
        assert effects(case) == ["new image", "new image"]


def test_an_untagged_image_deleted_beside_a_tagged_one_is_gone(tmp_path: Path) -> None:
    with case_of(
        tmp_path,
        push(OLD, None, at(0)),
        push(NEW, "v1", at(1)),
        deletion(at(2), (OLD, None), (NEW, "v1")),
        push(OLD, "v2", at(3)),
    ) as case:
        assert effects(case)[-1] == "new image"
        assert case.totals["images_deleted"] == 2


def test_an_image_with_two_tags_is_deleted_once(tmp_path: Path) -> None:
    with case_of(
        tmp_path, push(OLD, "v1", at(0)), deletion(at(1), (OLD, "v1"), (OLD, "v2"), failures=2)
    ) as case:
        assert case.totals["images_deleted"] == 1
        assert case.totals["deletes_failed"] == 2


def test_a_refused_deletion_deletes_nothing(tmp_path: Path) -> None:
    refused = deletion(at(1), (OLD, "v1")) | {"errorCode": "AccessDenied"}
    with case_of(tmp_path, push(OLD, "v1", at(0)), refused, push(NEW, "v1", at(2))) as case:
        assert effects(case) == ["new image", "moved tag"]
        assert case.totals["images_deleted"] == 0


def test_deleting_the_repository_ends_a_life(tmp_path: Path) -> None:
    with case_of(
        tmp_path,
        push(OLD, "v1", at(0), DANA),
        deleted_repository(at(1)),
        push(NEW, "v1", at(2), EVE),
        push(OLD, "v2", at(3), EVE),
    ) as case:
        found = pushes(case)
        assert [p["lifetime"] for p in found] == [1, 2, 2]
        assert effects(case) == ["new image", "new image", "new image"]
        assert case.totals["lifetimes"] == 2


def test_images_a_policy_expires_are_counted_apart(tmp_path: Path) -> None:
    expired = [
        {"lifecycleEventImage": {"digest": sha(OLD), "tagStatus": "TAGGED", "tagList": ["v1"]}}
    ]
    policy = record(
        "PolicyExecutionEvent",
        at(1),
        eventType="AwsServiceEvent",
        requestParameters=None,
        serviceEventDetails={
            "repositoryName": "team/api",
            "lifecycleEventImageActions": expired,
        },
    )
    with case_of(tmp_path, push(OLD, "v1", at(0)), policy, push(OLD, "v1", at(2))) as case:
        assert case.totals["images_deleted"] == 0
        assert case.totals["images_deleted_by_policy"] == 1
        assert effects(case) == ["new image", "new image"]


@pytest.mark.parametrize("second", [0, 30])
def test_which_manifest_a_tag_named_last_within_a_second_is_called_unprovable(
    tmp_path: Path, second: int
) -> None:
    both = index(OLD, NEW)
    with case_of(
        tmp_path,
        push(OLD, "v1", at(0, 0)),
        push(NEW, None, at(0, 0)),
        push(both, "v1", at(0, second)),
    ) as case:
        [found] = pushes(case)
        assert found["image_digest"] == sha(both)
        assert found["order_unprovable"] is (second == 0)


def test_a_push_and_a_deletion_in_one_second_leave_the_image_deleted(tmp_path: Path) -> None:
    with case_of(
        tmp_path, deletion(at(0), (OLD, "v1")), push(OLD, "v1", at(0)), push(NEW, "v1", at(1))
    ) as case:
        assert effects(case) == ["new image", "new image"]


def test_equal_names_in_other_places_have_nothing_to_do_with_each_other(tmp_path: Path) -> None:
    elsewhere = push(NEW, "v1", at(1)) | {"awsRegion": "eu-west-1", "eventID": "e1"}
    other_account = push(NEW, "v1", at(2)) | {"eventID": "e2", "recipientAccountId": "444455556666"}
    other_account["requestParameters"] = other_account["requestParameters"] | {
        "registryId": "444455556666"
    }
    with case_of(tmp_path, push(OLD, "v1", at(0)), elsewhere, other_account) as case:
        assert effects(case) == ["new image"] * 3
        assert len(case.totals["repositories"]) == 3


@pytest.mark.parametrize(
    "answer",
    [
        None,
        "text",
        [],
        {"imageIds": None},
        {"imageIds": [None, 1, {"imageDigest": 5}]},
        {"failures": 7},
    ],
)
def test_an_answer_of_another_shape_is_no_crash(tmp_path: Path, answer: object) -> None:
    odd = deletion(at(1)) | {"responseElements": answer}
    with case_of(tmp_path, push(OLD, "v1", at(0)), odd, push(NEW, "v1", at(2))) as case:
        assert effects(case) == ["new image", "moved tag"]


@pytest.mark.parametrize(
    "manifest",
    [
        "",
        "null",
        "[]",
        "{}",
        '{"omitted": true}',
        '{"layers": 5}',
        '{"layers": [1, null, {}]}',
        '{"manifests": {"a": 1}}',
        '{"config": []}',
        json.dumps({"layers": [{"size": "7"}]}),
        "x" * 300,
    ],
)
def test_a_manifest_of_another_shape_is_still_a_push(tmp_path: Path, manifest: str) -> None:
    with case_of(tmp_path, push(manifest, "v1", at(0))) as case:
        [found] = pushes(case)
        assert found["outcome"] == "ok"
        assert found["image_digest"] == sha(manifest)
        assert found["image_bytes"] is None
