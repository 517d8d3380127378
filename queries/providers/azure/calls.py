"""What calls mean in Azure, and who its names tell of.

The operations of the Activity log are those of the resource providers, in small letters and without
the provider before them: https://learn.microsoft.com/azure/role-based-access-control/permissions
Secrets that are read from a vault are in its own log, which is not read.
"""

from __future__ import annotations

from collections.abc import Mapping

from queries.providers.azure.vocabulary import REGISTRY
from queries.providers.base import Calls
from queries.providers.vocabulary import (
    BY_CONTROL_PLANE,
    CREDENTIAL_MADE,
    EVIDENCE_STOPPED,
    GAINS_RIGHTS,
    IDENTITY_CHANGED,
    LOGGING_CHANGED,
    LOGGING_TAMPERED,
    OPENS_NETWORK,
    OUTLET,
    READS_SECRETS,
    REGISTRY_CHANGED,
    RUNS_CODE,
    SECRET_READ,
    SHARED_CREDENTIALS,
    STAYS,
)

_LOGGING_OFF = ("diagnosticsettings/delete", "logprofiles/delete")
_AUTHORIZATION, _IDENTITY = "Microsoft.Authorization", "Microsoft.ManagedIdentity"
_INSIGHTS, _STORAGE, _COMPUTE = "Microsoft.Insights", "Microsoft.Storage", "Microsoft.Compute"
_VAULT, _CLUSTERS, _NETWORK = (
    "Microsoft.KeyVault",
    "Microsoft.ContainerService",
    "Microsoft.Network",
)

CALLS: Mapping[str, Calls] = {
    CREDENTIAL_MADE: Calls(
        {
            REGISTRY: ("RegenerateCredential", "GenerateCredentials"),
            _STORAGE: ("storageaccounts/regeneratekey/action",),
            _IDENTITY: ("userassignedidentities/federatedidentitycredentials/write",),
        }
    ),
    IDENTITY_CHANGED: Calls(writes=(_AUTHORIZATION, _IDENTITY)),
    SECRET_READ: Calls(
        {
            REGISTRY: ("ListCredentials",),
            _STORAGE: ("storageaccounts/listkeys/action",),
            _CLUSTERS: (
                "managedclusters/listclusteradmincredential/action",
                "managedclusters/listclusterusercredential/action",
            ),
        }
    ),
    LOGGING_CHANGED: Calls(
        {_INSIGHTS: (*_LOGGING_OFF, "diagnosticsettings/write", "activitylogalerts/delete")}
    ),
    LOGGING_TAMPERED: Calls({_INSIGHTS: _LOGGING_OFF}),
    EVIDENCE_STOPPED: Calls({_INSIGHTS: _LOGGING_OFF}),
    GAINS_RIGHTS: Calls(
        {
            _AUTHORIZATION: ("roleassignments/write", "elevateaccess/action"),
            _VAULT: ("vaults/accesspolicies/write",),
        }
    ),
    STAYS: Calls({_IDENTITY: ("userassignedidentities/federatedidentitycredentials/write",)}),
    READS_SECRETS: Calls(
        {
            _STORAGE: ("storageaccounts/listkeys/action",),
            _CLUSTERS: ("managedclusters/listclusteradmincredential/action",),
        }
    ),
    RUNS_CODE: Calls(
        {
            _COMPUTE: ("virtualmachines/runcommand/action", "virtualmachines/extensions/write"),
            _CLUSTERS: ("managedclusters/runcommand/action",),
        }
    ),
    OPENS_NETWORK: Calls({_NETWORK: ("networksecuritygroups/securityrules/write",)}),
    SHARED_CREDENTIALS: Calls(
        {REGISTRY: ("ListCredentials", "RegenerateCredential", "GenerateCredentials")}
    ),
    REGISTRY_CHANGED: Calls({REGISTRY: ("CreateOrUpdateRegistry",)}),
    BY_CONTROL_PLANE: Calls(
        {REGISTRY: ("ImportImage", "ScheduleRun", "CreateOrUpdateTask", "CreateOrUpdateTaskRun")}
    ),
    OUTLET: Calls(
        {
            REGISTRY: (
                "CreateOrUpdateWebhook",
                "CreateOrUpdateReplication",
                "CreateOrUpdateCacheRule",
                "CreateOrUpdateImportPipeline",
                "CreateOrUpdateExportPipeline",
                "CreateOrUpdatePipelineRun",
                "CreateOrUpdateConnectedRegistry",
            )
        }
    ),
}

NATURES = (
    # Applications and managed identities act under an id, people under a name.
    (
        "regexp_full_match(origin, '[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}')",
        "job",
    ),
)

IDENTITIES = {
    "User": "person",
    "ServicePrincipal": "application",
    "ServicePrincipal or user": "application",
    "AdminUser": "shared password",
    "Token": "token",
}
"""Type of identity to what pulled."""
