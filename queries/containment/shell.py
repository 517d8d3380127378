"""Commands as text for a POSIX shell.

Values come from logs that an attacker wrote into: a command is written only when every value in it
has the form that the cloud gives such a value, and each is quoted.
"""

from __future__ import annotations

import re
import shlex

FORMS = {
    "key": re.compile(r"A[A-Z0-9]{15,127}"),
    "account": re.compile(r"[0-9]{12}"),
    "region": re.compile(r"[a-z]{2}(?:-[a-z0-9]+){2,4}"),
    "repository": re.compile(r"[a-z0-9]+(?:[._/-]+[a-z0-9]+)*"),
    "tag": re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,127}"),
    "digest": re.compile(r"sha256:[0-9a-f]{64}"),
    "project": re.compile(r"[a-z][a-z0-9-]{4,28}[a-z0-9]"),
    "location": re.compile(r"[a-z]+(?:-[a-z]+[0-9]+)?"),
    "registry": re.compile(r"[a-z0-9]{5,50}"),
    "email": re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]{0,63}@[a-z0-9][a-z0-9.-]{0,190}"),
    "guid": re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"),
    "account_name": re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"),
    "name": re.compile(r"[A-Za-z0-9_+=,.@-]{1,128}"),
}
"""What the clouds accept; anything else in a log was not written by them."""


def command(call: str, *options: tuple[str, str, str]) -> str:
    """`CALL --option value …`, or nothing when a value is not what the cloud would have written.

    An option is its name ("" for an argument without one), the form its value must have ("" for a
    value of ours), and the value.
    """
    words = [call]
    for name, form, value in options:
        if form == "imageDigest":
            if not FORMS["digest"].fullmatch(value):
                return ""
            value = f"imageDigest={value}"
        elif form and not FORMS[form].fullmatch(value):
            return ""
        # A value that begins with a dash would be taken for an option.
        joint = "=" if value.startswith("-") else " "
        words.append(f"{name}{joint}{_quoted(value)}" if name else _quoted(value))
    return " ".join(words)


def _quoted(value: str) -> str:
    """A word; zsh takes one that begins with = for the path of a command."""
    return f"'{value}'" if value.startswith("=") and "'" not in value else shlex.quote(value)


def fits(form: str, value: str) -> bool:
    """Whether a value has the form that the cloud gives it."""
    return FORMS[form].fullmatch(value) is not None


def written(*lines: str) -> list[str]:
    """The lines, or none of them when one could not be written."""
    return list(lines) if all(lines) else []
