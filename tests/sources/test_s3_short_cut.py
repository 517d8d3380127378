"""The short cut past boto3 rests on parts of botocore that are not promised: whatever they become,
objects are fetched all the same."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from queries.sources.s3.client import S3Client
from tests.sources.buckets import deliveries, opened
from tests.sources.proxies import FaultProxy
from tests.sources.s3_server import Server

Patch = pytest.MonkeyPatch


@pytest.fixture(scope="module")
def six(server: Server) -> str:
    server.fill("six", deliveries(6))
    return "six"


def broken(*_: Any, **__: Any) -> Any:
    raise TypeError("not as it was")


class Bare:
    """An answer that has nothing of what is looked for."""

    status_code = 200
    headers: dict[str, str] = {}  # noqa: RUF012


def no_signer(patch: Patch) -> None:
    patch.delattr("botocore.auth.S3SigV4Auth")


def other_signer(patch: Patch) -> None:
    patch.setattr("botocore.auth.S3SigV4Auth.__init__", broken)


def no_session(patch: Patch) -> None:
    made = S3Client._make_client

    def without(self: S3Client) -> Any:
        client = made(self)
        holder = type("Holder", (), {"__getattr__": lambda _, name: _hidden(client, name)})
        return holder()

    patch.setattr(S3Client, "_make_client", without)


def _hidden(client: Any, name: str) -> Any:
    if name in ("_endpoint", "_client_config"):
        raise AttributeError(name)
    return getattr(client, name)


def other_event(patch: Patch) -> None:
    from queries.sources.s3.short_cut import ShortCut

    patch.setattr(ShortCut, "_notice", lambda self, **said: None)


def other_answer(patch: Patch) -> None:
    from queries.sources.s3.short_cut import ShortCut

    made = ShortCut.__init__

    def init(self: ShortCut, *given: Any) -> None:
        made(self, *given)
        self._http = type("Http", (), {"send": lambda _, request: Bare()})()

    patch.setattr(ShortCut, "__init__", init)


@pytest.mark.parametrize("change", [no_signer, other_signer, no_session, other_event, other_answer])
def test_another_botocore_means_no_short_cut_and_no_harm(
    proxy: FaultProxy, six: str, change: Callable[[Patch], None]
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        if change in (no_signer, other_signer):
            # boto3 itself goes on with the signer it looked up by name.
            import botocore.auth

            kept = dict(botocore.auth.AUTH_TYPE_MAPS)
            original = botocore.auth.S3SigV4Auth

            class Same(original):  # type: ignore[misc, valid-type]
                __init__ = original.__init__

            kept = {k: Same if v is original else v for k, v in kept.items()}
            patch.setattr("botocore.auth.AUTH_TYPE_MAPS", kept)
            patch.setattr("botocore.signers.botocore.auth.AUTH_TYPE_MAPS", kept)
        change(patch)
        with opened(proxy.url, f"s3://{six}", use_cache=False) as case:
            assert case.totals["pushes"] == 6
            assert case.totals["evidence_complete"]
    assert len(proxy.fetched()) == 6


def test_the_short_cut_is_taken(proxy: FaultProxy, six: str, monkeypatch: Patch) -> None:
    """Else the tests above would show nothing."""
    calls: list[str] = []
    fetched = S3Client._get

    def counted(self: S3Client, wanted: Any) -> Any:
        calls.append(wanted.key)
        return fetched(self, wanted)

    monkeypatch.setattr(S3Client, "_get", counted)
    with opened(proxy.url, f"s3://{six}", use_cache=False, threads=1) as case:
        assert case.totals["pushes"] == 6
    assert len(calls) == 1
    assert len(proxy.fetched()) == 6
