"""What changed in an image: shapes of changes, bases, and the history of tags and layers."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from queries.case import Case
from queries.comparison import (
    BETWEEN,
    CONFIG,
    CUT,
    NOT_RECORDED,
    ON_TOP,
    REBUILT,
    REORDERED,
    SAME,
    UNRELATED,
    base_in_words,
    compare,
    in_words,
)
from queries.errors import NothingToRead
from queries.question import Order, ask_for
from tests.evidence_files import (
    ACCOUNT,
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

BASE = image("os", "runtime")
FIRST = image("os", "runtime", "deps", "app")
V2 = {
    "schemaVersion": 2,
    "mediaType": "application/vnd.docker.distribution.manifest.v2+json",
    "config": {
        "mediaType": "application/vnd.docker.container.image.v1+json",
        "digest": sha("other config"),
        "size": 7,
    },
    "layers": [
        {
            "mediaType": "application/vnd.docker.image.rootfs.diff.tar.gzip",
            "digest": sha(name),
            "size": 100,
        }
        for name in ("os", "runtime", "deps", "app")
    ],
}
CHANGED: dict[str, tuple[str, str]] = {
    "top": (image("os", "runtime", "deps", "app", "implant"), ON_TOP),
    "between": (image("os", "runtime", "deps", "implant", "app"), BETWEEN),
    "below": (image("implant", "os", "runtime", "deps", "app"), BETWEEN),
    "config": (json.dumps(V2), CONFIG),
    "rebuilt": (image("os", "runtime", "deps", "app two"), REBUILT),
    "cut": (image("os", "runtime", "deps"), CUT),
    "order": (image("os", "runtime", "app", "deps"), REORDERED),
    "stranger": (image("scratch", "miner"), UNRELATED),
    "twice": (image("os", "runtime", "deps", "app", "app"), ON_TOP),
}


def on(repository: str, pushed: Record) -> Record:
    """The same push into another repository."""
    text = json.dumps(pushed).replace("team/api", repository)
    return {**json.loads(text), "eventID": sha(text)[7:39]}


@pytest.fixture(scope="module")
def case(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Case]:
    records = [
        on("base/os", push(BASE, "1", at(0))),
        on("base/near", push(image("os", "other"), "1", at(0))),
        push(FIRST, "v", at(1)),
    ]
    pull = {"registryId": ACCOUNT, "repositoryName": "team/api", "imageIds": [{"imageTag": "v"}]}
    records.append(record("BatchGetImage", at(3), EVE, requestParameters=pull, readOnly=True))
    for minute, (name, (manifest, _)) in enumerate(CHANGED.items(), 20):
        records.append(push(manifest, name, at(minute), EVE))
    records += [
        push(FIRST, "again", at(50)),
        # An index beside the single image, one platform of which is the image with more on top.
        push(image("os", "runtime", "deps", "app", "implant", "x"), None, at(60)),
        push(image("arm os", "arm app"), None, at(60, 1)),
        push(
            index(
                image("os", "runtime", "deps", "app", "implant", "x"), image("arm os", "arm app")
            ),
            "multi",
            at(60, 2),
        ),
        # CloudTrail cut the manifest, and a platform that was pushed elsewhere is not among it.
        push('{"omitted": true}', "cut off", at(70)),
        push(index(FIRST, image("nobody", "knows")), "half", at(80), EVE),
        record(
            "GetDownloadUrlForLayer",
            at(90),
            requestParameters={
                "registryId": ACCOUNT,
                "repositoryName": "team/api",
                "layerDigest": sha("implant"),
            },
            readOnly=True,
        ),
        record(
            "BatchDeleteImage",
            at(91),
            EVE,
            requestParameters={"repositoryName": "team/api", "registryId": ACCOUNT},
            responseElements={"imageIds": [{"imageDigest": sha(FIRST), "imageTag": "v"}]},
        ),
    ]
    with case_of(tmp_path_factory.mktemp("comparison"), *records) as opened:
        yield opened


def rows(case: Case, name: str, *order: str, **parameters: Any) -> list[dict[str, Any]]:
    question = ask_for(name, **parameters).with_order(*map(Order, order))
    return case.ask(question.sql, question.bound).dicts()


def tagged(case: Case, tag: str) -> int:
    [key] = [p["push_key"] for p in rows(case, "pushes") if p["image_tags"] == tag]
    return int(key)


@pytest.mark.parametrize("name", CHANGED)
def test_each_change_has_its_shape(case: Case, name: str) -> None:
    comparison = compare(case, tagged(case, name), tagged(case, "v"))
    assert comparison.shape == CHANGED[name][1]
    answer = in_words(comparison)[0]
    assert answer.startswith("implant-shaped") == (CHANGED[name][1] in (ON_TOP, BETWEEN, CONFIG))


def test_an_implant_shape_comes_with_its_reasons(case: Case) -> None:
    said = in_words(compare(case, tagged(case, "top"), tagged(case, "v")))
    assert said[0] == (
        "implant-shaped: all 4 layers of the other image in their order, 1 more on top"
        " (100 B, 19.7% of the image), with another configuration"
    )
    assert "pushed by eve, the other by dana.ops" in said
    assert "eve pulled the other image 17 min before, in the same session" in said
    assert "what was added was in no image before" in said
    # A layer of theirs that was seen before speaks against it.
    again = in_words(compare(case, tagged(case, "twice"), tagged(case, "v")))
    assert "but 1 layer of what was added had been in an image before" in again


def test_layers_are_told_apart_one_by_one(case: Case) -> None:
    def statuses(name: str) -> list[tuple[str, int | None, int | None]]:
        [pair] = compare(case, tagged(case, name), tagged(case, "v")).pairs
        return [(row["status"], row["layer_no"], row["other_no"]) for row in pair.layers]

    assert statuses("rebuilt") == [
        ("kept", 1, 1),
        ("kept", 2, 2),
        ("kept", 3, 3),
        ("added", 4, None),
        ("removed", None, 4),
    ]
    assert statuses("order")[2:] == [("reordered", 3, 4), ("reordered", 4, 3)]
    # The same layer twice counts twice.
    assert statuses("twice")[3:] == [("kept", 4, 4), ("added", 5, None)]


def test_the_same_image_is_the_same_whatever_its_tag(case: Case) -> None:
    comparison = compare(case, tagged(case, "again"), tagged(case, "v"))
    assert (comparison.shape, comparison.implant_shaped) == (SAME, False)


def test_an_index_is_compared_by_the_platform_that_fits(case: Case) -> None:
    comparison = compare(case, tagged(case, "multi"), tagged(case, "v"))
    assert [(pair.platform, pair.shape) for pair in comparison.pairs] == [
        ("linux/amd64", ON_TOP),
        ("linux/arm64", NOT_RECORDED),
    ]
    said = in_words(comparison)
    assert said[0].startswith("linux/amd64: implant-shaped: all 4 layers")
    assert said[-1] == "linux/arm64: not in the other image"


def test_a_manifest_that_was_cut_is_said_to_be(case: Case) -> None:
    comparison = compare(case, tagged(case, "cut off"), tagged(case, "v"))
    assert comparison.shape == NOT_RECORDED
    assert "manifest not recorded" in in_words(comparison)[0]
    # What one push leaves out another one of the same digest knows.
    half = compare(case, tagged(case, "half"), tagged(case, "top"))
    shapes = {pair.platform: pair.shape for pair in half.pairs}
    assert shapes == {"linux/amd64": CUT, "linux/arm64": NOT_RECORDED}


def test_a_refused_push_is_compared_by_what_it_brought(tmp_path: Any) -> None:
    implant = CHANGED["top"][0]
    with case_of(
        tmp_path, push(FIRST, "v", at(0)), push(implant, "v", at(1), EVE, failed="AccessDenied")
    ) as case:
        [refused] = [p for p in rows(case, "pushes") if p["outcome"] != "ok"]
        [first] = [p for p in rows(case, "pushes") if p["outcome"] == "ok"]
        assert refused["image_digest"] is None
        comparison = compare(case, refused["push_key"], first["push_key"])
        assert comparison.shape == ON_TOP
        # It is in no image: the push did not happen.
        [added] = comparison.pairs[0].of("added")
        assert (added["first_image"], added["pushes"]) == (None, 1)


def test_a_push_that_is_not_there(case: Case) -> None:
    with pytest.raises(NothingToRead, match="no such push"):
        compare(case, tagged(case, "v"), -1)


def test_the_base_is_the_longest_image_of_another_repository_that_it_begins_with(
    case: Case,
) -> None:
    repository = f"{ACCOUNT}/us-east-1/team/api"
    said = base_in_words(case, sha(FIRST), repository)
    assert said == "base/os:1, all 2 layers of it (a guess by shared layers)"
    near = base_in_words(case, sha(image("os", "other")), f"{ACCOUNT}/us-east-1/base/near")
    assert near.startswith("shares its first 1 layer with ")
    alone = base_in_words(case, sha(CHANGED["stranger"][0]), repository)
    assert alone.startswith("no image of another repository")


def test_a_layer_tells_where_it_came_from_and_where_it_went(case: Case) -> None:
    found = rows(case, "layer_history", "event_time", layer=sha("implant"))
    assert [(row["what"], row["image_tag"], row["layer_no"]) for row in found] == [
        ("in an image", "top", 5),
        ("in an image", "between", 4),
        ("in an image", "below", 1),
        ("in an image", "multi", 5),
        ("downloaded", None, None),
    ]
    assert (found[0]["origin"], found[-1]["origin"]) == (EVE, DANA)


def test_a_tag_tells_every_image_it_named_and_what_ended_it(tmp_path: Any) -> None:
    delete: Record = {
        "requestParameters": {"repositoryName": "team/api", "registryId": ACCOUNT},
        "responseElements": {"imageIds": [{"imageDigest": sha(BASE), "imageTag": "v"}]},
    }
    with case_of(
        tmp_path,
        push(FIRST, "v", at(0)),
        push(FIRST, "v", at(1)),
        push(BASE, "v", at(2), EVE),
        record("BatchDeleteImage", at(3), **delete),
        push(FIRST, "v", at(4)),
        push(FIRST, "w", at(5)),
        record("DeleteRepository", at(6), EVE),
    ) as case:
        found = rows(case, "tag_history", "since", tag="v")
        assert [(r["image_digest"], f"{r['until']:%M}", r["ended_how"]) for r in found] == [
            (sha(FIRST), "02", "moved"),
            (sha(BASE), "03", "deleted"),
            (sha(FIRST), "06", "repository deleted"),
        ]
        assert [row["ended_by_origin"] for row in found] == [EVE, DANA, EVE]
        tags = {row["tag"]: row for row in rows(case, "tags")}
        assert (tags["v"]["images"], tags["v"]["moves"], tags["v"]["movers"]) == (2, 2, 2)
        assert tags["w"]["ended_how"] == "repository deleted"
        assert rows(case, "tags", repository="team/other") == []


def test_what_can_be_compared_with_comes_nearest_first(case: Case) -> None:
    found = rows(case, "comparable_pushes", "kinship", push_key=tagged(case, "v"))
    assert {row["kinship"] for row in found} == {"3 same repository", "4 shares layers"}
    elsewhere = {row["repository"].split("/")[-1] for row in found if row["kinship"][0] == "4"}
    assert elsewhere == {"os", "near"}
    assert tagged(case, "v") not in {row["other_push"] for row in found}
