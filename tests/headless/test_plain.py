"""The conversation of --plain: the whole way in lines, with nothing drawn."""

from __future__ import annotations

import io
import re
import sys
from pathlib import Path

import pytest

from samples import incident_path
from tests.evidence_files import trail, write
from tests.headless.test_commands import DONE, USAGE, Done, call, complaint, output
from tests.tui.driving import API, IMPLANT
from tests.tui.test_hostile import CONTROL, attacked
from tui.plain.words import drawn, record_in_words, spoken


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("demo") / "demo.case"
    assert (
        call("evidence", incident_path(), "--case", file, "-o", file.parent / "out").returncode == 0
    )
    return file


def told(given: str, *options: object) -> Done:
    """Run the program with these lines typed."""
    before, sys.stdin = sys.stdin, io.StringIO(given)
    try:
        return call(*options)
    finally:
        sys.stdin = before


def talk(*lines: str, options: tuple[object, ...] = ()) -> list[str]:
    """What is answered to each line; the first answer is to the start."""
    done = told("\n".join(lines) + "\n", "--plain", "--start", "repositories", *options)
    assert done.returncode == DONE, done.stderr.decode()
    text = done.stdout.decode()
    for character in text:
        assert not drawn(character), repr(character)
        assert character == "\n" or character.isprintable(), repr(character)
    return text.split("\n> ")


def test_the_whole_way_from_a_repository_to_the_report(
    demo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    said = talk(
        "1", "filter sam.sre", "1", "who", "back", "records", "b", "record", "mark", "go marked",
        "1", "go findings", "1", "report markdown", "quit", "not heard any more",
        options=("--case", demo),
    )  # fmt: skip
    start, pushes, filtered, push, who, back, records, _, record, mark, marked, again, *rest = said
    assert "1. repository 111122223333/us-east-1/team/api, pushes 26, tries 3" in start
    assert pushes.startswith(f"Pushes of {API}.\n1. tag main, digest sha256:9465fed8")
    assert "There is more: Enter goes on." in pushes
    assert re.search(rf"1\. attention, tag prod, digest {IMPLANT}, what moved tag", filtered)
    assert "2. refused, tag 1.18.8, what tag is immutable" in filtered
    assert "replaced: sha256:69bb9468" in push
    assert "chain: then ci-push/1773012388" in push
    assert "who: arn:aws:iam::444455556666:user/sam.sre" in who
    assert back.startswith("Push of prod")
    assert "event PutImage" in records
    assert "userIdentity.sessionContext.sessionIssuer.type: Role" in record
    assert mark == "Marked: PutImage."
    assert "1. what push prod, service ecr, on team/api, who sam.sre" in marked
    assert again.startswith("Record of PutImage.")
    assert "critical" in rest[0]
    assert rest[1].startswith("Finding: ")
    [report] = tmp_path.glob("report-*.md")
    assert rest[2] == f"Written: {report}"
    assert IMPLANT in report.read_text()


def test_lists_are_filtered_sorted_and_pivoted_from(demo: Path) -> None:
    said = talk(
        "sort pushes", "sort pushes", "details 1", "go addresses", "1", "pivot 1", "pivot 1 3",
        "value no such value", "start 198.51.100.77", "writes", "here", "help", "b", "bogus",
        "12345",
        options=("--case", demo),
    )  # fmt: skip
    assert "pushes 1," in said[1].split("\n")[1]
    assert "pushes 26," in said[2].split("\n")[1]
    assert "repository name: team/api" in said[3]
    assert "1. event id" in said[6]
    assert said[7].startswith("Events of value")
    assert "The list is empty" in said[8]
    assert said[9].startswith("Events of address 198.51.100.77.")
    lines = [line for line in said[10].split("\n") if re.match(r"\d+\.", line)]
    assert lines
    assert all("changes something" in line or "refused" in line for line in lines)
    assert "Events of address 198.51.100.77" in said[11]
    assert "writes: only what changes something, or all again" in said[12]
    assert said[14] == "There is no command bogus here; help lists them."
    assert said[15] == "There is no line 12345 here."


def test_every_place_can_be_gone_to_and_its_first_line_opened(demo: Path) -> None:
    names = re.findall(r"^go (\w+):", talk("go", options=("--case", demo))[1], re.MULTILINE)
    assert {"images", "tags", "pulls", "contain", "evidence"} <= set(names)
    lines = [line for name in names for line in (f"go {name}", "filter a", "1", "help")]
    for line, answer in zip(lines, talk(*lines, options=("--case", demo))[1:], strict=False):
        assert "did not work" not in answer, (line, answer)
        assert answer.strip(), line


def test_what_cannot_be_done_is_a_sentence(demo: Path) -> None:
    lines = (
        "sort activity",
        "sort",
        "search",
        "search /(/",
        "value",
        "mark",
        "pivot",
        "report pdf",
    )
    said = talk(*lines, options=("--case", demo))[1:]
    assert said[0] == said[1]
    assert said[1].startswith("Sort by one of: repository, pushes, tries, pulls,")
    assert "activity" not in said[1]
    assert said[2:8] == [
        "That did not work: nothing to search for was given",
        "That did not work: (: not a regular expression (missing ), unterminated subpattern at"
        " position 0)",
        "Say value and the text of it.",
        "There is no event to mark here.",
        "Say which line, by its number.",
        "Say report html or report markdown.",
    ]


def test_an_image_is_compared_and_raw_records_are_searched(demo: Path) -> None:
    said = talk(
        "1", "filter sam.sre", "1", "changes", "search 198.51.100.77", "1",
        "search /no.such.t(h)ing/", "go tags", "filter prod", "1", options=("--case", demo),
    )  # fmt: skip
    assert "change: implant-shaped" in said[4]
    assert "Layers:" in said[4]
    assert re.search(r"^Records with 198\.51\.100\.77\.\n\d+ records in \d+ files", said[5])
    assert "sourceIPAddress: 198.51.100.77" in said[6]
    assert "0 records" in said[7]
    assert "What the tag prod of" in said[10]


def test_plain_is_switched_on_in_the_configuration(demo: Path, tmp_path: Path) -> None:
    write(tmp_path, {"c.toml": b"[interface]\nplain = true\n"})
    done = told("quit\n", "--config", tmp_path / "c.toml", "--case", demo)
    assert done.returncode == DONE
    assert b"Findings, the worst story first." in done.stdout


def test_the_log_cannot_drive_the_terminal_here_either(tmp_path: Path) -> None:
    logs = write(tmp_path / "logs", {"t.json": trail(attacked(CONTROL))})
    said = talk(
        "1", "1", "go events", "1", "go principals", "details 1", options=(logs, "--no-cache")
    )
    assert len(said) == 8


def test_it_says_what_does_not_go_with_it(demo: Path) -> None:
    done = call("--plain", "--web", "--case", demo)
    assert done.returncode == USAGE
    assert "--plain goes with none of" in complaint(done)


def test_commands_print_lines_as_well(demo: Path) -> None:
    printed = output("repositories", "--case", demo, "--format", "lines")
    assert printed.startswith("row 1 of 9\nrepository: 111122223333/us-east-1/team/api\n")
    assert "--" not in printed
    one = output("push", "--case", demo, "--digest", "22286464", "--format", "lines")
    assert f"image digest: {IMPLANT}\n" in one
    assert "\nrow 1 of 1\nevent key: " in one or "\nrow 1 of " in one


def test_signs_become_words() -> None:
    assert spoken("sam.sre ← ci-push · 3 layers") == "sam.sre, through ci-push, 3 layers"
    assert spoken("└─ jump") == "then jump"
    assert spoken("–") == ""
    found = list(record_in_words({"a": {"b": [1, {"c": None}]}, "d": {}, "e": False}))
    assert found == ["a.b 1: 1", "a.b 2.c: null", "d: empty", "e: false"]
