"""Image references: every way a registry's host, a tag and a digest are written."""

from __future__ import annotations

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from queries.references import (
    DOCKER_HUB,
    ECR,
    ECR_PUBLIC,
    OTHER,
    mentions,
    parse_reference,
)
from tests.evidence_files import ACCOUNT, sha

DIGEST = sha("an image")


@pytest.mark.parametrize(
    ("host", "region"),
    [
        (f"{ACCOUNT}.dkr.ecr.us-east-1.amazonaws.com", "us-east-1"),
        (f"{ACCOUNT}.dkr.ecr-fips.us-gov-west-1.amazonaws.com", "us-gov-west-1"),
        (f"{ACCOUNT}.dkr.ecr.cn-north-1.amazonaws.com.cn", "cn-north-1"),
        (f"{ACCOUNT}.dkr.ecr.eusc-de-east-1.amazonaws.eu", "eusc-de-east-1"),
        (f"{ACCOUNT}.dkr-ecr.eu-west-1.on.aws", "eu-west-1"),
        (f"{ACCOUNT}.dkr-ecr-fips.us-east-2.on.aws", "us-east-2"),
        (f"{ACCOUNT}.dkr-ecr.cn-north-1.on.amazonwebservices.com.cn", "cn-north-1"),
        (f"{ACCOUNT}.DKR.ECR.us-east-1.AmazonAWS.com", "us-east-1"),
        (f"https://{ACCOUNT}.dkr.ecr.us-east-1.amazonaws.com:443", "us-east-1"),
    ],
)
def test_a_private_registry_is_known_by_each_of_its_hosts(host: str, region: str) -> None:
    found = parse_reference(f"{host}/team/api:1")
    assert found is not None
    assert (found.registry, found.key) == (ECR, f"{ACCOUNT}/{region}/team/api")
    assert (found.tag, found.digest) == ("1", "")


@pytest.mark.parametrize(
    ("rest", "tag", "digest", "implied"),
    [
        ("", "latest", "", True),
        (":1.2", "1.2", "", False),
        (f"@{DIGEST}", "", DIGEST, False),
        (f":1.2@{DIGEST}", "1.2", DIGEST, False),
    ],
)
def test_tag_digest_both_or_neither(rest: str, tag: str, digest: str, implied: bool) -> None:
    found = parse_reference(f"{ACCOUNT}.dkr.ecr.us-east-1.amazonaws.com/team/api{rest}")
    assert found is not None
    assert (found.tag, found.digest, found.tag_implied) == (tag, digest, implied)


@pytest.mark.parametrize(
    ("text", "registry", "repository"),
    [
        ("nginx", DOCKER_HUB, "library/nginx"),
        ("team/api:1", DOCKER_HUB, "team/api"),
        ("docker.io/library/nginx", DOCKER_HUB, "library/nginx"),
        ("localhost:5000/team/api:1", OTHER, "team/api"),
        ("localhost/api", OTHER, "api"),
        ("[2001:db8::1]:5000/api", OTHER, "api"),
        ("quay.io/org/tool:v1", OTHER, "org/tool"),
        # No registry of ECR, however much it wants to look like one.
        (f"{ACCOUNT}.dkr.ecr.us-east-1.amazonaws.com.example.com/api", OTHER, "api"),
        ("1234.dkr.ecr.us-east-1.amazonaws.com/api", OTHER, "api"),
        ("public.ecr.aws/docker/library/nginx:1", ECR_PUBLIC, "library/nginx"),
    ],
)
def test_other_registries_stay_other(text: str, registry: str, repository: str) -> None:
    found = parse_reference(text)
    assert found is not None
    assert (found.registry, found.repository, found.key) == (registry, repository, "")


def test_a_public_image_has_an_alias_where_a_private_one_has_an_account() -> None:
    found = parse_reference("public.ecr.aws/x1y2z3/team/api")
    assert found is not None
    assert (found.alias, found.repository, found.tag) == ("x1y2z3", "team/api", "latest")


@pytest.mark.parametrize(
    "text",
    ["", " ", None, 5, "Not An Image", "/etc/passwd", ":service.label.1", "a@sha256:short", "UP"],
)
def test_what_is_no_reference_is_none(text: object) -> None:
    assert parse_reference(text) is None


def test_a_template_names_the_account_and_region_it_is_used_in() -> None:
    text = "${AWS::AccountId}.dkr.ecr.${AWS::Region}.amazonaws.com/team/api:prod"
    found = parse_reference(text, ACCOUNT, "eu-west-1")
    assert found is not None
    assert found.key == f"{ACCOUNT}/eu-west-1/team/api"
    unknown = parse_reference(text.replace("AccountId", "StackName"), ACCOUNT, "eu-west-1")
    assert unknown is not None
    assert (unknown.registry, unknown.key) == (ECR, "")


def test_references_are_found_inside_other_text() -> None:
    host = f"{ACCOUNT}.dkr.ecr.us-east-1.amazonaws.com"
    text = f'{{"Image":"{host}/team/api:1"}} docker run {host}/team/web@{DIGEST}. {host}/team/api:1'
    assert list(mentions(text)) == [f"{host}/team/api:1", f"{host}/team/web@{DIGEST}"]
    assert list(mentions("nginx:1 ecr.amazonaws.com")) == []


_word = st.text(string.ascii_lowercase + string.digits, min_size=1, max_size=8)
_name = st.lists(
    st.tuples(_word, st.sampled_from(["", ".", "_", "__", "-", "--"]), _word).map("".join),
    min_size=1,
    max_size=4,
).map("/".join)
_tag = st.from_regex(r"\A[A-Za-z0-9_][A-Za-z0-9_.-]{0,20}\Z")


@given(
    account=st.from_regex(r"\A[0-9]{12}\Z"),
    host=st.sampled_from(["dkr.ecr.{}.amazonaws.com", "dkr-ecr.{}.on.aws"]),
    region=st.sampled_from(["us-east-1", "ap-southeast-2", "us-gov-east-1"]),
    name=_name,
    tag=st.none() | _tag,
    digest=st.none() | st.binary(max_size=4).map(lambda data: sha(data.hex())),
)
def test_what_is_put_together_comes_apart_again(
    account: str, host: str, region: str, name: str, tag: str | None, digest: str | None
) -> None:
    text = f"{account}.{host.format(region)}/{name}"
    text += f":{tag}" if tag else ""
    text += f"@{digest}" if digest else ""
    found = parse_reference(text)
    assert found is not None
    assert found.key == f"{account}/{region}/{name}"
    assert found.tag == (tag or ("" if digest else "latest"))
    assert found.digest == (digest or "")
    assert list(mentions(f'"{text}"')) in ([text], [text.rstrip("./-")])


@given(st.text())
def test_any_text_is_a_reference_or_none(text: str) -> None:
    found = parse_reference(text)
    assert found is None or (found.repository and found.host and (found.tag or found.digest))
