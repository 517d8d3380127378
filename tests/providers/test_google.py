"""Cloud Audit Logs, in each form in which they are exported."""

from __future__ import annotations

import base64
import csv
import io
import json
import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from queries.case import Case
from queries.findings.rules import built_in_rules
from queries.findings.run import find
from queries.findings.settings import Settings
from queries.raw import raw_record
from queries.reader import FileFacts, read_records
from queries.references import parse_reference
from queries.sources.local import find_items
from samples import google_incident
from samples.google_entries import API, REGISTRY, Entry, digest, docker, entry
from tests.evidence_files import case_in_memory, one, rows, shared
from tests.evidence_files import write as write_bytes

PROJECT, PLACE = "example-shop", "europe-west3"
DANA, RELEASE = "dana@example.com", f"release@{PROJECT}.iam.gserviceaccount.com"
ADDRESS = "203.0.113.20"
NOON = datetime(2026, 3, 2, 12, 0, 0, 123456, tzinfo=UTC)
STORAGE = "storage.googleapis.com"


def later(seconds: int) -> datetime:
    return NOON + timedelta(seconds=seconds)


def put(
    reference: str, seconds: int = 0, image: str = "team/api", who: str = RELEASE, **more: Any
) -> Entry:
    return docker(
        later(seconds), PROJECT, PLACE, "shop", image, "PutManifest", reference, who, ADDRESS,
        agent="docker/27.1.1", **more,
    )  # fmt: skip


def write(folder: Path, texts: dict[str, str]) -> Path:
    folder.mkdir(exist_ok=True)
    return write_bytes(folder, {name: text.encode() for name, text in texts.items()})


def lines(*entries: Entry) -> str:
    return "".join(json.dumps(each) + "\n" for each in entries)


def case_of(folder: Path, *entries: Entry) -> Case:
    return case_in_memory(write(folder, {"S0.json": lines(*entries)}) / "S0.json")


def message(value: Entry) -> Entry:
    data = base64.b64encode(json.dumps(value).encode()).decode()
    return {"data": data, "attributes": {"logging.googleapis.com/timestamp": ""}, "messageId": "1"}


def bigquery(value: Entry) -> Entry:
    """The row that a sink to BigQuery makes of an entry."""
    payload = dict(value["protoPayload"])
    payload["type"] = payload.pop("@type")
    payload["requestJson"] = json.dumps(payload.pop("request"))
    row = {key: each for key, each in value.items() if key != "protoPayload"}
    row["timestamp"] = value["timestamp"][:26].replace("T", " ") + " UTC"
    return {"protopayload_auditlog": payload, **row}


def portal_table(value: Entry) -> str:
    """The Logs Explorer's CSV: a column for each member, lists by their places."""
    cells: dict[str, str] = {}

    def spread(name: str, each: Any) -> None:
        if isinstance(each, dict):
            for key, inner in each.items():
                spread(f"{name}.{key}" if name else key, inner)
        elif isinstance(each, list):
            for at, inner in enumerate(each):
                spread(f"{name}[{at}]", inner)
        else:
            cells[name] = str(each)

    spread("", value)
    out = io.StringIO()
    csv.writer(out).writerows([cells.keys(), cells.values()])
    return out.getvalue()


FORMS: dict[str, Callable[[Entry], str]] = {
    "gcloud logging read": lambda e: json.dumps([e], indent=2),
    "sink to Cloud Storage": lines,
    "entries.list": lambda e: json.dumps({"entries": [e], "nextPageToken": "x"}),
    "Pub/Sub pull": lambda e: json.dumps([{"ackId": "a", "message": message(e)}]),
    "Pub/Sub push": lambda e: json.dumps({"message": message(e), "subscription": "s"}),
    "Pub/Sub message": lambda e: lines(message(e)),
    "Pub/Sub opened": lambda e: lines({"data": e, "attributes": {}}),
    "Eventarc": lambda e: json.dumps({"specversion": "1.0", "type": "x", "source": "y", "data": e}),
    "BigQuery": lambda e: lines(bigquery(e)),
    "Logs Explorer's CSV": portal_table,
    "keys in lower case": lambda e: lines({k.lower(): v for k, v in e.items()}),
}


@pytest.mark.parametrize("form", FORMS)
def test_each_export_gives_the_same_push(form: str, tmp_path: Path) -> None:
    pushed = put(f"prod@{digest('x')}")
    case = case_in_memory(write(tmp_path, {"log.json": FORMS[form](pushed)}) / "log.json")
    assert rows(
        case,
        "SELECT repository, image_tags, image_digest, principal, source_ip_address, user_agent,"
        " via, outcome, CAST(event_time AS VARCHAR) FROM pushes",
    ) == [
        (f"{PROJECT}/{PLACE}/shop/team/api", "prod", digest("x"), RELEASE, ADDRESS,
         "docker/27.1.1", "docker client", "ok", "2026-03-02 12:00:00.123456"),
    ]  # fmt: skip
    assert one(case, "SELECT status FROM files") == "read"


def test_one_entry_in_two_exports_is_a_copy_and_counted(tmp_path: Path) -> None:
    pushed = put("prod")
    files = {
        "a.json": lines(pushed),
        "b.json": lines(bigquery(pushed)),
        "c.json": lines(put("x", 1)),
    }
    case = case_in_memory(write(tmp_path, files))
    assert (case.totals["raw_records"], case.totals["events"], case.totals["duplicates"]) == (
        3,
        2,
        1,
    )
    assert sum(row[0] for row in rows(case, "SELECT events + copies FROM files")) == 3


def test_the_record_opens_as_delivered_with_all_nine_digits(tmp_path: Path) -> None:
    first, second = put("a"), put("b", 5)
    case = case_of(tmp_path, first, second)
    [(file, position)] = rows(case, "SELECT file_id, position FROM events WHERE image_tag = 'b'")
    raw = raw_record(case, file, position)
    assert json.loads(raw.text) == second
    assert second["timestamp"] in raw.text
    assert raw.position == 2


def test_the_start_and_the_end_of_an_operation_are_one_event(tmp_path: Path) -> None:
    """Listed newest first, as gcloud does; the end names nobody and says that it failed."""
    resource = f"projects/{PROJECT}/locations/{PLACE}/repositories/shop"
    end = entry(
        later(9), PROJECT, REGISTRY, f"{API}.DeleteRepository", resource, "", "",
        operation={"id": "op/1", "last": True}, status={"code": 9, "message": "not empty"},
    )  # fmt: skip
    start = entry(
        later(0), PROJECT, REGISTRY, f"{API}.DeleteRepository", resource, DANA, ADDRESS,
        operation={"id": "op/1", "first": True},
    )  # fmt: skip
    case = case_of(tmp_path, end, start)
    [(who, outcome, error, said)] = rows(
        case,
        "SELECT principal, outcome, error_code, error_message FROM events"
        " WHERE merged_into IS NULL",
    )
    assert (who, outcome, error, said) == (DANA, "failed", "FAILED_PRECONDITION", "not empty")
    assert case.totals["merged_records"] == 1


def test_a_refused_push_is_an_attempt_and_an_entry_may_name_nobody(tmp_path: Path) -> None:
    case = case_of(tmp_path, put("prod", who="", status={"code": 7, "message": "no"}))
    assert rows(case, "SELECT outcome, error_code, principal FROM pushes") == [
        ("denied", "PERMISSION_DENIED", "(no identity)")
    ]


@pytest.fixture(scope="module")
def identities(tmp_path_factory: pytest.TempPathFactory) -> Case:
    subject = "principal://iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p"
    behind = {
        "serviceAccountDelegationInfo": [
            {"firstPartyPrincipal": {"principalEmail": DANA}},
            {"principalSubject": "serviceAccount:middle@example-shop.iam.gserviceaccount.com"},
        ]
    }
    return case_of(
        tmp_path_factory.mktemp("identities"),
        put("fed", 0, who=f"{subject}/subject/repo:example-org/api:ref:refs/heads/main"),
        put("key", 1, authentication={"serviceAccountKeyName":
            f"//iam.googleapis.com/projects/{PROJECT}/serviceAccounts/{RELEASE}/keys/0a1b"}),
        put("chain", 2, authentication=behind),
        put("other", 3, who="robot@other-shop.iam.gserviceaccount.com"),
    )  # fmt: skip


def test_a_federated_identity_is_named_by_its_subject(identities: Case) -> None:
    [(kind, provider)] = rows(
        identities,
        "SELECT identity_type, identity_provider FROM events WHERE image_tag = 'fed'",
    )
    assert kind == "WorkloadIdentity"
    assert provider == "projects/1/locations/global/workloadIdentityPools/p"


def test_a_service_accounts_key_is_its_access_key(identities: Case) -> None:
    assert one(identities, "SELECT access_key_id FROM events WHERE image_tag = 'key'") == "0a1b"


def test_a_delegation_chain_leads_to_its_first_member(identities: Case) -> None:
    [(origin, key)] = rows(
        identities, "SELECT origin, access_key_id FROM pushes WHERE image_tags = 'chain'"
    )
    assert origin == DANA
    chain = one(identities, "SELECT chain FROM sessions WHERE access_key_id = $key", key=key)
    assert json.loads(chain) == [DANA, "middle@example-shop.iam.gserviceaccount.com", RELEASE]


def test_a_service_account_of_another_project_pushes_across(identities: Case) -> None:
    assert rows(identities, "SELECT image_tags FROM pushes WHERE cross_account") == [("other",)]


def test_a_token_made_for_a_service_account_begins_its_session(tmp_path: Path) -> None:
    made = entry(
        later(0), PROJECT, "iamcredentials.googleapis.com", "GenerateAccessToken",
        "projects/-/serviceAccounts/1081", DANA, "198.51.100.7",
        request={"name": f"projects/-/serviceAccounts/{RELEASE}"},
    )  # fmt: skip
    delegated = {"serviceAccountDelegationInfo": [{"principalSubject": f"user:{DANA}"}]}
    case = case_of(tmp_path, made, put("prod", 60, authentication=delegated))
    [(origin, named)] = rows(
        case,
        "SELECT p.origin, e.event_name FROM pushes AS p JOIN sessions AS s"
        " ON s.access_key_id = p.access_key_id JOIN events AS e ON e.event_key = s.issued_by_event",
    )
    assert (origin, named) == (DANA, "GenerateAccessToken")


def stored(act: str, seconds: int, name: str, bucket: str, who: str = RELEASE) -> Entry:
    resource = f"projects/_/buckets/{bucket}/objects/containers/images/{digest(name)}"
    return entry(
        later(seconds), PROJECT, STORAGE, f"storage.objects.{act}", resource, who, ADDRESS,
        labels={"bucket_name": bucket, "location": "us"}, kind="gcs_bucket",
    )  # fmt: skip


def test_writes_to_the_bucket_of_a_legacy_registry_are_pushes(tmp_path: Path) -> None:
    ours = f"us.artifacts.{PROJECT}.appspot.com"
    case = case_of(
        tmp_path,
        stored("create", 0, "layer", ours),
        stored("create", 2, "config", ours),
        stored("create", 4, "manifest", ours),
        stored("create", 5000, "other", ours),
        stored("create", 6, "x", f"artifacts.{PROJECT}.appspot.com"),
        stored("get", 7, "layer", ours),
        stored("create", 8, "y", "backup.example.com"),
        stored("create", 9, "z", f"staging.{PROJECT}.appspot.com"),
    )
    assert rows(case, "SELECT repository, outcome FROM pushes ORDER BY event_time") == [
        (f"{PROJECT}/us/us.gcr.io", "ok"),
        (f"{PROJECT}/us/gcr.io", "ok"),
        (f"{PROJECT}/us/us.gcr.io", "ok"),
    ]
    assert any("which image and tag they were is in no record" in n for n in case.totals["notes"])


def test_gcr_io_on_artifact_registry_is_one_repository_with_its_references(tmp_path: Path) -> None:
    made = put(f"v1@{digest('x')}")
    text = json.dumps(made).replace("/europe-west3/repositories/shop", "/us/repositories/gcr.io")
    text = text.replace(f'"requestUrl": "/v2/{PROJECT}/shop/', f'"requestUrl": "/v2/{PROJECT}/')
    text = text.replace("locations/europe-west3", "locations/us")
    case = case_of(tmp_path, json.loads(text))
    key = one(case, "SELECT repository FROM pushes WHERE image_tags = 'v1'")
    said = parse_reference(f"gcr.io/{PROJECT}/team/api:v1")
    assert said is not None
    assert key == said.key == f"{PROJECT}/us/gcr.io/team/api"


@pytest.mark.parametrize(
    ("reference", "key"),
    [
        ("europe-west3-docker.pkg.dev/p/r/a/b:1", "p/europe-west3/r/a/b"),
        ("us-docker.pkg.dev/example.com/p/r/a", "example.com:p/us/r/a"),
        ("eu.gcr.io/p/a", "p/europe/eu.gcr.io/a"),
        ("europe-west3-docker.pkg.dev/p/r", ""),
        ("docker.pkg.dev/p/r/a", ""),
        ("gcr.io.example.com/p/a", ""),
    ],
)
def test_references_name_their_repository(reference: str, key: str) -> None:
    said = parse_reference(reference)
    assert said is not None
    assert said.key == key


def test_deletions_end_what_a_tag_named(tmp_path: Path) -> None:
    base = f"projects/{PROJECT}/locations/{PLACE}/repositories/shop"
    images = ("tag", "version", "manifest", "package", "repository")
    pushed = [put(f"prod@{digest(name)}", n, name) for n, name in enumerate(images)]

    def call(seconds: int, method: str, resource: str) -> Entry:
        return entry(later(seconds), PROJECT, REGISTRY, method, resource, DANA, ADDRESS)

    case = case_of(
        tmp_path,
        *pushed,
        call(60, f"{API}.DeleteTag", f"{base}/packages/tag/tags/prod"),
        call(61, f"{API}.DeleteVersion", f"{base}/packages/version/versions/{digest('version')}"),
        call(62, "Docker-DeleteManifest", f"{base}/dockerImages/manifest@{digest('manifest')}"),
        call(63, f"{API}.DeletePackage", f"{base}/packages/package"),
        call(64, f"{API}.DeleteRepository", base),
    )
    ended = rows(
        case,
        "SELECT split_part(repository, '/', 4), CAST(extract(minute FROM until) AS INTEGER),"
        " CAST(extract(second FROM until) AS INTEGER), ended_how FROM tag_spans ORDER BY until",
    )
    assert ended == [
        ("tag", 1, 0, "deleted"),
        ("version", 1, 1, "deleted"),
        ("manifest", 1, 2, "deleted"),
        ("package", 1, 3, "repository deleted"),
        ("repository", 1, 4, "repository deleted"),
    ]


def test_each_platform_says_what_it_runs(tmp_path: Path) -> None:
    image = f"{PLACE}-docker.pkg.dev/{PROJECT}/shop/team/api"
    run = "google.cloud.run.v2.Services.CreateService"
    case = case_of(
        tmp_path,
        put(f"prod@{digest('x')}"),
        entry(later(60), PROJECT, "run.googleapis.com", run, "namespaces/p/services/web", DANA,
              ADDRESS, log="activity", labels={"location": PLACE, "service_name": "web"},
              request={"service": {"template": {"containers": [{"image": f"{image}:prod"}]}}}),
        entry(later(62), PROJECT, "cloudfunctions.googleapis.com",
              "google.cloud.functions.v2.FunctionService.CreateFunction",
              f"projects/{PROJECT}/locations/{PLACE}/functions/f", DANA, ADDRESS, log="activity",
              request={"functionId": "f"}),
    )  # fmt: skip
    assert rows(
        case,
        "SELECT platform, deployed, matched, resolved_digest, ended_how FROM deployments"
        " ORDER BY deployment_no",
    ) == [
        ("cloud run", "service web", "tag", digest("x"), None),
        ("cloud functions", "function f", "not recorded", None, None),
    ]


def test_a_key_that_was_made_leads_to_what_was_done_with_it(tmp_path: Path) -> None:
    account = f"projects/{PROJECT}/serviceAccounts/{RELEASE}"
    made = entry(later(0), PROJECT, "iam.googleapis.com",
                 "google.iam.admin.v1.CreateServiceAccountKey", account, DANA, ADDRESS,
                 log="activity", request={"name": account},
                 response={"name": f"{account}/keys/0a1b"})  # fmt: skip
    named = {"serviceAccountKeyName": f"//iam.googleapis.com/{account}/keys/0a1b"}
    granted = entry(later(1), PROJECT, "cloudresourcemanager.googleapis.com", "SetIamPolicy",
                    f"projects/{PROJECT}", DANA, ADDRESS, log="activity",
                    serviceData={"policyDelta": {"bindingDeltas": [{"action": "ADD",
                        "role": "roles/owner", "member": "user:eve@example.com"}]}})  # fmt: skip
    case = case_of(tmp_path, made, granted, put("prod", 60, authentication=named))
    assert rows(
        case,
        "SELECT c.kind, c.name, c.origin, p.image_tags FROM created AS c LEFT JOIN pushes AS p"
        " ON p.access_key_id = c.created_key ORDER BY c.event_time",
    ) == [
        ("access key", RELEASE, DANA, "prod"),
        ("permissions", "roles/owner to user:eve@example.com", DANA, None),
    ]
    rules = tuple(rule for rule in built_in_rules() if rule.id == "credential-born-suspicious")
    found = find(case, Settings(rules=rules))
    [finding] = found.findings
    assert f"with an access key made by {DANA}" in finding.why
    found.close()


def published(seconds: int, **said: str) -> Entry:
    data = base64.b64encode(json.dumps(said).encode()).decode()
    stamp = f"{later(seconds):%Y-%m-%dT%H:%M:%S}.5Z"
    return {"message": {"data": data, "messageId": f"{seconds}", "publishTime": stamp}}


def test_a_notice_tells_of_a_push_that_the_log_is_silent_about(tmp_path: Path) -> None:
    image = f"{PLACE}-docker.pkg.dev/{PROJECT}/shop/team/api"
    case = case_of(
        tmp_path,
        put(f"prod@{digest('x')}"),
        published(3, action="INSERT", digest=f"{image}@{digest('x')}", tag=f"{image}:prod"),
        published(600, action="INSERT", digest=f"{image}@{digest('y')}", tag=f"{image}:prod"),
        published(900, action="DELETE", tag=f"{image}:prod"),
        published(901, action="INSERT", digest=f"registry.example.com/a@{digest('y')}"),
    )
    assert rows(case, "SELECT image_digest, principal, effect FROM pushes ORDER BY event_time") == [
        (digest("x"), RELEASE, "new image"),
        (digest("y"), "(not recorded)", "moved tag"),
    ]
    assert rows(case, "SELECT ended_how FROM tag_spans ORDER BY since") == [
        ("moved",),
        ("deleted",),
    ]
    assert case.totals["merged_records"] == 1
    assert "not by whom" in str(rows(case, "SELECT notes FROM files"))


def test_it_says_aloud_that_pushes_cannot_be_seen(tmp_path: Path) -> None:
    resource = f"projects/{PROJECT}/locations/{PLACE}/repositories/shop"
    made = entry(later(0), PROJECT, REGISTRY, f"{API}.CreateRepository", resource, DANA, ADDRESS,
                 log="activity", request={"repositoryId": "shop"})  # fmt: skip
    pulled = docker(later(1), PROJECT, PLACE, "shop", "api", "GetManifest", "v1", DANA, ADDRESS)
    without = case_of(tmp_path, made)
    reads = case_in_memory(write(tmp_path / "reads", {"a.json": lines(made, pulled)}))
    whole = case_in_memory(write(tmp_path / "whole", {"a.json": lines(made, pulled, put("v1"))}))
    assert any("pushes and pulls cannot be seen" in note for note in without.totals["notes"])
    assert any("has reads only" in note for note in reads.totals["notes"])
    assert not [note for note in whole.totals["notes"] if "Google" in note]


def test_logs_of_another_kind_are_named_and_hostile_names_do_no_harm(tmp_path: Path) -> None:
    other = {"insertId": "1", "logName": "projects/p/logs/requests", "textPayload": "x"}
    odd = put("prod", image="a")
    odd["protoPayload"]["resourceName"] = [1]
    odd["protoPayload"]["authenticationInfo"] = "[red]x"
    odd["protoPayload"]["status"] = {"code": "99999"}
    bad = {"protoPayload": {"methodName": "Docker-PutManifest", "serviceName": REGISTRY}}
    case = case_in_memory(write(tmp_path, {"a.json": lines(other, odd, bad)}))
    assert case.totals["raw_records"] == 2
    assert "no audit log (requests)" in str(rows(case, "SELECT notes FROM files"))


ODD: tuple[Any, ...] = (
    None, 1.5, True, [], {}, "", [1], {"a": 1}, "\ud800", ["a", {"b": None}], 10**30, "//a/b",
    "2026-99-99T", "sha256:",
)  # fmt: skip


def places(value: Any) -> list[tuple[Any, Any]]:
    """Each place in a value where something else could stand: (what holds it, key)."""
    keys = list(value) if isinstance(value, dict) else range(len(value))
    found = [(value, key) for key in keys]
    for key in keys:
        if isinstance(value[key], dict | list):
            found += places(value[key])
    return found


def test_spoilt_entries_are_counted_and_stop_nothing(tmp_path: Path) -> None:
    chance = random.Random(7)
    whole = [*google_incident.tell(1)[-12:], stored("create", 1, "x", "artifacts.p.appspot.com")]
    whole += [bigquery(put("a")), {"message": message(put("b"))}]
    spoilt: list[Entry] = []
    for number in range(600):
        made = json.loads(json.dumps(whole[number % len(whole)]))
        holder, key = chance.choice(places(made))
        holder[key] = chance.choice(ODD)
        spoilt.append(made)
    case = case_of(tmp_path, *spoilt)
    read, kept = rows(case, "SELECT sum(records), sum(events) + sum(copies) FROM files")[0]
    assert read == kept
    assert read > 500


def audited(value: Any) -> int:
    """Entries with an audit payload anywhere in a value, found without the product."""
    if isinstance(value, list):
        return sum(map(audited, value))
    if not isinstance(value, dict):
        return 0
    for key, inner in value.items():
        if key.lower() in ("protopayload", "protopayload_auditlog") and isinstance(inner, dict):
            return 1
    return sum(map(audited, value.values()))


def values(path: Path) -> list[Any]:
    text = path.read_text(errors="replace")
    try:
        return [json.loads(text)]
    except ValueError:
        return [json.loads(line) for line in text.splitlines() if line[:1] == "{"]


@pytest.mark.parametrize(
    "name", ["panther-analysis", "plaso", "google-khi", "google-security-analytics"]
)
def test_no_record_of_real_logs_is_lost(name: str) -> None:
    folder = shared("data", name)
    wanted = sum(audited(values(path)) for path in folder.rglob("*.json*"))
    read = [
        record
        for item in find_items([str(folder)]).items
        for record in read_records(item, FileFacts())
        if record.mapped and "protopayload" in record.text.lower()
    ]
    assert wanted
    assert len(read) == wanted


def test_a_cluster_of_gke_runs_the_image_that_was_pushed(tmp_path: Path) -> None:
    """In the export of BigQuery, which has other names than the API."""
    image = f"{PLACE}-docker.pkg.dev/{PROJECT}/shop/team/api:prod"
    made = entry(
        later(61), PROJECT, "k8s.io", "io.k8s.apps.v1.deployments.create",
        "apps/v1/namespaces/live/deployments/api", DANA, ADDRESS, log="activity",
        labels={"location": PLACE, "cluster_name": "c"}, kind="k8s_cluster",
        request={"kind": "Deployment", "metadata": {"name": "api"}, "spec": {"template": {"spec":
            {"containers": [{"name": "api", "image": image}]}}}},
    )  # fmt: skip
    for name, form in (("api", made), ("bigquery", bigquery(made))):
        case = case_of(tmp_path / name, put(f"prod@{digest('x')}"), form)
        assert rows(
            case, "SELECT platform, matched, resolved_digest, principal FROM deployments"
        ) == [("kubernetes", "tag", digest("x"), DANA)]


def test_the_field_case_of_artifact_registry() -> None:
    path = shared("cases", "gcp_artifact_registry.json")
    wanted = json.loads(path.with_suffix(".expected.json").read_text())
    totals = case_in_memory(path).totals
    for name in ("raw_records", "events", "pushes", "failed_pushes", "repositories", "pushers"):
        assert totals[name] == wanted[name], name
