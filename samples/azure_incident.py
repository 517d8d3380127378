"""A week of an Azure Container Registry, as diagnostic settings leave it in a storage account.

A pipeline builds and releases, a managed identity pulls for a container app, developers push by
hand. On Friday night somebody in a stolen account takes the registry's admin password, and pushes
with it. Forms: the registry's own log (ContainerRegistryRepositoryEvents, …LoginEvents) and the
Activity log, one append blob an hour; and what Event Grid sent to a webhook receiver.
https://learn.microsoft.com/azure/azure-monitor/platform/resource-logs-schema
"""

import json
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from random import Random

from samples.images import OCI_MANIFEST, digest_of

Record = dict[str, object]

SUBSCRIPTION = "11111111-2222-3333-4444-555555555555"
TENANT = "99999999-8888-7777-6666-555555555555"
GROUP = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/shop"
REGISTRY = f"{GROUP}/providers/Microsoft.ContainerRegistry/registries/exampleshop"
SERVER = "exampleshop.azurecr.io"
APP = f"{GROUP}/providers/Microsoft.App/containerApps/checkout"

CI = "c1d0e5f2-7a3b-4c6d-8e9f-0a1b2c3d4e5f"
KUBELET = "9ab47c11-2d3e-4f50-8a6b-7c8d9e0f1a2b"
LEE, JO = "lee.dev@example.com", "jo.build@example.com"
ADMIN = "exampleshop"
OFFICE, RUNNER, CLUSTER, AWAY = "203.0.113.40", "203.0.113.80", "203.0.113.120", "198.51.100.77"
DOCKER, CONTAINERD = "docker/27.1.1 go/go1.22 os/linux", "containerd/1.7.23"

FOLDERS = (
    "insights-logs-containerregistryrepositoryevents", "insights-logs-containerregistryloginevents",
    "insights-activity-logs", "event-grid",
)  # fmt: skip
FIRST = datetime(2026, 3, 2, tzinfo=UTC)
DAYS = 5


class _Week:
    """The three logs while they are written."""

    def __init__(self, seed: int) -> None:
        self.rng = Random(f"azure {seed}")
        self.stored: list[tuple[datetime, str, Record]] = []
        self.notices: list[Record] = []

    def at(self, day: int, hour: int, minute: int, second: int = 0) -> datetime:
        jitter = timedelta(seconds=self.rng.randrange(50), microseconds=self.rng.randrange(10**6))
        return FIRST + timedelta(days=day, hours=hour, minutes=minute, seconds=second) + jitter

    def id(self) -> str:
        text = f"{self.rng.getrandbits(128):032x}"
        return "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))

    def data(
        self, operation: str, when: datetime, who: str, address: str, agent: str,
        repository: str = "", tag: str = "", digest: str = "", answer: str = "200",
    ) -> None:  # fmt: skip
        """A line of the registry's log."""
        kind = "Login" if operation == "Login" else "Repository"
        about: Record = {"userAgent": agent, "userTenantId": TENANT}
        named = {"repository": repository, "tag": tag, "digest": digest}
        about |= {name: value for name, value in named.items() if value}
        if digest and operation == "Push":
            about |= {"mediaType": OCI_MANIFEST, "size": 1200 + self.rng.randrange(900)}
        category = f"ContainerRegistry{kind}Events"
        record: Record = {
            "time": _iso(when),
            "resourceId": REGISTRY.upper(),
            "operationName": operation,
            "category": category,
            "resultType": "HttpStatusCode",
            "resultDescription": answer,
            "callerIpAddress": address,
            "identity": who,
            "correlationId": self.id(),
            "location": "westeurope",
            "loginServer": SERVER,
            "properties": about,
        }
        self.stored.append((when, f"insights-logs-{category.lower()}", record))
        if operation == "Push" and answer < "400":
            self.notices.append(self._notice(when, repository, tag, digest, agent))

    def _notice(self, when: datetime, repository: str, tag: str, digest: str, agent: str) -> Record:
        target = {"mediaType": OCI_MANIFEST, "digest": digest, "repository": repository, "tag": tag}
        request = {"id": self.id(), "host": SERVER, "method": "PUT", "useragent": agent}
        return {
            "id": self.id(),
            "topic": REGISTRY,
            "subject": f"{repository}:{tag}",
            "eventType": "Microsoft.ContainerRegistry.ImagePushed",
            "eventTime": _iso(when + timedelta(seconds=1)),
            "dataVersion": "1.0",
            "data": {
                "id": self.id(), "timestamp": _iso(when), "action": "push", "target": target,
                "request": request,
            },
        }  # fmt: skip

    def push(
        self, when: datetime, who: str, address: str, repository: str, tag: str, digest: str
    ) -> None:
        self.data("Login", when - timedelta(seconds=40), who, address, DOCKER)
        self.data("Push", when, who, address, DOCKER, repository, tag, digest, "201")

    def call(
        self, operation: str, when: datetime, who: str, address: str, resource: str = REGISTRY,
        body: Record | None = None, denied: bool = False,
    ) -> None:  # fmt: skip
        """A call of the control plane, as it starts and as it ends."""
        correlation, token = self.id(), self.id()[:22]
        states = [
            ("Start", when),
            ("Failure" if denied else "Success", when + timedelta(seconds=3)),
        ]
        for status, moment in states:
            properties: Record = {"eventCategory": "Administrative", "entity": resource}
            if status == "Start" and body is not None:
                properties["requestbody"] = json.dumps(body)
            record: Record = {
                "time": _iso(moment),
                "resourceId": resource.upper(),
                "operationName": operation.upper(),
                "category": "Administrative",
                "resultType": status,
                "resultSignature": "Forbidden" if denied and status == "Failure" else status,
                "correlationId": correlation,
                "callerIpAddress": address,
                "identity": {"claims": _claims(who, token)},
                "location": "global",
                "properties": properties,
            }
            if denied and status == "Failure":
                record["resultDescription"] = (
                    "AuthorizationFailed: the client is forbidden to do so"
                )
            self.stored.append((moment, "insights-activity-logs", record))


def _claims(who: str, token: str) -> Record:
    schema = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims"
    directory = "http://schemas.microsoft.com/identity/claims"
    claims: Record = {f"{directory}/objectidentifier": digest_of(who)[7:43], "uti": token}
    claims[f"{directory}/tenantid"] = TENANT
    return claims | ({f"{schema}/upn": who} if "@" in who else {"appid": who, "idtyp": "app"})


def _iso(when: datetime) -> str:
    """Seven digits, as Azure writes them."""
    return f"{when.strftime('%Y-%m-%dT%H:%M:%S')}.{when.microsecond:06d}0Z"


def _everyday(week: _Week) -> dict[str, str]:
    """Builds, releases, pulls and work by hand; returns what tags name in the end."""
    tags: dict[str, str] = {}
    for day in range(DAYS):
        for hour, repository in ((9, "shop/web"), (11, "shop/checkout"), (15, "shop/checkout")):
            version = f"{day + 1}.{hour}.0"
            digest = digest_of(f"{repository}:{version}")
            week.push(week.at(day, hour, 10), CI, RUNNER, repository, version, digest)
            if hour == 15:  # the release of the day: the tag moves to an image that is there
                week.push(week.at(day, 16, 5), CI, RUNNER, repository, "prod", digest)
                week.data("Pull", week.at(day, 16, 20), KUBELET, CLUSTER, CONTAINERD, repository,
                          "prod", digest)  # fmt: skip
                _release(week, day, digest)
            tags[f"{repository}:prod"] = digest
        for hour in (8, 13, 19):
            week.data("Login", week.at(day, hour, 30), KUBELET, CLUSTER, CONTAINERD)
            web = digest_of(f"shop/web:{day + 1}.9.0")
            # Pulls by a managed identity have the digest where the tag stands (Azure/acr#734).
            week.data("Pull", week.at(day, hour, 31), KUBELET, CLUSTER, CONTAINERD, "shop/web", web)
        week.push(week.at(day, 14, 20), LEE, OFFICE, "dev/scratch", "lee", digest_of(f"lee {day}"))
        week.call("Microsoft.ContainerRegistry/registries/read", week.at(day, 10, 3), LEE, OFFICE)
    week.data("Untag", week.at(3, 14, 40), LEE, OFFICE, "az cli", "dev/scratch", "lee", "", "202")
    week.data("Push", week.at(1, 17, 2), LEE, OFFICE, DOCKER, "shop/web", "fix", "", "403")
    return tags


def _release(week: _Week, day: int, digest: str) -> None:
    image = f"{SERVER}/shop/checkout:prod" if day % 2 == 0 else f"{SERVER}/shop/checkout@{digest}"
    template = {"containers": [{"name": "checkout", "image": image}]}
    body: Record = {"properties": {"template": template}}
    week.call("Microsoft.App/containerApps/write", week.at(day, 16, 18), CI, RUNNER, APP, body)


def _intrusion(week: _Week, good: str) -> None:
    """Friday night: the admin password, an image under the tag that runs, and the traces."""
    registry = "Microsoft.ContainerRegistry/registries"
    evil = digest_of("shop/checkout implanted")
    enabled: Record = {"properties": {"adminUserEnabled": True}}
    week.call(f"{registry}/read", week.at(4, 22, 2), JO, AWAY)
    week.call(f"{registry}/write", week.at(4, 22, 11), JO, AWAY, body=enabled)
    week.call(f"{registry}/listCredentials/action", week.at(4, 22, 14), JO, AWAY)
    week.data("Login", week.at(4, 22, 19), ADMIN, AWAY, DOCKER)
    week.data("Pull", week.at(4, 22, 20), ADMIN, AWAY, DOCKER, "shop/checkout", "prod", good)
    week.data("Push", week.at(4, 22, 41), ADMIN, AWAY, DOCKER, "shop/checkout", "prod", evil, "201")
    template = {"containers": [{"name": "checkout", "image": f"{SERVER}/shop/checkout:prod"}]}
    week.call("Microsoft.App/containerApps/write", week.at(4, 22, 50), JO, AWAY, APP,
              {"properties": {"template": template}})  # fmt: skip
    week.data(
        "Pull", week.at(4, 22, 52), KUBELET, CLUSTER, CONTAINERD, "shop/checkout", "prod", evil
    )
    hook: Record = {
        "properties": {"serviceUri": "https://hooks.example.com/in", "actions": ["push"]}
    }
    week.call(f"{registry}/webhooks/write", week.at(4, 23, 5), JO, AWAY, f"{REGISTRY}/webhooks/ci",
              hook)  # fmt: skip
    week.data("Delete", week.at(4, 23, 12), ADMIN, AWAY, "python-requests/2.31", "shop/checkout",
              "", good, "202")  # fmt: skip
    settings = f"{REGISTRY}/providers/Microsoft.Insights/diagnosticSettings/audit"
    week.call("Microsoft.Insights/diagnosticSettings/delete", week.at(4, 23, 20), JO, AWAY,
              settings, denied=True)  # fmt: skip


def build(seed: int) -> dict[str, bytes]:
    """Every file of the evidence: path below the folder -> bytes."""
    week = _Week(seed)
    _everyday(week)
    _intrusion(week, digest_of("shop/checkout:5.15.0"))
    files: dict[str, list[Record]] = defaultdict(list)
    for when, container, record in sorted(week.stored, key=lambda entry: entry[0]):
        resource = REGISTRY if "registry" in container else f"/subscriptions/{SUBSCRIPTION}"
        hour = when.strftime("y=%Y/m=%m/d=%d/h=%H/m=00")
        files[f"{container}/resourceId={resource.upper()}/{hour}/PT1H.json"].append(record)
    found = {path: b"".join(_lines(records)) for path, records in files.items()}
    notices = sorted(week.notices, key=lambda each: str(each["eventTime"]))
    found["event-grid/received.json"] = json.dumps(notices, indent=1).encode() + b"\n"
    return found


def _lines(records: list[Record]) -> Iterator[bytes]:
    for record in records:
        yield json.dumps(record, separators=(",", ":")).encode() + b"\r\n"
