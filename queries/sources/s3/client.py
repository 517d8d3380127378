"""The typed door to boto3: nothing else of this program imports it.

Credentials come from the standard chain (profile, SSO, assumed role with MFA, environment,
credential_process, container and instance roles) and stay in boto3's session: they are never
written down, and no error text holds them.
"""

from __future__ import annotations

import getpass
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from typing import Any

from queries.sources.buckets.faults import Fault, NotFetched
from queries.sources.buckets.model import Body, Head, Page, S3Object
from queries.sources.buckets.options import S3Options
from queries.sources.s3.faults import Asked, MfaNeeded, fault_of
from queries.sources.s3.short_cut import ShortCut

_FIRST_REGION = "us-east-1"
"""Where to ask first when no region is configured; S3 says where the bucket really is."""


class S3Client:
    """One session and its clients. Safe to use from several threads after `prepare`."""

    def __init__(self, options: S3Options) -> None:
        self.options = options
        self._session: Any = None
        self._s3: Any = None
        self._short_cut: ShortCut
        self._profile = options.profile or ""
        self._sso = False
        self._may_ask = False

    def prepare(self) -> None:
        """Resolve the credentials, asking for an MFA code on the terminal if there is one to ask.

        To be called before the interface takes the terminal: a code asked for behind it looks
        like a hang (boto/botocore#1573). Raises `NotFetched`.
        """
        if self._s3 is not None:
            return
        with self._faults("sign in"):
            self._open_session()
            if not self.options.no_sign_request:
                self._resolve()
            self._s3 = self._make_client()
            signing = None if self.options.no_sign_request else self._session.get_credentials()
            self._short_cut = ShortCut(self._s3, signing, self.options)

    def page(self, bucket: str, prefix: str, *, folders: bool, token: str = "") -> Page:
        """One page of at most 1,000 keys that begin with `prefix`; with `folders`, only those up
        to the next slash, and the folders beside them. Raises `NotFetched`."""
        asked: dict[str, Any] = {"Bucket": bucket, "Prefix": prefix, **self._payer()}
        if folders:
            asked["Delimiter"] = "/"
        if token:
            asked["ContinuationToken"] = token
        with self._faults("list", bucket):
            answer = self._s3.list_objects_v2(**asked)
        following = str(answer.get("NextContinuationToken") or "")
        return Page(
            [_object(bucket, entry) for entry in answer.get("Contents", [])],
            [str(entry["Prefix"]) for entry in answer.get("CommonPrefixes", [])],
            following if answer.get("IsTruncated") and following != token else "",
        )

    def look_up(self, bucket: str, key: str) -> S3Object:
        """One object by its exact key; needs no right to list. Raises `NotFetched`."""
        with self._faults("head", bucket):
            answer = self._s3.head_object(Bucket=bucket, Key=key, **self._payer())
        entry = {**answer, "Key": key, "Size": answer.get("ContentLength", 0)}
        return _object(bucket, entry)

    @contextmanager
    def get(self, wanted: S3Object) -> Iterator[tuple[Head, Body]]:
        """An object's head and body; errors while reading come out as `NotFetched` too."""
        with self._faults("get", wanted.bucket, wanted.storage_class):
            head, body = self._short_cut.get(wanted) or self._get(wanted)
            try:
                yield head, body
            finally:
                with suppress(Exception):
                    body.close()

    def other(self, service: str, region: str) -> Any:
        """A client of another service with the same credentials; `--endpoint-url` is S3's alone."""
        return self._session.client(service, region_name=region, config=self._config())

    @property
    def region(self) -> str:
        """The region in use as far as nobody names another."""
        return str(self.options.bucket_region or self._session.region_name or _FIRST_REGION)

    def fault(self, error: BaseException, action: str, bucket: str = "", stored: str = "") -> Fault:
        """The sentence for an error of this client."""
        return fault_of(error, self._asked(action, bucket, stored))

    # --- inside --------------------------------------------------------------------------------

    def _get(self, wanted: S3Object) -> tuple[Head, Body]:
        with self._short_cut.learning(wanted):
            answer = self._s3.get_object(Bucket=wanted.bucket, Key=wanted.key, **self._payer())
        body: Body = answer["Body"]
        return Head(_etag(answer), str(answer.get("VersionId") or "")), body

    def _asked(self, action: str, bucket: str = "", stored: str = "") -> Asked:
        return Asked(
            action,
            bucket=bucket,
            profile=self._profile,
            sso=self._sso,
            request_payer=self.options.request_payer,
            signed=not self.options.no_sign_request,
            endpoint=self.options.endpoint_url or "",
            storage_class=stored,
        )

    @contextmanager
    def _faults(self, action: str, bucket: str = "", stored: str = "") -> Iterator[None]:
        try:
            yield
        except NotFetched:
            raise
        except Exception as error:
            # `from None`: the error's own text could hold what must not be shown.
            raise NotFetched(self.fault(error, action, bucket, stored)) from None

    def _payer(self) -> dict[str, str]:
        return {"RequestPayer": "requester"} if self.options.request_payer else {}

    def _open_session(self) -> None:
        import boto3

        self._session = boto3.Session(profile_name=self.options.profile)
        core = self._session._session
        scoped: dict[str, Any] = core.get_scoped_config()
        named = self.options.profile or core.get_config_variable("profile") or ""
        self._sso = bool(scoped.get("sso_session") or scoped.get("sso_start_url"))
        self._profile = str(named or ("default" if self._sso else ""))
        with suppress(Exception):
            # Only while `prepare` runs may a code be asked for on the terminal.
            provider = core.get_component("credential_provider").get_provider("assume-role")
            provider._prompter = self._ask_for_code

    def _resolve(self) -> None:
        from botocore.exceptions import NoCredentialsError

        self._may_ask = True
        try:
            credentials = self._session.get_credentials()
            if credentials is None:
                raise NoCredentialsError()
            credentials.get_frozen_credentials()
        finally:
            self._may_ask = False

    def _ask_for_code(self, prompt: str) -> str:
        if not self._may_ask or not sys.stdin.isatty():
            raise MfaNeeded
        return getpass.getpass(prompt)

    def _make_client(self) -> Any:
        return self._session.client(
            "s3",
            region_name=self.region,
            endpoint_url=self.options.endpoint_url,
            config=self._config(),
        )

    def _config(self) -> Any:
        import botocore
        from botocore.config import Config

        settings: dict[str, Any] = {
            "retries": {"mode": "adaptive", "total_max_attempts": self.options.attempts},
            "max_pool_connections": self.options.threads + 8,
            "connect_timeout": 10,
            "read_timeout": self.options.read_timeout,
            # Stand-ins for S3 do not know the newer checksums (boto/boto3#4401).
            "request_checksum_calculation": "when_required",
            "response_checksum_validation": "when_required",
            "user_agent_extra": "ecr-investigate",
        }
        if self.options.endpoint_url:
            settings["s3"] = {"addressing_style": "path"}
        if self.options.no_sign_request:
            settings["signature_version"] = botocore.UNSIGNED
        return Config(**settings)


def _object(bucket: str, entry: dict[str, Any]) -> S3Object:
    return S3Object(
        bucket,
        str(entry["Key"]),
        int(entry.get("Size") or 0),
        _etag(entry),
        _time(entry.get("LastModified")),
        str(entry.get("StorageClass") or ""),
    )


def _etag(entry: dict[str, Any]) -> str:
    return str(entry.get("ETag") or "").strip('"')


def _time(value: object) -> datetime | None:
    return value.astimezone(UTC) if isinstance(value, datetime) else None
