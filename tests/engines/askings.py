"""Every SQL file with parameters that find something in the sample incident."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

from queries.case import Rows
from queries.catalogue import statement
from queries.question import Question, ask_for
from queries.scope import ACTS, SCOPES

OF_SEVERAL_REGISTRIES = frozenset({"push_elsewhere"})
"""Questions that have no answer in the sample incident, where each image is in one repository; over
several clouds they are asked in tests/providers/test_mixed.py."""

Ask = Callable[[str], Rows]

SINCE, UNTIL = datetime(2026, 3, 2), datetime(2026, 3, 9, 12)

_PICKS = {
    "push_key": "SELECT push_key FROM pushes ORDER BY event_time, event_key",
    "pushed": "SELECT p.push_key FROM pushes AS p JOIN pulls AS u ON u.origin = p.origin"
    " AND u.outcome = 'ok' AND u.push_key <> p.push_key AND u.event_time <= p.event_time"
    " AND u.event_time > p.event_time - INTERVAL '24' HOUR ORDER BY p.event_time, u.event_time,"
    " p.event_key, u.event_key",
    "pulled": "SELECT u.push_key FROM pushes AS p JOIN pulls AS u ON u.origin = p.origin"
    " AND u.outcome = 'ok' AND u.push_key <> p.push_key AND u.event_time <= p.event_time"
    " AND u.event_time > p.event_time - INTERVAL '24' HOUR ORDER BY p.event_time, u.event_time,"
    " p.event_key, u.event_key",
    "event_key": "SELECT event_key FROM events ORDER BY event_time, event_id",
    "copied": "SELECT copy_of FROM copies ORDER BY 1",
    "joined": "SELECT event_key FROM events WHERE merged_into IS NOT NULL ORDER BY event_id",
    "event_id": "SELECT event_id FROM events ORDER BY event_time, event_id",
    "file_id": "SELECT file_id FROM files WHERE records > 0 ORDER BY name",
    "key": "SELECT access_key_id FROM sessions WHERE depth > 1 ORDER BY 1",
    "origin": "SELECT origin FROM pushes WHERE origin IS NOT NULL GROUP BY 1"
    " ORDER BY count(*) DESC, 1",
    "session": "SELECT arn FROM sessions ORDER BY issued_at, arn",
    "address": "SELECT source_ip_address FROM events GROUP BY 1 ORDER BY count(*) DESC, 1",
    "repository": "SELECT repository FROM pushes GROUP BY 1 ORDER BY count(*) DESC, 1",
    "tag": "SELECT tag FROM tag_spans GROUP BY 1 ORDER BY count(*) DESC, 1",
    "image": "SELECT image_digest FROM pushes WHERE image_digest IS NOT NULL GROUP BY 1"
    " ORDER BY count(*) DESC, 1",
    "manifest": "SELECT manifest_digest FROM push_layers GROUP BY 1 ORDER BY count(*) DESC, 1",
    "layer": "SELECT layer_digest FROM push_layers GROUP BY 1 ORDER BY count(*) DESC, 1",
    "account": "SELECT recipient_account_id FROM events GROUP BY 1 ORDER BY count(*) DESC, 1",
    "puller": "SELECT identity_arn FROM pulls GROUP BY 1 ORDER BY count(*) DESC, 1",
    "region": "SELECT aws_region FROM events GROUP BY 1 ORDER BY count(*) DESC, 1",
}


@dataclass(frozen=True)
class Corpus:
    """Values of a case or a converted folder, in an order that both have."""

    values: dict[str, list[Any]]

    @classmethod
    def of(cls, ask: Ask) -> Corpus:
        return cls({name: [row[0] for row in ask(sql).rows] for name, sql in _PICKS.items()})

    def some(self, name: str, count: int = 1) -> list[Any]:
        """Values spread over all there are."""
        found = self.values[name]
        step = max(1, len(found) // count)
        return found[::step][:count]


def askings(name: str, corpus: Corpus, most: int | None = None) -> Iterator[Question]:
    """One file of the catalogue with several sets of parameters, or with the first `most` of them
    where the files share their conditions; with `activity`, more of these."""
    wanted = statement(name).parameters
    if not wanted & {"scope", "since", "value"}:
        most = None  # quick, and not each push or event has an answer
    elif name == "activity" and most is not None:
        most += len(SCOPES)
    for parameters in islice(_parameters(name, wanted, corpus), most):
        question = ask_for(name, **parameters)
        yield question.with_order()


def _parameters(name: str, wanted: frozenset[str], corpus: Corpus) -> Iterator[dict[str, Any]]:
    if not wanted:
        yield {}
    elif "scope" in wanted:
        slices = {"start": 1772323200, "width": 86400} if "start" in wanted else {}
        for parameters in _of_scopes(corpus):
            yield {key: given for key, given in parameters.items() if key in wanted} | slices
    elif "other_push" in wanted:
        yield {"push_key": corpus.some("pushed")[0], "other_push": corpus.some("pulled")[0]}
    elif "push_key" in wanted:
        yield from ({"push_key": key} for key in corpus.some("push_key", 6))
    elif "event_key" in wanted:
        keys = corpus.some("event_key", 2) + corpus.some("copied") + corpus.some("joined")
        yield from ({"event_key": key} for key in keys)
    elif "file_id" in wanted:
        for number in corpus.some("file_id", 2):
            yield {"file_id": number, "from_position": 1, "to_position": 9}
    elif "start" in wanted:
        yield {"start": 1772323200, "width": 86400}
    elif "manifest" in wanted:
        one, other = corpus.some("manifest", 2)
        yield {"manifest": one} | ({"other": other} if "other" in wanted else {})
    elif "since" in wanted:
        yield {}
        yield {"since": SINCE, "until": UNTIL}
        for name in ("account", "region", "repository"):
            if name in wanted:
                yield {name: corpus.some(name)[0]}
        if "digest" in wanted:
            yield {"digest": corpus.some("image")[0]}
        if "refused" in wanted:
            yield {"refused": True, "identity": corpus.some("puller")[0], "tag": "(none)"}
        if "principal" in wanted:
            yield {"principal": corpus.some("origin")[0]}
    else:
        yield from _single(name, wanted, corpus)


def _single(name: str, wanted: frozenset[str], corpus: Corpus) -> Iterator[dict[str, Any]]:
    if "value" in wanted:
        if name == "created_by":
            yield {}
        for kind in ("origin", "key", "session", "address", "image"):
            parameters = {"value": corpus.some(kind)[0]}
            yield parameters | (
                {"other": corpus.some("origin", 2)[-1]} if "other" in wanted else {}
            )
        if name == "who_is":
            yield {"value": corpus.some("session")[0].rpartition("/")[2].upper()}
        return
    known = {
        "event_id": corpus.some("event_id")[0],
        "layer": corpus.some("layer")[0],
        "digest": str(corpus.some("image")[0])[:15],
        "repository": corpus.some("repository")[0],
    }
    yield {name: known[name] for name in wanted if name in known}
    if "repository" in wanted:
        yield {}


def _of_scopes(corpus: Corpus) -> Iterator[dict[str, Any]]:
    addresses = " ".join(map(str, corpus.some("address", 3)))
    value = {
        "session": corpus.some("key")[0],
        "key": corpus.some("key")[0],
        "identity": corpus.some("origin")[0],
        "principal": corpus.some("origin")[0],
        "created": corpus.some("origin")[0],
        "origin": corpus.some("origin")[0],
        "address": corpus.some("address")[0],
        "addresses": f" {addresses} ",
        "repository": corpus.some("repository")[0],
        "value": corpus.some("image")[0],
        "all": None,
    }
    for scope in SCOPES:
        yield {
            "scope": scope,
            "value": value[scope],
            "principal": corpus.some("session")[0] if scope == "session" else None,
            "places": " image_digest more_images " if scope == "value" else None,
            "fold_layers": scope == "all",
        }
    yield {"scope": "all", "since": SINCE, "until": UNTIL, "writes": True}
    yield {"scope": "all", "repository": corpus.some("repository")[0]}
    yield {"scope": "all", "failures": True, "account": corpus.some("account")[0]}
    for act in ACTS:
        yield {"scope": "all", "act": act}
