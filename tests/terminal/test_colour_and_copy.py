"""What really reaches a terminal: no colour with NO_COLOR, and the clipboard whole (OSC 52)."""

from __future__ import annotations

import base64
import json
import re
from pathlib import Path

import pytest

from samples import incident_path
from tests.evidence_files import at, record, trail, write
from tests.terminal.pty_session import session

pytestmark = pytest.mark.terminal

SGR = re.compile(rb"\x1b\[([0-9;:]*)m")
CLIPBOARD = re.compile(rb"\x1b\]52;c;([A-Za-z0-9+/=]*)(?:\x07|\x1b\\)")


def colours(raw: bytes) -> set[bytes]:
    """Every parameter that sets a colour: 30-38, 40-48, 90-97, 100-107; 39 and 49 take it away."""
    found = set()
    for parameters in SGR.findall(raw):
        for number in re.split(rb"[;:]", parameters):
            value = int(number or 0)
            if 30 <= value <= 38 or 40 <= value <= 48 or 90 <= value <= 107:
                found.add(parameters)
    return found


def walked(cache: Path, **more: str) -> bytes:
    with session(incident_path(), cache=cache, more=more) as running:
        running.wait_for("repository", "last push", "Quit")
        running.press(b"\r", "who (origin")
        running.press(b"\r", "Layers")
        running.press(b"a", "result")
        running.press(b"\r", "eventVersion")
        running.press(b"?", "Keys on")
        running.press(b"\r", "eventVersion")  # closes the keys
        running.press(b"S", "Start from")
        running.send(b"\x03")
        assert running.exit_code() == 0
        assert not running.modes_left_on()
        return running.raw


def test_with_no_color_no_colour_reaches_the_terminal(cache: Path) -> None:
    assert colours(walked(cache))
    assert not colours(walked(cache, NO_COLOR="1"))


def test_what_is_copied_reaches_the_terminals_clipboard_whole(cache: Path, tmp_path: Path) -> None:
    agent = "agent " + "é" * 400 + " \x1b]52;c;aGFja2Vk\x07 end"
    logs = write(tmp_path, {"t.json": trail([record("GetObject", at(0), userAgent=agent)])})
    with session(logs, cache=cache) as running:
        running.wait_for("last push", "Quit")
        running.press(b"E", "All events", "GetObject")
        running.press(b"\r", "eventVersion")
        running.press(b"Y", b"\x1b]52;c;", "copied")
        running.send(b"\x03")
        assert running.exit_code() == 0
    # What the log wanted to write there was never obeyed: only our own copy came through.
    [copied] = CLIPBOARD.findall(running.raw)
    assert json.loads(base64.b64decode(copied))["userAgent"] == agent
