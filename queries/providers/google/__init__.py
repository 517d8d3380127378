"""Google Cloud: Cloud Audit Logs."""

from __future__ import annotations

from queries.providers.base import Provider

NAME = "google"
PROVIDER = Provider(NAME, "Google Cloud")
