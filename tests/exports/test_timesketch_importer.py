"""Timesketch's own importer reads both exports and sends every row of them, as it read it.

Skipped where it is not installed (make timesketch); what it needs of a row is checked without it in
test_exports.py.
"""

from __future__ import annotations

import csv
import io
import json
import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from email import message_from_bytes
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from samples import incident_path
from tests.headless.test_commands import output

importer = pytest.importorskip(
    "timesketch_import_client.importer", reason="its importer is not installed (make timesketch)"
)
requests = pytest.importorskip("requests")


class Received(list[dict[str, Any]]):
    """Rows that were sent to the place where Timesketch would be."""


@contextmanager
def timesketch() -> Iterator[tuple[Any, Received]]:
    """What the importer wants of a sketch, and what it sends there (`POST …/upload/`)."""
    received = Received()

    class Answers(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            kind = self.headers["Content-Type"]
            form = message_from_bytes(f"Content-Type: {kind}\r\n\r\n".encode() + body)
            for part in form.walk():
                if part.get_param("name", header="content-disposition") == "events":
                    payload = part.get_payload(decode=True)
                    assert isinstance(payload, bytes)
                    received.extend(json.loads(line) for line in payload.splitlines())
            answer = {"objects": [{"id": 1, "searchindex": {"index_name": "x"}}], "meta": {}}
            self.send_response(200)
            self.end_headers()
            self.wfile.write(json.dumps(answer).encode())

        def log_message(self, format: str, *args: object) -> None:
            """Says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        with requests.Session() as session:
            session.trust_env = False
            api = SimpleNamespace(
                api_root=f"http://127.0.0.1:{server.server_port}/api/v1", session=session
            )
            yield SimpleNamespace(api=api, id=1), received
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def rows_of(text: str, form: str) -> list[dict[str, Any]]:
    if form == "csv":
        return list(csv.DictReader(io.StringIO(text, newline="")))
    return [json.loads(line) for line in text.splitlines()]


@pytest.mark.parametrize("form", ["csv", "jsonl"])
def test_its_importer_sends_every_row(
    tmp_path: Path, form: str, caplog: pytest.LogCaptureFixture
) -> None:
    text = output("export", incident_path(), "--as", f"timesketch-{form}", "--what", "events")
    file = tmp_path / f"events.{form}"
    file.write_text(text, encoding="utf-8", newline="")
    with caplog.at_level(logging.WARNING), timesketch() as (sketch, received):
        streamer = importer.ImportStreamer()
        streamer.set_sketch(sketch)
        streamer.add_file(str(file))
        streamer.flush()
    assert not [record for record in caplog.records if "timesketch" in record.name]
    rows = rows_of(text, form)
    assert len(received) == len(rows) > 3000
    for row, sent in zip(rows, received, strict=True):
        assert sent["message"] == row["message"]
        assert sent["timestamp_desc"] == row["timestamp_desc"]
        assert datetime.fromisoformat(sent["datetime"]) == datetime.fromisoformat(row["datetime"])
