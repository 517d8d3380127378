"""docs/findings.md explains every rule as its file does."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

from queries.findings.relations import ORDER
from queries.findings.rules import NEEDS, built_in_rules

DOCS = Path(__file__).resolve().parents[2] / "docs"
TEXT = (DOCS / "findings.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def writer() -> ModuleType:
    spec = importlib.util.spec_from_file_location("rules_page", DOCS / "rules_page.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("rule", [rule.id for rule in built_in_rules()])
def test_the_rule_is_documented(rule: str) -> None:
    assert f"\n### {rule}\n" in TEXT


def test_the_page_says_what_the_rules_say(writer: ModuleType) -> None:
    assert writer.page(TEXT) == TEXT, "python docs/rules_page.py writes it anew"


def test_needs_and_relations_are_explained() -> None:
    for name in (*NEEDS, *ORDER):
        assert f"`{name}`" in TEXT
