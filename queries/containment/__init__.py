"""What could be done now, as text: nothing here is ever run.

Each suggestion has its reason and the records behind it. Values come from logs that an attacker
wrote into: where one does not look as the cloud would have written it, no command is offered.
"""

from queries.containment.making import plan
from queries.containment.model import (
    CREATED,
    HUNT,
    IMAGE,
    KEY,
    SESSIONS,
    TAG,
    Plan,
    Suggestion,
)

__all__ = [
    "CREATED", "HUNT", "IMAGE", "KEY", "SESSIONS", "TAG", "Plan", "Suggestion", "plan",
]  # fmt: skip
