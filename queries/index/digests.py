"""Check log files against the digest files that are in the evidence.

A digest names the log files of one hour with the SHA-256 of their uncompressed content, and the
digest before it with its hash, so altered, missing and unlisted log files show, and so do missing
digests (two deleted in a row pass AWS's own check unseen, aws/aws-cli#7054). Signatures are not
checked: that takes AWS's public keys, and the network.
https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-log-file-validation-digest-file-structure.html
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import duckdb

from queries.envelopes.digest import DIGEST
from queries.index.members import as_objects
from queries.index.rows import insert_rows
from queries.progress import CancelToken
from queries.sources.local import Item, base_name
from queries.unpack import Unpacked, plain_chunks

_SHOWN = 5


@dataclass(slots=True)
class DigestCheck:
    """What the digests say about the log files; names are the files' own (last part of the key)."""

    digests: int = 0
    verified: int = 0
    altered: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    unlisted: list[str] = field(default_factory=list)
    not_compared: list[str] = field(default_factory=list)
    """Listed and here, but damaged or not to be read now, or with no hash recorded."""
    breaks: list[str] = field(default_factory=list)
    """Sentences about digests that are missing or altered themselves."""

    def notes(self) -> list[str]:
        """What to know, as sentences; nothing when all is well or there are no digests."""
        said = []
        if self.altered:
            said.append(f"ALTERED: {_named(self.altered)} differ from what their digest recorded")
        if self.missing:
            said.append(f"{_named(self.missing)} listed by digests but not in the evidence")
        if self.unlisted:
            said.append(f"{_named(self.unlisted)} in the hours of the digests but listed by none")
        if self.not_compared:
            said.append(
                f"{_named(self.not_compared)} could not be compared with what their digest recorded"
                " (damaged, not readable now, or no hash recorded)"
            )
        return said + self.breaks[:_SHOWN]


ItemOf = Callable[[int], Item]
"""The file of evidence with an id."""

_AT_ONCE = 1000
"""Files that are read between two statements."""
_ALTERED = "ALTERED: the content differs from what the digest recorded"


def _base_name(name: str) -> str:
    """As `base_name`, in SQL."""
    return f"regexp_replace(regexp_replace({name}, '^.*/', '', 's'), '^.* › ', '', 's')"


_KNOWN = f"""
CREATE TEMP TABLE known_digests AS
SELECT * FROM digests WHERE name IS NOT NULL
QUALIFY row_number() OVER (PARTITION BY name ORDER BY file_id DESC) = 1;
CREATE TEMP TABLE stored AS
SELECT file_id, {_base_name("name")} AS name, upper(sha256) AS sha256, records FROM files
WHERE lane <> '' OR file_id IN (SELECT file_id FROM digests)
"""  # noqa: S608 - constants
"""Each digest once, and all files by their own names."""
_RECORDED = """
SELECT e.log_file AS name, upper(e.hash) AS hash FROM digest_entries AS e
  JOIN known_digests AS d ON d.file_id = e.file_id
UNION ALL
SELECT previous, upper(previous_hash) FROM known_digests WHERE previous_hash <> ''
"""
"""What digests recorded of log files, and of the digests before them."""
_USABLE = "length(r.hash) = 64"
"""A SHA-256 was recorded: with anything else nothing can be compared."""
_UNHASHED = f"""
SELECT DISTINCT s.file_id FROM ({_RECORDED}) AS r JOIN stored AS s ON s.name = r.name
WHERE {_USABLE} AND r.hash <> s.sha256 AND s.file_id NOT IN (SELECT file_id FROM contents)
ORDER BY s.file_id
"""  # noqa: S608 - constants
_JUDGED = f"""
CREATE TEMP TABLE judged AS
SELECT r.name, s.file_id, coalesce(r.hash = s.sha256 OR r.hash = hex(c.sha256), FALSE) AS same,
  NOT same AND c.sha256 IS NOT NULL AND {_USABLE} AS altered
FROM ({_RECORDED}) AS r
LEFT JOIN stored AS s ON s.name = r.name LEFT JOIN contents AS c ON c.file_id = s.file_id
"""  # noqa: S608 - constants
"""Some tools unpack log files, so the hash may also be that of the file as it lies there. What is
neither the same nor altered could not be compared."""
_OF_LOGS = "name IN (SELECT log_file FROM digest_entries)"
_UNLISTED = f"""
WITH logs AS (
  SELECT name, parts[1] AS account, parts[3] AS region, replace(parts[4], 'Z', '00') AS moment
  FROM (SELECT name, string_split(name, '_') AS parts FROM stored WHERE records > 0)
  WHERE len(parts) >= 5 AND parts[2] = 'CloudTrail' AND NOT {_OF_LOGS}
), hours AS (
  SELECT account, region, starts, max(ends) OVER (
    PARTITION BY account, region ORDER BY starts, ends) AS ends
  FROM known_digests WHERE starts <> '' AND ends <> ''
), last AS (SELECT account, region, max(starts) AS starts FROM hours GROUP BY account, region)
SELECT DISTINCT g.name FROM logs AS g
ASOF JOIN hours AS h ON h.account = g.account AND h.region = g.region AND g.moment >= h.starts
JOIN last AS l ON l.account = g.account AND l.region = g.region
WHERE g.moment < h.ends AND l.starts >= g.moment
ORDER BY g.name
"""  # noqa: S608 - constants
"""Log files whose names' times lie within the digests' hours of that account and region. Delivery
takes some minutes: the last hour's files may be in a later digest."""
_BROKEN = """
WITH streams AS (
  SELECT *, min(name) OVER (PARTITION BY regexp_replace(name, '_[^_]*$', '')) AS first
  FROM known_digests
)
SELECT CASE WHEN k.name IS NULL THEN 'a digest is missing: ' || d.previous
    || ' (named by the next one)'
  ELSE 'ALTERED: the digest ' || d.previous || ' is not what the next one recorded' END
FROM streams AS d LEFT JOIN known_digests AS k ON k.name = d.previous
WHERE k.name IS NULL AND d.previous IS NOT NULL AND d.first < d.name
  OR k.name IS NOT NULL AND d.previous_hash <> ''
    AND EXISTS (SELECT 1 FROM judged AS j WHERE j.name = d.previous AND j.altered)
ORDER BY d.name
"""
"""Each digest names the one before it; only the first of a trail and region may have none."""


def check_digests(
    connection: duckdb.DuckDBPyConnection, item_of: ItemOf, cancel: CancelToken
) -> DigestCheck:
    """Compare the log files with the digests that name them; altered files get a note in the ledger
    (the table `files`, filled before this). Only files are read whose content was not hashed when
    they were read before (`contents`)."""
    check = DigestCheck()
    _read_digests(connection, item_of)
    connection.execute(_KNOWN)
    [(check.digests,)] = connection.execute("SELECT count(*) FROM known_digests").fetchall()
    if check.digests and _hash_contents(connection, item_of, cancel):
        connection.execute(_JUDGED)
        _judge(connection, check)
        connection.execute("DROP TABLE judged")
    connection.execute("DROP TABLE known_digests; DROP TABLE stored")
    return check


def _judge(connection: duckdb.DuckDBPyConnection, check: DigestCheck) -> None:
    def names(sql: str) -> list[str]:
        return [row[0] for row in connection.execute(sql).fetchall()]

    [(check.verified,)] = connection.execute(
        f"SELECT count(*) FROM judged WHERE {_OF_LOGS} AND same"  # noqa: S608
    ).fetchall()
    for_logs = f"SELECT DISTINCT name FROM judged WHERE {_OF_LOGS} AND {{}} ORDER BY name"  # noqa: S608
    check.altered = names(for_logs.format("altered"))
    check.missing = names(for_logs.format("file_id IS NULL"))
    check.not_compared = names(for_logs.format("file_id IS NOT NULL AND NOT same AND NOT altered"))
    check.unlisted = names(_UNLISTED)
    check.breaks = names(_BROKEN)
    connection.execute(
        "UPDATE files SET notes = list_append(notes, $note)"  # noqa: S608
        f" WHERE file_id IN (SELECT file_id FROM judged WHERE altered AND {_OF_LOGS})"
        " AND NOT list_contains(notes, $note)",
        {"note": _ALTERED},
    )


# ---- reading -----------------------------------------------------------------------------------


def _read_digests(connection: duckdb.DuckDBPyConnection, item_of: ItemOf) -> None:
    """Fill `digests` and `digest_entries` with what the digest files say that came."""
    new = connection.execute(
        "SELECT file_id FROM files WHERE list_contains(notes, $digest)"
        " AND file_id NOT IN (SELECT file_id FROM digests) ORDER BY file_id",
        {"digest": DIGEST},
    ).fetchall()
    for start in range(0, len(new), _AT_ONCE):
        bodies = {number: _load(item_of(number)) for (number,) in new[start : start + _AT_ONCE]}
        insert_rows(connection, "digests", (_digest(*body) for body in bodies.items()))
        entries = (entry for body in bodies.items() for entry in _entries(*body))
        insert_rows(connection, "digest_entries", entries)


def _digest(number: int, body: dict[str, Any]) -> tuple[Any, ...]:
    if not body:
        return (number, *[None] * 7)
    name = base_name(body["digestS3Object"])
    parts = name.split("_")
    account, region = (parts[0], parts[2]) if len(parts) > 2 else (None, None)
    starts, ends = (_stamp(body.get(key)) for key in ("digestStartTime", "digestEndTime"))
    before = body.get("previousDigestS3Object")
    earlier = base_name(before) if isinstance(before, str) else None
    recorded = str(body.get("previousDigestHashValue") or "") if earlier else None
    return number, name, account, region, starts, ends, earlier, recorded


def _entries(number: int, body: dict[str, Any]) -> Iterator[tuple[int, str, str]]:
    for entry in as_objects(body.get("logFiles")):
        name = base_name(str(entry.get("s3Object") or ""))
        yield number, name, str(entry.get("hashValue") or "")


def _load(item: Item) -> dict[str, Any]:
    try:
        with item.open() as stream:
            value = json.loads(b"".join(plain_chunks(stream, Unpacked(), item.stored)))
    except (OSError, ValueError, RecursionError):
        return {}
    ok = isinstance(value, dict) and isinstance(value.get("digestS3Object"), str)
    return value if ok else {}


def _hash_contents(
    connection: duckdb.DuckDBPyConnection, item_of: ItemOf, cancel: CancelToken
) -> bool:
    """Read the files whose content has to be known and is not; returns whether all were."""
    wanted = [number for (number,) in connection.execute(_UNHASHED).fetchall()]
    with ThreadPoolExecutor(2, thread_name_prefix="hash") as readers:
        for start in range(0, len(wanted), _AT_ONCE):
            part = wanted[start : start + _AT_ONCE]
            hashes = list(
                readers.map(lambda item: _content(item, cancel), [item_of(n) for n in part])
            )
            if cancel.cancelled:
                return False
            known = ((file, found) for file, found in zip(part, hashes, strict=True) if found)
            insert_rows(connection, "contents", known)
    return True


def _content(item: Item, cancel: CancelToken) -> bytes:
    """SHA-256 of the unpacked content; nothing where it cannot be had."""
    facts = Unpacked(hashes_content=True)
    try:
        with item.open() as stream:
            for _ in plain_chunks(stream, facts, item.stored):
                if cancel.cancelled:
                    break
    except OSError:
        return b""
    return facts.content


def _stamp(value: object) -> str:
    """`2026-03-09T00:09:41Z` as `20260309T000941`, as names of log files have it."""
    return str(value or "").replace("-", "").replace(":", "").removesuffix("Z")


def _named(names: list[str]) -> str:
    """`3 log files (a, b, c)`."""
    noun = "log file" if len(names) == 1 else "log files"
    more = ", …" if len(names) > _SHOWN else ""
    return f"{len(names):,} {noun} ({', '.join(names[:_SHOWN])}{more})"
