"""The calls of Athena's API: start, look, stop, fetch. Nothing else here knows boto3.

Plain boto3, which the program has anyway for buckets: PyAthena would hide the very things that are
needed here (what a statement has read so far, stopping it, how values are spelled).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from queries.errors import InvestigationError
from queries.sources.buckets.faults import DENIED, OTHER, USAGE, NotFetched, plain
from queries.sources.buckets.options import S3Options
from queries.sources.s3.client import S3Client

ROWS_IN_ANSWER = 1000
"""https://docs.aws.amazon.com/athena/latest/APIReference/API_GetQueryResults.html"""


@dataclass(frozen=True, slots=True)
class State:
    """How a statement fares: QUEUED, RUNNING, SUCCEEDED, FAILED or CANCELLED, why, bytes read."""

    state: str
    reason: str
    read: int

    @property
    def over(self) -> bool:
        return self.state in {"SUCCEEDED", "FAILED", "CANCELLED"}


@dataclass(frozen=True, slots=True)
class WorkGroup:
    """What a work group says of itself."""

    output: str
    """Where it writes answers; empty when every statement has to say so."""
    enforced: bool
    """Whether its own settings win over those of a statement."""
    limit: int | None
    """Bytes after which it stops a statement by itself."""


class Calls:
    """One region's Athena, signed in with the standard chain of credentials. Thread-safe."""

    def __init__(self, profile: str | None, region: str | None, database: str) -> None:
        """Signs in, asking for an MFA code if there is one to ask. Raises `InvestigationError`."""
        self._door = S3Client(S3Options(profile=profile, bucket_region=region))
        self._database = database
        try:
            self._door.prepare()
        except NotFetched as error:
            raise InvestigationError(f"Athena: {error.fault.text}") from None
        self.region = self._door.region
        self._athena = self._door.other("athena", self.region)

    def work_group(self, name: str) -> WorkGroup:
        """Its settings. Raises `InvestigationError`."""
        with self._faults(f"the work group {name}"):
            answer = self._athena.get_work_group(WorkGroup=name)
        found = answer.get("WorkGroup") or {}
        if not found:
            raise InvestigationError(f"Athena has no work group {name} in {self.region}")
        if found.get("State") == "DISABLED":
            raise InvestigationError(f"the work group {name} of Athena is disabled")
        told = found.get("Configuration") or {}
        return WorkGroup(
            str((told.get("ResultConfiguration") or {}).get("OutputLocation") or ""),
            bool(told.get("EnforceWorkGroupConfiguration", True)),
            told.get("BytesScannedCutoffPerQuery"),
        )

    def start(self, sql: str, values: tuple[str, ...], group: str, output: str | None) -> str:
        """Run a statement; its id. Raises `InvestigationError`."""
        asked: dict[str, Any] = {
            "QueryString": sql,
            "QueryExecutionContext": {"Database": self._database},
            "WorkGroup": group,
        }
        if values:
            asked["ExecutionParameters"] = list(values)
        if output:
            asked["ResultConfiguration"] = {"OutputLocation": output}
        with self._faults("the question"):
            return str(self._athena.start_query_execution(**asked)["QueryExecutionId"])

    def look(self, statement: str) -> State:
        """How it fares. Raises `InvestigationError`."""
        with self._faults("the question"):
            answer = self._athena.get_query_execution(QueryExecutionId=statement)
        found = answer["QueryExecution"]
        status, told = found.get("Status") or {}, found.get("Statistics") or {}
        return State(
            str(status.get("State") or ""),
            str(status.get("StateChangeReason") or ""),
            int(told.get("DataScannedInBytes") or 0),
        )

    def stop(self, statement: str) -> None:
        """Stop it; one that is over already stays as it is."""
        with self._faults("the question"):
            self._athena.stop_query_execution(QueryExecutionId=statement)

    def rows(self, statement: str) -> Iterator[tuple[list[str], list[tuple[Any, ...]]]]:
        """Names and rows, at most 1,000 at a time, at least once. Raises `InvestigationError`."""
        token = ""
        first = True
        while first or token:
            asked: dict[str, Any] = {"QueryExecutionId": statement, "MaxResults": ROWS_IN_ANSWER}
            if token:
                asked["NextToken"] = token
            with self._faults("the answer"):
                answer = self._athena.get_query_results(**asked)
            described = answer["ResultSet"]["ResultSetMetadata"]["ColumnInfo"]
            names = [str(column["Name"]) for column in described]
            kinds = [str(column["Type"]) for column in described]
            rows = [_cells(row) for row in answer["ResultSet"]["Rows"]]
            if first and rows and rows[0] == names:
                rows = rows[1:]  # a SELECT's answer begins with the names
            yield names, [tuple(map(_value, row, kinds)) for row in rows]
            following = str(answer.get("NextToken") or "")
            first, token = False, following if following != token else ""

    @contextmanager
    def _faults(self, what: str) -> Iterator[None]:
        try:
            yield
        except Exception as error:
            raise InvestigationError(self._sentence(error, what)) from None

    def _sentence(self, error: Exception, what: str) -> str:
        response = getattr(error, "response", None)
        told = response.get("Error", {}) if isinstance(response, dict) else {}
        code, message = str(told.get("Code") or ""), plain(str(told.get("Message") or ""))
        if code in {"InvalidRequestException", "MetadataException", "ResourceNotFoundException"}:
            return f"Athena refused {what}: {message or code}"
        fault = self._door.fault(error, "athena")
        if fault.kind in {DENIED, USAGE, OTHER}:
            return f"Athena refused {what}: {message or code or type(error).__name__}"
        return f"Athena: {fault.text}"


def _cells(row: dict[str, Any]) -> list[str | None]:
    """NULL is a cell without a value."""
    return [cell.get("VarCharValue") for cell in row.get("Data", ())]


def _value(cell: str | None, kind: str) -> Any:
    """The value that a text stands for: Athena gives every value as text, and its type beside it.
    https://docs.aws.amazon.com/athena/latest/APIReference/API_ColumnInfo.html"""
    if cell is None:
        return None
    if kind in {"tinyint", "smallint", "integer", "bigint"}:
        return int(cell)
    if kind in {"double", "float", "real", "decimal"}:
        return float(cell)
    if kind == "boolean":
        return cell == "true"
    if kind == "timestamp":
        return datetime.fromisoformat(cell)
    if kind == "date":
        return date.fromisoformat(cell)
    if kind == "array":  # its parts stand between commas and have no quotes: one text
        return [cell[1:-1]] if cell[1:-1] else []
    return cell
