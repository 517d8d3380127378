"""What Azure's calls mean.

Data plane: the operations of the table ContainerRegistryRepositoryEvents. Microsoft lists its
columns and not its values; Push, Pull, Delete and Untag stand in real reports (Azure/acr#286),
Purge and the rest are assumed.
https://learn.microsoft.com/azure/azure-monitor/reference/tables/containerregistryrepositoryevents
Events and webhooks:
https://learn.microsoft.com/azure/event-grid/event-schema-container-registry and
https://learn.microsoft.com/azure/container-registry/container-registry-webhook-reference
Control plane: the operations of the resource provider.
https://learn.microsoft.com/azure/role-based-access-control/permissions/containers
"""

from __future__ import annotations

import re

from queries.providers.vocabulary import (
    DELETE,
    DELETE_REGISTRY,
    LIST,
    LOGIN,
    POLICY,
    PULL,
    PUSH,
    READ,
    SCAN,
    SETTINGS,
    TAG,
    UNTAG,
)

REGISTRY = "Microsoft.ContainerRegistry"
"""`event_source` of a registry's calls, those to its data and those to its settings."""

SERVICES = {
    REGISTRY: "acr",
    "Microsoft.App": "container apps",
    "Microsoft.ContainerInstance": "container instances",
    "Microsoft.ContainerService": "aks",
    "Microsoft.Web": "app service",
    "Microsoft.Authorization": "azure access",
    "Microsoft.Resources": "azure resources",
    "Microsoft.Insights": "azure monitor",
    "Microsoft.ManagedIdentity": "managed identity",
    "Microsoft.KeyVault": "key vault",
    "Microsoft.Storage": "storage",
    "Microsoft.Compute": "compute",
    "Microsoft.Network": "network",
    "Microsoft.Aadiam": "entra id",
    "Microsoft.Security": "defender",
    "Microsoft.Automation": "automation",
    "Microsoft.MachineLearningServices": "machine learning",
}

_DATA = {
    "push": ("Push", PUSH),
    "pull": ("Pull", PULL),
    "delete": ("Delete", DELETE),
    "untag": ("Untag", UNTAG),
    "purge": ("Purge", DELETE),
    "tag": ("Tag", TAG),
    "list": ("List", LIST),
    "login": ("Login", LOGIN),
    "chartpush": ("ChartPush", PUSH),
    "chartdelete": ("ChartDelete", DELETE),
    "quarantine": ("Quarantine", SCAN),
    "ping": ("Ping", READ),
    "imagepushed": ("Push", PUSH),
    "imagedeleted": ("Delete", DELETE),
    "chartpushed": ("ChartPush", PUSH),
    "chartdeleted": ("ChartDelete", DELETE),
}

_WRITES = frozenset({PUSH, DELETE, UNTAG, TAG, SETTINGS, POLICY, DELETE_REGISTRY})

_CONTROL = {
    "registries/write": ("CreateOrUpdateRegistry", SETTINGS),
    "registries/delete": ("DeleteRegistry", DELETE_REGISTRY),
    "registries/importimage/action": ("ImportImage", PUSH),
    "registries/listcredentials/action": ("ListCredentials", READ),
    "registries/regeneratecredential/action": ("RegenerateCredential", SETTINGS),
    "registries/generatecredentials/action": ("GenerateCredentials", SETTINGS),
    "registries/webhooks/write": ("CreateOrUpdateWebhook", SETTINGS),
    "registries/webhooks/delete": ("DeleteWebhook", SETTINGS),
    "registries/webhooks/getcallbackconfig/action": ("GetWebhookCallbackConfig", READ),
    "registries/webhooks/ping/action": ("PingWebhook", READ),
    "registries/webhooks/listevents/action": ("ListWebhookEvents", READ),
    "registries/replications/write": ("CreateOrUpdateReplication", SETTINGS),
    "registries/replications/delete": ("DeleteReplication", SETTINGS),
    "registries/tokens/write": ("CreateOrUpdateToken", POLICY),
    "registries/tokens/delete": ("DeleteToken", POLICY),
    "registries/scopemaps/write": ("CreateOrUpdateScopeMap", POLICY),
    "registries/scopemaps/delete": ("DeleteScopeMap", POLICY),
    "registries/tasks/write": ("CreateOrUpdateTask", SETTINGS),
    "registries/tasks/delete": ("DeleteTask", SETTINGS),
    "registries/tasks/listdetails/action": ("ListTaskDetails", READ),
    "registries/schedulerun/action": ("ScheduleRun", SETTINGS),
    "registries/runs/write": ("UpdateRun", SETTINGS),
    "registries/runs/cancel/action": ("CancelRun", SETTINGS),
    "registries/runs/listlogsasurl/action": ("ListRunLogs", READ),
    "registries/taskruns/write": ("CreateOrUpdateTaskRun", SETTINGS),
    "registries/taskruns/delete": ("DeleteTaskRun", SETTINGS),
    "registries/listbuildsourceuploadurl/action": ("ListBuildSourceUploadUrl", SETTINGS),
    "registries/importpipelines/write": ("CreateOrUpdateImportPipeline", SETTINGS),
    "registries/exportpipelines/write": ("CreateOrUpdateExportPipeline", SETTINGS),
    "registries/pipelineruns/write": ("CreateOrUpdatePipelineRun", SETTINGS),
    "registries/cacherules/write": ("CreateOrUpdateCacheRule", SETTINGS),
    "registries/cacherules/delete": ("DeleteCacheRule", SETTINGS),
    "registries/credentialsets/write": ("CreateOrUpdateCredentialSet", SETTINGS),
    "registries/connectedregistries/write": ("CreateOrUpdateConnectedRegistry", SETTINGS),
    "registries/privateendpointconnections/write": ("UpdatePrivateEndpoint", SETTINGS),
    "registries/updatepolicies/write": ("UpdatePolicies", SETTINGS),
    "registries/quarantine/write": ("UpdateQuarantine", SETTINGS),
    "registries/trustedcollections/write": ("UpdateTrustedCollection", SETTINGS),
    "registries/artifacts/delete": ("DeleteArtifact", DELETE),
}
"""Operation below `Microsoft.ContainerRegistry/`: a name for people, and the action. The name
stands in `events.event_name`, the operation as written in the record."""


def data_call(operation: str) -> tuple[str, str]:
    """(event name, action) of a call to a registry's data; one that is not known keeps its name."""
    known = _DATA.get(re.sub(r"[^a-z]", "", operation.lower()))
    return known or (operation or "Unknown", READ if operation.lower().startswith("get") else "")


def control_call(operation: str) -> tuple[str, str, str]:
    """(service, event name, action) of an operation of the Activity log.

    `MICROSOFT.CONTAINERREGISTRY/REGISTRIES/WRITE`, as the export to storage writes it, and
    `Microsoft.ContainerRegistry/registries/write` are one operation.
    """
    provider, _, rest = operation.lower().partition("/")
    service = _SERVICE_NAMES.get(provider, _cased(provider))
    if service == REGISTRY:
        name, action = _CONTROL.get(rest, (rest, SETTINGS if not rest.endswith("/read") else READ))
        return service, name, action
    return service, rest, ""


_SERVICE_NAMES = {name.lower(): name for name in SERVICES}


def _cased(provider: str) -> str:
    """A resource provider's name as one text, however an export writes it."""
    head, dot, rest = provider.partition(".")
    return f"{head.capitalize()}{dot}{rest[:1].upper()}{rest[1:]}"


def only_reads(operation: str, action: str) -> bool:
    """Whether a call changes nothing."""
    if action:
        return action not in _WRITES
    last = operation.lower().rsplit("/", 1)[-1]
    return last == "read" or last.startswith(("get", "list", "head"))
