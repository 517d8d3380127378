"""Correlations that can be counted: event_count, value_count and temporal, at least so many within
a time span. The others are refused in a sentence.
https://sigmahq.io/sigma-specification/specification/sigma-correlation-rules-specification.html
"""

from __future__ import annotations

from typing import Any, NoReturn

from sigma.correlations import (
    SigmaCorrelationCondition,
    SigmaCorrelationConditionOperator,
    SigmaCorrelationRule,
    SigmaCorrelationType,
    SigmaRuleReference,
)
from sigma.exceptions import SigmaFeatureNotSupportedByBackendError
from sigma.rule import SigmaRule

from queries.findings.sigma.backend import Bound, Condition, EventsBackend
from queries.findings.sigma.fields import place_of
from queries.findings.sigma.statements import of_correlation

_SIGNS = {
    SigmaCorrelationConditionOperator.GT: ">",
    SigmaCorrelationConditionOperator.GTE: ">=",
}


def statement(rule: SigmaCorrelationRule) -> tuple[str, dict[str, Any]]:
    """The statement of a correlation whose references are resolved, and its values."""
    condition = rule.condition
    if not isinstance(condition, SigmaCorrelationCondition):
        _refuse("a condition over the names of rules cannot be asked here")
    if condition.op not in _SIGNS:
        _refuse(f"'{condition.op.name.lower()}' counts cannot be asked here: only gt and gte")
    bound = Bound()
    counted = _counted(rule, condition)
    groups = {f"group_{chr(ord('a') + n)}": name for n, name in enumerate(rule.group_by or [])}
    parts = []
    for reference in rule.referenced_rules:
        if not isinstance(reference.rule, SigmaRule):
            _refuse("a correlation of correlations cannot be asked here")
        found = EventsBackend(bound).condition(reference.rule)
        columns = {n: _column(_field(rule, f, reference)) for n, f in groups.items()}
        if counted:
            columns["counted"] = _column(_field(rule, counted, reference))
        parts.append((_exact(found), columns))
    measure, what = {
        SigmaCorrelationType.EVENT_COUNT: ("count(*)", "events"),
        SigmaCorrelationType.VALUE_COUNT: ("count(DISTINCT counted)", f"values of {counted}"),
        SigmaCorrelationType.TEMPORAL: ("count(DISTINCT part)", "rules matched"),
    }[rule.type]
    values = bound.values
    count = bound(condition.count)
    values["said"] = f" {what} within {rule.timespan.spec}"
    sign = _SIGNS[condition.op]
    return of_correlation(parts, list(groups), measure, sign, count, rule.timespan.seconds), values


def _counted(rule: SigmaCorrelationRule, condition: SigmaCorrelationCondition) -> str:
    if rule.type not in (
        SigmaCorrelationType.EVENT_COUNT,
        SigmaCorrelationType.VALUE_COUNT,
        SigmaCorrelationType.TEMPORAL,
    ):
        _refuse(f"a correlation of type {rule.type.name.lower()} cannot be asked here")
    if len(rule.group_by or []) > 20:
        _refuse("it groups by more than 20 fields")
    if rule.type != SigmaCorrelationType.VALUE_COUNT:
        return ""
    if not isinstance(condition.fieldref, str):
        _refuse("values of one field can be counted, not of several")
    return condition.fieldref


def _field(rule: SigmaCorrelationRule, name: str, reference: SigmaRuleReference) -> str:
    """What an alias stands for in one of the rules."""
    for alias in rule.aliases:
        if alias.alias == name:
            for other, field in alias.mapping.items():
                if other.reference == reference.reference:
                    return field
            _refuse(f"the alias {name} names no field of {reference.reference}")
    return name


def _column(field: str) -> str:
    place = place_of(field, in_record=False)
    if place.known == "FALSE":
        _refuse(f"{field} is in the records only, and cannot be grouped by or counted")
    return f"({place.sql})[1]" if place.many else place.sql


def _exact(condition: Condition) -> Condition:
    if not condition.exact:
        _refuse("one of its rules goes by a field that is in the records only")
    return condition


def _refuse(what: str) -> NoReturn:
    raise SigmaFeatureNotSupportedByBackendError(what)
