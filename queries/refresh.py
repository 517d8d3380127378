"""Look again where a case came from: what is new there is read, and nothing else.

The index that is open stays as it is while a copy of it grows; whoever shows the case goes over to
the new one when it is done. What it costs: listing (for `recent` only the days of the last hours),
a copy of the index file, the reading of the new objects, and making anew what follows from them
(`queries.index.derivation`).
"""

from __future__ import annotations

import tempfile
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from queries.case import Case
from queries.errors import Cancelled, InvestigationError, WrongUsage
from queries.evidence_index import Work
from queries.growth import missing, said_before
from queries.partly import LEAST, next_limit
from queries.progress import CancelToken, Progress
from queries.sources.archives import expand
from queries.sources.buckets.options import is_remote
from queries.sources.local import Listing, find_items

if TYPE_CHECKING:
    from queries.sources.buckets.source import RemoteSource

_RECENT = timedelta(days=1)
"""How far back `recent` lists, besides the margin for late delivery: CloudTrail delivers within
minutes, and files under the day of the delivery."""


def why_not(case: Case) -> str:
    """Why a case cannot be looked at again; empty when it can."""
    evidence = case.evidence
    if case.fixed:
        return case.fixed
    if evidence is None:
        return "only the index is open: give the evidence's paths as well"
    if case.totals.get("stopped"):
        return "reading was stopped: open the evidence again to read the rest"
    if case.has_spooled:
        return "standard input can be read only once"
    return ""


def files_missing(case: Case) -> list[str]:
    """Files on this machine that were read and are not there any more."""
    paths = case.ask("SELECT DISTINCT path FROM files WHERE path IS NOT NULL ORDER BY path").rows
    return [path for (path,) in paths if not is_remote(path) and not Path(path).exists()]


def look_again(
    case: Case,
    *,
    progress: Progress | None = None,
    cancel: CancelToken | None = None,
    recent: bool = False,
    first: int | None = None,
) -> Case | None:
    """A case with what came since, or None when nothing did. The old one can still be
    asked, until it is closed; what they share (objects, temporary files) is the new one's.

    `recent`: list only recent days of a bucket whose layout is known, and do not try again what
    failed before. `first`: go on with evidence of which a part was read, by so many bytes at least
    (of a bucket, which is not listed again, by fewer if need be). A file that changed is read
    again. Raises `InvestigationError` when it cannot be looked at, or when a file that changed can
    no longer be read.
    """
    progress, cancel = progress or Progress(), cancel or CancelToken()
    evidence = case.evidence
    if (why := why_not(case)) or evidence is None:
        raise WrongUsage(why)
    spool = tempfile.TemporaryDirectory(prefix="ecr-investigate-")
    source = case._source
    newer: RemoteSource | None = None
    try:
        listing = find_items(
            [path for path in evidence.paths if not is_remote(path) and Path(path).exists()]
        )
        if source is not None and first is not None:
            source.list_as_before(listing)
        elif source is not None:
            since = datetime.now(UTC).replace(tzinfo=None) - _RECENT if recent else None
            newer = source.newer(progress, cancel, since=since)
            newer.list_into(listing)
            newer.narrow(newer.choice, listing)
            newer.add_items(listing, None)
        listing.walk_done()
        _stop_if(cancel)
        retries = not recent if first is None else case.untried
        if first is not None and case.left is not None and all(map(is_remote, evidence.paths)):
            lacking = case.left  # the same listing, of which a part was read since
        else:
            lacking = missing(case.connection.cursor(), listing.items, retry=retries)
        if not lacking.places and first is None:
            _complain(case, [said for said in listing.unreadable if not _is_empty(said)])
            return None
        if recent:
            _keep_what_was_said(case, listing)
            lacking = replace(lacking, gone=0)  # what is older was not looked for
        work = Work(evidence, newer or source, Path(spool.name), progress, cancel, again=True)
        work.retries, work.files = retries, lacking.files
        if first is not None:
            least = first if source is None else min(first, LEAST)
            limit = next_limit(case.connection.cursor(), least)
            lacking = work.only_first(listing, lacking, limit) or lacking
        looked = work.pick(listing, lacking)
        if work.source is None:
            expand(listing)
        else:
            work.source.start(listing)
        opened = work.grow(case.path, listing, looked, lacking)
        grown = Case(*opened, left=work.left)
        if cancel.cancelled:
            grown.close()
            raise Cancelled("stopped")
        return case.followed_by(grown, newer, spool)
    except BaseException:
        spool.cleanup()
        raise
    finally:
        if newer is not None:
            newer.cleanup()


def _complain(case: Case, failed: list[tuple[str, str]]) -> None:
    """What could be listed when the case was opened, and not now. Raises `InvestigationError`."""
    known = said_before(case.connection.cursor()).unreadable
    new = [f"{name}: {why}" for name, why in failed if (name, why) not in known]
    if new:
        more = f" (and {len(new) - 1} more like it)" if len(new) > 1 else ""
        raise InvestigationError(f"{new[0]}{more}")


def _stop_if(cancel: CancelToken) -> None:
    if cancel.cancelled:
        raise Cancelled("stopped")


def _keep_what_was_said(case: Case, listing: Listing) -> None:
    """Only a part was listed: what the ledger said about the whole stays, and what is said now
    about more than that part is added."""
    before = said_before(case.connection.cursor())
    failed = [said for said in listing.unreadable if said not in before.unreadable]
    listing.passed_over = before.passed_over
    listing.unreadable = before.unreadable + [said for said in failed if not _is_empty(said)]
    listing.walk_done()


def _is_empty(said: tuple[str, str]) -> bool:
    """Nothing in the last days is no fault."""
    return said[1].startswith(("nothing here matches", "there is no object"))
