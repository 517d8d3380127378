"""A case: the index over some evidence, opened, cached and asked.

The index is kept in the user's cache folder under a name made from what was read (paths, sizes,
times), so opening the same evidence again is instant. The evidence itself is never changed.
"""

from __future__ import annotations

import atexit
import hashlib
import json
import os
import re
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb

from queries.errors import Cancelled, InvestigationError, WrongUsage
from queries.index.rows import as_text
from queries.index.schema import INDEX_VERSION
from queries.progress import CancelToken, Progress
from queries.sources.archives import expand
from queries.sources.local import Item, Listing, find_items
from queries.sources.s3.options import is_remote

if TYPE_CHECKING:
    from queries.sources.s3.choice import Choose
    from queries.sources.s3.source import Remote, RemoteSource

_BUILD_CONFIG = {
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "memory_limit": "600MB",
    "preserve_insertion_order": "false",
}
_SEALED_CONFIG = {
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "enable_external_access": "false",
    "memory_limit": "600MB",
    "lock_configuration": "true",
}


@dataclass(slots=True)
class Rows:
    """The answer to a question: column names, and rows in their order."""

    columns: list[str]
    rows: list[tuple[Any, ...]]

    def dicts(self) -> list[dict[str, Any]]:
        return [dict(zip(self.columns, row, strict=True)) for row in self.rows]


@dataclass
class Case:
    """An opened index. Safe to ask from several threads: each question gets its own cursor."""

    connection: duckdb.DuckDBPyConnection
    path: Path
    totals: dict[str, Any]
    from_cache: bool = False
    _temporary: list[Any] = field(default_factory=list)
    _source: RemoteSource | None = None

    def ask(
        self,
        sql: str,
        parameters: Mapping[str, Any] | None = None,
        cancel: CancelToken | None = None,
    ) -> Rows:
        """Run one statement with bound parameters; raises `Cancelled` when interrupted."""
        cursor = self.connection.cursor()
        try:
            if cancel is not None:
                cancel.watch(cursor)
                # Interrupting a cursor that does not run yet is forgotten by DuckDB.
                if cancel.cancelled:
                    raise Cancelled("stopped")
            cursor.execute(
                sql, {name: as_text(value) for name, value in (parameters or {}).items()}
            )
            columns = [column[0] for column in cursor.description or ()]
            return Rows(columns, cursor.fetchall())
        except duckdb.InterruptException:
            raise Cancelled("stopped") from None
        finally:
            if cancel is not None:
                cancel.release(cursor)
            cursor.close()

    def item(self, file_id: int) -> Item:
        """The file of evidence with this id, for reading raw records again."""
        rows = self.ask(
            "SELECT name, path, size, modified, member FROM files WHERE file_id = $id",
            {"id": file_id},
        ).rows
        if not rows:
            raise InvestigationError(f"file {file_id} is not part of this case")
        name, path, size, modified, member = rows[0]
        places = tuple(int(place) for place in member.split("/") if place)
        stamp = modified.replace(tzinfo=UTC) if modified else None
        item = Item(name, _path_of(path), size, stamp, member=places)
        return _fetched_again(item, self._source) if is_remote(name) else item

    def close(self) -> None:
        self.connection.close()
        for resource in self._temporary:
            resource.cleanup()

    def __enter__(self) -> Case:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()


def open_case(
    paths: Sequence[str],
    *,
    case_file: Path | None = None,
    use_cache: bool = True,
    progress: Progress | None = None,
    cancel: CancelToken | None = None,
    workers: int | None = None,
    fast: bool = True,
    remote: Remote | None = None,
    choose: Choose | None = None,
    listing_cancel: CancelToken | None = None,
) -> Case:
    """Index the evidence under `paths`, or open the index that exists already.

    `case_file` keeps the index where the user says; without `paths` it is only opened. With
    `use_cache=False` nothing outlives the program. `remote` says how to reach `s3://` paths and
    what is wanted of them; `choose` is asked what of a bucket's listing is to be loaded, and
    `listing_cancel` ends the listing alone. Raises `WrongUsage` for a missing path, `Cancelled`
    when the work was stopped before anything was read.
    """
    progress = progress or Progress()
    cancel = cancel or CancelToken()
    if case_file is not None and not paths:
        return _open_existing(case_file)
    spool = tempfile.TemporaryDirectory(prefix="ecr-investigate-")
    source = _remote_source(paths, remote, progress, cancel, listing_cancel)
    try:
        listing = find_items([p for p in paths if not is_remote(p)], spool=Path(spool.name))
        if source is not None:
            source.list_into(listing)
            if cancel.cancelled:
                raise Cancelled("stopped while the bucket was listed; nothing was read")
            if choose is not None:
                source.ask(choose, listing)
            source.add_items(listing, cache_folder() / "evidence" if use_cache else None)
        if any(item.spooled for item in listing.items):
            use_cache = False
        fingerprint = _fingerprint(listing)
        target = case_file or (cache_folder() / f"{fingerprint}.duckdb" if use_cache else None)
        if target is not None and target.exists() and _matches(target, fingerprint):
            spool.cleanup()
            return _with_source(_sealed(target, from_cache=True), source)
        # What could not be fetched the last time is tried again.
        if (
            case_file is not None
            and case_file.exists()
            and not _matches(case_file, _INCOMPLETE + fingerprint)
        ):
            raise WrongUsage(
                f"{case_file}: exists and holds other evidence; name another file, or open it"
                " without giving paths"
            )
        asked = case_file is not None
        if source is None:
            expand(listing)
        else:
            source.start(listing)
        case = _build(
            listing, fingerprint, target, asked, spool, progress, cancel, workers, fast, source
        )
        return _with_source(case, source)
    except BaseException:
        if source is not None:
            source.cleanup()
        spool.cleanup()
        raise


_INCOMPLETE = "incomplete "
"""Stands before the fingerprint of an index that lacks objects which could not be fetched: kept
where the user asked for it, and built anew when the same evidence is opened again."""


def _remote_source(
    paths: Sequence[str],
    remote: Remote | None,
    progress: Progress,
    cancel: CancelToken,
    listing_cancel: CancelToken | None,
) -> RemoteSource | None:
    """The remote part of some evidence, if it has one."""
    wanted = [path for path in paths if is_remote(path)]
    if not wanted:
        return None
    from queries.sources.s3.source import Remote, RemoteSource

    return RemoteSource(remote or Remote(), wanted, progress, cancel, listing_cancel)


def _with_source(case: Case, source: RemoteSource | None) -> Case:
    """The case keeps its source, so that objects dropped from the cache can be fetched again."""
    if source is not None:
        source.used()
        case._source = source
        case._temporary.append(source)
    return case


def _fetched_again(item: Item, source: RemoteSource | None) -> Item:
    from queries.sources.s3.source import copy_gone

    again = source.again(item.name, item.path) if source is not None else copy_gone(item.path)
    return replace(item, fetch=again)


def _path_of(text: str) -> Path:
    """The path that `as_text` wrote down."""
    path = Path(text)
    if "\\x" not in text or path.exists():
        return path
    stored = re.sub(
        rb"\\x([0-9a-f]{2})", lambda byte: bytes.fromhex(byte[1].decode()), text.encode()
    )
    return Path(os.fsdecode(stored))


def cache_folder() -> Path:
    """Where indexes are kept: XDG_CACHE_HOME, or the platform's own place for caches."""
    if configured := os.environ.get("XDG_CACHE_HOME"):
        base = Path(configured)
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Caches"
    elif sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    else:
        base = Path.home() / ".cache"
    return base / "ecr-investigate"


def _build(
    listing: Listing,
    fingerprint: str,
    target: Path | None,
    asked: bool,
    spool: tempfile.TemporaryDirectory[str],
    progress: Progress,
    cancel: CancelToken,
    workers: int | None,
    fast: bool,
    source: RemoteSource | None,
) -> Case:
    """Build beside the target and move into place when done, so a crash leaves no half index.

    A target that the user `asked` for must be written; a cache that cannot be is done without.
    """
    from queries.index.build import build_index  # a kept index is opened without all this

    folder = target.parent if target is not None else Path(spool.name)
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle, name = tempfile.mkstemp(prefix=".building-", suffix=".duckdb", dir=folder)
    except OSError as error:
        if asked:
            raise _not_kept(target, error) from None
        # A read-only or full home must not stop an investigation.
        target = None
        handle, name = tempfile.mkstemp(prefix=".building-", suffix=".duckdb", dir=spool.name)
    os.close(handle)
    building = Path(name)
    building.unlink()
    connection = duckdb.connect(
        str(building), config={**_BUILD_CONFIG, "temp_directory": f"{spool.name}/swap"}
    )
    try:
        totals = build_index(connection, listing, progress, cancel, workers=workers, fast=fast)
        if source is not None:
            totals["notes"][:0] = source.finish()
            connection.execute(
                "UPDATE meta SET value = $totals WHERE key = 'totals'",
                {"totals": json.dumps(totals)},
            )
            if not source.complete:
                fingerprint = _INCOMPLETE + fingerprint
        connection.execute(
            "INSERT INTO meta VALUES ('fingerprint', $fingerprint)", {"fingerprint": fingerprint}
        )
        connection.execute("CHECKPOINT")
    except BaseException:
        connection.close()
        building.unlink(missing_ok=True)
        raise
    connection.close()
    final = building
    if target is not None and not totals["stopped"]:
        try:
            final = building.replace(target)
        except OSError as error:
            if asked:
                building.unlink(missing_ok=True)
                raise _not_kept(target, error) from None
    elif target is not None:
        kept = Path(spool.name) / "stopped.duckdb"
        kept.write_bytes(building.read_bytes())
        building.unlink()
        final = kept
    case = _sealed(final, from_cache=False)
    case._temporary.append(spool)
    return case


def _not_kept(target: Path | None, error: OSError) -> InvestigationError:
    reason = (error.strerror or str(error)).lower()
    return InvestigationError(f"{target}: the case cannot be kept there ({reason})")


def _sealed(path: Path, *, from_cache: bool) -> Case:
    """Open an index read-only, without access to anything outside it."""
    try:
        connection = duckdb.connect(str(path), read_only=True, config=_sealed_config())
        row = connection.execute("SELECT value FROM meta WHERE key = 'totals'").fetchone()
    except duckdb.Error as error:
        raise InvestigationError(f"{path}: is not a readable case file ({error})") from None
    return Case(connection, path, json.loads(row[0]) if row else {}, from_cache)


def _sealed_config() -> dict[str, str | bool | int | float | list[str]]:
    """DuckDB wants every connection to one file to be configured alike, so the folder for what
    does not fit into memory is one for the whole process."""
    return {**_SEALED_CONFIG, "temp_directory": _swap().name}


@cache
def _swap() -> tempfile.TemporaryDirectory[str]:
    folder = tempfile.TemporaryDirectory(prefix="ecr-investigate-")
    atexit.register(folder.cleanup)
    return folder


def _open_existing(path: Path) -> Case:
    if not path.exists():
        raise WrongUsage(f"{path}: no such case file; give the evidence paths to make one")
    if not _matches(path, None):
        raise InvestigationError(
            f"{path}: was not made by this version; give the evidence paths to build it anew"
        )
    return _sealed(path, from_cache=True)


def _matches(path: Path, fingerprint: str | None) -> bool:
    """Whether an index file is whole, of this version, and (if given) of this evidence."""
    try:
        with duckdb.connect(str(path), read_only=True, config=_sealed_config()) as connection:
            meta = dict(connection.execute("SELECT key, value FROM meta").fetchall())
    except (duckdb.Error, OSError):
        return False
    if meta.get("index_version") != str(INDEX_VERSION) or "fingerprint" not in meta:
        return False
    return fingerprint is None or meta["fingerprint"] == fingerprint


def _fingerprint(listing: Listing) -> str:
    """What was read, in one name: paths, sizes and times of change of every file."""
    digest = hashlib.sha256(f"index {INDEX_VERSION}\n".encode())
    for item in listing.items:
        stamp = item.modified.timestamp() if item.modified else 0
        name = item.name.encode("utf-8", "surrogateescape")
        digest.update(b"%b\0%b\0%d\0%r\n" % (name, bytes(item.path.absolute()), item.size, stamp))
    for name_, reason in (*listing.passed_over, *listing.unreadable):
        digest.update(f"{name_}\0{reason}\n".encode("utf-8", "surrogateescape"))
    return digest.hexdigest()[:32]
