"""Another service than Google's own, as Google's tools take it from the environment."""

from __future__ import annotations

import os

_VARIABLES = ("STORAGE_EMULATOR_HOST", "CLOUDSDK_API_ENDPOINT_OVERRIDES_STORAGE")


def emulator() -> str:
    """A stand-in that is asked without credentials; empty for Google."""
    return os.environ.get(_VARIABLES[0], "").rstrip("/")


def other_endpoint() -> str:
    """Where requests go; empty for Google's own address."""
    return emulator() or os.environ.get(_VARIABLES[1], "").rstrip("/")
