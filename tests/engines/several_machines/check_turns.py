"""Several clients at one folder, and clients that stop: nothing is mixed, nothing goes on."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from queries.engines.spark import SparkEngine
from queries.engines.spark_session import SparkSession
from queries.errors import Cancelled, WrongUsage
from queries.progress import CancelToken, Progress
from queries.trail import claim
from queries.trail.claim import Claim
from queries.trail.converting import convert_by_workers
from tests.engines.conversions import At, with_spark
from tests.engines.several_machines.check_losses import LONG, at_work
from tests.engines.several_machines.cluster import Cluster, Server
from tests.engines.several_machines.conftest import TRAIL, Here, Shared, choice
from tests.engines.trails import DAYS
from tui.cli import main


@pytest.fixture
def other(server: Server, cluster: Cluster) -> Iterator[Server]:
    """Another server, with an executor on a worker of its own."""
    cluster.add_worker("worker4")
    other = cluster.start_server("other", 1)
    yield other
    other.machine.kill()
    cluster.remove_worker("worker4")


def test_of_two_conversions_at_one_server_the_second_is_refused(
    server: Server, behind: Shared, grown: Here, capsys: pytest.CaptureFixture[str]
) -> None:
    refused = []

    def also() -> None:
        capsys.readouterr()
        refused.append(main(["convert", TRAIL, behind.there, *with_spark(server.address)]))
        assert "another conversion writes into it, and was heard of" in capsys.readouterr().err

    convert_by_workers(choice(server), behind.there, At({"merging": also}), CancelToken())
    assert refused == [2]
    grown.assert_same(behind.here, grown=True)


def test_of_two_conversions_at_two_servers_the_slower_one_stops(
    server: Server, other: Server, behind: Shared, grown: Here
) -> None:
    def also() -> None:
        assert main(["convert", TRAIL, behind.there, *with_spark(other.address)]) == 0

    slower = At({"writing what was made": also})
    with pytest.raises(WrongUsage, match="another conversion"):
        convert_by_workers(choice(server), behind.there, slower, CancelToken())
    grown.assert_same(behind.here, grown=True)


def test_a_client_that_was_killed_is_forgotten_after_a_while(
    server: Server, converted: Shared, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = SparkSession(server.address)
    Claim(session, converted.there, converted.there)._take()  # and nothing more is heard of it
    with pytest.raises(WrongUsage, match="one that was killed is forgotten after 360"):
        convert_by_workers(choice(server), converted.there, Progress(), CancelToken())
    monkeypatch.setattr(claim, "FORGOTTEN", 0)
    assert convert_by_workers(choice(server), converted.there, Progress(), CancelToken())
    session.close()


def test_who_stops_a_question_stops_it_on_all_machines(server: Server, converted: Shared) -> None:
    engine = SparkEngine(server.address, converted.there, DAYS)
    cancel = CancelToken()
    at_work(server, cancel.cancel)
    with pytest.raises(Cancelled):
        engine.ask(LONG, cancel=cancel)
    server.wait_for_rest()
    engine.close()


def test_who_stops_a_conversion_stops_it_on_all_machines(
    server: Server, behind: Shared, here: Here
) -> None:
    cancel = CancelToken()
    stages = {"reading": lambda: at_work(server, cancel.cancel)}
    with pytest.raises(Cancelled):
        convert_by_workers(choice(server), behind.there, At(stages), cancel)
    server.wait_for_rest()
    here.assert_same(behind.here)
