"""Exports: what Timesketch and STIX ask for, the same each time, and harmless in a spreadsheet."""

from __future__ import annotations

import csv
import io
import json
import os
import uuid
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest
import stix2  # type: ignore[import-untyped]
from stix2patterns.validator import run_validator  # type: ignore[import-untyped]

from queries.case import open_case
from queries.export import FORMULA_STARTS
from queries.marks.events import mark_event
from samples import incident_path
from tests.evidence_files import ACCOUNT, at, image, push, record, sha, trail, write
from tests.headless.test_commands import NOTHING_OR_INCOMPLETE, USAGE, call, complaint, output
from tests.tui.test_hostile import CONTROL, MARKUP

AT = ("--at", "2026-03-11T09:00:00Z")
IMPLANT = "22286464f09726ab75d8a17853f3d076d1529a8c16b4c28b41f00d98772fd187"
FORMULAS = ["=1+1", "+1", "-1", "@SUM(A1)", "=cmd|' /C calc'!A0", "\t=1", "\uff1d1"]


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("demo") / "demo.case"
    open_case([str(incident_path())], case_file=file).close()
    return file


@pytest.fixture
def marked(tmp_path: Path) -> Path:
    """A case with a marked push and another event."""
    pushed = push(image("x"), "prod", at(0), eventID="p", sourceIPAddress="198.51.100.7")
    write(tmp_path / "logs", {"a.json": trail([pushed, record("ListUsers", at(1), eventID="l")])})
    with open_case([str(tmp_path / "logs")], case_file=tmp_path / "c.case") as case:
        rows = case.ask("SELECT event_key FROM events WHERE event_id = 'p'").rows
        mark_event(case, rows[0][0], ["implant", "t1525"], "why")
    return tmp_path / "c.case"


def stix(*arguments: object) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(output("export", *arguments, "--as", "stix", *AT))
    return found


def of_type(bundle: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    return [thing for thing in bundle["objects"] if thing["type"] == kind]


# --- Timesketch ----------------------------------------------------------------------------------


def test_timesketch_gets_the_fields_it_asks_for(marked: Path) -> None:
    lines = output("export", "--case", marked, "--as", "timesketch-jsonl").splitlines()
    [entry] = [json.loads(line) for line in lines]
    assert entry["message"].startswith("PutImage ")
    assert entry["datetime"] == "2026-03-02T10:00:00.000000+00:00"
    moment = datetime.fromisoformat(entry["datetime"])
    assert entry["timestamp"] == moment.timestamp() * 1_000_000
    assert entry["timestamp_desc"] == "Event Logged"
    assert entry["tag"] == ["marked", "implant", "t1525"]
    assert (entry["comment"], entry["event_id"]) == ("why", "p")
    text = output("export", "--case", marked, "--as", "timesketch-csv")
    [row] = csv.DictReader(io.StringIO(text, newline=""))
    assert {name: row[name] for name in ("message", "datetime", "event_id")} == {
        name: entry[name] for name in ("message", "datetime", "event_id")
    }
    assert json.loads(row["tag"]) == entry["tag"]


def test_findings_and_all_events_can_be_exported_too(demo: Path) -> None:
    asked = ("export", "--case", demo, "--as", "timesketch-jsonl", "--what")
    found = [json.loads(line) for line in output(*asked, "findings").splitlines()]
    assert "implant-shaped-push" in {tag for entry in found for tag in entry["tag"]}
    everything = output(*asked, "events").splitlines()
    events = json.loads(output("evidence", "--case", demo, "--format", "json"))["totals"]
    assert len(everything) == events["events"] - events["merged_records"]
    times = [json.loads(line)["timestamp"] for line in everything]
    assert times == sorted(times)


# --- STIX ----------------------------------------------------------------------------------------


def test_a_bundle_holds_the_observables_and_what_they_indicate(demo: Path) -> None:
    bundle = stix("--case", demo, "--what", "findings")
    hashes = {thing["hashes"]["SHA-256"] for thing in of_type(bundle, "file")}
    assert IMPLANT in hashes
    accounts = {thing["user_id"] for thing in of_type(bundle, "user-account")}
    assert any(name.startswith("arn:aws:sts::") for name in accounts)
    assert any(name.startswith("ASIA") for name in accounts)
    techniques = {
        reference["external_id"]
        for thing in of_type(bundle, "attack-pattern")
        for reference in thing["external_references"]
    }
    assert "T1525" in techniques
    patterns = {thing["pattern"] for thing in of_type(bundle, "indicator")}
    assert f"[file:hashes.'SHA-256' = '{IMPLANT}']" in patterns
    ids = [thing["id"] for thing in bundle["objects"]]
    assert len(ids) == len(set(ids))
    for thing in bundle["objects"]:
        for name in ("source_ref", "target_ref", "created_by_ref"):
            assert thing.get(name, ids[0]) in ids, "nothing outside the bundle is meant"
        assert set(thing.get("object_refs", ())) <= set(ids)


def test_observables_have_the_ids_that_the_specification_prescribes(marked: Path) -> None:
    bundle = stix("--case", marked)
    space = uuid.UUID("00abedb4-aa42-466c-9c01-fed23315a9b7")
    [address] = of_type(bundle, "ipv4-addr")
    expected = uuid.uuid5(space, json.dumps({"value": "198.51.100.7"}, separators=(",", ":")))
    assert address["id"] == f"ipv4-addr--{expected}"
    # As the stix2 library (3.0.2) makes it for the same value.
    known = uuid.uuid5(space, json.dumps({"value": "198.51.100.77"}, separators=(",", ":")))
    assert str(known) == "efb3cb24-5b02-57b0-adb6-64563650dafa"
    digest = sha(image("x")).removeprefix("sha256:")
    hashed = json.dumps({"hashes": {"SHA-256": digest}}, separators=(",", ":"))
    assert f"file--{uuid.uuid5(space, hashed)}" in {t["id"] for t in of_type(bundle, "file")}


def test_two_exports_of_one_thing_are_one_thing(marked: Path) -> None:
    first = stix("--case", marked)
    assert first == stix("--case", marked)
    later = json.loads(
        output("export", "--case", marked, "--as", "stix", "--at", "2026-04-01T00:00:00Z")
    )
    ids = {thing["id"] for thing in first["objects"] if thing["type"] != "indicator"}
    assert ids <= {thing["id"] for thing in later["objects"]}


def test_the_stix_library_takes_the_bundle(demo: Path) -> None:
    bundle = stix("--case", demo, "--what", "findings")
    kinds: dict[str, Callable[..., Any]] = {
        "ipv4-addr": stix2.IPv4Address,
        "file": stix2.File,
        "user-account": stix2.UserAccount,
    }
    assert len(stix2.parse(json.dumps(bundle)).objects) == len(bundle["objects"])
    for thing in bundle["objects"]:
        if thing["type"] in kinds:
            said = {k: v for k, v in thing.items() if k not in ("id", "type", "spec_version")}
            assert kinds[thing["type"]](**said).id == thing["id"]


# --- the others, and hostile text ----------------------------------------------------------------


def test_rows_are_the_same_as_csv_json_lines_and_parquet(marked: Path, tmp_path: Path) -> None:
    asked = ("export", "--case", marked, "--what", "events", "--as")
    lines = [json.loads(line) for line in output(*asked, "jsonl").splitlines()]
    rows = list(csv.DictReader(io.StringIO(output(*asked, "csv"), newline="")))
    assert [row["event_id"] for row in rows] == [line["event_id"] for line in lines] == ["p", "l"]
    assert rows[0]["tags"] == lines[0]["tags"] == "marked implant t1525"
    target = tmp_path / "out.parquet"
    assert output(*asked, "parquet", "--output", target) == ""
    with duckdb.connect() as reader:
        kinds = reader.execute(
            "SELECT event_id, typeof(event_time) FROM read_parquet($file)", {"file": str(target)}
        ).fetchall()
    assert kinds == [("p", "TIMESTAMP"), ("l", "TIMESTAMP")]
    assert call(*asked, "parquet").returncode == USAGE


@pytest.mark.parametrize("form", ["csv", "timesketch-csv", "timesketch-jsonl", "jsonl", "stix"])
def test_hostile_text_does_nothing(tmp_path: Path, form: str) -> None:
    hostile = [*MARKUP, *CONTROL, *FORMULAS]
    records = [
        push(image("x"), text, at(number), userAgent=text, sourceIPAddress=text)
        for number, text in enumerate(hostile)
    ]
    write(tmp_path, {"a.json": trail(records)})
    with open_case([str(tmp_path)]) as case:
        for (key,), text in zip(
            case.ask("SELECT event_key FROM events ORDER BY event_time").rows, hostile, strict=True
        ):
            mark_event(case, key, [text], text)
    done = call("export", tmp_path, "--as", form, *AT)
    text = done.stdout.decode()
    assert all(char.isprintable() or char in "\r\n" for char in text)
    if form.endswith("csv"):
        rows = list(csv.reader(io.StringIO(text, newline="")))
        assert len(rows) == 1 + len(hostile)
        cells = [cell for row in rows for cell in row]
        assert not any(cell.lstrip(" ").startswith(FORMULA_STARTS) for cell in cells)
        assert "apostrophe was put in front" in done.stderr.decode()
    elif form == "stix":
        bundle = json.loads(text)
        assert of_type(bundle, "ipv4-addr") == []
        assert {thing["pattern"] for thing in of_type(bundle, "indicator")} == {
            f"[file:hashes.'SHA-256' = '{sha(image('x')).removeprefix('sha256:')}']"
        }
    else:
        agents = [json.loads(line)["user_agent"] for line in text.splitlines()]
        assert agents == hostile, "JSON is exact"


def test_nothing_to_export_is_said(demo: Path) -> None:
    done = call("export", "--case", demo, "--as", "stix")
    assert done.returncode == NOTHING_OR_INCOMPLETE
    assert "nothing is marked" in complaint(done)
    done = call("export", "--case", demo, "--as", "stix", "--what", "events")
    assert done.returncode == USAGE


# --- read by others ------------------------------------------------------------------------------


@pytest.mark.parametrize("known", [False, True])
def test_the_library_of_the_standards_makers_reads_the_bundle(
    demo: Path, tmp_path: Path, known: bool
) -> None:
    """Strictly: no property, type or relation that the standard does not have. What the examiner of
    patterns says of each pattern counts, too."""
    options: tuple[object, ...] = ()
    if known:
        write(tmp_path, {"ci.txt": b"192.0.2.0/24\n198.51.100.77\n", "names.csv": NAMES.encode()})
        options = ("--ci-addresses", tmp_path / "ci.txt", "--account-names", tmp_path / "names.csv")
    made = stix("--case", demo, "--what", "findings", *options)
    bundle = stix2.parse(json.dumps(made), allow_custom=False, version="2.1")
    assert len(bundle.objects) == len(made["objects"]) > 100
    patterns = [thing["pattern"] for thing in of_type(made, "indicator")]
    assert patterns
    for pattern in patterns:
        assert not run_validator(pattern, stix_version="2.1")
    notes = [thing["content"] for thing in of_type(made, "note")]
    assert bool(notes) is known
    if known:
        assert any("called: production" in note for note in notes)
        assert any("list of networks as: ci" in note for note in notes)


NAMES = "id,name\n111122223333,production\n444455556666,staging\n"


@pytest.mark.parametrize("form", ["csv", "jsonl"])
def test_every_row_is_what_timesketch_asks_for(demo: Path, form: str) -> None:
    """What its importer needs of each row: message, datetime and timestamp_desc. It takes the
    datetime as ISO 8601 with an offset; without it guesses one from any column with "time" in its
    name. https://timesketch.org/guides/user/import-from-json-csv/"""
    told = output("export", "--case", demo, "--as", f"timesketch-{form}", "--what", "events")
    rows: list[dict[str, Any]] = (
        list(csv.DictReader(io.StringIO(told, newline="")))
        if form == "csv"
        else [json.loads(line) for line in told.splitlines()]
    )
    assert len(rows) > 3000
    for row in rows:
        assert row["message"]
        assert row["timestamp_desc"]
        moment = datetime.fromisoformat(row["datetime"])
        assert moment.utcoffset() is not None
        assert int(row["timestamp"]) == round(moment.timestamp() * 1_000_000)
        assert None not in row  # no cell too many


HOSTILE = [
    *MARKUP, *CONTROL, *FORMULAS, "\\", "' OR '1'='1", "\"] OR [url:value = 'x'", "\ud800",
    "x" * 4000, "[a](javascript:alert(1))",
]  # fmt: skip
PLACES = [
    "::1%'] OR [domain-name:value = 'example.com", "fe80::1%eth0", "2001:db8::1", "198.51.100.7",
    "1.2.3.4'", " 198.51.100.8 ", "010.1.1.1", "::ffff:198.51.100.9",
]  # fmt: skip
OWN_RULE = """\
-- mine: <b>every</b> [push](javascript:alert(1)) | =1
-- sees: `all`
-- severity: high
-- technique: T1525
-- needs: pushes
-- benign when: <i>never</i>
-- why: {origin} pushed {image_tag} to {repository}
SELECT event_key, event_time, repository, principal, origin, image_tags AS image_tag FROM pushed
"""


@pytest.fixture(scope="module")
def attacked(tmp_path_factory: pytest.TempPathFactory) -> tuple[object, ...]:
    """Pushes of which every name is an attack, each found by a rule, one of them marked, and what
    is known of their account."""
    folder = tmp_path_factory.mktemp("attacked")
    records: list[dict[str, Any]] = []
    for number, bad in enumerate(HOSTILE):
        for place, address in enumerate(PLACES):
            made = push(image(f"{number}-{place}"), bad[:120], at(len(records)))
            made |= {
                "sourceIPAddress": address,
                "userAgent": bad,
                "eventID": f"{number}-{place}{bad}",
            }
            made["userIdentity"] |= {"arn": f"arn:aws:iam::1:user/{bad}", "accessKeyId": bad}
            made["requestParameters"]["repositoryName"] = f"team/{bad[:60]}"
            records.append(made)
    first = push(image("first"), "v", at(0), eventTime="0001-01-01T00:00:00Z", eventID="first")
    never = push(image("never"), "v", at(0), eventTime="soon", eventID="never")
    write(folder / "logs", {"a.json": trail([*records, first, never])})
    write(folder / "rules", {"mine.sql": OWN_RULE.encode()})
    (folder / "names.csv").write_text(f"{ACCOUNT},=1+1 <b>x</b>\n", encoding="utf-8")
    with open_case([str(folder / "logs")], case_file=folder / "c.case") as case:
        [key] = case.ask("SELECT event_key FROM events WHERE event_id = 'first'").rows[0]
        mark_event(case, key, ["=1", "<b>"], "[c](javascript:alert(1))")
    options = ("--rules", folder / "rules", "--account-names", folder / "names.csv")
    return ("--case", folder / "c.case", *options, "--what", "findings")


def test_a_bundle_of_hostile_findings_says_what_it_means_and_no_more(
    attacked: tuple[object, ...],
) -> None:
    made = stix(*attacked, "--name", os.fsdecode(b"case \xff\x1b"))
    parsed = stix2.parse(json.dumps(made), allow_custom=False, version="2.1")
    assert len(parsed.objects) == len(made["objects"])
    patterns = {thing["pattern"] for thing in of_type(made, "indicator")}
    addresses = {p for p in patterns if "addr" in p}
    assert addresses == {
        "[ipv4-addr:value = '198.51.100.7']", "[ipv4-addr:value = '203.0.113.10']",
        "[ipv6-addr:value = '2001:db8::1']", "[ipv6-addr:value = '::1']",
        "[ipv6-addr:value = 'fe80::1']", "[ipv6-addr:value = '::ffff:c633:6409']",
    }  # fmt: skip
    for pattern in patterns:
        assert not run_validator(pattern, stix_version="2.1")
    for thing in made["objects"]:
        for name in ("name", "display_name", "description"):
            assert str(thing.get(name, "")).isprintable(), "nobody is led astray by a name"
    users = {thing["user_id"] for thing in of_type(made, "user-account")}
    assert {f"arn:aws:iam::1:user/{bad}" for bad in MARKUP} <= users, "what is compared is exact"
    times = {thing["first_observed"] for thing in of_type(made, "observed-data")}
    assert "0001-01-01T00:00:00.000Z" in times


@pytest.mark.parametrize("form", ["csv", "timesketch-csv"])
def test_no_cell_of_hostile_findings_is_run(attacked: tuple[object, ...], form: str) -> None:
    text = output("export", *attacked, "--as", form)
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    assert len(rows) >= len(HOSTILE) * len(PLACES)
    for row in rows:
        assert None not in row, "no cell broke out of its row"
        for cell in row.values():
            assert cell.isprintable()
            number = cell.removeprefix("-").isdecimal()  # a time before 1970
            assert number or not cell.startswith(FORMULA_STARTS)
