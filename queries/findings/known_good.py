"""Lists of digests that are known to be good: text, CSV or JSON, out of CI or a signing store."""

from __future__ import annotations

import re
from pathlib import Path

from queries.errors import WrongUsage

_DIGEST = re.compile(rb"(?<![0-9A-Za-z])(?:sha256:)?([0-9a-fA-F]{64})(?![0-9A-Za-z])")
_LARGEST = 256 << 20


def read_digests(path: Path) -> frozenset[str]:
    """Every SHA-256 digest in a file, whatever stands around it, as `sha256:…` in small letters.

    One a line, a column of a CSV file and a member of any JSON are all found so; a digest may stand
    behind a name (`repo@sha256:…`) and may lack its prefix. In a text or CSV file, what follows a
    `#` at the start of a line is left out. Raises `WrongUsage` for a file without any.
    """
    try:
        if path.stat().st_size > _LARGEST:
            raise WrongUsage(f"{path}: too large for a list of digests (more than 256 MiB)")
        data = path.read_bytes()
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise WrongUsage(f"{path}: the list of digests cannot be read ({reason})") from None
    if b"\0" in data[:4096]:
        data = data.decode("utf-16", "ignore").encode()
    lines = (line for line in data.splitlines() if not line.lstrip().startswith(b"#"))
    found = frozenset(
        f"sha256:{match[1].decode().lower()}" for line in lines for match in _DIGEST.finditer(line)
    )
    if not found:
        raise WrongUsage(
            f"{path}: holds no digest; write them as sha256: and 64 hexadecimal digits"
        )
    return found
