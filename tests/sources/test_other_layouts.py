"""The layouts of Azure Monitor and of a sink of Cloud Logging."""

from __future__ import annotations

import pytest

from queries.sources.azure.layout import place_of as azure
from queries.sources.azure.paths import split_azure_path
from queries.sources.buckets.place import LOGS, MONTH, OUTSIDE, REGION, WITHIN, YEAR
from queries.sources.gcs.layout import place_of as google

SUBSCRIPTION = "11111111-2222-3333-4444-555555555555"
RESOURCE = (
    f"resourceId=/SUBSCRIPTIONS/{SUBSCRIPTION}/RESOURCEGROUPS/PROD/PROVIDERS/"
    "MICROSOFT.CONTAINERREGISTRY/REGISTRIES/CONTOSO/"
)


@pytest.mark.parametrize(
    ("prefix", "level", "account", "day"),
    [
        ("", OUTSIDE, "", ""),
        ("copies/", OUTSIDE, "", ""),
        ("resourceId=/", LOGS, "", ""),
        (f"resourceId=/SUBSCRIPTIONS/{SUBSCRIPTION}/", LOGS, SUBSCRIPTION, ""),
        (RESOURCE, LOGS, SUBSCRIPTION, ""),
        (f"{RESOURCE}y=2026/", YEAR, SUBSCRIPTION, ""),
        (f"{RESOURCE}y=2026/m=03/", MONTH, SUBSCRIPTION, ""),
        (f"{RESOURCE}y=2026/m=03/d=02/h=10/m=00/PT1H.json", WITHIN, SUBSCRIPTION, "2026-03-02"),
        (f"old/insights-logs-x/{RESOURCE}y=2026/m=03/d=02/", WITHIN, SUBSCRIPTION, "2026-03-02"),
        (f"{RESOURCE}y=2026/what=03/", WITHIN, SUBSCRIPTION, ""),
        (
            f"WorkspaceResourceId=/subscriptions/{SUBSCRIPTION}/resourcegroups/g/providers/"
            "microsoft.operationalinsights/workspaces/w/y=2026/m=03/d=02/h=10/m=05/PT05M.json",
            WITHIN,
            SUBSCRIPTION,
            "2026-03-02",
        ),
    ],
)
def test_azure(prefix: str, level: str, account: str, day: str) -> None:
    place = azure(prefix)
    assert (place.level, place.account, place.day_text) == (level, account, day)


@pytest.mark.parametrize(
    ("prefix", "level", "log", "day"),
    [
        ("", OUTSIDE, "", ""),
        ("cloudaudit.googleapis.com/data_access/", OUTSIDE, "", ""),
        ("cloudaudit.googleapis.com/data_access/2026/", YEAR, "data_access", ""),
        ("cloudaudit.googleapis.com/data_access/2026/03/", MONTH, "data_access", ""),
        (
            "our/prefix/cloudaudit.googleapis.com/activity/2026/03/02/10:00:00_10:59:59_S0.json",
            WITHIN,
            "activity",
            "2026-03-02",
        ),
        ("2026/reports/", WITHIN, "", ""),
        ("a/2026/03/file.json", MONTH, "a", ""),
    ],
)
def test_google(prefix: str, level: str, log: str, day: str) -> None:
    place = google(prefix)
    assert (place.level, place.service.rsplit("/")[-1], place.day_text) == (level, log, day)
    assert REGION not in (place.level,)


@pytest.mark.parametrize(
    ("path", "parts"),
    [
        ("az://logs@contoso", ("logs@contoso", "")),
        ("az://$web@contoso/a b//c?d#e", ("$web@contoso", "a b//c?d#e")),
        ("abfs://logs@contoso.dfs.core.windows.net/x/", ("logs@contoso", "x/")),
        ("abfss://logs@contoso.blob.core.windows.net", ("logs@contoso", "")),
        (
            "abfs://logs@contoso.dfs.core.usgovcloudapi.net/x",
            ("logs@contoso.blob.core.usgovcloudapi.net", "x"),
        ),
        ("az://logs/x", ("logs@ofenvironment", "x")),
    ],
)
def test_paths(path: str, parts: tuple[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AZURE_STORAGE_ACCOUNT", "ofenvironment")
    assert split_azure_path(path) == parts
