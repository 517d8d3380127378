"""Three days of ECR and of an EKS cluster that runs what is pushed there.

A pipeline builds `team/pay`, and a release job rolls it out: CloudTrail has the pushes and the
roles, the cluster's audit log who changed which deployment, and what its controllers made of it. On
the last night somebody with a stolen key takes the same way. The audit log comes as CloudWatch
exports it to S3; on EKS it names the IAM session behind a user of the cluster.
https://docs.aws.amazon.com/eks/latest/userguide/control-plane-logs.html
https://kubernetes.io/docs/reference/config-api/apiserver-audit.v1/
"""

import gzip
import io
import json
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random

from samples.cast import BOTO3, CI_SDK, PRODUCTION, THIEF_ADDRESS, VIRGINIA, Cast, Role
from samples.cloudtrail import Caller, Client, Clock, Fields, Ids, Trail
from samples.delivery import deliver
from samples.images import Manifest, blob, docker_image
from samples.registry import Docker, Repository, login, runner_address
from samples.sessions import assume_role, github_login

Record = dict[str, object]

FIRST = datetime(2026, 3, 10, tzinfo=UTC)
NAMESPACE = "shop"
KUBECTL = "kubectl/v1.31.2 (linux/amd64) kubernetes/5864a46"
MANAGER = "kube-controller-manager/v1.31.4 (linux/amd64) kubernetes/a78aa47"
SYSTEM = "system:serviceaccount:kube-system"
NODE = "ip-10-0-3-17.ec2.internal"
ALPHABET = "bcdfghjklmnpqrstvwxz2456789"


@dataclass
class _Cluster:
    """The audit log while it is written."""

    ids: Ids
    rng: Random
    clock: Clock
    events: list[tuple[datetime, Record]] = field(default_factory=list)
    replicas: dict[str, str] = field(default_factory=dict)

    def ask(
        self, verb: str, resource: str, name: str, user: Fields, client: Client,
        body: object = None, *, namespace: str = NAMESPACE, code: int = 0, query: str = "",
    ) -> None:  # fmt: skip
        """One request, as it comes in and as it is answered."""
        when = self.clock.tick(0.1, 0.9)
        resource, _, below = resource.partition("/")
        group = "" if resource in ("pods", "secrets") else "apps"
        named = {"resource": resource, "namespace": namespace, "name": name, "apiGroup": group,
                 "apiVersion": "v1", "subresource": below}  # fmt: skip
        path = f"/{'apis/apps' if group else 'api'}/v1/namespaces/{namespace}/{resource}"
        path += "".join(f"/{part}" for part in (name if verb != "create" else "", below) if part)
        request: Record = {
            "kind": "Event",
            "apiVersion": "audit.k8s.io/v1",
            "level": "RequestResponse" if body is not None else "Metadata",
            "auditID": self.ids.event(),
            "stage": "RequestReceived",
            "requestURI": path + query,
            "verb": verb,
            "user": user,
            "sourceIPs": [client.address],
            "userAgent": client.agent,
            "objectRef": {key: value for key, value in named.items() if value},
            "requestReceivedTimestamp": _micro(when),
            "stageTimestamp": _micro(when),
        }
        self.events.append((when, request))
        answered = when + timedelta(milliseconds=self.rng.randrange(3, 90))
        done = code or (201 if verb == "create" else 200)
        decision = "forbid" if done == 403 else "allow"
        status: Record = {"metadata": {}, "code": done}
        if done == 403:
            status |= {"status": "Failure", "reason": "Forbidden"}
        answer = request | {
            "stage": "ResponseComplete",
            "responseStatus": status,
            "stageTimestamp": _micro(answered),
            "annotations": {"authorization.k8s.io/decision": decision},
        }
        if body is not None:
            answer["requestObject"] = body
        self.events.append((answered, answer))

    def roll_out(self, app: str, image: str, digest: str, user: Fields, client: Client) -> str:
        """A deployment gets an image, and the controllers and a node do their part."""
        container = {"name": app, "image": image}
        change = {"spec": {"template": {"spec": {"containers": [container]}}}}
        self.ask("patch", "deployments", app, user, client, change)
        manager = Client("10.0.96.12", MANAGER)
        replicas = f"{app}-{self._letters(9)}"
        self.replicas[app] = replicas
        owned = _owned("Deployment", app) | {"name": replicas}
        template = {"spec": {"containers": [container]}}
        made = {"kind": "ReplicaSet", "metadata": owned, "spec": {"template": template}}
        self.ask(
            "create", "replicasets", replicas, _account("deployment-controller"), manager, made
        )
        self.clock.tick(1, 2)
        pod = f"{replicas}-{self._letters(5)}"
        body = {"kind": "Pod", "metadata": _owned("ReplicaSet", replicas), "spec": template["spec"]}
        self.ask("create", "pods", pod, _account("replicaset-controller"), manager, body)
        self.clock.tick(4, 9)
        self._running(pod, app, image, digest)
        return pod

    def _running(self, pod: str, app: str, image: str, digest: str) -> None:
        """The node says what it runs, by its digest."""
        status = {"name": app, "image": image, "imageID": f"{image.rsplit(':', 1)[0]}@{digest}"}
        node: Fields = {"username": f"system:node:{NODE}", "groups": ["system:nodes"]}
        kubelet = Client("10.0.3.17", "kubelet/v1.31.4 (linux/amd64) kubernetes/a78aa47")
        body = {"status": {"containerStatuses": [status]}}
        self.ask("patch", "pods/status", pod, node, kubelet, body)

    def _letters(self, count: int) -> str:
        return "".join(self.rng.choice(ALPHABET) for _ in range(count))

    def files(self) -> Iterator[tuple[str, bytes]]:
        """One stream a day: each line a time and the event, as an export task writes it."""
        days: dict[str, list[str]] = defaultdict(list)
        for when, event in sorted(self.events, key=lambda entry: entry[0]):
            text = json.dumps(event, separators=(",", ":"))
            days[when.strftime("%Y-%m-%d")].append(f"{_milli(when)} {text}\n")
        for number, (_, lines) in enumerate(sorted(days.items())):
            folder = f"exports/aws-eks-prod-cluster/kube-apiserver-audit-{number:032x}"
            yield f"{folder}/000000.gz", _gzip("".join(lines).encode())


def _owned(kind: str, name: str) -> Record:
    owner = {"apiVersion": "apps/v1", "kind": kind, "name": name, "controller": True}
    return {"generateName": f"{name}-", "ownerReferences": [owner]}


def _account(name: str) -> Fields:
    return {"username": f"{SYSTEM}:{name}", "groups": ["system:serviceaccounts"]}


def _iam(caller: Caller, name: str, role: Role) -> Fields:
    """A caller whom EKS let in by an IAM session."""
    session = caller.arn.rsplit("/", 1)[-1]
    extra = {
        "accessKeyId": [caller.key],
        "arn": [caller.arn],
        "canonicalArn": [role.arn],
        "principalId": [role.unique_id],
        "sessionName": [session],
    }
    uid = f"aws-iam-authenticator:{role.account}:{role.unique_id}"
    return {"username": name, "uid": uid, "groups": ["system:authenticated"], "extra": extra}


def _micro(when: datetime) -> str:
    return when.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _milli(when: datetime) -> str:
    return f"{when.strftime('%Y-%m-%dT%H:%M:%S')}.{when.microsecond // 1000:03d}Z"


def _gzip(text: bytes) -> bytes:
    buffer = io.BytesIO()
    with gzip.GzipFile(filename="", mode="wb", compresslevel=9, fileobj=buffer, mtime=0) as packed:
        packed.write(text)
    return buffer.getvalue()


class _Story:
    """Who is there, and what happens."""

    def __init__(self, seed: int) -> None:
        self.rng = Random(f"cluster {seed}")
        self.ids = Ids(self.rng)
        self.trail = Trail(self.ids)
        self.cast = Cast(self.ids)
        self.clock = Clock(FIRST, self.rng)
        self.cluster = _Cluster(self.ids, self.rng, self.clock)
        self.pay = Repository(PRODUCTION, VIRGINIA, "team/pay")
        self.base = [blob("debian/bookworm", 28_204_865), blob("pay/python", 12_587_020)]

    def go(self, day: int, hour: int, minute: int) -> None:
        self.clock.now = FIRST + timedelta(days=day, hours=hour, minutes=minute)

    def image(self, version: str) -> Manifest:
        layers = [*self.base, blob(f"pay/{version}", 1_900_000 + self.rng.randrange(90_000))]
        return docker_image(f"team/pay:{version}", layers)

    def release(self, version: str) -> Manifest:
        """CI builds and pushes; another job of it deploys."""
        manifest = self.image(version)
        runner = Client(runner_address(self.rng), CI_SDK)
        subject = "repo:example/pay:ref:refs/heads/main"
        docker = self._login(self.cast.ci_push, subject, runner)
        docker.push(self.pay, manifest, version)
        docker.put(self.pay, manifest, "prod")
        self.clock.tick(60, 120)
        deployer = github_login(self.trail, self.clock, self.cast.deploy, subject, runner)
        user = _iam(deployer, "release", self.cast.deploy)
        kubectl = Client(runner.address, KUBECTL)
        image = f"{self.pay.uri}:{version}"
        self.cluster.roll_out("pay", image, manifest.digest, user, kubectl)
        return manifest

    def _login(self, role: Role, subject: str, client: Client) -> Docker:
        caller = github_login(self.trail, self.clock, role, subject, client)
        return login(self.trail, self.clock, caller, VIRGINIA)

    def break_in(self, original: Manifest) -> None:
        """A stolen key, the roles of the pipeline, a tag moved, a pod that owns its node."""
        thief, kubectl = Client(THIEF_ADDRESS, BOTO3), Client(THIEF_ADDRESS, KUBECTL)
        sam = self.cast.sam.by_key(thief)
        jump = assume_role(self.trail, self.clock, sam, self.cast.jump, "sam.sre")
        pusher = assume_role(self.trail, self.clock, jump, self.cast.ci_push, "1773357001")
        docker = login(self.trail, self.clock, pusher, VIRGINIA)
        docker.pull(self.pay, "prod")
        self.clock.tick(600, 700)
        layers = [*original.layers, blob("pay/implant", 41_302)]
        implant = docker_image("team/pay:implant", layers)
        docker.push(self.pay, implant, "prod")
        self.clock.tick(90, 120)
        deployer = assume_role(self.trail, self.clock, jump, self.cast.deploy, "1773357002")
        user = _iam(deployer, "release", self.cast.deploy)
        pod = self.cluster.roll_out("pay", f"{self.pay.uri}:prod", implant.digest, user, kubectl)
        self.clock.tick(60, 90)
        run = "/exec?command=sh&command=-c&command=env&container=pay&stdin=true&tty=true"
        self.cluster.ask("get", "pods/exec", pod, user, kubectl, code=101, query=run[5:])
        self.cluster.ask("list", "secrets", "", user, kubectl, namespace="kube-system", code=403)
        self._own_node(user, kubectl)

    def _own_node(self, user: Fields, kubectl: Client) -> None:
        """A pod with the node's files and processes, from the same image."""
        container = {
            "name": "debug", "image": f"{self.pay.uri}:prod",
            "command": ["nsenter", "-t", "1", "-m", "sh"], "securityContext": {"privileged": True},
        }  # fmt: skip
        spec = {
            "hostPID": True, "containers": [container],
            "volumes": [{"name": "host", "hostPath": {"path": "/"}}],
        }  # fmt: skip
        body = {"kind": "Pod", "metadata": {"name": "pay-debug"}, "spec": spec}
        self.cluster.ask("create", "pods", "pay-debug", user, kubectl, body)
        self.clock.tick(500, 600)
        self.cluster.ask("delete", "pods", "pay-debug", user, kubectl)

    def watch(self) -> None:
        """What a monitoring agent asks all day long, and a person now and then."""
        agent = Client("10.0.3.44", "metrics/0.7.2")
        self.cluster.ask("list", "pods", "", _account("metrics"), agent)
        if self.rng.random() < 0.4:
            dana: Fields = {"username": "dana.ops", "groups": ["ops", "system:authenticated"]}
            self.cluster.ask("get", "pods/log", "pay", dana, Client("203.0.113.10", KUBECTL))


def build(seed: int) -> dict[str, bytes]:
    """Every file of the evidence: path below the folder -> bytes."""
    story = _Story(seed)
    running = story.image("0")
    for day in range(3):
        for hour in range(24):
            story.go(day, hour, 3)
            story.watch()
            if hour == 10:
                running = story.release(f"2.{day}.0")
        if day == 2:
            story.go(day, 23, 20)
            story.break_in(running)
    files = deliver(story.trail.entries, [], Random(f"cluster delivery {seed}"))
    return {path: data for path, data in files.items() if "Digest" not in path} | dict(
        story.cluster.files()
    )
