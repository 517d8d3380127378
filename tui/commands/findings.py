"""The subcommands about findings: `findings` and `rules`."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from queries.errors import WrongUsage

if TYPE_CHECKING:
    from queries.case import Case, Rows
    from queries.findings.found import Found
    from queries.findings.rules import Rule
    from queries.findings.settings import Settings

SEVERITIES = ("critical", "high", "medium", "low", "info")

WITH_VALUE = ("--config", "--rules", "--sigma", "--start")
"""Options here that a value follows: the command line must not take it for a path."""


def add_settings_options(parser: argparse.ArgumentParser) -> None:
    """Where the configuration and rules of one's own are."""
    parser.add_argument(
        "--config",
        type=Path,
        metavar="FILE",
        help="what is expected and what rules go by ('config' writes one to start from)",
    )
    parser.add_argument(
        "--rules",
        type=Path,
        metavar="DIR",
        action="append",
        default=[],
        help="a folder with rules of your own (may be given several times)",
    )
    parser.add_argument(
        "--sigma",
        type=Path,
        metavar="DIR",
        action="append",
        default=[],
        help="a folder with rules in Sigma's format (product aws, service cloudtrail)",
    )


def settings_of(options: argparse.Namespace) -> Settings:
    """The configuration and rules that the options name. Raises `WrongUsage`."""
    from queries.findings.settings import load_settings

    return load_settings(options.config, tuple(options.rules), tuple(options.sigma))


def settings_in_time(options: argparse.Namespace) -> Callable[[], Settings]:
    """The same for the interface: what the user wrote is read now, so that a mistake in it is said
    before the interface has the terminal; the program's own rules only when they are asked for."""
    from queries.folders import settings_path

    if options.config or options.rules or options.sigma or settings_path().is_file():
        settings = settings_of(options)
        return lambda: settings
    return lambda: settings_of(options)


# --- findings ------------------------------------------------------------------------------------


def findings_options(parser: argparse.ArgumentParser) -> None:
    from tui.commands.options import list_options

    list_options(parser)
    parser.add_argument("--rule", metavar="ID", help="only what this rule found")
    parser.add_argument("--severity", choices=SEVERITIES, help="only findings as bad as this")
    add_settings_options(parser)


def findings(case: Case, options: argparse.Namespace) -> int:
    """Run the rules; the table tells stories, the other formats have one row for each finding."""
    from queries.findings.run import find, rules_script
    from queries.question import ask_for
    from tui.commands.empty import what_is_missing
    from tui.commands.opening import note
    from tui.commands.options import list_filters
    from tui.commands.output import enriched, opened_output, print_question

    settings = settings_of(options)
    chosen = _chosen(settings.rules, options.rule)
    if options.sql:
        with opened_output(options) as out:
            out.write(rules_script(case, settings, chosen))
        return 0
    question = ask_for(
        "found/listing",
        rule=options.rule,
        severity=options.severity,
        **list_filters(case, options),
    )
    found = find(case, settings)
    try:
        for line in found.notes():
            note(line)
        if options.format not in ("table", "json"):
            return print_question(found.case, question, options)
        rows = enriched(_limited(found, question, options), options)
        if not rows.rows and (missing := what_is_missing(case, options)):
            note(f"nothing matches: {missing}")
        with opened_output(options) as out:
            if options.format == "json":
                from queries.export import write_json

                write_json(found.report(rows), out)
            else:
                out.write(_told(rows, found))
        return 0
    finally:
        found.close()


def _chosen(rules: tuple[Rule, ...], wanted: str | None) -> list[Rule]:
    from difflib import get_close_matches

    chosen = [rule for rule in rules if wanted in (None, rule.id)]
    if not chosen:
        near = get_close_matches(str(wanted), [rule.id for rule in rules], 1, 0.5)
        hint = f"; did you mean {near[0]}?" if near else "; 'rules' lists them"
        raise WrongUsage(f"--rule {wanted}: there is no such rule{hint}")
    return chosen


def _limited(found: Found, question: Any, options: argparse.Namespace) -> Rows:
    from queries.question import Order
    from tui.commands.output import limited

    question = limited(question.with_order(Order("finding_id")), options)
    return found.case.ask(question.sql, question.bound)


def _told(rows: Rows, found: Found) -> str:
    """The findings as they are read: story after story, each line made safe."""
    from queries.naming import some
    from queries.safe_text import safe_text

    lines: list[str] = []
    story = 0
    for group in _repeated(rows.dicts()):
        row = group[0]
        if row["story"] != story:
            story = row["story"]
            lines += (
                ["", f"{story}. {safe_text(row['headline'])}"]
                if lines
                else [f"{story}. {safe_text(row['headline'])}"]
            )
        worst = min(group, key=lambda one: one["severity_rank"])["severity"]
        times = f" ×{len(group)}" if len(group) > 1 else ""
        lines.append(f"   {worst:<8}  {_when(row)}  {row['title']} ({row['rule']}){times}")
        for one in group:
            begin = f"{_when(one)[-9:]}  " if times else ""
            lines.append(f"             {begin}{safe_text(one['why'])}")
        if places := row.get("event_places"):
            lines.append(f"             from: {safe_text(places, 300)}")
        lines.append(f"             benign when: {row['benign_when']}")
    ran = sum(1 for run in found.runs if run.status == "ran")
    if lines:
        lines.append("")
    lines.append(
        f"{some(len(rows.rows), 'finding')}; {ran} of {len(found.runs)} rules could be asked"
    )
    return "\n".join(lines) + "\n"


def _repeated(rows: list[dict[str, Any]]) -> list[list[dict[str, Any]]]:
    """Findings that repeat themselves within a minute as one group, at the place of the first."""
    groups: dict[tuple[int, int], list[dict[str, Any]]] = {}
    for row in rows:
        groups.setdefault((row["story"], row["place"]), []).append(row)
    return list(groups.values())


def _when(row: dict[str, Any]) -> str:
    from queries.times import in_utc

    return in_utc(row["event_time"])


# --- rules ---------------------------------------------------------------------------------------


def rules_options(parser: argparse.ArgumentParser) -> None:
    from tui.commands.options import output_options

    output_options(parser)
    parser.add_argument("--rule", metavar="ID", help="only this rule")
    add_settings_options(parser)


def rules(options: argparse.Namespace) -> int:
    """Every rule that would be asked, and how."""
    from queries.export import write_csv, write_json, write_jsonl, write_lines, write_table
    from tui.commands.opening import note
    from tui.commands.output import opened_output

    settings = settings_of(options)
    chosen = _chosen(settings.rules, options.rule)
    for refused in settings.refused:
        note(f"{refused.id}: not asked, {refused.why}")
    if options.format == "parquet":
        raise WrongUsage("'rules' prints table, lines, json, jsonl or csv")
    with opened_output(options) as out:
        if options.sql:
            out.write("\n\n".join(f"-- {r.id}: {r.title}\n{r.sql};" for r in chosen) + "\n")
        elif options.format == "json":
            write_json([_rule_object(rule, settings) for rule in chosen], out)
        else:
            table = _rule_rows(chosen, settings)
            if options.format == "csv":
                write_csv(table, out)
            elif options.format == "jsonl":
                write_jsonl(table, out)
            elif options.format == "lines":
                write_lines(table, out)
            else:
                write_table(_first_columns(table, 5), out)
    return 0


def _rule_object(rule: Rule, settings: Settings) -> dict[str, Any]:
    values = {**{n: t.value for n, t in rule.thresholds.items()}}
    values |= settings.thresholds.get(rule.id, {})
    return {
        "rule": rule.id,
        "severity": settings.severity_of(rule) or rule.severity,
        "technique": rule.technique,
        "on": rule.id not in settings.off,
        "title": rule.title,
        "sees": rule.sees,
        "needs": list(rule.needs),
        "benign_when": rule.benign_when,
        "thresholds": [
            {"name": name, "value": values[name], "default": t.value, "means": t.means}
            for name, t in rule.thresholds.items()
        ],
        "source": rule.source or "built in",
    }


def _rule_rows(chosen: list[Rule], settings: Settings) -> Rows:
    from queries.case import Rows as Table

    objects = [_rule_object(rule, settings) for rule in chosen]
    columns = list(objects[0])
    return Table(columns, [tuple(_flat(entry) for entry in o.values()) for o in objects])


def _flat(value: Any) -> Any:
    if not isinstance(value, list):
        return value
    parts = [f"{e['name']} = {e['value']:g}" if isinstance(e, dict) else str(e) for e in value]
    return ", ".join(parts)


def _first_columns(table: Rows, count: int) -> Rows:
    from queries.case import Rows as Table

    return Table(table.columns[:count], [row[:count] for row in table.rows])
