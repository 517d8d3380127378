"""CloudTrail digest files: they list log files and their hashes, and hold no event.

https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-log-file-validation-digest-file-structure.html
"""

from __future__ import annotations

from queries.envelopes.model import Found
from queries.json_stream import Piece

NAME = "CloudTrail digest"
DIGEST = "digest file (hashes of log files, no events)"


def read(piece: Piece) -> Found | None:
    value = piece.value
    if piece.container is not None or not isinstance(value, dict):
        return None
    if "logFiles" in value and ("digestS3Object" in value or "awsAccountId" in value):
        return Found(skipped=DIGEST)
    return None
