"""Write constraints.txt, and the lists of what is large and only some tests need.

They hold every dependency, its version, and the hash of each of its files.

    python .ci/pin.py              keep what is pinned, add and drop what pyproject.toml says
    python .ci/pin.py --upgrade    take the newest version of everything that it allows
    python .ci/pin.py --upgrade-package NAME

The resolving is done by uv, installed from the registry into a folder that is thrown away: it is
the client that resolves for every platform and Python at once and lists the hash of every file of a
release. It asks the registry that pip is set up for, and no address of it is written down.

Needs Python 3.11 or later with venv, and the registry; nothing else.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import tempfile
import tomllib
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PINS = ROOT / "constraints.txt"
BESIDE = (
    (
        "spark-local",
        "spark",
        "What Spark needs, for the tests of that engine and for --spark local,",
    ),
    (
        "dev-timesketch",
        "timesketch",
        "What Timesketch's importer needs, which a test has read the exports,",
    ),
)
"""Extra, name of its list and of its target in the Makefile, and what it is for; a list goes by the
versions of those before it."""
BESIDE_HEADER = """\
# {what} beside constraints.txt.
# Written by .ci/pin.py: run that instead of editing here; 'make {name}' installs it.

"""
HEADER = """\
# All dependencies of ecr-investigate: to run it, to test it, to build it; for every platform.
# Written by .ci/pin.py: run that instead of editing here.
#
#   pip install --require-hashes -r constraints.txt
#   pip install --no-deps --no-build-isolation -e .
#
# The first line takes only files whose hash is below; the second adds this folder, which has none.

"""


def pip_setting(python: Path, name: str) -> str | None:
    """What pip is set to for `name` (its environment variable first), None where it is not set."""
    if value := os.environ.get("PIP_" + name.upper().replace("-", "_")):
        return value
    done = subprocess.run(
        [python, "-m", "pip", "config", "get", f"global.{name}"],
        check=False,
        capture_output=True,
        text=True,
    )
    return done.stdout.strip() or None


def uv_environment(python: Path) -> dict[str, str]:
    """The environment in which uv asks the registry that pip would ask."""
    environment = {name: value for name, value in os.environ.items() if name != "VIRTUAL_ENV"}
    for setting, variable in (("index-url", "UV_DEFAULT_INDEX"), ("cert", "SSL_CERT_FILE")):
        value = pip_setting(python, setting)
        if value:
            environment.setdefault(variable, value)
    return environment


def entries(text: str) -> list[str]:
    """The requirements in `text`, one string each, with the lines that continue them."""
    return re.findall(r"^[^\s#][^\n]*(?:\n[ \t]+[^\n]*)*", text, flags=re.MULTILINE)


def complaint(text: str) -> str | None:
    """Why `text` cannot serve as constraints.txt, None when it can."""
    found = entries(text)
    if not found:
        return "uv wrote no requirement"
    for entry in found:
        if not re.match(r"[A-Za-z0-9._-]+==[^\s;]+(?: ;|\s)", entry):
            return f"not a name and a version: {entry.splitlines()[0]}"
        if "--hash=sha256:" not in entry:
            return f"no hash: {entry.splitlines()[0]}"
    if "://" in text:
        return "an address in the output"
    return None


def main() -> int:
    """Write constraints.txt; 1 and a sentence on stderr where that cannot be done."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--upgrade", action="store_true", help="take the newest allowed versions")
    parser.add_argument("--upgrade-package", metavar="NAME", action="append", default=[])
    args = parser.parse_args()

    with tempfile.TemporaryDirectory(prefix="ecr-investigate-pins-") as scratch:
        tools = Path(scratch, "venv")
        venv.create(tools, with_pip=True)
        python = tools / ("Scripts" if os.name == "nt" else "bin") / "python"
        subprocess.run([python, "-m", "pip", "install", "--quiet", "uv"], check=True)
        project = ROOT / "pyproject.toml"
        extra = tomllib.loads(project.read_text("utf-8"))["project"]["optional-dependencies"]
        lists = [(PINS, HEADER, [project, "--extra", "dev", "--only-binary", ":all:"])]
        known: list[str | Path] = ["--constraint", PINS]
        for asked_for, name, what in BESIDE:
            wanted = Path(scratch, f"{name}.in")
            wanted.write_text("\n".join(extra[asked_for]) + "\n", encoding="utf-8")
            pins = ROOT / f"constraints-{name}.txt"
            # Some come as source only: Python files and jars, nothing to compile.
            lists.append((pins, BESIDE_HEADER.format(name=name, what=what), [wanted, *known]))
            known += ["--constraint", pins]
        for pins, header, asked in lists:
            output = Path(scratch, pins.name)
            if pins.exists():
                output.write_bytes(pins.read_bytes())  # uv keeps the versions it finds here
            command: list[str | Path] = [python, "-m", "uv", "pip", "compile", "--quiet"]
            command += ["--universal", "--fork-strategy", "fewest", "--generate-hashes"]
            command += ["--no-header", "--no-annotate", "--no-emit-index-url"]
            command += ["--python-version", "3.11"] if pins is not PINS else []
            command += ["--upgrade"] if args.upgrade else []
            for name in args.upgrade_package:
                command += ["--upgrade-package", name]
            command += ["--output-file", output, *asked]
            done = subprocess.run(command, check=False, env=uv_environment(python), cwd=scratch)
            if done.returncode:
                print("pin.py: uv could not resolve pyproject.toml", file=sys.stderr)
                return 1
            text = output.read_text(encoding="utf-8")
            if problem := complaint(text):
                print(f"pin.py: {problem}; {pins.name} is as it was", file=sys.stderr)
                return 1
            pins.write_text(header + text, encoding="utf-8", newline="\n")
            print(f"{pins.name}: {len(entries(text))} dependencies, {text.count('--hash=')} hashes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
