"""The command line over a bucket."""

from __future__ import annotations

import csv
import io
import json
import os
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.evidence_files import write
from tests.sources.buckets import OTHER_ACCOUNT, deliveries, delivery, key
from tests.sources.proxies import Answer, FaultProxy, Request
from tests.sources.s3_server import Server
from tui.cli import main

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """Run a command; exit code, standard output, standard error."""

    def call(*words: str) -> tuple[int, str, str]:
        try:
            code = main(words)
        except SystemExit as stop:
            code = int(stop.code or 0)
        out, err = capsys.readouterr()
        return code, out, err

    return call


@pytest.fixture
def filled(server: Server, bucket: str) -> str:
    server.fill(
        bucket,
        {
            **deliveries(3),
            **deliveries(2, region="eu-west-1", day="2026/03/05"),
            **deliveries(1, account=OTHER_ACCOUNT),
            "loose.json": delivery(9),
        },
    )
    return f"s3://{bucket}"


def test_pushes_are_printed_from_a_bucket(server: Server, filled: str, run: Run) -> None:
    code, out, err = run("pushes", filled, "--endpoint-url", server.url, "--format", "jsonl")

    assert code == 0, err
    # The same numbers are the same events in every region here, so copies are merged.
    assert len(out.splitlines()) == 4


def test_options_before_the_command_count_too(server: Server, filled: str, run: Run) -> None:
    code, out, _ = run("--endpoint-url", server.url, "pushes", filled, "--format", "jsonl")
    assert (code, len(out.splitlines())) == (0, 4)


def test_list_counts_objects_and_fetches_none(proxy: FaultProxy, filled: str, run: Run) -> None:
    code, out, err = run("--list", filled, "--endpoint-url", proxy.url, "--format", "csv")

    rows = list(csv.DictReader(io.StringIO(out)))
    assert code == 0
    assert [(r["account"], r["region"], r["day"], r["objects"]) for r in rows] == [
        ("", "", "", "1"),
        ("111122223333", "eu-west-1", "2026-03-05", "2"),
        ("111122223333", "us-east-1", "2026-03-02", "3"),
        (OTHER_ACCOUNT, "us-east-1", "2026-03-02", "1"),
    ]
    assert "7 objects" in err
    assert proxy.fetched() == []


def test_list_takes_the_selection(server: Server, filled: str, run: Run) -> None:
    narrow = ["--since", "2026-03-04", "--until", "2026-03-06", "--account", "111122223333"]
    code, out, err = run(
        "--list", f"{filled}/AWSLogs/", "--endpoint-url", server.url, "--format", "json", *narrow
    )

    assert code == 0
    assert [(row["day"], row["objects"]) for row in json.loads(out)] == [("2026-03-05", 2)]
    assert "day folders 2026-03-03 to 2026-03-06" in err


@pytest.mark.parametrize("command", ["activity", "evidence"])
def test_commands_fetch_only_what_was_asked_for(
    proxy: FaultProxy, filled: str, run: Run, command: str
) -> None:
    code, _, err = run(
        command, filled, "--endpoint-url", proxy.url, "--region", "eu-west-1", "--account",
        "111122223333",
    )  # fmt: skip

    assert code == 0, err
    fetched = proxy.fetched()
    assert len([path for path in fetched if "AWSLogs" in path]) == 2
    assert all("eu-west-1" in path or path.endswith("loose.json") for path in fetched)


def test_several_regions_may_be_named(proxy: FaultProxy, filled: str, run: Run) -> None:
    code, out, err = run(
        "activity", f"{filled}/AWSLogs/", "--endpoint-url", proxy.url, "--format", "jsonl",
        "--region", "eu-west-1,us-east-1", "--account", "111122223333",
    )  # fmt: skip
    assert code == 0, err
    assert len(proxy.fetched()) == 5
    assert len(out.splitlines()) == 3


def test_a_span_is_counted_back_from_now(server: Server, filled: str, run: Run) -> None:
    code, _, err = run(
        "pushes", f"{filled}/AWSLogs", "--endpoint-url", server.url, "--since", "3650d"
    )
    assert code == 0, err
    code, _, err = run("pushes", f"{filled}/AWSLogs", "--endpoint-url", server.url, "--since", "1h")
    assert code == 1
    assert "matches what was asked for" in err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["pushes", "."  , "--profile", "x"], "no s3:// path is given"),
        (["evidence", ".", "--since", "2026-03-01"], "no s3:// path is given"),
        (["--list", "."], "s3:// paths only"),
        (["--list", "s3://logs", "--account", "12"], "12 digits"),
        (["pushes", "s3://logs", "--endpoint-url", "nowhere"], "--endpoint-url"),
        (["pushes", "s3:///x"], "not a bucket"),
        (["pushes", "s3://logs", "--evidence-limit", "much"], "not a size"),
        (["pushes", "s3://logs", "--since", "2026-03-02", "--until", "2026-03-01"], "before"),
        (["--list", "s3://logs", "--since", "soon"], "not a time"),
    ],
)  # fmt: skip
def test_wrong_usage_is_said(words: list[str], said: str, run: Run) -> None:
    code, out, err = run(*words)
    assert (code, out) == (2, "")
    assert said in err


def test_a_missing_sign_in_stops_a_run_over_buckets_alone(
    server: Server, filled: str, run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    write(tmp_path, {"x.json.gz": delivery(1)})

    code, _, err = run("pushes", filled, "--endpoint-url", server.url)
    assert code == 1
    assert f"{filled}: no (complete) AWS credentials" in err
    code, out, err = run(
        "pushes", filled, str(tmp_path), "--format", "jsonl", "--endpoint-url", server.url
    )
    assert (code, len(out.splitlines())) == (0, 1)
    assert "evidence incomplete" in err


def test_strict_counts_objects_that_could_not_be_fetched(
    proxy: FaultProxy, filled: str, run: Run
) -> None:
    proxy.rule = lambda request: (
        Answer(403, "AccessDenied") if request.path.endswith(key(1)) else None
    )
    code, _, err = run("pushes", filled, "--endpoint-url", proxy.url, "--strict")
    assert code == 1
    assert "1 of 7 objects not fetched: access denied" in err
    code, _, _ = run("pushes", filled, "--endpoint-url", proxy.url)
    assert code == 0


def test_ctrl_c_ends_in_order_and_keeps_what_was_fetched(
    proxy: FaultProxy, filled: str, run: Run, own_cache: Path
) -> None:
    interrupted = threading.Event()

    def kept() -> list[Path]:
        return [path for path in own_cache.rglob("evidence/*/*") if path.is_file()]

    def rule(request: Request) -> None:
        if not request.is_object or len(proxy.fetched()) == 1:
            return
        # The others wait until the first one is there; then somebody presses Ctrl+C.
        while not any(not path.name.startswith(".") for path in kept()):
            time.sleep(0.01)
        if not interrupted.is_set():
            interrupted.set()
            os.kill(os.getpid(), signal.SIGINT)

    proxy.rule = rule
    before = signal.getsignal(signal.SIGINT)
    code, out, err = run("pushes", filled, "--endpoint-url", proxy.url)

    assert (code, out) == (130, "")
    assert "stopped" in err
    assert signal.getsignal(signal.SIGINT) is before
    assert kept()
    assert not [path for path in kept() if path.name.startswith(".fetching")]


def test_the_policy_is_printed(run: Run) -> None:
    code, out, _ = run("s3-policy", "logs", "--prefix", "AWSLogs/o-1/")
    assert code == 0
    assert json.loads(out)["Statement"][1]["Resource"] == "arn:aws:s3:::logs/AWSLogs/o-1/*"
    code, out, err = run("s3-policy", "not a bucket")
    assert (code, out) == (2, "")
    assert "not a bucket" in err
