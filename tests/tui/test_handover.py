"""Handing over from the screens: what could be done, the report, the exports."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.tui.driving import API, IMPLANT, driving
from tui.dialogs import Picker
from tui.screens.contain import ContainScreen


async def test_what_could_be_done_is_shown_and_copied_and_follows_the_marks() -> None:
    async with driving() as driver:
        await driver.press("C")
        driver.on(ContainScreen)
        assert "nothing is marked" in driver.said("#scope")
        assert "sam.sre" in driver.text()
        await driver.press("y")
        driver.on(Picker)
        await driver.write("update-access-key")
        await driver.press("enter")
        assert driver.app.clipboard.startswith("aws iam update-access-key --access-key-id AKIA")
        await driver.press("Y")
        assert "nothing was or will be run" in driver.app.clipboard
        await driver.press("escape")
        await driver.go_to(repository=API)
        await driver.press("enter")
        await driver.go_to(image_digest=IMPLANT)
        await driver.press("M", "C")
        assert "1 event marked" in driver.said("#scope")


async def test_report_and_exports_are_written_into_the_current_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    async with driving() as driver:
        await driver.go_to(repository=API)
        await driver.press("enter")
        await driver.go_to(image_digest=IMPLANT)
        await driver.press("M", "H")
        driver.on(Picker)
        await driver.write("html")
        await driver.press("enter")
        [page] = tmp_path.glob("incident-report-*.html")
        assert f"written: {page}" in driver.notices
        assert IMPLANT in page.read_text()
        for words, pattern in (("stix", "*.json"), ("parquet", "*.parquet")):
            await driver.press("H")
            await driver.write(words)
            await driver.press("enter")
            assert len(list(tmp_path.glob(pattern))) == 1
        [bundle] = tmp_path.glob("*.json")
        assert IMPLANT.removeprefix("sha256:") in json.dumps(json.loads(bundle.read_text()))
