"""Which clouds' storage can be read, and what each does its own way. The libraries of a cloud are
imported when a path of it is used."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from queries.errors import WrongUsage
from queries.sources.azure import layout as azure_layout
from queries.sources.azure.paths import SCHEMES as AZURE_SCHEMES
from queries.sources.azure.paths import connection, split_azure_path
from queries.sources.buckets.model import AZURE_SCHEME, GCS_SCHEME, S3_SCHEME, Door, S3Object
from queries.sources.buckets.options import S3Options, split_bucket_path, split_s3_path
from queries.sources.buckets.place import Place
from queries.sources.gcs import layout as gcs_layout
from queries.sources.s3 import layout as s3_layout


@dataclass(frozen=True, slots=True)
class Cloud:
    """How one cloud's storage is read."""

    scheme: str
    place_of: Callable[[str], Place]
    """Where a prefix or key stands in the layout of its logs."""
    door: Callable[[S3Options], Door]
    endpoint: Callable[[S3Options], str]
    """Another service than the cloud's own; part of what identifies an object."""
    root: str = ""
    """A folder that a narrow policy may allow to list although what is above may not be listed."""


class Address(NamedTuple):
    """A path, taken apart; no part of it is a pattern."""

    scheme: str
    bucket: str
    prefix: str

    @property
    def name(self) -> str:
        return f"{self.scheme}{self.bucket}/{self.prefix}"


def address_of(path: str, options: S3Options) -> Address:
    """What a path of any cloud says. Raises `WrongUsage`."""
    if path.startswith(S3_SCHEME):
        return Address(S3_SCHEME, *split_s3_path(path))
    if path.startswith(AZURE_SCHEMES):
        return Address(AZURE_SCHEME, *split_azure_path(path, options.storage_account or ""))
    if path.startswith(GCS_SCHEME):
        return Address(GCS_SCHEME, *split_bucket_path(path, GCS_SCHEME))
    raise WrongUsage(f"{path}: not a bucket")


def place_of(entry: S3Object) -> Place:
    """Where an object stands in its cloud's layout."""
    return CLOUDS[entry.scheme].place_of(entry.key)


def _s3(options: S3Options) -> Door:
    from queries.sources.s3.client import S3Client

    return S3Client(options)


def _azure(options: S3Options) -> Door:
    from queries.sources.azure.client import AzureClient

    return AzureClient(options)


def _gcs(options: S3Options) -> Door:
    from queries.sources.gcs.client import GcsClient

    return GcsClient(options)


def _gcs_endpoint(options: S3Options) -> str:
    from queries.sources.gcs.endpoint import other_endpoint

    return other_endpoint()


CLOUDS: Mapping[str, Cloud] = {
    cloud.scheme: cloud
    for cloud in (
        Cloud(
            S3_SCHEME,
            s3_layout.place_of,
            _s3,
            lambda options: options.endpoint_url or "",
            root=s3_layout.ROOT,
        ),
        Cloud(
            AZURE_SCHEME,
            azure_layout.place_of,
            _azure,
            lambda options: connection().get("blobendpoint", ""),
        ),
        Cloud(GCS_SCHEME, gcs_layout.place_of, _gcs, _gcs_endpoint),
    )
}
