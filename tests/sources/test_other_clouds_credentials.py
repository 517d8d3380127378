"""Signing in to Azure and Google goes by the chains of their own tools; no secret is ever shown."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs

import pytest

from queries.errors import InvestigationError
from queries.sources.buckets.options import S3Options
from queries.sources.buckets.remote import Remote
from tests.sources.azure_server import ACCOUNT, KEY, AzureServer
from tests.sources.gcs_server import GcsServer
from tests.sources.proxies import fault_proxy
from tui.cli import main

BODY = b'{"Records": []}'
TOKEN = "token-marker-that-must-never-be-shown-anywhere"


@pytest.fixture
def logs(azure: AzureServer, bucket: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """A container with one blob; the environment says where it is, and not yet who asks."""
    azure.put(bucket, "one.json", BODY)
    endpoint = f"AccountName={ACCOUNT};BlobEndpoint={azure.url}/{ACCOUNT};"
    monkeypatch.setenv("AZURE_STORAGE_CONNECTION_STRING", endpoint)
    return bucket


def listed(path: str, capsys: pytest.CaptureFixture[str], *more: str) -> tuple[int, str, str]:
    code = main(["--list", path, "--format", "json", *more])
    out, err = capsys.readouterr()
    return code, out, err


def test_azure_takes_a_key_of_the_environment(
    logs: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("AZURE_STORAGE_KEY", KEY)
    code, out, err = listed(f"az://{logs}", capsys)
    assert (code, [share["objects"] for share in json.loads(out)]) == (0, [1])
    assert KEY not in out + err


def test_azure_takes_a_sas_of_the_environment(
    logs: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from azure.storage.blob import ContainerSasPermissions, generate_container_sas

    sas = generate_container_sas(
        ACCOUNT,
        logs,
        account_key=KEY,
        permission=ContainerSasPermissions(read=True, list=True),
        expiry=datetime.now(UTC) + timedelta(hours=1),
    )
    monkeypatch.setenv("AZURE_STORAGE_SAS_TOKEN", f"?{sas}")
    code, out, _ = listed(f"az://{logs}@{ACCOUNT}", capsys)
    assert (code, [share["objects"] for share in json.loads(out)]) == (0, [1])

    expired = generate_container_sas(
        ACCOUNT,
        logs,
        account_key=KEY,
        permission=ContainerSasPermissions(read=True, list=True),
        expiry=datetime.now(UTC) - timedelta(hours=1),
        start=datetime.now(UTC) - timedelta(hours=2),
    )
    monkeypatch.setenv("AZURE_STORAGE_SAS_TOKEN", expired)
    code, out, err = listed(f"az://{logs}@{ACCOUNT}", capsys)
    assert code == 1
    assert parse_qs(expired)["sig"][0] not in out + err
    assert "sig=" not in out + err
    assert err.count("note:") == 1


def test_a_container_open_to_everybody_needs_no_sign_in(
    azure: AzureServer, logs: str, capsys: pytest.CaptureFixture[str]
) -> None:
    azure.container(logs).set_container_access_policy({}, public_access="container")
    code, out, _ = listed(f"az://{logs}", capsys, "--no-sign-request")
    assert (code, [share["objects"] for share in json.loads(out)]) == (0, [1])


def test_one_that_is_not_says_so(logs: str, capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = listed(f"az://{logs}", capsys, "--no-sign-request")
    assert code == 1
    assert "is not public" in err


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("nonsense", "AZURE_STORAGE_CONNECTION_STRING is not a connection string"),
        (f"AccountName={ACCOUNT};AccountKey=marker-no-key;", "the account key is not a key"),
    ],
)
def test_what_is_no_key_is_said_to_be_none(
    text: str,
    words: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("AZURE_STORAGE_CONNECTION_STRING", text)
    code, _, err = listed(f"az://logs@{ACCOUNT}", capsys)
    assert code == 1
    assert words in err
    assert "marker-no-key" not in err


def test_a_key_of_another_account_is_not_sent(
    azure: AzureServer, logs: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AZURE_STORAGE_KEY", KEY)
    from queries.sources.azure.client import AzureClient

    client = AzureClient(S3Options())
    monkeypatch.setattr(AzureClient, "_signed_in", lambda self: "signed in")
    assert client._secret(ACCOUNT) == KEY
    assert client._secret("another") == "signed in"


class _Tokens(BaseHTTPRequestHandler):
    """Gives a token for any assertion, as Google's does for a right one."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        wrong = getattr(self.server, "refuse", False)
        said = {"error": "invalid_grant"} if wrong else {"access_token": TOKEN, "expires_in": 3600}
        body = json.dumps(said).encode()
        self.send_response(400 if wrong else 200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def tokens(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ThreadingHTTPServer]:
    """Credentials of a service account whose tokens come from here."""
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import rsa

    server = ThreadingHTTPServer(("127.0.0.1", 0), _Tokens)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    text = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    ).decode()
    credentials = {
        "type": "service_account",
        "project_id": "example-shop",
        "private_key_id": "1",
        "private_key": text,
        "client_email": "reader@example-shop.iam.gserviceaccount.com",
        "token_uri": f"http://127.0.0.1:{server.server_port}/token",
    }
    file = tmp_path / "credentials.json"
    file.write_text(json.dumps(credentials))
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(file))
    yield server
    server.shutdown()
    server.server_close()


def test_google_takes_the_application_default_credentials(
    google: GcsServer,
    tokens: ThreadingHTTPServer,
    bucket: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    google.put(bucket, "one.json", BODY)
    with fault_proxy(google.url) as proxy:
        monkeypatch.setenv("CLOUDSDK_API_ENDPOINT_OVERRIDES_STORAGE", proxy.url)
        code, out, err = listed(f"gs://{bucket}", capsys)
        assert (code, [share["objects"] for share in json.loads(out)]) == (0, [1])
        sent = {request.headers.get("authorization") for request in proxy.requests}
        assert sent == {f"Bearer {TOKEN}"}
    assert TOKEN not in out + err


def test_google_says_that_credentials_are_no_longer_valid(
    tokens: ThreadingHTTPServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    tokens.refuse = True  # type: ignore[attr-defined]
    with pytest.raises(InvestigationError, match="expired or are not valid"):
        Remote(S3Options(attempts=1)).prepare(["gs://"])
