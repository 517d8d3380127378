"""What calls to a registry's control plane mean in Azure, and who its names tell of."""

from __future__ import annotations

from collections.abc import Mapping

from queries.providers.azure.vocabulary import REGISTRY
from queries.providers.base import (
    BY_CONTROL_PLANE,
    OUTLET,
    REGISTRY_CHANGED,
    SHARED_CREDENTIALS,
    Calls,
)

CALLS: Mapping[str, Calls] = {
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
