"""What Athena reads, and what that costs.

Athena is paid for the bytes that a statement reads, rounded up to a megabyte and at least ten of
them; one that failed costs nothing, one that was stopped costs what it had read:
https://aws.amazon.com/athena/pricing/
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from queries.errors import WrongUsage

PRICE = 5.0
"""US dollars for a terabyte, as AWS's page had it for most regions in 2026; regions differ, so a
user can give another (`--athena-price`)."""

LIMIT = 10 * 10**9
"""Bytes that one statement may read unless somebody says otherwise: 5 cents."""

LEAST = 10 * 10**6
_MEGABYTE = 10**6
_TERABYTE = 10**12
_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*([KMGTP]?)B?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Budget:
    """How much one statement may read, and what a terabyte costs."""

    limit: int = LIMIT
    price: float = PRICE

    def cost(self, read: int) -> float:
        """US dollars for a statement that read so many bytes."""
        paid = max(LEAST, -(-read // _MEGABYTE) * _MEGABYTE)
        return paid / _TERABYTE * self.price

    def said(self, read: int) -> str:
        """The same in words: bytes and dollars."""
        return f"{size(read)}, ${dollars(self.cost(read))}"


def dollars(amount: float) -> str:
    """Cents, and as many digits as it takes to see less than one."""
    return f"{amount:,.2f}" if amount >= 0.01 else f"{amount:.6f}".rstrip("0").ljust(4, "0")


def size(count: int) -> str:
    """Bytes as a person reads them."""
    for unit, width in (("TB", 10**12), ("GB", 10**9), ("MB", 10**6), ("KB", 10**3)):
        if count >= width:
            return f"{count / width:.3g} {unit}"
    return f"{count} bytes"


def parse_limit(text: str) -> int:
    """`500MB`, `2 TB` as bytes (powers of 1,000). Raises `WrongUsage`."""
    found = _SIZE.fullmatch(text.strip())
    if not found:
        raise WrongUsage(f"--athena-limit {text}: is no size such as 500MB or 2TB")
    count = int(float(found[1]) * 1000 ** " KMGTP".index(found[2].upper() or " "))
    if count < LEAST:
        raise WrongUsage(f"--athena-limit {text}: every statement costs at least 10MB")
    return count


def parse_price(text: str) -> float:
    """US dollars for a terabyte. Raises `WrongUsage`."""
    try:
        price = float(text)
    except ValueError:
        price = -1
    if not 0 <= price < 1e6:
        raise WrongUsage(f"--athena-price {text}: is no amount of dollars for a terabyte")
    return price
