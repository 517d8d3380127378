"""Azure's records in the forms of its exports, written from the providers' pages.

https://learn.microsoft.com/azure/azure-monitor/reference/tables/containerregistryrepositoryevents
https://learn.microsoft.com/azure/azure-monitor/platform/resource-logs-schema
https://learn.microsoft.com/azure/azure-monitor/platform/activity-log-schema
https://learn.microsoft.com/azure/event-grid/event-schema-container-registry
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from typing import Any

SUBSCRIPTION = "11111111-2222-3333-4444-555555555555"
TENANT = "99999999-8888-7777-6666-555555555555"
GROUP = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/prod"
REGISTRY = f"{GROUP}/providers/Microsoft.ContainerRegistry/registries/contosoprod"
SERVER = "contosoprod.azurecr.io"
CI = "0f0f0f0f-1111-2222-3333-444444444444"
EVE = "eve@example.com"

Row = dict[str, Any]


def digest(letter: str) -> str:
    return f"sha256:{letter * 64}"


def row(
    operation: str,
    time: str,
    repository: str = "team/api",
    tag: str = "",
    content: str = "",
    who: str = CI,
    **columns: Any,
) -> Row:
    """A row of ContainerRegistryRepositoryEvents, as Log Analytics has it."""
    made: Row = {
        "TimeGenerated": time,
        "OperationName": operation,
        "LoginServer": SERVER,
        "Repository": repository,
        "Tag": tag,
        "Digest": content,
        "MediaType": "application/vnd.oci.image.manifest.v1+json" if content else "",
        "Identity": who,
        "UserTenantId": TENANT,
        "CallerIpAddress": "203.0.113.10",
        "UserAgent": "docker/27.1.1 go/go1.22",
        "ResultType": "HttpStatusCode",
        "ResultDescription": "201",
        "CorrelationId": f"c-{operation}-{time}",
        "Region": "westeurope",
        "Category": "ContainerRegistryRepositoryEvents",
        "_ResourceId": REGISTRY.lower(),
        "Type": "ContainerRegistryRepositoryEvents",
    }
    made.update(columns)
    return made


def login(time: str, who: str = CI, **columns: Any) -> Row:
    """A row of ContainerRegistryLoginEvents."""
    made = row("Login", time, "", who=who, ResultDescription="200", **columns)
    made["Category"] = made["Type"] = "ContainerRegistryLoginEvents"
    return {name: made[name] for name in made if name not in ("Repository", "Tag", "Digest")}


_TOP = {
    "TimeGenerated": "time",
    "OperationName": "operationName",
    "ResultType": "resultType",
    "ResultDescription": "resultDescription",
    "CallerIpAddress": "callerIpAddress",
    "CorrelationId": "correlationId",
    "Region": "location",
    "Category": "category",
    "Identity": "identity",
    "LoginServer": "loginServer",
}


def stored(one: Row) -> Row:
    """The same as a diagnostic setting writes it to a storage account: common members at the top,
    the rest in `properties`, the resource's id in capitals. (That layout of the registry's own
    members is assumed: no stored record has been published.)"""
    made: Row = {"resourceId": one["_ResourceId"].upper()}
    properties: Row = {}
    for name, value in one.items():
        if name in _TOP:
            made[_TOP[name]] = value
        elif not name.startswith("_") and name != "Type":
            properties[name[0].lower() + name[1:]] = value
    made["properties"] = properties
    return made


def lines(*values: Any) -> bytes:
    return "".join(json.dumps(value) + "\n" for value in values).encode()


def tables(*rows: Row) -> bytes:
    """What the Log Analytics API answers.
    https://learn.microsoft.com/azure/azure-monitor/logs/api/response-format"""
    names = list(rows[0])
    columns = [{"name": name, "type": "string"} for name in names]
    cells = [[one.get(name) for name in names] for one in rows]
    table = {"name": "PrimaryResult", "columns": columns, "rows": cells}
    return json.dumps({"tables": [table]}).encode()


def portal_csv(*rows: Row) -> bytes:
    """What the portal's export writes: the zone stands in the header."""
    names = [name.replace("TimeGenerated", "TimeGenerated [UTC]") for name in rows[0]]
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(names)
    writer.writerows(list(one.values()) for one in rows)
    return out.getvalue().encode()


def notice(
    action: str, time: str, repository: str, tag: str, content: str, *, cloud: bool = False
) -> Row:
    """An event of Event Grid, in its own schema or as CloudEvents."""
    kind = {"push": "ImagePushed", "delete": "ImageDeleted", "chart_push": "ChartPushed"}[action]
    data = {**webhook(action, time, repository, tag, content), "location": "westeurope"}
    about = {"id": f"n-{time}", "subject": f"{repository}:{tag}", "data": data}
    name = f"Microsoft.ContainerRegistry.{kind}"
    if cloud:
        return {**about, "specversion": "1.0", "type": name, "source": REGISTRY, "time": time}
    return {**about, "topic": REGISTRY, "eventType": name, "eventTime": time, "dataVersion": "1.0"}


def webhook(action: str, time: str, repository: str, tag: str, content: str) -> Row:
    """A webhook's body.
    https://learn.microsoft.com/azure/container-registry/container-registry-webhook-reference"""
    target = {"repository": repository, "tag": tag, "digest": content, "size": 524}
    return {
        "id": f"w-{action}-{time}",
        "timestamp": time,
        "action": action,
        "target": {name: value for name, value in target.items() if value},
        "request": {
            "id": "r-1", "host": SERVER, "method": "PUT", "useragent": "docker/27.1.1",
        },
    }  # fmt: skip


def activity(
    operation: str,
    time: str,
    resource: str,
    who: str = EVE,
    status: str = "Success",
    **members: Any,
) -> Row:
    """A record of the Activity log as a diagnostic setting writes it."""
    body, answer = members.pop("body", None), members.pop("answer", None)
    properties: Row = {"eventCategory": "Administrative", "entity": resource}
    if body is not None:
        properties["requestbody"] = json.dumps(body)
    if answer is not None:
        properties["responseBody"] = json.dumps(answer)
    claims = {
        "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/upn": who,
        "http://schemas.microsoft.com/identity/claims/objectidentifier": f"oid-{who}",
        "http://schemas.microsoft.com/identity/claims/tenantid": TENANT,
        "uti": f"token-of-{who}",
    }
    made: Row = {
        "time": time,
        "resourceId": resource.upper(),
        "operationName": operation.upper(),
        "category": "Administrative",
        "resultType": status,
        "resultSignature": "Succeeded.OK",
        "correlationId": f"c-{operation}-{resource}",
        "callerIpAddress": "198.51.100.7",
        "location": "global",
        "identity": {
            "authorization": {"evidence": {"principalType": "User", "principalId": f"oid-{who}"}},
            "claims": claims,
        },
        "properties": properties,
    }
    made.update(members)
    return made


def many(make: Any, rows: Sequence[Row]) -> list[Row]:
    return [make(one) for one in rows]
