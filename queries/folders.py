"""Where the program keeps what is its own: the folders that a platform has for that.

https://specifications.freedesktop.org/basedir-spec/latest/ on Linux, where each can be set; the
usual places on macOS and Windows.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

_NAME = "ecr-investigate"


def cache_folder() -> Path:
    """Where indexes are kept: XDG_CACHE_HOME, or the platform's own place for caches."""
    return _folder("XDG_CACHE_HOME", ".cache", "Library/Caches", "LOCALAPPDATA")


def data_folder() -> Path:
    """Where marks are kept: XDG_DATA_HOME, or the platform's own place for data."""
    return _folder("XDG_DATA_HOME", ".local/share", "Library/Application Support", "LOCALAPPDATA")


def _folder(variable: str, linux: str, mac: str, windows: str) -> Path:
    if configured := os.environ.get(variable):
        base = Path(configured)
    elif sys.platform == "darwin":
        base = Path.home() / mac
    elif sys.platform == "win32":
        base = Path(os.environ.get(windows) or Path.home() / "AppData" / "Local")
    else:
        base = Path.home() / linux
    return base / _NAME


def settings_path() -> Path:
    """Where the configuration is looked for: XDG_CONFIG_HOME, or the platform's own place."""
    if configured := os.environ.get("XDG_CONFIG_HOME"):
        base = Path(configured)
    elif sys.platform == "win32":
        base = Path(os.environ.get("APPDATA") or Path.home() / "AppData" / "Roaming")
    else:
        base = Path.home() / ".config"
    return base / _NAME / "config.toml"
