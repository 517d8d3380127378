"""One push: the image, its layers, its records, later pulls, and who is behind it."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.widget import Widget
from textual.widgets import TabbedContent, TabPane

from queries.naming import (
    KINDS,
    display_name,
    error_in_words,
    origin_and_session,
    what_happened,
)
from queries.question import Order, Question, ask_for
from tui.cells import (
    bytes_cell,
    call_cell,
    count_cell,
    deployment_mark,
    deployment_style,
    digest_cell,
    matched_cell,
    name_cell,
    ran_cell,
    time_cell,
    until_cell,
)
from tui.enriched import with_place
from tui.jobs import ask_rows
from tui.question_table import QuestionTable
from tui.screens.aftermath import aftermath
from tui.screens.base import CaseScreen, Fact
from tui.screens.inferred import login_fact, probably_for
from tui.screens.who import open_pusher, scopes_of
from tui.screens.whole import whole_row
from tui.text import fmt_ago, fmt_bytes, fmt_some, fmt_time
from tui.widgets.facts import Facts
from tui.widgets.paged_table import Column, PagedTable, Row

LAYERS = (
    Column("layer_no", "#", width=3, align="right"),
    Column("against_previous", "against previous", width=16),
    Column("layer_digest", "layer", min_width=20, weight=2),
    Column("bytes", "size", width=10, align="right", render=bytes_cell),
    Column("first_time", "first seen here", width=15, priority=2, render=time_cell),
    Column("pushes", "pushes", width=6, align="right", priority=3, render=count_cell),
    Column("media_type", "media type", min_width=20, priority=4),
)
RECORDS = (
    Column("event_time", "when (UTC)", width=15, render=time_cell),
    Column("part", "part", width=11),
    Column("event_name", "event", min_width=20, weight=2, render=call_cell),
    Column("image_tag", "tag", min_width=8, priority=2),
    Column("image_digest", "digest", width=9, priority=3, render=digest_cell),
    Column("layer_digest", "layer", width=9, priority=4, render=digest_cell),
    Column("error_code", "error", min_width=10, priority=5),
)
PULLS = (
    Column("event_time", "when (UTC)", width=15, render=time_cell),
    Column("principal", "by whom", min_width=20, weight=2, render=name_cell),
    Column("workload", "kind", width=13, priority=1),
    Column("matched", "matched", width=10, priority=2),
    Column("image_tag", "tag", min_width=8, priority=3),
    Column("source_ip_address", "from", min_width=14, priority=2),
    Column("outcome", "result", width=7, priority=4),
)
LOGINS = (
    Column("event_time", "when (UTC)", width=15, render=time_cell),
    Column("matched", "matched", width=14),
    Column("source_ip_address", "from", min_width=14, weight=1),
    Column("user_agent", "client", min_width=16, weight=2, priority=2),
    Column("access_key_id", "access key", width=21, priority=3),
)


RAN = (
    Column("mark", "", width=1, render=deployment_mark),
    Column("event_time", "when (UTC)", width=15, render=time_cell),
    Column("platform", "where", width=9, priority=3),
    Column("deployed", "what runs it", min_width=22, weight=3, render=ran_cell),
    Column("relation", "how", width=14),
    Column("matched", "matched", min_width=10, weight=1, priority=4, render=matched_cell),
    Column("origin", "by whom", min_width=12, weight=2, priority=2, render=name_cell),
    Column("until", "until", width=10, weight=1, priority=5, render=until_cell),
)


_WHOLE = {
    "layer_digest": "layer", "media_type": "type", "bytes": "bytes", "against_previous": "is",
    "event_name": "call", "part": "part", "deployed": "runs", "image": "image",
    "image_digest": "digest", "image_tag": "tag", "principal": "by whom", "origin": "origin",
    "matched": "matched", "source_ip_address": "from", "user_agent": "client",
    "access_key_id": "key", "error_code": "error", "event_time": "when",
}  # fmt: skip
"""What stands below the lists, and what it is called."""


class LayerTable(QuestionTable):
    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter", "select", "Layer")]


class RecordTable(QuestionTable):
    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter", "select", "Record")]


class PushScreen(CaseScreen):
    """Tabs: image, layers, records, pulls, ran, logins."""

    explains = (
        "1-6 or ←→ on the tabs switch between image, layers, records, pulls, ran and logins."
        " Records holds the PutImage records of the push and the layer calls folded under it."
        " Ran: ▶ still referenced at the end of the evidence · ● its tag was moved here by this"
        " push while it ran · ✗ refused. Logins are the registry logins of this principal in the"
        " 12 hours before: one of the same session is certain, of several others none can be told"
        " to be it."
    )
    needed = frozenset({"push"})
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("1", "tab('image')", "Image", show=False),
        Binding("2", "tab('layers')", "Layers", show=False),
        Binding("3", "tab('records')", "Records", show=False),
        Binding("4", "tab('pulls')", "Pulls", show=False),
        Binding("5", "tab('ran')", "Ran", show=False),
        Binding("6", "tab('logins')", "Logins", show=False),
        Binding("tab", "next_tab", "Next tab", show=True),
        Binding("u", "user", "User"),
        Binding("a", "activity", "Activity"),
        Binding("o", "raw", "Record"),
        Binding("b", "replaced", "Replaced"),
        Binding("c", "changes", "Changes"),
        Binding("w", "behind", "Who was behind it"),
    ]

    def __init__(self, push_key: int, tags: str) -> None:
        super().__init__()
        self._key = push_key
        self._push: Row | None = None
        self.segment = tags if tags not in ("", "None") else "push"

    def body(self) -> Iterable[Widget]:
        with TabbedContent(initial="image", id="tabs"):
            with TabPane("Image", id="image"):
                yield Facts(id="facts")
            with TabPane("Layers", id="layers"):
                yield LayerTable(
                    LAYERS,
                    searched=("layer_digest", "media_type", "against_previous"),
                    row_style=_layer_style,
                    empty_message="no layers: the manifest was not recorded, or lists none",
                    id="layer-table",
                )
            with TabPane("Records", id="records"):
                yield RecordTable(
                    RECORDS,
                    searched=("event_name", "image_tag", "image_digest", "part"),
                    id="record-table",
                )
            with TabPane("Pulls", id="pulls"):
                yield RecordTable(
                    PULLS,
                    searched=("principal", "image_tag", "source_ip_address"),
                    empty_message=(
                        "no pull of this image in the evidence (a write-only trail has none)"
                    ),
                    id="pull-table",
                )
            with TabPane("Ran", id="ran"):
                yield RecordTable(
                    RAN,
                    searched=("deployed", "definition", "platform", "origin", "relation"),
                    row_style=deployment_style,
                    empty_message="no deployment of this image in the evidence · 4 shows its pulls",
                    id="ran-table",
                )
            with TabPane("Logins", id="logins"):
                yield RecordTable(
                    LOGINS,
                    searched=("source_ip_address", "user_agent", "access_key_id", "matched"),
                    empty_message=(
                        "no registry login of this principal in the 12 hours before"
                        " (a write-only trail has none)"
                    ),
                    id="login-table",
                )
        yield Facts(id="preview")

    def ready(self) -> None:
        self.ask("push", ask_rows(ask_for("push", push_key=self._key)), self._show)
        for table, name, order in (
            ("layer-table", "push_layers", ("manifest_digest", "layer_no")),
            ("record-table", "push_records", ("event_time",)),
            ("pull-table", "push_pulls", ("event_time",)),
            ("ran-table", "push_deployments", ("event_time",)),
            ("login-table", "push_logins", ("event_time",)),
        ):
            asked = ask_for(name, push_key=self._key)
            self.query_one(f"#{table}", QuestionTable).show(
                asked.with_order(*(Order(column) for column in order))
            )
        self.query_one("#facts", Facts).focus()

    @on(TabbedContent.TabActivated)
    def _other_tab(self) -> None:
        """Below a table stands its row in full; the push itself needs the room."""
        preview = self.query_one("#preview", Facts)
        preview.display = self.query_one("#tabs", TabbedContent).active != "image"
        row = self.table.selected_row if self.table is not None else None
        preview.set(self.preview(row) if row is not None else [])

    def preview(self, row: Row) -> list[Fact]:
        return whole_row(row, _WHOLE)

    def questions(self) -> list[Question]:
        return [ask_for("push", push_key=self._key), *super().questions()]

    def _show(self, rows: list[dict[str, Any]]) -> None:
        if rows:
            self._push = Row(self._key, rows[0])
            self.query_one("#facts", Facts).set(push_story(self._push, self.case.totals))
            self.refresh_bindings()
            previous = self._push["previous_push"]
            if self._push["outcome"] != "ok":
                return  # nothing came of it
            self.ask(
                "aftermath",
                lambda case, cancel: aftermath(case, self._key, previous, cancel),
                self._show_aftermath,
            )

    def _show_aftermath(self, found: list[Fact]) -> None:
        """What the push changed and where its image ran, before who made it."""
        facts = self.query_one("#facts", Facts)
        shown = facts.facts
        names = [name for name, _ in shown]
        place = next((names.index(n) for n in ("who", "made by") if n in names), len(names))
        at = facts.scroll_offset.y
        facts.set([*shown[:place], *found, *shown[place:]])
        facts.scroll_to(y=at, animate=False)

    @property
    def row(self) -> Row | None:
        return self._push

    def copy_value(self) -> object:
        if self.table is not None and self.table.has_focus:
            return self.table.selected_cell
        return self._push["image_digest"] if self._push else None

    @on(PagedTable.RowSelected)
    def _open(self, message: PagedTable.RowSelected) -> None:
        from tui.screens.layer import LayerScreen
        from tui.screens.raw import RawScreen

        if "event_key" in message.row.values:
            self.open_screen(RawScreen(message.row["event_key"]))
        elif "layer_digest" in message.row.values:
            self.open_screen(LayerScreen(str(message.row["layer_digest"])))

    def action_user(self) -> None:
        if self._push is not None:
            open_pusher(self.app, self._push)

    def action_activity(self) -> None:
        from tui.screens.activity import ActivityScreen

        if self._push is not None:
            scopes = scopes_of(self._push)
            wanted = next((s for s, _ in scopes if s.kind == "origin"), scopes[0][0])
            self.app.push_screen(ActivityScreen(wanted, around=self._push))

    def action_raw(self) -> None:
        from tui.screens.raw import RawScreen

        self.app.push_screen(RawScreen(self._key))

    def action_behind(self) -> None:
        from tui.screens.behind import BehindScreen

        if self._push is not None:
            who = self._push["origin"] or self._push["principal"]
            self.open_screen(BehindScreen(str(who)))

    def action_changes(self) -> None:
        from tui.screens.changes import ChangesScreen

        if self._push is not None:
            self.open_screen(ChangesScreen(self._key, self._push["previous_push"], self.segment))

    def action_replaced(self) -> None:
        if self._push is not None and self._push["previous_push"] is not None:
            self.app.push_screen(PushScreen(self._push["previous_push"], "replaced image"))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "replaced":
            return self._push is not None and self._push["previous_push"] is not None
        return super().check_action(action, parameters)


def _layer_style(row: Row) -> str:
    return "attention" if row["against_previous"] == "new" else ""


def push_story(push: Row, totals: dict[str, Any]) -> list[Fact]:
    """Everything known about a push, in the order in which one asks."""
    facts: list[Fact] = [
        ("when", f"{fmt_time(push['event_time'], year=True)} UTC"),
        ("repository", str(push["repository"])),
        ("what", what_happened(dict(push.values))),
        ("tags", push["image_tags"] or "none (pushed by digest)"),
        ("digest", push["image_digest"] or "unknown (a failed push has none)"),
    ]
    if push["tag_digest"] and push["tag_digest"] != push["image_digest"]:
        facts.append(
            (
                "",
                f"the tag ended on one platform's manifest, {push['tag_digest']}, not on the image"
                " that lists it",
            )
        )
    if push["order_unprovable"]:
        facts.append(
            ("", "one tag on several manifests within a second: which it names is not provable")
        )
    if push["error_code"]:
        facts.append(("error", f"{error_in_words(push['error_code'])} ({push['error_code']})"))
        facts.append(("", push["error_message"] or ""))
    facts += _image_facts(push)
    if push["previous_digest"]:
        apart = push["event_time"] - push["previous_time"]
        facts += [
            ("replaced", str(push["previous_digest"])),
            (
                "",
                f"put there by {display_name(push['previous_principal'])},"
                f" {fmt_time(push['previous_time'], year=True)} ({fmt_ago(apart)} earlier)",
            ),
        ]
    if push["created_repository"]:
        facts.append(("repository", "created by this push (ECR made it in its own name)"))
    if push["lifetime"] > 1:
        facts.append(("repository life", f"{push['lifetime']}, it was deleted and made again"))
    facts += _who_facts(push, totals)
    facts.append(("record", f"{push['event_id'] or 'no event id'} in {push['file_name']}"))
    facts.append(
        ("", f"position {push['position']}, {fmt_some(push['records'], 'record')} of it in all")
    )
    return facts


def _image_facts(push: Row) -> list[Fact]:
    if push["kind"] == "unknown":
        return [("image", "manifest not recorded (cut, refused, or never in such a log)")]
    said = [KINDS.get(push["kind"], push["kind"])]
    if push["image_bytes"] is not None:
        said.append(fmt_bytes(push["image_bytes"]))
    if push["layer_count"]:
        said.append(fmt_some(push["layer_count"], "layer"))
    facts: list[Fact] = [("image", ", ".join(said))]
    if push["platforms"]:
        facts.append(("platforms", str(push["platforms"])))
    attached = []
    if push["attestations"]:
        attached.append(fmt_some(push["attestations"], "attestation manifest"))
    if push["attachments"]:
        attached.append(
            fmt_some(
                push["attachments"],
                "signature or other attachment",
                "signatures or other attachments",
            )
        )
    if attached:
        facts.append(("with it", ", ".join(attached)))
    return facts


def _who_facts(push: Row, totals: dict[str, Any]) -> list[Fact]:
    if push["made_by"] != "person":
        by = display_name(push["triggered_by"]) if push["triggered_by"] else "not in this evidence"
        return [("made by", f"{push['made_by']}, triggered by {by}")]
    facts: list[Fact] = [
        ("who", origin_and_session(push["origin"], push["principal"])),
        ("principal", str(push["principal"])),
    ]
    facts += chain_facts(push, totals)
    if push["subject"]:
        facts.append(("OIDC subject", str(push["subject"])))
    if push["source_identity"]:
        facts.append(("source identity", f"{push['source_identity']} (set once, survives roles)"))
    facts.append(("access key", str(push["access_key_id"] or "none")))
    if push["mfa"] is not None:
        facts.append(("MFA", "yes" if push["mfa"] else "no"))
    if push["cross_account"]:
        facts.append(("cross-account", f"{push['account_id']} pushed into {push['registry_id']}"))
    facts.append(("client", f"{push['via']} · {push['user_agent'] or 'agent not recorded'}"))
    facts.append(("address", _address(push)))
    facts.append(("login", login_fact(push, totals)))
    if service := probably_for(push):
        facts.append(("behind it", service))
    return facts


def chain_facts(row: Row, totals: dict[str, Any]) -> list[Fact]:
    """The chain of sessions behind a key, origin first; or what is missing to follow it."""
    if row["chain"]:
        names = json.loads(row["chain"])
        keys = json.loads(row["chain_keys"])
        lines: list[Fact] = []
        for depth, (name, key) in enumerate(zip(names, keys, strict=True)):
            arrow = "" if depth == 0 else "   " * (depth - 1) + "└─ "
            shown = f"{arrow}{display_name(name)}  {key}".rstrip()
            lines.append(("chain" if depth == 0 else "", shown))
        return lines
    if str(row["access_key_id"] or "").startswith("ASIA"):
        hint = "" if "us-east-1" in totals["regions"] else "; us-east-1 is not loaded"
        return [("chain", f"the call that issued this session is not in the evidence{hint}")]
    return []


def _address(push: Row) -> str:
    address = push["source_ip_address"]
    if push["via"] == "docker client" and not str(address or "")[:1].isdigit():
        return f"not recorded (the registry's proxy stands there: {address or 'nothing'})"
    return with_place(address) if address else "not recorded"
