"""What the documents say is there: links, files, modules, command lines, options, keys, tables.

A command line is put through the real parser; those of the README that need nothing else are run
over the sample incident.
"""

from __future__ import annotations

import argparse
import importlib.util
import re
import shlex
import tomllib
from collections.abc import Iterator
from functools import cache
from html import unescape
from pathlib import Path

import pytest

from samples import incident_path
from tui.cli import main
from tui.commands.parsing import interface_parser, parsed
from tui.commands.registry import COMMANDS, add_commands
from tui.configuration.key_map import actions
from tui.configuration.key_words import in_configuration
from tui.program import EXIT_CODES

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md"), ROOT / "samples" / "README.md"])
NAMES = [str(page.relative_to(ROOT)) for page in PAGES]

_FENCED = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
_PROGRAM = "ecr-investigate"
_REMARK = re.compile(r"\s+#\s.*$|\s{3,}\S.*$")
"""What stands behind a command line to explain it."""


def text_of(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def prose(name: str) -> str:
    """A page without its fenced blocks."""
    return _FENCED.sub("", text_of(name))


@cache
def anchors(page: Path) -> frozenset[str]:
    """What may stand behind the # of a link to a page, as GitHub makes it of a heading."""
    text = _FENCED.sub("", page.read_text(encoding="utf-8"))
    titles = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return frozenset(re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles)


@pytest.mark.parametrize("name", NAMES)
def test_what_is_linked_to_is_there(name: str) -> None:
    page = ROOT / name
    for target in _LINK.findall(prose(name)):
        if re.match(r"[a-z]+:", target):
            continue
        file, _, anchor = target.partition("#")
        linked = page.parent / file if file else page
        assert linked.exists(), f"{name} links to {target}"
        if anchor:
            assert anchor in anchors(linked), f"{name} links to {target}"


# --- command lines -----------------------------------------------------------------------------


def command_lines(name: str) -> Iterator[str]:
    """Every line of the program on a page: in blocks, fenced or indented, and in the text."""
    text = text_of(name)
    blocks = [block for _, block in _FENCED.findall(text)]
    blocks.append("\n".join(re.findall(r"^    (.*)$", prose(name), re.MULTILINE)))
    for block in blocks:
        for line in re.sub(r"\\\n\s*", " ", block).splitlines():
            if found := re.search(rf"(?:^|[|] |forensics ){_PROGRAM} .*", line):
                yield _REMARK.sub("", found[0].strip("| ").removeprefix("forensics "))
    for span in re.findall(rf"`({_PROGRAM} [^`]+)`", prose(name)):
        yield " ".join(span.split())


def words_of(line: str) -> list[str] | None:
    """The words behind the name of the program; None where something is left out."""
    line = re.sub(r"\s\\?\|\s.*$", "", line)  # what its output goes into
    line = line.replace("[options]", "").replace("COMMAND", "pushes").replace("PATH...", "PATH")
    line = re.sub(r"\[(--[^\]|]+)(?:\|[^\]]*)?\]", r"\1", line)  # what may be there
    return None if "…" in line else shlex.split(line)[1:]


LINES = [(name, line) for name in NAMES for line in command_lines(name)]


def test_there_are_command_lines() -> None:
    assert len(LINES) > 60
    assert len({words[0] for _, line in LINES if (words := words_of(line))} & set(COMMANDS)) > 18


@pytest.mark.parametrize(("name", "line"), LINES)
def test_the_parser_takes_a_command_line(
    name: str, line: str, capsys: pytest.CaptureFixture[str]
) -> None:
    words = words_of(line)
    if words is None:
        return
    try:
        parsed(words)
    except SystemExit:
        pytest.fail(f"{name}: {line}\n{capsys.readouterr().err}")


@pytest.fixture(scope="module")
def at_hand(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder where somebody tries what the README says, and comes back to."""
    folder = tmp_path_factory.mktemp("at_hand")
    (folder / "AWSLogs").symlink_to(Path(incident_path()) / "AWSLogs")
    return folder


@pytest.mark.parametrize(
    "line", [line for name, line in LINES if name == "README.md" and line.split()[1] in COMMANDS]
)
def test_a_command_of_the_readme_answers(
    line: str, at_hand: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(at_hand)
    monkeypatch.setenv("XDG_CACHE_HOME", str(at_hand / "cache"))
    words = words_of(line)
    assert words is not None
    assert main(words) == 0
    said = capsys.readouterr()
    assert len(said.out.splitlines()) > (0 if "event" in words else 1), said.err


def test_every_exit_code_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    said = text_of("docs/headless.md").split("## Exit codes")[1].split("\n## ")[0]
    with pytest.raises(SystemExit):
        main(["--help"])
    assert main(["manual"]) == 0
    printed = capsys.readouterr().out
    for code, means in EXIT_CODES.items():
        assert f"{code} {means.split(',')[0]}" in " ".join(said.split())
        told = re.escape(means.split(",")[0])
        assert re.search(rf"^  {code} +{told}", printed, re.MULTILINE)
        assert f".B {code}\n" in printed


# --- options, files, modules, tables -----------------------------------------------------------

_FOREIGN = frozenset(
    {"--only", "--seed", "--out", "--again", "--minutes", "--upgrade", "--upgrade-package"}
    | {"--data", "--events", "--json", "--markdown", "--runs", "--sizes", "--files", "--aws"}
    | {"--no-deps", "--no-build-isolation", "--require-hashes", "--numprocesses"}
)
"""Options of make's ARGS, the benchmarks, the sample's writer and pip."""


@cache
def options() -> frozenset[str]:
    parser = argparse.ArgumentParser()
    add_commands(parser)
    [children] = [a for a in parser._actions if isinstance(a, argparse._SubParsersAction)]
    parsers = [interface_parser(), *children.choices.values()]
    return frozenset(name for each in parsers for name in each._option_string_actions)


@pytest.mark.parametrize("name", NAMES)
def test_an_option_that_is_named_exists(name: str) -> None:
    spans = re.findall(r"`(--[a-z][^`]*)`", prose(name))
    named = {word for span in spans for word in re.findall(r"--[a-z][a-z0-9-]*", span)}
    assert named <= options() | _FOREIGN


@pytest.mark.parametrize("name", NAMES)
def test_a_file_or_module_that_is_named_exists(name: str) -> None:
    text = text_of(name)
    for path in re.findall(r"`((?:queries|tui|tests|samples|docs)/[\w/.\-]+)`", text):
        assert list(ROOT.glob(f"{path.replace('NAME', '*')}*")), f"{name} names {path}"
    for module in re.findall(r"python -m ((?:tests|samples|tui|queries)[\w.]*)", text):
        assert importlib.util.find_spec(module), f"{name} names the module {module}"
    for script in re.findall(r"python ((?:docs|tests|\.ci)/[\w/.]+)", text):
        assert (ROOT / script).is_file(), f"{name} names {script}"
    targets = re.findall(r"^([a-z-]+):.*##", (ROOT / "Makefile").read_text(), re.MULTILINE)
    for target in re.findall(r"`make ([a-z-]+)", text):
        assert target in targets, f"{name} names make {target}"


def test_the_layout_names_what_is_there() -> None:
    """The parts of `queries` in CONTRIBUTING, each by the first word of its line."""
    layout = (
        text_of("CONTRIBUTING.md").split("the data flows one way:\n")[1].split("\n\nIn `tui`")[0]
    )
    parts = re.findall(r"^    ([a-z_]+)[/ ,*]", layout, re.MULTILINE)
    assert len(parts) > 15
    for part in parts:
        assert list((ROOT / "queries").glob(f"{part}*")), part


# --- keys --------------------------------------------------------------------------------------

_KEY = re.compile(r"(?:ctrl|alt|shift)\+\S+|[A-Za-z?/:<>,.+\-\[\]\\]")
_NO_KEYS = frozenset({"a", "b", "-", "V", "ctrl+t", "ctrl+c"})
"""Single signs that a page writes for something else: names of events, standard input, any key; the
key that always ends the program is no action."""
_ARROWS = {"←": "left", "→": "right"}


@cache
def keys() -> dict[str, set[str]]:
    """Every key of the program as it is written in a configuration, and what it does somewhere."""
    found: dict[str, set[str]] = {}
    for action in actions():
        for key in action.keys:
            found.setdefault(in_configuration(key), set()).add(action.does)
    return found


@pytest.mark.parametrize("name", [name for name in NAMES if name != "CHANGELOG.md"])
def test_a_key_that_is_named_does_something(name: str) -> None:
    for said in re.findall(r"`([^`\s]+)`", prose(name)):
        if _KEY.fullmatch(said) and said not in _NO_KEYS:
            key = said.translate(str.maketrans(_ARROWS))
            assert key in keys(), f"{name} names the key {said}"


def test_a_place_has_the_key_that_stands_beside_it() -> None:
    screens = text_of("README.md").split("| Screen |")[1].split("\n\n")[0]
    beside = re.findall(r"([A-Z][A-Za-z ]*) \(`([^`]+)`\)", screens)
    listed = re.findall(r"^\| `([^`]+)` \| ([^|]+) \|", text_of("docs/working-the-case.md"), re.M)
    pairs = [*beside, *((place, key) for key, place in listed)]
    assert len(pairs) > 20
    for place, key in pairs:
        does = " ".join(keys()[key]).lower()
        assert place.split()[0].lower() in does, f"{key} is {does}, not {place}"


TABLES = [
    (name, block)
    for name in NAMES
    for kind, block in _FENCED.findall(text_of(name))
    if kind == "toml"
]


@pytest.mark.parametrize(("name", "block"), TABLES)
def test_a_configuration_that_is_shown_is_right(name: str, block: str, tmp_path: Path) -> None:
    tomllib.loads(block)
    file = tmp_path / "config.toml"
    file.write_text(block, encoding="utf-8")
    assert main(["config", "--check", str(file)]) == 0


# --- pictures ----------------------------------------------------------------------------------

SHOWN = {
    "activity": "writes only",
    "evidence": "logging changed",
    "findings": "a known image with more layers on top",
    "layers": "new",
    "principal": "sam.sre",
    "push": "replaced",
    "pushes": "moved tag",
    "raw": "eventVersion",
    "repositories": "team/worker",
}
"""Picture -> what makes it worth showing."""


def test_a_picture_shows_what_it_is_there_for() -> None:
    pictures = {path.stem: path for path in (ROOT / "docs" / "screenshots").glob("*.svg")}
    assert set(pictures) == set(SHOWN)
    shown = {Path(target).stem for name in NAMES for target in _LINK.findall(prose(name))}
    assert set(pictures) <= shown, "on one page or another"
    for name, path in pictures.items():
        drawn = re.findall(r"<text[^>]*>([^<]*)</text>", path.read_text(encoding="utf-8"))
        text = " ".join(unescape(part).replace("\xa0", " ") for part in drawn)
        assert SHOWN[name] in text, name
