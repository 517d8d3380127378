"""The least that reading a bucket of logs needs, as an IAM policy.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/security_iam_service-with-iam.html
"""

from __future__ import annotations

import json
from typing import Any

from queries.errors import WrongUsage
from queries.sources.buckets.model import S3_SCHEME
from queries.sources.buckets.options import split_s3_path


def least_privilege(
    bucket: str, prefix: str = "", *, kms_key: str = "", partition: str = "aws"
) -> dict[str, Any]:
    """A policy for an identity that reads `s3://bucket/prefix`; `kms_key` is the key's ARN.

    `bucket` may be an `s3://` path, whose prefix then counts. Raises `WrongUsage`.
    """
    if bucket.startswith(S3_SCHEME):
        bucket, of_path = split_s3_path(bucket)
        prefix = prefix or of_path
    else:
        split_s3_path(f"{S3_SCHEME}{bucket}")
    if kms_key and not kms_key.startswith("arn:"):
        raise WrongUsage("--kms-key must be the ARN of the key (arn:aws:kms:REGION:ACCOUNT:key/ID)")
    if any(character in prefix for character in "*?$"):
        raise WrongUsage("--prefix must not hold * ? or $: a policy takes them for patterns")
    prefix = prefix.strip("/")
    resource = bucket if bucket.startswith("arn:") else f"arn:{partition}:s3:::{bucket}"
    within = f"{prefix}/*" if prefix else "*"
    objects = (
        f"{resource}/object/{within}" if ":accesspoint" in resource else f"{resource}/{within}"
    )
    listing: dict[str, Any] = {
        "Sid": "ListLogs",
        "Effect": "Allow",
        "Action": "s3:ListBucket",
        "Resource": resource,
    }
    if prefix:
        listing["Condition"] = {"StringLike": {"s3:prefix": [prefix, f"{prefix}/*"]}}
    statements = [
        listing,
        {"Sid": "ReadLogs", "Effect": "Allow", "Action": "s3:GetObject", "Resource": objects},
    ]
    if kms_key:
        statements.append(
            {"Sid": "Decrypt", "Effect": "Allow", "Action": "kms:Decrypt", "Resource": kms_key}
        )
    return {"Version": "2012-10-17", "Statement": statements}


def as_text(policy: dict[str, Any]) -> str:
    """The policy as it is pasted into a console or file."""
    return json.dumps(policy, indent=2)
