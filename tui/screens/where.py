"""Where images ran: deployments, pulls and scan results, of a repository or of all."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.widget import Widget
from textual.widgets import TabbedContent, TabPane

from queries.naming import FOLLOWS, MATCHED, display_name, repository_name, what_ran
from queries.question import Order, ask_for
from tui.cells import (
    count_cell,
    deployment_mark,
    deployment_style,
    digest_cell,
    image_cell,
    matched_cell,
    name_cell,
    ran_cell,
    repository_column,
    severity_cell,
    time_cell,
    until_cell,
    yes_cell,
)
from tui.question_table import QuestionTable
from tui.screens.base import CaseScreen, Fact
from tui.screens.who import open_pusher
from tui.text import fmt_ago, fmt_count, fmt_some, fmt_span, fmt_time, short_digest
from tui.widgets.facts import Facts
from tui.widgets.paged_table import Column, PagedTable, Row

DEPLOYMENTS = (
    Column("mark", "", width=1, render=deployment_mark),
    Column("event_time", "when (UTC)", width=15, render=time_cell),
    Column("platform", "where", width=9, priority=3),
    Column("deployed", "what runs it", min_width=20, weight=3, render=ran_cell),
    Column("image", "image", min_width=16, weight=2, render=image_cell),
    Column("resolved_digest", "digest", width=9, priority=4, render=digest_cell),
    Column("matched", "matched", min_width=10, weight=1, priority=5, render=matched_cell),
    Column("pushed_by", "pushed by", min_width=12, weight=2, priority=2, render=name_cell),
    Column("until", "until", width=10, weight=1, priority=6, render=until_cell),
)
PULLERS = (
    Column("identity_arn", "who pulled", min_width=20, weight=3, render=name_cell),
    Column("workload", "kind", width=13),
    Column("account_id", "account", width=12, priority=4),
    repository_column(min_width=20, weight=2, priority=2),
    Column("pulls", "pulls", width=6, align="right", render=count_cell),
    Column("refused", "refused", width=7, align="right", priority=5, render=count_cell),
    Column("images", "images", width=6, align="right", priority=3, render=count_cell),
    Column("bursts", "bursts", width=6, align="right", priority=6, render=count_cell),
    Column("largest_burst", "largest", width=7, align="right", priority=3, render=count_cell),
    Column("last_pull", "last pull", width=15, render=time_cell),
    Column("cross_account", "foreign", width=8, priority=7, render=yes_cell),
)
PULLED = (
    Column("last_pull", "last pull", width=15, render=time_cell),
    repository_column(min_width=20, weight=2),
    Column("image_tag", "tag", min_width=9, weight=1),
    Column("resolved_digest", "digest", width=9, render=digest_cell),
    Column("pulls", "pulls", width=6, align="right", render=count_cell),
    Column("pullers", "pullers", width=7, align="right", priority=3, render=count_cell),
    Column("last_workload", "last kind", width=13, priority=2),
    Column("last_puller", "last by", min_width=14, weight=2, priority=4, render=name_cell),
    Column("first_pull", "first pull", width=15, priority=5, render=time_cell),
)
SCANS = (
    Column("event_time", "result (UTC)", width=15, render=time_cell),
    repository_column(min_width=18, weight=2, priority=2),
    Column("image_tag", "tag", min_width=7, weight=1, priority=4),
    Column("image_digest", "digest", width=9, render=digest_cell),
    Column("critical", "crit", width=4, align="right", render=severity_cell),
    Column("high", "high", width=4, align="right", render=severity_cell),
    Column("medium", "med", width=4, align="right", render=severity_cell),
    Column("low", "low", width=4, align="right", priority=3, render=severity_cell),
    Column("undefined", "undef", width=5, align="right", priority=5, render=severity_cell),
    Column("pushed_by", "pushed by", min_width=14, weight=2, render=name_cell),
    Column("worst", "worst", min_width=14, weight=2, priority=6),
)


class CallTable(QuestionTable):
    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter", "select", "Record")]


class PulledTable(QuestionTable):
    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter", "select", "Its pulls")]


class WhereScreen(CaseScreen):
    """Tabs: deployments, pulls by whom, pulls by image, scans."""

    explains = (
        "● the tag was moved to another image while this ran · ▶ still referenced at the end of"
        " the evidence · ✗ refused. A tag counts as the image it named at that moment. Pods are"
        " in the audit log of their cluster; without it their nodes appear by the first pull of"
        " each image. Enter on a line of pulls lists them. {where.push} opens the push that the"
        " image came from. Scan results are joined to who pushed, not to who read them."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("1", "tab('deployments')", "Deployments", show=False),
        Binding("2", "tab('pullers')", "Pulls by whom", show=False),
        Binding("3", "tab('pulled')", "Pulls by image", show=False),
        Binding("4", "tab('scans')", "Scans", show=False),
        Binding("tab", "next_tab", "Next tab"),
        Binding("o", "push", "Its push"),
        Binding("u", "user", "User"),
        Binding("a", "activity", "Activity"),
        Binding("w", "behind", "Who was behind it", show=False),
    ]

    def __init__(self, repository: str | None = None, digest: str | None = None) -> None:
        """Of one repository, or of all; `digest`: only what is about one image."""
        super().__init__()
        self._repository, self._digest = repository, digest
        name = repository_name(repository) if repository else ""
        name = name or (short_digest(digest) if digest else "")
        self.segment = f"Where {name} ran" if name else "Where it ran"

    def body(self) -> Iterable[Widget]:
        with TabbedContent(initial="deployments", id="tabs"):
            with TabPane("Deployments", id="deployments"):
                yield CallTable(
                    DEPLOYMENTS,
                    searched=(
                        "deployed",
                        "definition",
                        "image",
                        "pushed_by",
                        "origin",
                        "platform",
                        "matched",
                        "resolved_digest",
                    ),
                    row_style=deployment_style,
                    empty_message="no deployment in this evidence · 2 shows who pulled",
                    id="deployment-table",
                )
            with TabPane("Pulls by whom", id="pullers"):
                yield PulledTable(
                    PULLERS,
                    searched=("identity_arn", "workload", "account_id", "repository"),
                    empty_message="no pull in this evidence (a write-only trail has none)",
                    id="puller-table",
                )
            with TabPane("Pulls by image", id="pulled"):
                yield PulledTable(
                    PULLED,
                    searched=("repository", "image_tag", "resolved_digest", "last_puller"),
                    empty_message="no pull in this evidence (a write-only trail has none)",
                    id="pulled-table",
                )
            with TabPane("Scans", id="scans"):
                yield CallTable(
                    SCANS,
                    searched=("repository", "image_tag", "image_digest", "pushed_by", "worst"),
                    row_style=_scan_style,
                    empty_message=(
                        "no scan result in this evidence: nobody asked for one, and ECR's own"
                        " notices are not among it"
                    ),
                    id="scan-table",
                )
        yield Facts(id="preview")

    def ready(self) -> None:
        asked: tuple[tuple[str, str, tuple[Order, ...]], ...] = (
            ("deployment-table", "deployments", (Order("event_time", True),)),
            ("puller-table", "pulls_by_principal", (Order("pulls", True),)),
            ("pulled-table", "pulls_by_image", (Order("last_pull", True),)),
            ("scan-table", "scans", (Order("critical", True), Order("high", True))),
        )
        for table, name, order in asked:
            question = ask_for(name, repository=self._repository, digest=self._digest)
            self.query_one(f"#{table}", QuestionTable).show(question.with_order(*order))
        self.query_one("#deployment-table", QuestionTable).focus()

    @on(TabbedContent.TabActivated)
    def _other_tab(self) -> None:
        row = self.row
        self.query_one("#preview", Facts).set(self.preview(row) if row is not None else [])
        self.refresh_bindings()

    def preview(self, row: Row) -> list[Fact]:
        if "deployment_no" in row.values:
            return deployment_facts(row)
        if "largest_burst" in row.values:
            return _puller_facts(row)
        return _scan_facts(row) if "critical" in row.values else _pulled_facts(row)

    @on(PagedTable.RowHighlighted)
    def _keys_of_row(self, message: PagedTable.RowHighlighted) -> None:
        self.refresh_bindings()

    @on(PagedTable.RowSelected)
    def _open(self, message: PagedTable.RowSelected) -> None:
        from tui.screens.pulls import PullsScreen, pulls_by, pulls_of
        from tui.screens.raw import RawScreen

        row = message.row
        if "event_key" in row.values:
            self.open_screen(RawScreen(row["event_key"]))
        else:
            chosen = pulls_by(row) if "largest_burst" in row.values else pulls_of(row)
            if self._digest is not None:
                chosen |= {"digest": self._digest}
            self.open_screen(PullsScreen(chosen))

    def action_push(self) -> None:
        from tui.screens.push import PushScreen

        row = self.row
        if row is not None and row.get("push_key") is not None:
            tags = row.get("pushed_tags") or row.get("image_tag") or ""
            self.open_screen(PushScreen(row["push_key"], str(tags)))

    def action_user(self) -> None:
        if (row := self._actor()) is not None:
            open_pusher(self.app, row)

    def action_activity(self) -> None:
        from queries.scope import ORIGIN, Scope
        from tui.screens.activity import ActivityScreen

        if (row := self._actor()) is not None:
            around = row if "event_time" in row.values else None
            scope = Scope(ORIGIN, str(row.get("origin") or row["principal"]))
            self.open_screen(ActivityScreen(scope, around=around))

    def action_behind(self) -> None:
        from tui.screens.behind import BehindScreen

        if (row := self._actor()) is not None:
            self.open_screen(BehindScreen(str(row.get("origin") or row["principal"])))

    def _actor(self) -> Row | None:
        """The row with the columns of somebody who acted: for a scan, who pushed the image."""
        row = self.row
        if row is None:
            return None
        if "critical" in row.values:
            who = {"origin": row["pushed_by"], "principal": row["pusher"]}
            return Row(row.key, {**who, "access_key_id": None}) if row["pusher"] else None
        if "principal" in row.values:
            return row
        who = row.get("identity_arn") or row.get("last_puller")
        return Row(row.key, {"principal": who, "origin": None, "access_key_id": None})

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "push":
            return self.row is not None and self.row.get("push_key") is not None
        if action in ("user", "activity", "behind"):
            return self._actor() is not None
        return super().check_action(action, parameters)


def _scan_style(row: Row) -> str:
    return "danger" if row["critical"] else "attention" if row["high"] else ""


def deployment_facts(row: Row) -> list[Fact]:
    """A deployment in words: what runs what, whose image that is, and what became of it."""
    values = dict(row.values)
    facts: list[Fact] = []
    if row.get("tag_moved"):
        to, by = short_digest(row["tag_moved_to"]), display_name(row["tag_moved_by"])
        facts.append(
            ("tag moved", f"{fmt_time(row['tag_moved'], year=True)} to {to} by {by}, under it")
        )
        if row["platform"] in FOLLOWS:
            facts.append(("", FOLLOWS[str(row["platform"])]))
    facts.append(("what", f"{what_ran(values)} · {row['event_name']}, {row['act']}"))
    facts.append(("image", str(row["image"] or "not recorded")))
    digest = row["resolved_digest"] or "unknown"
    facts.append(("is", f"{digest}, {_matched(row)}"))
    if row.get("push_time"):
        by, time = display_name(row["pushed_by"]), fmt_time(row["push_time"], year=True)
        apart = ""
        if row["event_time"]:
            apart = f", {fmt_ago(row['event_time'] - row['push_time'])} before"
        facts.append(("pushed", f"by {by}, {time}{apart}"))
    facts.append(("by", display_name(row["origin"]) + _session(row)))
    if row.get("upstream"):
        facts.append(("cached from", str(row["upstream"])))
    if row["outcome"] != "ok":
        facts.append(("refused", str(row["error_code"])))
    facts.append(("until", _until(row)))
    return facts


def _matched(row: Row) -> str:
    said = MATCHED.get(str(row["matched"]), str(row["matched"]))
    return f"{said}, as it stood then" if row["matched"] == "tag" else said


def _session(row: Row) -> str:
    same = row["origin"] == row["principal"]
    return "" if same else f" ← {display_name(row['principal'])}"


def _until(row: Row) -> str:
    if row["still_referenced"]:
        return "still referenced at the end of the evidence"
    if row["ended_how"]:
        return f"{row['ended_how']} {fmt_time(row['until'], year=True)}"
    return "ends by itself, or is not known"


def _puller_facts(row: Row) -> list[Fact]:
    facts: list[Fact] = [
        ("who", str(row["identity_arn"])),
        ("as", f"{row['workload']}, account {row['account_id'] or 'unknown'}"),
        ("repository", str(row["repository"])),
        (
            "pulls",
            f"{fmt_count(row['pulls'])} of {fmt_some(row['images'], 'image')} by"
            f" {fmt_some(row['sessions'], 'session')}, {fmt_count(row['refused'])} refused",
        ),
        (
            "bursts",
            f"{fmt_count(row['bursts'])} with pauses of at most 10 min, the largest of"
            f" {fmt_count(row['largest_burst'])}",
        ),
        ("seen", fmt_span(row["first_pull"], row["last_pull"])),
    ]
    if row["cross_account"]:
        facts.insert(2, ("account", "another one than the registry's"))
    return facts


def _pulled_facts(row: Row) -> list[Fact]:
    tag = row["image_tag"]
    return [
        ("image", f"{row['repository']}{f':{tag}' if tag else ', by digest'}"),
        ("digest", str(row["resolved_digest"] or "unknown: the tag is not resolved")),
        ("pulls", f"{fmt_count(row['pulls'])} by {fmt_some(row['pullers'], 'principal')}"),
        ("last", f"{fmt_time(row['last_pull'], year=True)} by {display_name(row['last_puller'])}"),
        ("", f"as {row['last_workload']}"),
    ]


def _scan_facts(row: Row) -> list[Fact]:
    facts: list[Fact] = [("image", f"{row['repository']}@{row['image_digest']}")]
    if row["push_time"]:
        facts.append(
            ("pushed", f"by {display_name(row['pushed_by'])}, {fmt_time(row['push_time'])}"
             f" as {row['pushed_tags'] or 'no tag'}")
        )  # fmt: skip
    else:
        facts.append(("pushed", "no push of this digest in the evidence"))
    counts: list[tuple[str, Any]] = [
        (name, row[name])
        for name in ("critical", "high", "medium", "low", "informational", "untriaged", "undefined")
    ]
    facts.append(("found", ", ".join(f"{n} {name}" for name, n in counts if n) or "nothing"))
    if row["worst"]:
        facts.append(("worst", str(row["worst"])))
    kind = row["scan_kind"] or "scan"
    facts.append(("result", f"{kind}, {row['status'] or 'no status'}, known {row['results']}×"))
    facts.append(("read by", display_name(row["reader"])))
    return facts
