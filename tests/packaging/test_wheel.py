"""The wheel and the sdist, built as for a release, and the wheel used where no checkout is near."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import sysconfig
import tarfile
import tomllib
import venv
import zipfile
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

pytestmark = [pytest.mark.packaging, pytest.mark.slow]

ROOT = Path(__file__).resolve().parents[2]
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PROJECT = PYPROJECT["project"]
BUILD = PYPROJECT["build-system"]
VERSION = PROJECT["version"]


@dataclass(frozen=True)
class Built:
    """What one build left."""

    wheel: Path
    sdist: Path

    def in_wheel(self) -> set[str]:
        """The files in the wheel, by their paths."""
        with zipfile.ZipFile(self.wheel) as archive:
            return {name for name in archive.namelist() if not name.endswith("/")}

    def in_sdist(self) -> set[str]:
        """The files in the sdist, by their paths below its one folder."""
        with tarfile.open(self.sdist) as archive:
            return {
                member.name.partition("/")[2] for member in archive.getmembers() if member.isfile()
            }


@dataclass(frozen=True)
class Installed:
    """The program as installed from the wheel, and an empty folder to use it in."""

    python: Path
    program: Path
    folder: Path

    def run(self, *command: str | Path) -> str:
        """What `command` prints, run outside the checkout with settings of its own."""
        environment = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("PYTHON", "VIRTUAL_ENV", "XDG_", "AWS_", "ECR_"))
        }
        done = subprocess.run(
            command,
            cwd=self.folder,
            env=environment | {"HOME": str(self.folder.parent / "home")},
            stdin=subprocess.DEVNULL,
            check=False,
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=120,
        )
        assert done.returncode == 0, f"{command}: {done.stderr}{done.stdout}"
        return done.stdout


def below(folder: str, pattern: str) -> set[str]:
    """The files of the checkout in `folder` that fit `pattern`, by their paths."""
    return {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / folder).rglob(pattern)
        if path.is_file() and "__pycache__" not in path.parts
    }


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """The sdist of this checkout, and the wheel built from that sdist (not from the checkout)."""
    folder = tmp_path_factory.mktemp("dist")
    done = subprocess.run(
        [sys.executable, "-m", "build", "--no-isolation", "--outdir", folder, ROOT],
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    (wheel,) = folder.glob("*.whl")
    (sdist,) = folder.glob("*.tar.gz")
    return Built(wheel, sdist)


@pytest.fixture(scope="module")
def installed(built: Built, tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """A new virtual environment with the wheel in it.

    The dependencies are those of the running environment, lent by a .pth file: nothing is asked of
    the network. The running environment also holds this project as an editable install, which is a
    .pth file as well; Python reads such files only in its own site folders, not in one that a .pth
    file adds, so the checkout stays out of reach (test_runs_from_the_wheel holds that).
    """
    home = tmp_path_factory.mktemp("installed")
    where = home / "venv"
    venv.create(where)
    paths = sysconfig.get_paths(
        "venv", vars={"base": str(where), "platbase": str(where), "installed_base": str(where)}
    )
    scripts = Path(paths["scripts"])
    python = scripts / Path(sys.executable).name
    if not python.exists():
        python = scripts / "python"
    lent = {sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}
    Path(paths["purelib"], "lent.pth").write_text("\n".join(sorted(lent)) + "\n", encoding="utf-8")
    command: list[str | Path] = [sys.executable, "-m", "pip", "--isolated", "--python", python]
    command += ["install", "--quiet", "--no-index", "--no-deps", "--force-reinstall", built.wheel]
    done = subprocess.run(
        command,
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    folder = home / "elsewhere"
    folder.mkdir()
    return Installed(python, scripts / "ecr-investigate", folder)


def test_wheel_holds_the_packages_and_nothing_else(built: Built) -> None:
    top = {name.partition("/")[0] for name in built.in_wheel()}
    assert top == {"queries", "samples", "tui", f"ecr_investigate-{VERSION}.dist-info"}


@pytest.mark.parametrize(
    ("folder", "pattern"),
    [
        ("queries", "*.py"),
        ("tui", "*.py"),
        ("queries/sql", "*.sql"),
        ("queries/findings", "*.sql"),
        ("tui", "*.tcss"),
        ("samples/incident", "*"),
    ],
)
def test_wheel_holds_every_file_of_its_kind(built: Built, folder: str, pattern: str) -> None:
    expected = below(folder, pattern)
    assert expected, f"no {pattern} in {folder}"
    assert expected <= built.in_wheel()


def test_sdist_holds_what_it_takes_to_test_it(built: Built) -> None:
    names = built.in_sdist()
    assert {"LICENSE", "Makefile", "README.md", "constraints.txt", "pyproject.toml"} <= names
    assert below("tests", "*.py") <= names
    assert below("docs", "*.md") <= names


def test_the_license_travels_with_the_wheel(built: Built) -> None:
    (name,) = (name for name in built.in_wheel() if name.endswith("/LICENSE"))
    with zipfile.ZipFile(built.wheel) as archive:
        assert archive.read(name) == (ROOT / "LICENSE").read_bytes()


def test_runs_from_the_wheel(installed: Installed) -> None:
    program = "import queries, samples, tui; print(*queries.__path__, *samples.__path__)"
    for path in installed.run(installed.python, "-c", program).split():
        assert installed.python.parents[1] in Path(path).parents


@pytest.mark.parametrize("options", [["--version"], ["--demo", "--version"]])
def test_tells_its_version(installed: Installed, options: list[str]) -> None:
    assert installed.run(installed.program, *options).strip() == f"ecr-investigate {VERSION}"


def test_answers_from_the_sample_that_the_wheel_brings(installed: Installed) -> None:
    printed = installed.run(installed.program, "repositories", "--demo", "--format", "json")
    rows = json.loads(printed)
    assert isinstance(rows, list)
    assert rows
    for row in rows:
        account, region, name = row["repository"].split("/", 2)
        assert re.fullmatch(r"\d{12}", account)
        assert region
        assert name
    assert list(installed.folder.iterdir()) == [], "the demo left files where it was called"


def test_pins_are_what_the_project_asks_for() -> None:
    text = (ROOT / "constraints.txt").read_text(encoding="utf-8")
    assert "://" not in text
    found = re.findall(r"^([\w.-]+)==([^\s;]+)", text, re.MULTILINE)
    pinned = {canonicalize_name(name): version for name, version in found}
    asked = [*PROJECT["dependencies"], *PROJECT["optional-dependencies"]["dev"], *BUILD["requires"]]
    for requirement in map(Requirement, asked):
        assert requirement.specifier.contains(pinned[canonicalize_name(requirement.name)]), str(
            requirement
        )


@pytest.mark.parametrize("name", [path.name for path in sorted(ROOT.glob("constraints*.txt"))])
def test_every_pin_has_a_hash(name: str) -> None:
    lines = (ROOT / name).read_text(encoding="utf-8").splitlines()
    assert not any("://" in line for line in lines)
    pins = [pair for pair in pairwise(lines) if re.match(r"\w", pair[0])]
    assert pins
    for pin, below_it in pins:
        assert re.fullmatch(r"[\w.-]+==[^\s;]+( ; .+)? \\", pin)
        assert re.fullmatch(r" +--hash=sha256:[0-9a-f]{64}( \\)?", below_it), pin
