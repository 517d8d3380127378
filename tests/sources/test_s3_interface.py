"""The interface over a bucket."""

from __future__ import annotations

import pytest

from queries.errors import WrongUsage
from queries.sources.buckets.source import Remote
from tests.sources.buckets import deliveries, key, options
from tests.sources.proxies import Answer, FaultProxy
from tests.sources.s3_server import Server
from tests.tui.driving import Driver
from tui.app import REPOSITORIES, InvestigateApp
from tui.cli import main
from tui.screens.repositories import RepositoriesScreen


async def test_a_bucket_opens_and_a_missing_object_shows(
    server: Server, proxy: FaultProxy, bucket: str
) -> None:

    server.fill(bucket, deliveries(4))
    proxy.rule = lambda request: (
        Answer(403, "AccessDenied") if request.path.endswith(key(2)) else None
    )
    app = InvestigateApp([f"s3://{bucket}"], remote=Remote(options(proxy.url)), start=REPOSITORIES)
    async with app.run_test(size=(120, 40)) as pilot:
        driver = Driver(app, pilot)
        await driver.settle()
        driver.on(RepositoriesScreen)
        assert "1 file damaged" in driver.text()
        assert not app.evidence_complete
    app.finish()


def test_credentials_are_resolved_before_the_terminal_is_taken(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)

    def never(self: InvestigateApp) -> None:
        raise WrongUsage("the interface was started")

    monkeypatch.setattr(InvestigateApp, "run", never)

    assert main(["s3://logs"]) == 1
    assert "no (complete) AWS credentials" in capsys.readouterr().err
