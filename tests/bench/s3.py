"""What reading straight from a bucket costs, against copying it first: run by hand.

    python -m tests.bench.s3 --aws PATH/TO/aws [--runs 3] [--lag 25]

Starts the S3 server of the tests with 2,000 small objects (20 records) and 50 large ones (4,000),
and takes, each in a fresh process with an empty cache: `aws s3 sync` alone, our transfer alone, and
our transfer with the index built; the same once more with a lag added to every request. The AWS
command line is no dependency: install it into a venv of its own (pip install awscli).
"""

from __future__ import annotations

import argparse
import gzip
import json
import multiprocessing
import os
import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from tests.bench.generate import generate
from tests.bench.measure import Run, machine, run_child
from tests.sources.proxies import lag_proxy
from tests.sources.s3_server import READER, Server, running_server

SMALL, LARGE, RECORDS = 2_000, 50, 20
BUCKET = "bench"

_TRANSFER = """
import sys, tempfile
from pathlib import Path
from queries.sources.local import Listing
from queries.sources.buckets.options import S3Options
from queries.sources.buckets.remote import Remote
from queries.sources.buckets.source import RemoteSource
source = RemoteSource(Remote(S3Options(endpoint_url=sys.argv[1])), [sys.argv[2]])
listing = Listing()
source.list_into(listing)
with tempfile.TemporaryDirectory() as folder:
    source.add_items(listing, Path(folder))
    source.start(listing)
    for item in listing.items:
        item.fetch()
    source.cleanup()
print(len(listing.items))
"""
_INDEX = """
import sys
from queries.case import open_case
from queries.sources.buckets.options import S3Options
from queries.sources.buckets.remote import Remote
remote = Remote(S3Options(endpoint_url=sys.argv[1]))
with open_case([sys.argv[2]], use_cache=False, remote=remote) as case:
    print(case.totals["files"], case.totals["events"], case.totals["evidence_complete"])
"""
_LOCAL = """
import sys
from queries.case import open_case
with open_case([sys.argv[1]], use_cache=False) as case:
    print(case.totals["files"], case.totals["events"], case.totals["evidence_complete"])
"""


def main() -> int:
    """Measure, print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--aws", default=shutil.which("aws"), help="the AWS command line")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--lag", type=int, default=25, help="milliseconds for every request")
    options = parser.parse_args()
    os.environ.update(
        AWS_ACCESS_KEY_ID=READER[0],
        AWS_SECRET_ACCESS_KEY=READER[1],
        AWS_EC2_METADATA_DISABLED="true",
        AWS_DEFAULT_REGION="us-east-1",
    )
    with tempfile.TemporaryDirectory(prefix="bench-s3-") as name, running_server() as server:
        _fill_apart(server, Path(name))
        print(f"machine: {machine()}\n{SMALL:,} small and {LARGE} large objects")
        for group in ("small", "large"):
            _measure(server.url, f"{group}, no lag", group, options, Path(name))
        with lag_proxy(server.url, options.lag / 1000) as url:
            for group in ("small", "large"):
                _measure(url, f"{group}, {options.lag} ms lag", group, options, Path(name))
    return 0


def _fill_apart(server: Server, folder: Path) -> None:
    """In a process of its own: what it takes would count as the memory of every child."""
    process = multiprocessing.get_context("spawn").Process(target=_fill, args=(server, folder))
    process.start()
    process.join()
    if process.exitcode:
        raise RuntimeError("the bucket could not be filled")


def _fill(server: Server, folder: Path) -> None:
    files = generate(folder / "data", LARGE * 4_000)
    objects: dict[str, bytes] = {}
    for number, path in enumerate(files[:LARGE]):
        objects[f"large/{_key(number)}"] = path.read_bytes()
    records = [
        record
        for path in files[: -(-SMALL * RECORDS // 4_000)]
        for record in json.loads(gzip.decompress(path.read_bytes()))["Records"]
    ]
    for number in range(SMALL):
        part = records[number * RECORDS : (number + 1) * RECORDS]
        text = json.dumps({"Records": part}, separators=(",", ":"))
        objects[f"small/{_key(number)}"] = gzip.compress(text.encode())
    server.fill(BUCKET, objects)
    for group in ("small", "large"):
        size = sum(len(body) for key, body in objects.items() if key.startswith(group))
        print(f"{group}: {size / (1 << 20):.1f} MiB")


def _key(number: int) -> str:
    place = "AWSLogs/111122223333/CloudTrail/us-east-1/2026/03/02"
    return f"{place}/111122223333_CloudTrail_us-east-1_20260302T0000Z_{number:016}.json.gz"


def _measure(url: str, title: str, group: str, options: argparse.Namespace, folder: Path) -> None:
    path = f"s3://{BUCKET}/{group}/"
    copied = str(folder / "copied")
    ways: dict[str, Callable[[], Run]] = {
        "transfer alone": lambda: run_child([sys.executable, "-c", _TRANSFER, url, path]),
        "transfer and index": lambda: run_child([sys.executable, "-c", _INDEX, url, path]),
    }
    if options.aws:
        ways["aws s3 sync"] = lambda: run_child(
            [options.aws, "s3", "sync", "--only-show-errors", "--endpoint-url", url, path, copied]
        )
    print(f"\n{title}")
    for name, way in ways.items():
        runs = []
        for _ in range(options.runs):
            shutil.rmtree(copied, ignore_errors=True)
            runs.append(way())
        times = ", ".join(f"{run.seconds:.1f}" for run in sorted(runs, key=lambda r: r.seconds))
        cpu = min(run.cpu_seconds for run in runs)
        peak = max(run.peak_mib for run in runs)
        said = runs[-1].output.splitlines()[-1:] if name != "aws s3 sync" else []
        print(f"  {name:<20} {times} s, {cpu:.1f} s of CPU, {peak:.0f} MiB {' '.join(said)}")
    if options.aws:
        run = run_child([sys.executable, "-c", _LOCAL, copied])
        print(
            f"  {'then, local index':<20} {run.seconds:.1f} s, {run.peak_mib:.0f} MiB {run.output}"
        )


if __name__ == "__main__":
    sys.exit(main())
