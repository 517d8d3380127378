"""Where image references stand in the calls that make a platform run an image.

One `Spec` for each API operation, with the paths of the platform's API model
(https://github.com/boto/botocore/tree/develop/botocore/data), as `places` beside this reads them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_DATED = re.compile(r"20\d{6}(?:v\d+)?$")
"""Lambda's event names carry the API's date: CreateFunction20150331, …Code20150331v2."""


@dataclass(frozen=True, slots=True)
class Spec:
    """One operation. Names and paths are tried in order; `q.` is the request, `r.` the answer."""

    platform: str
    act: str
    """defined: says what would run · deployed: something lasting runs it from now on ·
    ran: a task, job or build that ends by itself."""
    noun: str
    """What it is called there: service, function, task …"""
    names: tuple[str, ...]
    images: tuple[str, ...] = ()
    refers: str = ""
    """The noun of the definition it names, where it names one."""
    definition: tuple[str, ...] = ()
    always: bool = False
    """Every such call has an image: one without was not recorded whole."""
    may_not_refer: bool = False
    """A call that names no definition is about something else than images."""


def _ecs_run(noun: str, act: str, names: tuple[str, ...], answer: tuple[str, ...]) -> Spec:
    return Spec(
        "ecs", act, noun, names, (), "task definition", (*answer, "q.taskDefinition"), always=False
    )


_POD = ("podProperties.containers[].image", "podProperties.initContainers[].image")
_BATCH_IMAGES = (
    "q.containerProperties.image",
    "q.nodeProperties.nodeRangeProperties[].container.image",
    "q.nodeProperties.nodeRangeProperties[].ecsProperties.taskProperties[].containers[].image",
    "q.ecsProperties.taskProperties[].containers[].image",
    *(f"q.eksProperties.{path}" for path in _POD),
    *(f"q.nodeProperties.nodeRangeProperties[].eksProperties.{path}" for path in _POD),
)
_APPRUNNER = ("q.sourceConfiguration.imageRepository.imageIdentifier",)
_CODEBUILD = ("q.environment.image",)
_INFERENCE = ("q.inferenceSpecification.containers[].image",)
_MONITORING = (
    "q.monitoringScheduleConfig.monitoringJobDefinition.monitoringAppSpecification.imageUri",
)
_QUALITY = tuple(
    f"q.{kind}AppSpecification.imageUri"
    for kind in ("dataQuality", "modelBias", "modelExplainability", "modelQuality")
)
_AGENT = ("q.agentRuntimeArtifact.containerConfiguration.containerUri",)
_EMR = ("q.imageConfiguration.imageUri", "q.workerTypeSpecifications.*.imageConfiguration.imageUri")
_GAMELIFT = (
    "q.gameServerContainerDefinition.imageUri",
    "q.supportContainerDefinitions[].imageUri",
)
_SERVICE = ("r.service.serviceArn", "q.serviceArn", "q.service", "q.serviceName")


def _sagemaker(noun: str, name: str, *images: str, act: str = "ran") -> Spec:
    return Spec("sagemaker", act, noun, (name,), tuple(f"q.{path}" for path in images))


SPECS: dict[tuple[str, str], Spec] = {
    ("ecs", "RegisterTaskDefinition"): Spec(
        "ecs",
        "defined",
        "task definition",
        ("r.taskDefinition.taskDefinitionArn", "q.family"),
        ("q.containerDefinitions[].image", "r.taskDefinition.containerDefinitions[].image"),
        always=True,
    ),
    ("ecs", "RegisterDaemonTaskDefinition"): Spec(
        "ecs",
        "defined",
        "daemon task definition",
        ("r.daemonTaskDefinition.daemonTaskDefinitionArn", "r.daemonTaskDefinitionArn", "q.family"),
        ("q.containerDefinitions[].image",),
        always=True,
    ),
    ("ecs", "RunTask"): _ecs_run(
        "task", "ran", ("r.tasks[].taskArn", "q.taskDefinition"), ("r.tasks[].taskDefinitionArn",)
    ),
    ("ecs", "StartTask"): _ecs_run(
        "task", "ran", ("r.tasks[].taskArn", "q.taskDefinition"), ("r.tasks[].taskDefinitionArn",)
    ),
    ("ecs", "CreateService"): _ecs_run(
        "service", "deployed", _SERVICE, ("r.service.taskDefinition",)
    ),
    ("ecs", "UpdateService"): _ecs_run(
        "service", "deployed", _SERVICE, ("r.service.taskDefinition",)
    ),
    ("ecs", "CreateTaskSet"): _ecs_run(
        "service", "deployed", _SERVICE, ("r.taskSet.taskDefinition",)
    ),
    ("events", "PutTargets"): Spec(
        "ecs",
        "deployed",
        "scheduled rule",
        ("q.rule",),
        (),
        "task definition",
        ("q.targets[].ecsParameters.taskDefinitionArn",),
        may_not_refer=True,
    ),
    **{
        ("scheduler", f"{verb}Schedule"): Spec(
            "ecs",
            "deployed",
            "schedule",
            ("q.name",),
            (),
            "task definition",
            ("q.target.ecsParameters.taskDefinitionArn",),
            may_not_refer=True,
        )
        for verb in ("Create", "Update")
    },
    ("ecs", "CreateExpressGatewayService"): Spec(
        "ecs", "deployed", "express service", _SERVICE, ("q.primaryContainer.image",), always=True
    ),
    ("ecs", "UpdateExpressGatewayService"): Spec(
        "ecs", "deployed", "express service", _SERVICE, ("q.primaryContainer.image",)
    ),
    ("ecs", "CreateDaemon"): Spec(
        "ecs",
        "deployed",
        "daemon",
        ("r.daemonArn", "q.daemonName"),
        ("q.containerDefinitions[].image",),
        "daemon task definition",
        ("q.daemonTaskDefinitionArn", "q.daemonTaskDefinition"),
    ),
    ("ecs", "UpdateDaemon"): Spec(
        "ecs",
        "deployed",
        "daemon",
        ("q.daemonArn", "q.daemonName"),
        ("q.containerDefinitions[].image",),
        "daemon task definition",
        ("q.daemonTaskDefinitionArn", "q.daemonTaskDefinition"),
    ),
    ("lambda", "CreateFunction"): Spec(
        "lambda", "deployed", "function", ("q.functionName",), ("q.code.imageUri",)
    ),
    ("lambda", "UpdateFunctionCode"): Spec(
        "lambda", "deployed", "function", ("q.functionName",), ("q.imageUri",)
    ),
    ("apprunner", "CreateService"): Spec("apprunner", "deployed", "service", _SERVICE, _APPRUNNER),
    ("apprunner", "UpdateService"): Spec("apprunner", "deployed", "service", _SERVICE, _APPRUNNER),
    ("apprunner", "StartDeployment"): Spec(
        "apprunner", "deployed", "service", _SERVICE, (), "service", ("q.serviceArn",)
    ),
    ("sagemaker", "CreateModel"): _sagemaker(
        "model", "q.modelName", "primaryContainer.image", "containers[].image", act="defined"
    ),
    ("sagemaker", "CreateEndpointConfig"): Spec(
        "sagemaker",
        "defined",
        "endpoint config",
        ("q.endpointConfigName",),
        (),
        "model",
        ("q.productionVariants[].modelName",),
    ),
    ("sagemaker", "CreateEndpoint"): Spec(
        "sagemaker",
        "deployed",
        "endpoint",
        ("q.endpointName",),
        (),
        "endpoint config",
        ("q.endpointConfigName",),
    ),
    ("sagemaker", "UpdateEndpoint"): Spec(
        "sagemaker",
        "deployed",
        "endpoint",
        ("q.endpointName",),
        (),
        "endpoint config",
        ("q.endpointConfigName",),
    ),
    ("sagemaker", "CreateTransformJob"): Spec(
        "sagemaker", "ran", "transform job", ("q.transformJobName",), (), "model", ("q.modelName",)
    ),
    ("sagemaker", "CreateTrainingJob"): _sagemaker(
        "training job", "q.trainingJobName", "algorithmSpecification.trainingImage"
    ),
    ("sagemaker", "CreateProcessingJob"): _sagemaker(
        "processing job", "q.processingJobName", "appSpecification.imageUri"
    ),
    ("sagemaker", "CreateHyperParameterTuningJob"): _sagemaker(
        "tuning job",
        "q.hyperParameterTuningJobName",
        "trainingJobDefinition.algorithmSpecification.trainingImage",
        "trainingJobDefinitions[].algorithmSpecification.trainingImage",
    ),
    ("sagemaker", "CreateInferenceComponent"): _sagemaker(
        "inference component",
        "q.inferenceComponentName",
        "specification.container.image",
        act="deployed",
    ),
    ("sagemaker", "UpdateInferenceComponent"): _sagemaker(
        "inference component",
        "q.inferenceComponentName",
        "specification.container.image",
        act="deployed",
    ),
    ("sagemaker", "CreateModelPackage"): Spec(
        "sagemaker",
        "defined",
        "model package",
        ("r.modelPackageArn", "q.modelPackageName", "q.modelPackageGroupName"),
        _INFERENCE,
    ),
    ("sagemaker", "CreateAlgorithm"): _sagemaker(
        "algorithm",
        "q.algorithmName",
        "trainingSpecification.trainingImage",
        "inferenceSpecification.containers[].image",
        act="defined",
    ),
    ("sagemaker", "CreateImageVersion"): _sagemaker(
        "image version", "q.imageName", "baseImage", act="defined"
    ),
    ("sagemaker", "CreateMonitoringSchedule"): Spec(
        "sagemaker", "deployed", "monitoring schedule", ("q.monitoringScheduleName",), _MONITORING
    ),
    ("sagemaker", "UpdateMonitoringSchedule"): Spec(
        "sagemaker", "deployed", "monitoring schedule", ("q.monitoringScheduleName",), _MONITORING
    ),
    **{
        ("sagemaker", f"Create{kind}JobDefinition"): Spec(
            "sagemaker", "defined", "monitoring job definition", ("q.jobDefinitionName",), _QUALITY
        )
        for kind in ("DataQuality", "ModelBias", "ModelExplainability", "ModelQuality")
    },
    ("batch", "RegisterJobDefinition"): Spec(
        "batch",
        "defined",
        "job definition",
        ("r.jobDefinitionArn", "q.jobDefinitionName"),
        _BATCH_IMAGES,
        always=True,
    ),
    ("batch", "SubmitJob"): Spec(
        "batch",
        "ran",
        "job",
        ("q.jobName", "r.jobId"),
        tuple(f"q.eksPropertiesOverride.{path}" for path in _POD),
        "job definition",
        ("q.jobDefinition",),
    ),
    ("lightsail", "CreateContainerService"): Spec(
        "lightsail",
        "deployed",
        "container service",
        ("q.serviceName",),
        ("q.deployment.containers.*.image",),
    ),
    ("lightsail", "CreateContainerServiceDeployment"): Spec(
        "lightsail",
        "deployed",
        "container service",
        ("q.serviceName",),
        ("q.containers.*.image",),
        always=True,
    ),
    ("codebuild", "CreateProject"): Spec(
        "codebuild", "defined", "project", ("q.name",), _CODEBUILD, always=True
    ),
    ("codebuild", "UpdateProject"): Spec(
        "codebuild", "defined", "project", ("q.name",), _CODEBUILD
    ),
    **{
        ("codebuild", f"Start{build[0].upper()}{build[1:]}"): Spec(
            "codebuild",
            "ran",
            "build",
            (f"r.{build}.id", "q.projectName"),
            ("q.imageOverride", f"r.{build}.environment.image"),
            "project",
            ("q.projectName",),
        )
        for build in ("build", "buildBatch")
    },
    ("codebuild", "CreateFleet"): Spec(
        "codebuild", "deployed", "fleet", ("q.name",), ("q.imageId",)
    ),
    ("emr-serverless", "CreateApplication"): Spec(
        "emr-serverless", "deployed", "application", ("r.applicationId", "q.name"), _EMR
    ),
    ("emr-serverless", "UpdateApplication"): Spec(
        "emr-serverless", "deployed", "application", ("q.applicationId",), _EMR
    ),
    ("bedrock-agentcore-control", "CreateAgentRuntime"): Spec(
        "bedrock-agentcore",
        "deployed",
        "agent runtime",
        ("r.agentRuntimeId", "q.agentRuntimeName"),
        _AGENT,
    ),
    ("bedrock-agentcore-control", "UpdateAgentRuntime"): Spec(
        "bedrock-agentcore", "deployed", "agent runtime", ("q.agentRuntimeId",), _AGENT
    ),
    ("gamelift", "CreateContainerGroupDefinition"): Spec(
        "gamelift", "defined", "container group", ("q.name",), _GAMELIFT
    ),
    ("gamelift", "UpdateContainerGroupDefinition"): Spec(
        "gamelift", "defined", "container group", ("q.name",), _GAMELIFT
    ),
    ("gamelift", "CreateContainerFleet"): Spec(
        "gamelift",
        "deployed",
        "fleet",
        ("r.containerFleet.fleetId", "q.description"),
        (),
        "container group",
        ("q.gameServerContainerGroupDefinitionName", "q.perInstanceContainerGroupDefinitionName"),
    ),
}
SPECS[("bedrock-agentcore", "CreateAgentRuntime")] = SPECS[
    ("bedrock-agentcore-control", "CreateAgentRuntime")
]
SPECS[("bedrock-agentcore", "UpdateAgentRuntime")] = SPECS[
    ("bedrock-agentcore-control", "UpdateAgentRuntime")
]

ENDS: dict[tuple[str, str], tuple[str, str, tuple[str, ...]]] = {
    ("ecs", "DeregisterTaskDefinition"): (
        "ecs",
        "task definition",
        ("r.taskDefinition.taskDefinitionArn", "q.taskDefinition"),
    ),
    ("ecs", "DeleteTaskDefinitions"): ("ecs", "task definition", ("q.taskDefinitions[]",)),
    ("ecs", "DeleteService"): ("ecs", "service", _SERVICE),
    ("ecs", "DeleteExpressGatewayService"): ("ecs", "express service", _SERVICE),
    ("ecs", "DeleteDaemon"): ("ecs", "daemon", ("q.daemonArn", "q.daemonName")),
    ("events", "DeleteRule"): ("ecs", "scheduled rule", ("q.name",)),
    ("scheduler", "DeleteSchedule"): ("ecs", "schedule", ("q.name",)),
    ("ecs", "StopTask"): ("ecs", "task", ("r.task.taskArn", "q.task")),
    ("lambda", "DeleteFunction"): ("lambda", "function", ("q.functionName",)),
    ("apprunner", "DeleteService"): ("apprunner", "service", ("q.serviceArn",)),
    ("sagemaker", "DeleteModel"): ("sagemaker", "model", ("q.modelName",)),
    ("sagemaker", "DeleteEndpointConfig"): (
        "sagemaker",
        "endpoint config",
        ("q.endpointConfigName",),
    ),
    ("sagemaker", "DeleteEndpoint"): ("sagemaker", "endpoint", ("q.endpointName",)),
    ("sagemaker", "DeleteInferenceComponent"): (
        "sagemaker",
        "inference component",
        ("q.inferenceComponentName",),
    ),
    ("sagemaker", "DeleteMonitoringSchedule"): (
        "sagemaker",
        "monitoring schedule",
        ("q.monitoringScheduleName",),
    ),
    ("batch", "DeregisterJobDefinition"): ("batch", "job definition", ("q.jobDefinition",)),
    ("lightsail", "DeleteContainerService"): ("lightsail", "container service", ("q.serviceName",)),
    ("codebuild", "DeleteProject"): ("codebuild", "project", ("q.name",)),
    ("emr-serverless", "DeleteApplication"): (
        "emr-serverless",
        "application",
        ("q.applicationId",),
    ),
    ("bedrock-agentcore-control", "DeleteAgentRuntime"): (
        "bedrock-agentcore",
        "agent runtime",
        ("q.agentRuntimeId",),
    ),
    ("gamelift", "DeleteContainerGroupDefinition"): ("gamelift", "container group", ("q.name",)),
}
"""Calls that end what an earlier one began: (platform, noun, where the name stands)."""
SOURCES = sorted({f"{service}.amazonaws.com" for service, _ in (*SPECS, *ENDS)})
"""The event sources of all of these."""


def operation(event_source: str | None, event_name: str | None) -> tuple[str, str]:
    """`("lambda", "CreateFunction")` for lambda.amazonaws.com's CreateFunction20150331."""
    service = (event_source or "").removesuffix(".amazonaws.com")
    return service, _DATED.sub("", event_name or "")
