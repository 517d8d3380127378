"""A server behind TLS, as a token wants it, and one that speaks none."""

from __future__ import annotations

import json
import os
import socket
import ssl
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest

from queries.engines.spark_session import SparkSession
from queries.errors import InvestigationError
from tests.engines.several_machines.cluster import CONNECT, Server
from tests.engines.several_machines.conftest import Here, Shared
from tests.engines.several_machines.machines import PROJECT, Network
from tests.engines.trails import SPAN
from tui.cli import main


@pytest.fixture
def behind_tls(server: Server, network: Network, tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """The address of something on this machine that speaks TLS and passes on what it hears, and
    the certificate that it shows."""
    certificate = tmp_path / "tls.pem"
    certificate.write_bytes(_certificate(network.here))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    context.set_alpn_protocols(["h2"])
    with socket.create_server((network.here, 0)) as listening:
        passing = threading.Thread(
            target=_pass_on, args=(listening, context, server.machine.address), daemon=True
        )
        passing.start()
        yield f"sc://{network.here}:{listening.getsockname()[1]}/;token=example", certificate


def test_a_token_goes_over_tls(
    behind_tls: tuple[str, Path],
    converted: Shared,
    here: Here,
    capsys: pytest.CaptureFixture[str],
) -> None:
    address, certificate = behind_tls
    asked = ["--engine", "spark", "--spark", address, *SPAN, "--format", "json"]
    # gRPC reads once in a process whom it trusts.
    done = subprocess.run(
        [sys.executable, "-c", _COMMAND, "pushes", converted.there, *asked],
        check=False,
        capture_output=True,
        text=True,
        cwd=PROJECT,
        env={**os.environ, "GRPC_DEFAULT_SSL_ROOTS_FILE_PATH": str(certificate)},
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    capsys.readouterr()
    assert main(["pushes", str(here.folder), *SPAN, "--format", "json"]) == 0
    expected = json.loads(capsys.readouterr().out)
    found = json.loads(done.stdout)
    assert len(found) == len(expected) > 0
    assert [row["image_digest"] for row in found] == [row["image_digest"] for row in expected]


def test_a_server_without_tls_is_said_in_a_sentence(
    server: Server, capfd: pytest.CaptureFixture[str]
) -> None:
    capfd.readouterr()
    with pytest.raises(InvestigationError, match="the server does not answer any more") as raised:
        SparkSession(f"{server.address}/;token=example")
    assert "example" not in str(raised.value)
    assert capfd.readouterr().err == "", "gRPC speaks for itself"


_COMMAND = "import sys; from tui.cli import main; sys.exit(main(sys.argv[1:]))"


def _pass_on(listening: socket.socket, context: ssl.SSLContext, address: str) -> None:
    with suppress(OSError):
        while True:
            came, _ = listening.accept()
            with suppress(OSError):
                inner = context.wrap_socket(came, server_side=True)
                outer = socket.create_connection((address, CONNECT))
                for one, other in ((inner, outer), (outer, inner)):
                    threading.Thread(target=_copy, args=(one, other), daemon=True).start()


def _copy(one: socket.socket, other: socket.socket) -> None:
    with suppress(OSError):
        while data := one.recv(1 << 16):
            other.sendall(data)
    with suppress(OSError):
        other.shutdown(socket.SHUT_RDWR)


def _certificate(address: str) -> bytes:
    """A key and a certificate for an address that vouches for itself (moto brings the library)."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "spark.example.com")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ip_address(address))]), critical=False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    ) + made.public_bytes(serialization.Encoding.PEM)
