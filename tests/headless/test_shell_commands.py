"""Examples, shell completion and the manual page, written from the command line as it is."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess

import pytest

from tests.headless.test_commands import call
from tui.commands.examples import EXAMPLES
from tui.commands.registry import COMMANDS, add_commands


def test_every_command_has_examples_that_the_parser_takes() -> None:
    import argparse

    from tui.commands.parsing import add_common

    assert set(EXAMPLES) == set(COMMANDS)
    parser = argparse.ArgumentParser(prog="ecr-investigate")
    add_common(parser, top=True)
    add_commands(parser)
    for name, lines in EXAMPLES.items():
        for line in lines:
            words = shlex.split(line.split("|")[0].split(">")[0])
            if words[0] == "eval":
                words = line.split("$(")[1].split(")")[0].split()[1:]
            options, late = parser.parse_known_args(words)
            assert options.command == name
            assert not [word for word in late if word.startswith("-")], line
        assert (
            f"ecr-investigate {name}" in call(name, "--help").stdout.decode().split("examples:")[1]
        )


def completed(script: str, *words: str) -> list[str]:
    """What bash offers for the last word."""
    line = " ".join(map(shlex.quote, words))
    program = (
        f"{script}\nCOMP_WORDS=({line}); COMP_CWORD={len(words) - 1}; _ecr_investigate;"
        ' printf "%s\\n" "${COMPREPLY[@]}"'
    )
    bash = shutil.which("bash")
    assert bash is not None
    return subprocess.run(
        [bash, "-c", program], capture_output=True, text=True, check=True
    ).stdout.split()


@pytest.mark.skipif(shutil.which("bash") is None, reason="no bash here")
def test_bash_completes_commands_options_and_values() -> None:
    script = call("completion", "bash").stdout.decode()
    assert sorted(completed(script, "ecr-investigate", "push")) == ["push", "pushes"]
    assert "--start-at" in completed(script, "ecr-investigate", "--start")
    assert "--regex" in completed(script, "ecr-investigate", "search", "--reg")
    assert "parquet" in completed(script, "ecr-investigate", "pushes", "--format", "p")
    acts = completed(script, "ecr-investigate", "activity", "--act", "login-")
    assert acts == ["login-without-mfa"]
    assert completed(script, "ecr-investigate", "completion", "f") == ["fish"]
    assert completed(script, "ecr-investigate", "pushes", "./") == []  # files


def test_zsh_and_fish_have_scripts_with_every_command() -> None:
    assert call("completion", "zsh").stdout.startswith(b"autoload")
    fish = call("completion", "fish").stdout.decode()
    for name in COMMANDS:
        assert f"-a {name} " in fish
    assert call("completion", "tcsh").returncode == 2


def test_the_manual_names_everything_and_is_sound_roff() -> None:
    page = call("manual").stdout
    for name in COMMANDS:
        assert f".SS {name}".replace("-", "\\-").encode() in page
    groff = shutil.which("groff")
    if groff is None:
        pytest.skip("no groff here")
    done = subprocess.run(
        [groff, "-man", "-Tutf8", "-ww"], input=page, capture_output=True, check=True
    )
    assert done.stderr == b""
    shown = re.sub(b".\x08", b"", done.stdout).decode()  # bold is struck twice
    assert "--start-at" in shown.replace("\u2010", "-").replace("\u2212", "-")
