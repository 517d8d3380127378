"""The commands as people and scripts run them: a process, its output and its exit code."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

import duckdb
import pytest

from queries.case import open_case
from samples import incident_path
from tests.evidence_files import (
    DANA,
    EVE,
    at,
    image,
    push,
    record,
    sha,
    trail,
    write,
    zipped,
)
from tui.cli import main

REPOSITORY = Path(__file__).resolve().parents[2]

DONE, NOTHING_OR_INCOMPLETE, USAGE = 0, 1, 2

LISTS = ("repositories", "pushes", "principal", "activity")


Done = subprocess.CompletedProcess[bytes]


def run(*arguments: object, given: bytes = b"", **environment: str) -> Done:
    """Run the real program in a process of its own; a traceback is never right."""
    done = subprocess.run(
        [sys.executable, "-m", "tui.cli", *map(str, arguments)],
        input=given,
        capture_output=True,
        cwd=REPOSITORY,
        env={**os.environ, "PYTHONWARNINGS": "default", **environment},
        timeout=120,
        check=False,
    )
    assert b"Traceback" not in done.stderr, done.stderr.decode()
    assert b"Warning" not in done.stderr, done.stderr.decode()
    return done


def call(*arguments: object) -> Done:
    """The same without a process, for tests that ask many times what process does not matter to."""
    said = [io.TextIOWrapper(io.BytesIO(), encoding="utf-8") for _ in range(2)]
    with redirect_stdout(said[0]), redirect_stderr(said[1]):
        try:
            code = main([str(argument) for argument in arguments])
        except SystemExit as stop:
            code = int(stop.code or 0)
    out, err = (_all_of(text) for text in said)
    return subprocess.CompletedProcess([], code, out, err)


def _all_of(text: io.TextIOWrapper) -> bytes:
    text.flush()
    assert isinstance(text.buffer, io.BytesIO)
    return text.buffer.getvalue()


def output(*arguments: object, **options: Any) -> str:
    """Standard output of a run that succeeds."""
    done = run(*arguments, **options) if options else call(*arguments)
    assert done.returncode == DONE, done.stderr.decode()
    return done.stdout.decode()


def complaint(done: Done) -> str:
    """What a run that failed says; results and reasons never mix."""
    assert done.stdout == b""
    return done.stderr.decode()


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample incident as a case file, so that not every run has to index it."""
    file = tmp_path_factory.mktemp("demo") / "demo.case"
    open_case([str(incident_path())], case_file=file).close()
    return file


@pytest.fixture
def logs(tmp_path: Path) -> Path:
    """Two pushes and a refused one."""
    records = [
        push(image("a"), "v1", at(0), DANA),
        push(image("b"), "v1", at(10), EVE),
        push(image("c"), "v2", at(20), EVE, failed="AccessDenied"),
    ]
    return write(tmp_path / "logs", {"trail.json": trail(records)})


# --- formats -----------------------------------------------------------------------------------

COLUMNS = {
    "repositories": "repository registry_id aws_region repository_name pushes attempts pulls"
    " pushers service_images tag_moves incomplete first_push last_push last_pusher last_origin"
    " last_tags events last_event",
    "pushes": "push_key event_time repository image_tags image_digest effect kind outcome"
    " error_code error_message origin principal subject source_identity access_key_id via"
    " source_ip_address login_ip login_exact user_agent image_bytes layer_count platforms"
    " attestations attachments records made_by triggered_by cross_account previous_digest"
    " previous_principal previous_time lifetime created_repository caller caller_name"
    " caller_time caller_how caller_count login_match login_count login_ips",
    "principal": "identity_arn identity_type account_id events writes failures image_puts pushes"
    " sessions addresses first_seen last_seen",
    "activity": "event_key event_time event_source event_name target is_write outcome"
    " error_code error_message principal access_key_id source_ip_address user_agent aws_region"
    " recipient_account_id event_id caller caller_name caller_time caller_how caller_count"
    " plain_name",
}
"""What scripts rely on: columns are only added, at the end (docs/headless.md)."""


@pytest.mark.parametrize("command", LISTS)
def test_every_format_gives_the_same_rows(command: str, demo: Path, tmp_path: Path) -> None:
    options = (command, "--case", demo, "--limit", 40, "--format")
    texts = {kind: output(*options, kind) for kind in ("json", "jsonl", "csv", "table")}
    # Processes take their time: one for each command, of another format each.
    for own, kind in zip(LISTS, texts, strict=True):
        if own == command:
            assert run(*options, kind).stdout.decode() == texts[kind]
    rows: list[dict[str, Any]] = json.loads(texts["json"])
    assert len(rows) > 3
    columns = list(rows[0])
    assert columns[: len(COLUMNS[command].split())] == COLUMNS[command].split()
    assert [json.loads(line) for line in texts["jsonl"].splitlines()] == rows
    header, *cells = list(csv.reader(io.StringIO(texts["csv"])))
    assert header == columns
    assert len(cells) == len(rows)
    first = rows[0]
    for name, cell in zip(columns, cells[0], strict=True):
        value = first[name]
        if isinstance(value, str | int) and not isinstance(value, bool):
            assert cell.removeprefix("'") == str(value)
        elif value is None:
            assert cell == ""
    lines = texts["table"].splitlines()
    assert lines[0].split() == columns
    assert len(lines) == 2 + len(rows)
    target = tmp_path / "out.parquet"
    assert output(command, "--case", demo, "--format", "parquet", "-o", target, "--limit", 40) == ""
    found = duckdb.read_parquet(str(target))
    assert found.columns == columns
    assert len(found.fetchall()) == len(rows)


def test_times_are_iso_in_utc_and_numbers_are_numbers(logs: Path) -> None:
    first, *_ = json.loads(output("pushes", logs, "--format", "json"))
    assert first["event_time"] == "2026-03-02T10:00:00Z"
    assert first["image_bytes"] == 107
    assert first["cross_account"] is False
    assert first["previous_digest"] is None
    assert first["image_digest"] == sha(image("a"))


@pytest.mark.parametrize("kind", ["json", "jsonl", "table"])
def test_a_push_comes_with_its_layers_records_and_pulls(logs: Path, kind: str) -> None:
    text = output("push", logs, "--digest", sha(image("b"))[:20], "--format", kind)
    if kind == "table":
        assert "image_digest" in text
        assert sha(image("b")) in text
        assert "\nlayers\n" in text
        return
    [found] = json.loads(text) if kind == "json" else [json.loads(text)]
    assert found["principal"] == EVE
    assert [layer["layer_digest"] for layer in found["layers"]] == [sha("b")]
    assert [part["event_name"] for part in found["records"]] == ["PutImage"]
    assert found["pulls"] == []


def test_where_an_image_ran_who_pulled_it_and_what_a_scan_found(demo: Path) -> None:
    def rows(*arguments: str) -> list[dict[str, Any]]:
        text = output(*arguments, "--case", demo, "--repository", "team/api", "--format", "json")
        found: list[dict[str, Any]] = json.loads(text)
        return found

    ran = [row for row in rows("deployments") if row["act"] == "deployed"]
    assert [row["definition"] for row in ran] == ["api:85", "api:86", "api:87", "api:88"]
    last = ran[-1]
    assert (last["still_referenced"], last["matched"]) == (True, "tag")
    assert last["pushed_by"] == last["origin"] == "arn:aws:iam::444455556666:user/sam.sre"
    assert {row["workload"] for row in rows("pulls")} >= {"ECS task", "EKS node", "CI job"}
    pulled = [row for row in rows("pulls", "--by", "image") if row["image_tag"] == "prod"]
    assert (
        max(pulled, key=lambda row: row["last_pull"])["resolved_digest"] == last["resolved_digest"]
    )
    assert {row["pushed_by"] == row["reader"] for row in rows("scans")} == {False}
    [implant] = json.loads(
        output("push", "--case", demo, "--digest", last["resolved_digest"], "--tag", "prod",
               "--format", "json")
    )  # fmt: skip
    assert {row["relation"] for row in implant["deployments"]} == {"runs it", "tag moved here"}


def test_what_changed_where_a_layer_was_and_what_a_tag_named(demo: Path) -> None:
    api = ("--case", demo, "--repository", "111122223333/us-east-1/team/api", "--format", "json")
    [found] = json.loads(output("compare", *api, "--digest", "22286464", "--tag", "prod"))
    assert (found["shape"], found["implant_shaped"]) == ("built on top", True)
    assert "sam.sre pulled the other image 20 min before" in found["says"]
    [added] = [entry for entry in found["layers"] if entry["status"] == "added"]
    other = json.loads(
        output("compare", *api, "--digest", "22286464", "--tag", "prod", "--with-digest", "3387b6")
    )
    assert [entry["shape"] for entry in other] == ["rebuilt"]
    history = json.loads(
        output("layer", "--case", demo, "--layer", added["layer_digest"][:19], "--format", "json")
    )
    assert history[0]["origin"].endswith("user/sam.sre")
    prod = json.loads(output("tags", *api, "--tag", "prod"))
    assert [row["image_digest"][7:13] for row in prod] == ["107f5e", "3387b6", "69bb94", "222864"]
    counted = {row["tag"]: row["moves"] for row in json.loads(output("tags", *api))}
    assert (counted["prod"], counted["1.18.8"]) == (3, 0)


SAM = "arn:aws:iam::444455556666:user/sam.sre"


def test_who_was_behind_it_what_they_touched_and_created(demo: Path) -> None:
    def rows(*arguments: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = json.loads(
            output(*arguments, "--case", demo, "--format", "json")
        )
        return found

    tree = rows("chain", "--principal", SAM)
    assert [row["depth"] for row in tree] == [0, 1, 1, 1, 2, 1, 2]
    assert sum(row["events"] for row in tree) == 141
    touched = rows("touched", "--principal", SAM)
    assert touched[0]["writes"] >= touched[-1]["writes"] == 0
    assert sum(row["writes"] + row["reads"] + row["refused"] for row in touched) == 141
    [tried] = rows("created", "--principal", SAM)
    assert (tried["kind"], tried["name"], tried["outcome"]) == ("access key", "dana.ops", "denied")
    assert rows("neighbours", "--principal", SAM) == []
    beside = rows("versus", "--principal", SAM, "--other", SAM.replace("sam.sre", "lee.dev"))
    assert {row["shared"] for row in beside} == {"both", "first only", "second only"}


@pytest.mark.parametrize("command", ["chain", "touched", "created", "neighbours"])
def test_somebody_unknown_is_no_empty_answer(command: str, demo: Path) -> None:
    done = call(command, "--case", demo, "--principal", "arn:nobody")
    assert done.returncode == NOTHING_OR_INCOMPLETE
    assert "nobody is called arn:nobody" in complaint(done)


def test_an_image_or_layer_that_is_not_there_is_said_so(logs: Path) -> None:
    for options, code, said in (
        (
            ("compare", "--tag", "v1", "--with-digest", "00"),
            NOTHING_OR_INCOMPLETE,
            "no push to com",
        ),
        (("compare", "--digest", sha(image("a"))), NOTHING_OR_INCOMPLETE, "--with-digest"),
        (("layer", "--layer", "00"), NOTHING_OR_INCOMPLETE, "no layer 00"),
        (("layer", "--layer", "sha256:"), USAGE, "more than one"),
    ):
        done = call(options[0], logs, *options[1:])
        assert done.returncode == code
        assert said in complaint(done)


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (("pushes", "--repository", "team/apo"), "no repository team/apo; the evidence has "),
        (("activity", "--repository", "x"), "no repository x; the evidence has "),
        (("repositories", "--account", "999999999999"), "no account 999999999999; the evidence"),
        (("pulls", "--region", "us-easy-1"), "no region us-easy-1; the evidence has "),
        (("pushes", "--principal", "mallory"), "nobody is called mallory; 'principal' lists"),
        (("activity", "--name", "PutImages"), "no event has --name PutImages"),
        (("activity", "--service", "iamm"), "no event of iamm.amazonaws.com"),
        (("pushes", "--since", "2099-01-01"), "the evidence is from "),
        (("scans", "--until", "1999-01-01"), "the evidence is from "),
        (("activity", "--value", "never seen"), "nothing matches --value among "),
        (("findings", "--repository", "x"), "no repository x; the evidence has "),
    ],
)
def test_an_answer_without_rows_says_why_and_what_there_is(
    asked: tuple[str, ...], said: str, demo: Path
) -> None:
    command, *options = asked
    done = call(command, "--case", demo, *options, "--format", "json")
    assert done.returncode == DONE
    assert said in done.stderr.decode()
    if command != "findings":
        assert json.loads(done.stdout) == []


def test_a_list_of_what_the_evidence_has_none_of_says_what_there_is(tmp_path: Path) -> None:
    folder = write(tmp_path, {"t.json": trail([record("DescribeImages", at(0))])})
    done = call("pushes", folder, "--no-cache")
    assert "nothing to list: there is none among 1 event, 2026-03-02T10:00:00Z" in (
        done.stderr.decode()
    )


def test_a_push_is_found_by_tag_event_and_repository(logs: Path) -> None:
    event_id = push(image("a"), "v1", at(0), DANA)["eventID"]
    for options in (("--tag", "v2"), ("--event-id", event_id), ("--principal", DANA)):
        assert len(json.loads(output("push", logs, *options, "--format", "json"))) == 1
    all_of_it = output("push", logs, "--repository", "team/api", "--format", "json")
    assert len(json.loads(all_of_it)) == 3
    done = call("push", logs, "--tag", "nothing")
    assert done.returncode == NOTHING_OR_INCOMPLETE
    assert "no push matches" in complaint(done)


@pytest.mark.parametrize("kind", ["json", "jsonl", "table"])
def test_a_principal_comes_with_sessions_values_and_pushes(logs: Path, kind: str) -> None:
    text = output("principal", logs, "--principal", EVE, "--format", kind)
    if kind == "table":
        assert EVE in text
        return
    [found] = json.loads(text) if kind == "json" else [json.loads(text)]
    assert (found["principal"], found["events"], found["denied"]) == (EVE, 2, 1)
    assert [entry["effect"] for entry in found["pushes"]] == ["moved tag", "attempt"]
    assert {value["value"] for value in found["values"] if value["kind"] == "name"} == {"PutImage"}


def test_filters_narrow_every_list(logs: Path) -> None:
    def count(*arguments: str) -> int:
        return len(json.loads(output(arguments[0], logs, *arguments[1:], "--format", "json")))

    assert count("pushes", "--since", "2026-03-02T10:10:00Z") == 2
    assert count("pushes", "--until", "2026-03-02T10:10:00Z") == 1
    assert count("pushes", "--since", "15m") == 2
    assert count("pushes", "--principal", DANA) == 1
    assert count("activity", "--failures") == 1
    assert count("activity", "--service", "ecr", "--name", "PutImage", "--writes") == 3
    assert count("activity", "--value", "v2") == 1
    assert count("activity", "--origin", EVE, "--error", "AccessDenied") == 1


@pytest.mark.parametrize("kind", ["table", "json", "csv", "jsonl"])
def test_the_evidence_is_every_file(tmp_path: Path, kind: str) -> None:
    folder = write(
        tmp_path, {"a.json": trail([push(image("a"), "v", at(0))]), "b.txt": b"not a log"}
    )
    text = output("evidence", folder, "--format", kind)
    if kind == "json":
        found = json.loads(text)
        assert set(found) == {"files", "totals"}
        assert [entry["status"] for entry in found["files"]] == ["read", "skipped"]
        assert found["totals"]["events"] == 1
    else:
        for word in ("a.json", "b.txt", "skipped", "text that is not JSON"):
            assert word in text


def test_every_total_is_described(demo: Path) -> None:
    described = (REPOSITORY / "docs" / "headless.md").read_text(encoding="utf-8")
    table = described.split("`totals`:")[1]
    documented = {
        name
        for line in table.splitlines()
        if line.startswith("| `")
        for name in re.findall(r"`([a-z_0-9]+)`", line.split("|")[1])
    }
    found = json.loads(output("evidence", "--case", demo, "--format", "json"))
    assert set(found["totals"]) == documented
    listed = described.split("## `evidence --format json`")[1].split("`totals`:")[0]
    assert set(found["files"][0]) <= set(re.findall(r"`([a-z_0-9]+)`", listed))


def test_output_may_go_to_a_new_file_only(logs: Path, tmp_path: Path) -> None:
    target = tmp_path / "out.csv"
    assert output("pushes", logs, "--format", "csv", "--output", target) == ""
    written = target.read_bytes()
    assert written.count(b"\r\n") == 4
    for kind in ("csv", "json", "parquet"):
        done = call("pushes", logs, "--format", kind, "--output", target)
        assert done.returncode == USAGE
        assert "exists already; name another file" in complaint(done)
    assert target.read_bytes() == written


# --- raw ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("encoding", ["utf-8", "ascii", "latin-1"])
def test_a_raw_record_in_a_pipe_is_byte_for_byte(tmp_path: Path, encoding: str) -> None:
    raw = '{ "eventID":"E1",\t"eventName" : "PutImage", "userAgent": "é \\u001b[2J 日本 \x7f" }'
    other = json.dumps(record("DescribeImages", at(0)))
    write(tmp_path, {"t.json.gz": zipped(f"[{other},\n{raw}]".encode())})
    done = run("event", tmp_path, "--event-id", "E1", PYTHONIOENCODING=encoding)
    assert done.returncode == DONE
    assert done.stdout == raw.encode() + b"\n"
    assert b"t.json.gz, record 2" in done.stderr
    target = tmp_path / "raw.json"
    output("event", tmp_path, "--event-id", "E1", "-o", target)
    assert target.read_bytes() == raw.encode() + b"\n"


def test_an_event_as_json_has_its_fields_and_its_place(logs: Path) -> None:
    event_id = push(image("a"), "v1", at(0), DANA)["eventID"]
    found = json.loads(output("event", logs, "--event-id", event_id, "--format", "json"))
    assert found["principal"] == DANA
    assert found["file_name"].endswith("trail.json")
    done = call("event", logs, "--event-id", "nothing")
    assert done.returncode == NOTHING_OR_INCOMPLETE
    assert "no event has the id nothing" in complaint(done)


def test_several_events_under_one_id_are_one_json_document(tmp_path: Path) -> None:
    records = [push(image(n), n, at(i), eventID="twice") for i, n in enumerate("ab")]
    write(tmp_path, {"t.json": trail(records)})
    found = json.loads(output("event", tmp_path, "--event-id", "twice", "--format", "json"))
    assert [event["image_tag"] for event in found] == ["a", "b"]
    raw = output("event", tmp_path, "--event-id", "twice")
    assert [json.loads(line) for line in raw.splitlines()] == records


# --- hostile text ------------------------------------------------------------------------------

ESCAPES = "\x1b[2J\x1b]52;c;aGk=\x07\x00\x9b31m\x7f\u202egnp\u200b\x0e\ud83d[/red]\t\r"
"""What a terminal would obey, what turns text around, what hides in it."""


@pytest.fixture
def hostile(tmp_path: Path) -> Path:
    """Such text in every field that someone under investigation chooses, and in file names."""
    role = f"arn:aws:sts::111122223333:assumed-role/ci/{ESCAPES}"
    made = push(image("a"), ESCAPES, at(0), role, userAgent=ESCAPES, sourceIPAddress=ESCAPES)
    made["requestParameters"]["repositoryName"] = f"team/{ESCAPES}"
    denied = push(image("b"), f"={ESCAPES}", at(1), role, failed=f"AccessDenied{ESCAPES}")
    denied["errorMessage"] = ESCAPES
    return write(
        tmp_path / "hostile",
        {
            "\x1b[31mred\x9b.json": trail([made, denied]),
            "\x1b]0;title\x07.txt": b"no log \x1b[2J",
        },
    )


HARMFUL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b\u202a-\u202e\u2066-\u2069]")


@pytest.mark.parametrize(
    "command",
    [
        ("repositories",),
        ("pushes",),
        ("push", "--event-id", "E"),
        ("principal",),
        ("activity",),
        ("evidence",),
    ],
)
def test_no_output_holds_what_a_terminal_would_obey(
    hostile: Path, command: tuple[str, ...]
) -> None:
    formats = ["table"] if command[0] == "push" else ["table", "csv"]
    name, *options = command
    if options:
        options = ["--repository", "x", "--digest", sha(image("a"))][2:]
    for kind in formats:
        done = call(name, hostile, *options, "--format", kind)
        assert done.returncode == DONE
        text = done.stdout.decode()
        if kind == "csv":
            text = text.replace("\r\n", "\n")
        assert HARMFUL.findall(text) == []
        assert HARMFUL.findall(done.stderr.decode()) == []
        assert "\\x1b" in text


def test_complaints_hold_nothing_harmful_either(hostile: Path, tmp_path: Path) -> None:
    only_text = write(tmp_path / "text", {"\x1b[31m.txt": b"no log \x1b[2J"})
    for arguments in (
        ("pushes", only_text),
        ("pushes", tmp_path / "\x1b[2Jmissing"),
        ("pushes", hostile, "--tag\x1b[2J"),
        ("pushes", hostile, "--since", "\x1b[2J"),
        ("pushes", hostile, "--format", "\x1b[2J"),
        ("event", hostile, "--event-id", "\x1b[2J"),
        ("principal", hostile, "--principal", "\x1b[2J"),
    ):
        done = call(*arguments)
        assert done.returncode in (NOTHING_OR_INCOMPLETE, USAGE)
        assert HARMFUL.findall(complaint(done)) == []


def test_json_is_exact_whatever_the_text(hostile: Path) -> None:
    shown = ESCAPES.replace("\ud83d", "\ufffd")
    first = json.loads(output("pushes", hostile, "--format", "json"))[0]
    assert first["image_tags"] == shown
    assert first["user_agent"] == shown


def test_csv_runs_no_formula(tmp_path: Path) -> None:
    starts = ["=1+1", "+1", "-1", "@SUM(1)", "\t=1", "\r=1", "\uff1d1", " =1", "fine"]
    records = [record("DescribeImages", at(n), userAgent=text) for n, text in enumerate(starts)]
    folder = write(tmp_path, {"t.json": trail(records)})
    done = call("activity", folder, "--format", "csv")
    assert done.returncode == DONE
    header, *cells = csv.reader(io.StringIO(done.stdout.decode()))
    agents = [row[header.index("user_agent")] for row in cells]
    for cell in agents:
        assert not cell.lstrip(" ").startswith(("=", "+", "-", "@", "\t", "\r", "\uff1d"))
    assert agents[0] == "'=1+1"
    assert agents[-1] == "fine"
    assert b"CSV cells begin like a formula; an apostrophe was put in front" in done.stderr
    exact = json.loads(output("activity", folder, "--format", "json"))
    assert [row["user_agent"] for row in exact] == starts


# --- pipes -------------------------------------------------------------------------------------


def test_a_reader_that_has_seen_enough_is_no_error(demo: Path) -> None:
    for kind in ("csv", "json", "table"):
        with subprocess.Popen(
            [sys.executable, "-m", "tui.cli", "activity", "--case", str(demo), "--format", kind],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=REPOSITORY,
        ) as program:
            assert program.stdout is not None
            assert program.stderr is not None
            assert program.stdout.readline()
            program.stdout.close()
            said = program.stderr.read().decode()
            assert program.wait(60) == DONE
        assert "Broken" not in said
        assert "Exception" not in said


def test_standard_input_is_evidence(logs: Path) -> None:
    data = (logs / "trail.json").read_bytes()
    for given in (data, zipped(data)):
        text = output("pushes", "-", "--format", "json", given=given)
        assert len(json.loads(text)) == 3
    event_id = push(image("a"), "v1", at(0), DANA)["eventID"]
    raw = output("event", "-", "--event-id", event_id, given=data)
    assert json.loads(raw)["eventID"] == event_id


def test_nothing_of_standard_input_stays_behind(logs: Path, tmp_path: Path) -> None:
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    data = (logs / "trail.json").read_bytes()
    output("pushes", "-", given=data, TMPDIR=str(temporary))
    assert list(temporary.rglob("*")) == []
    assert not [path for path in Path(os.environ["XDG_CACHE_HOME"]).rglob("*") if path.is_file()]


def test_the_sql_runs_as_it_is_printed(demo: Path) -> None:
    for command in LISTS:
        options = [command, "--case", demo, "--limit", "9", "--since", "2026-03-02"]
        said = output(*options, "--sql")
        expected = json.loads(output(*options, "--format", "json"))
        with duckdb.connect(str(demo), read_only=True) as shell:
            cursor = shell.execute(said)
            columns = [column[0] for column in cursor.description or ()]
            rows = [dict(zip(columns, row, strict=True)) for row in cursor.fetchall()]
        assert [str(row[columns[0]]) for row in rows] == [str(r[columns[0]]) for r in expected]
        assert said.startswith("-- ")


# --- exit codes --------------------------------------------------------------------------------


def test_wrong_usage(logs: Path, tmp_path: Path) -> None:
    wrong: list[tuple[tuple[object, ...], str]] = [
        (("pushes",), "no evidence given"),
        (("pushes", tmp_path / "missing"), "no such file or folder"),
        (("pushes", logs, "--no-such-option"), "unrecognized arguments"),
        (("pushes", logs, "--since", "yesterday"), "not a time"),
        (("pushes", logs, "--since", "99999999999d"), "not a time"),
        (("pushes", logs, "--until", "²h"), "not a time"),
        (("pushes", logs, "--since", "0001-01-01T00:00:00+14:00"), "not a time"),
        (("pushes", logs, "--limit", "-1"), "--limit -1"),
        (("pushes", logs, "--limit", "9" * 20), "--limit 999"),
        (("pushes", logs, "--format", "xml"), "invalid choice"),
        (("pushes", logs, "--format", "parquet"), "--format parquet needs --output FILE"),
        (("push", logs, "--format", "csv"), "'push' prints json, jsonl, lines or table"),
        (("event", logs), "--event-id"),
        (("activity", logs, "--key", "A", "--address", "B"), "not allowed with"),
        (("pushes", "--case", tmp_path / "none.case"), "no such case file"),
        ((logs,), "the interface needs a terminal"),
    ]
    for arguments, reason in wrong:
        done = call(*arguments)
        assert done.returncode == USAGE, arguments
        assert reason in complaint(done), arguments


def test_an_argument_may_hold_bytes_that_are_no_text(logs: Path, tmp_path: Path) -> None:
    odd = os.fsdecode(b"n\xff\xfe")
    assert "\\xff" in output("sql", f"SELECT '{odd}' AS a", logs)
    done = call("pushes", logs, "--case", tmp_path / odd)
    assert done.returncode == USAGE
    assert "is no UTF-8 text" in complaint(done)


def test_activity_takes_the_name_of_a_repository_where_it_is_the_only_one(demo: Path) -> None:
    def events(*asked: object) -> int:
        return len(output("activity", "--case", demo, "--format", "jsonl", *asked).splitlines())

    web = "111122223333/us-east-1/team/web"
    assert 0 < events("--repository", web) == events("--repository", "team/web")
    done = call("activity", "--case", demo, "--repository", "team/api")
    assert done.returncode == USAGE
    assert "111122223333/us-east-1/team/api, 444455556666/eu-west-1/team/api" in complaint(done)
    sam = "arn:aws:iam::444455556666:user/sam.sre"
    api = "111122223333/us-east-1/team/api"
    assert 0 < events("--origin", sam, "--repository", api) < events("--origin", sam)


@pytest.mark.parametrize(
    "wrong",
    [
        ("--no-such-option",),
        ("pushes", "--no-such-option"),
        ("pushes", "--limit", "many"),
        ("event",),
    ],
)
def test_wrong_usage_is_one_sentence(wrong: tuple[str, ...]) -> None:
    done = call(*wrong)
    assert done.returncode == USAGE
    [line] = done.stderr.decode().splitlines()
    assert line.startswith("ecr-investigate")
    assert "--help' says more" in line


def test_nothing_could_be_read(tmp_path: Path) -> None:
    write(
        tmp_path,
        {
            "text/notes.txt": b"not a log",
            "html/page.json.gz": zipped(b"<html>Access denied</html>"),
            "json/any.json": b'{"hello": "world"}',
            "broken/trail.json": trail([push(image("a"), "v", at(0))])[:-40],
            "zero/empty.json": b"",
        },
    )
    (tmp_path / "empty").mkdir()
    reasons = {
        "empty": "nothing to read: the folder is empty",
        "text": "text that is not JSON (it begins 'not a log')",
        "html": "an HTML page, not a log",
        "json": "keys seen: hello",
        "broken": "the text ends in the middle of a value",
        "zero": "the file is empty",
    }
    for folder, reason in reasons.items():
        for command in ("pushes", "evidence"):
            done = call(command, tmp_path / folder)
            assert done.returncode == NOTHING_OR_INCOMPLETE, folder
            said = complaint(done) if command == "pushes" else done.stdout.decode()
            assert reason in said or (folder == "empty" and command == "evidence")


def test_strict_makes_incomplete_evidence_an_error(tmp_path: Path) -> None:
    good = trail([push(image("a"), "v", at(0))])
    write(tmp_path, {"a.json": good, "b.json.gz": zipped(good)[:-20]})
    done = run("pushes", tmp_path, "--format", "json")
    assert done.returncode == DONE
    assert b"evidence incomplete: 1 file of 2 damaged or unreadable" in done.stderr
    strict = call("pushes", tmp_path, "--format", "json", "--strict")
    assert strict.returncode == NOTHING_OR_INCOMPLETE
    assert strict.stdout == done.stdout, "the answer is given all the same"
    assert call("pushes", tmp_path / "a.json", "--strict").returncode == DONE


def test_options_may_stand_before_the_command(logs: Path, tmp_path: Path) -> None:
    file = tmp_path / "my.case"
    before = output("--case", file, "--no-cache", "pushes", logs, "--format", "csv")
    assert before == output("pushes", "--case", file, "--format", "csv")
    assert file.exists()


def test_a_file_may_have_the_name_of_a_command(tmp_path: Path) -> None:
    write(tmp_path, {"pushes": trail([push(image("a"), "v", at(0))])})
    text = output("pushes", tmp_path / "pushes", "--format", "json")
    assert len(json.loads(text)) == 1


def test_the_sample_incident_shows_its_implant() -> None:
    found = json.loads(output("pushes", "--demo", "--format", "json"))
    moved = [entry for entry in found if entry["effect"] == "moved tag"]
    assert any(entry["origin"] != entry["principal"] for entry in moved)
    assert "usage" in output("--help").lower()
    assert output("--version").startswith("ecr-investigate ")
    for command in (*LISTS, "push", "event", "evidence"):
        assert command in output("--help")
