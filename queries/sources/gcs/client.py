"""The typed door to google-cloud-storage: nothing else here imports it.

Credentials come from the application default chain: GOOGLE_APPLICATION_CREDENTIALS (a key, workload
identity federation, an impersonated account), `gcloud auth application-default login`, the metadata
server. They stay in memory, are never written down, and no error text holds them.
"""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from queries.sources.buckets.faults import Fault, NotFetched
from queries.sources.buckets.model import GCS_SCHEME, Body, Head, Page, S3Object
from queries.sources.buckets.options import S3Options
from queries.sources.gcs.endpoint import emulator, other_endpoint
from queries.sources.gcs.faults import Asked, fault_of

SCOPE = "https://www.googleapis.com/auth/devstorage.read_only"
_PAGE = 1_000
_PART = 4 << 20
"""Bytes of an object asked for at a time: what a thread holds in memory."""
_FIELDS = (
    "prefixes,nextPageToken,"
    "items(name,size,etag,generation,updated,timeCreated,storageClass,bucket)"
)


class GcsClient:
    """One client. Safe to use from several threads after `prepare`."""

    def __init__(self, options: S3Options) -> None:
        self.options = options
        self._client: Any = None
        self._calls: dict[str, Any] = {}

    def prepare(self) -> None:
        """Find the credentials and have a token of them. Raises `NotFetched`."""
        with self._faults("sign in"):
            from google.cloud import storage
            from google.cloud.storage.retry import DEFAULT_RETRY

            # Without a handler of its own a library's warning would be written over the screen.
            for name in ("google", "urllib3"):
                logging.getLogger(name).addHandler(logging.NullHandler())
            # No answer, or "busy": again, with pauses that grow.
            again = 8 * (self.options.attempts - 1)
            retry = DEFAULT_RETRY.with_delay(0.5, 10, 2).with_timeout(again) if again else None
            self._calls = {"timeout": (10, self.options.read_timeout), "retry": retry}
            endpoint = other_endpoint()
            known = {"client_options": {"api_endpoint": endpoint}} if endpoint else {}
            self._client = storage.Client(**self._identity(), **known)
            self._widen_pool()

    def page(self, bucket: str, prefix: str, *, folders: bool, token: str = "") -> Page:
        """See `Door`."""
        with self._faults("list", bucket):
            found = self._client.list_blobs(
                self._bucket(bucket),
                prefix=prefix or None,
                delimiter="/" if folders else None,
                page_size=_PAGE,
                page_token=token or None,
                fields=_FIELDS,
                **self._calls,
            )
            page = next(found.pages, ())
            objects = [_object(bucket, entry) for entry in page]
            below = sorted(getattr(page, "prefixes", ()) or found.prefixes)
            following = str(found.next_page_token or "")
        return Page(objects, below, following if following != token else "")

    def look_up(self, bucket: str, key: str) -> S3Object:
        """See `Door`."""
        with self._faults("head", bucket):
            found = self._bucket(bucket).blob(key)
            found.reload(**self._calls)
        return _object(bucket, found)

    @contextmanager
    def get(self, wanted: S3Object) -> Iterator[tuple[Head, Body]]:
        """See `Door`: the generation that was listed, or nothing."""
        with self._faults("get", wanted.bucket):
            blob = self._bucket(wanted.bucket).blob(wanted.key, generation=int(wanted.version))
            yield Head(wanted.etag, wanted.version), _Parts(blob, wanted.size, self._calls)

    def fault(self, error: BaseException, action: str, bucket: str = "", stored: str = "") -> Fault:
        """See `Door`."""
        options = self.options
        signed = not options.no_sign_request
        return fault_of(
            error, Asked(action, bucket, signed, options.request_payer, other_endpoint())
        )

    # --- inside --------------------------------------------------------------------------------

    @contextmanager
    def _faults(self, action: str, bucket: str = "") -> Iterator[None]:
        try:
            yield
        except NotFetched:
            raise
        except Exception as error:
            # `from None`: the error's own text could hold what must not be shown.
            raise NotFetched(self.fault(error, action, bucket)) from None

    def _identity(self) -> dict[str, Any]:
        """Credentials and project; the project only says who pays, where readers must."""
        import google.auth
        from google.auth import credentials as kinds
        from google.auth.transport.requests import Request

        credentials: Any
        if self.options.no_sign_request or emulator():
            anonymous: Any = kinds.AnonymousCredentials
            return {"project": "none", "credentials": anonymous()}

        with warnings.catch_warnings():
            # "Your application has authenticated using end user credentials": as is intended.
            warnings.simplefilter("ignore")
            credentials, project = google.auth.default(scopes=[SCOPE])
        credentials.refresh(Request())
        payer = getattr(credentials, "quota_project_id", None) or project
        return {"project": payer or "none", "credentials": credentials}

    def _bucket(self, name: str) -> Any:
        payer = self._client.project if self.options.request_payer else None
        return self._client.bucket(name, user_project=payer)

    def _widen_pool(self) -> None:
        """A connection for each thread, as Google's own advice on many threads has it."""
        from requests.adapters import HTTPAdapter

        for scheme in ("https://", "http://"):
            adapter = HTTPAdapter(pool_maxsize=self.options.threads + 8)
            self._client._http.mount(scheme, adapter)


class _Parts:
    """An object's bytes as they are stored (compressed ones are not unpacked on the way), asked for
    in parts, the first at once. How many there are is known, so nothing is asked for beyond them.
    """

    def __init__(self, blob: Any, size: int, calls: dict[str, Any]) -> None:
        self._blob = blob
        self._size = size
        self._calls = calls
        self._at = 0
        self._first = self._next()

    def read(self, amt: int | None = None) -> bytes:
        """The next part, whatever its length."""
        first, self._first = self._first, b""
        return first or self._next()

    def _next(self) -> bytes:
        end = min(self._size, self._at + _PART)
        if self._at >= end:
            return b""
        data: bytes = self._blob.download_as_bytes(
            start=self._at, end=end - 1, raw_download=True, checksum=None, **self._calls
        )
        self._at += len(data)
        return data

    def close(self) -> None:
        """Each part was read to its end: there is nothing to close."""


def _object(bucket: str, entry: Any) -> S3Object:
    # `updated` moves with metadata too; the generation stands for the content.
    changed = entry.time_created or entry.updated
    return S3Object(
        bucket,
        str(entry.name),
        int(entry.size or 0),
        str(entry.etag or "").strip('"'),
        changed.astimezone(UTC) if isinstance(changed, datetime) else None,
        str(entry.storage_class or ""),
        GCS_SCHEME,
        str(entry.generation or 0),
    )
