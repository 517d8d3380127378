"""An identity of which only a name is left, because somebody, or an export, picked it out."""

from __future__ import annotations

_NO_NAMES = ("{", "[", "@")
"""Begin texts in place of an identity that are none of its names: objects that were printed."""
_LONGEST = 2048
"""Characters of an ARN or a name: what is longer is something else.
https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetUser.html"""


def identity_of(name: str) -> dict[str, str] | None:
    """A userIdentity from an ARN or a user's name (which AWS may have hidden), or None for another
    text."""
    if not name.strip() or name.lstrip().startswith(_NO_NAMES) or len(name) > _LONGEST:
        return None
    return {"arn" if name.startswith("arn:") else "userName": name}
