"""What changed in the image, where its layers were, and the lanes of its tags."""

from __future__ import annotations

import pytest

from tests.tui.driving import API, IMPLANT, MIDDLE, NARROW, driving
from tui.dialogs import Picker
from tui.screens.changes import ChangesScreen
from tui.screens.layer import LayerScreen
from tui.screens.push import PushScreen
from tui.screens.raw import RawScreen
from tui.screens.tags import TagScreen, TagsScreen


@pytest.mark.parametrize("size", [NARROW, MIDDLE])
async def test_the_implant_is_explained_and_its_layer_followed(size: tuple[int, int]) -> None:
    async with driving(size=size) as driver:
        await driver.go_to(repository=API)
        await driver.press("enter")
        await driver.go_to(image_digest=IMPLANT)
        await driver.press("enter")
        said = driver.facts("#facts")["changed"]
        assert said.startswith("implant-shaped: all 8 layers of the other image in their order, 1")
        assert "sam.sre pulled the other image 20 min before, in the same session" in said
        await driver.press("c")
        driver.on(ChangesScreen)
        facts = driver.facts("#changes")
        assert facts["change"] == said
        assert facts["base"].startswith("base/python:")
        assert facts["size"].endswith("(+1.3 MB)")
        await driver.go_to(status="added")
        assert "+ added" in " ".join(driver.text().split())
        await driver.press("enter")
        driver.on(LayerScreen)
        history = await driver.rows()
        # Uploaded, refused under the fixed tag, then put under prod and pulled.
        assert {row["what"] for row in history} >= {"uploaded", "in an image", "downloaded"}
        assert history[0]["origin"].endswith("user/sam.sre")
        await driver.go_to(what="uploaded")
        await driver.press("enter")
        driver.on(RawScreen)
        assert "CompleteLayerUpload" in driver.text()
        await driver.press("escape")
        await driver.go_to(image_tag="prod")
        await driver.press("enter")
        driver.on(PushScreen)


async def test_any_other_push_can_be_compared_with() -> None:
    async with driving() as driver:
        await driver.go_to(repository=API)
        await driver.press("enter")
        await driver.go_to(image_digest=IMPLANT)
        await driver.press("enter", "c", "n")
        assert isinstance(driver.app.screen, Picker)
        await driver.write("main 3387b6")
        await driver.press("enter")
        facts = driver.facts("#changes")
        assert facts["compared with"].startswith("team/api:main 3387b6…")
        assert facts["change"].startswith("rebuilt")
        await driver.press("o")
        assert driver.facts("#facts")["digest"].startswith("sha256:3387b6")


async def test_a_push_that_replaced_nothing_offers_the_others() -> None:
    async with driving() as driver:
        await driver.press("enter")
        await driver.go_to(effect="new image", previous_digest=None)
        await driver.press("enter", "c")
        assert "n picks a push" in driver.part("#changes")
        await driver.press("n")
        assert isinstance(driver.app.screen, Picker)
        await driver.press("enter")
        assert driver.facts("#changes")["change"]


async def test_the_lane_of_a_tag_leads_to_its_images_and_what_ended_them() -> None:
    async with driving(size=MIDDLE) as driver:
        await driver.go_to(repository=API)
        await driver.press("enter", "t")
        driver.on(TagsScreen)
        await driver.go_to(tag="prod")
        assert "●2228" in driver.row["lane"]
        assert driver.row["lane"] in driver.text()
        await driver.press("enter")
        driver.on(TagScreen)
        await driver.go_to(image_digest=IMPLANT)
        assert driver.facts("#preview")["put by"] == "sam.sre ← ci-push/1773012388"
        assert driver.facts("#preview")["until"].startswith("it still names this image")
        await driver.press("c")
        assert driver.facts("#changes")["change"].startswith("implant-shaped")
        await driver.press("escape", "escape")
        await driver.go_to(tag="1.18.8")
        await driver.press("enter")
        assert "deleted" in driver.facts("#preview")["ended"]
        assert driver.facts("#preview")["ended"].endswith("by sam.sre")
        await driver.press("w")
        driver.on(RawScreen)
        assert "BatchDeleteImage" in driver.text()
