"""The typed door to azure-storage-blob and azure-identity: nothing else here imports them.

Credentials are what Azure's own tools take, in their order: the connection string, the key or the
SAS of the environment (for their account), else `DefaultAzureCredential`: a service principal of
the environment, workload identity, managed identity, `az login`, `azd`, PowerShell. They stay in
memory, are never written down, and no error text holds them.
"""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from queries.sources.azure.faults import NO_CONNECTION_STRING, Asked, fault_of
from queries.sources.azure.paths import account_of_environment, address, connection
from queries.sources.buckets.faults import Fault, NotFetched
from queries.sources.buckets.model import AZURE_SCHEME, Body, Head, Page, S3Object
from queries.sources.buckets.options import S3Options

SCOPE = "https://storage.azure.com/.default"
_KEYS = "AZURE_STORAGE_KEY", "AZURE_STORAGE_ACCESS_KEY"
_SAS = "AZURE_STORAGE_SAS_TOKEN"
_SECRETS = "accountkey", "sharedaccesssignature", "usedevelopmentstorage"
"""Parts of a connection string that let somebody in."""
_PAGE = 1_000
_PART = 4 << 20
"""Bytes of a blob asked for at a time: what a thread holds in memory."""


class AzureClient:
    """Accounts and their containers. Safe to use from several threads after `prepare`."""

    def __init__(self, options: S3Options) -> None:
        self.options = options
        self._accounts: dict[str, Any] = {}
        self._credential: Any = None
        self._lock = threading.Lock()

    def prepare(self) -> None:
        """Load the libraries, and sign in unless the environment holds a key. Raises
        `NotFetched`."""
        with self._faults("sign in"):
            import azure.storage.blob  # noqa: F401 - whether the extra is there

            # Without a handler of its own a library's warning would be written over the screen.
            for name in ("azure", "msal", "urllib3"):
                logging.getLogger(name).addHandler(logging.NullHandler())
            said = connection()
            if said and not {"accountname", "blobendpoint"} & set(said):
                raise NotFetched(NO_CONNECTION_STRING)
            if not self.options.no_sign_request and not _has_secret():
                self._signed_in().get_token(SCOPE)

    def page(self, bucket: str, prefix: str, *, folders: bool, token: str = "") -> Page:
        """See `Door`."""
        with self._faults("list", bucket):
            container = self._container(bucket)
            asked = {
                "name_starts_with": prefix or None,
                "include": ["metadata"],
                "results_per_page": _PAGE,
            }
            found = container.walk_blobs(**asked) if folders else container.list_blobs(**asked)
            pages = found.by_page(continuation_token=token or None)
            entries = list(next(pages, ()))
            following = str(pages.continuation_token or "")
        below = [entry.name for entry in entries if not hasattr(entry, "size")]
        return Page(
            [_object(bucket, entry) for entry in entries if hasattr(entry, "size")],
            [str(name) for name in below],
            following if following != token else "",
        )

    def look_up(self, bucket: str, key: str) -> S3Object:
        """See `Door`."""
        with self._faults("head", bucket):
            found = self._container(bucket).get_blob_client(key).get_blob_properties()
            found.name = key
        return _object(bucket, found)

    @contextmanager
    def get(self, wanted: S3Object) -> Iterator[tuple[Head, Body]]:
        """See `Door`. Of an append blob that has grown since it was listed, what was there then."""
        with self._faults("get", wanted.bucket, wanted.storage_class):
            blob = self._container(wanted.bucket).get_blob_client(wanted.key)
            stream = blob.download_blob(
                offset=0 if wanted.size else None,
                length=wanted.size or None,
                max_concurrency=1,
                decompress=False,
            )
            said = stream.properties
            grown = _kind(said) == "AppendBlob" and said.size >= wanted.size
            etag = wanted.etag if grown else _etag(said)
            yield Head(etag, str(said.get("version_id") or "")), _Stream(stream)

    def fault(self, error: BaseException, action: str, bucket: str = "", stored: str = "") -> Fault:
        """See `Door`."""
        container, _, account = bucket.partition("@")
        signed = not self.options.no_sign_request
        return fault_of(error, Asked(action, container, account, stored, signed))

    # --- inside --------------------------------------------------------------------------------

    @contextmanager
    def _faults(self, action: str, bucket: str = "", stored: str = "") -> Iterator[None]:
        try:
            yield
        except NotFetched:
            raise
        except Exception as error:
            # `from None`: the error's own text could hold what must not be shown.
            raise NotFetched(self.fault(error, action, bucket, stored)) from None

    def _container(self, bucket: str) -> Any:
        container, _, account = bucket.partition("@")
        with self._lock:
            service = self._accounts.get(account)
            if service is None:
                service = self._accounts[account] = self._service(account)
        return service.get_container_client(container)

    def _service(self, account: str) -> Any:
        from azure.storage.blob import BlobServiceClient

        settings = self._settings()
        said = connection()
        own = said if said.get("accountname") == account else {}
        if not self.options.no_sign_request and any(own.get(name) for name in _SECRETS):
            text = os.environ["AZURE_STORAGE_CONNECTION_STRING"]
            return BlobServiceClient.from_connection_string(text, **settings)
        url = own.get("blobendpoint") or address(account)
        return BlobServiceClient(url, credential=self._secret(account), **settings)

    def _secret(self, account: str) -> Any:
        """Key, SAS or signed-in identity for an account; None for anonymous requests."""
        if self.options.no_sign_request:
            return None
        # What the environment holds is of the account that it names.
        if account_of_environment() in ("", account):
            for name in (*_KEYS, _SAS):
                if value := os.environ.get(name):
                    return value.lstrip("?")
        return self._signed_in()

    def _signed_in(self) -> Any:
        from azure.identity import DefaultAzureCredential

        if self._credential is None:
            self._credential = DefaultAzureCredential()
        return self._credential

    def _settings(self) -> dict[str, Any]:
        """Few and growing pauses, a connection for each thread, parts that fit into memory."""
        import requests
        from azure.core.pipeline.transport import RequestsTransport
        from azure.storage.blob import ExponentialRetry
        from requests.adapters import HTTPAdapter

        session = requests.Session()
        for scheme in ("https://", "http://"):
            session.mount(scheme, HTTPAdapter(pool_maxsize=self.options.threads + 8))
        return {
            "transport": RequestsTransport(session=session, session_owner=False),
            "retry_policy": ExponentialRetry(
                initial_backoff=1, increment_base=2, retry_total=self.options.attempts - 1
            ),
            "connection_timeout": 10,
            "read_timeout": self.options.read_timeout,
            "max_single_get_size": _PART,
            "max_chunk_get_size": _PART,
            "user_agent": "ecr-investigate",
        }


class _Stream:
    """The downloader with the two methods of `Body`."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream

    def read(self, amt: int | None = None) -> bytes:
        data: bytes = self._stream.read(-1 if amt is None else amt)
        return data

    def close(self) -> None:
        """Each part was read to its end: there is nothing to close."""


def _has_secret() -> bool:
    said = connection()
    return any(said.get(name) for name in _SECRETS) or any(
        os.environ.get(name) for name in (*_KEYS, _SAS)
    )


def _object(bucket: str, entry: Any) -> S3Object:
    name = str(entry.name)
    # With a hierarchical namespace a folder is an empty blob of its name.
    folder = (entry.metadata or {}).get("hdi_isfolder", "").lower() == "true"
    modified = entry.last_modified
    return S3Object(
        bucket,
        f"{name}/" if folder and not name.endswith("/") else name,
        int(entry.size or 0),
        _etag(entry),
        modified.astimezone(UTC) if isinstance(modified, datetime) else None,
        str(entry.blob_tier or ""),
        AZURE_SCHEME,
    )


def _kind(entry: Any) -> str:
    kind = entry.blob_type
    return str(getattr(kind, "value", kind) or "")


def _etag(entry: Any) -> str:
    return str(entry.etag or "").strip('"')
