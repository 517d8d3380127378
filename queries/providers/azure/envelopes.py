"""Which of Azure's exports a value is, told by its members and never by its file's name.

- resource logs and the Activity log as a diagnostic setting writes them to a storage account or an
  event hub (`{"time", "resourceId", "operationName", "category", …}`, one a line or in `records`):
  https://learn.microsoft.com/azure/azure-monitor/platform/resource-logs-schema
- rows of Log Analytics (ContainerRegistryRepositoryEvents, …LoginEvents, AzureActivity,
  AzureDiagnostics), from JSON, CSV or `{"tables": …}`:
  https://learn.microsoft.com/azure/azure-monitor/logs/api/response-format
- the Activity log as its API, the CLI and SDKs give it (`eventTimestamp`, `operationName.value`):
  https://learn.microsoft.com/rest/api/monitor/activity-logs/list
- Event Grid's two envelopes, and webhooks (what `az acr webhook list-events` prints as well):
  https://learn.microsoft.com/azure/event-grid/event-schema and cloud-event-schema
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterable, Mapping
from typing import Any

from queries.envelopes.model import Found
from queries.envelopes.nested import join, open_text, open_value
from queries.json_stream import Piece
from queries.providers.azure.activity import of_activity, of_office
from queries.providers.azure.events import of_log, of_notice
from queries.providers.azure.fields import Fields, opened, plain
from queries.providers.base import Envelope
from queries.providers.event import Event

NO_ACTOR = (
    "registry events and webhooks mostly do not say who pushed and never from where: the table"
    " ContainerRegistryRepositoryEvents has both, load it as well"
)
NO_BODY = (
    "Azure's Activity log has the body of a call only for some resources: where it is missing, the"
    " image of a deployment is not recorded"
)
_REGISTRY_TABLE = frozenset({"loginserver", "repository", "operationname"})
_LOG = frozenset({"operationname", "resourceid"})
_TABLES = ("containerregistryrepositoryevents", "containerregistryloginevents")
_ROW_SIGNS = (
    frozenset({"loginserver", "operationname", "timegenerated"}),
    frozenset({"repository", "operationname", "timegenerated", "digest"}),
    frozenset({"operationnamevalue", "correlationid"}),
    frozenset({"activitystatusvalue", "caller"}),
    frozenset({"category", "operationname", "resourceid", "timegenerated"}),
    frozenset({"category", "operationname", "logs"}),
)


def names_table(names: Iterable[str]) -> bool:
    """Whether these are the columns of one of Azure's tables."""
    known = {plain(name) for name in names}
    return any(signs <= known for signs in _ROW_SIGNS)


def read_event(piece: Piece) -> Found | None:
    """Event Grid, in its own schema or as CloudEvents."""
    value: Any = piece.value
    if not isinstance(value, dict):
        return None
    kind = value.get("eventType") or value.get("type")
    if not isinstance(kind, str) or not kind.startswith("Microsoft.ContainerRegistry."):
        return None
    data = opened(value.get("data"))
    event = of_notice(
        data or opened(_decoded(str(value.get("data_base64") or ""))),
        event_id=str(value.get("id") or ""),
        time=value.get("eventTime") or value.get("time"),
        kind=kind,
        source=str(value.get("topic") or value.get("source") or ""),
    )
    return _notice(event, piece)


def read_webhook(piece: Piece) -> Found | None:
    """A webhook's body, and a delivery of it as the registry lists them."""
    value: Any = piece.value
    if not isinstance(value, dict):
        return None
    message = opened(value.get("eventRequestMessage"))
    content = opened(message.get("content")) if message else value
    if not {"action", "target", "request"} <= content.keys() or "id" not in content:
        return None
    if not isinstance(content["action"], str) or not isinstance(content["target"], dict):
        return None
    return _notice(of_notice(content), piece)


def _notice(event: Event, piece: Piece) -> Found:
    about = [] if event.principal != "(not recorded)" else [NO_ACTOR]
    return Found([event.record(piece, lossy=True)], about=about)


def read_hub(piece: Piece) -> Found | None:
    """An event of Event Hubs, as tools print it: what was sent is its body, and diagnostic
    settings send several records in one.

    https://learn.microsoft.com/azure/event-hubs/event-hubs-features
    """
    value: Any = piece.value
    if not isinstance(value, dict):
        return None
    members = {plain(str(name)): entry for name, entry in value.items()}
    body = members.get("body")
    if body is None or _HUB.isdisjoint(members):
        return None
    if isinstance(body, str):
        return open_text(_decoded(body), piece, "the body of an Event Hubs event")
    records = body.get("records") if isinstance(body, dict) else body
    several = records if isinstance(records, list) else [body]
    return join(
        open_value(Piece(each, json.dumps(each, ensure_ascii=False), None, depth=piece.depth + 1))
        for each in several
    )


_HUB = frozenset(
    {"enqueuedtime", "enqueuedtimeutc", "sequencenumber", "systemproperties", "partitionkey"}
)


def _decoded(text: str) -> str:
    """The text of a body that is JSON, or base64 of it."""
    if text.lstrip()[:1] in ("{", "["):
        return text
    try:
        return base64.b64decode(text, validate=True).decode("utf-8")
    except (binascii.Error, ValueError):
        return text


def read_registry(piece: Piece) -> Found | None:
    """A record of a registry's own log."""
    fields = _fields(piece.value)
    if fields is None or not _is_registry(fields):
        return None
    return Found([of_log(fields).record(piece)])


def _is_registry(fields: Fields) -> bool:
    if any(table in (fields.text("category") + fields.text("type")).lower() for table in _TABLES):
        return True
    if fields.text("category") or "operationname" not in fields:
        return False
    return "loginserver" in fields or all(name in fields for name in _REGISTRY_TABLE | {"digest"})


def read_activity(piece: Piece) -> Found | None:
    """A record of the Activity log, or of another resource's log."""
    fields = _fields(piece.value)
    if fields is None or not _is_activity(fields):
        return None
    about = [NO_BODY] if "activity" in fields.text("type").lower() else []
    return Found([of_activity(fields).record(piece)], about=about)


def _is_activity(fields: Fields) -> bool:
    """An operation of a resource: its id, or the columns and members that only this log has."""
    operation = fields.text("operationnamevalue", "operationname")
    if not operation:
        return False
    if operation.lower().startswith("microsoft.") and "category" in fields:
        return True
    resource = fields.text("resourceid", "_resourceid", "resourceuri", "uri")
    if resource.lower().startswith(("/subscriptions/", "/tenants/", "/providers/")):
        return True
    return (
        "correlationid" in fields
        and ("eventdataid" in fields or operation.lower().startswith("microsoft."))
    ) or ("category" in fields and "calleripaddress" in fields and "time" in fields)


def read_office(piece: Piece) -> Found | None:
    """A record of Microsoft 365's unified audit log, which has the directory's sign-ins.

    https://learn.microsoft.com/office/office-365-management-api/office-365-management-activity-api-schema
    """
    value: Any = piece.value
    needed = {"CreationTime", "Operation", "Workload", "UserId"}
    if not isinstance(value, dict) or not needed <= value.keys():
        return None
    return Found([of_office(Fields(value)).record(piece)])


def _fields(value: Any) -> Fields | None:
    if not isinstance(value, Mapping) or len(value) > 400:
        return None
    return Fields(value)


ENVELOPES = (
    Envelope("Azure Event Hubs", read_hub),
    Envelope("Azure Event Grid", read_event),
    Envelope("Azure registry webhook", read_webhook),
    Envelope("Azure registry log", read_registry),
    Envelope("Azure Activity log", read_activity),
    Envelope("Microsoft 365 audit log", read_office),
)
