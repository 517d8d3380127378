"""Deployments: where each platform names an image, and which push that image came from."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from queries.case import Case
from queries.index.platforms import Walk
from queries.providers.aws.deployments import ENDS, SPECS
from queries.providers.aws.places import found_at
from tests.evidence_files import (
    ACCOUNT,
    DANA,
    Record,
    at,
    case_in_memory,
    case_of,
    image,
    push,
    record,
    rows,
    sha,
    shared,
)

OTHER = "444455556666"
REGISTRY = f"{ACCOUNT}.dkr.ecr.us-east-1.amazonaws.com"
GOOD, BAD = image("base", "app"), image("base", "app", "more")
PROD = f"{REGISTRY}/team/api:prod"


def call(service: str, name: str, minute: int, asked: Any, answer: Any = None, **f: Any) -> Record:
    return record(
        name,
        at(minute),
        eventSource=f"{service}.amazonaws.com",
        requestParameters=asked,
        responseElements=answer,
        **f,
    )


def define(family: str, minute: int, *images: str, revision: int | None = None) -> Record:
    asked = {
        "family": family,
        "containerDefinitions": [{"name": f"c{n}", "image": i} for n, i in enumerate(images)],
    }
    arn = f"arn:aws:ecs:us-east-1:{ACCOUNT}:task-definition/{family}:{revision}"
    answer = {"taskDefinition": {"taskDefinitionArn": arn}} if revision else None
    return call("ecs", "RegisterTaskDefinition", minute, asked, answer)


PLATFORMS: dict[str, tuple[str, str, Any]] = {
    "function f": ("lambda", "CreateFunction20150331", {"code": {"imageUri": PROD}}),
    "function g": ("lambda", "UpdateFunctionCode20150331v2", {"imageUri": PROD}),
    "function h": ("lambda", "CreateFunction", {"code": {"imageUri": PROD}}),
    "service web": (
        "apprunner",
        "CreateService",
        {"sourceConfiguration": {"imageRepository": {"imageIdentifier": PROD}}},
    ),
    "express service e": (
        "ecs",
        "CreateExpressGatewayService",
        {"serviceName": "e", "primaryContainer": {"image": PROD}},
    ),
    "daemon task definition d": (
        "ecs",
        "RegisterDaemonTaskDefinition",
        {"family": "d", "containerDefinitions": [{"image": PROD}]},
    ),
    "model m": ("sagemaker", "CreateModel", {"primaryContainer": {"image": PROD}}),
    "model n": ("sagemaker", "CreateModel", {"containers": [{"image": PROD}]}),
    "training job t": (
        "sagemaker",
        "CreateTrainingJob",
        {"algorithmSpecification": {"trainingImage": PROD}},
    ),
    "processing job p": (
        "sagemaker",
        "CreateProcessingJob",
        {"appSpecification": {"imageUri": PROD}},
    ),
    "inference component i": (
        "sagemaker",
        "CreateInferenceComponent",
        {"specification": {"container": {"image": PROD}}},
    ),
    "monitoring schedule s": (
        "sagemaker",
        "CreateMonitoringSchedule",
        {
            "monitoringScheduleConfig": {
                "monitoringJobDefinition": {"monitoringAppSpecification": {"imageUri": PROD}}
            }
        },
    ),
    "job definition one": (
        "batch",
        "RegisterJobDefinition",
        {"containerProperties": {"image": PROD}},
    ),
    "job definition nodes": (
        "batch",
        "RegisterJobDefinition",
        {"nodeProperties": {"nodeRangeProperties": [{"container": {"image": PROD}}]}},
    ),
    "job definition ecs": (
        "batch",
        "RegisterJobDefinition",
        {"ecsProperties": {"taskProperties": [{"containers": [{"image": PROD}]}]}},
    ),
    "job definition eks": (
        "batch",
        "RegisterJobDefinition",
        {"eksProperties": {"podProperties": {"initContainers": [{"image": PROD}]}}},
    ),
    "container service c": (
        "lightsail",
        "CreateContainerServiceDeployment",
        {"containers": {"front": {"image": PROD}}},
    ),
    "container service b": (
        "lightsail",
        "CreateContainerService",
        {"deployment": {"containers": {"front": {"image": PROD}}}},
    ),
    "project x": ("codebuild", "CreateProject", {"environment": {"image": PROD}}),
    "build y": ("codebuild", "StartBuild", {"imageOverride": PROD}),
    "application a": (
        "emr-serverless",
        "CreateApplication",
        {"workerTypeSpecifications": {"Driver": {"imageConfiguration": {"imageUri": PROD}}}},
    ),
    "agent runtime r": (
        "bedrock-agentcore-control",
        "CreateAgentRuntime",
        {"agentRuntimeArtifact": {"containerConfiguration": {"containerUri": PROD}}},
    ),
    "container group gg": (
        "gamelift",
        "CreateContainerGroupDefinition",
        {"gameServerContainerDefinition": {"imageUri": PROD}},
    ),
}
NAMED = {
    "lambda": "functionName",
    "apprunner": "serviceName",
    "batch": "jobDefinitionName",
    "lightsail": "serviceName",
    "bedrock-agentcore-control": "agentRuntimeName",
    "CreateModel": "modelName",
    "CreateTrainingJob": "trainingJobName",
    "CreateProcessingJob": "processingJobName",
    "CreateInferenceComponent": "inferenceComponentName",
    "CreateMonitoringSchedule": "monitoringScheduleName",
    "StartBuild": "projectName",
}


def _platform_calls() -> Iterator[Record]:
    for deployed, (service, name, asked) in PLATFORMS.items():
        label = NAMED.get(name) or NAMED.get(service) or "name"
        yield call(service, name, 40, {label: deployed.rsplit(" ", 1)[1], **asked})


@pytest.fixture(scope="module")
def case(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Case]:
    arn = f"arn:aws:ecs:us-east-1:{ACCOUNT}"
    records = [
        push(GOOD, "prod", at(0)),
        define("api", 5, PROD, "nginx", revision=1),
        call("ecs", "CreateService", 6, {"serviceName": "api", "taskDefinition": "api"}),
        push(BAD, "prod", at(10)),
        # The same definition again after the tag was moved: it now means another image.
        call(
            "ecs",
            "UpdateService",
            12,
            {"service": f"{arn}:service/default/api", "forceNewDeployment": True},
        ),
        call("ecs", "UpdateService", 13, {"service": "api", "desiredCount": 9}),
        call("ecs", "UpdateService", 13, {"service": "api", "desiredCount": 0}),
        define("api", 14, f"{REGISTRY}/team/api@{sha(GOOD)}", revision=2),
        call("ecs", "RunTask", 15, {"taskDefinition": f"{arn}:task-definition/api:1"}),
        call("ecs", "RunTask", 16, {"taskDefinition": "api"}),
        call("ecs", "RunTask", 17, {"taskDefinition": "gone:7"}),
        call(
            "ecs",
            "RunTask",
            18,
            {"taskDefinition": "told:1", "cluster": "c"},
            {
                "tasks": [
                    {
                        "taskArn": f"{arn}:task/c/0011",
                        "taskDefinitionArn": f"{arn}:task-definition/told:1",
                        "containers": [{"name": "z", "image": PROD, "imageDigest": sha(GOOD)}],
                    }
                ]
            },
        ),
        call("ecs", "DeregisterTaskDefinition", 19, {"taskDefinition": "api:2"}),
        call("ecs", "StartTask", 20, {"taskDefinition": "api"}),
        call("ecs", "DeleteService", 21, {"service": "api", "cluster": "default"}),
        *_platform_calls(),
        call(
            "lambda", "CreateFunction20150331", 50, {"functionName": "zip"}, {"packageType": "Zip"}
        ),
        call(
            "lambda",
            "CreateFunction20150331",
            50,
            {"functionName": "hid"},
            {"packageType": "Image"},
        ),
        call(
            "lambda",
            "UpdateFunctionCode20150331v2",
            51,
            {"functionName": f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:hash"},
            {"packageType": "Image", "codeSha256": sha(BAD).removeprefix("sha256:")},
        ),
        call("batch", "SubmitJob", 52, {"jobName": "night", "jobDefinition": "one"}),
        call(
            "sagemaker",
            "CreateEndpointConfig",
            53,
            {"endpointConfigName": "ec", "productionVariants": [{"modelName": "m"}]},
        ),
        call("sagemaker", "CreateEndpoint", 54, {"endpointName": "ep", "endpointConfigName": "ec"}),
        call("codebuild", "StartBuildBatch", 55, {"projectName": "x"}),
        call(
            "ecs",
            "RegisterTaskDefinition",
            56,
            {"family": "no", "containerDefinitions": [{"image": PROD}]},
            errorCode="AccessDenied",
        ),
        call("ecs", "RunTask", 57, {"taskDefinition": "no"}),
        call(
            "cloudformation",
            "CreateStack",
            58,
            {
                "stackName": "shop",
                "templateBody": json.dumps(
                    {
                        "Image": PROD.replace(ACCOUNT, "${AWS::AccountId}").replace(
                            "us-east-1", "${AWS::Region}"
                        )
                    }
                ),
            },
        ),
        call(
            "lambda",
            "UpdateFunctionCode20150331v2",
            58,
            {"functionName": "asked", "imageUri": PROD, "dryRun": True},
        ),
        call(
            "ecs",
            "RunTask",
            58,
            {"taskDefinition": "elsewhere", "cluster": "full"},
            {"tasks": [], "failures": [{"reason": "RESOURCE:CPU"}]},
        ),
        *(
            call("events", "PutTargets", 60, {"rule": rule, "targets": [target]})
            for rule, target in (
                ("nightly", {"ecsParameters": {"taskDefinitionArn": f"{arn}:task-definition/api"}}),
                ("other", {"arn": "arn:aws:lambda:us-east-1:1:function:f"}),
            )
        ),
        call(
            "scheduler",
            "CreateSchedule",
            60,
            {
                "name": "hourly",
                "target": {"ecsParameters": {"taskDefinitionArn": f"{arn}:task-definition/api:1"}},
            },
        ),
        define("elsewhere", 59, f"{OTHER}.dkr.ecr.eu-west-1.amazonaws.com/x@{sha(GOOD)}"),
        define("strangers", 59, f"{OTHER}.dkr.ecr.us-east-1.amazonaws.com/team/api:prod"),
    ]
    path = tmp_path_factory.mktemp("deployments")
    with case_of(path, *records) as opened:
        yield opened


def found(case: Case, deployed: str, **where: Any) -> list[tuple[Any, ...]]:
    """(matched, which push, definition) of the rows about something, in order of time."""
    named = {sha(GOOD): "good", sha(BAD): "bad", None: None}
    answer = rows(
        case,
        "SELECT matched, resolved_digest, definition FROM deployments WHERE deployed = $deployed"
        " AND ($name IS NULL OR event_name = $name) ORDER BY deployment_no",
        deployed=deployed,
        name=where.get("name"),
    )
    return [(matched, named[digest], definition) for matched, digest, definition in answer]


@pytest.mark.parametrize("deployed", PLATFORMS)
def test_each_platform_says_what_it_runs(case: Case, deployed: str) -> None:
    [(matched, image, _)] = found(case, deployed)
    assert (matched, image) == ("tag", "bad")


def test_a_tag_means_the_image_it_named_then(case: Case) -> None:
    assert found(case, "service default/api", name="CreateService") == [
        ("tag", "good", "api:1"),
        ("other registry", None, "api:1"),
    ]
    # Nothing but the tag was changed, and the service was told to start anew.
    updated = found(case, "service default/api", name="UpdateService")
    assert updated[:2] == [("tag", "bad", "api:1"), ("other registry", None, "api:1")]
    # More tasks of the same; and a service that is scaled to nothing starts none.
    assert updated[2:] == updated[:2]


def test_a_task_runs_the_revision_it_names_or_the_newest_there_was(case: Case) -> None:
    ran = rows(
        case,
        "SELECT event_name, matched, definition, resolved_digest FROM deployments"
        " WHERE platform = 'ecs' AND act = 'ran' AND outcome = 'ok'"
        " AND coalesce(image, '') <> 'nginx'"
        " ORDER BY deployment_no",
    )
    assert ran == [
        ("RunTask", "tag", "api:1", sha(BAD)),
        ("RunTask", "digest", "api:2", sha(GOOD)),
        ("RunTask", "not recorded", "gone:7", None),
        # The platform's own answer is stronger than what the tag named at that moment.
        ("RunTask", "digest", "told:1", sha(GOOD)),
        # Revision 2 was deregistered before.
        ("StartTask", "tag", "api:1", sha(BAD)),
        # A definition that was refused defines nothing.
        ("RunTask", "not recorded", "no", None),
    ]


def test_what_names_a_definition_runs_its_image(case: Case) -> None:
    assert found(case, "job night") == [("tag", "bad", "one")]
    assert found(case, "endpoint ep") == [("tag", "bad", "ec")]
    assert found(case, "build x") == [("tag", "bad", "x")]


def test_a_function_of_a_zip_file_is_none_and_a_withheld_image_is_told(case: Case) -> None:
    assert found(case, "function zip") == []
    assert found(case, "function hid") == [("not recorded", None, None)]
    # Its code's hash is the digest of a push.
    assert found(case, "function hash") == [("digest", "bad", None)]


def test_a_refused_call_is_kept_as_an_attempt(case: Case) -> None:
    [row] = rows(
        case,
        "SELECT outcome, error_code, image, resolved_digest, origin FROM deployments"
        " WHERE deployed = 'task definition no'",
    )
    assert row == ("denied", "AccessDenied", PROD, sha(BAD), DANA)


def test_a_call_that_started_nothing_deployed_nothing(case: Case) -> None:
    assert found(case, "function asked") == []
    refused = "SELECT outcome, error_code FROM deployments WHERE deployed = 'task elsewhere'"
    assert rows(case, refused) == [("failed", "RESOURCE:CPU")]


def test_what_a_schedule_starts_is_deployed_by_it(case: Case) -> None:
    assert found(case, "scheduled rule nightly")[0] == ("tag", "bad", "api:1")
    assert found(case, "schedule hourly")[0] == ("tag", "bad", "api:1")
    assert found(case, "scheduled rule other") == []


def test_a_template_is_only_a_possible_deployment(case: Case) -> None:
    [row] = rows(
        case,
        "SELECT platform, act, matched, repository, resolved_digest, lasting FROM deployments"
        " WHERE act = 'mentioned'",
    )
    repository = f"{ACCOUNT}/us-east-1/team/api"
    assert row == ("cloudformation", "mentioned", "possible", repository, sha(BAD), False)


def test_another_accounts_tag_is_another_image_but_a_digest_is_the_same_everywhere(
    case: Case,
) -> None:
    assert found(case, "task definition elsewhere") == [("digest elsewhere", "good", None)]
    assert found(case, "task definition strangers") == [("tag unresolved", None, None)]


def test_what_runs_is_known_until_it_is_replaced_or_deleted(case: Case) -> None:
    ended = rows(
        case,
        "SELECT event_name, ended_how, until FROM deployments"
        " WHERE deployed = 'service default/api' AND image <> 'nginx' AND act = 'deployed'"
        " ORDER BY deployment_no",
    )
    assert [(name, how) for name, how, _ in ended] == [
        ("CreateService", "replaced"),
        ("UpdateService", "deleted"),
    ]
    [(how,)] = rows(
        case, "SELECT DISTINCT ended_how FROM deployments WHERE deployed = 'task definition api:2'"
    )
    assert how == "deleted"


def test_a_copy_made_by_replication_is_possible_and_a_cached_image_names_its_source(
    tmp_path: Any,
) -> None:
    def ecr(name: str, minute: int, asked: Any) -> Record:
        return record(name, at(minute), requestParameters=asked)

    rules = {
        "rules": [
            {
                "destinations": [{"region": "eu-west-1", "registryId": OTHER}, {"nothing": 1}],
                "repositoryFilters": [{"filter": "team/", "filterType": "PREFIX_MATCH"}],
            }
        ]
    }
    there = f"{OTHER}.dkr.ecr.eu-west-1.amazonaws.com"
    cached = {"ecrRepositoryPrefix": "hub", "upstreamRegistryUrl": "registry-1.docker.io"}
    with case_of(
        tmp_path,
        push(GOOD, "prod", at(0)),
        ecr("PutReplicationConfiguration", 1, {"replicationConfiguration": rules}),
        ecr("PutReplicationConfiguration", 1, {"replicationConfiguration": "?"}),
        ecr("CreatePullThroughCacheRule", 2, cached),
        define("copy", 3, f"{there}/team/api:prod"),
        define("filtered", 4, f"{there}/other/api:prod"),
        define("elsewhere", 5, f"{OTHER}.dkr.ecr.us-east-1.amazonaws.com/team/api:prod"),
        define("cached", 6, f"{REGISTRY}/hub/library/nginx:1"),
    ) as case:
        found = rows(
            case,
            "SELECT deployed, matched, resolved_digest, upstream FROM deployments"
            " ORDER BY deployment_no",
        )
    assert found == [
        ("task definition copy", "possible", sha(GOOD), None),
        ("task definition filtered", "tag unresolved", None, None),
        ("task definition elsewhere", "tag unresolved", None, None),
        ("task definition cached", "tag unresolved", None, "registry-1.docker.io/library/nginx"),
    ]


def test_the_ten_forms_seen_in_the_field() -> None:
    with case_in_memory(shared("cases", "task_image_refs.json")) as case:
        linked = rows(
            case,
            "SELECT d.deployed, p.event_time FROM deployments AS d JOIN pushes AS p"
            " ON p.push_key = d.push_key ORDER BY d.deployment_no",
        )
    assert [(deployed, f"{time:%H:%M}") for deployed, time in linked] == [
        ("task definition f0", "10:00"),
        ("task definition f1", "10:00"),
        ("task definition f2", "10:00"),
        ("task definition g0", "10:30"),
    ]


_WORDS = sorted(
    {
        step.removesuffix("[]")
        for spec in SPECS.values()
        for path in (*spec.images, *spec.names, *spec.definition)
        for step in path.split(".")
    }
)
_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.just(PROD),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(_WORDS) | st.text(max_size=4), inner, max_size=4)
    ),
    max_leaves=20,
)


@given(_json, _json, st.sampled_from(sorted({*SPECS, *ENDS})))
def test_any_request_and_answer_is_taken(asked: Any, answer: Any, known: tuple[str, str]) -> None:
    walk = Walk()
    event = {
        "event_key": 1,
        "event_time": None,
        "event_source": f"{known[0]}.amazonaws.com",
        "event_name": known[1],
        "principal": DANA,
        "access_key_id": None,
        "aws_region": None,
        "account": None,
        "outcome": "ok",
        "error_code": None,
        "target": None,
        "request_parameters": json.dumps(asked),
        "response_elements": json.dumps(answer),
    }
    walk.event(event)
    walk.event(event)
    for spec in SPECS.values():
        for path in spec.images:
            assert all(isinstance(p.text, str) for p in found_at(asked, path.split(".", 1)[1]))
