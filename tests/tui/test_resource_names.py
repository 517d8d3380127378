"""A resource is told by what its name ends with: what they all begin with tells none apart."""

from __future__ import annotations

import pytest

from samples import incident_path
from tests.tui.driving import NARROW, driving
from tui.cells import resource_parts


@pytest.mark.parametrize(
    ("value", "parts"),
    [
        ("arn:aws:iam::111122223333:role/deploy", ("role/deploy", "1111…3333")),
        ("arn:aws:ecr:eu-west-1:111122223333:repository/a/b",
         ("repository/a/b", "1111…3333/eu-west-1")),
        ("projects/example-shop/locations/europe-west3/repositories/shop",
         ("repositories/shop", "example-shop/europe-west3")),
        ("/SUBSCRIPTIONS/1/RESOURCEGROUPS/SHOP/PROVIDERS/MICROSOFT.CONTAINERREGISTRY/REGISTRIES/EX",
         ("REGISTRIES/EX", "1/SHOP/MICROSOFT.CONTAINERREGISTRY")),
        ("bucket/of/four/steps", ("bucket/of/four/steps", "")),
        ("team/api", ("team/api", "")),
        ("projects/example-shop", ("projects/example-shop", "")),
    ],
)  # fmt: skip
def test_a_name_is_what_comes_last(value: str, parts: tuple[str, str]) -> None:
    assert resource_parts(value) == parts


@pytest.mark.parametrize("cloud", ["google", "azure"])
async def test_resources_of_a_cloud_are_told_apart_on_a_narrow_screen(cloud: str) -> None:
    async with driving(incident_path(cloud), size=NARROW) as driver:
        await driver.press("O")
        lines = driver.part("#entries").splitlines()[1:]
        names = [line[2:38] for line in lines if line.strip()]
        assert len(set(names)) == len(names) > 3
