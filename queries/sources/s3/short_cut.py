"""Fetching an object with less ado than `get_object`: about a third of its time on the processor.

Most of what boto3 does for a request (parameters, endpoint rules, hooks, parsing) comes out the
same for each object of a bucket. So the first one is fetched by boto3, and what it sent is learned:
the address, and the region it signed for. The others are signed by botocore's own signer and sent
through the client's own HTTP session, with its pool, proxy and certificates. Whatever is not a
plain 200 goes to boto3 after all: retries, redirects and errors are only ever its business.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from queries.sources.s3.model import Body, Head, S3Object

_SAFE = "/~"
"""What S3's addresses leave as it is, besides letters, digits and `-._`."""


@dataclass(frozen=True, slots=True)
class _Way:
    """How the objects of a bucket are asked for."""

    base: str
    region: str
    service: str


class ShortCut:
    """Knows buckets by what boto3 sent to them. Safe to use from many threads."""

    def __init__(self, client: Any, credentials: Any, request_payer: bool) -> None:
        """`credentials` are botocore's, None for anonymous requests."""
        self._credentials = credentials
        self._ways: dict[str, _Way] = {}
        self._sent = threading.local()
        self._extra = {"x-amz-request-payer": "requester"} if request_payer else {}
        self._http: Any = None
        self._agent = ""
        # Not part of what boto3 promises: without them there is no short cut, and no harm.
        with suppress(Exception):
            self._agent = str(client._client_config.user_agent)
            client.meta.events.register("before-send.s3.GetObject", self._notice)
            self._http = client._endpoint.http_session

    @contextmanager
    def learning(self, wanted: S3Object) -> Iterator[None]:
        """Around a `get_object` of boto3: if it works, the next objects take the short cut."""
        self._sent.request = None
        yield
        request = self._sent.request
        if self._http is not None and request is not None and wanted.bucket not in self._ways:
            with suppress(Exception):
                way = self._way(wanted, *request)
                if way is not None:
                    self._ways[wanted.bucket] = way

    def get(self, wanted: S3Object) -> tuple[Head, Body] | None:
        """Head and body, or None when boto3 must do it. Errors of the credentials come through."""
        way = self._ways.get(wanted.bucket)
        if way is None or wanted.key.startswith("/") or _has_dots(wanted.key):
            return None
        # Outside the guard below: whoever asks has to hear that the session has expired.
        frozen = self._credentials.get_frozen_credentials() if self._credentials else None
        try:
            request = self._signed(way, wanted, frozen)
        except Exception:
            # Another botocore than this was written for.
            self._give_up()
            return None
        try:
            answer = self._http.send(request)
            status = answer.status_code
        except Exception:
            return None
        try:
            if status == 200:
                headers = answer.headers
                etag = str(headers["etag"]).strip('"')
                head = Head(etag, str(headers.get("x-amz-version-id", "")))
                return head, _Raw(answer.raw)
            # Read to its end, the connection serves the next request.
            answer.raw.read(1 << 16)
            answer.raw.release_conn()
        except Exception:
            self._give_up()
        return None

    def _give_up(self) -> None:
        """From now on boto3 does it all."""
        self._http = None
        self._ways.clear()

    def _signed(self, way: _Way, wanted: S3Object, frozen: Any) -> Any:
        from botocore.auth import S3SigV4Auth
        from botocore.awsrequest import AWSRequest

        request = AWSRequest(
            method="GET",
            url=way.base + quote(wanted.key, safe=_SAFE),
            headers={"User-Agent": self._agent, **self._extra},
            stream_output=True,
        )
        if frozen is not None:
            S3SigV4Auth(frozen, way.service, way.region).add_auth(request)
        return request.prepare()

    def _notice(self, request: Any = None, **_: Any) -> None:
        with suppress(Exception):
            self._sent.request = (str(request.url), request.headers.get("Authorization"))

    def _way(self, wanted: S3Object, url: str, authorization: Any) -> _Way | None:
        """What a request of boto3 shows, if it is one that can be repeated for other keys."""
        tail = quote(wanted.key, safe=_SAFE)
        if not url.endswith(f"/{tail}"):
            return None
        base = url.removesuffix(tail)
        if self._credentials is None:
            return _Way(base, "", "") if authorization is None else None
        if isinstance(authorization, bytes):
            authorization = authorization.decode("latin-1")
        start = "AWS4-HMAC-SHA256 Credential="
        if not isinstance(authorization, str) or not authorization.startswith(start):
            return None
        scope = authorization.removeprefix(start).split(",", 1)[0].split("/")
        if len(scope) < 5 or scope[-1] != "aws4_request" or scope[-2] != "s3":
            return None
        return _Way(base, scope[-3], scope[-2])


class _Raw:
    """The body of urllib3 with the same two methods as botocore's."""

    def __init__(self, raw: Any) -> None:
        self._raw = raw

    def read(self, amt: int | None = None) -> bytes:
        data: bytes = self._raw.read(amt)
        return data

    def close(self) -> None:
        self._raw.close()
        self._raw.release_conn()


def _has_dots(key: str) -> bool:
    """Whether a part of a key is `.` or `..`, which HTTP clients take for a way in folders."""
    return any(part in (".", "..") for part in key.split("/"))
