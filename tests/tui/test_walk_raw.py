"""The raw record: shown and copied as delivered, folded, searched, opened inside."""

from __future__ import annotations

import json

from samples import incident_path
from tests.tui.driving import IMPLANT, driving, unpacked
from tests.tui.walking import to_implant
from tui.dialogs import Picker
from tui.widgets.json_view import JsonView


async def test_raw_record_is_shown_and_copied_as_delivered() -> None:
    async with driving() as driver:
        await to_implant(driver)
        await driver.press("o")
        where_it_is = driver.said("#where")
        assert "record" in where_it_is
        await driver.press("Y")
        text = driver.app.clipboard
        record = json.loads(text)
        assert record["eventName"] == "PutImage"
        assert record["responseElements"]["image"]["imageId"]["imageDigest"] == IMPLANT
        [found] = [
            path
            for path in sorted(incident_path().rglob("*.json.gz"))
            if path.name in "".join(where_it_is.split())
        ]
        assert text in unpacked(found)


async def test_raw_record_folds_searches_and_copies_values() -> None:
    async with driving() as driver:
        await to_implant(driver)
        await driver.press("o")
        view = driver.screen.query_one(JsonView)
        lines = view.line_count
        await driver.press("z")
        assert view.line_count < lines
        await driver.press("Z")
        assert view.line_count == lines
        await driver.press("g", "enter")
        assert view.line_count == 1
        await driver.press("enter")
        assert view.line_count == lines
        await driver.press("/")
        await driver.write("imageDigest")
        assert view.match_count >= 1
        await driver.press("enter")
        assert view.selected_value == IMPLANT
        await driver.press("y")
        assert driver.app.clipboard == IMPLANT
        await driver.press("x")
        assert driver.said("#scope").startswith(f"value {IMPLANT}")
        await driver.press("escape", "/")
        await driver.write("arn:aws")
        await driver.press("enter")
        first = view.cursor_line
        await driver.press("n")
        second = view.cursor_line
        assert second != first
        await driver.press("N")
        assert view.cursor_line == first


async def test_manifest_inside_a_record_opens_as_json() -> None:
    async with driving() as driver:
        await to_implant(driver)
        await driver.press("o", "/")
        await driver.write("imageManifest")
        await driver.press("enter")
        view = driver.screen.query_one(JsonView)
        lines = view.line_count
        await driver.press("o")
        assert view.line_count > lines + 10
        assert "schemaVersion" in view.shown_text()


async def test_record_delivered_twice_offers_its_copy() -> None:
    async with driving() as driver:
        [(key, event_id)] = driver.app.case.ask(
            "SELECT event_key, event_id FROM events WHERE merged_into IS NULL"
            " AND event_key IN (SELECT copy_of FROM copies) ORDER BY event_time LIMIT 1"
        ).rows
        await driver.press("E", "L")
        await driver.go_to(event_key=key)
        await driver.press("enter")
        first = driver.said("#where")
        assert "1 other" in first
        await driver.press("Y")
        text = driver.app.clipboard
        await driver.press("c")
        driver.on(Picker)
        await driver.press("enter")
        assert driver.said("#where") != first
        await driver.press("Y")
        assert json.loads(driver.app.clipboard) == json.loads(text)
        assert json.loads(text)["eventID"] == event_id
