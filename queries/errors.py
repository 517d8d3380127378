"""Failures a person should read: what went wrong, where, and what to do next."""

from __future__ import annotations


class InvestigationError(Exception):
    """One clear sentence for the user; never shown with a traceback."""


class NothingToRead(InvestigationError):
    """No record could be read from any of the given paths (exit code 1)."""


class WrongUsage(InvestigationError):
    """The command line or a value on it cannot be meant (exit code 2)."""


class Cancelled(InvestigationError):
    """The user stopped the work; what was read so far is kept by whoever raised it."""


def needs_extra(what: str, extra: str) -> str:
    """That a part of the program was not installed, and how to get it: from the checkout, as nobody
    can say whose a package of this name in a registry would be."""
    return (
        f"{what} needs the extra '{extra}': in the checkout, pipx install --force '.[{extra}]'"
        f" (or pip install '.[{extra}]' where it was installed with pip)"
    )
