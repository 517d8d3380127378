"""What a bucket's objects are called while they are listed and fetched, and the door to them.

A bucket is S3's or Google's, or a container of Azure; its `bucket` is then `container@account`.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from queries.sources.buckets.faults import Fault
    from queries.sources.buckets.options import S3Options

S3_SCHEME = "s3://"
GCS_SCHEME = "gs://"
AZURE_SCHEME = "az://"


@dataclass(frozen=True, slots=True)
class S3Object:
    """One object as the listing names it. The key is literal: never decoded, never a pattern."""

    bucket: str
    key: str
    size: int
    etag: str
    modified: datetime | None
    storage_class: str = ""
    scheme: str = S3_SCHEME
    version: str = ""
    """The generation of an object of Google: what is fetched is what was listed, or nothing."""

    @property
    def name(self) -> str:
        return f"{self.scheme}{self.bucket}/{self.key}"


@dataclass(frozen=True, slots=True)
class Head:
    """What the service says about an object it begins to send."""

    etag: str
    version_id: str


class Body(Protocol):
    """The bytes of an object as they arrive."""

    def read(self, amt: int | None = None) -> bytes: ...

    def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a listing; `token` is empty on the last one."""

    objects: list[S3Object]
    folders: list[str]
    token: str


class Door(Protocol):
    """A cloud's storage as listing and transfer see it. Safe to use from many threads after
    `prepare`; every failure comes out as `NotFetched`."""

    @property
    def options(self) -> S3Options: ...

    def prepare(self) -> None:
        """Resolve the credentials; called while the terminal can still be asked."""
        ...

    def page(self, bucket: str, prefix: str, *, folders: bool, token: str = "") -> Page:
        """One page of the keys that begin with `prefix`; with `folders`, only those up to the next
        slash, and the folders beside them."""
        ...

    def look_up(self, bucket: str, key: str) -> S3Object:
        """One object by its exact key."""
        ...

    def get(self, wanted: S3Object) -> AbstractContextManager[tuple[Head, Body]]:
        """An object's head and body, the bytes as they are stored."""
        ...

    def fault(self, error: BaseException, action: str, bucket: str = "", stored: str = "") -> Fault:
        """The sentence for an error."""
        ...
