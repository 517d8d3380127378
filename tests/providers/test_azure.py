"""Azure Container Registry and the Activity log: what each export says, and that they agree."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from queries.case import Case
from queries.errors import WrongUsage
from queries.raw import raw_record
from queries.sources.local import find_items
from tests.evidence_files import case_in_memory, one, rows, shared, write
from tests.providers.azure_records import (
    CI,
    EVE,
    GROUP,
    REGISTRY,
    SERVER,
    SUBSCRIPTION,
    TENANT,
    Row,
    activity,
    digest,
    lines,
    login,
    notice,
    portal_csv,
    row,
    stored,
    tables,
    webhook,
)

KEY = f"{SERVER}/team/api"
PT1H = "resourceId=/SUBSCRIPTIONS/X/y=2026/m=03/d=02/h=10/m=00/PT1H.json"

DAY: list[Row] = [
    login("2026-03-02T10:00:00.0000000Z"),
    row("Push", "2026-03-02T10:01:00.1234567Z", tag="1.0", content=digest("a")),
    row("Pull", "2026-03-02T10:20:00Z", tag="1.0", content=digest("a"), who="kubelet",
        UserAgent="containerd/1.7", ResultDescription="200"),
    row("Push", "2026-03-02T11:00:00Z", tag="1.0", content=digest("b"), who=EVE,
        CallerIpAddress="198.51.100.7", UserAgent="python-requests/2.31"),
    row("Push", "2026-03-02T11:05:00Z", tag="2.0", who="stranger", ResultDescription="403"),
    row("Untag", "2026-03-02T11:30:00Z", tag="1.0", who=EVE, ResultDescription="202"),
    row("Delete", "2026-03-02T12:00:00Z", content=digest("b"), who=EVE, ResultDescription="202"),
]  # fmt: skip


def of_diagnostics(one: Row) -> Row:
    """The same as a row of AzureDiagnostics, where a resource's own members end in their type.
    https://learn.microsoft.com/azure/azure-monitor/reference/tables/azurediagnostics"""
    own = ("LoginServer", "Repository", "Tag", "Digest", "Identity", "UserAgent", "MediaType")
    made = {f"{n[0].lower()}{n[1:]}_s" if n in own else n: one[n] for n in one}
    made["location_s"] = made.pop("Region")
    return {**made, "Type": "AzureDiagnostics", "ResourceId": REGISTRY.upper()}


COMPARED = (
    "SELECT event_time, event_source, event_name, registry_action, repository, image_tag,"
    " image_digest, principal, source_ip_address, user_agent, outcome, error_code, aws_region,"
    " recipient_account_id, is_write FROM events ORDER BY event_time"
)


def opened(folder: Path, **files: bytes) -> Case:
    named = {name.replace("__", "."): data for name, data in files.items()}
    return case_in_memory(write(folder, named))


@pytest.fixture(scope="module")
def day(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Case]:
    folder = write(tmp_path_factory.mktemp("azure"), {PT1H: lines(*map(stored, DAY))})
    with case_in_memory(folder) as case:
        yield case


def test_an_append_blob_tells_pushes_pulls_logins_and_deletions(day: Case) -> None:
    assert day.totals["raw_records"] == day.totals["events"] == len(DAY)
    assert day.totals["repositories"] == [KEY]
    pushes = rows(
        day,
        "SELECT image_tags, image_digest, principal, outcome, effect, via, source_ip_address"
        " FROM pushes ORDER BY event_time",
    )
    assert pushes == [
        ("1.0", digest("a"), CI, "ok", "new image", "docker client", "203.0.113.10"),
        ("1.0", digest("b"), EVE, "ok", "moved tag", "API call", "198.51.100.7"),
        ("2.0", None, "stranger", "denied", "attempt", "docker client", "203.0.113.10"),
    ]
    assert rows(day, "SELECT principal, push_key IS NOT NULL FROM pulls") == [("kubelet", True)]
    assert one(day, "SELECT login_time IS NOT NULL FROM pushes WHERE principal = $p", p=CI)
    assert rows(day, "SELECT tag, ended_how FROM tag_spans ORDER BY since") == [
        ("1.0", "moved"), ("1.0", "deleted"),
    ]  # fmt: skip
    assert one(day, "SELECT error_code FROM events WHERE principal = 'stranger'") == "Forbidden"


def test_a_record_is_found_again_as_it_was_delivered(day: Case) -> None:
    file_id, position = rows(day, "SELECT file_id, position FROM events WHERE event_name = 'Pull'")[
        0
    ]
    assert json.loads(raw_record(day, file_id, position).text) == stored(DAY[2])


@pytest.mark.parametrize(
    "data",
    [
        tables(*DAY[1:]),
        json.dumps(DAY[1:]).encode(),
        lines(*DAY[1:]),
        portal_csv(*DAY[1:]),
        json.dumps({"records": list(map(stored, DAY[1:]))}).encode(),
        json.dumps({"value": DAY[1:]}).encode(),
        tables(*map(of_diagnostics, DAY[1:])),
        lines(
            {"Body": json.dumps({"records": list(map(stored, DAY[1:]))}), "SequenceNumber": 7},
        ),
        json.dumps(
            [{"enqueuedTime": "x", "body": {"records": list(map(stored, DAY[1:]))}}]
        ).encode(),
    ],
    ids=[
        "log analytics",
        "array of rows",
        "rows, one a line",
        "csv",
        "records",
        "value",
        "AzureDiagnostics",
        "event hub, text",
        "event hub, object",
    ],
)
def test_every_export_tells_the_same(data: bytes, day: Case, tmp_path: Path) -> None:
    expected = [line for line in rows(day, COMPARED) if line[2] != "Login"]
    with opened(tmp_path, export=data) as case:
        assert rows(case, COMPARED) == expected


def test_the_same_records_of_two_exports_are_copies(tmp_path: Path) -> None:
    files = {"a__json": lines(*map(stored, DAY)), "b__csv": portal_csv(*DAY[1:])}
    with opened(tmp_path, **files) as case:
        assert case.totals["events"] == len(DAY)
        assert case.totals["duplicates"] == len(DAY) - 1


def test_notices_say_that_an_image_was_pushed_and_not_by_whom(tmp_path: Path) -> None:
    pushed = ("push", "2026-03-02T10:01:01.5Z", "team/api", "1.0", digest("a"))
    values = [
        notice(*pushed),
        notice("push", "2026-03-02T10:09:00Z", "team/web", "", digest("c"), cloud=True),
        webhook("delete", "2026-03-02T10:10:00Z", "team/web", "", digest("c")),
        notice("chart_push", "2026-03-02T10:11:00Z", "charts/api", "0.1.0", digest("d")),
    ]
    with opened(tmp_path, grid=json.dumps(values).encode()) as case:
        assert case.totals["events"] == 4
        assert case.totals["pushers"] == ["(not recorded)"]
        assert case.totals["pushes"] == 3
        assert case.totals["kinds"] == {"helm_chart": 1, "unknown": 2}
        notes = one(case, "SELECT notes FROM files")
        assert any("ContainerRegistryRepositoryEvents" in note for note in notes)


def test_a_notice_gives_way_to_the_registrys_own_record(tmp_path: Path) -> None:
    told = notice("push", "2026-03-02T10:01:01.5Z", "team/api", "1.0", digest("a"))
    later = notice("push", "2026-03-02T18:00:00Z", "team/api", "1.0", digest("a"))
    other = webhook("push", "2026-03-02T10:01:01Z", "team/web", "1.0", digest("e"))
    with opened(tmp_path, log=lines(stored(DAY[1])), grid=lines(told, later, other)) as case:
        assert case.totals["merged_records"] == 1
        found = rows(case, "SELECT repository, principal FROM pushes ORDER BY event_time")
        assert found == [
            (KEY, CI), (f"{SERVER}/team/web", "(not recorded)"), (KEY, "(not recorded)"),
        ]  # fmt: skip


def test_a_pull_by_a_managed_identity_has_the_digest_in_the_tags_column(tmp_path: Path) -> None:
    pull = row("Pull", "2026-03-02T10:20:00Z", tag=digest("a"), ResultDescription="200")
    with opened(tmp_path, log=lines(stored(DAY[1]), stored(pull))) as case:
        [(tag, image, resolved)] = rows(
            case, "SELECT image_tag, image_digest, push_key IS NOT NULL FROM pulls"
        )
        assert (tag, image, resolved) == (None, digest("a"), True)


def test_all_hosts_of_a_registry_are_one_registry(tmp_path: Path) -> None:
    hosts = {
        "ContosoProd.azurecr.io": SERVER,
        "contosoprod.westeurope.data.azurecr.io": SERVER,
        "contosoprod.azurecr.cn": "contosoprod.azurecr.cn",
        "contosoprod-a1b2c3.azurecr.io:443": "contosoprod-a1b2c3.azurecr.io",
    }
    bodies = [webhook("push", f"2026-03-02T10:0{n}:00Z", "a", "1", "") for n in range(len(hosts))]
    for body, host in zip(bodies, hosts, strict=True):
        body["request"]["host"] = host
    with opened(tmp_path, hook=lines(*bodies)) as case:
        found = [of for (of,) in rows(case, "SELECT registry_id FROM events ORDER BY event_time")]
        assert found == list(hosts.values())


# ---- the control plane -----------------------------------------------------------------------


def control(what: str, time: str, **members: Any) -> Row:
    return activity(f"Microsoft.ContainerRegistry/registries/{what}", time, REGISTRY, **members)


def test_one_call_of_the_control_plane_is_one_event(tmp_path: Path) -> None:
    body = {"properties": {"adminUserEnabled": True}}
    steps = [
        control("write", "2026-03-02T10:00:00Z", status="Start", body=body),
        control("write", "2026-03-02T10:00:01Z", status="Accept"),
        control("write", "2026-03-02T10:00:09Z", status="Success"),
        control("listCredentials/action", "2026-03-02T10:01:00Z"),
        control("regenerateCredential/action", "2026-03-02T10:02:00Z", status="Failure",
                resultDescription="AuthorizationFailed: forbidden"),
    ]  # fmt: skip
    with opened(tmp_path, activity=lines(*steps)) as case:
        assert case.totals["events"] == 5
        assert case.totals["merged_records"] == 2
        found = rows(
            case,
            "SELECT event_name, registry_action, outcome, principal, access_key_id, registry_id"
            " FROM events WHERE merged_into IS NULL ORDER BY event_time",
        )
        key = f"token-of-{EVE}"
        assert found == [
            ("CreateOrUpdateRegistry", "settings", "ok", EVE, key, SERVER),
            ("ListCredentials", "read", "ok", EVE, key, SERVER),
            ("RegenerateCredential", "settings", "denied", EVE, key, SERVER),
        ]
        kept = one(case, "SELECT request_parameters FROM events WHERE merged_into IS NULL"
                         " AND event_name = 'CreateOrUpdateRegistry'")  # fmt: skip
        assert "adminUserEnabled" in kept, "what was asked stands in the first record"


def test_the_activity_log_of_the_api_reads_like_the_stored_one(tmp_path: Path) -> None:
    spelled = {
        "eventTimestamp": "2026-03-02T10:01:00Z",
        "eventDataId": "e-1",
        "operationName": {"value": "Microsoft.ContainerRegistry/registries/listCredentials/action",
                          "localizedValue": "List Credentials"},
        "status": {"value": "Succeeded"},
        "subStatus": {"value": "OK"},
        "resourceId": REGISTRY,
        "caller": EVE,
        "claims": {"uti": f"token-of-{EVE}", "appid": "x"},
        "correlationId": "c-1",
        "httpRequest": {"clientIpAddress": "198.51.100.7", "method": "POST"},
        "subscriptionId": SUBSCRIPTION,
        "tenantId": TENANT,
    }  # fmt: skip
    table = {
        "TimeGenerated": "2026-03-02T10:01:00Z", "EventDataId": "e-1", "Caller": EVE,
        "OperationNameValue": "MICROSOFT.CONTAINERREGISTRY/REGISTRIES/LISTCREDENTIALS/ACTION",
        "ActivityStatusValue": "Success", "_ResourceId": REGISTRY.lower(), "CorrelationId": "c-1",
        "CallerIpAddress": "198.51.100.7", "Claims": json.dumps({"uti": f"token-of-{EVE}"}),
        "CategoryValue": "Administrative", "Type": "AzureActivity", "SubscriptionId": SUBSCRIPTION,
    }  # fmt: skip
    for form in (json.dumps([spelled]).encode(), tables(table), portal_csv(table)):
        with opened(tmp_path, activity=form) as case:
            found = rows(
                case,
                "SELECT event_name, principal, source_ip_address, access_key_id, outcome,"
                " registry_id, event_id FROM events",
            )
            key = f"token-of-{EVE}"
            assert found == [("ListCredentials", EVE, "198.51.100.7", key, "ok", SERVER, "e-1")]


def test_an_imported_image_is_a_push_without_a_client(tmp_path: Path) -> None:
    body = {"source": {"registryUri": "docker.io", "sourceImage": "library/nginx:1.25"},
            "targetTags": ["team/api:1.0"], "mode": "Force"}  # fmt: skip
    call = control("importImage/action", "2026-03-02T10:00:00Z", body=body)
    silent = control("importImage/action", "2026-03-02T11:00:00Z", correlationId="other")
    with opened(tmp_path, activity=lines(call, silent)) as case:
        assert rows(case, "SELECT repository, image_tags, principal FROM pushes") == [
            (KEY, "1.0", EVE)
        ]
        assert case.totals["events"] == 2


APP = f"{GROUP}/providers/Microsoft.App/containerApps/shop"
ACI = f"{GROUP}/providers/Microsoft.ContainerInstance/containerGroups/batch"
SITE = f"{GROUP}/providers/Microsoft.Web/sites/portal"


def test_what_azure_runs_is_matched_to_the_push(tmp_path: Path) -> None:
    in_app = {"properties": {"template": {
        "containers": [{"name": "web", "image": f"{SERVER}/team/api:1.0"}],
        "initContainers": [{"name": "setup", "image": f"{SERVER}/team/api@{digest('a')}"}],
    }}}  # fmt: skip
    in_group = {"properties": {"containers": [
        {"name": "job", "properties": {"image": "docker.io/library/busybox"}}]}}  # fmt: skip
    in_site = {"properties": {"siteConfig": {"linuxFxVersion": f"DOCKER|{SERVER}/team/api:1.0"}}}
    other = {"properties": {"siteConfig": {"linuxFxVersion": "PYTHON|3.12"}}}
    values = [
        stored(DAY[1]),
        activity("Microsoft.App/containerApps/write", "2026-03-02T10:30:00Z", APP, body=in_app),
        activity("Microsoft.ContainerInstance/containerGroups/write", "2026-03-02T10:31:00Z", ACI,
                 body=in_group),
        activity("Microsoft.Web/sites/write", "2026-03-02T10:32:00Z", SITE, body=in_site),
        activity("Microsoft.Web/sites/write", "2026-03-02T10:33:00Z", f"{SITE}2", body=other),
        activity("Microsoft.App/containerApps/delete", "2026-03-02T12:00:00Z", APP),
    ]  # fmt: skip
    with opened(tmp_path, all=lines(*values)) as case:
        found = rows(
            case,
            "SELECT platform, deployed, container, matched, resolved_digest, ended_how"
            " FROM deployments ORDER BY deployment_no",
        )
        shop = "container app prod/shop"
        assert [(p, c, m, d, e) for p, _, c, m, d, e in found] == [
            ("container apps", "web", "tag", digest("a"), "deleted"),
            ("container apps", "setup", "digest", digest("a"), "deleted"),
            ("container instances", "job", "other registry", None, None),
            ("app service", None, "tag", digest("a"), None),
        ]
        assert found[0][1] == shop


def test_a_call_without_its_body_is_a_deployment_of_an_unknown_image(tmp_path: Path) -> None:
    call = activity("Microsoft.App/containerApps/write", "2026-03-02T10:30:00Z", APP)
    with opened(tmp_path, all=lines(call)) as case:
        assert rows(case, "SELECT matched, image FROM deployments") == [("not recorded", None)]


def test_other_operations_are_events_and_nothing_else(tmp_path: Path) -> None:
    calls = [
        activity("Microsoft.Compute/virtualMachines/write", "2026-03-02T10:30:00Z",
                 f"{GROUP}/providers/Microsoft.Compute/virtualMachines/vm1"),
        {"time": "2026-03-02T10:31:00Z", "category": "StorageRead", "operationName": "GetBlob",
         "resourceId": f"{GROUP}/providers/Microsoft.Storage/storageAccounts/a",
         "callerIpAddress": "203.0.113.9:51234", "statusCode": 403, "statusText": "AuthError"},
    ]  # fmt: skip
    with opened(tmp_path, all=lines(*calls)) as case:
        found = rows(
            case,
            "SELECT event_source, event_name, source_ip_address, outcome, registry_action"
            " FROM events ORDER BY event_time",
        )
        assert found == [
            ("Microsoft.Compute", "virtualmachines/write", "198.51.100.7", "ok", None),
            ("Microsoft.Storage", "GetBlob", "203.0.113.9", "denied", None),
        ]


def test_spoilt_records_are_still_records(tmp_path: Path) -> None:
    broken = {"properties": {"template": {"containers": ["x", {"image": 7}]}}}
    spoilt: list[Row] = [
        {**stored(DAY[1]), "properties": ["x"]},
        {**stored(DAY[1]), "properties": "{broken"},
        {**stored(DAY[1]), "identity": {"claims": 7}},
        {**stored(DAY[1]), "resourceId": None},
        {**stored(DAY[1]), "time": "yesterday"},
        {**webhook("push", "2026-03-02T10:00:00Z", "a", "b", ""), "request": None},
        {**notice("push", "2026-03-02T10:00:00Z", "a", "b", ""), "data": "text"},
        activity("Microsoft.App/containerApps/write", "2026-03-02T10:30:00Z", APP, body=broken),
        activity("x/y", "2026-03-02T10:30:00Z", APP, identity=7, properties=None),
    ]
    with opened(tmp_path, log=lines(*spoilt, stored(DAY[2]))) as case:
        records = len(spoilt) + 1
        assert case.totals["raw_records"] == records
        assert case.totals["events"] + case.totals["duplicates"] == records
        assert case.totals["unreadable_files"] == case.totals["damaged_files"] == 0


def test_without_the_registrys_log_it_is_said_that_pushes_cannot_be_seen(tmp_path: Path) -> None:
    call = control("write", "2026-03-02T10:00:00Z")
    with opened(tmp_path, activity=lines(call)) as case:
        assert any("pushes to Azure's registries cannot be seen" in n for n in case.totals["notes"])


def test_the_microsoft_examples_of_webhooks_read_whole() -> None:
    with case_in_memory(shared("data", "azure-docs_acr-webhook")) as case:
        assert case.totals["raw_records"] == 2
        assert case.totals["repositories"] == ["myregistry.azurecr.io/hello-world"]


def test_a_command_for_a_cluster_mentions_the_image(tmp_path: Path) -> None:
    cluster = f"{GROUP}/providers/Microsoft.ContainerService/managedClusters/blue"
    body = {"command": f"kubectl run x --image={SERVER}/team/api:1.0 -- sh"}
    call = activity("Microsoft.ContainerService/managedClusters/runCommand/action",
                    "2026-03-02T10:30:00Z", cluster, body=body)  # fmt: skip
    with opened(tmp_path, all=lines(stored(DAY[1]), call)) as case:
        assert rows(case, "SELECT act, matched, resolved_digest FROM deployments") == [
            ("mentioned", "possible", digest("a"))
        ]


@pytest.mark.parametrize("path", ["az://logs/insights", "abfss://c@a.dfs.core.windows.net/x"])
def test_a_container_is_not_taken_for_a_missing_file(path: str) -> None:
    with pytest.raises(WrongUsage, match=r"copy it first .*download-batch"):
        find_items([path])


def test_a_pull_by_a_container_host_is_a_trace_of_what_ran(day: Case) -> None:
    found = rows(
        day, "SELECT platform, act, deployed, matched, resolved_digest FROM deployments"
    )  # fmt: skip
    assert found == [("azure", "pulled", "host of kubelet", "digest", digest("a"))]
