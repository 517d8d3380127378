"""A finding's reason: the sentence of its rule with the values in it.

Log values are chosen by attackers, so each is made safe, cut, and put between quotes where it could
be mistaken for our own words.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from string import Formatter
from typing import Any

from queries.findings.stories import span_in_words
from queries.naming import display_name
from queries.safe_text import safe_text

_DIGEST = re.compile("sha256:[0-9a-f]{64}")
_LONGEST = 80
_LONGEST_CLAUSE = 200
_UNITS = ("minutes", "hours")
_NAMES = ("origin", "principal", "actor", "usual", "maker", "pusher")


def why(template: str, values: Mapping[str, Any]) -> str:
    """The sentence. A name that no value has stays as it is written, in braces.

    `{calls:listing call}` is `1 listing call` or `3 listing calls`, `{pushed:push/pushes}` names a
    plural of its own, and `{later:minutes}` (or `hours`) is a time in words.
    """
    said = []
    for text, name, form, _ in Formatter().parse(template):
        said.append(text)
        if name is not None:
            said.append(_counted(name, form, values[name]) if name in values else f"{{{name}}}")
    return " ".join("".join(said).split())


def _counted(name: str, form: str | None, value: Any) -> str:
    """A value with what it counts, or as a time."""
    if not form or isinstance(value, bool) or not isinstance(value, int | float):
        return worded(name, value)
    if form in _UNITS:
        return span_in_words(timedelta(**{form: value}))
    one, _, many = form.partition("/")
    said = worded(name, value)
    return f"{said} {one if said == '1' else many or f'{one}s'}"


def worded(name: str, value: Any) -> str:
    """One value as it stands in a sentence."""
    if name.endswith("_clause"):
        return "" if value is None else safe_text(value, _LONGEST_CLAUSE)
    if value is None or value == "":
        return "(no tag)" if name.endswith("tag") else "(not recorded)"
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M:%S} UTC"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if (isinstance(value, float) and value.is_integer()) or isinstance(value, int):
        return f"{int(value):,}"
    if isinstance(value, float):
        return f"{value:,.1f}" if value < 10 else f"{value:,.0f}"
    text = str(value)
    if _DIGEST.fullmatch(text):
        return f"{text[:13]}…"
    if name in _NAMES or name.endswith(("_principal", "_origin", "_by")):
        return safe_text(display_name(text), _LONGEST)
    if name.endswith("tag"):
        return f"‘{safe_text(text, _LONGEST)}’"
    return safe_text(text, _LONGEST_CLAUSE if " " in text else _LONGEST)
