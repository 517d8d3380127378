"""A case: the index over some evidence, opened, cached and asked.

The index is kept in the user's cache folder under a name made from what was read (paths, sizes,
times), so opening the same evidence again is instant, and evidence that has only grown costs what
is new. The evidence itself is never changed.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import duckdb

from queries import partly
from queries.errors import Cancelled, InvestigationError, WrongUsage
from queries.evidence_asked import Evidence
from queries.evidence_index import Work, missing_from, say_part
from queries.folders import cache_folder
from queries.growth import Missing, fingerprint, identity
from queries.index.identifiers import by_uuid
from queries.index.rows import as_text
from queries.index_file import item_in, items_in, meta_of, open_sealed
from queries.marks.events import locate_marks
from queries.marks.keeper import Marks
from queries.marks.opening import marks_of_case_file, marks_of_evidence
from queries.numbering import counted
from queries.partly import is_behind
from queries.progress import CancelToken, Progress
from queries.sources.archives import expand
from queries.sources.buckets.options import is_remote
from queries.sources.local import Item, Listing, find_items

if TYPE_CHECKING:
    from queries.sources.buckets.choice import Choose
    from queries.sources.buckets.remote import Remote
    from queries.sources.buckets.source import RemoteSource

__all__ = ["Case", "Rows", "cache_folder", "open_case"]


@dataclass(slots=True)
class Rows:
    """The answer to a question: column names, and rows in their order."""

    columns: list[str]
    rows: list[tuple[Any, ...]]

    def dicts(self) -> list[dict[str, Any]]:
        return [dict(zip(self.columns, row, strict=True)) for row in self.rows]


def ask_cursor(
    cursor: duckdb.DuckDBPyConnection,
    sql: str,
    parameters: Mapping[str, Any] | None = None,
    cancel: CancelToken | None = None,
) -> Rows:
    """Run one statement with bound parameters; raises `Cancelled` when interrupted."""
    try:
        if cancel is not None:
            cancel.watch(cursor)
            # Interrupting a cursor that does not run yet is forgotten by DuckDB.
            if cancel.cancelled:
                raise Cancelled("stopped")
        cursor.execute(sql, {name: as_text(value) for name, value in (parameters or {}).items()})
        columns = [column[0] for column in cursor.description or ()]
        return Rows(columns, cursor.fetchall())
    except duckdb.InterruptException:
        raise Cancelled("stopped") from None
    finally:
        if cancel is not None:
            cancel.release(cursor)


@dataclass
class Case:
    """An opened index. Safe to ask from several threads: each question gets its own cursor."""

    connection: duckdb.DuckDBPyConnection
    path: Path
    totals: dict[str, Any]
    from_cache: bool = False
    _temporary: list[Any] = field(default_factory=list)
    _source: RemoteSource | None = None
    evidence: Evidence | None = None
    """What it was opened over, to look there again; None when only the index was opened."""
    marks: Marks = field(default_factory=Marks)
    """What is marked as evidence."""
    untried: bool = False
    """Whether something failed when it was made, and was not tried again yet since."""
    left: Missing | None = None
    """What of a listing was not read yet, if that is known."""

    def with_marks(self, marks: Marks) -> Case:
        """Give it its marks, and find their events in it."""
        self.marks = marks
        if len(marks):
            marks.find(lambda known: locate_marks(self, known))
        return self

    @property
    def doing(self) -> str:
        """How far a question has come that an engine elsewhere answers; nothing for one asked
        here."""
        return ""

    @property
    def reads(self) -> str:
        """What an engine answers and how much of it may be read; nothing for an index."""
        return ""

    @property
    def fixed(self) -> str:
        """Why it is never looked at again, whatever it was opened over; empty when it is."""
        return ""

    def ask(
        self,
        sql: str,
        parameters: Mapping[str, Any] | None = None,
        cancel: CancelToken | None = None,
    ) -> Rows:
        """Run one statement with bound parameters; raises `Cancelled` when interrupted."""
        cursor = self.connection.cursor()
        try:
            return ask_cursor(cursor, by_uuid(sql, parameters or {}), parameters, cancel)
        finally:
            cursor.close()

    def item(self, file_id: int) -> Item:
        """The file of evidence with this id, for reading raw records again."""
        cursor = self.connection.cursor()
        try:
            item = item_in(cursor, file_id)
        finally:
            cursor.close()
        return _fetched_again(item, self._source) if is_remote(item.name) else item

    def items(self, file_ids: Sequence[int]) -> list[Item]:
        """The same for many files, in the order of their ids."""
        cursor = self.connection.cursor()
        try:
            found = items_in(cursor, file_ids)
        finally:
            cursor.close()
        return [
            _fetched_again(item, self._source) if is_remote(item.name) else item for item in found
        ]

    @property
    def has_spooled(self) -> bool:
        """Whether some evidence exists only as a copy of a stream that has ended."""
        return self.evidence is not None and self.evidence.spooled

    @property
    def fetching(self) -> Progress | None:
        """How far the transfer of a bucket's objects is; None when there is none."""
        return self._source.progress if self._source is not None else None

    def rest(self) -> None:
        """Fetch nothing more, until it is looked at again."""
        if self._source is not None:
            self._source.rest()

    def followed_by(self, grown: Case, newer: RemoteSource | None, spool: Any) -> Case:
        """Give a case that has grown from this one all that this one holds. This one can still be
        asked until it is closed."""
        if self._source is not None and newer is not None:
            self._source.absorb(newer)
        grown._source, grown.evidence = self._source, self.evidence
        grown._temporary = [*self._temporary, spool]
        self._temporary = []
        marks, self.marks = self.marks, Marks()
        return grown.with_marks(marks)

    def close(self) -> None:
        self.connection.close()
        self.marks.close()
        for resource in self._temporary:
            resource.cleanup()

    def __enter__(self) -> Self:
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
    first: int | None = None,
) -> Case:
    """Index the evidence under `paths`, or open the index that exists already.

    `case_file` keeps the index where the user says; without `paths` it is only opened. With
    `use_cache=False` nothing outlives the program. `remote` says how to reach `s3://` paths and
    what is wanted of them; `choose` is asked what of a bucket's listing is to be loaded, and
    `listing_cancel` ends the listing alone. `first`: read only about so many compressed bytes now,
    of objects what comes within seconds, and leave the rest to `look_again`; the totals then say
    how far it is (`part`). What an earlier index has is then shown as it is, if it lacks much more.
    Raises `WrongUsage` for a missing path, `Cancelled` when the work was stopped before anything
    was read.
    """
    progress = progress or Progress()
    cancel = cancel or CancelToken()
    if case_file is not None and not paths:
        return _open_existing(case_file)
    evidence = Evidence(list(paths), case_file, use_cache, remote, workers, fast)
    spool = tempfile.TemporaryDirectory(prefix="ecr-investigate-")
    source = _remote_source(paths, remote, progress, cancel, listing_cancel)
    work = Work(evidence, source, Path(spool.name), progress, cancel)
    try:
        listing = find_items([p for p in paths if not is_remote(p)], spool=Path(spool.name))
        if source is not None:
            source.list_into(listing)
            if cancel.cancelled:
                raise Cancelled("stopped while the bucket was listed; nothing was read")
            if (kept := evidence.kept_choice()) is not None:
                source.narrow(kept, listing)
            elif choose is not None:
                source.ask(choose, listing)
            source.add_items(listing, cache_folder() / "evidence" if use_cache else None)
        listing.walk_done()
        if any(item.spooled for item in listing.items):
            evidence.spooled, evidence.use_cache = True, False
        work.files = counted(map(identity, listing.items))
        name = work.name = fingerprint(work.files, listing)
        target = evidence.target(name)
        if target is not None and (meta_of(target) or {}).get("fingerprint") == name:
            spool.cleanup()
            connection, totals = open_sealed(target)
            case = Case(connection, target, totals, from_cache=True)
            return _completed(case, evidence, source, [])
        before = evidence.earlier()
        lacking = missing_from(before, listing, evidence) if before is not None else None
        looked = listing.items
        if first is not None and not evidence.spooled:
            if before is not None and lacking is not None and is_behind(listing, lacking, first):
                case = _as_it_was(before, listing, lacking)
                return _completed(case, evidence, source, [spool])
            lacking = work.only_first(listing, lacking, first, partly.SOON)
        if lacking is not None:
            looked = work.pick(listing, lacking)
        if source is None:
            expand(listing)
        else:
            source.start(listing)
        if before is not None and lacking is not None:
            opened = work.grow(before, listing, looked, lacking)
        else:
            opened = work.build(listing, looked)
        return _completed(Case(*opened, left=work.left), evidence, source, [spool])
    except BaseException:
        if source is not None:
            source.cleanup()
        spool.cleanup()
        raise


def _as_it_was(before: Path, listing: Listing, lacking: Missing) -> Case:
    """An earlier index; what it lacks is to be read by `look_again`."""
    connection, totals = open_sealed(before)
    say_part(totals, len(listing.items) - len(lacking.places), len(listing.items))
    return Case(connection, before, totals, from_cache=True, untried=True)


def _completed(
    case: Case, evidence: Evidence, source: RemoteSource | None, resources: list[Any]
) -> Case:
    """The case knows its evidence, to look again, and its source, to fetch again what was dropped
    from the cache."""
    case.evidence = evidence
    case._temporary += resources
    if source is not None:
        if "part" not in case.totals:
            source.used()
        case._source = source
        case._temporary.append(source)
    if evidence.case_file is not None and case.path == evidence.case_file:
        return case.with_marks(marks_of_case_file(case.connection, case.path, evidence))
    return case.with_marks(marks_of_evidence(evidence))


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
    from queries.sources.buckets.remote import Remote
    from queries.sources.buckets.source import RemoteSource

    return RemoteSource(remote or Remote(), wanted, progress, cancel, listing_cancel)


def _fetched_again(item: Item, source: RemoteSource | None) -> Item:
    from queries.sources.buckets.source import copy_gone

    again = source.again(item.name, item.path) if source is not None else copy_gone(item.path)
    return replace(item, fetch=again)


def _open_existing(path: Path) -> Case:
    if not path.exists():
        raise WrongUsage(f"{path}: no such case file; give the evidence paths to make one")
    if meta_of(path) is None:
        raise InvestigationError(
            f"{path}: was not made by this version; give the evidence paths to build it anew"
        )
    connection, totals = open_sealed(path)
    case = Case(connection, path, totals, from_cache=True)
    return case.with_marks(marks_of_case_file(connection, path))
