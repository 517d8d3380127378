"""Kubernetes audit: which images ran, by whose doing, and in whose pushes they came."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from queries.case import Case, open_case
from tests.evidence_files import (
    DANA,
    case_in_memory,
    image,
    one,
    push,
    record,
    rows,
    sha,
    shared,
    trail,
    write,
)
from tests.providers.audit_events import (
    DEPLOYER,
    DEPLOYER_KEY,
    DEPLOYMENTS,
    ECR,
    REPLICASETS,
    Audit,
    aks_record,
    aks_row,
    audit,
    eks_export,
    gke_entry,
    on_eks,
    person,
    pod,
    pod_spec,
    workload,
)
from tests.providers.azure_records import lines, portal_csv, tables

API = f"{ECR}/team/api"
MANIFEST = image("base", "app")


def opened(folder: Path, **files: bytes) -> Case:
    return case_in_memory(write(folder, {f"{name}.log": data for name, data in files.items()}))


def asked(case: Case, event_name: str) -> dict[str, Any]:
    """What the index keeps of the one request of this name."""
    value: dict[str, Any] = json.loads(
        one(case, "SELECT request_parameters FROM events WHERE event_name = $n"
                  " AND merged_into IS NULL", n=event_name)
    )  # fmt: skip
    return value


def deployments(case: Case) -> list[tuple[Any, ...]]:
    return rows(
        case,
        "SELECT act, deployed, container, image, matched FROM deployments ORDER BY deployment_no",
    )


# ---- forms -----------------------------------------------------------------------------------

POD = audit("create", "pods", "2026-03-02T10:20:00.123456Z", "api-1",
            requestObject=pod(f"{API}:1.0", name="api-1"))  # fmt: skip
EXEC = audit("get", "pods/exec", "2026-03-02T10:25:00Z", "api-1", code=101,
             requestURI="/api/v1/namespaces/prod/pods/api-1/exec?command=sh&command=-c"
             "&command=id&container=c0&stdin=true")  # fmt: skip

FORMS = {
    "one a line": lines(POD, EXEC),
    "array": json.dumps([POD, EXEC]).encode(),
    "list": json.dumps(
        {"kind": "EventList", "apiVersion": "audit.k8s.io/v1", "metadata": {}, "items": [POD, EXEC]}
    ).encode(),
    "pretty list": json.dumps(
        {"kind": "EventList", "apiVersion": "audit.k8s.io/v1beta1", "items": [POD, EXEC]}, indent=2
    ).encode(),
    "eks": eks_export(POD, EXEC),
    "aks": lines(aks_record(POD), aks_record(EXEC)),
    "aks table": tables(aks_row(POD), aks_row(EXEC)),
    "aks csv": portal_csv(aks_row(POD), aks_row(EXEC)),
    "gke": lines(gke_entry(POD), gke_entry(EXEC)),
    "pods' log": lines(*({"log": json.dumps(e), "stream": "stdout"} for e in (POD, EXEC))),
    "splunk": lines(*({"time": 1, "sourcetype": "audit", "event": e} for e in (POD, EXEC))),
    "subscription": json.dumps(
        {
            "messageType": "DATA_MESSAGE",
            "logGroup": "/aws/eks/prod/cluster",
            "logEvents": [
                {"id": e["auditID"], "timestamp": 1, "message": json.dumps(e)} for e in (POD, EXEC)
            ],
        }
    ).encode(),
    "gke list": json.dumps([gke_entry(POD), gke_entry(EXEC)]).encode(),
}


@pytest.mark.parametrize("form", FORMS)
def test_every_export_tells_the_same(form: str, tmp_path: Path) -> None:
    with opened(tmp_path, audit=FORMS[form]) as case:
        assert case.totals["raw_records"] == case.totals["events"] == 2
        found = rows(
            case,
            "SELECT event_time::VARCHAR, event_name, principal, source_ip_address, user_agent,"
            " outcome, is_write, target FROM events ORDER BY event_time",
        )
        who = ("dana@example.com", "203.0.113.20", "kubectl/v1.31.0", "ok", True)
        assert found == [
            ("2026-03-02 10:20:00.123456", "create pods", *who, "pods prod/api-1"),
            ("2026-03-02 10:25:00", "get pods/exec", *who, "pods prod/api-1"),
        ]
        [(act, deployed, container, named, _)] = deployments(case)
        assert (act, container, named) == ("deployed", "c0", f"{API}:1.0")
        assert deployed.startswith("pod prod/api-1")


def test_what_was_run_inside_a_pod_is_kept(tmp_path: Path) -> None:
    with opened(tmp_path, audit=lines(EXEC)) as case:
        kept = asked(case, "get pods/exec")
        assert kept["command"] == ["sh", "-c", "id"]
        assert kept["container"] == "c0"


def test_the_stages_of_a_request_are_one_event_and_counted(tmp_path: Path) -> None:
    received = {key: POD[key] for key in POD if key not in ("requestObject", "responseStatus")}
    received |= {"stage": "RequestReceived"}
    started = EXEC | {"stage": "ResponseStarted"}
    refused = audit("create", "pods", "2026-03-02T10:30:00Z", "x", code=403)
    before = {key: refused[key] for key in refused if key != "responseStatus"}
    before |= {"stage": "RequestReceived"}
    with opened(tmp_path, audit=lines(received, POD, started, EXEC, before, refused)) as case:
        assert case.totals["raw_records"] == 6
        assert case.totals["events"] - case.totals["merged_records"] == 3
        assert case.totals["events"] + case.totals["duplicates"] == 6
        assert [d[3] for d in deployments(case) if d[3]] == [f"{API}:1.0"]
        assert one(case, "SELECT outcome FROM events WHERE target = 'pods prod/x'") == "denied"


def test_a_long_request_of_gke_is_one_act(tmp_path: Path) -> None:
    first = gke_entry(EXEC) | {"insertId": "a", "operation": {
        "id": "op", "producer": "k8s.io", "first": True}}  # fmt: skip
    last = gke_entry(EXEC) | {"insertId": "b", "timestamp": "2026-03-02T10:40:00Z", "operation": {
        "id": "op", "producer": "k8s.io", "last": True}}  # fmt: skip
    with opened(tmp_path, audit=lines(first, last)) as case:
        assert (case.totals["events"], case.totals["merged_records"]) == (2, 1)


# ---- workloads -------------------------------------------------------------------------------


WORKLOADS = (
    ("deployments", "Deployment", "deployed", "deployment"),
    ("daemonsets", "DaemonSet", "deployed", "daemon set"),
    ("statefulsets", "StatefulSet", "deployed", "stateful set"),
    ("replicasets", "ReplicaSet", "deployed", "replica set"),
    ("cronjobs", "CronJob", "deployed", "cron job"),
    ("jobs", "Job", "ran", "job"),
    ("rollouts", "Rollout", "deployed", "rollout"),
)


def test_each_kind_of_workload_has_its_images(tmp_path: Path) -> None:
    events, expected = [], []
    for number, (resource, kind, act, noun) in enumerate(WORKLOADS):
        made = workload(kind, "api", f"{API}:1.0", "busybox", init=["docker.io/library/setup:1"])
        time = f"2026-03-02T10:2{number}:00Z"
        events.append(audit("create", resource, time, "api", requestObject=made))
        images = (
            ("c0", f"{API}:1.0"),
            ("c1", "busybox"),
            ("i0 (init)", "docker.io/library/setup:1"),
        )
        expected += [(act, f"{noun} prod/api", *each) for each in images]
    with opened(tmp_path, audit=lines(*events)) as case:
        assert [(a, d, c, i) for a, d, c, i, _ in deployments(case)] == expected


def test_a_volume_made_of_an_image_is_one_of_its_images(tmp_path: Path) -> None:
    volume = {"name": "tools", "image": {"reference": f"{API}:1.0", "pullPolicy": "Always"}}
    made = {"kind": "Pod", "spec": {**pod_spec("busybox"), "volumes": [volume]}}
    asked = audit("create", "pods", "2026-03-02T10:20:00Z", "api", requestObject=made)
    with opened(tmp_path, audit=lines(asked)) as case:
        assert [(c, i) for _, _, c, i, _ in deployments(case)] == [
            ("tools (volume)", f"{API}:1.0"),
            ("c0", "busybox"),
        ]


PATCHES: dict[str, tuple[Any, list[str]]] = {
    "strategic": (
        {"spec": {"template": {"spec": {"containers": [{"name": "c0", "image": f"{API}:2"}]}}}},
        [f"{API}:2"],
    ),
    "json patch": (
        [{"op": "replace", "path": "/spec/template/spec/containers/0/image", "value": f"{API}:2"}],
        [f"{API}:2"],
    ),
    "sidecar": (
        [{"op": "add", "path": "/spec/template/spec/containers/-",
          "value": {"name": "x", "image": "evil:1"}}],
        ["evil:1"],
    ),
    "whole spec": (
        [{"op": "replace", "path": "/spec/template/spec", "value": pod_spec(f"{API}:3")}],
        [f"{API}:3"],
    ),
    "replicas": ({"spec": {"replicas": 5}}, []),
    "a test, no change": (
        [{"op": "test", "path": "/spec/template/spec/containers/0/image", "value": "old:1"}], [],
    ),
}  # fmt: skip


def test_a_patch_says_only_what_it_changes(tmp_path: Path) -> None:
    whole = workload("Deployment", "api", f"{API}:9")
    events = [
        audit("patch", "deployments", f"2026-03-02T10:2{n}:00Z", what, code=200,
              requestObject=body, responseObject=whole)
        for n, (what, (body, _)) in enumerate(PATCHES.items())
    ]  # fmt: skip
    expected = [
        (f"deployment prod/{what}", image)
        for what, (_, images) in PATCHES.items()
        for image in images
    ]
    with opened(tmp_path, audit=lines(*events)) as case:
        assert [(deployed, image) for _, deployed, _, image, _ in deployments(case)] == expected


def test_a_dry_run_runs_nothing_and_an_object_may_be_a_text(tmp_path: Path) -> None:
    asked = audit("create", "pods", "2026-03-02T10:20:00Z", "would", requestObject=pod(f"{API}:1"),
                  requestURI="/api/v1/namespaces/prod/pods?dryRun=All&fieldManager=x")  # fmt: skip
    text = audit("create", "pods", "2026-03-02T10:21:00Z", "did",
                 requestObject=json.dumps(pod(f"{API}:2")))  # fmt: skip
    with opened(tmp_path, audit=lines(asked, text)) as case:
        acts = [(act, image) for act, _, _, image, _ in deployments(case)]
        assert sorted(acts) == [("deployed", f"{API}:2"), ("mentioned", f"{API}:1")]


def test_a_container_slipped_into_a_running_pod(tmp_path: Path) -> None:
    debug = {"spec": {"ephemeralContainers": [{"name": "debug", "image": "busybox:1"}],
                      "containers": [{"name": "c0", "image": f"{API}:1.0"}]}}  # fmt: skip
    event = audit("patch", "pods/ephemeralcontainers", "2026-03-02T10:20:00Z", "api-1", code=200,
                  requestObject=debug)  # fmt: skip
    with opened(tmp_path, audit=lines(event)) as case:
        assert deployments(case) == [
            ("ran", "pod prod/api-1", "debug (ephemeral)", "busybox:1", "other registry")
        ]


def test_what_makes_a_pod_dangerous_is_kept(tmp_path: Path) -> None:
    spec = pod(
        "tool:1",
        name="t",
        hostNetwork=True,
        hostPID=True,
        hostIPC=False,
        serviceAccountName="root",
        nodeName="node-1",
        volumes=[{"name": "v", "hostPath": {"path": "/"}}, {"name": "s", "secret": {}}],
    )
    spec["spec"]["containers"][0]["securityContext"] = {
        "privileged": True,
        "capabilities": {"add": ["SYS_ADMIN", "CHOWN", "NET_BIND_SERVICE"]},
    }
    event = audit("create", "pods", "2026-03-02T10:20:00Z", "t", requestObject=spec)
    with opened(tmp_path, audit=lines(event)) as case:
        kept = asked(case, "create pods")
        assert kept["host"] == ["hostNetwork", "hostPID"]
        assert kept["privileged"] == ["c0"]
        assert kept["hostPaths"] == ["/"]
        assert kept["capabilities"] == ["SYS_ADMIN"]
        assert (kept["serviceAccount"], kept["node"]) == ("root", "node-1")
        assert kept["groups"] == ["developers", "system:authenticated"]


def test_an_object_that_was_left_out_is_unknown_and_not_nothing(tmp_path: Path) -> None:
    cut = audit(
        "create",
        "pods",
        "2026-03-02T10:20:00Z",
        "a",
        annotations={"audit.k8s.io/truncated": "true"},
    )
    big = audit(
        "create", "pods", "2026-03-02T10:21:00Z", "b", requestObject="skipped-too-big-size-object"
    )
    bare = audit("create", "pods", "2026-03-02T10:22:00Z", "c", level="Metadata")
    with opened(tmp_path, audit=lines(cut, big, bare)) as case:
        assert [d[4] for d in deployments(case)] == ["not recorded"] * 3
        [notes] = rows(case, "SELECT notes FROM files")
        assert any("truncated" in note and "(2 times)" in note for note in notes[0])
        assert any("Metadata" in note for note in notes[0])


def test_a_pod_that_is_deleted_has_ended(tmp_path: Path) -> None:
    gone = audit("delete", "pods", "2026-03-02T11:00:00Z", "api-1", code=200)
    kept = audit("delete", "pods", "2026-03-02T11:05:00Z", "api-2", code=403)
    other = POD | {"auditID": "2", "objectRef": POD["objectRef"] | {"name": "api-2"}}
    with opened(tmp_path, audit=lines(POD, other, gone, kept)) as case:
        assert rows(case, "SELECT deployed, ended_how FROM deployments ORDER BY 1") == [
            ("pod prod/api-1", "deleted"), ("pod prod/api-2", None),
        ]  # fmt: skip


# ---- who -------------------------------------------------------------------------------------


def test_impersonation_names_both(tmp_path: Path) -> None:
    event = POD | {"user": person("admin@example.com"),
                   "impersonatedUser": {"username": "bob", "groups": ["ops"]}}  # fmt: skip
    with opened(tmp_path, audit=lines(event)) as case:
        assert one(case, "SELECT principal FROM events") == "bob"
        kept = asked(case, "create pods")
        assert (kept["user"], kept["impersonatedUser"]) == ("admin@example.com", "bob")
        assert kept["impersonatedGroups"] == ["ops"]


def rollout(user: Audit) -> list[Audit]:
    """A deployment changed by somebody, and what the controllers make of it."""
    at = "2026-03-02T11:{:02d}:00Z".format
    return [
        audit("patch", "deployments", at(0), "api", user=user, code=200,
              requestObject=workload("Deployment", "api", f"{API}:1.0")),
        audit("create", "replicasets", at(1), "api-5d8f9", user=person(DEPLOYMENTS),
              requestObject=workload("ReplicaSet", "api-5d8f9", f"{API}:1.0",
                                     owner="Deployment/api")),
        audit("create", "pods", at(2), "api-5d8f9-xk2lp", user=person(REPLICASETS),
              requestObject=pod(f"{API}:1.0", owner="ReplicaSet/api-5d8f9")),
        audit("patch", "pods/status", at(3), "api-5d8f9-xk2lp", user=person("system:node:n1"),
              code=200, requestObject={"status": {"containerStatuses": [
                  {"name": "c0", "image": f"{API}:1.0", "imageID": f"{API}@{sha(MANIFEST)}"}]}}),
    ]  # fmt: skip


def chain() -> bytes:
    """A person assumes the role that deploys, and pushes before."""
    assumed = record(
        "AssumeRole", "2026-03-02T10:50:00Z", DANA, eventSource="sts.amazonaws.com", readOnly=True,
        requestParameters={"roleArn": "arn:aws:iam::111122223333:role/deploy"},
        responseElements={
            "credentials": {"accessKeyId": DEPLOYER_KEY},
            "assumedRoleUser": {"arn": DEPLOYER},
        },
    )  # fmt: skip
    return trail([push(MANIFEST, "1.0", "2026-03-02T10:40:00Z"), assumed])


@pytest.fixture(scope="module")
def eks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Case]:
    files = {"trail.json": chain(), "eks.json": eks_export(*rollout(on_eks()))}
    with case_in_memory(write(tmp_path_factory.mktemp("eks"), files)) as case:
        yield case


def test_a_push_to_ecr_ran_in_these_pods(eks: Case) -> None:
    found = rows(
        eks,
        "SELECT deployed, matched, resolved_digest, repository, push_key ="
        " (SELECT push_key FROM pushes) FROM deployments WHERE deployed LIKE 'pod %'",
    )
    pods = ("pod prod/api-5d8f9-xk2lp", "digest", sha(MANIFEST), "111122223333/us-east-1/team/api")
    assert found == [(*pods, True)], "the node told the digest, in the one row of the pod"


def test_the_person_is_found_behind_role_deployment_and_controller(eks: Case) -> None:
    assert set(rows(eks, "SELECT DISTINCT origin FROM deployments")) == {(DANA,)}
    principals = rows(eks, "SELECT DISTINCT principal FROM deployments ORDER BY 1")
    assert principals == [(DEPLOYER,), (DEPLOYMENTS,), (REPLICASETS,)]


def test_the_upkeep_of_controllers_deploys_nothing(tmp_path: Path) -> None:
    change, replicas, made, _ = rollout(person("eve@example.com"))
    noted = audit(
        "update",
        "deployments",
        "2026-03-02T11:01:30Z",
        "api",
        code=200,
        user=person(DEPLOYMENTS),
        requestObject=workload("Deployment", "api", f"{API}:1.0"),
    )
    scaled = audit(
        "update",
        "replicasets",
        "2026-03-02T11:01:40Z",
        "api-5d8f9",
        code=200,
        user=person(DEPLOYMENTS),
        requestObject=workload("ReplicaSet", "api-5d8f9", f"{API}:1.0", owner="Deployment/api"),
    )
    with opened(tmp_path, audit=lines(change, replicas, noted, scaled, made)) as case:
        assert [deployed for _, deployed, *_ in deployments(case)] == [
            "deployment prod/api",
            "replica set prod/api-5d8f9",
            "pod prod/api-5d8f9-xk2lp",
        ]
        assert set(rows(case, "SELECT origin FROM deployments")) == {("eve@example.com",)}


def test_the_owner_is_found_without_the_replica_sets_creation(tmp_path: Path) -> None:
    change, _, made, _ = rollout(person("eve@example.com"))
    with opened(tmp_path, audit=lines(change, made)) as case:
        found = rows(case, "SELECT DISTINCT origin FROM deployments")
        assert found == [("eve@example.com",)]


def _custom(kind: str, resource: str, group: str, minute: int, owner: str, user: Audit) -> Audit:
    """The creation of an object of an operator's kind, called `run`."""
    made = workload(kind, "run", owner=owner)
    return audit(
        "create",
        resource,
        f"2026-03-02T11:{minute:02d}:00Z",
        user=user,
        objectRef={"resource": resource, "namespace": "prod", "apiGroup": group},
        requestObject={"kind": kind, "metadata": made["metadata"], "spec": {"entrypoint": "x"}},
    )


@pytest.mark.parametrize(
    "kinds",
    [
        [("Workflow", "workflows", "argoproj.io")],
        [
            ("CronWorkflow", "cronworkflows", "argoproj.io"),
            ("Workflow", "workflows", "argoproj.io"),
        ],
        [("PipelineRun", "pipelineruns", "tekton.dev"), ("TaskRun", "taskruns", "tekton.dev")],
        [("SparkApplication", "sparkapplications", "sparkoperator.k8s.io")],
    ],
    ids=["workflow", "cron workflow", "pipeline", "spark"],
)
def test_a_pod_of_an_operator_leads_to_who_created_what_owns_it(
    tmp_path: Path, kinds: list[tuple[str, str, str]]
) -> None:
    operator = person("system:serviceaccount:operators:controller")
    events, owner = [], ""
    for number, (kind, resource, group) in enumerate(kinds):
        who = operator if owner else person("eve@example.com")
        events.append(_custom(kind, resource, group, number, owner, who))
        owner = f"{kind}/run"
    noted = audit(
        "patch",
        kinds[0][1],
        "2026-03-02T11:08:00Z",
        "run",
        user=operator,
        code=200,
        requestObject={"status": {"phase": "Running"}},
    )
    made = audit(
        "create",
        "pods",
        "2026-03-02T11:09:00Z",
        "run-1",
        user=operator,
        requestObject=pod(f"{API}:1.0", owner=owner),
    )
    with opened(tmp_path, audit=lines(*events, noted, made)) as case:
        assert rows(case, "SELECT deployed, origin FROM deployments") == [
            ("pod prod/run-1", "eve@example.com")
        ]


def test_what_was_changed_later_is_behind_later_pods_only(tmp_path: Path) -> None:
    first = rollout(person("dana@example.com"))[:3]
    second = audit(
        "patch",
        "deployments",
        "2026-03-02T12:00:00Z",
        "api",
        user=person("eve@example.com"),
        code=200,
        requestObject=workload("Deployment", "api", "evil:1"),
    )
    later = audit(
        "create",
        "pods",
        "2026-03-02T12:02:00Z",
        "api-77777-aaaaa",
        user=person(REPLICASETS),
        requestObject=pod("evil:1", owner="ReplicaSet/api-77777"),
    )
    with opened(tmp_path, audit=lines(*first, second, later)) as case:
        found = rows(case, "SELECT deployed, origin FROM deployments WHERE deployed LIKE 'pod%'"
                           " ORDER BY event_time")  # fmt: skip
        assert found == [
            ("pod prod/api-5d8f9-xk2lp", "dana@example.com"),
            ("pod prod/api-77777-aaaaa", "eve@example.com"),
        ]


def test_a_cut_record_of_aks_is_damage_and_not_silence(tmp_path: Path) -> None:
    cut = aks_record(json.dumps(POD)[:200])
    with opened(tmp_path, audit=lines(cut, aks_record(EXEC))) as case:
        assert case.totals["events"] == 1
        assert case.totals["damaged_files"] == 1


def test_spoilt_events_are_still_events(tmp_path: Path) -> None:
    spoilt: list[Audit] = [
        POD | {"requestObject": "text"},
        POD | {"requestObject": [1, {"op": "add", "path": 7}]},
        POD | {"requestObject": {"spec": {"containers": {"name": 1}}}},
        POD | {"requestObject": {"spec": {"containers": [None, {"image": 7, "name": []}]}}},
        POD | {"objectRef": None, "user": "x", "sourceIPs": "203.0.113.1"},
        POD | {"responseStatus": {"code": "many"}, "annotations": []},
        POD | {"requestReceivedTimestamp": "soon", "stageTimestamp": None},
        {"kind": "Event", "apiVersion": "audit.k8s.io/v1"},
        gke_entry(POD) | {"resource": 7},
        gke_entry(POD) | {"protoPayload": {"serviceName": "k8s.io", "methodName": "x"}},
    ]
    with opened(tmp_path, audit=lines(*spoilt, EXEC)) as case:
        records = len(spoilt) + 1
        assert case.totals["raw_records"] == records
        assert case.totals["events"] + case.totals["duplicates"] == records
        assert case.totals["unreadable_files"] == case.totals["damaged_files"] == 0


# ---- real logs -------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["falco-k8s_audit", "audit2rbac", "splunk_security_content"])
def test_real_audit_logs_read_whole(name: str) -> None:
    folder = shared("data", name)
    expected = sum(
        path.read_text("utf-8").count('"auditID"') for path in folder.iterdir() if path.is_file()
    )
    with case_in_memory(folder) as case:
        read = one(case, "SELECT count(*) + (SELECT count(*) FROM copies) FROM events"
                         " WHERE provider = 'kubernetes'")  # fmt: skip
        assert read == expected > 0


def test_evidence_that_comes_later_puts_nobody_in_anothers_place(tmp_path: Path) -> None:
    """The days of a cluster arrive in any order; each pod keeps the person behind it."""
    change, replicas, made, _ = rollout(person("eve@example.com"))
    earlier = audit("patch", "deployments", "2026-03-02T09:00:00Z", "api", code=200,
                    user=person("dana@example.com"),
                    requestObject=workload("Deployment", "api", f"{API}:0.9"))  # fmt: skip
    first = audit("create", "pods", "2026-03-02T09:02:00Z", "api-aaaaa-bbbbb",
                  user=person(REPLICASETS),
                  requestObject=pod(f"{API}:0.9", owner="ReplicaSet/api-aaaaa"))  # fmt: skip
    folder = write(tmp_path / "logs", {"b.log": lines(change, replicas, made)})
    index = tmp_path / "case.duckdb"
    with open_case([str(folder)], case_file=index):
        pass
    write(folder, {"a.log": lines(earlier, first)})
    with open_case([str(folder)], case_file=index) as case:
        found = rows(case, "SELECT deployed, origin FROM deployments WHERE deployed LIKE 'pod%'"
                           " ORDER BY event_time")  # fmt: skip
        assert found == [
            ("pod prod/api-aaaaa-bbbbb", "dana@example.com"),
            ("pod prod/api-5d8f9-xk2lp", "eve@example.com"),
        ]
