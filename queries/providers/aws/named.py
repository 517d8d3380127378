"""An identity of which only a name is left, because somebody, or an export, picked it out."""

from __future__ import annotations

_NO_NAMES = ("{", "[", "@{", "HIDDEN_")
"""Begin texts in place of an identity that are none of its names."""


def identity_of(name: str) -> dict[str, str] | None:
    """A userIdentity from an ARN or a user's name, or None for another text."""
    if not name.strip() or name.lstrip().startswith(_NO_NAMES):
        return None
    return {"arn" if name.startswith("arn:") else "userName": name}
