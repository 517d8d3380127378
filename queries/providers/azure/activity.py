"""Azure's Activity log to events: the control plane of registries, and of what runs images.

One call is written several times, as it starts and as it ends, under one correlation id;
`join_steps` makes one event of them.
https://learn.microsoft.com/azure/azure-monitor/platform/activity-log-schema
https://learn.microsoft.com/azure/azure-monitor/reference/tables/azureactivity
"""

from __future__ import annotations

import json
from typing import Any

from queries.providers.azure import identity
from queries.providers.azure.deployments import deployment_of
from queries.providers.azure.events import NAME, result
from queries.providers.azure.fields import Fields, Resource, address, made_id, opened
from queries.providers.azure.hosts import login_server
from queries.providers.azure.vocabulary import REGISTRY, control_call, only_reads
from queries.providers.event import Event
from queries.providers.vocabulary import PUSH
from queries.times import utc_time

STARTED = frozenset({"start", "started", "accept", "accepted", "running", "inprogress"})
_SHORT = 60_000
"""Characters of a body that are kept: templates may be megabytes, and the raw record has them."""


def of_activity(fields: Fields) -> Event:
    """A record of the Activity log, in any of its exports."""
    resource = Resource(fields.text("resourceid", "_resourceid", "resourceuri") or _scope(fields))
    operation = fields.text("operationnamevalue", "operationname", "authorizationaction")
    service, name, action = (
        control_call(operation) if "/" in operation else _unnamed(operation, resource, fields)
    )
    caller = identity.of_activity(fields)
    status = fields.text("activitystatusvalue", "resulttype", "activitystatus", "status")
    sub = fields.text("activitysubstatusvalue", "resultsignature", "substatus")
    message = fields.text("resultdescription", "statusmessage", "statustext")
    code = fields.text("statuscode")
    outcome, error, message = result(status, message or sub, code if code.isdigit() else "")
    asked = opened(fields.value("requestbody")) or _body(fields)
    answer = opened(fields.value("responsebody"))
    registry = login_server(resource.name("registries")) if service == REGISTRY else ""
    image = _imported(asked) if action == PUSH else ("", "")
    if action == PUSH and not image[0]:
        action = "settings"
    when = fields.time
    started = status.lower() in STARTED
    http = Fields(opened(fields.value("httprequest")))
    event = Event(
        provider=NAME,
        time=when,
        event_id=fields.text("eventdataid")
        or made_id(when, operation.lower(), resource.text.lower(), fields.text("correlationid"),
                   status, caller.principal, fields.text("operationid"),
                   json.dumps(fields.properties, sort_keys=True, default=str)),
        service=service,
        name=name,
        account=resource.subscription or fields.text("subscriptionid"),
        region=_region(fields.text("location", "resourcelocation")),
        address=address(
            fields.text("calleripaddress", "clientipaddress") or http.text("clientipaddress")
        ),
        agent=fields.text("useragent", "useragentheader"),
        outcome=outcome,
        error=error,
        error_message=message if outcome != "ok" else "",
        request_id=fields.text("correlationid"),
        reads=only_reads(operation, action),
        category="Started" if started else "",
        kind=fields.text("categoryvalue", "category", "eventcategory") or "Administrative",
        principal=caller.principal,
        identity_type=caller.type,
        principal_id=caller.principal_id,
        principal_account=caller.tenant,
        user_name=caller.name,
        key=caller.key,
        action=action,
        registry=registry,
        repository=f"{registry}/{image[0]}" if image[0] else "",
        repository_name=image[0],
        tag=image[1],
        target="/".join(resource.names[-2:]) or resource.group or resource.text,
        made_by="",
        via="API call" if action == PUSH else "",
        request={"operation": operation, "status": status, "resource": resource.text,
                 **_kept(asked)},
        response=_kept(answer) or None,
        resource=resource.text,
    )  # fmt: skip
    event.deployment = deployment_of(service, operation, resource, asked or answer)
    return event


def of_office(fields: Fields) -> Event:
    """A record of Microsoft 365's audit log: sign-ins to the directory, and changes in it."""
    workload = fields.text("workload")
    failed = fields.text("resultstatus").lower() in ("failed", "failure", "false")
    return Event(
        provider=NAME,
        time=utc_time(fields.value("creationtime")) or "",
        event_id=fields.text("id"),
        service=f"Microsoft365.{workload}",
        name=fields.text("operation"),
        account=fields.text("organizationid"),
        address=address(fields.text("clientip", "clientipaddress", "actoripaddress")),
        outcome="failed" if failed else "ok",
        error=fields.text("resultstatus") if failed else "",
        kind="Microsoft 365 audit",
        principal=fields.text("userid") or identity.NOT_RECORDED,
        identity_type="User" if "@" in fields.text("userid") else "",
        principal_id=fields.text("userkey"),
        user_name=fields.text("userid"),
        target=fields.text("objectid"),
        request={"recordType": fields.text("recordtype")},
    )


def _unnamed(operation: str, resource: Resource, fields: Fields) -> tuple[str, str, str]:
    """(service, name, action) of a call whose operation names no provider: those to a resource's
    data (`GetBlob`), and directory changes (`Add member to role`)."""
    provider = resource.provider or fields.text("resourceprovidername", "resourceprovider").lower()
    service = control_call(f"{provider}/x")[0] if provider else "Microsoft"
    return service, operation or "Unknown", ""


def _scope(fields: Fields) -> str:
    authorization = Fields(opened(fields.value("authorization", "authorizationd")))
    return authorization.text("scope")


def _body(fields: Fields) -> dict[str, Any]:
    """What a call asked for, where the record keeps the body among its properties."""
    for name in ("requestbody", "request", "payload"):
        if found := opened(fields.value(name)):
            return found
    return {}


def _kept(body: dict[str, Any]) -> dict[str, Any]:
    return body if len(str(body)) <= _SHORT else {"note": "too long to be kept; see the raw record"}


def _imported(body: dict[str, Any]) -> tuple[str, str]:
    """(repository, tag) that ImportImage fills; the image comes in without a client.
    https://learn.microsoft.com/rest/api/containerregistry/registries/import-image
    """
    tags = body.get("targetTags")
    first = tags[0] if isinstance(tags, list) and tags and isinstance(tags[0], str) else ""
    source = opened(body.get("source")).get("sourceImage")
    named = first or (source if isinstance(source, str) else "")
    repository, _, tag = named.partition("@")[0].partition(":")
    return repository, tag


def _region(text: str) -> str:
    return text.lower().replace(" ", "")
