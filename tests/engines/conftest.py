"""One converted folder for all tests of engines."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto.athena.models import AthenaBackend

from queries.case import Case, open_case
from queries.convert import convert
from queries.converted.layout import is_whole
from queries.engines.spark_local import why_not
from queries.progress import CancelToken, Progress
from samples import incident_path
from tests.engines.athena_stand import DATABASE, REGION, WORK_GROUP, Stand, answer
from tests.engines.spark_server import alone, keep_in_memory, shared_server


@pytest.fixture(scope="session")
def incident_case() -> Iterator[Case]:
    """The sample incident."""
    with open_case([str(incident_path())], use_cache=False) as case:
        yield case


@pytest.fixture(scope="session")
def common(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that all processes of this run of the tests have."""
    folder = tmp_path_factory.getbasetemp()
    return folder.parent if "PYTEST_XDIST_WORKER" in os.environ else folder


@pytest.fixture(scope="session")
def converted_folder(common: Path, request: pytest.FixtureRequest) -> Path:
    """The same, converted, by the first process that wants it."""
    folder = common / "converted"
    with alone(common):
        if not is_whole(folder):
            convert(request.getfixturevalue("incident_case"), folder, Progress(), CancelToken())
    return folder


@pytest.fixture(scope="session")
def spark_address(common: Path) -> Iterator[str]:
    """A Spark Connect server; tests that want it are skipped where Spark cannot run."""
    if reason := why_not():
        pytest.skip(f"{reason} (make spark)")
    with shared_server(common) as address:
        yield address


@pytest.fixture(scope="session")
def folder_in_memory(spark_address: str, converted_folder: Path, common: Path) -> Path:
    """The folder, which that server has in memory, too."""
    done = common / "in-memory"
    with alone(common):
        if not done.exists():
            keep_in_memory(spark_address, converted_folder)
            done.touch()
    return converted_folder


@pytest.fixture(scope="session")
def athena_stand(converted_folder: Path) -> Stand:
    """The folder's tables as Athena has them, in DuckDB."""
    return Stand(converted_folder)


@pytest.fixture
def moto_athena(monkeypatch: pytest.MonkeyPatch) -> Iterator[AthenaBackend]:
    """moto's Athena with a work group, and credentials for it."""
    from moto import mock_aws
    from moto.athena.models import athena_backends
    from moto.core.models import DEFAULT_ACCOUNT_ID

    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    monkeypatch.setattr("queries.engines.athena._FIRST_LOOK", 0.001)
    monkeypatch.setattr("queries.engines.athena._LONGEST_LOOK", 0.001)
    with mock_aws():
        boto3.client("athena", REGION).create_work_group(
            Name=WORK_GROUP,
            Configuration={
                "ResultConfiguration": {"OutputLocation": "s3://answers/"},
                "EnforceWorkGroupConfiguration": False,
            },
        )
        yield athena_backends[DEFAULT_ACCOUNT_ID][REGION]


@pytest.fixture
def athena_path(
    moto_athena: AthenaBackend, athena_stand: Stand, monkeypatch: pytest.MonkeyPatch
) -> list[str]:
    """The path and options that ask an Athena which answers from the folder's tables."""
    start = AthenaBackend.start_query_execution

    def started(self: AthenaBackend, *given: Any, **named: Any) -> str:
        statement = start(self, *given, **named)
        answer(athena_stand, self, statement)
        return statement

    monkeypatch.setattr(AthenaBackend, "start_query_execution", started)
    group, region = ("--athena-work-group", WORK_GROUP), ("--athena-region", REGION)
    return [f"athena://{DATABASE}", *group, *region]
