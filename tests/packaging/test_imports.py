"""What importing a part of the program brings along, seen from a fresh process.

The import contracts in pyproject.toml read the source; this looks at what really gets loaded, so it
also catches an import made through a third package.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

EVERY_MODULE_OF_QUERIES = """
import importlib, pkgutil
import queries
for module in pkgutil.walk_packages(queries.__path__, "queries."):
    if not module.name.endswith(".__main__"):
        importlib.import_module(module.name)
"""

VERSION_OF_THE_PROGRAM = """
import sys
from tui.cli import main
sys.argv = ["ecr-investigate", "--version"]
try:
    main()
except SystemExit as stop:
    assert not stop.code, stop.code
"""


def packages_loaded_by(program: str) -> set[str]:
    """Run `program` in a Python of its own; the top-level packages it had loaded at its end."""
    program += "\nimport json, sys\nprint()\nprint(json.dumps(sorted(sys.modules)))\n"
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, check=False, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    modules: list[str] = json.loads(done.stdout.splitlines()[-1])
    return {name.partition(".")[0] for name in modules}


def test_queries_needs_no_screen_and_no_cloud() -> None:
    loaded = packages_loaded_by("import queries")
    assert "queries" in loaded
    assert loaded & {"boto3", "botocore", "rich", "textual", "tui"} == set()


def test_no_module_of_queries_needs_a_screen_or_a_cloud() -> None:
    loaded = packages_loaded_by(EVERY_MODULE_OF_QUERIES)
    assert loaded & {"boto3", "botocore", "rich", "textual", "tui"} == set()


@pytest.mark.parametrize("module", ["reader", "envelopes.columns", "providers", "index.clean"])
def test_a_script_may_begin_with_any_part_of_queries(module: str) -> None:
    assert "queries" in packages_loaded_by(f"import queries.{module}")


def test_the_version_is_told_without_loading_what_an_investigation_needs() -> None:
    loaded = packages_loaded_by(VERSION_OF_THE_PROGRAM)
    assert "tui" in loaded
    assert loaded & {"boto3", "botocore", "duckdb", "textual"} == set()
