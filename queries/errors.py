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
