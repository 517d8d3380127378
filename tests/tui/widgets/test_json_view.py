"""The record viewer: everything shown, nothing rounded, nothing obeyed."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from textual.app import App, ComposeResult

from tests.tui.widgets.fakes import HOSTILE
from tui.widgets.json_tree import Node, open_inner, parse, quote, to_json
from tui.widgets.json_view import JsonView

CHARS = st.characters() | st.sampled_from('"\\/\x1b\u202e\u200d\ufe0f\u0301\ud800\U000e0041\u2028 ')
SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(CHARS)
DATA = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(CHARS), inner, max_size=5),
    max_leaves=20,
)

MANIFEST = json.dumps({"schemaVersion": 2, "layers": [{"size": 3}, {"size": 4}]})
RECORD = (
    '{"userIdentity": {"arn": "a", "arn": "b", "Arn": "c"}, "size": 1.10e3,'
    ' "big": 12345678901234567890123, "requestParameters": {"imageTag": "prod", "imageManifest": '
    + json.dumps(MANIFEST)
    + ', "policyDocument": "%7B%22Version%22%3A%221%22%7D", "odd key": [1, {"x": []}]},'
    + ' "errorMessage": '
    + json.dumps("long " * 18_000 + "needle")
    + "}"
)


class JsonApp(App[None]):
    def __init__(self, document: str = RECORD) -> None:
        super().__init__()
        self.view = JsonView(document)
        self.searched: list[tuple[int, int]] = []
        self.paths: list[str] = []

    def compose(self) -> ComposeResult:
        yield self.view

    def on_mount(self) -> None:
        self.view.focus()

    def on_json_view_searched(self, message: JsonView.Searched) -> None:
        self.searched.append((message.index, message.count))

    def on_json_view_line_highlighted(self, message: JsonView.LineHighlighted) -> None:
        self.paths.append(message.path)


def lines(view: JsonView) -> list[str]:
    return [view.render_line(y).text.rstrip() for y in range(view.size.height)]


@given(DATA)
def test_what_is_shown_unfolded_is_the_data(data: Any) -> None:
    view = JsonView(json.dumps(data))
    shown = view.shown_text()
    assert json.loads(shown) == data
    assert all(c.isprintable() or c == "\n" for c in shown)
    assert view.error is None


@given(st.text(CHARS), st.integers(0, 40))
def test_quoted_strings(text: str, limit: int) -> None:
    assert json.loads(quote(text)) == text
    assert quote(text).isprintable()
    assert cell_len(quote(text, limit)) <= limit


@given(st.text(CHARS, max_size=80))
def test_any_text_can_be_shown(text: str) -> None:
    view = JsonView(text)
    assert all(c.isprintable() or c == "\n" for c in view.shown_text())
    assert isinstance(view.selected_value, str | bool | None)


def test_numbers_and_repeated_keys_stay_as_written() -> None:
    text = '{"a": 1.10, "a": -0, "A": 1E400, "n": 12345678901234567890, "x": NaN}'
    root, error = parse(text)
    assert error is None
    assert [(c.key, c.value, c.note) for c in root.children] == [
        ("a", "1.10", ""),
        ("a", "-0", "repeated key"),
        ("A", "1E400", "key differs in case only"),
        ("n", "12345678901234567890", ""),
        ("x", "NaN", ""),
    ]
    assert to_json(root, 0).replace("\n", "").replace(",", ", ") == text


def test_hostile_depth_and_broken_json_become_lines() -> None:
    for text in ("[" * 100_000, '{"a":\n\x1b[31m', "", "{} {}", '{"a": 01}'):
        view = JsonView(text)
        assert view.error
        assert view.line_count == len(text.split("\n"))
        assert "\x1b" not in view.shown_text()
        assert view.selected_path == "[0]"


def test_strings_that_hold_json() -> None:
    def string(value: str) -> Node:
        return parse(json.dumps(value))[0]

    assert open_inner(string('  {"a": 1}'))
    assert open_inner(string("%5B1%5D"))
    for other in ('{"a": ', '"text"', "17", "%7B broken", "[" * 100_000):
        assert not open_inner(string(other))


async def test_paths_values_and_folding() -> None:
    app = JsonApp()
    async with app.run_test(size=(80, 30)) as pilot:
        view = app.view
        await pilot.pause()
        seen = {}
        for _ in range(view.line_count):
            seen[view.selected_path] = view.selected_value
            await pilot.press("j")
        assert seen["size"] == "1.10e3"
        assert seen["big"] == "12345678901234567890123"
        assert seen["requestParameters.imageManifest"] == MANIFEST
        assert seen['requestParameters["odd key"][1].x'] == "[]"
        assert str(seen["errorMessage"]).endswith("needle")
        assert json.loads(str(seen["userIdentity"])) == {"arn": "b", "Arn": "c"}
        everything = view.line_count
        await pilot.press("z")
        assert [line[:12] for line in lines(view)[:3]] == ["▾ {", '  ▸ "userIde', '    "size": ']
        assert view.line_count == 7
        await pilot.press("g", "down", "enter")
        assert view.line_count == 11
        assert "repeated key" in lines(view)[3]
        await pilot.press("down", "left")
        assert view.selected_path == "userIdentity"
        await pilot.press("left")
        assert view.line_count == 7
        await pilot.press("right", "space")
        assert view.line_count == 7
        await pilot.press("Z", "G", "home")
        assert view.line_count == everything
        assert "userIdentity" in app.paths


async def test_opening_text_in_place() -> None:
    app = JsonApp()
    async with app.run_test(size=(80, 40)) as pilot:
        view = app.view
        await pilot.pause()
        before = view.line_count
        view.search("schemaVersion")
        assert view.selected_path == "requestParameters.imageManifest"
        view.search("")
        await pilot.press("o")
        assert any('"imageManifest": text, shown as JSON {' in line for line in lines(view))
        await pilot.press("j", "j", "j", "j")
        assert view.selected_path == "requestParameters.imageManifest»layers[0].size"
        assert view.selected_value == "3"
        await pilot.press(*["left"] * 7)
        assert view.selected_path == "requestParameters"
        await pilot.press("Z")
        view.search("imageManifest")
        assert view.selected_value == MANIFEST
        await pilot.press("o")
        assert view.line_count == before
        await pilot.press("g", "o")
        assert view.line_count == before


async def test_search_finds_folded_and_far_away_text() -> None:
    app = JsonApp()
    async with app.run_test(size=(80, 20)) as pilot:
        view = app.view
        await pilot.press("z")
        assert view.search("NEEDLE") == 1
        assert view.selected_path == "errorMessage"
        assert '…"g long long needle"' in lines(view)[view.cursor_line]
        assert view.search("arn") == 3
        await pilot.pause()
        assert app.searched[-1] == (1, 3)
        await pilot.press("n", "n")
        assert (view.match_index, view.match_count) == (3, 3)
        assert view.selected_path == "userIdentity.Arn"
        await pilot.press("n", "N")
        await pilot.pause()
        assert app.searched[-1] == (3, 3)
        strip = view.render_line(view.cursor_line)
        assert any(s.style and s.style.underline and s.text == "Arn" for s in strip)
        assert view.search("no such text [/x]") == 0
        view.action_next_match()
        view.action_prev_match()
        assert view.match_index == 0


async def test_mouse_folds_at_the_marker_and_moves_elsewhere() -> None:
    app = JsonApp()
    async with app.run_test(size=(80, 30)) as pilot:
        view = app.view
        await pilot.pause()
        everything = view.line_count
        await pilot.click(view, offset=(12, 1))
        assert (view.cursor_line, view.line_count) == (1, everything)
        await pilot.click(view, offset=(2, 1))
        assert view.line_count == everything - 4
        await pilot.click(view, offset=(70, 28))
        assert view.cursor_line == 1


async def test_hostile_strings_and_lines_exactly_as_wide_as_the_screen() -> None:
    document = json.dumps({value[:40]: value for value in HOSTILE} | {"k" * 500: HOSTILE})
    app = JsonApp(document)
    async with app.run_test(size=(60, 50)) as pilot:
        view = app.view
        await pilot.pause()
        for y in range(view.size.height):
            text = view.render_line(y).text
            assert cell_len(text) == view.size.width
            assert text.isprintable()
        assert "[/nope]" in "\n".join(lines(view))
        await pilot.press("enter", "Z", "z", "G")
        assert "\x1b" not in app.export_screenshot()


async def test_a_document_of_a_hundred_thousand_lines_and_another_one() -> None:
    app = JsonApp(json.dumps([{"name": f"n{i}"} for i in range(34_000)]))
    async with app.run_test(size=(80, 24)) as pilot:
        view = app.view
        await pilot.press("G", "pageup", "home", "end")
        assert view.cursor_line == view.line_count - 1 == 102_001
        assert view.search("n33999") == 1
        assert view.selected_path == "[33999].name"
        view.set_document('{"other": 1}')
        await pilot.pause()
        assert (view.line_count, view.cursor_line, view.scroll_offset.y) == (3, 0, 0)
        await pilot.resize_terminal(30, 5)
        await pilot.pause()
        assert '"other": 1' in lines(view)[1]


async def test_the_cursor_shows_without_colour(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    app = JsonApp()
    async with app.run_test(size=(80, 30)) as pilot:
        await pilot.press("j")
        here, other = ([s.style for s in app.view.render_line(y)] for y in (1, 2))
        assert all(style and style.reverse for style in here)
        assert not any(style and style.reverse for style in other)
