"""`az://` and `gs://` keep the promises of `s3://`, against real local servers."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pytest

from queries.case import Case, open_case
from queries.errors import InvestigationError
from queries.folders import cache_folder
from queries.progress import CancelToken, Progress
from queries.raw import raw_record
from queries.refresh import look_again
from queries.sources.buckets.options import S3Options, Selection
from queries.sources.buckets.remote import Remote
from tests.evidence_files import image, push, trail, write, zipped
from tests.providers.azure_records import SUBSCRIPTION, digest, row, stored
from tests.providers.test_google import put as google_push
from tests.sources.azure_server import ACCOUNT as STORAGE
from tests.sources.azure_server import KEY, AzureServer
from tests.sources.buckets import ledger
from tests.sources.gcs_server import GcsServer
from tests.sources.proxies import Answer, FaultProxy, Request, fault_proxy
from tests.sources.s3_server import Server
from tests.tui.driving import Driver
from tui.app import REPOSITORIES, InvestigateApp
from tui.cli import main
from tui.screens.repositories import RepositoriesScreen
from tui.screens.selection import SelectionScreen

Storage = AzureServer | GcsServer
LISTING, BODY = "listing", "body"


@dataclass
class Place:
    """A container or bucket of one cloud, reached through a proxy that can break things."""

    cloud: str
    storage: Storage
    proxy: FaultProxy
    name: str

    @property
    def path(self) -> str:
        return f"{'az' if self.cloud == 'azure' else 'gs'}://{self.name}"

    @property
    def shown(self) -> str:
        """What an object's name begins with."""
        return f"{self.path}@{STORAGE}" if self.cloud == "azure" else self.path

    def put(self, key: str, body: bytes) -> None:
        self.storage.put(self.name, key, body)

    def fill(self, numbers: range, day: str = "02") -> list[str]:
        keys = [self.key(number, day) for number in numbers]
        for number, key in zip(numbers, keys, strict=True):
            self.put(key, self.record(number))
        return keys

    def key(self, number: int, day: str = "02") -> str:
        if self.cloud == "azure":
            resource = (
                f"resourceId=/SUBSCRIPTIONS/{SUBSCRIPTION}/RESOURCEGROUPS/PROD/PROVIDERS/"
                "MICROSOFT.CONTAINERREGISTRY/REGISTRIES/CONTOSOPROD"
            )
            return f"{resource}/y=2026/m=03/d={day}/h={number:02}/m=00/PT1H.json"
        hour = f"{number:02}:00:00_{number:02}:59:59_S0.json"
        return f"cloudaudit.googleapis.com/data_access/2026/03/{day}/{hour}"

    def record(self, number: int) -> bytes:
        if self.cloud == "azure":
            when = f"2026-03-02T{number:02}:00:00Z"
            made = stored(row("Push", when, tag=f"v{number}", content=digest("abcdef"[number])))
        else:
            made = google_push(f"v{number}", number * 3600)
        return json.dumps(made).encode() + b"\n"

    def kind(self, request: Request) -> str:
        """Whether a request lists or fetches."""
        if self.cloud == "azure":
            return LISTING if "comp=list" in request.query else BODY
        return BODY if "alt=media" in request.query else LISTING

    def fails(self, wanted: str, status: int, code: str = "") -> None:
        """Let the service refuse every request of a kind."""
        headers = {"x-ms-error-code": code}
        self.proxy.rule = lambda request: (
            Answer(status, code, headers=headers) if self.kind(request) == wanted else None
        )

    def bodies(self) -> int:
        """How many bodies were asked for so far."""
        return sum(self.kind(request) == BODY for request in self.proxy.requests)


@pytest.fixture(params=["azure", "google"])
def place(
    request: pytest.FixtureRequest, bucket: str, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Place]:
    storage: Storage = request.getfixturevalue(request.param)
    with fault_proxy(storage.url) as proxy:
        if isinstance(storage, AzureServer):
            monkeypatch.setenv("AZURE_STORAGE_CONNECTION_STRING", storage.connection(proxy.url))
        else:
            monkeypatch.setenv("STORAGE_EMULATOR_HOST", proxy.url)
        yield Place(request.param, storage, proxy, bucket)


def opened(
    *paths: str,
    selection: Selection | None = None,
    case_file: Path | None = None,
    use_cache: bool = True,
    cancel: CancelToken | None = None,
    progress: Progress | None = None,
    **changes: object,
) -> Case:
    options = S3Options(**{"attempts": 1, "threads": 4, "read_timeout": 20, **changes})  # type: ignore[arg-type]
    remote = Remote(options, selection)
    return open_case(
        list(paths),
        case_file=case_file,
        use_cache=use_cache,
        cancel=cancel,
        progress=progress,
        remote=remote,
    )


def test_a_bucket_holds_what_its_files_hold(place: Place, tmp_path: Path) -> None:
    place.fill(range(5))
    files = {f"{number}.json": place.record(number) for number in range(5)}
    with opened(place.path) as remote, open_case([str(write(tmp_path, files))]) as local:
        question = "SELECT event_time, repository, image_tag, principal FROM events ORDER BY 1"
        assert remote.ask(question).rows == local.ask(question).rows
        assert remote.totals["pushes"] == 5
        assert list(ledger(remote)) == [f"{place.shown}/{place.key(n)}" for n in range(5)]
        assert place.record(3).decode().strip() == raw_record(remote, 3, 1).text


def test_what_was_fetched_is_kept_with_where_it_came_from(place: Place) -> None:
    import hashlib

    keys = place.fill(range(3))
    opened(place.path).close()
    before = place.bodies()

    with sqlite3.connect(cache_folder() / "evidence" / "manifest.sqlite") as manifest:
        kept = manifest.execute(
            "SELECT bucket, key, size, sha256, etag, version_id FROM objects ORDER BY key"
        ).fetchall()
    assert [entry[:4] for entry in kept] == [
        (place.shown, key, len(body), hashlib.sha256(body).hexdigest())
        for key, body in ((key, place.record(number)) for number, key in enumerate(keys))
    ]
    assert all(entry[4] for entry in kept)
    if place.cloud == "google":
        assert all(entry[5].isdecimal() for entry in kept)
    with opened(place.path) as case:
        assert case.from_cache
    assert place.bodies() == before == 3


def test_without_a_cache_nothing_is_left(place: Place) -> None:
    place.fill(range(2))
    with opened(place.path, use_cache=False) as case:
        assert case.totals["pushes"] == 2
    assert not (cache_folder() / "evidence").exists()


def test_an_interrupted_run_goes_on(place: Place) -> None:
    place.fill(range(4))
    broken = place.key(2)
    hour = broken.split("d=02")[-1] if place.cloud == "azure" else broken.rsplit("/", 1)[1]
    busy = Answer(503, "ServerBusy", headers={"x-ms-error-code": "ServerBusy"})
    place.proxy.rule = lambda request: (
        busy if place.kind(request) == BODY and request.path.endswith(hour) else None
    )
    with opened(place.path) as case:
        status, notes = ledger(case)[f"{place.shown}/{broken}"]
        assert (case.totals["pushes"], status) == (3, "unreadable")
        assert "too busy" in notes[0]
        assert any("1 of 4 objects not fetched" in note for note in case.totals["notes"])
    place.proxy.rule = lambda request: None
    had = place.bodies()
    with opened(place.path) as case:
        assert case.totals["pushes"] == 4
    assert place.bodies() - had == 1


def test_days_that_cannot_match_are_not_listed(place: Place) -> None:
    place.fill(range(2), "02")
    place.fill(range(2, 4), "20")
    place.put("loose.json", place.record(4))
    selection = Selection(since=datetime(2026, 3, 19), until=datetime(2026, 3, 21))
    with opened(place.path, selection=selection) as case:
        names = [name for name in ledger(case) if name.endswith(".json")]
        # What no folder dates is not narrowed.
        assert names == [
            f"{place.shown}/{key}"
            for key in sorted([place.key(2, "20"), place.key(3, "20"), "loose.json"])
        ]
        assert "only a part was asked for" in str(ledger(case)[place.path])
    asked = [request.query for request in place.proxy.requests if place.kind(request) == LISTING]
    assert not any("d%3D02" in query or "03%2F02" in query for query in asked)


ODD = ("a b+c%20d#e&f=g.json", "two//slashes.json", "ü€.json", "[x]*?.json", "qu'o\"te.json")


def test_odd_names_are_literal(place: Place) -> None:
    for number, name in enumerate(ODD):
        place.put(f"odd/{name}", place.record(number))
    with opened(f"{place.path}/odd") as case:
        assert case.totals["pushes"] == len(ODD)
        assert set(ledger(case)) == {f"{place.shown}/odd/{name}" for name in ODD}
    with opened(f"{place.path}/odd/{ODD[0]}") as case:
        assert case.totals["pushes"] == 1


def test_a_name_is_not_the_beginning_of_one(place: Place) -> None:
    place.put("logs/a.json", place.record(0))
    place.put("logs-old/b.json", place.record(1))
    with opened(f"{place.path}/logs") as case:
        assert list(ledger(case)) == [f"{place.shown}/logs/a.json"]


def test_one_case_of_three_clouds(
    azure: AzureServer,
    google: GcsServer,
    server: Server,
    bucket: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AZURE_STORAGE_CONNECTION_STRING", azure.connection())
    monkeypatch.setenv("STORAGE_EMULATOR_HOST", google.url)
    Place("azure", azure, FaultProxy(""), bucket).fill(range(2))
    Place("google", google, FaultProxy(""), bucket).fill(range(2))
    server.fill(
        bucket, {"x.json.gz": zipped(trail([push(image("x"), "v9", "2026-03-02T09:00:00Z")]))}
    )
    local = write(tmp_path, {"local.json": trail([push(image("y"), "v8", "2026-03-02T08:30:00Z")])})
    with opened(
        f"az://{bucket}@{STORAGE}", f"gs://{bucket}", f"s3://{bucket}", str(local),
        endpoint_url=server.url,
    ) as case:  # fmt: skip
        assert case.totals["pushes"] == 6
        assert {name.split("/")[0] for name in ledger(case)} >= {"az:", "gs:", "s3:"}


def test_what_came_since_is_taken_in(place: Place) -> None:
    place.fill(range(2))
    with opened(place.path) as case:
        assert look_again(case) is None
        place.fill(range(2, 3))
        had = place.bodies()
        grown = look_again(case)
        assert grown is not None
        with grown:
            assert grown.totals["pushes"] == 3
        assert place.bodies() - had == 1


def test_the_newest_objects_are_read_first(place: Place) -> None:
    place.fill(range(3))
    place.fill(range(3, 5), day="03")
    case = open_case([place.path], remote=Remote(S3Options(attempts=2, threads=8)), first=1)
    assert case.totals["part"] == [1, 5]
    while "part" in case.totals:
        grown = look_again(case, first=1)
        assert grown is not None
        case.close()
        case = grown
    with case:
        assert case.totals["pushes"] == 5
        assert case.totals["evidence_complete"]
    assert place.bodies() == 5


def test_an_hour_that_grows_is_read_again(
    azure: AzureServer, bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AZURE_STORAGE_CONNECTION_STRING", azure.connection())
    place = Place("azure", azure, FaultProxy(""), bucket)
    key = place.key(3)
    azure.append(bucket, key, place.record(0))
    with opened(place.path) as case:
        assert case.totals["pushes"] == 1
        azure.append(bucket, key, place.record(1))
        grown = look_again(case, recent=True)
        # The days of this evidence are long over: only a whole look sees it.
        grown = grown or look_again(case)
        assert grown is not None
        with grown:
            assert grown.totals["pushes"] == 2
            assert "1 record then, 2 now" in str(ledger(grown)[f"{place.shown}/{key}"])


def test_an_hour_that_grows_between_listing_and_fetching_is_read_as_it_was_listed(
    place: Place, azure: AzureServer
) -> None:
    if place.cloud != "azure":
        pytest.skip("objects of Google do not grow")
    key = place.key(3)
    azure.append(place.name, key, place.record(0))
    grew: list[bool] = []

    def grow(request: Request) -> None:
        if place.kind(request) == BODY and not grew:
            grew.append(True)
            azure.append(place.name, key, place.record(1))

    place.proxy.rule = grow
    with opened(place.path) as case:
        assert case.totals["pushes"] == 1
        assert ledger(case)[f"{place.shown}/{key}"] == ("read", [])
        grown = look_again(case)
        assert grown is not None
        with grown:
            assert grown.totals["pushes"] == 2


def test_an_object_that_was_replaced_or_deleted_after_the_listing(place: Place) -> None:
    keys = place.fill(range(3))
    done: list[bool] = []

    def change(request: Request) -> Answer | None:
        if place.kind(request) != BODY:
            return None
        if not done:
            done.append(True)
            place.put(keys[1], place.record(4))
            place.storage.delete(place.name, keys[2])
        # Google has no object of a generation that is gone; the stand-in heeds no generation.
        gone = "generation=" in request.query and request.path.endswith(keys[1])
        return Answer(404) if gone else None

    place.proxy.rule = change
    with opened(place.path, threads=1) as case:
        found = ledger(case)
        assert found[f"{place.shown}/{keys[0]}"][0] == "read"
        assert "replaced" in found[f"{place.shown}/{keys[1]}"][1][0]
        assert "deleted" in found[f"{place.shown}/{keys[2]}"][1][0]


def test_a_growing_blob_that_shrank_was_replaced(place: Place, azure: AzureServer) -> None:
    if place.cloud != "azure":
        pytest.skip("objects of Google do not grow")
    key = place.key(3)
    azure.append(place.name, key, place.record(0) + place.record(1))
    done: list[bool] = []

    def shrink(request: Request) -> None:
        if place.kind(request) == BODY and not done:
            done.append(True)
            azure.delete(place.name, key)
            azure.append(place.name, key, place.record(2))

    place.proxy.rule = shrink
    with opened(place.path) as case:
        assert "replaced" in ledger(case)[f"{place.shown}/{key}"][1][0]


REFUSED = {
    "azure": (403, "AuthorizationPermissionMismatch", "role Storage Blob Data Reader"),
    "google": (403, "", "storage.objects.{right} is missing"),
}


@pytest.mark.parametrize("kind", [LISTING, BODY])
def test_what_is_not_allowed_is_said_in_a_sentence(place: Place, kind: str) -> None:
    keys = place.fill(range(2))
    status, code, words = REFUSED[place.cloud]
    place.fails(kind, status, code)
    with opened(place.path) as case:
        name = f"{place.shown}/{keys[0]}" if kind == BODY else f"{place.shown}/"
        status_said, notes = ledger(case)[name]
        assert status_said == "unreadable"
        assert words.format(right="list" if kind == LISTING else "get") in notes[0]


def test_no_such_bucket_and_no_server(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    with opened(place.path) as case:
        _, notes = ledger(case)[f"{place.shown}/"]
        assert "is called" in notes[0]
    gone = "http://127.0.0.1:9"
    if isinstance(place.storage, AzureServer):
        monkeypatch.setenv("AZURE_STORAGE_CONNECTION_STRING", place.storage.connection(gone))
    else:
        monkeypatch.setenv("STORAGE_EMULATOR_HOST", gone)
    with opened(place.path) as case:
        assert "no connection" in ledger(case)[f"{place.shown}/"][1][0]


def test_keys_and_tokens_are_never_shown(
    place: Place,
    azure: AzureServer,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    if place.cloud != "azure":
        pytest.skip("the stand-in for Google asks for no credentials")
    place.fill(range(1))
    wrong = "d3JvbmcgbWFya2VyIHRoYXQgbXVzdCBub3QgYmUgc2hvd24gYW55d2hlcmU="
    monkeypatch.setenv("AZURE_STORAGE_CONNECTION_STRING", azure.connection(place.proxy.url, wrong))
    assert main(["--list", place.path]) == 1
    said = "".join(capsys.readouterr())
    assert "access denied" in said
    assert wrong not in said
    assert KEY not in said


def test_listing_shows_days_and_fetches_nothing(
    place: Place, capsys: pytest.CaptureFixture[str]
) -> None:
    place.fill(range(2))
    place.fill(range(3), "03")
    assert main(["--list", place.path, "--format", "json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert [(entry["day"], entry["objects"]) for entry in said] == [
        ("2026-03-02", 2),
        ("2026-03-03", 3),
    ]
    assert said[0]["account"] == (SUBSCRIPTION if place.cloud == "azure" else "")
    assert place.bodies() == 0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--list", "az://logs"], "which storage account?"),
        (["--list", "az://Lo gs@account"], "not a container"),
        (["--list", "az://logs@nowhere.example.com"], "not a storage account"),
        (["--list", "gs:///x"], "not a bucket"),
        (["--list", "gs://logs", "--profile", "ir"], "--profile is about s3:// paths"),
        (["--list", "s3://logs", "--storage-account", "x"], "about az:// paths"),
    ],
)
def test_wrong_usage_is_said(
    words: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(words) == 2
    assert said in capsys.readouterr().err


def test_nobody_is_signed_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")
    monkeypatch.setenv("GCE_METADATA_HOST", "127.0.0.1:9")
    monkeypatch.setenv("GCE_METADATA_IP", "127.0.0.1:9")
    monkeypatch.setenv("NO_GCE_CHECK", "true")
    remote = Remote(S3Options(attempts=1, read_timeout=2))
    with pytest.raises(InvestigationError, match="application-default login"):
        remote.prepare(["gs://"])


def test_a_case_that_is_opened_again_reads_what_grew(
    azure: AzureServer, bucket: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AZURE_STORAGE_CONNECTION_STRING", azure.connection())
    place = Place("azure", azure, FaultProxy(""), bucket)
    azure.append(bucket, place.key(3), place.record(0))
    # The same container by two of its names is the same evidence.
    case_file = tmp_path / "case.duckdb"
    with opened(place.path, case_file=case_file) as case:
        assert case.totals["pushes"] == 1
    azure.append(bucket, place.key(3), place.record(1))
    azure.append(bucket, place.key(4), place.record(2))
    path = f"abfs://{bucket}@{STORAGE}.dfs.core.windows.net"
    with opened(path, case_file=case_file) as case:
        assert case.totals["pushes"] == 3


async def test_the_interface_asks_what_of_it_is_to_be_loaded(place: Place) -> None:
    place.fill(range(2), "02")
    place.fill(range(2, 4), "05")
    remote = Remote(S3Options(attempts=1, threads=4))
    app = InvestigateApp([place.path], remote=remote, ask_what=True, start=REPOSITORIES)
    app.animation_level = "none"
    try:
        async with app.run_test(size=(80, 24)) as pilot:
            driver = Driver(app, pilot)
            await driver.settle()
            driver.on(SelectionScreen)
            shown = driver.text()
            assert place.bodies() == 0
            assert "selected: 4 of 4 objects" in shown
            assert "03-02 – 03-05" in shown
            await driver.press("enter")
            driver.on(RepositoriesScreen)
            assert app.case is not None
            assert app.case.totals["pushes"] == 4
    finally:
        app.finish()
