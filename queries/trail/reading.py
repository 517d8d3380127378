"""Reading a trail with Spark: its files, their records as rows, and whole files as they are."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from queries.engines.extent import Extent
from queries.engines.spark_session import SparkSession, as_spark_path
from queries.errors import InvestigationError, WrongUsage
from queries.progress import CancelToken
from queries.trail.places import pattern
from queries.trail.translation import rows

_NEVER_FOUND = "PATH_NOT_FOUND"
_AT_ONCE_BYTES, _AT_ONCE_FILES = 16 << 20, 2_000
"""What is brought here in one piece: a hundred thousand rows or so, which come as Arrow."""
_LOCAL = "file:"


@dataclass(frozen=True, slots=True)
class File:
    """One file of a trail."""

    path: str
    """As Spark says it, to be found again in its rows."""
    name: str
    """As a case calls it."""
    size: int
    modified: datetime
    """UTC, without a zone."""

    @property
    def here(self) -> Path | None:
        """Where it is on this machine, if the server's file system is that of this machine."""
        if not self.path.startswith(_LOCAL):
            return None
        path = Path(_plain(self.path))
        try:
            return path if path.stat().st_size == self.size else None
        except OSError:
            return None


class SparkTrail:
    """The files of one extent of a trail, as the server sees them."""

    def __init__(
        self,
        session: SparkSession,
        root: str,
        extent: Extent,
        cancel: CancelToken | None = None,
        *,
        digests: bool = False,
    ) -> None:
        """Lists them, with the digest files if they are wanted. Raises `WrongUsage` where there is
        no such trail, or nothing in it of this extent, and `Cancelled`."""
        self.session = session
        self.extent = extent
        self.root = root.rstrip("/")
        self.pattern = pattern(as_spark_path(self.root), extent, digests=digests)
        self._settle()
        self.files = self._listed(cancel)

    def _settle(self) -> None:
        # A file that cannot be unpacked must not end the reading of all others. It gives no row,
        # and so is missed by whoever counts.
        self.session.spark.conf.set("spark.sql.files.ignoreCorruptFiles", "true")

    def _listed(self, cancel: CancelToken | None) -> list[File]:
        try:
            with self.session.running(cancel):
                found = self._binary(self.pattern).selectExpr(
                    "_metadata.file_path AS path", "length", "modificationTime"
                )
                listed = found.toArrow().to_pylist()
        except InvestigationError as error:
            if _NEVER_FOUND not in str(error):
                raise
            listed = []
        if not listed:
            raise WrongUsage(
                f"{self.root}: the server finds no files of a trail for {self.extent.words}"
                " (AWSLogs/account/CloudTrail/region/year/month/day)"
            )
        files = [
            File(row["path"], self._name(row["path"]), row["length"], _utc(row["modificationTime"]))
            for row in listed
        ]
        # As a walk over folders finds them: their names are sorted, not whole paths.
        return sorted(files, key=lambda file: file.name.split("/"))

    def _name(self, path: str) -> str:
        """What a case over the same files calls one of them."""
        plain = _plain(path)
        if not path.startswith(_LOCAL):
            return re.sub(r"^s3[an]://", "s3://", plain)
        if "://" in self.root:
            return plain
        return str(Path(self.root) / Path(plain).relative_to(Path(self.root).absolute()))

    def inside(self) -> str:
        """Whether an event is in the extent, as a condition on columns of `events`; empty for all.
        A file may hold a little of the day before or after."""
        return " AND ".join(
            condition.replace("account IN", "recipient_account_id IN")
            .replace("region IN", "aws_region IN")
            .replace('"date"', "CAST(event_time AS DATE)")
            for condition in self.extent.conditions()
        )

    def frame(self, paths: Sequence[str] | None = None, *, hashed: bool = False) -> Any:
        """The records of the files at some paths, or of all, with the columns of
        `translation.rows`."""
        reader = self.session.spark.read.format("text").option("wholetext", "true")
        texts = reader.load(self.pattern if paths is None else list(paths))
        found = texts.selectExpr("_metadata.file_path AS path", "value")
        found.createOrReplaceTempView(_TEXTS)
        return self.session.spark.sql(rows(_TEXTS, hashed=hashed))

    def places(self, files: Sequence[File]) -> list[str]:
        """Paths for Spark's readers that lead to some files, as few as can be: a folder of which
        all files are wanted is one. Others that come into it meanwhile are read with it."""
        wanted = Counter(_folder(file) for file in files)
        every = Counter(_folder(file) for file in self.files)
        single = [
            _exact(file.path) for file in files if wanted[_folder(file)] < every[_folder(file)]
        ]
        return [*(f"{_exact(name)}/*" for name in wanted if wanted[name] == every[name]), *single]

    def hashes(self, paths: Sequence[str], cancel: CancelToken | None = None) -> dict[str, str]:
        """The SHA-256 of files as they lie there, by path."""
        with self.session.running(cancel):
            found = self._binary(list(paths)).selectExpr(
                "_metadata.file_path AS path", "sha2(content, 256) AS sha256"
            )
            return {row["path"]: row["sha256"] for row in found.toArrow().to_pylist()}

    def parts(
        self, files: Sequence[File], cancel: CancelToken | None = None
    ) -> Iterator[tuple[list[File], Any, dict[str, str]]]:
        """Some files at a time: them, their rows, and the SHA-256 of each by its path."""
        for part in _parted(files):
            paths = [_exact(file.path) for file in part]
            with self.session.running(cancel):
                table = self.frame(paths).toArrow()
            yield part, table, self.hashes(paths, cancel)

    def contents(self, files: Sequence[File]) -> dict[str, bytes]:
        """The bytes of files, by path, of those that can be read. Raises `InvestigationError`."""
        paths = [_exact(file.path) for file in files]
        with self.session.running(None):
            found = self._binary(paths).selectExpr("_metadata.file_path AS path", "content")
            return {row["path"]: bytes(row["content"]) for row in found.toArrow().to_pylist()}

    def _binary(self, paths: str | list[str]) -> Any:
        return self.session.spark.read.format("binaryFile").load(paths)


_TEXTS = "texts_of_trail"


def _plain(path: str) -> str:
    """A path of Spark's without escapes and, on this machine, without its scheme."""
    return re.sub(r"^file:/+", "/", unquote(path))


def _exact(path: str) -> str:
    """A path of Spark's as its readers take it."""
    return as_spark_path(unquote(re.sub(r"^file:/+", "file:///", path)))


def _folder(file: File) -> str:
    return file.path.rpartition("/")[0]


def _utc(time: datetime) -> datetime:
    return time.replace(tzinfo=None)


def _parted(files: Sequence[File]) -> Iterator[list[File]]:
    part: list[File] = []
    size = 0
    for file in files:
        if part and (size + file.size > _AT_ONCE_BYTES or len(part) >= _AT_ONCE_FILES):
            yield part
            part, size = [], 0
        part.append(file)
        size += file.size
    if part:
        yield part
