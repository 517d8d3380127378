"""Hosts of Azure's registries: one registry has a login server, endpoints for data in each region,
and in other clouds another ending.

https://learn.microsoft.com/azure/container-registry/container-registry-dedicated-data-endpoints
https://learn.microsoft.com/azure/container-registry/container-registry-regional-endpoints (assumed:
the form of regional endpoints)
"""

from __future__ import annotations

import re

from queries.providers.base import Hosted

_NAME = r"[a-z0-9][a-z0-9-]{3,62}"
_HOST = re.compile(
    rf"(?P<name>{_NAME})(?:\.(?P<region>[a-z0-9-]+)\.(?:data|geo))?"
    r"\.(?P<end>azurecr\.(?:io|cn|us|de))"
)
MENTIONS = r"[a-z0-9][a-z0-9-]{3,62}(?:\.[a-z0-9-]+\.(?:data|geo))?\.azurecr\.(?:io|cn|us|de)"


def login_server(text: str) -> str:
    """The login server that a host belongs to, or that a registry of this name has."""
    text = text.strip().lower().rstrip("/").removeprefix("https://")
    text = re.sub(r":\d{1,5}$", "", text)
    if match := _HOST.fullmatch(text):
        return f"{match['name']}.{match['end']}"
    if re.fullmatch(_NAME, text):
        return f"{text}.azurecr.io"  # assumed: the public cloud
    return text


def hosted(host: str, path: str) -> Hosted | None:
    """Whose repository an image reference names."""
    if _HOST.fullmatch(host) is None:
        return None
    server = login_server(host)
    return Hosted("azure", server, "", path, f"{server}/{path}")
