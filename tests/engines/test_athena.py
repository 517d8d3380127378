"""The engine's calls, against moto: it takes any text for SQL, so this is about the plumbing only.

moto has no pages, reads no bytes and lets nothing fail: here it is taught to.
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

import boto3
import pytest
from moto.athena.models import AthenaBackend, QueryResults
from moto.athena.responses import AthenaResponse
from moto.moto_api import state_manager

from queries.athena.cost import Budget, dollars, parse_limit, parse_price
from queries.engines.athena import AthenaEngine, AthenaOptions
from queries.engines.extent import Extent
from queries.errors import Cancelled, InvestigationError, WrongUsage
from queries.progress import CancelToken
from queries.question import ask_for
from tests.engines.athena_stand import REGION

MARCH = Extent(("111122223333",), (), date(2026, 3, 1), date(2026, 3, 31))
MEGABYTE = 10**6


@pytest.fixture
def athena(moto_athena: AthenaBackend) -> AthenaBackend:
    return moto_athena


def engine(**options: Any) -> AthenaEngine:
    known = {"database": "ecr", "work_group": "ir", "region": REGION, **options}
    return AthenaEngine(AthenaOptions(**known), MARCH)


def answers(backend: AthenaBackend, columns: dict[str, str], *rows: tuple[str | None, ...]) -> None:
    """The next statement's answer, as Athena gives one: names first, NULL without a value."""
    cells = [{"Data": [{"VarCharValue": name} for name in columns]}]
    for row in rows:
        cells.append({"Data": [{} if v is None else {"VarCharValue": v} for v in row]})
    described = [{"Name": name, "Type": kind} for name, kind in columns.items()]
    backend.query_results_queue.append(QueryResults(rows=cells, column_info=described))


def sent(backend: AthenaBackend) -> Any:
    return list(backend.executions.values())[-1]


def with_state(monkeypatch: pytest.MonkeyPatch, change: Callable[[dict[str, Any]], None]) -> None:
    """Let moto tell something else of a statement than it does."""
    import json

    told = AthenaResponse.get_query_execution

    def changed(self: AthenaResponse) -> str:
        answer = json.loads(told(self))
        change(answer["QueryExecution"])
        return json.dumps(answer)

    monkeypatch.setattr(AthenaResponse, "get_query_execution", changed)


# --- asking --------------------------------------------------------------------------------------


def test_values_come_with_their_types(athena: AthenaBackend) -> None:
    columns = {
        "name": "varchar", "events": "bigint", "share": "double", "ok": "boolean",
        "seen": "timestamp", "day": "date",
    }  # fmt: skip
    first = ("it's", "9007199254740993", "0.5", "true", "2026-03-08 10:00:00.000", "2026-03-08")
    answers(
        athena, columns, first, ("", None, None, "false", None, None), ("name",) * 1 + (None,) * 5
    )
    found = engine().ask("SELECT * FROM events")
    assert found.columns == list(columns)
    [one, two, three] = found.rows
    assert one[:4] == ("it's", 9007199254740993, 0.5, True)
    assert one[4].isoformat() == "2026-03-08T10:00:00"
    assert one[5] == date(2026, 3, 8)
    assert two == ("", None, None, False, None, None)
    assert three == ("name", None, None, None, None, None)


def test_a_question_is_sent_with_its_values_beside_it(athena: AthenaBackend) -> None:
    answers(athena, {"event_key": "bigint"})
    question = ask_for("event_by_id", event_id="'; DROP TABLE events; --")
    engine(output="s3://other/place/").ask(question.sql, question.bound)
    statement = sent(athena)
    assert "DROP TABLE" not in statement.query
    assert set(statement.execution_parameters) == {"'''; DROP TABLE events; --'"}
    assert len(statement.execution_parameters) == statement.query.count("?")
    assert statement.context == {"Database": "ecr"}
    assert statement.workgroup.name == "ir"
    assert statement.config["OutputLocation"].startswith("s3://other/place/")
    assert "account IN ('111122223333')" in statement.query
    assert "\"date\" <= '2026-03-31'" in statement.query


def test_an_answer_without_rows_has_its_columns(athena: AthenaBackend) -> None:
    answers(athena, {"a": "varchar", "b": "bigint"})
    [page] = engine().pages("SELECT 1 AS one")
    assert (page.columns, page.rows) == (["a", "b"], [])


def test_long_answers_come_in_pages(athena: AthenaBackend, monkeypatch: pytest.MonkeyPatch) -> None:
    import json

    answers(athena, {"n": "bigint"}, *((str(n),) for n in range(2500)))
    asked: list[str] = []

    def in_pages(self: AthenaResponse) -> str:
        whole = self.athena_backend.get_query_results(self._get_param("QueryExecutionId"))
        most, token = self._get_param("MaxResults"), self._get_param("NextToken") or "0"
        asked.append(token)
        end = int(token) + most
        page = QueryResults(whole.rows[int(token) : end], whole.column_info).to_dict()
        if end < len(whole.rows):
            page["NextToken"] = str(end)
        return json.dumps(page)

    monkeypatch.setattr(AthenaResponse, "get_query_results", in_pages)
    pages = engine().pages("SELECT n FROM events", size=700)
    first = next(pages)
    assert asked == ["0"], "the rest is fetched when it is wanted"
    rest = list(pages)
    assert [len(page.rows) for page in (first, *rest)] == [700, 700, 700, 400]
    rows = [row for page in (first, *rest) for row in page.rows]
    assert rows == [(n,) for n in range(2500)]
    assert asked == ["0", "1000", "2000"]


# --- stopping and paying -------------------------------------------------------------------------


@pytest.fixture
def slow(athena: AthenaBackend) -> Iterator[AthenaBackend]:
    """Statements that run on and on."""
    before = state_manager.get_transition("athena::execution")
    state_manager.set_transition("athena::execution", {"progression": "manual", "times": 10**6})
    yield athena
    state_manager.set_transition("athena::execution", before)


def test_a_question_is_stopped_at_athena_too(slow: AthenaBackend) -> None:
    asked, cancel = engine(), CancelToken()
    stopped: list[BaseException] = []

    def ask() -> None:
        try:
            asked.ask("SELECT count(*) AS n FROM events", cancel=cancel)
        except Cancelled as error:
            stopped.append(error)

    thread = threading.Thread(target=ask)
    thread.start()
    while not (doing := asked.doing) and thread.is_alive():
        time.sleep(0.005)
    assert re.fullmatch(r"Athena: queued for \d+ s, read 0 bytes", doing)
    cancel.cancel()
    thread.join(30)
    assert stopped
    assert sent(slow).status == "CANCELLED"
    assert asked.doing == ""


def test_what_was_stopped_before_is_not_even_sent(athena: AthenaBackend) -> None:
    cancel = CancelToken()
    cancel.cancel()
    with pytest.raises(Cancelled):
        engine().ask("SELECT 1 AS one", cancel=cancel)
    assert not athena.executions


def test_a_question_that_reads_too_much_is_stopped(
    slow: AthenaBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_state(
        monkeypatch, lambda told: told["Statistics"].update(DataScannedInBytes=30 * MEGABYTE)
    )
    asked = engine(budget=Budget(limit=20 * MEGABYTE, price=5.0))
    with pytest.raises(InvestigationError) as told:
        asked.ask("SELECT count(*) AS n FROM events")
    assert str(told.value) == (
        "stopped: the question had read 30 MB, $0.00015, more than the limit of 20 MB; narrow"
        " accounts, regions or days, or raise --athena-limit"
    )
    assert sent(slow).status == "CANCELLED"
    assert asked.bill == "read 30 MB, $0.00015"


def test_the_terms_are_said_before_anything_is_asked(athena: AthenaBackend) -> None:
    asked = engine(budget=Budget(limit=2 * 10**12, price=6.75))
    assert asked.terms == (
        "Athena in eu-west-1, work group ir, 111122223333, all regions, 2026-03-01 to 2026-03-31:"
        " each statement is stopped when it has read 2 TB ($13.50 at $6.75 a terabyte)"
    )
    assert not athena.executions


def test_what_was_read_is_added_up(athena: AthenaBackend, monkeypatch: pytest.MonkeyPatch) -> None:
    with_state(monkeypatch, lambda told: told["Statistics"].update(DataScannedInBytes=1))
    asked = engine()
    answers(athena, {"n": "bigint"}, ("1",))
    answers(athena, {"n": "bigint"}, ("1",))
    asked.ask("SELECT count(*) AS n FROM events")
    asked.ask("SELECT count(*) AS n FROM events")
    assert asked.bill == "read 2 bytes, $0.0001", "ten megabytes are the least that is paid"


def test_a_work_groups_own_limit_counts_when_it_is_smaller(athena: AthenaBackend) -> None:
    client = boto3.client("athena", REGION)
    client.create_work_group(
        Name="small",
        Configuration={
            "ResultConfiguration": {"OutputLocation": "s3://answers/"},
            "BytesScannedCutoffPerQuery": 50 * MEGABYTE,
        },
    )
    assert engine(work_group="small").limit == 50 * MEGABYTE
    assert engine(work_group="small", output="s3://answers").limit == 50 * MEGABYTE
    with pytest.raises(WrongUsage, match="writes its answers to s3://answers/ and takes no other"):
        engine(work_group="small", output="s3://elsewhere/")
    assert engine(work_group="small", budget=Budget(limit=20 * MEGABYTE)).limit == 20 * MEGABYTE


@pytest.mark.parametrize(
    ("read", "said"),
    [(0, 0.00005), (10_000_001, 0.000055), (10**12, 5.0), (3 * 10**15, 15_000.0)],
)
def test_what_it_costs(read: int, said: float) -> None:
    assert Budget().cost(read) == pytest.approx(said)


def test_amounts_can_be_read() -> None:
    assert [dollars(n) for n in (0, 0.00005, 0.0123, 5, 15_000)] == [
        "0.00", "0.00005", "0.01", "5.00", "15,000.00",
    ]  # fmt: skip
    assert parse_limit("500MB") == 500 * MEGABYTE
    assert parse_limit("1.5 tb") == 1_500_000 * MEGABYTE
    assert parse_price("6.75") == 6.75
    for text in ("", "5 apples", "1MB", "-1GB"):
        with pytest.raises(WrongUsage, match="--athena-limit"):
            parse_limit(text)
    for text in ("", "nan", "-1", "inf"):
        with pytest.raises(WrongUsage, match="--athena-price"):
            parse_price(text)


# --- what goes wrong -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("state", "reason", "said"),
    [
        ("FAILED", "TABLE_NOT_FOUND: line 1:1:\n Table 'x' does not exist",
         "Athena: TABLE_NOT_FOUND: line 1:1: Table 'x' does not exist"),
        ("FAILED", "", "Athena: the question failed, and it says not why"),
        ("FAILED", "CONSTRAINT_VIOLATION: For the injected projected partition column account",
         "(the table wants the account or region named: --account, --region)"),
        ("CANCELLED", "Query exhausted resources", "Athena stopped the question: Query exhausted"),
    ],
)  # fmt: skip
def test_a_failure_is_one_sentence(
    athena: AthenaBackend, monkeypatch: pytest.MonkeyPatch, state: str, reason: str, said: str
) -> None:
    with_state(
        monkeypatch, lambda told: told["Status"].update(State=state, StateChangeReason=reason)
    )
    asked = engine()
    with pytest.raises(InvestigationError) as told:
        asked.ask("SELECT 1 AS one FROM events")
    assert said in str(told.value)
    assert "\n" not in str(told.value)
    if state == "FAILED":
        assert asked.spent == 0


def test_what_athena_refuses_is_said(
    athena: AthenaBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = engine()

    def refuse(self: AthenaResponse) -> tuple[str, dict[str, int]]:
        return self.error("Queries of this type are not supported", 400)

    monkeypatch.setattr(AthenaResponse, "start_query_execution", refuse)
    with pytest.raises(
        InvestigationError, match="Athena refused the question: Queries of this type are not"
    ):
        asked.ask("SELECT 1 AS one")


def test_a_work_group_that_is_not_there_is_said(athena: AthenaBackend) -> None:
    with pytest.raises(InvestigationError, match="no work group nobody in eu-west-1"):
        engine(work_group="nobody")


def test_answers_need_a_place(athena: AthenaBackend) -> None:
    boto3.client("athena", REGION).create_work_group(Name="bare")
    with pytest.raises(WrongUsage, match="give --athena-output"):
        engine(work_group="bare")
    assert engine(work_group="bare", output="s3://answers/x/").limit == Budget().limit


def test_an_extent_without_days_is_refused(athena: AthenaBackend) -> None:
    options = AthenaOptions("ecr", work_group="ir", region=REGION)
    for extent in (Extent(), Extent(("111122223333",), (), date(2026, 3, 1), None)):
        with pytest.raises(WrongUsage, match="say from which day to which"):
            AthenaEngine(options, extent)


def test_without_credentials_it_says_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    with pytest.raises(InvestigationError, match="no \\(complete\\) AWS credentials were found"):
        engine()


@pytest.mark.parametrize(
    ("database", "output"), [("e'cr", None), ("ecr", "answers/"), ("ecr", "s3://b/it's/")]
)
def test_names_that_need_quotes_are_refused(database: str, output: str | None) -> None:
    with pytest.raises(WrongUsage):
        AthenaOptions(database, output=output)
