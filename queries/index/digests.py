"""Check log files against the digest files that are in the evidence.

A digest names the log files of one hour with the SHA-256 of their uncompressed content, and the
digest before it with its hash, so altered, missing and unlisted log files show, and so do missing
digests (two deleted in a row pass AWS's own check unseen, aws/aws-cli#7054). Signatures are not
checked: that takes AWS's public keys, and the network.
https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-log-file-validation-digest-file-structure.html
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import duckdb

from queries.envelopes.digest import DIGEST
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
        return said + self.breaks[:_SHOWN]


ItemOf = Callable[[int], Item]
"""The file of evidence with an id."""


def check_digests(
    connection: duckdb.DuckDBPyConnection, item_of: ItemOf, cancel: CancelToken
) -> DigestCheck:
    """Read the digests and the log files they name, as far as that was not done before; altered
    files get a note in the ledger (the table `files`, filled before this)."""
    check = DigestCheck()
    bodies = _bodies(connection, item_of)
    digests = {base_name(body["digestS3Object"]): body for body in bodies.values() if body}
    check.digests = len(digests)
    if not digests:
        return check
    files, with_records = _log_files(connection)
    known: set[tuple[str, str]] = set(
        connection.execute("SELECT log_file, hash FROM verified").fetchall()
    )
    listed: set[str] = set()
    verified: list[tuple[str, str]] = []
    altered: list[int] = []
    for digest in digests.values():
        for entry in digest.get("logFiles") or []:
            name = base_name(str(entry.get("s3Object") or ""))
            recorded = str(entry.get("hashValue") or "").lower()
            listed.add(name)
            if cancel.cancelled:
                return check
            if name not in files:
                check.missing.append(name)
            elif (name, recorded) in known:
                check.verified += 1
            elif recorded in _hashes(item_of(files[name])):
                check.verified += 1
                verified.append((name, recorded))
            else:
                check.altered.append(name)
                altered.append(files[name])
    insert_rows(connection, "verified", verified)
    _note_altered(connection, altered)
    _find_unlisted(check, digests, files, listed, with_records)
    ids = {base_name(body["digestS3Object"]): number for number, body in bodies.items() if body}
    _follow_chain(check, digests, {name: item_of(number) for name, number in ids.items()})
    return check


def _bodies(connection: duckdb.DuckDBPyConnection, item_of: ItemOf) -> dict[int, dict[str, Any]]:
    """The digests by file id: those read before from the index, the others from their files."""
    known = dict(connection.execute("SELECT file_id, body FROM digests").fetchall())
    found = connection.execute(
        "SELECT file_id FROM files WHERE list_contains(notes, $digest) ORDER BY file_id",
        {"digest": DIGEST},
    ).fetchall()
    bodies = {
        number: json.loads(known[number]) if number in known else _load(item_of(number))
        for (number,) in found
    }
    fresh = [(number, json.dumps(body)) for number, body in bodies.items() if number not in known]
    insert_rows(connection, "digests", fresh)
    return bodies


def _log_files(connection: duckdb.DuckDBPyConnection) -> tuple[dict[str, int], set[int]]:
    """File ids by the last part of the name, and which of them hold records."""
    files: dict[str, int] = {}
    with_records: set[int] = set()
    rows = connection.execute(
        "SELECT file_id, name, records FROM files WHERE lane <> '' ORDER BY file_id"
    )
    while batch := rows.fetchmany(20_000):
        for number, name, records in batch:
            files[base_name(name)] = number
            if records:
                with_records.add(number)
    return files, with_records


def _note_altered(connection: duckdb.DuckDBPyConnection, altered: list[int]) -> None:
    connection.execute(
        "UPDATE files SET notes = list_append(notes, $note)"
        " WHERE file_id IN (SELECT unnest($ids::INTEGER[])) AND NOT list_contains(notes, $note)",
        {"ids": altered, "note": "ALTERED: the content differs from what the digest recorded"},
    )


def _load(item: Item) -> dict[str, Any]:
    try:
        with item.open() as stream:
            value = json.loads(b"".join(plain_chunks(stream, Unpacked(), item.stored)))
    except (OSError, ValueError):
        return {}
    ok = isinstance(value, dict) and isinstance(value.get("digestS3Object"), str)
    return value if ok else {}


def _hashes(item: Item) -> tuple[str, str]:
    """SHA-256 of the uncompressed content and of the file as stored (some tools unpack logs)."""
    facts = Unpacked()
    plain = hashlib.sha256()
    try:
        with item.open() as stream:
            for chunk in plain_chunks(stream, facts, item.stored):
                plain.update(chunk)
    except OSError:
        return "", ""
    return plain.hexdigest(), facts.sha256


def _find_unlisted(
    check: DigestCheck,
    digests: dict[str, dict[str, Any]],
    files: dict[str, int],
    listed: set[str],
    with_records: set[int],
) -> None:
    """Log files whose name's time lies within the digests' hours of that account and region."""
    spans: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for name, digest in digests.items():
        parts = name.split("_")
        start, end = (_stamp(digest.get(key)) for key in ("digestStartTime", "digestEndTime"))
        if len(parts) > 2 and start and end:
            spans.setdefault((parts[0], parts[2]), []).append((start, end))
    for name, file_id in files.items():
        parts = name.split("_")
        if len(parts) < 5 or parts[1] != "CloudTrail" or name in listed:
            continue
        when = parts[3].replace("Z", "00")
        # Delivery takes some minutes: the last hour's files may be in a later digest.
        inside = any(start <= when < end for start, end in spans.get((parts[0], parts[2]), []))
        later = any(start >= when for start, _ in spans.get((parts[0], parts[2]), []))
        if inside and later and file_id in with_records:
            check.unlisted.append(name)


def _follow_chain(
    check: DigestCheck, digests: dict[str, dict[str, Any]], items: dict[str, Item]
) -> None:
    """Each digest names the one before it; only the first of a trail may have none."""
    for name, digest in sorted(digests.items()):
        before = digest.get("previousDigestS3Object")
        if not isinstance(before, str):
            continue
        earlier = base_name(before)
        recorded = str(digest.get("previousDigestHashValue") or "").lower()
        if earlier not in digests:
            same = [other for other in digests if other < name and _stream(other) == _stream(name)]
            if same:
                check.breaks.append(f"a digest is missing: {earlier} (named by the next one)")
        elif recorded and earlier in items and recorded not in _hashes(items[earlier]):
            check.breaks.append(f"ALTERED: the digest {earlier} is not what the next one recorded")


def _stream(name: str) -> str:
    """The part of a digest's name that is the same for all of one trail and region."""
    return name.rsplit("_", 1)[0]


def _stamp(value: object) -> str:
    """`2026-03-09T00:09:41Z` as `20260309T000941`, as names of log files have it."""
    return str(value or "").replace("-", "").replace(":", "").removesuffix("Z")


def _named(names: list[str]) -> str:
    """`3 log files (a, b, c)`."""
    noun = "log file" if len(names) == 1 else "log files"
    more = ", …" if len(names) > _SHOWN else ""
    return f"{len(names):,} {noun} ({', '.join(names[:_SHOWN])}{more})"
