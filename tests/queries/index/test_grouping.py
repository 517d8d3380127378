"""Which records are one act of publishing."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from queries.case import Case
from tests.evidence_files import (
    DANA,
    EVE,
    Record,
    at,
    case_of,
    image,
    index,
    index_in_memory,
    push,
    rows,
    sha,
    table,
    trail,
    write,
)

AMD, ARM = image("base", "amd"), image("base", "arm")
PROOF = image("proof", annotations={"in-toto.io/predicate-type": "https://slsa.dev"})
BOTH = index(AMD, ARM, attestations=[PROOF])


def pushes(case: Case) -> list[dict[str, Any]]:
    """All pushes in time order."""
    return case.ask("SELECT * FROM pushes ORDER BY event_time, push_key").dicts()


def parts(case: Case, push_key: int) -> list[str]:
    found = rows(case, "SELECT part FROM push_records WHERE push_key = $key", key=push_key)
    return sorted(part for (part,) in found)


def signature_of(manifest: str) -> str:
    return image(
        "signature",
        config={"mediaType": "application/vnd.oci.image.config.v1+json", "digest": sha("c")},
        layers=[
            {
                "mediaType": "application/vnd.dev.cosign.simplesigning.v1+json",
                "digest": sha(f"signature of {manifest}"),
                "size": 3,
            }
        ],
    )


def referrer(manifest: str, kind: str = "application/vnd.dev.sigstore.bundle.v0.3+json") -> str:
    return image(
        f"bundle {manifest}",
        artifactType=kind,
        config={"mediaType": "application/vnd.oci.empty.v1+json", "digest": sha("{}"), "size": 2},
        subject={"digest": sha(manifest)},
    )


def signature_tag(manifest: str, end: str = ".sig") -> str:
    return sha(manifest).replace(":", "-") + end


def test_an_index_and_what_it_lists_is_one_push(tmp_path: Path) -> None:
    with case_of(
        tmp_path,
        push(AMD, None, at(0, 1)),
        push(ARM, None, at(0, 2)),
        push(PROOF, None, at(0, 2)),
        push(BOTH, "v1", at(0, 3)),
    ) as case:
        [found] = pushes(case)
        assert found["image_digest"] == sha(BOTH)
        assert found["image_tags"] == "v1"
        assert found["platforms"] == "linux/amd64, linux/arm64"
        assert (found["attestations"], found["attachments"], found["records"]) == (1, 0, 4)
        assert found["image_bytes"] == 2 * (7 + 100 + 100)
        assert found["layer_count"] == 3, "base counts once"
        assert parts(case, found["push_key"]) == ["attestation", "index", "platform", "platform"]


def test_an_index_in_front_of_its_children_claims_them_too(tmp_path: Path) -> None:
    with case_of(
        tmp_path, push(BOTH, "v1", at(0, 1)), push(AMD, None, at(0, 2)), push(ARM, None, at(0, 3))
    ) as case:
        assert [found["records"] for found in pushes(case)] == [3]


def test_an_old_image_in_a_new_index_stays_a_push_of_its_own(tmp_path: Path) -> None:
    with case_of(
        tmp_path,
        push(AMD, "v1", at(0)),
        push(ARM, None, at(13 * 60)),
        push(BOTH, "v2", at(13 * 60, 5)),
    ) as case:
        old, new = pushes(case)
        assert (old["image_tags"], old["records"]) == ("v1", 1)
        assert (new["image_tags"], new["records"]) == ("v2", 2)


def test_an_index_by_someone_else_does_not_swallow_an_honest_push(tmp_path: Path) -> None:
    with case_of(
        tmp_path, push(AMD, "v1", at(0), DANA), push(index(AMD), "v1", at(1), EVE)
    ) as case:
        honest, other = pushes(case)
        assert (honest["principal"], honest["records"]) == (DANA, 1)
        assert (other["principal"], other["records"]) == (EVE, 1)
        assert other["effect"] == "moved tag"
        assert other["previous_principal"] == DANA


def test_time_alone_groups_nothing(tmp_path: Path) -> None:
    with case_of(tmp_path, *(push(image(f"layer {n}"), f"v{n}", at(0)) for n in range(16))) as case:
        assert len(pushes(case)) == 16


def test_the_nearest_of_two_indexes_claims_a_child(tmp_path: Path) -> None:
    with case_of(
        tmp_path,
        push(AMD, None, at(0)),
        push(index(AMD), "one", at(0, 10)),
        push(index(AMD, ARM), "two", at(30)),
    ) as case:
        assert [(p["image_tags"], p["records"]) for p in pushes(case)] == [("one", 2), ("two", 1)]


def test_an_index_of_indexes_is_one_push(tmp_path: Path) -> None:
    inner = index(AMD)
    with case_of(
        tmp_path,
        push(AMD, None, at(0, 1)),
        push(inner, None, at(0, 2)),
        push(index(inner, ARM), "v1", at(0, 3)),
    ) as case:
        [found] = pushes(case)
        assert (found["image_tags"], found["records"]) == ("v1", 3)


def test_a_retag_of_an_index_minutes_later_is_its_own_push(tmp_path: Path) -> None:
    with case_of(
        tmp_path,
        push(AMD, None, at(0, 1)),
        push(index(AMD), "v1", at(0, 2)),
        push(index(AMD), "prod", at(5)),
    ) as case:
        first, second = pushes(case)
        assert (first["effect"], first["records"]) == ("new image", 2)
        assert (second["effect"], second["records"]) == ("retag", 1)


@pytest.mark.parametrize(
    ("attachment", "tag", "role"),
    [
        (signature_of(AMD), signature_tag(AMD), "signature"),
        (referrer(AMD), None, "signature"),
        (referrer(AMD, "application/spdx+json"), None, "sbom"),
        (referrer(AMD, "application/vnd.in-toto+json"), None, "attestation"),
        (referrer(AMD, "application/vnd.example.something"), None, "attachment"),
        (index(image("x")), signature_tag(AMD, ""), "attachment list"),
    ],
)
def test_an_attachment_belongs_to_the_image_it_names(
    tmp_path: Path, attachment: str, tag: str | None, role: str
) -> None:
    with case_of(
        tmp_path,
        push(AMD, "v1", at(0)),
        push(image("another"), "v2", at(1)),
        push(attachment, tag, at(2)),
    ) as case:
        signed, other = pushes(case)
        assert (signed["image_tags"], signed["attachments"], signed["records"]) == ("v1", 1, 2)
        assert (other["attachments"], other["records"]) == (0, 1)
        assert role in parts(case, signed["push_key"])


def test_an_attachment_belongs_to_the_push_that_was_there_to_be_signed(tmp_path: Path) -> None:
    with case_of(
        tmp_path,
        push(AMD, "v1", at(0)),
        push(signature_of(AMD), signature_tag(AMD), at(1)),
        push(AMD, "prod", at(60)),
    ) as case:
        first, retag = pushes(case)
        assert (first["attachments"], retag["attachments"]) == (1, 0)
        assert retag["effect"] == "retag"


def test_an_attachment_of_an_image_out_of_sight_stands_alone(tmp_path: Path) -> None:
    with case_of(tmp_path, push(signature_of(AMD), signature_tag(AMD), at(0))) as case:
        [found] = pushes(case)
        assert found["kind"] == "signature"


def test_a_failed_put_is_no_part_of_a_push(tmp_path: Path) -> None:
    with case_of(
        tmp_path,
        push(AMD, None, at(0, 1), failed="AccessDenied"),
        push(index(AMD), "v1", at(0, 2)),
    ) as case:
        attempt, done = pushes(case)
        assert (attempt["effect"], attempt["outcome"]) == ("attempt", "denied")
        assert (done["records"], done["image_bytes"]) == (1, None)


def test_pushes_without_a_time_are_kept(tmp_path: Path) -> None:
    with case_of(
        tmp_path, push(AMD, None, "never"), push(index(AMD), "v1", at(1)), push(ARM, "v2", "?")
    ) as case:
        assert len(pushes(case)) == 3


def test_a_loop_of_indexes_comes_to_an_end(tmp_path: Path) -> None:
    """Digests in a log may be lies: each of these two says that it contains the other."""
    a = json.dumps({"manifests": [{"digest": sha("b")}]})
    b = json.dumps({"manifests": [{"digest": sha("a")}]})
    records = []
    for manifest, digest in ((a, sha("a")), (b, sha("b"))):
        made = push(manifest, None, at(0))
        made["responseElements"]["image"]["imageId"]["imageDigest"] = digest
        records.append(made)
    with case_of(tmp_path, *records) as case:
        assert sum(found["records"] for found in pushes(case)) == 2


@pytest.mark.parametrize("names_itself", ["child", "subject"])
def test_a_manifest_that_names_itself_is_one_push(tmp_path: Path, names_itself: str) -> None:
    own = {"digest": sha("self")}
    manifest = {"manifests": [own]} if names_itself == "child" else {"layers": [], "subject": own}
    made = push(json.dumps(manifest), "v1", at(0))
    made["responseElements"]["image"]["imageId"]["imageDigest"] = sha("self")
    with case_of(tmp_path, made) as case:
        assert [found["records"] for found in pushes(case)] == [1]


@st.composite
def mornings(draw: st.DrawFn) -> list[Record]:
    """Some acts of publishing, each a minute apart, with their records seconds apart."""
    made: list[Record] = []
    for minute in range(draw(st.integers(1, 4))):
        who = draw(st.sampled_from([DANA, EVE]))
        layers = draw(st.lists(st.sampled_from("abcd"), min_size=1, max_size=2, unique=True))
        images = [image(layer) for layer in layers]
        tag = draw(st.sampled_from(["v1", "v2", None]))
        if draw(st.booleans()):
            made += [push(one, None, at(minute, n), who) for n, one in enumerate(images)]
            made.append(push(index(*images), tag, at(minute, 30), who))
        else:
            made.append(push(images[0], tag, at(minute), who))
        if draw(st.booleans()):
            made.append(
                push(signature_of(images[0]), signature_tag(images[0]), at(minute, 40), who)
            )
    return made


@pytest.mark.slow
@settings(max_examples=5, phases=(Phase.explicit, Phase.reuse, Phase.generate))
@given(records=mornings(), data=st.data())
def test_the_order_of_records_and_files_does_not_matter(
    tmp_path_factory: pytest.TempPathFactory, records: list[Record], data: st.DataObject
) -> None:
    found = []
    for order in (records, data.draw(st.permutations(records))):
        folder = tmp_path_factory.mktemp("order")
        half = data.draw(st.integers(0, len(order)))
        write(folder, {"b.json": trail(order[:half]), "a.json": trail(order[half:])})
        places = ("file_id", "position", "event_key", "push_key", "previous_push", "login_event")
        found.append(table(index_in_memory(folder), "pushes", without=places))
    assert found[0] == found[1]
    assert sum(entry["records"] for entry in found[0]) == len(records)
