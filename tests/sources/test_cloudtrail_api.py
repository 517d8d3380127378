"""The event history of an account, through LookupEvents."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from queries.case import Case, cache_folder, open_case
from queries.errors import InvestigationError, WrongUsage
from queries.progress import CancelToken
from queries.raw import raw_record
from queries.refresh import look_again
from queries.sources import cloudtrail_api
from queries.sources.buckets.options import Selection
from queries.sources.buckets.remote import Remote
from queries.sources.cloudtrail_api import Asking, parse_api_path, windows
from tests.evidence_files import ACCOUNT, image, push
from tests.sources.buckets import deliveries, ledger, options
from tests.sources.s3_server import Server
from tests.sources.services import Reply, json_reply, service

NOW = datetime.now(UTC).replace(tzinfo=None, microsecond=0)
DAYS = 3


def stamp(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


class History:
    """A LookupEvents that pages, newest first, and can be told to fail."""

    def __init__(self, days: int = DAYS, per_day: int = 7, page: int = 3) -> None:
        self.page = page
        self.requests: list[dict[str, Any]] = []
        self.fail_at = -1
        self.reply: Reply | None = None
        self.events = [
            self._event(day, number) for day in range(1, days + 1) for number in range(per_day)
        ]

    def _event(self, day: int, number: int) -> dict[str, Any]:
        midnight = NOW.replace(hour=0, minute=0, second=0)
        moment = midnight - timedelta(days=day, minutes=number * 5 - 1439)
        name = f"event-{day}-{number}"
        record = push(image(name), "v1", stamp(moment), eventID=name)
        return {
            "EventId": name,
            "EventTime": moment.replace(tzinfo=UTC).timestamp(),
            "CloudTrailEvent": json.dumps(record),
        }

    def answer(self, target: str, body: str) -> Reply:
        if not target:
            return (
                200,
                "text/xml",
                "<GetCallerIdentityResponse><GetCallerIdentityResult>"
                f"<Account>{ACCOUNT}</Account></GetCallerIdentityResult></GetCallerIdentityResponse>",
            )
        asked = json.loads(body)
        self.requests.append(asked)
        if self.reply is not None and len(self.requests) > self.fail_at:
            return self.reply
        found = [e for e in self.events if asked["StartTime"] <= e["EventTime"] <= asked["EndTime"]]
        start = int(asked.get("NextToken", 0))
        reply: dict[str, Any] = {"Events": found[start : start + self.page]}
        if start + self.page < len(found):
            reply["NextToken"] = str(start + self.page)
        return json_reply(reply)


@contextmanager
def running(history: History, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(cloudtrail_api, "PAUSE", 0.0)
    # So that yesterday counts as over in the first hour of a day, too.
    monkeypatch.setattr(cloudtrail_api, "SETTLED", timedelta(0))
    with service(history.answer) as url:
        monkeypatch.setenv("AWS_ENDPOINT_URL_CLOUDTRAIL", url)
        monkeypatch.setenv("AWS_ENDPOINT_URL_STS", url)
        yield


def opened(path: str = "cloudtrail://?region=eu-west-1", **more: Any) -> Case:
    selection = Selection(since=NOW - timedelta(days=DAYS))
    return open_case([path], remote=Remote(options("http://127.0.0.1:9"), selection), **more)


def test_every_page_of_every_day_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    history = History()
    with running(history, monkeypatch), opened() as case:
        assert case.totals["pushes"] == DAYS * 7
        assert case.totals["duplicates"] == 0
        names = [name for name in ledger(case) if "?" not in name]
        assert names[:DAYS] == [
            f"cloudtrail://{ACCOUNT}/eu-west-1/{NOW - timedelta(days=day):%Y-%m-%d}.json"
            for day in range(DAYS, 0, -1)
        ]
        assert '"v1"' in raw_record(case, 0, 1).text
        sizes = case.ask("SELECT name, size, records FROM files").rows
        assert all(size > 1000 for name, size, records in sizes if records)
    assert {request["MaxResults"] for request in history.requests} == {50}


def test_days_that_are_over_are_asked_for_once(monkeypatch: pytest.MonkeyPatch) -> None:
    history = History()
    with running(history, monkeypatch):
        opened().close()
        history.requests.clear()
        with opened() as case:
            assert case.totals["pushes"] == DAYS * 7
    midnight = NOW.replace(hour=0, minute=0, second=0, tzinfo=UTC).timestamp()
    settled = [r for r in history.requests if r["StartTime"] < midnight - 86400]
    assert settled == []


def test_a_day_goes_on_below_its_oldest_event(monkeypatch: pytest.MonkeyPatch) -> None:
    history = History(days=1, per_day=9)
    history.fail_at, history.reply = 2, json_reply({"__type": "ExpiredTokenException"}, 400)
    with running(history, monkeypatch):
        with opened() as case:
            assert case.totals["pushes"] == 0
            note = case.totals["notes"][0]
            assert "days of the event history not fetched: the session has expired" in note
        # The day before has no events: one request for it, then two pages of this one.
        history.reply = None
        history.requests.clear()
        with opened() as case:
            assert case.totals["pushes"] == 9
            assert case.totals["duplicates"] == 0


def test_kept_days_count_and_objects_make_room_for_them(
    monkeypatch: pytest.MonkeyPatch, server: Server, bucket: str
) -> None:
    server.fill(bucket, deliveries(2))
    evidence = cache_folder() / "evidence"
    plain = Remote(options(server.url, evidence_limit=4000))
    open_case([f"s3://{bucket}"], remote=plain).close()
    assert len([path for path in evidence.glob("??/*") if path.is_file()]) == 2
    recent = Selection(since=NOW - timedelta(days=DAYS))
    remote = Remote(options(server.url, evidence_limit=4000), recent)
    with running(History(), monkeypatch):
        open_case(["cloudtrail://?region=eu-west-1"], remote=remote).close()
    assert cloudtrail_api.kept_bytes(evidence) > 4000
    assert not [path for path in evidence.glob("??/*") if path.is_file()]


def test_a_missing_permission_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    history = History()
    history.fail_at, history.reply = 0, json_reply({"__type": "AccessDeniedException"}, 400)
    with running(history, monkeypatch), opened() as case:
        notes = [notes for status, notes in ledger(case).values() if status == "unreadable"]
    assert notes
    assert all("cloudtrail:LookupEvents is missing" in note[0] for note in notes)
    # One refusal is enough for a region.
    assert len(history.requests) == 1


def test_it_can_be_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    history, cancel = History(per_day=30), CancelToken()
    answer = history.answer

    def stopping(target: str, body: str) -> Reply:
        if len(history.requests) == 4:
            cancel.cancel()
        return answer(target, body)

    monkeypatch.setattr(history, "answer", stopping)
    with running(history, monkeypatch), opened(cancel=cancel) as case:
        assert case.totals["stopped"]
    assert len(history.requests) < 12


def test_looking_again_asks_only_for_what_came_since(monkeypatch: pytest.MonkeyPatch) -> None:
    history = History()
    with running(history, monkeypatch):
        monkeypatch.setattr(cloudtrail_api, "SETTLED", timedelta(hours=1))
        case = opened()
        history.requests.clear()
        assert look_again(case) is None, "the same events are nothing new"
        asked = {request["StartTime"] for request in history.requests}
        assert min(asked) >= (NOW - timedelta(hours=1, minutes=5)).replace(tzinfo=UTC).timestamp()
        for number in range(2):
            event = history._event(0, 0)
            moment = datetime.now(UTC).replace(tzinfo=None, microsecond=0)
            record = push(image(f"late {number}"), "v1", stamp(moment), eventID=f"late-{number}")
            event |= {"EventId": f"late-{number}", "CloudTrailEvent": json.dumps(record)}
            history.events.insert(
                0, event | {"EventTime": moment.replace(tzinfo=UTC).timestamp() - 1}
            )
            history.requests.clear()
            grown = look_again(case, recent=True)
            assert grown is not None
            case.close()
            case = grown
            assert case.totals["pushes"] == DAYS * 7 + number + 1
            assert case.totals["duplicates"] == 0
        [(file_id, position)] = case.ask(
            "SELECT file_id, position FROM events WHERE event_id = 'late-0'"
        ).rows
        assert "late-0" in raw_record(case, file_id, position).text
        history.reply, history.fail_at = json_reply({"__type": "ExpiredTokenException"}, 400), 0
        with pytest.raises(InvestigationError, match="the session has expired"):
            look_again(case, recent=True)
        assert case.totals["pushes"] == DAYS * 7 + 2
        case.close()


def test_paths_and_windows() -> None:
    assert parse_api_path("cloudtrail://") == Asking(())
    assert parse_api_path("cloudtrail://?region=a&region=b,c&source=ecr") == Asking(
        ("a", "b", "c"), "ecr.amazonaws.com"
    )
    for wrong in ("cloudtrail://eu-west-1", "cloudtrail://?regin=x"):
        with pytest.raises(WrongUsage):
            parse_api_path(wrong)
    now = datetime(2026, 3, 10, 0, 30)
    found = list(windows("1", Asking(()), ["r"], Selection(since=datetime(2026, 3, 8, 7)), now))
    assert [window.name for window in found] == [
        "cloudtrail://1/r/2026-03-08.json",
        "cloudtrail://1/r/2026-03-09.json",
        "cloudtrail://1/r/2026-03-10.json",
    ]
    assert [bool(window.as_of) for window in found] == [False, True, True]
    assert len(list(windows("1", Asking(()), ["r"], Selection(), now))) == 91
