"""`marks` as people and scripts run it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from tests.evidence_files import at, image, push, record, trail, write
from tests.headless.test_commands import DONE, USAGE, call, complaint, output


def evidence(folder: Path) -> Path:
    pushed = push(image("x"), "prod", at(0), eventID="p")
    write(folder, {"a.json": trail([pushed, record("ListUsers", at(1), eventID="l")])})
    return folder


def ids(*arguments: object) -> list[str]:
    rows = json.loads(output("marks", *arguments, "--format", "json"))
    return [row["event_id"] for row in rows]


def test_marks_are_made_listed_removed_and_taken_back(tmp_path: Path) -> None:
    logs = evidence(tmp_path / "logs")
    add = ("--add", "p", "--tag", "implant", "--tag", "t1525", "--comment", "=why")
    rows = json.loads(output("marks", logs, *add, "--format", "json"))
    assert [(row["event_id"], row["tags"], row["comment"]) for row in rows] == [
        ("p", "implant t1525", "=why")
    ]
    assert ids(logs, "--add", "l") == ["p", "l"]
    assert ids(logs, "--tag", "implant") == ["p"]
    assert ids(logs, "--remove", "p") == ["l"]
    assert ids(logs, "--undo") == ["p", "l"]
    assert "'=why" in output("marks", logs, "--format", "csv")


def test_what_cannot_be_marked_is_said(tmp_path: Path) -> None:
    logs = evidence(tmp_path / "logs")
    assert "no event has the id nope" in complaint(call("marks", logs, "--add", "nope"))
    assert "nothing was marked" in complaint(call("marks", logs, "--undo"))
    both = call("marks", logs, "--add", "p", "--undo")
    assert both.returncode == USAGE
    assert "one change at a time" in complaint(both)


def test_a_case_elsewhere_says_that_the_evidence_is_missing_and_answers(tmp_path: Path) -> None:
    logs = evidence(tmp_path / "logs")
    file = tmp_path / "c.case"
    output("marks", logs, "--case", file, "--add", "p")
    moved = tmp_path / "elsewhere" / "moved.case"
    moved.parent.mkdir()
    shutil.move(file, moved)
    shutil.rmtree(logs)
    done = call("event", "--case", moved, "--event-id", "p")
    assert done.returncode == DONE
    assert json.loads(done.stdout)["eventName"] == "PutImage"
    assert done.stderr.decode().count("not where it was read") == 1
    assert "prod" in output("pushes", "--case", moved)
