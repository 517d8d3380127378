"""What a bucket's objects are called while they are listed and fetched."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class S3Object:
    """One object as the listing names it. The key is literal: never decoded, never a pattern."""

    bucket: str
    key: str
    size: int
    etag: str
    modified: datetime | None
    storage_class: str = ""

    @property
    def name(self) -> str:
        return f"s3://{self.bucket}/{self.key}"


@dataclass(frozen=True, slots=True)
class Head:
    """What the service says about an object it begins to send."""

    etag: str
    version_id: str


class Body(Protocol):
    """The bytes of an object as they arrive."""

    def read(self, amt: int | None = None) -> bytes: ...

    def close(self) -> None: ...
