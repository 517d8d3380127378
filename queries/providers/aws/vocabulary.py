"""What the calls of ECR mean.

https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_Operations.html and
https://docs.aws.amazon.com/AmazonECRPublic/latest/APIReference/API_Operations.html
"""

from __future__ import annotations

from queries.providers.vocabulary import (
    CHECK,
    CREATE_REPOSITORY,
    DELETE,
    DELETE_REPOSITORY,
    DOWNLOAD,
    EXPIRE,
    LIST,
    LOGIN,
    POLICY,
    PULL,
    PUSH,
    READ,
    SCAN,
    SETTINGS,
    UPLOAD,
)

REGISTRY_SOURCES = "('ecr.amazonaws.com', 'ecr-public.amazonaws.com')"
"""The event sources of ECR, as a list in SQL."""

_ACTIONS = {
    "PutImage": PUSH,
    "InitiateLayerUpload": UPLOAD,
    "UploadLayerPart": UPLOAD,
    "CompleteLayerUpload": UPLOAD,
    "BatchCheckLayerAvailability": CHECK,
    "BatchGetImage": PULL,
    "GetDownloadUrlForLayer": DOWNLOAD,
    "GetAuthorizationToken": LOGIN,
    "ListImages": LIST,
    "DescribeImages": LIST,
    "DescribeImageTags": LIST,
    "DescribeRepositories": LIST,
    "BatchDeleteImage": DELETE,
    "PolicyExecutionEvent": EXPIRE,
    "CreateRepository": CREATE_REPOSITORY,
    "DeleteRepository": DELETE_REPOSITORY,
    "SetRepositoryPolicy": POLICY,
    "DeleteRepositoryPolicy": POLICY,
    "PutRegistryPolicy": POLICY,
    "DeleteRegistryPolicy": POLICY,
    "StartImageScan": SCAN,
    "DescribeImageScanFindings": SCAN,
    "ECR Image Scan": SCAN,
    "Inspector2 Scan": SCAN,
}


def action_sql(is_registry: str, event_name: str, is_write: str) -> str:
    """A CASE over expressions of SQL: the action of a call, NULL for one to no registry."""
    words = " ".join(f"WHEN '{name}' THEN '{action}'" for name, action in _ACTIONS.items())
    rest = f"CASE WHEN {is_write} THEN '{SETTINGS}' ELSE '{READ}' END"
    return f"CASE WHEN {is_registry} THEN CASE {event_name} {words} ELSE {rest} END END"
