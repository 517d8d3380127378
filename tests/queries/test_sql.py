"""The questions in queries/sql: plain SQL, described in their headers, the same when pasted."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from queries import catalogue
from queries.case import Case, open_case
from queries.catalogue import text_of
from queries.index.schema import create_tables
from queries.question import Order, Question, ask_for, literal
from queries.scope import ACTS, SCOPES, VALUE, Scope, about, locate
from queries.slices import slices
from samples import incident_path
from tests.engines.askings import OF_SEVERAL_REGISTRIES
from tests.evidence_files import API, EVE, at, case_of, image, one, push, record, sha

IMPLANT = "sha256:22286464f09726ab75d8a17853f3d076d1529a8c16b4c28b41f00d98772fd187"
NAMES = catalogue.names()


def code_of(name: str) -> str:
    return "\n".join(line for line in text_of(name).splitlines() if not line.startswith("--"))


def header_of(name: str) -> dict[str, str]:
    """The comment in front: `answers`, `parameters` and `key`."""
    lines = [line[2:] for line in text_of(name).splitlines() if line.startswith("--")]
    found = {"answers": ""}
    part = "answers"
    for line in lines:
        start = re.match(r" (parameters|key): (.*)", line)
        if start:
            part = start[1]
            found[part] = start[2]
        else:
            found[part] += "\n" + line.strip()
    return found


def parameters_of(header: str) -> set[str]:
    """The names in a header's list: what stands in brackets or behind a semicolon explains."""
    names = re.sub(r"\([^)]*\)", "", header).split(";")[0]
    return {name.strip() for name in re.split(r"[,\n]", names) if name.strip()} - {"none"}


# --- form --------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_the_header_says_what_the_statement_needs(name: str) -> None:
    header = header_of(name)
    assert set(header) == {"answers", "parameters", "key"}
    assert header["answers"].strip().startswith(f"{name}: ")
    used = set(re.findall(r"\$([a-z_]+)", code_of(name)))
    assert parameters_of(header["parameters"]) == used
    statement = catalogue.statement(name)
    assert statement.parameters == used
    assert statement.answers
    assert not statement.answers.startswith(name)
    assert ", ".join(statement.key) == header["key"].strip()


# --- answers -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def demo() -> Iterator[Case]:
    with open_case([str(incident_path())], use_cache=False) as case:
        yield case


@pytest.fixture(scope="module")
def values(demo: Case) -> dict[str, list[Any]]:
    """Some values for each parameter, such as occur in the sample incident."""
    [push_row] = demo.ask("SELECT * FROM pushes ORDER BY push_key LIMIT 1").dicts()
    event_key = demo.ask("SELECT copy_of FROM copies ORDER BY 1 LIMIT 1").rows[0][0]
    start = datetime(2026, 3, 1)
    layers = demo.ask(
        "SELECT DISTINCT manifest_digest, layer_digest FROM push_layers ORDER BY 1, 2 LIMIT 3"
    ).rows
    [moved] = demo.ask("SELECT * FROM pushes WHERE image_digest = $digest AND outcome = 'ok'",
                       {"digest": IMPLANT}).dicts()  # fmt: skip
    [pull] = demo.ask("SELECT * FROM pulls ORDER BY event_key LIMIT 1").dicts()
    found: dict[str, list[Any]] = {
        "scope": list(SCOPES),
        "value": [push_row["access_key_id"], push_row["origin"], push_row["repository"]],
        "principal": [push_row["principal"], None],
        "since": [None, start],
        "until": [None, datetime(2026, 3, 9)],
        "account": [None, push_row["registry_id"]],
        "region": [None, push_row["aws_region"]],
        "repository": [None, push_row["repository"], push_row["repository_name"]],
        "service": [None, "ecr.amazonaws.com"],
        "name": [None, "PutImage"],
        "error": [None, "AccessDenied"],
        "address": [None, "198.51.100.77"],
        "client": [None, push_row["user_agent"]],
        "identity": [None, pull["identity_arn"]],
        "of_account": [None, pull["account_id"]],
        "workload": [None, pull["workload"]],
        "refused": [None, True],
        "access_key": [None, push_row["access_key_id"]],
        "who": [None, push_row["principal"]],
        "resource": [None, "(none named)"],
        "caller": [None, demo.ask("SELECT min(caller) FROM callers").rows[0][0]],
        "act": [None, *ACTS],
        "writes": [False, True],
        "failures": [False, True],
        "fold_layers": [False, True],
        "event_key": [event_key, push_row["event_key"]],
        "file_id": [0, 1, 2],
        "from_position": [1],
        "to_position": [5],
        "event_id": [demo.ask("SELECT event_id FROM events LIMIT 1").rows[0][0]],
        "push_key": [row[0] for row in demo.ask("SELECT push_key FROM pushes LIMIT 5").rows]
        + [moved["push_key"], demo.ask("SELECT min(push_key) FROM scans").rows[0][0]],
        "other_push": [moved["previous_push"]],
        "manifest": [row[0] for row in layers],
        "layer": [row[1] for row in layers],
        "digest": [row[1] for row in layers] + ["sha256:"],
        "tag": [None, "prod"],
        "other": [row[0] for row in reversed(layers)] + [push_row["origin"]],
        "start": [int(start.timestamp()), int(start.timestamp()) // 3600 * 3600],
        "width": [3600],
        "rows": [1, 7],
        "places": [None, " access_key_id principal repository "],
        "kind": [None, "service", "repository"],
    }
    return found


def variants(name: str, values: dict[str, list[Any]]) -> list[Question]:
    """The question with all parameters unset, and with each value of each parameter in turn."""
    wanted = catalogue.statement(name).parameters
    assert wanted <= set(values), "a new parameter needs values here"
    first = {parameter: values[parameter][0] for parameter in wanted}
    asked = [ask_for(name), ask_for(name, **first)]
    for parameter in sorted(wanted):
        for value in values[parameter][1:]:
            asked.append(ask_for(name, **{**first, parameter: value}))
    if {"scope", "value"} <= wanted:
        asked += [
            ask_for(name, **{**first, "scope": scope, "value": value})
            for scope in SCOPES
            for value in values["value"]
        ]
    return asked


def whole_of(question: Question) -> dict[str, Any]:
    """Every parameter of the statement as it stands in its file."""
    return {name: question.parameters.get(name) for name in question.statement.parameters}


@pytest.mark.parametrize("name", NAMES)
def test_it_answers_over_the_sample_incident(
    name: str, demo: Case, values: dict[str, list[Any]]
) -> None:
    most = 0
    compared: set[str] = set()
    for question in variants(name, values):
        found = demo.ask(question.sql, question.bound)
        if question.sql not in compared:
            compared.add(question.sql)
            whole = demo.ask(question.statement.sql, whole_of(question))
            assert whole.columns == found.columns, "what was left out does not matter"
            assert sorted(map(repr, whole.rows)) == sorted(map(repr, found.rows))
        key = [found.columns.index(column) for column in question.statement.key]
        keys = {tuple(row[i] for i in key) for row in found.rows}
        assert len(keys) == len(set(found.rows)), "the key makes the order total"
        if len(found.rows) > most:
            [(count,)] = demo.ask(question.count_sql, question.bound).rows
            assert count == len(found.rows)
        most = max(most, len(found.rows))
    assert most > 0 or name in OF_SEVERAL_REGISTRIES, "some values have an answer"


def test_a_value_is_found_in_whatever_column_it_stands(demo: Case) -> None:
    places = re.findall(r"SELECT '([a-z_]+)' AS place", text_of("value_places"))
    assert len(places) == len(set(places)) > 20
    for no_column in ("more_images", "session_name"):
        places.remove(no_column)
    anywhere = ", ".join(places)
    tried = 0
    for place in places:
        rows = demo.ask(
            f"SELECT max({place}) FROM events WHERE merged_into IS NULL AND {place} <> ''"
        ).rows
        if (value := rows[0][0]) is None:
            continue
        tried += 1
        scope = locate(Scope(VALUE, value), demo)
        assert f" {place} " in str(scope.places)
        question = about("activity", scope)
        [(found,)] = demo.ask(question.count_sql, question.bound).rows
        [(expected,)] = demo.ask(
            f"SELECT count(*) FROM events WHERE merged_into IS NULL AND $value IN ({anywhere})",
            {"value": value},
        ).rows
        assert found == expected > 0
    assert tried > 15
    nowhere = about("activity", locate(Scope(VALUE, "stands nowhere"), demo))
    assert demo.ask(nowhere.sql, nowhere.bound).rows == []


def test_principals_add_up_with_and_without_a_window(demo: Case) -> None:
    """Counted when the index was built, or counted now: the same."""
    ready = ask_for("principals").with_order(Order("identity_arn"))
    counted = ready.with_parameters(since=datetime(2000, 1, 1))
    rows = demo.ask(ready.sql, ready.bound).rows
    assert rows == demo.ask(counted.sql, counted.bound).rows
    [(events,)] = demo.ask("SELECT count(*) FROM events WHERE merged_into IS NULL").rows
    assert sum(row[3] for row in rows) == events


@pytest.mark.parametrize("name", NAMES)
def test_it_answers_over_an_empty_index(name: str, values: dict[str, list[Any]]) -> None:
    connection = duckdb.connect()
    create_tables(connection)
    for question in variants(name, values)[:3]:
        rows = connection.execute(question.sql, question.bound).fetchall()
        assert rows in ([], [(0,)]) or name == "activity_summary"


@pytest.mark.parametrize("name", NAMES)
def test_any_column_orders_and_pages_add_up(
    name: str, demo: Case, values: dict[str, list[Any]]
) -> None:
    question = variants(name, values)[1]
    whole = demo.ask(question.sql, question.bound)
    for place, column in enumerate(whole.columns):
        ordered = question.with_order(Order(column, descending=place % 2 == 0))
        given_ = [row[place] for row in demo.ask(ordered.sql, ordered.bound).rows]
        known = [value for value in given_ if value is not None]
        assert given_[: len(known)] == known, "what is not known comes last"
    ordered = question.with_order(Order(whole.columns[-1], True))
    all_rows = demo.ask(ordered.sql, ordered.bound).rows
    paged: list[tuple[Any, ...]] = []
    for offset in range(0, min(len(all_rows), 12), 3):
        page = ordered.with_page(3, offset)
        paged += demo.ask(page.sql, page.bound).rows
    assert paged == all_rows[: len(paged)]
    assert len(paged) >= min(len(all_rows), 10)


# --- values that bite --------------------------------------------------------------------------

HOSTILE = [
    "it's",
    "a\x00b",
    "line\nbreak\r\t",
    "\x1b[2J\x9b",
    "100%_\\",
    "$value $scope",
    "'); DROP TABLE events; --",
    "\u202egnp.exe\u200b",
    "\U0001f600 é 日本",
    "-- comment",
    "/* */",
]


def pasted(path: Path, question: Question) -> list[tuple[Any, ...]]:
    """What a person gets who pastes the statement into the duckdb shell."""
    with duckdb.connect(str(path), read_only=True) as shell:
        return shell.execute(question.pasteable()).fetchall()


def test_a_pasted_question_gives_the_same_rows(
    tmp_path: Path, values: dict[str, list[Any]]
) -> None:
    asked = [question for name in NAMES for question in variants(name, values)[:4]]
    found = []
    file = tmp_path / "demo.case"
    with open_case([str(incident_path())], case_file=file) as case:
        for question in asked:
            ordered = question.with_order().with_page(50)
            found.append((ordered, case.ask(ordered.sql, ordered.bound).rows))
    with duckdb.connect(str(file), read_only=True) as shell:
        for question, expected in found:
            rows = shell.execute(question.pasteable()).fetchall()
            assert sorted(map(repr, rows)) == sorted(map(repr, expected))


def test_values_that_bite_are_values_only(tmp_path: Path) -> None:
    records = [
        record("DescribeImages", at(n), userAgent=value, eventID=f"id {n}")
        for n, value in enumerate(HOSTILE)
    ]
    from tests.evidence_files import trail, write

    write(tmp_path, {"logs/t.json": trail(records)})
    file = tmp_path / "hostile.case"
    asked = [
        ask_for("activity", scope="all").with_needle(value, ["user_agent", "event_id"])
        for value in HOSTILE
    ]
    found = []
    with open_case([str(tmp_path / "logs")], case_file=file) as case:
        asked += [about("activity", locate(Scope(VALUE, value), case)) for value in HOSTILE]
        for question in asked:
            found.append(case.ask(question.sql, question.bound).rows)
            assert [value for value in HOSTILE if value in question.sql] == []
    for question, rows in zip(asked, found, strict=True):
        assert len(rows) == 1
        assert pasted(file, question) == rows


def test_what_is_pasted_can_be_printed() -> None:
    for value in HOSTILE:
        said = ask_for("activity", scope="value", value=value).pasteable()
        hidden = [c for c in said if not c.isprintable() and c != "\n"]
        assert hidden == []


_ENGINE = duckdb.connect()


@settings(max_examples=200)
@given(
    st.none()
    | st.booleans()
    | st.integers(-(2**60), 2**60)
    | st.text(alphabet=st.characters(exclude_categories=["Cs"]))
    | st.datetimes(datetime(1970, 1, 1), datetime(2200, 1, 1))
)
def test_a_literal_is_the_value_itself(value: Any) -> None:
    [(found,)] = _ENGINE.execute(f"SELECT {literal(value)}").fetchall()
    assert found == value


@pytest.mark.parametrize(
    ("needle", "expected"),
    [("100%", 1), ("0%_", 1), ("%", 1), ("_", 1), ("\\", 1), ("PLAIN", 1), ("plain", 1), ("x", 0)],
)
def test_a_filter_takes_wildcards_literally(tmp_path: Path, needle: str, expected: int) -> None:
    with case_of(
        tmp_path,
        record("DescribeImages", at(0), userAgent="100%_\\"),
        record("DescribeImages", at(1), userAgent="Plain"),
    ) as case:
        asked = ask_for("activity", scope="all").with_needle(needle, ["user_agent"])
        assert len(case.ask(asked.sql, asked.bound).rows) == expected


def test_what_a_name_ends_with_is_no_pattern(tmp_path: Path) -> None:
    arn = "arn:aws:iam::111122223333:user"
    with case_of(
        tmp_path,
        *(
            record(
                "DescribeImages", at(n), userIdentity={"type": "IAMUser", "arn": f"{arn}/{name}"}
            )
            for n, name in enumerate(("ops_eve", "opsxeve", "deep/ops_eve"))
        ),
    ) as case:
        asked = ask_for("who_is", value="OPS_eve").with_order(Order("identity_arn"))
        rows = case.ask(asked.sql, asked.bound).dicts()
        found = [row["identity_arn"] for row in rows]
    assert found == [f"{arn}/deep/ops_eve", f"{arn}/ops_eve"]


def test_an_unknown_question_or_parameter_is_refused() -> None:
    with pytest.raises(FileNotFoundError):
        ask_for("no_such_question")
    with pytest.raises(ValueError, match="pushes has no parameter colour"):
        ask_for("pushes", colour="red")


# --- what the questions say --------------------------------------------------------------------


def answer(case: Case, name: str, **parameters: Any) -> list[dict[str, Any]]:
    question = ask_for(name, **parameters).with_order()
    return case.ask(question.sql, question.bound).dicts()


def test_repositories_count_pushes_attempts_and_pulls(tmp_path: Path) -> None:
    pull = {"repositoryName": "team/api", "imageIds": [{"imageTag": "v1"}]}
    with case_of(
        tmp_path,
        push(image("a"), "v1", at(0)),
        push(image("b"), "v1", at(1), EVE),
        push(image("c"), "v1", at(2), failed="AccessDenied"),
        record("BatchGetImage", at(3), requestParameters=pull, readOnly=True),
        record("BatchGetImage", at(4), requestParameters=pull, errorCode="AccessDenied"),
        record("DescribeRepositories", at(5), requestParameters=None),
    ) as case:
        [found] = answer(case, "repositories")
        assert found["repository"] == API
        assert (found["pushes"], found["attempts"], found["pulls"]) == (2, 1, 1)
        assert (found["pushers"], found["tag_moves"]) == (2, 1)
        assert (found["last_pusher"], found["last_tags"]) == (EVE, "v1")
        [mine] = answer(case, "repositories", principal=EVE)
        assert (mine["pushes"], mine["last_pusher"]) == (1, EVE)
        assert answer(case, "repositories", repository="team/other") == []


def test_pulls_by_tag_belong_to_the_push_that_had_the_tag_then(tmp_path: Path) -> None:
    def pull(time: str, **image_id: str) -> dict[str, Any]:
        asked = {"repositoryName": "team/api", "imageIds": [image_id]}
        return record("BatchGetImage", time, requestParameters=asked, readOnly=True)

    with case_of(
        tmp_path,
        push(image("a"), "v1", at(0)),
        pull(at(1), imageTag="v1"),
        push(image("b"), "v1", at(2), EVE),
        pull(at(3), imageTag="v1"),
        pull(at(4), imageDigest=sha(image("a"))),
        pull(at(5), imageTag="v10"),
    ) as case:
        first, second = sorted(answer(case, "pushes"), key=lambda found: found["event_time"])
        pulls = answer(case, "push_pulls", push_key=first["push_key"])
        assert [found["matched"] for found in pulls] == ["by tag", "by digest"]
        pulls = answer(case, "push_pulls", push_key=second["push_key"])
        assert [found["matched"] for found in pulls] == ["by tag"]


def test_layers_say_which_are_new_against_the_image_before(tmp_path: Path) -> None:
    with case_of(
        tmp_path,
        push(image("base", "app"), "v1", at(0)),
        push(image("base", "app", "implant"), "v1", at(1), EVE),
    ) as case:
        found = sorted(answer(case, "pushes"), key=lambda row: row["event_time"])[-1]
        layers = answer(case, "push_layers", push_key=found["push_key"])
        assert [layer["against_previous"] for layer in layers] == ["kept", "kept", "new"]
        assert [layer["pushes"] for layer in layers] == [2, 2, 1]


def test_a_filter_that_is_not_set_leaves_out_nothing(tmp_path: Path) -> None:
    nameless = record("x", at(1), eventName=None, readOnly=None)
    with case_of(tmp_path, record("DescribeImages", at(0), readOnly=True), nameless) as case:
        assert len(answer(case, "activity", scope="all")) == 2
        [summary] = answer(case, "activity_summary", scope="all")
        assert summary["events"] == 2
        assert len(answer(case, "activity", scope="all", fold_layers=True)) == 2


def test_layer_calls_can_be_folded_away(tmp_path: Path) -> None:
    with case_of(tmp_path, record("UploadLayerPart", at(0)), push(image("a"), "v", at(1))) as case:
        found = answer(case, "activity", scope="all", fold_layers=True)
        assert [event["event_name"] for event in found] == ["PutImage"]


@pytest.mark.parametrize(
    "name", ["activity_summary", "activity_values", "activity_count", "activity_by_slice"]
)
def test_what_was_counted_before_is_what_is_counted_now(
    name: str, demo: Case, values: dict[str, list[Any]]
) -> None:
    """With a time, however early, no answer comes from what was counted for the index."""
    key, origin, _ = values["value"]
    principal = values["principal"][0]
    answered = 0
    of_hours = {"start": values["start"][1], "width": 7200} if name.endswith("slice") else {}
    for scope, value in (
        ("all", None), ("key", key), ("session", key), ("origin", origin), ("principal", principal),
        ("address", "198.51.100.7"),
    ):  # fmt: skip
        for narrowed in ({}, {"fold_layers": True}, {"writes": True}, {"failures": True},
                         {"service": "ecr.amazonaws.com", "name": "PutImage"},
                         {"account": values["account"][1]}):  # fmt: skip
            asked = ask_for(
                name, scope=scope, value=value, principal=principal, **narrowed, **of_hours
            )
            now = asked.with_parameters(since=datetime(2000, 1, 1))
            ready = demo.ask(asked.sql, asked.bound)
            counted = demo.ask(now.sql, now.bound)
            assert ready.columns == counted.columns
            assert sorted(map(repr, ready.rows)) == sorted(map(repr, counted.rows))
            answered += bool(ready.rows)
    assert answered > 20


@pytest.mark.parametrize(
    ("first", "last"), [(7, 7), (7, 126), (50, 430_000), (7, 431_999), (3599, 435_600), (-1, 10**9)]
)
def test_slices_hold_a_time_and_long_ones_are_full_hours(first: int, last: int) -> None:
    cut = slices(first, last, 120)
    assert cut.start <= first <= last < cut.end
    assert cut.number <= 120
    if last - first >= 120 * 3600:
        assert cut.start % 3600 == cut.width % 3600 == 0
        assert first - cut.start < 3600, "nor any before the first hour"
        assert cut.end - cut.width <= last, "no slice is behind the last event"


@pytest.mark.parametrize("name", [name for name in NAMES if f"{name}_count" in NAMES])
def test_what_counts_for_a_question_takes_its_parameters_and_counts_its_rows(
    name: str, demo: Case, values: dict[str, list[Any]]
) -> None:
    compared: set[str] = set()
    for question in variants(name, values):
        assert set(re.findall(r"\$([a-z_]+)", question.count_sql)) == question.bound.keys()
        if question.count_sql not in compared:
            compared.add(question.count_sql)
            rows = demo.ask(f"SELECT event_key FROM ({question.sql})", question.bound).rows
            assert demo.ask(question.count_sql, question.bound).rows == [(len(rows),)]


def test_the_newest_events_are_the_same_wherever_they_are_looked_for(
    demo: Case, values: dict[str, list[Any]]
) -> None:
    _, origin, _ = values["value"]
    compared = 0
    for filters in ({}, {"fold_layers": True}, {"writes": True}, {"failures": True},
                    {"account": values["account"][1]},
                    {"service": "ecr.amazonaws.com"}):  # fmt: skip
        asked = ask_for("activity", scope="origin", value=origin, **filters)
        newest = asked.with_order(Order("event_time", descending=True))
        whole = demo.ask(newest.sql, newest.bound).rows
        for limit, offset in ((1, 0), (7, 0), (7, 11), (len(whole) + 1, 0)):
            page = newest.with_page(limit, offset)
            assert demo.ask(page.sql, page.bound).rows == whole[offset : offset + limit]
            compared += "FROM hours" in page.sql
    assert compared == 5 * 4, "a service is not counted by the hour"


@pytest.mark.parametrize("column", ["target", "principal", "event_time", "caller"])
def test_a_page_of_an_origin_is_the_same_rows_in_any_order(
    column: str, demo: Case, values: dict[str, list[Any]]
) -> None:
    _, origin, _ = values["value"]
    for descending, needle in ((False, ""), (True, ""), (False, "e")):
        asked = ask_for("activity", scope="origin", value=origin, fold_layers=True)
        asked = asked.with_order(Order(column, descending)).with_needle(needle, ("event_name",))
        whole = demo.ask(asked.sql, asked.bound).rows
        page = asked.with_page(9, 4)
        assert demo.ask(page.sql, page.bound).rows == whole[4:13] != []


def test_events_without_a_time_are_behind_the_newest(tmp_path: Path) -> None:
    timeless = [record("GetUser", "never"), record("ListUsers", "2026-03-09T10:00:00 or soZ")]
    with case_of(tmp_path, record("PutImage", at(0)), *timeless) as case:
        who = one(case, "SELECT max(principal) FROM events")
        asked = ask_for("activity", scope="origin", value=who)
        for limit in (1, 2, 3, 9):
            newest = asked.with_order(Order("event_time", descending=True)).with_page(limit)
            found = [row[3] for row in case.ask(newest.sql, newest.bound).rows]
            assert found[0] == "PutImage"
            assert len(found) == min(limit, 3)


def test_a_page_is_the_same_rows_wherever_it_is_cut(demo: Case) -> None:
    """By what a service acted for the page is cut after that is joined, else before."""
    activity = ask_for("activity", scope="all").with_needle("get", ("event_name", "caller"))
    every = [row[0] for row in demo.ask(activity.sql, activity.bound).rows]
    assert len(every) > 20
    for searched in (("event_name", "caller"), ("event_name",)):
        page = activity.with_needle("get", searched).with_order(Order("event_time", True))
        whole = demo.ask(page.sql, page.bound).rows
        cut = page.with_page(7, 5)
        assert demo.ask(cut.sql, cut.bound).rows == whole[5:12]
    by_caller = ask_for("activity", scope="all").with_order(Order("caller", True))
    expected = demo.ask(by_caller.sql, by_caller.bound).rows[:9]
    cut = by_caller.with_page(9)
    assert demo.ask(cut.sql, cut.bound).rows == expected
