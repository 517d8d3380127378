"""Invent a trail delivery of any size: seeded, so that two machines measure the same bytes.

Records are written from text templates (json.dumps of each would cost more than the benchmark)
and each file depends on nothing but the seed and its number, so that files are made in parallel.
The mix follows what public samples of busy accounts show: reads outnumber writes, roles outnumber
users, services call on behalf of others, about 2 % of calls fail, and the registry is a small part
in which one PutImage comes with some twenty layer calls.
"""

from __future__ import annotations

import gzip
import hashlib
import itertools
import json
import multiprocessing
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

VERSION = 1
"""Raised when the same arguments give other files, so that kept ones are not mistaken for them."""
EVENTS_PER_FILE = 4_000
ACCOUNTS = tuple(f"{base}{base}{base}" for base in ("0111", "1112", "2223", "3334", "4445", "5556"))
REGIONS = ("us-east-1", "eu-west-1", "us-west-2", "ap-southeast-1")
REPOSITORIES = tuple(
    f"{team}/{part}"
    for team in ("payments", "web", "data", "platform", "ml")
    for part in ("api", "worker", "base", "cron", "gateway", "proxy")
)
_START = datetime(2026, 3, 2, tzinfo=UTC)
_WINDOW = timedelta(hours=6)
_PROCESSES = 2
_ROLES = ("app", "node", "deploy", "ci", "audit", "backup", "batch", "ops", "reader", "pipeline")
_USERS = ("alice", "bob", "carol", "dan", "erin", "frank", "grace", "heidi")
_AGENTS = (
    "aws-sdk-java/2.31.9 Linux/5.10.234 OpenJDK_64-Bit_Server_VM/17.0.14 vendor/Amazon.com_Inc.",
    "Boto3/1.40.2 md/Botocore#1.40.2 ua/2.1 os/linux#6.1.132 md/arch#x86_64 lang/python#3.12.9",
    "aws-cli/2.27.4 md/awscrt#0.26.1 ua/2.1 os/linux#6.8.0-1029-aws exec-env/CloudShell",
    "APN/1.0 HashiCorp/1.0 Terraform/1.11.4 (+https://www.terraform.io) aws-sdk-go-v2/1.36.3",
    "aws-sdk-go/1.55.5 (go1.23.8; linux; amd64) amazon-ssm-agent/3.3.2299.0",
)
_DOCKER = "docker/28.1.1 go/go1.23.8 git-commit/01f442b kernel/6.1.132 os/linux arch/amd64"
_READS = (
    ("ec2", "DescribeInstances", '{"instancesSet":{},"filterSet":{}}'),
    ("ec2", "DescribeVolumes", '{"volumeSet":{},"filterSet":{},"maxResults":500}'),
    ("ec2", "DescribeSecurityGroups", '{"securityGroupSet":{},"securityGroupIdSet":{}}'),
    ("s3", "GetBucketAcl", '{"bucketName":"corp-data-%d","Host":"s3.amazonaws.com","acl":""}'),
    ("s3", "ListBuckets", '{"Host":"s3.amazonaws.com"}'),
    ("iam", "GetRole", '{"roleName":"app-%d"}'),
    ("iam", "ListAttachedRolePolicies", '{"roleName":"app-%d"}'),
    ("lambda", "GetFunction20150331v2", '{"functionName":"handler-%d"}'),
    ("dynamodb", "DescribeTable", '{"tableName":"orders-%d"}'),
    ("monitoring", "DescribeAlarms", '{"maxRecords":100}'),
    ("logs", "DescribeLogGroups", '{"limit":50}'),
    ("ecs", "DescribeServices", '{"cluster":"main","services":["svc-%d"]}'),
    ("ssm", "GetParametersByPath", '{"path":"/app/%d","recursive":true,"withDecryption":true}'),
    ("secretsmanager", "GetSecretValue", '{"secretId":"prod/app-%d"}'),
    ("sts", "GetCallerIdentity", "null"),
)
_WRITES = (
    ("logs", "CreateLogStream", '{"logGroupName":"/ecs/app","logStreamName":"s-%d"}', "null"),
    ("ssm", "UpdateInstanceInformation", '{"instanceId":"i-0%d","agentStatus":"Active"}', "null"),
    ("ec2", "CreateTags", '{"resourcesSet":{"items":[{"resourceId":"vol-0%d"}]}}', "null"),
    ("s3", "PutBucketPolicy", '{"bucketName":"corp-data-%d"}', "null"),
    ("lambda", "UpdateFunctionCode20150331v2", '{"functionName":"handler-%d"}', '{"codeSize":1}'),
    ("ecs", "RunTask", '{"cluster":"main","taskDefinition":"svc-%d:7"}', '{"failures":[]}'),
    ("iam", "CreateAccessKey", '{"userName":"robot-%d"}', "null"),
)  # fmt: skip
_ERRORS = (
    ("AccessDenied", "User is not authorized to perform this action"),
    ("Client.UnauthorizedOperation", "You are not authorized to perform this operation."),
    ("ThrottlingException", "Rate exceeded"),
    ("ResourceNotFoundException", "The requested resource was not found"),
)


@dataclass(frozen=True, slots=True)
class Actor:
    """Who makes calls: the userIdentity text, and from where."""

    identity: str
    address: str
    agent: str
    arn: str
    key: str


def generate(folder: Path, events: int, seed: int = 1) -> list[Path]:
    """Files of `events` records under a folder named by the arguments; those there are kept."""
    root = folder / f"trail-v{VERSION}-{events}-{seed}"
    count = -(-events // EVENTS_PER_FILE)
    jobs = [
        (root, seed, number, min(EVENTS_PER_FILE, events - number * EVENTS_PER_FILE))
        for number in range(count)
    ]
    done = root / "complete"
    if not done.exists():
        if count < 4:
            for job in jobs:
                _write(job)
        else:
            with multiprocessing.get_context("spawn").Pool(_PROCESSES) as pool:
                for _ in pool.imap_unordered(_write, jobs, chunksize=4):
                    pass
        done.touch()
    return [_path(*job[:3]) for job in jobs]


def evidence_folder(folder: Path, events: int, seed: int = 1) -> Path:
    """The folder that `generate` fills, as a person would give it to the program."""
    return folder / f"trail-v{VERSION}-{events}-{seed}" / "AWSLogs"


def kept_index(folder: Path, events: int) -> Path:
    """Where the index of it is kept for the next time."""
    return folder / f"index-{events}.duckdb"


def _place(number: int) -> tuple[str, str, int]:
    """Account, region and window of a file."""
    series = number % (len(ACCOUNTS) * len(REGIONS))
    window = number // (len(ACCOUNTS) * len(REGIONS))
    return ACCOUNTS[series // len(REGIONS)], REGIONS[series % len(REGIONS)], window


def _path(root: Path, seed: int, number: int) -> Path:
    account, region, window = _place(number)
    when = _START + (window + 1) * _WINDOW
    unique = hashlib.sha256(f"{seed}/{number}".encode()).hexdigest()[:16]
    return (
        root
        / f"AWSLogs/{account}/CloudTrail/{region}/{when:%Y/%m/%d}"
        / f"{account}_CloudTrail_{region}_{when:%Y%m%dT%H%MZ}_{unique}.json.gz"
    )


def _write(job: tuple[Path, int, int, int]) -> None:
    root, seed, number, count = job
    target = _path(root, seed, number)
    target.parent.mkdir(parents=True, exist_ok=True)
    records = itertools.islice(_File(seed, number, count).records(), count)
    text = '{"Records":[' + ",".join(records) + "]}"
    target.write_bytes(gzip.compress(text.encode(), 6, mtime=0))


class _File:
    """The records of one file, in time order."""

    def __init__(self, seed: int, number: int, count: int) -> None:
        self.account, self.region, self.window = _place(number)
        self.seed = seed
        self.rng = Random(f"{seed}/{number}")
        self._bits = self.rng.getrandbits
        start = _START + self.window * _WINDOW
        step = _WINDOW / max(count, 1)
        self._times = [f"{start + step * i:%Y-%m-%dT%H:%M:%SZ}" for i in range(count + 64)]
        self._at = 0
        self.users = [self._user(name) for name in _USERS]
        self.sessions = [self._session(role, no) for role in _ROLES for no in range(6)]
        self.robots = [self._session("ci", no) for no in range(100, 106)]
        self.services = [self._service(name) for name in ("ecs-tasks", "lambda", "autoscaling")]

    def records(self) -> Iterator[str]:
        """Endless; the caller takes as many as it wants."""
        everyone = self.sessions * 4 + self.users + self.robots
        unissued = [*self.sessions, *self.robots] if self.region == REGIONS[0] else []
        choices: list[tuple[Callable[[], Iterator[str]], float]] = [
            (lambda: self._read(self.rng.choice(everyone)), 0.52),
            (lambda: self._write_call(self.rng.choice(everyone)), 0.10),
            (self._decrypt, 0.14),
            (lambda: self._assume(unissued.pop() if unissued else None), 0.10),
            (lambda: self._pull(self.rng.choice(everyone)), 0.03),
            (lambda: self._push(self.rng.choice(self.robots + self.users)), 0.0019),
        ]
        makers = [make for make, _ in choices]
        weights = list(itertools.accumulate(weight for _, weight in choices))
        while True:
            for make in self.rng.choices(makers, cum_weights=weights, k=256):
                yield from make()

    def _time(self) -> str:
        self._at += 1
        return self._times[min(self._at, len(self._times) - 1)]

    def _uuid(self) -> str:
        text = f"{self._bits(128):032x}"
        return f"{text[:8]}-{text[8:12]}-4{text[13:16]}-a{text[17:20]}-{text[20:]}"

    def _record(
        self,
        who: Actor,
        service: str,
        name: str,
        request: str,
        response: str = "null",
        *,
        write: bool = False,
        more: str = "",
    ) -> str:
        error = ""
        if self.rng.random() < 0.02:
            code, message = self.rng.choice(_ERRORS)
            error, response = f'"errorCode":"{code}","errorMessage":"{message}",', "null"
        return (
            f'{{"eventVersion":"1.11","userIdentity":{who.identity},"eventTime":"{self._time()}",'
            f'"eventSource":"{service}.amazonaws.com","eventName":"{name}",'
            f'"awsRegion":"{self.region}","sourceIPAddress":"{who.address}",'
            f'"userAgent":"{who.agent}",{error}"requestParameters":{request},'
            f'"responseElements":{response},"requestID":"{self._uuid()}",'
            f'"eventID":"{self._uuid()}","readOnly":{"false" if write else "true"},{more}'
            f'"eventType":"AwsApiCall","managementEvent":true,'
            f'"recipientAccountId":"{self.account}","eventCategory":"Management",'
            f'"tlsDetails":{{"tlsVersion":"TLSv1.3","cipherSuite":"TLS_AES_128_GCM_SHA256",'
            f'"clientProvidedHostHeader":"{service}.{self.region}.amazonaws.com"}}}}'
        )

    def _read(self, who: Actor) -> Iterator[str]:
        service, name, request = self.rng.choice(_READS)
        if "%d" in request:
            request %= self._bits(6)
        yield self._record(who, service, name, request)

    def _write_call(self, who: Actor) -> Iterator[str]:
        service, name, request, response = self.rng.choice(_WRITES)
        yield self._record(who, service, name, request % self._bits(10), response, write=True)

    def _decrypt(self) -> Iterator[str]:
        arn = f"arn:aws:kms:{self.region}:{self.account}:key/{self._uuid()}"
        more = (
            f'"resources":[{{"accountId":"{self.account}","type":"AWS::KMS::Key","ARN":"{arn}"}}],'
            f'"sharedEventID":"{self._uuid()}",'
        )
        request = (
            f'{{"encryptionAlgorithm":"SYMMETRIC_DEFAULT","encryptionContext":'
            f'{{"aws:lambda:FunctionArn":"arn:aws:lambda:{self.region}:{self.account}:function:f"}}}}'
        )
        yield self._record(self.rng.choice(self.services), "kms", "Decrypt", request, more=more)

    def _assume(self, issued: Actor | None) -> Iterator[str]:
        """Credentials for one of our sessions, or for one whose use is not in the evidence."""
        rng = self.rng
        if issued is None:
            issued = self._session(rng.choice(_ROLES), rng.randrange(1000, 1_000_000))
        place = rng.random()
        caller = rng.choice(self.services)
        if place < 0.35:
            caller = rng.choice(self.sessions)
        elif place < 0.5:
            caller = rng.choice(self.users)
        role = issued.arn.split("/")[1]
        session = issued.arn.split("/")[2]
        request = (
            f'{{"roleArn":"arn:aws:iam::{self.account}:role/{role}",'
            f'"roleSessionName":"{session}","durationSeconds":3600}}'
        )
        response = (
            f'{{"credentials":{{"accessKeyId":"{issued.key}","sessionToken":"{self._bits(512):x}",'
            f'"expiration":"Mar 2, 2026, 9:00:00 PM"}},"assumedRoleUser":{{"assumedRoleId":'
            f'"{_letters(self.seed, role, prefix="AROA")}:{session}","arn":"{issued.arn}"}}}}'
        )
        more = (
            f'"resources":[{{"accountId":"{self.account}","type":"AWS::IAM::Role",'
            f'"ARN":"arn:aws:iam::{self.account}:role/{role}"}}],'
        )
        yield self._record(caller, "sts", "AssumeRole", request, response, more=more)

    def _pull(self, who: Actor) -> Iterator[str]:
        rng = self.rng
        repository = rng.choice(REPOSITORIES)
        if rng.random() < 0.3:
            yield self._record(who, "ecr", "GetAuthorizationToken", "null")
        image = f'"imageTag":"v1.{self._bits(5)}"'
        if rng.random() < 0.4:
            image = f'"imageDigest":"sha256:{self._bits(256):064x}"'
        request = (
            f'{{"registryId":"{self.account}","repositoryName":"{repository}",'
            f'"imageIds":[{{{image}}}],"acceptedMediaTypes":'
            '["application/vnd.oci.image.manifest.v1+json","application/vnd.oci.image.index.v1+json",'
            '"application/vnd.docker.distribution.manifest.v2+json"]}'
        )
        more = self._repository_resource(repository)
        yield self._record(who, "ecr", "BatchGetImage", request, more=more)
        layer = f"sha256:{self._bits(256):064x}"
        request = (
            f'{{"registryId":"{self.account}","repositoryName":"{repository}",'
            f'"layerDigest":"{layer}"}}'
        )
        yield self._record(who, "ecr", "GetDownloadUrlForLayer", request, more=more)

    def _push(self, who: Actor) -> Iterator[str]:
        """A login, the layers, and PutImage; every fourth is an index of two platforms."""
        repository = self.rng.choice(REPOSITORIES)
        docker = Actor(who.identity, "AWS Internal", _DOCKER, who.arn, who.key)
        tag = self.rng.choice(("latest", f"v1.{self._bits(5)}", f"{self._bits(28):07x}"))
        yield self._record(who, "ecr", "GetAuthorizationToken", "null")
        if self.rng.random() >= 0.25:
            yield from self._image(docker, repository, tag)
            return
        children = []
        for architecture in ("amd64", "arm64"):
            digest = yield from self._image(docker, repository, "")
            children.append(
                {
                    "mediaType": "application/vnd.oci.image.manifest.v1+json",
                    "digest": digest,
                    "size": 1100,
                    "platform": {"architecture": architecture, "os": "linux"},
                }
            )
        index = {
            "schemaVersion": 2,
            "mediaType": "application/vnd.oci.image.index.v1+json",
            "manifests": children,
        }
        yield self._put(docker, repository, tag, json.dumps(index, indent=2))

    def _image(self, who: Actor, repository: str, tag: str) -> Generator[str, None, str]:
        """Layer calls and PutImage of one image; the generator returns its digest."""
        layers = []
        more = self._repository_resource(repository)
        where = f'"registryId":"{self.account}","repositoryName":"{repository}"'
        for number in range(self.rng.randint(3, 9)):
            digest = f"sha256:{self._bits(256):064x}"
            if number < 2:
                digest = "sha256:" + hashlib.sha256(f"{repository}{number}".encode()).hexdigest()
            size = self._bits(26)
            media = "application/vnd.oci.image.layer.v1.tar+gzip"
            layers.append({"mediaType": media, "size": size, "digest": digest})
            checked = f'{{{where},"layerDigests":["{digest}"]}}'
            yield self._record(who, "ecr", "BatchCheckLayerAvailability", checked, more=more)
            if number < 2:
                continue
            upload = f'"uploadId":"{self._uuid()}"'
            yield self._record(
                who, "ecr", "InitiateLayerUpload", f"{{{where}}}",
                f'{{{upload},"partSize":10485760}}', write=True, more=more,
            )  # fmt: skip
            part = f'"partFirstByte":0,"partLastByte":{size - 1}'
            yield self._record(
                who, "ecr", "UploadLayerPart", f"{{{where},{upload},{part}}}",
                f'{{{where},{upload},"lastByteReceived":{size - 1}}}', write=True, more=more,
            )  # fmt: skip
            yield self._record(
                who, "ecr", "CompleteLayerUpload",
                f'{{{where},{upload},"layerDigests":["{digest}"]}}',
                f'{{{where},{upload},"layerDigest":"{digest}"}}', write=True, more=more,
            )  # fmt: skip
        manifest = {
            "schemaVersion": 2,
            "mediaType": "application/vnd.oci.image.manifest.v1+json",
            "config": {
                "mediaType": "application/vnd.oci.image.config.v1+json",
                "size": self._bits(13),
                "digest": f"sha256:{self._bits(256):064x}",
            },
            "layers": layers,
        }
        text = json.dumps(manifest, indent=2)
        yield self._put(who, repository, tag, text)
        return "sha256:" + hashlib.sha256(text.encode()).hexdigest()

    def _put(self, who: Actor, repository: str, tag: str, manifest: str) -> str:
        digest = "sha256:" + hashlib.sha256(manifest.encode()).hexdigest()
        media = json.loads(manifest)["mediaType"]
        quoted = json.dumps(manifest)
        where = f'"registryId":"{self.account}","repositoryName":"{repository}"'
        tagged = f'"imageTag":"{tag}",' if tag else ""
        request = f'{{{where},{tagged}"imageManifestMediaType":"{media}","imageManifest":{quoted}}}'
        response = (
            f'{{"image":{{{where},"imageId":{{{tagged}"imageDigest":"{digest}"}},'
            f'"imageManifest":{quoted},"imageManifestMediaType":"{media}"}}}}'
        )
        more = self._repository_resource(repository)
        return self._record(who, "ecr", "PutImage", request, response, write=True, more=more)

    def _repository_resource(self, repository: str) -> str:
        arn = f"arn:aws:ecr:{self.region}:{self.account}:repository/{repository}"
        return f'"resources":[{{"ARN":"{arn}","accountId":"{self.account}"}}],'

    def _address(self, name: str) -> str:
        number = hashlib.sha256(f"{self.seed}/{self.account}/{name}".encode()).digest()
        return f"198.51.{100 + number[0] % 8}.{number[1]}"

    def _user(self, name: str) -> Actor:
        key = _letters(self.seed, self.account, name, prefix="AKIA")
        arn = f"arn:aws:iam::{self.account}:user/{name}"
        identity = (
            f'{{"type":"IAMUser","principalId":"{_letters(self.seed, arn, prefix="AIDA")}",'
            f'"arn":"{arn}","accountId":"{self.account}","accessKeyId":"{key}",'
            f'"userName":"{name}"}}'
        )
        return Actor(identity, self._address(name), _AGENTS[len(name) % 5], arn, key)

    def _session(self, role: str, number: int) -> Actor:
        """A session of a role, the same in every region of an account during one window."""
        key = _letters(self.seed, self.account, role, number, self.window, prefix="ASIA")
        session = f"i-0{key[4:].lower()}" if role in ("app", "node") else f"{role}-{number}"
        issuer = f"arn:aws:iam::{self.account}:role/{role}"
        arn = f"arn:aws:sts::{self.account}:assumed-role/{role}/{session}"
        principal = _letters(self.seed, issuer, prefix="AROA")
        identity = (
            f'{{"type":"AssumedRole","principalId":"{principal}:{session}","arn":"{arn}",'
            f'"accountId":"{self.account}","accessKeyId":"{key}","sessionContext":'
            f'{{"sessionIssuer":{{"type":"Role","principalId":"{principal}","arn":"{issuer}",'
            f'"accountId":"{self.account}","userName":"{role}"}},"attributes":'
            f'{{"creationDate":"{self._times[0]}","mfaAuthenticated":"false"}}}}}}'
        )
        agent = _AGENTS[(len(role) + number) % 5]
        return Actor(identity, self._address(f"{role}{number}"), agent, arn, key)

    def _service(self, name: str) -> Actor:
        host = f"{name}.amazonaws.com"
        return Actor(f'{{"type":"AWSService","invokedBy":"{host}"}}', host, host, "", "")


def _letters(*parts: object, prefix: str) -> str:
    """An id as IAM makes them: a prefix and 16 letters and digits, the same for the same parts."""
    number = int.from_bytes(hashlib.sha256(repr(parts).encode()).digest()[:10])
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
    return prefix + "".join(alphabet[number >> shift & 31] for shift in range(0, 80, 5))
