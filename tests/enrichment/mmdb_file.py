"""Writes small databases in MaxMind's format, for tests. https://maxmind.github.io/MaxMind-DB/"""

from __future__ import annotations

import ipaddress
import struct
from collections.abc import Mapping
from typing import Any, NamedTuple

_MARKER = b"\xab\xcd\xefMaxMind.com"
_SEPARATOR = bytes(16)


_SHORT, _INTEGER, _LONG = 5, 6, 9


class _Sized(NamedTuple):
    """A number of another type than 32 bits."""

    kind: int
    value: int


def mmdb(networks: Mapping[str, Any], *, ip_version: int = 6) -> bytes:
    """A database in which each network leads to its value; IPv4 lies in ::/96 of IPv6."""
    data = b""
    tree: list[list[int | str | None]] = [[None, None]]
    offsets: dict[str, int] = {}
    for text, value in networks.items():
        offsets[text] = len(data)
        data += _encoded(value)
        network = ipaddress.ip_network(text)
        number, length = int(network.network_address), network.prefixlen
        bits, whole = network.max_prefixlen, network.max_prefixlen
        if ip_version == 6 and network.version == 4:
            length, whole = length + 96, 128
        else:
            whole = bits
        node = 0
        for depth in range(length):
            bit = number >> (whole - 1 - depth) & 1
            if depth == length - 1:
                tree[node][bit] = text
                continue
            following = tree[node][bit]
            if not isinstance(following, int):
                tree.append([None, None])
                following = tree[node][bit] = len(tree) - 1
            node = following
    count = len(tree)
    records = b""
    for pair in tree:
        for record in pair:
            if isinstance(record, str):
                place = count + len(_SEPARATOR) + offsets[record]
            else:
                place = count if record is None else record
            records += struct.pack(">I", place)
    about = {
        "binary_format_major_version": _Sized(_SHORT, 2),
        "binary_format_minor_version": _Sized(_SHORT, 0),
        "build_epoch": _Sized(_LONG, 1772000000),
        "database_type": "Test",
        "description": {"en": "for tests"},
        "ip_version": _Sized(_SHORT, ip_version),
        "languages": ["en"],
        "node_count": count,
        "record_size": _Sized(_SHORT, 32),
    }
    return records + _SEPARATOR + data + _MARKER + _encoded(about)


def _encoded(value: Any) -> bytes:
    if isinstance(value, dict):
        parts = b"".join(_encoded(key) + _encoded(entry) for key, entry in value.items())
        return _head(7, len(value)) + parts
    if isinstance(value, list):
        return _head(11, len(value)) + b"".join(map(_encoded, value))
    if isinstance(value, str):
        raw = value.encode()
        return _head(2, len(raw)) + raw
    sized = value if isinstance(value, _Sized) else _Sized(_INTEGER, value)
    raw = sized.value.to_bytes(8).lstrip(b"\0")
    return _head(sized.kind, len(raw)) + raw


def _head(kind: int, size: int) -> bytes:
    """Types from 8 on stand in a second byte; sizes from 29 on in another."""
    first = kind if kind < 8 else 0
    small = size if size < 29 else 29
    head = bytes([first << 5 | small])
    head += bytes([kind - 7]) if kind >= 8 else b""
    return head + (bytes([size - 29]) if size >= 29 else b"")
