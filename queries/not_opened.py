"""Files that may well hold logs and cannot be read as they are, told by their first bytes.

They are evidence that is missing, other than a picture or a text beside the logs.
"""

from __future__ import annotations

LONGEST = 40

_UNPACK = "unpack it first"
_DECRYPT = "decrypt it first"
_KINDS = (
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive", _UNPACK),
    (b"Rar!\x1a\x07", "a RAR archive", _UNPACK),
    (b"MSCF\0\0\0\0", "a Windows cabinet", _UNPACK),
    (b"\x04\x22\x4d\x18", "LZ4-compressed data", _UNPACK),
    (b"\xff\x06\0\0sNaPpY", "Snappy-compressed data", _UNPACK),
    (b"LZIP", "lzip-compressed data", _UNPACK),
    (b"\x1f\x9d", "data compressed with compress", _UNPACK),
    (b"\x89LZO\0\r\n\x1a\n", "LZO-compressed data", _UNPACK),
    (b"ORC", "an ORC file", "convert it to Parquet or JSON first"),
    (b"Obj\x01", "an Avro file", "convert it to Parquet or JSON first"),
    (b"-----BEGIN PGP MESSAGE-----", "encrypted with PGP", _DECRYPT),
    (b"age-encryption.org/v1", "encrypted with age", _DECRYPT),
    (b"-----BEGIN AGE ENCRYPTED FILE-----", "encrypted with age", _DECRYPT),
    (b"Salted__", "encrypted with OpenSSL", _DECRYPT),
    (
        b"version https://git-lfs.github.com",
        "only a pointer of Git LFS",
        "fetch it with git lfs pull",
    ),
)
"""How such a file begins, what it is, and what makes it readable."""


def not_opened(head: bytes) -> str:
    """What a file is that begins so, and what to do about it; empty for anything else."""
    for start, what, advice in _KINDS:
        if head.startswith(start):
            return f"{what}, which is not opened here: {advice}"
    return ""
