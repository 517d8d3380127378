"""What a value is and where in the evidence it leads: a key, an address, a person, an ARN …

An investigation seldom begins with a repository: somebody hands over an access key, an address
from an alert, a digest from a scanner, or a time.
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from queries.question import ask_for
from queries.scope import ADDRESS, ALL, KEY, ORIGIN, PRINCIPAL, VALUE, Filters, Scope, locate
from queries.times import moved

if TYPE_CHECKING:
    from queries.case import Case
    from queries.progress import CancelToken

ACTIVITY, RECORD, WHO, SEVERAL, PUSHES, PUSH, LAYER = (
    "activity", "record", "who", "several", "pushes", "push", "layer",
)  # fmt: skip

_KEY = re.compile(r"A[A-Z]{3}[A-Z0-9]{12,124}")
_DIGEST = re.compile(r"(?:sha256:)?([0-9a-fA-F]{6,64})")
_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_SPAN = re.compile(r"(\d{1,6})([mhd])")
_ACCOUNT = re.compile(r"\d{12}")
_AROUND = timedelta(minutes=15)
"""How much before and after a moment is shown."""


EVERYTHING, UNFILTERED = Scope(ALL), Filters()


@dataclass(frozen=True, slots=True)
class Start:
    """Where to begin: the kind of place, and what it is about. `said` tells what was understood."""

    place: str
    said: str
    scope: Scope = EVERYTHING
    filters: Filters = UNFILTERED
    key: int = 0
    """With RECORD an event_key, with PUSH a push_key."""
    value: str = ""
    """With PUSHES a repository, with LAYER a digest."""
    several: tuple[str, ...] = ()
    """With SEVERAL the principals that may be meant."""


def find_start(case: Case, text: str, cancel: CancelToken | None = None) -> Start | str:
    """Where `text` leads in this case, or a sentence that says it is not in the evidence."""
    value = text.strip()
    if not value:
        return "nothing was given to start at"
    for attempt in (_time, _key, _address, _digest, _account, _repository, _person, _anywhere):
        found = attempt(case, value, cancel)
        if found is not None:
            return found
    return f"{value} is in no field of this evidence; a search looks through the raw records, too"


Answer = Start | str | None


def _ask(case: Case, cancel: CancelToken | None, name: str, **given: Any) -> list[dict[str, Any]]:
    question = ask_for(name, **given)
    return case.ask(question.sql, question.bound, cancel).dicts()


def _key(case: Case, value: str, cancel: CancelToken | None) -> Answer:
    if not _KEY.fullmatch(value):
        return None
    if case.ask(
        "SELECT 1 FROM actors WHERE access_key_id = $value LIMIT 1", {"value": value}, cancel
    ).rows:
        return Start(ACTIVITY, f"access key {value}", Scope(KEY, value))
    found = _anywhere(case, value, cancel)
    if found is not None:
        return found
    return f"no event of this evidence has the access key {value}, used, issued or otherwise"


def _address(case: Case, value: str, cancel: CancelToken | None) -> Answer:
    try:
        ipaddress.ip_address(value)
    except ValueError:
        return None
    rows = case.ask(
        "SELECT 1 FROM actors WHERE source_ip_address = $value LIMIT 1", {"value": value}, cancel
    ).rows
    if rows:
        return Start(ACTIVITY, f"address {value}", Scope(ADDRESS, value))
    return _anywhere(case, value, cancel) or f"no event of this evidence came from {value}"


def _digest(case: Case, value: str, cancel: CancelToken | None) -> Answer:
    match = _DIGEST.fullmatch(value)
    if match is None or _ACCOUNT.fullmatch(value):
        return None
    named = value.startswith("sha256:") or len(match[1]) == 64
    digest = f"sha256:{match[1].lower()}"
    found = _ask(case, cancel, "digests_like", digest=digest)
    if not found:
        return f"no image and no layer in this evidence has a digest {value}" if named else None
    if len({row["digest"] for row in found}) > 1:
        shown = ", ".join(sorted({row["digest"][:23] for row in found})[:4])
        return f"{len(found)} digests begin with {value} ({shown} …): give more of it"
    whole = str(found[0]["digest"])
    if all(row["kind"] == "layer" for row in found):
        return Start(LAYER, f"layer {whole}", value=whole)
    pushed = case.ask(
        "SELECT push_key FROM pushes WHERE image_digest = $value AND outcome = 'ok'"
        " ORDER BY event_time NULLS LAST, push_key",
        {"value": whole},
        cancel,
    ).rows
    if len(pushed) == 1:
        return Start(PUSH, f"image {whole}", key=int(pushed[0][0]))
    return Start(ACTIVITY, f"image {whole}", locate(Scope(VALUE, whole), case, cancel))


def _account(case: Case, value: str, cancel: CancelToken | None) -> Answer:
    if not _ACCOUNT.fullmatch(value):
        return None
    if value in case.totals["accounts"]:
        return Start(ACTIVITY, f"account {value}", filters=Filters(account=value))
    return _anywhere(case, value, cancel) or f"no event of this evidence is of account {value}"


def _repository(case: Case, value: str, cancel: CancelToken | None) -> Answer:
    name = re.sub(r"arn:[^:]*:ecr:([^:]*):(\d*):repository/(.+)", r"\2/\1/\3", value)
    rows = case.ask(
        "SELECT DISTINCT repository FROM registry_events"
        " WHERE repository = $value OR repository_name = $value ORDER BY 1",
        {"value": name},
        cancel,
    ).rows
    if len(rows) == 1 and rows[0][0]:
        return Start(PUSHES, f"repository {rows[0][0]}", value=str(rows[0][0]))
    return None  # of several with one name, everything with that name is shown


def _person(case: Case, value: str, cancel: CancelToken | None) -> Answer:
    found = [
        row for row in _ask(case, cancel, "who_is", value=value) if _means(row, value.casefold())
    ]
    if not found:
        return None
    name = value.casefold()
    everyone = _named(found, "identity_arn", name) or _named(found, "principal", name)
    if not everyone:  # by user name or source identity
        everyone = sorted({str(row["identity_arn"]) for row in found})
    if len(everyone) > 1:
        said = f"{len(everyone)} principals go by {value}"
        return Start(SEVERAL, said, several=tuple(everyone))
    [only] = everyone
    began = case.ask(
        "SELECT 1 FROM sessions WHERE origin = $value LIMIT 1", {"value": only}, cancel
    ).rows
    return Start(WHO, f"principal {only}", Scope(ORIGIN if began else PRINCIPAL, only))


def _named(found: list[dict[str, Any]], field: str, name: str) -> list[str]:
    """The labels in a field that are the name, or end with it."""
    labels = {str(row[field]) for row in found if row[field]}
    return sorted(
        label
        for label in labels
        if label.casefold() == name or label.casefold().endswith(f"/{name}")
    )


def _means(row: dict[str, Any], name: str) -> bool:
    """LIKE takes % and _ of a name for any character."""
    labels = [str(row[field] or "").casefold() for field in row if field != "events"]
    return any(label == name or label.endswith(f"/{name}") for label in labels)


def _anywhere(case: Case, value: str, cancel: CancelToken | None) -> Answer:
    """Any field of the events: request ids, event ids, resources, agents, tags …"""
    scope = locate(Scope(VALUE, value), case, cancel)
    places = (scope.places or "").split()
    if not places and _UUID.fullmatch(value) and value != value.lower():
        return _anywhere(case, value.lower(), cancel)
    if not places:
        return None
    if places == ["event_id"]:
        rows = _ask(case, cancel, "event_by_id", event_id=value)
        if len(rows) == 1:
            return Start(RECORD, f"event {value}", key=int(rows[0]["event_key"]))
    said = " and ".join(place.replace("_", " ") for place in places[:3])
    return Start(ACTIVITY, f"{said} {value}", scope)


# ---- times ------------------------------------------------------------------------------------


def _time(case: Case, value: str, cancel: CancelToken | None) -> Answer:
    window = case.totals["window"]
    span = _time_span(value, window["last"])
    if span is None:
        return None
    since, until = span
    said = f"from {since} until {until} UTC" if until else f"from {since} UTC on"
    if until and since >= until:
        return f"{value}: ends before it begins"
    first, last = (
        datetime.fromisoformat(window[end]).replace(tzinfo=None) if window[end] else None
        for end in ("first", "last")
    )
    if first is None or last is None or since > last or (until and until <= first):
        return f"{said} lies outside this evidence ({window['first']} to {window['last']})"
    return Start(ACTIVITY, said, filters=Filters(since=since, until=until))


def _time_span(value: str, last: str | None) -> tuple[datetime, datetime | None] | None:
    """`A..B` or `A/B`, a moment (with a quarter of an hour around it), a day, or `2h`: so long
    before the last event. Naive UTC, the end exclusive."""
    if last and (match := _SPAN.fullmatch(value)):
        unit = {"m": "minutes", "h": "hours", "d": "days"}[match[2]]
        end = datetime.fromisoformat(last).replace(tzinfo=None)
        try:
            return moved(end, -timedelta(**{unit: int(match[1])})), None
        except OverflowError:
            return None
    for cut in ("..", "/"):
        first, found, second = value.partition(cut)
        if found:
            begin, end_ = _moment(first), _moment(second)
            if begin is None or end_ is None:
                return None
            return begin, moved(end_, timedelta(days=1)) if _is_day(second) else end_
    moment = _moment(value)
    if moment is None:
        return None
    if _is_day(value):
        return moment, moved(moment, timedelta(days=1))
    return moment - _AROUND, moment + _AROUND


def _is_day(text: str) -> bool:
    return re.fullmatch(r"\d{4}-\d\d-\d\d", text.strip()) is not None


def _moment(text: str) -> datetime | None:
    if not re.match(r"\d{4}-\d\d-\d\d", text.strip()):
        return None
    try:
        moment = datetime.fromisoformat(text.strip())
        naive = moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment
        naive - timedelta(days=2), naive + timedelta(days=2)  # in the calendar, with what is added
    except (ValueError, OverflowError):
        return None
    return naive
