"""What a row of a table offers to pivot on: values that can be looked for everywhere."""

from __future__ import annotations

from collections.abc import Sequence

from queries.enrichment.model import PIVOTS as PIVOTS_OF_PLACES
from queries.index.pusher import is_address
from tui.dialogs import Choice
from tui.widgets.columns import Row

PIVOTS: dict[str, tuple[str, ...]] = {
    "who": ("origin", "principal", "access_key_id", "source_identity", "subject"),
    "origin": ("origin", "principal", "access_key_id", "source_identity"),
    "from": ("source_ip_address", "login_ips", "country", "city", "asn", "user_agent"),
    "source_ip_address": ("source_ip_address", "login_ips", "country", "city", "asn", "user_agent"),
    "place": ("country", "city", "asn", "source_ip_address"),
    "what": ("image_digest", "previous_digest", "error_code"),
    "effect": ("image_digest", "previous_digest", "error_code"),
    "result": ("error_code",),
    "outcome": ("error_code",),
    "mark": ("event_id", "request_id"),
    "event_time": ("event_id", "request_id"),
    "principal": ("principal", "session_name", "access_key_id", "source_identity", "identity_arn"),
    "target": ("target", "resource_arn", "image_digest", "image_tag", "layer_digest"),
    "deployed": ("image", "resolved_digest", "origin", "principal", "access_key_id"),
    "image": ("resolved_digest", "repository"),
    "matched": ("resolved_digest",),
    "last_origin": ("last_origin", "last_pusher"),
    "first_seen": ("principal", "access_key_id"),
    "title": ("image_digest", "image_tag", "repository", "origin", "principal"),
    "severity": ("image_digest", "image_tag", "repository", "origin", "principal"),
    "rule": ("image_digest", "image_tag", "repository", "origin", "principal"),
}
"""Column under the cursor -> the fields of its row that can be pivoted on."""
PIVOTED = (
    "event_id", "image_digest", "origin", "principal", "access_key_id", "source_ip_address",
    "repository",
)  # fmt: skip
"""What a row offers where the cell under the cursor is nothing to pivot on."""


def _of(row: Row, field: str) -> object:
    """A field of a row; the name of a session is the last part of who it says acted."""
    if field == "session_name":
        who = str(row.get("principal") or "")
        return who.rsplit("/", 1)[1] if ":assumed-role/" in who else None
    return row.get(field)


NOTES = {
    "source_ip_address": "address",
    "login_ips": "address of the probable login",
    "user_agent": "client",
    "access_key_id": "access key",
    "identity_arn": "role or user",
}
"""What a field is called beside its value; others by their own name."""
NO_ADDRESS = "stands in place of an address"


def choices_of(found: Sequence[tuple[str, object]]) -> list[Choice]:
    """Values to pick from, each once, with the name of its field."""
    choices: list[Choice] = []
    # What is no address, such as a service's name, comes behind all that can be followed.
    for name, entry in sorted(found, key=lambda one: _no_address(*one)):
        if isinstance(entry, str) and entry and name in PIVOTS_OF_PLACES:
            choices.append(Choice(f"{name}={entry}", entry, note=name))
        elif isinstance(entry, str) and entry:
            values = entry.split(" ") if name in ("image_tags", "login_ips") else [entry]
            known = {choice.key for choice in choices}
            said = NOTES.get(name, name.replace("_", " "))
            note = NO_ADDRESS if _no_address(name, entry) else said
            choices += [Choice(v, v, note=note) for v in values if v not in known]
    return choices


def _no_address(name: str, entry: object) -> bool:
    return name == "source_ip_address" and bool(entry) and not is_address(entry)


def pivots_of(row: Row, column: str) -> list[Choice]:
    """What can be pivoted on with the cursor in this column: its value, or, where a cell is made
    from several fields, those; on a cell that is none, such as a time, what else the row says."""
    related = choices_of([(name, _of(row, name)) for name in PIVOTS.get(column, (column,))])
    elsewhere = [(name, _of(row, name)) for name in PIVOTED]
    return related or choices_of([one for one in elsewhere if not _no_address(*one)])
