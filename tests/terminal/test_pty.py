"""Leaving the program gives the terminal back, and no byte of a log drives it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from queries.unexpected import FOLDER
from samples import incident_path
from tests.evidence_files import shared, trail, write
from tests.terminal.pty_session import Session, session
from tests.tui.test_hostile import CONTROL, attacked

pytestmark = pytest.mark.terminal

ALTERNATE = b"\x1b[?1049h"
CTRL_C = b"\x03"


def at_repositories(running: Session) -> None:
    running.wait_for("repository", "last push", "Quit")


def in_dialog(running: Session) -> None:
    at_repositories(running)
    running.press(b"s", "Sort by")


def in_help(running: Session) -> None:
    at_repositories(running)
    running.press(b"?", "Keys on")


def in_filter(running: Session) -> None:
    at_repositories(running)
    running.press(b"/", "filter as you type")
    running.send(b"pro")


def deep_down(running: Session) -> None:
    at_repositories(running)
    running.press(b"\r", "who (origin")
    running.press(b"\r", "Layers")
    running.press(b"o", "eventVersion")


MOMENTS = {
    "repositories": at_repositories,
    "dialog": in_dialog,
    "help": in_help,
    "filter": in_filter,
    "raw record": deep_down,
}


@pytest.mark.parametrize("moment", MOMENTS)
def test_ctrl_c_gives_the_terminal_back_from_everywhere(moment: str, cache: Path) -> None:
    with session(incident_path(), cache=cache) as running:
        MOMENTS[moment](running)
        running.send(CTRL_C)
        assert running.exit_code() == 0
        assert running.modes_left_on() == set()
        assert b"Traceback" not in running.raw


@pytest.mark.parametrize("keys", [b"q", b"qq", b"qjj\r", b"q\x1b[A/x"])
def test_q_gives_the_terminal_back_whatever_follows(keys: bytes, cache: Path) -> None:
    with session(incident_path(), cache=cache, size=(120, 40)) as running:
        at_repositories(running)
        running.send(keys)
        assert running.exit_code() == 0
        assert running.modes_left_on() == set()
        assert b"Traceback" not in running.raw


@pytest.mark.parametrize("key", [b"q", CTRL_C])
@pytest.mark.parametrize("moment", ["at once", "while reading"])
def test_quitting_while_reading(key: bytes, moment: str, much: Path, cache: Path) -> None:
    with session("--no-cache", much, cache=cache) as running:
        running.wait_for(ALTERNATE)
        if moment == "while reading":
            running.wait_for("of 40 files")
        running.send(key)
        assert running.exit_code() == 0
        assert running.modes_left_on() == set()
        assert b"Traceback" not in running.raw


def test_missing_path_is_said_without_touching_the_screen(tmp_path: Path, cache: Path) -> None:
    with session(tmp_path / "nowhere", cache=cache) as running:
        assert running.exit_code() == 2
        assert b"\x1b" not in running.raw
        text = running.raw.decode()
        assert "no such file or folder" in text
        assert len(text.strip().splitlines()) == 1


def test_folder_without_logs_opens_the_evidence_and_exits_with_one(
    tmp_path: Path, cache: Path
) -> None:
    write(tmp_path / "photos", {"a.jpg": b"\xff\xd8\xff\xe0" * 99, "notes.txt": b"hello"})
    with session(tmp_path / "photos", cache=cache) as running:
        running.wait_for("Evidence", "a.jpg", "notes.txt")
        running.send(b"q")
        assert running.exit_code() == 1
        assert running.modes_left_on() == set()


def test_case_that_cannot_be_opened_is_one_sentence_on_a_clean_screen(
    tmp_path: Path, cache: Path
) -> None:
    write(tmp_path, {"case.duckdb": b"no case at all"})
    with session("--case", tmp_path / "case.duckdb", incident_path(), cache=cache) as running:
        assert running.exit_code() in (1, 2)
        assert running.modes_left_on() == set()
        after = running.raw.rpartition(b"\x1b[?1049l")[2].decode()
        assert "case.duckdb" in after
        assert "Traceback" not in after


DEFECTIVE = """
import sys
from tui import cli
from tui.screens.base import CaseScreen

def broken(self):
    held = {"secret": "wJalrXUtnFEMI"}
    held["no such thing"]

CaseScreen.action_filter = broken
sys.exit(cli.main())
"""


def test_a_defect_is_one_sentence_on_a_clean_screen(cache: Path) -> None:
    folder = cache / "ecr-investigate" / FOLDER
    with session(incident_path(), cache=cache, program=("-c", DEFECTIVE)) as running:
        at_repositories(running)
        running.send(b"/")
        assert running.exit_code() == 1
        assert running.modes_left_on() == set()
        after = running.raw.rpartition(b"\x1b[?1049l")[2].decode()
    (report,) = folder.iterdir()
    assert "ecr-investigate: the program has a defect: KeyError" in after
    assert report.name in after.replace("\r\n", "")
    assert "Traceback" not in after
    assert "wJalrXUtnFEMI" not in after + report.read_text()
    report.unlink()


@pytest.mark.parametrize("own", [True, False])
def test_no_byte_of_a_log_drives_the_terminal(own: bool, tmp_path: Path, cache: Path) -> None:
    if own:
        evidence = write(tmp_path / "logs", {"a\x1b]0;t\x07.json": trail(attacked(CONTROL))})
    else:
        evidence = shared("cases", "control_chars.json")
    with session(evidence, cache=cache, size=(160, 50)) as running:
        at_repositories(running)
        running.press(b"\r", "who (origin")
        running.press(b"\r", "Layers")
        for tab in (b"2", b"3", b"4", b"1"):
            running.send(tab)
        running.press(b"u", "Sessions")
        running.press(b"3", "kind")
        running.press(b"a", "result")
        running.press(b"\r", "eventVersion")
        running.press(b"G", "}")
        running.press(b"e", "format")
        running.press(b"E", "result")
        running.press(b"F", "Filter by")
        running.send(CTRL_C)
        assert running.exit_code() == 0
        raw = re.sub(rb"\x1b\]22;[a-z-]*\x07", b"", running.raw)  # Textual's mouse pointer
    assert b"wiped" in raw  # the text itself is shown
    assert b"\x1b]" not in raw  # no title, no clipboard, no link
    for payload in ("\x1b[2J\x1b[Hwiped", "\x07b", "\x0e", "\x00", "\x9b", "\x9d", "\u202e"):
        assert payload.encode() not in raw
    for char in "\u200b\u2028\u202c":
        assert char.encode() not in raw
    assert b"\\x1b" in raw
