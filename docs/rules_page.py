"""Write the part of docs/findings.md that comes from the rules' own headers."""

from __future__ import annotations

from pathlib import Path

from queries.findings.rules import NEEDS, built_in_rules

PAGE = Path(__file__).parent / "findings.md"
START, END = "<!-- rules: written by rules_page.py -->", "<!-- end of rules -->"


def rules_text() -> str:
    """All rules as Markdown."""
    parts = []
    for rule in built_in_rules():
        needs = "; ".join(NEEDS[need] for need in rule.needs)
        lines = [
            f"### {rule.id}",
            "",
            f"*{rule.title}* · {rule.severity} · {rule.technique}",
            "",
            rule.sees,
            "",
            f"- Needs: {needs}.",
            f"- Benign when: {rule.benign_when}.",
        ]
        lines += [f"- `{name}` = {t.value:g}: {t.means}." for name, t in rule.thresholds.items()]
        parts.append("\n".join(lines))
    return "\n\n".join(parts)


def page(text: str) -> str:
    """The page with its rules as they are now."""
    before, _, rest = text.partition(START)
    _, _, after = rest.partition(END)
    return f"{before}{START}\n\n{rules_text()}\n\n{END}{after}"


if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
