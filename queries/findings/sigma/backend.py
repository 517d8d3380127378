"""The smallest backend that makes a condition in DuckDB's SQL of a Sigma rule.

Values never enter the text: each is bound. Field names are checked and mapped by `fields`. Texts
compare without regard to case, as Sigma says. A missing field fails every test but `null` and
`exists: false`, and NOT of a failed test holds, so every test is TRUE or FALSE and never NULL.

The index does not keep every field of every event. A test therefore has two conditions: under
which it holds for `sure`, and under which it `may` hold. Where they differ, the record tells.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network
from typing import Any, ClassVar, NoReturn, cast

from sigma.conditions import (
    ConditionAND,
    ConditionFieldEqualsValueExpression,
    ConditionNOT,
    ConditionOR,
    ConditionValueExpression,
)
from sigma.conversion.base import Backend
from sigma.conversion.state import ConversionState
from sigma.exceptions import SigmaFeatureNotSupportedByBackendError
from sigma.rule import SigmaRule
from sigma.types import (
    CompareOperators,
    Placeholder,
    SigmaBool,
    SigmaCIDRExpression,
    SigmaCompareExpression,
    SigmaFieldReference,
    SigmaNumber,
    SigmaRegularExpression,
    SigmaString,
    SigmaTimestampPart,
    SigmaType,
    SpecialChars,
    TimestampPart,
)

from queries.findings.sigma.fields import TEXT, Place, place_of

Equals = ConditionFieldEqualsValueExpression

_OPERATORS = {
    CompareOperators.LT: "<",
    CompareOperators.LTE: "<=",
    CompareOperators.GT: ">",
    CompareOperators.GTE: ">=",
    CompareOperators.NEQ: "<>",
}
_PARTS = {
    TimestampPart.MINUTE: "minute",
    TimestampPart.HOUR: "hour",
    TimestampPart.DAY: "day",
    TimestampPart.WEEK: "week",
    TimestampPart.MONTH: "month",
    TimestampPart.YEAR: "year",
}


@dataclass(frozen=True, slots=True)
class Condition:
    """SQL under which a test holds for sure, and under which it may hold."""

    sure: str
    may: str

    @property
    def exact(self) -> bool:
        return self.sure == self.may


class Bound:
    """The values of one statement, under names that are letters."""

    def __init__(self, prefix: str = "value") -> None:
        self.values: dict[str, Any] = {}
        self._prefix = prefix

    def __call__(self, value: Any) -> str:
        number, letters = len(self.values), ""
        while number or not letters:
            number, digit = divmod(number, 26)
            letters += chr(ord("a") + digit)
        name = f"{self._prefix}_{letters}"
        self.values[name] = value
        return f"${name}"


class EventsBackend(Backend):
    """Conditions over the events `e` of a case; with `in_record`, over `r.record` beside them."""

    name: ClassVar[str] = "events of a case, in DuckDB"

    def __init__(self, bound: Bound, *, in_record: bool = False) -> None:
        super().__init__()
        self._bound = bound
        self._in_record = in_record

    def condition(self, rule: SigmaRule) -> Condition:
        """When a rule holds: several conditions are alternatives."""
        state = ConversionState()
        found = [
            self.convert_condition(said.parsed, state) for said in rule.detection.parsed_condition
        ]
        return self._joined("OR", [one for one in found if one is not None])

    # ---- what joins ------------------------------------------------------------------------

    def convert_condition_or(self, cond: ConditionOR, state: ConversionState) -> Condition:
        return self._joined("OR", self._parts(cond.args, state))

    def convert_condition_and(self, cond: ConditionAND, state: ConversionState) -> Condition:
        return self._joined("AND", self._parts(cond.args, state))

    def convert_condition_not(self, cond: ConditionNOT, state: ConversionState) -> Condition:
        [part] = self._parts(cond.args, state) or [Condition("FALSE", "FALSE")]
        return Condition(f"(NOT {part.may})", f"(NOT {part.sure})")

    def convert_condition_as_in_expression(
        self, cond: ConditionOR | ConditionAND, state: ConversionState
    ) -> Condition:
        if isinstance(cond, ConditionAND):
            return self.convert_condition_and(cond, state)
        return self.convert_condition_or(cond, state)

    def _parts(self, args: Iterable[Any], state: ConversionState) -> list[Condition]:
        found = [self.convert_condition(arg, state) for arg in args]
        return [part for part in found if part is not None]

    @staticmethod
    def _joined(word: str, parts: list[Condition]) -> Condition:
        if not parts:
            return Condition("FALSE", "FALSE")
        return Condition(
            "(" + f" {word} ".join(part.sure for part in parts) + ")",
            "(" + f" {word} ".join(part.may for part in parts) + ")",
        )

    # ---- a field and a value ---------------------------------------------------------------

    def convert_condition_field_eq_val_str(self, cond: Equals, state: ConversionState) -> Condition:
        return self._field(cond.field, self._same(_string(cond.value)))

    def convert_condition_field_eq_val_str_case_sensitive(
        self, cond: Equals, state: ConversionState
    ) -> Condition:
        return self._field(cond.field, self._same(_string(cond.value), cased=True))

    def convert_condition_field_eq_val_num(self, cond: Equals, state: ConversionState) -> Condition:
        said = cast("SigmaNumber", cond.value)
        number = self._bound(said.number)
        return self._field(cond.field, lambda v: f"try_cast({v} AS DOUBLE) = {number}")

    def convert_condition_field_eq_val_bool(
        self, cond: Equals, state: ConversionState
    ) -> Condition:
        said = "'true'" if cast("SigmaBool", cond.value) else "'false'"
        return self._field(cond.field, lambda v: f"lower({v}) = {said}")

    def convert_condition_field_eq_val_re(self, cond: Equals, state: ConversionState) -> Condition:
        return self._field(cond.field, self._like(cond.value))

    def convert_condition_field_eq_val_cidr(
        self, cond: Equals, state: ConversionState
    ) -> Condition:
        said = cast("SigmaCIDRExpression", cond.value)
        starts = [self._bound(start) for start in _starts(said.network)]
        return self._field(
            cond.field,
            lambda v: "(" + " OR ".join(f"starts_with(hex_of({v}), {s})" for s in starts) + ")",
        )

    def convert_condition_field_compare_op_val(
        self, cond: Equals, state: ConversionState
    ) -> Condition:
        said = cast("SigmaCompareExpression", cond.value)
        sign, number = _OPERATORS[said.op], self._bound(said.number.number)
        return self._field(cond.field, lambda v: f"try_cast({v} AS DOUBLE) {sign} {number}")

    def convert_condition_field_eq_val_timestamp_part(
        self, cond: Equals, state: ConversionState
    ) -> Condition:
        said = cast("SigmaTimestampPart", cond.value)
        part, number = _PARTS[said.timestamp_part], self._bound(said.number)
        return self._field(
            cond.field,
            lambda v: (
                f"date_part('{part}', try_cast(replace({v}, 'Z', '') AS TIMESTAMP)) = {number}"
            ),
        )

    def convert_condition_field_eq_field(self, cond: Equals, state: ConversionState) -> Condition:
        said = cast("SigmaFieldReference", cond.value)
        place = place_of(said.field, in_record=self._in_record)
        others = place.sql if place.many else f"[{place.sql}]"

        def same(value: str) -> str:
            test = f"lower({value}) = lower(o)"
            if said.starts_with and said.ends_with:
                test = f"contains(lower({value}), lower(o))"
            elif said.starts_with:
                test = f"starts_with(lower({value}), lower(o))"
            elif said.ends_with:
                test = f"ends_with(lower({value}), lower(o))"
            return f"len(list_filter({others}, lambda o: {test})) > 0"

        return _known(self._field(cond.field, same), place)

    def convert_condition_field_eq_val_null(
        self, cond: Equals, state: ConversionState
    ) -> Condition:
        return self._present(cond.field, negated=True)

    def convert_condition_field_exists(self, cond: Equals, state: ConversionState) -> Condition:
        return self._present(cond.field)

    def convert_condition_field_not_exists(self, cond: Equals, state: ConversionState) -> Condition:
        return self._present(cond.field, negated=True)

    def convert_condition_field_eq_query_expr(self, cond: Equals, state: ConversionState) -> Any:
        _refuse("a query in another language cannot be asked here")

    def _field(self, field: str, test: Callable[[str], str]) -> Condition:
        place = place_of(field, in_record=self._in_record)
        sql = f"coalesce({test(place.sql)}, FALSE)"
        if place.many:
            sql = f"coalesce(len(list_filter({place.sql}, lambda v: {test('v')})) > 0, FALSE)"
        return _known(Condition(sql, sql), place)

    def _present(self, field: str, *, negated: bool = False) -> Condition:
        place = place_of(field, in_record=self._in_record)
        sql = f"coalesce(len({place.sql}) > 0, FALSE)" if place.many else f"{place.sql} IS NOT NULL"
        sql = f"(NOT {sql})" if negated else f"({sql})"
        return _known(Condition(sql, sql), place)

    # ---- a value alone: anywhere in the record ---------------------------------------------

    def convert_condition_val_str(
        self, cond: ConditionValueExpression, state: ConversionState
    ) -> Condition:
        any_text = SpecialChars.WILDCARD_MULTI
        return self._anywhere(self._same(any_text + _string(cond.value) + any_text))

    def convert_condition_val_num(
        self, cond: ConditionValueExpression, state: ConversionState
    ) -> Condition:
        any_text = SpecialChars.WILDCARD_MULTI
        return self._anywhere(self._same(any_text + SigmaString(str(cond.value)) + any_text))

    def convert_condition_val_re(
        self, cond: ConditionValueExpression, state: ConversionState
    ) -> Condition:
        return self._anywhere(self._like(cond.value))

    def convert_condition_query_expr(
        self, cond: ConditionValueExpression, state: ConversionState
    ) -> Any:
        _refuse("a query in another language cannot be asked here")

    def _anywhere(self, test: Callable[[str], str]) -> Condition:
        if self._in_record:
            sql = f"coalesce({test('r.record')}, FALSE)"
            return Condition(sql, sql)
        return Condition(f"coalesce({test(TEXT)}, FALSE)", "TRUE")

    # ---- values ----------------------------------------------------------------------------

    def _same(self, said: SigmaString, *, cased: bool = False) -> Callable[[str], str]:
        pattern, plain = _pattern(said)
        name = self._bound(plain if plain is not None else pattern)
        sign = f"LIKE {name} ESCAPE '\\'" if cased else f"LIKE lower({name}) ESCAPE '\\'"
        if plain is not None:
            sign = f"= {name}" if cased else f"= lower({name})"
        return (lambda v: f"{v} {sign}") if cased else (lambda v: f"lower({v}) {sign}")

    def _like(self, said: SigmaType) -> Callable[[str], str]:
        pattern = cast("SigmaRegularExpression", said).escape(
            escape_escape_char=False, escape_char=""
        )
        _check_expression(pattern)
        name = self._bound(pattern)
        return lambda v: f"regexp_matches({v}, {name})"

    # ---- correlations are made elsewhere ---------------------------------------------------

    def _no_correlation(self, *args: Any, **more: Any) -> NoReturn:
        _refuse("this kind of correlation cannot be asked here")

    convert_correlation_event_count_rule = _no_correlation
    convert_correlation_value_count_rule = _no_correlation
    convert_correlation_temporal_rule = _no_correlation
    convert_correlation_temporal_ordered_rule = _no_correlation
    convert_correlation_extended_temporal_rule = _no_correlation
    convert_correlation_extended_temporal_ordered_rule = _no_correlation
    convert_correlation_value_sum_rule = _no_correlation
    convert_correlation_value_avg_rule = _no_correlation
    convert_correlation_value_percentile_rule = _no_correlation
    convert_correlation_value_median_rule = _no_correlation


def _known(condition: Condition, place: Place) -> Condition:
    """Sure only where the index holds the field, possible wherever it does not."""
    if not place.known:
        return condition
    if place.known == "FALSE":
        return Condition("FALSE", "TRUE")
    return Condition(
        f"({place.known} AND {condition.sure})", f"(NOT {place.known} OR {condition.may})"
    )


def _string(value: SigmaType) -> SigmaString:
    return cast("SigmaString", value)


def _pattern(said: SigmaString) -> tuple[str, str | None]:
    """A text as a LIKE pattern, and as it is where it holds no wildcard."""
    pattern, plain, wild = "", "", False
    for part in said.iter_parts():
        if isinstance(part, Placeholder):
            _refuse(f"the placeholder %{part.name}% stands for nothing here")
        elif isinstance(part, str):
            pattern += re.sub(r"([\\%_])", r"\\\1", part)
            plain += part
        else:
            pattern += "%" if part == SpecialChars.WILDCARD_MULTI else "_"
            wild = True
    return pattern, None if wild else plain


def _starts(network: IPv4Network | IPv6Network) -> list[str]:
    """What the digits of an address in this network begin with (`hex_of`), at most eight."""
    whole, rest = divmod(network.prefixlen, 4)
    digits = network.network_address.packed.hex()
    head = f"{network.version}:{digits[:whole]}"
    if not rest:
        return [head]
    first = int(digits[whole], 16)
    return [f"{head}{first + more:x}" for more in range(1 << (4 - rest))]


def _check_expression(pattern: str) -> None:
    import duckdb

    from queries.database import connect

    try:
        with connect(config={"threads": "1"}) as connection:
            connection.execute("SELECT regexp_matches('', $pattern)", {"pattern": pattern})
    except duckdb.Error as error:
        said = str(error).strip().splitlines()[0]
        _refuse(f"a regular expression that RE2 does not take ({said})")


def _refuse(what: str) -> NoReturn:
    raise SigmaFeatureNotSupportedByBackendError(what)
