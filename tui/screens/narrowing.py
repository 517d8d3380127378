"""What a list of events is narrowed by, in words, and the pickers for it."""

from __future__ import annotations

from functools import partial
from typing import Any

from textual.content import Content

from queries.case import Case
from queries.naming import display_name, service_name
from queries.progress import CancelToken
from queries.question import Order, Question
from queries.scope import ACTS, Filters, Scope, about
from tui.cells import resource_parts
from tui.configuration.key_words import key_of
from tui.dialogs import Choice, Picker
from tui.screens.base import CaseScreen
from tui.text import fmt_count, fmt_time, safe_content

FILTER_KINDS = {
    "service": "service",
    "name": "event name",
    "error": "error",
    "region": "region",
    "account": "account",
    "address": "address",
    "client": "client",
    "access_key": "access key",
    "who": "principal",
    "repository": "repository",
    "caller": "probably for",
    "resource": "resource",
}
"""Filter -> what it is called."""
COUNTED = {
    "service": "service",
    "name": "name",
    "error": "error",
    "region": "region",
    "account": "account",
    "address": "address",
    "client": "client",
    "access_key": "key",
    "who": "principal",
    "repository": "repository",
    "caller": "probably for",
}
"""Filter -> the kind of value that `activity_values` counts for it: those that can be picked."""
KINDS_SHOWN = {
    "session": "session",
    "key": "access key",
    "identity": "principal",
    "principal": "principal",
    "origin": "origin",
    "created": "what was created by",
    "address": "address",
    "addresses": "addresses of",
    "repository": "repository",
    "value": "value",
    "all": "everything",
}
_NAMES = ("identity", "principal", "origin", "created")


def filter_for(kind: str, value: str) -> Filters:
    """The filter by a value that `activity_values` counted."""
    name = next(name for name, counted in COUNTED.items() if counted == kind)
    return Filters().changed(**{name: value})


def scope_in_words(scope: Scope) -> str:
    """What a scope is about, as a person would say it."""
    if scope.kind == "session":
        return display_name(scope.principal) + ("" if scope.value else " without a key")
    if scope.kind in _NAMES:
        return display_name(scope.value)
    return scope.said or scope.value or ""


def _shown(name: str, value: str) -> str:
    if name == "service":
        return service_name(value)
    if name == "resource":
        return "  ".join(filter(None, resource_parts(value)))
    return display_name(value) if name in ("who", "caller") else value


def narrowed_in_words(scope: Scope, filters: Filters, every: int | None) -> Content:
    """Scope and filters in a line; `every`: how many events there are with the calls for layers."""
    said = [Content.styled(KINDS_SHOWN[scope.kind], "bold")]
    if about_what := scope_in_words(scope):
        said.append(safe_content(f" {about_what}", 80))
    for name, called in FILTER_KINDS.items():
        if value := getattr(filters, name):
            words = f" · {called} {_shown(name, value)}"
            said.append(safe_content(words, 80, "$text-primary"))
    if filters.act:
        said.append(Content.styled(f" · {ACTS[filters.act]}", "$text-primary"))
    for name, words in (("writes", "writes only"), ("failures", "failures only")):
        if getattr(filters, name):
            said.append(Content.styled(f" · {words}", "$text-primary"))
    if filters.since:
        said.append(Content.styled(f" · from {fmt_time(filters.since)}", "$text-primary"))
    if filters.until:
        said.append(Content.styled(f" · until {fmt_time(filters.until)}", "$text-primary"))
    if filters.fold_layers and every != 0:
        key = key_of("activity.layers")
        shows = f"{key}: all {fmt_count(every)}" if every is not None else key
        said.append(Content.styled(f" · layer calls folded ({shows})", "$foreground-muted"))
    return Content.assemble(*said)


class Narrowing(CaseScreen):
    """A list of events that is narrowed by a scope and filters. A subclass shows it again."""

    _scope: Scope
    _filters: Filters

    def _change(self, **changes: Any) -> None:
        raise NotImplementedError

    def action_only(self, name: str) -> None:
        self._change(**{name: not getattr(self._filters, name)})

    def action_layers(self) -> None:
        self._change(fold_layers=not self._filters.fold_layers)

    def action_clear_filters(self) -> None:
        nothing = dict.fromkeys(("since", "until", "act", *FILTER_KINDS))
        self._change(**nothing, writes=False, failures=False)

    def action_pick_filter(self) -> None:
        choices = []
        for name, words in FILTER_KINDS.items():
            now = getattr(self._filters, name)
            if name in COUNTED or now:
                choices.append(Choice(name, words, note=f"now: {_shown(name, now)}" if now else ""))
        act = ACTS[self._filters.act] if self._filters.act else ""
        choices.append(Choice("act", "group of calls", note=f"now: {act}" if act else ""))
        self.app.push_screen(Picker("Filter by", choices), self._pick_value)

    def _pick_value(self, name: str | None) -> None:
        if name is None:
            return
        if name == "act":
            self._pick_act()
            return
        if name not in COUNTED:
            self._change(**{name: None})  # it came with the list: it can only be taken away
            return
        if not self._scope.located:
            return
        others = self._filters.changed(**{name: None})
        values = self.narrowed(about("activity_values", self._scope, others, kind=COUNTED[name]))
        self.ask(
            "values",
            partial(_values, values),
            partial(self._offer_values, name),
            opens=True,
        )

    def _pick_act(self) -> None:
        choices = [Choice("", "any", note="no filter")]
        choices += [Choice(act, words) for act, words in ACTS.items()]

        def choose(act: str | None) -> None:
            if act is not None:
                self._change(act=act or None)

        self.app.push_screen(Picker("Only these calls", choices), choose)

    def _offer_values(self, name: str, values: list[tuple[str, int]]) -> None:
        choices = [Choice("", "any", note="no filter")]
        choices += [Choice(value, value, count) for value, count in values]

        def choose(value: str | None) -> None:
            if value is not None:
                self._change(**{name: value or None})

        self.app.push_screen(Picker(f"Only this {FILTER_KINDS[name]}", choices), choose)


def _values(question: Question, case: Case, cancel: CancelToken) -> list[tuple[str, int]]:
    answer = case.ask(question.with_order(Order("events", True)).sql, question.bound, cancel)
    return [(row[1], row[2]) for row in answer.rows]
