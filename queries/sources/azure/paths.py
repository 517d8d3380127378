"""What a path of Azure Storage says.

    az://container/prefix                                      the account of the environment
    az://container@account/prefix                              what such a path is called here
    abfs://container@account.dfs.core.windows.net/prefix       as Hadoop, Spark and fsspec write it

`abfss` is `abfs`; hosts may be those of `blob` or `dfs`, and of another cloud of Azure.
"""

from __future__ import annotations

import os
import re

from queries.errors import WrongUsage

SCHEMES = ("az://", "abfs://", "abfss://")
_CONTAINER = re.compile(r"\$?[a-z0-9](?:-?[a-z0-9]){0,62}")
_ACCOUNT = re.compile(r"[a-z0-9]{3,24}")
_HOST = re.compile(r"([a-z0-9]{3,24})\.(?:blob|dfs)\.(core\.[a-z0-9.-]+)")
_PUBLIC = "core.windows.net"


def split_azure_path(path: str, account: str = "") -> tuple[str, str]:
    """Bucket (`container@account`) and prefix, every character of it literal. `account` is of the
    command line; else the environment's counts. Raises `WrongUsage`."""
    rest = path.split("://", 1)[1]
    where, _, prefix = rest.partition("/")
    container, _, host = where.partition("@")
    if not _CONTAINER.fullmatch(container):
        raise WrongUsage(
            f"{path}: not a container; write az://container/prefix/ or az://container@account/prefix/"
        )
    named = host or account or account_of_environment()
    if not named:
        raise WrongUsage(
            f"{path}: which storage account? Write az://{container}@ACCOUNT/, or give"
            " --storage-account, or set AZURE_STORAGE_ACCOUNT"
        )
    return f"{container}@{_short(path, named.lower())}", prefix


def _short(path: str, named: str) -> str:
    """The account, with its host where that is not Azure's public cloud."""
    if _ACCOUNT.fullmatch(named):
        return named
    match = _HOST.fullmatch(named)
    if match is None:
        raise WrongUsage(f"{path}: {named} is not a storage account")
    account, suffix = match.groups()
    return account if suffix == _PUBLIC else f"{account}.blob.{suffix}"


def address(account: str) -> str:
    """Where the blobs of an account are."""
    return f"https://{account if '.' in account else f'{account}.blob.{_PUBLIC}'}"


def connection() -> dict[str, str]:
    """The parts of AZURE_STORAGE_CONNECTION_STRING, by their names in small letters."""
    text = os.environ.get("AZURE_STORAGE_CONNECTION_STRING", "")
    parts = (part.partition("=") for part in text.split(";") if part.strip())
    found = {name.strip().lower(): value for name, _, value in parts}
    if found.get("usedevelopmentstorage", "").lower() == "true":
        found["accountname"] = "devstoreaccount1"
    return found


def account_of_environment() -> str:
    """The account that Azure's own tools would take."""
    return os.environ.get("AZURE_STORAGE_ACCOUNT", "") or connection().get("accountname", "")
