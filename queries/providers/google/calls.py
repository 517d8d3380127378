"""What calls of Google Cloud mean beside the registry, and who their names tell of.

https://cloud.google.com/iam/docs/audit-logging and https://cloud.google.com/logging/docs/audit
"""

from __future__ import annotations

from collections.abc import Mapping

from queries.providers.base import Calls
from queries.providers.vocabulary import (
    CREDENTIAL_MADE,
    EVIDENCE_STOPPED,
    GAINS_RIGHTS,
    IDENTITY_CHANGED,
    LOGGING_CHANGED,
    LOGGING_TAMPERED,
    LOGGING_TRIMMED,
    OPENS_NETWORK,
    READS_SECRETS,
    RUNS_CODE,
    SECRET_READ,
    STAYS,
)

_LOGGING = "logging.googleapis.com"

CALLS: Mapping[str, Calls] = {
    CREDENTIAL_MADE: Calls({"iam.googleapis.com": ("CreateServiceAccountKey",)}),
    IDENTITY_CHANGED: Calls(
        writes=("iam.googleapis.com", "cloudidentity.googleapis.com"),
        also="e.plain_name IN ('SetIamPolicy', 'CreateServiceAccountKey')",
    ),
    SECRET_READ: Calls({"secretmanager.googleapis.com": ("AccessSecretVersion",)}),
    LOGGING_CHANGED: Calls(writes=(_LOGGING,)),
    LOGGING_TAMPERED: Calls(
        {
            _LOGGING: (
                "DeleteSink",
                "UpdateSink",
                "DeleteLog",
                "DeleteBucket",
                "UpdateBucket",
                "CreateExclusion",
                "UpdateExclusion",
            )
        },
        # Which reads and writes are audited is part of a policy.
        also="e.provider = 'google' AND e.plain_name = 'SetIamPolicy' AND e.service_event_details"
        ' LIKE \'%"auditConfigDeltas"%"action"%"REMOVE"%\'',
    ),
    EVIDENCE_STOPPED: Calls(
        {_LOGGING: ("DeleteSink", "UpdateSink", "CreateExclusion", "UpdateExclusion")}
    ),
    LOGGING_TRIMMED: Calls({_LOGGING: ("UpdateSink",)}),
    GAINS_RIGHTS: Calls(
        {
            "iam.googleapis.com": (
                "SetIAMPolicy",
                "SetIamPolicy",
                "UpdateRole",
            ),
            "cloudresourcemanager.googleapis.com": ("SetIamPolicy",),
            "storage.googleapis.com": ("storage.setIamPermissions",),
        }
    ),
    STAYS: Calls(
        {
            "iam.googleapis.com": (
                "CreateServiceAccountKey",
                "CreateServiceAccount",
                "CreateWorkloadIdentityPoolProvider",
            ),
            "storage.googleapis.com": ("storage.hmacKeys.create",),
        }
    ),
    READS_SECRETS: Calls(
        {
            "secretmanager.googleapis.com": ("AccessSecretVersion",),
        }
    ),
    RUNS_CODE: Calls(
        {
            "compute.googleapis.com": (
                "v1.compute.instances.insert",
                "v1.compute.instances.setMetadata",
            ),
        }
    ),
    OPENS_NETWORK: Calls(
        {
            "compute.googleapis.com": ("v1.compute.firewalls.insert",),
        }
    ),
}

NATURES = (
    (
        "origin LIKE '%.gserviceaccount.com' OR origin LIKE 'principal://%'"
        " OR origin LIKE 'principalSet://%'",
        "job",
    ),
)

IDENTITIES = {"User": "person", "ServiceAccount": "service account", "WorkloadIdentity": "CI job"}
"""Type of identity to what pulled."""
