"""Fetched objects, kept as evidence: one file each, and a manifest that says where it came from.

A file's name is made from everything that identifies the object's content (endpoint, bucket, key,
ETag, size, time of change), so another version of a key is another file, and a file that is there
and in the manifest is never fetched again. Files appear whole or not at all. The manifest is SQLite
and not DuckDB, because several programs may use one store at the same time, and a process that is
killed leaves it in order.
"""

from __future__ import annotations

import hashlib
import itertools
import os
import secrets
import sqlite3
import threading
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from queries.sources.buckets.model import S3_SCHEME, Head, S3Object

_LEFT_OVER = 24 * 3600
"""Seconds after which an unfinished file is taken for the remains of a killed program."""
_UNFINISHED = ".fetching-"

_MANIFEST = """
CREATE TABLE IF NOT EXISTS objects (
  file TEXT PRIMARY KEY, endpoint TEXT NOT NULL, bucket TEXT NOT NULL, key TEXT NOT NULL,
  etag TEXT NOT NULL, version_id TEXT NOT NULL, size INTEGER NOT NULL, last_modified TEXT,
  storage_class TEXT NOT NULL, sha256 TEXT NOT NULL, fetched_at TEXT NOT NULL, used REAL NOT NULL
)
"""


@dataclass(frozen=True, slots=True)
class Trimmed:
    """What was dropped to keep the limit."""

    files: int
    bytes: int


class EvidenceStore:
    """The folder `evidence` in the cache, or a temporary one. Safe to use from many threads."""

    def __init__(self, folder: Path, endpoints: Mapping[str, str] | None = None) -> None:
        """`endpoints`: what stands in for a cloud's own service, by scheme.

        Raises `OSError` when the folder cannot be made or written.
        """
        self.folder = folder
        self._endpoints = endpoints or {}
        for made in (folder.parent, folder):
            made.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._lock = threading.Lock()
        self._made: set[Path] = set()
        self._mark = secrets.token_hex(8)
        self._numbers = itertools.count()
        try:
            self._manifest = sqlite3.connect(
                folder / "manifest.sqlite",
                timeout=30,
                check_same_thread=False,
                isolation_level=None,
            )
            self._manifest.execute("PRAGMA journal_mode = WAL")
            self._manifest.execute("PRAGMA synchronous = NORMAL")
            self._manifest.execute(_MANIFEST)
        except sqlite3.Error as error:
            raise OSError(
                f"{folder}: the manifest of the evidence cannot be used ({error})"
            ) from None
        self._remove_remains()

    def place(self, wanted: S3Object) -> Path:
        """Where an object's bytes are, or will be."""
        stamp = wanted.modified.timestamp() if wanted.modified else 0
        parts = (
            self._endpoints.get(wanted.scheme, ""),
            shown_bucket(wanted),
            wanted.key,
            wanted.etag,
            str(wanted.size),
            repr(stamp),
        )
        text = "\0".join(parts).encode("utf-8", "surrogateescape")
        name = hashlib.sha256(text).hexdigest()
        return Path(f"{self.folder}/{name[:2]}/{name}")  # in one go: a million times it counts

    def has(self, wanted: S3Object) -> bool:
        """Whether the whole object is here."""
        path = self.place(wanted)
        try:
            if path.stat().st_size != wanted.size:
                return False
        except OSError:
            return False
        with self._lock:
            found = self._manifest.execute(
                "SELECT 1 FROM objects WHERE file = ?", (self._relative(path),)
            )
            return found.fetchone() is not None

    def begin(self, wanted: S3Object) -> tuple[int, Path]:
        """An unfinished file to write into: its descriptor and path."""
        folder = self.place(wanted).parent
        if folder not in self._made:
            folder.mkdir(exist_ok=True, mode=0o700)
            self._made.add(folder)
        path = folder / f"{_UNFINISHED}{self._mark}-{next(self._numbers)}"
        return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o400), path

    def finish(self, wanted: S3Object, unfinished: Path, head: Head, sha256: str) -> Path:
        """Give a completely written file its name, and write down where it came from."""
        path = self.place(wanted)
        os.replace(unfinished, path)
        modified = wanted.modified.isoformat() if wanted.modified else None
        row = (
            self._relative(path),
            self._endpoints.get(wanted.scheme, ""),
            shown_bucket(wanted),
            wanted.key,
            wanted.etag,
            head.version_id,
            wanted.size,
            modified,
            wanted.storage_class,
            sha256,
            datetime.now(UTC).isoformat(timespec="seconds"),
            time.time(),
        )
        with self._lock:
            self._manifest.execute(
                "INSERT OR REPLACE INTO objects VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", row
            )
        return path

    def touch(self, objects: Iterable[S3Object]) -> None:
        """Note that objects were used now; the longest unused are dropped first."""
        now = time.time()
        rows = ((now, self._relative(self.place(entry))) for entry in objects)
        with self._lock:
            self._manifest.execute("BEGIN")
            self._manifest.executemany("UPDATE objects SET used = ? WHERE file = ?", rows)
            self._manifest.execute("COMMIT")

    def trim(self, limit: int, others: int = 0) -> Trimmed:
        """Drop the longest unused files until at most `limit` bytes are left, of which `others`
        are taken by what is not in the manifest."""
        files = freed = 0
        with self._lock:
            total: int = others + int(
                self._manifest.execute("SELECT coalesce(sum(size), 0) FROM objects").fetchone()[0]
            )
            if total <= limit:
                return Trimmed(0, 0)
            rows = self._manifest.execute(
                "SELECT file, size FROM objects ORDER BY used, file"
            ).fetchall()
            for file, size in rows:
                if total - freed <= limit:
                    break
                with suppress(OSError):
                    (self.folder / file).unlink(missing_ok=True)
                self._manifest.execute("DELETE FROM objects WHERE file = ?", (file,))
                files += 1
                freed += size
        return Trimmed(files, freed)

    def close(self) -> None:
        with self._lock:
            self._manifest.close()

    def _relative(self, path: Path) -> str:
        return f"{path.parent.name}/{path.name}"

    def _remove_remains(self) -> None:
        """Unfinished files of programs that were killed."""
        old = time.time() - _LEFT_OVER
        for path in self.folder.glob(f"*/{_UNFINISHED}*"):
            with suppress(OSError):
                if path.stat().st_mtime < old:
                    path.unlink()


def shown_bucket(entry: S3Object) -> str:
    """The bucket, with its scheme where it is not S3's."""
    return entry.bucket if entry.scheme == S3_SCHEME else f"{entry.scheme}{entry.bucket}"
