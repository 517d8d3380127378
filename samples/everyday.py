"""Ten ordinary days: pipelines that build and release, people who push by hand and look around.

Most of it is here so that the one push that matters has something to hide in: tags that move
for good reasons, failed retries, a first-seen address, a clean-up by hand.
"""

from collections.abc import Sequence
from datetime import datetime

from samples.cast import (
    AWS_CLI_MAC,
    BROWSER,
    BUILD,
    CI_SDK,
    HOTEL,
    IRELAND,
    OFFICE,
    PRODUCTION,
    VIRGINIA,
    Role,
    User,
)
from samples.cloudtrail import Call, Caller, Client, Clock, Fields, denied
from samples.ecs import deploy, start_tasks
from samples.images import Manifest, docker_image, helm_chart, signature, signature_tag
from samples.registry import Docker, Repository, login, runner_address, user_login
from samples.sessions import assume_role, console_login, github_login, sso_login
from samples.world import HAND_BASE, World

MAIN = "ref:refs/heads/main"
RELEASE = "environment:production"


def _job(world: World, clock: Clock, role: Role, subject: str) -> Caller:
    """A CI job on a runner of its own, with credentials of its own."""
    client = Client(runner_address(world.rng), CI_SDK)
    return github_login(world.trail, clock, role, f"repo:example-org/{subject}", client)


def _ci_docker(world: World, clock: Clock, subject: str) -> Docker:
    job = _job(world, clock, world.cast.ci_push, subject)
    return login(world.trail, clock, job, VIRGINIA)


def build_api(world: World, clock: Clock, version: str) -> None:
    docker = _ci_docker(world, clock, f"api:{MAIN}")
    image = world.kitchen.api(version)
    docker.push(world.api, image, version)
    docker.put(world.api, image, "main")


def build_web(world: World, clock: Clock, version: str) -> None:
    docker = _ci_docker(world, clock, f"web:{MAIN}")
    image = world.kitchen.web(version)
    docker.push(world.web, image, version)
    docker.put(world.web, image, "main")


def build_worker(world: World, clock: Clock, version: str) -> None:
    docker = _ci_docker(world, clock, f"worker:{MAIN}")
    docker.push(world.worker, world.kitchen.worker(version), version)


def build_base(world: World, clock: Clock, date: str, debian: str, python: str) -> None:
    docker = _ci_docker(world, clock, f"base-images:{MAIN}")
    image = world.kitchen.rebuild_python(date, debian, python)
    docker.push(world.base, image, f"3.12-{date}")
    docker.put(world.base, image, "3.12")
    docker.put(world.base, image, "latest")


def build_dev_api(world: World, clock: Clock, commit: str) -> None:
    """The same repository name in the other account: a different repository."""
    job = _job(world, clock, world.cast.ci_build, "api:ref:refs/heads/develop")
    docker = login(world.trail, clock, job, IRELAND)
    image = world.kitchen.dev_api(commit)
    docker.push(world.dev_api, image, f"dev-{commit}")
    docker.put(world.dev_api, image, "develop")


def push_chart(world: World, clock: Clock, version: str) -> None:
    docker = _ci_docker(world, clock, f"charts:{MAIN}")
    docker.push(world.charts, helm_chart(f"charts/api:{version}"), version)


def retry_same(world: World, clock: Clock, version: str) -> None:
    """A job that is run again and builds the same image: ECR has it already."""
    docker = _ci_docker(world, clock, f"api:{MAIN}")
    docker.push(world.api, world.api.tagged(version), version)


def retry_rebuilt(world: World, clock: Clock, version: str) -> None:
    """A job that is run again and builds a slightly different image under a fixed tag."""
    docker = _ci_docker(world, clock, f"api:{MAIN}")
    layers = world.api.tagged(version).layers
    docker.push(world.api, docker_image(f"team/api:{version}/again", layers), version)


def _sign(docker: Docker, repository: Repository, image: Manifest) -> None:
    docker.push(repository, signature(image), signature_tag(image))


def release_api(world: World, clock: Clock, version: str) -> None:
    """Move `prod` to a tested version, sign it, roll it out by tag."""
    docker = _ci_docker(world, clock, f"api:{RELEASE}")
    image = docker.retag(world.api, version, "prod")
    _sign(docker, world.api, image)
    _roll_out(world, clock, "api", f"{world.api.uri}:prod", "prod")


def release_web(world: World, clock: Clock, version: str) -> None:
    """The web team signs and rolls out by digest."""
    docker = _ci_docker(world, clock, f"web:{RELEASE}")
    image = world.web.tagged(version)
    _sign(docker, world.web, image)
    _roll_out(world, clock, "web", f"{world.web.uri}@{image.digest}", image.digest)


def release_worker(world: World, clock: Clock, version: str) -> None:
    _roll_out(world, clock, "worker", f"{world.worker.uri}:{version}", version)


def _roll_out(world: World, clock: Clock, name: str, image: str, reference: str) -> None:
    clock.tick(60, 240)
    deployer = _job(world, clock, world.cast.deploy, f"deploy:{RELEASE}")
    service = world.services[name]
    deploy(world, clock, deployer, service, image)
    start_tasks(world, clock, service, reference)


def expire_images(world: World, clock: Clock, pushed: Sequence[tuple[str, datetime]]) -> None:
    """The lifecycle policy of team/worker expires its oldest tags."""
    repository = world.worker
    actions = [
        {
            "lifecycleEventImage": {
                "digest": repository.tags.pop(tag),
                "tagStatus": "Tagged",
                "tagList": [tag],
                "pushedAt": int(when.timestamp() * 1000),
            },
            "rulePriority": 1,
        }
        for tag, when in pushed
    ]
    selection = {
        "tagStatus": "Any",
        "tagPrefixList": [],
        "countType": "Image count more than",
        "countNumber": 2,
    }
    rule = {
        "rulePriority": 1,
        "description": "keep the last two",
        "lifecycleEventSelection": selection,
        "action": "expire",
    }
    details: Fields = {
        "repositoryName": repository.name,
        "lifecycleEventPolicy": {
            "lifecycleEventRules": [rule],
            "lastEvaluatedAt": 0,
            "policyVersion": 1,
            "policyId": world.ids.event(),
        },
        "lifecycleEventImageActions": actions,
    }
    resource = {**repository.resources()[0], "type": "AWS::ECR::Repository"}
    call = Call("ecr:PolicyExecutionEvent", VIRGINIA, reads=True, resources=[resource])
    world.trail.service_event(clock.tick(), repository.account, call, details)


def person_pushes(
    world: World, clock: Clock, user: User, repository: Repository, tag: str, address: str = ""
) -> None:
    """Somebody builds on a laptop and pushes with docker, logged in as an IAM user."""
    client = Client(address, user.client.agent) if address else user.client
    docker = user_login(world.trail, clock, user, user.by_key(client), repository.region)
    own = (18_300_411 + world.rng.randrange(5_000_000), 9_120 + world.rng.randrange(4_000))
    image = world.kitchen.plain(repository.name, tag, HAND_BASE, own)
    docker.push(repository, image, tag)
    if repository is not world.migrate:
        docker.put(repository, image, "latest")


def lee_travels(world: World, clock: Clock) -> None:
    """A harmless push from an address never seen before, on a Saturday evening."""
    person_pushes(world, clock, world.cast.lee, world.scratch, "queue-spike", HOTEL)


def sam_looks_around(world: World, clock: Clock) -> None:
    sam = world.cast.sam.by_key()
    look(world, clock, sam, IRELAND, ("sts:GetCallerIdentity", *CLI_LOOKS))


CLI_LOOKS = ("ec2:DescribeInstances", "ec2:DescribeVolumes", "logs:DescribeLogGroups")
CONSOLE_LOOKS = (
    "ec2:DescribeInstances",
    "ecs:DescribeClusters",
    "ecs:ListServices",
    "monitoring:DescribeAlarms",
    "cloudtrail:LookupEvents",
    "ecr:DescribeRepositories",
    "s3:ListBuckets",
    "health:DescribeEventAggregates",
)


def look(world: World, clock: Clock, caller: Caller, region: str, names: Sequence[str]) -> None:
    """A row of calls that only read, without parameters worth telling."""
    for name in names:
        parameters: Fields | None = {"maxResults": 100} if "List" in name else None
        if name == "sts:GetCallerIdentity":
            parameters = None
        call = Call(name, region, parameters, reads=True)
        world.trail.call(clock.tick(1, 9), caller, call)


def dana_at_the_console(world: World, clock: Clock) -> None:
    dana = console_login(world.trail, clock, world.cast.dana, Client(OFFICE, BROWSER))
    look(world, clock, dana, VIRGINIA, CONSOLE_LOOKS)
    look(world, clock, dana, IRELAND, ("ec2:DescribeInstances", "ecr:DescribeRepositories"))


def dana_audits(world: World, clock: Clock) -> None:
    """A wanted cross-account session: the same shape as the one that is not."""
    cast = world.cast
    auditor = assume_role(world.trail, clock, cast.dana.by_key(), cast.read_only, "dana.ops")
    look(world, clock, auditor, IRELAND, ("iam:ListUsers", "ecr:DescribeRepositories"))
    look(world, clock, auditor, IRELAND, ("ec2:DescribeSecurityGroups",))


def dana_tidies_up(world: World, clock: Clock, tag: str) -> None:
    repository = world.migrate
    image_id = {"imageDigest": repository.tags.pop(tag), "imageTag": tag}
    call = Call(
        "ecr:BatchDeleteImage",
        VIRGINIA,
        {**repository.named(), "imageIds": [image_id]},
        {"imageIds": [image_id], "failures": []},
        resources=repository.resources(),
    )
    world.trail.call(clock.tick(), world.cast.dana.by_key(), call)


def mira_reads_scans(world: World, clock: Clock, tag: str) -> None:
    """The security engineer, by single sign-on, looks at scan results in the console."""
    browser = Client(OFFICE, BROWSER)
    mira = sso_login(world.trail, clock, world.cast.developer, "mira@example.com", browser)
    console = {"sessionCredentialFromConsole": "true"}
    repository = world.api
    resources = repository.resources()
    image_id = {"imageDigest": repository.tags[tag], "imageTag": tag}
    request = {**repository.named(), "imageId": image_id, "maxResults": 100}
    listing = Call("ecr:DescribeRepositories", VIRGINIA, reads=True, extra=console)
    images = Call(
        "ecr:DescribeImages",
        VIRGINIA,
        repository.named(),
        reads=True,
        resources=resources,
        extra=console,
    )
    scan = Call(
        "ecr:DescribeImageScanFindings",
        VIRGINIA,
        request,
        {**repository.named(), "imageId": image_id, **_scan_result(world.rng.randrange(9, 15))},
        reads=True,
        resources=resources,
        extra=console,
    )
    for call in (listing, images, scan):
        world.trail.call(clock.tick(3, 20), mira, call)


def _scan_result(low: int) -> Fields:
    finding = {
        "name": "CVE-2025-99901",
        "description": "invented for this sample",
        "uri": "https://security.example.com/CVE-2025-99901",
        "severity": "HIGH",
        "attributes": [
            {"key": "package_name", "value": "libexample"},
            {"key": "package_version", "value": "2.4.1-3"},
        ],
    }
    return {
        "imageScanStatus": {"status": "COMPLETE", "description": "The scan was completed."},
        "imageScanFindings": {
            "findingSeverityCounts": {"HIGH": 1, "MEDIUM": 4, "LOW": low},
            "findings": [finding],
        },
    }


def lee_checks_images(world: World, clock: Clock) -> None:
    """The morning after: a developer wonders which version is live, and asks the registry."""
    lee = world.cast.lee.by_key(Client(OFFICE, AWS_CLI_MAC))
    own, production = world.dev_api, world.api
    mine = Call("ecr:DescribeImages", IRELAND, own.named(), reads=True, resources=own.resources())
    world.trail.call(clock.tick(), lee, mine)
    theirs = Call(
        "ecr:DescribeImages",
        VIRGINIA,
        {**production.named(), "imageIds": [{"imageTag": "prod"}]},
        reads=True,
        resources=production.resources(),
    )
    world.trail.call_across(clock.tick(5, 15), lee, theirs, PRODUCTION)


def lee_is_refused(world: World, clock: Clock) -> None:
    """An everyday refusal: a permission that was never given."""
    lee = world.cast.lee.by_key()
    action = "logs:FilterLogEvents"
    group = f"arn:aws:logs:{IRELAND}:{BUILD}:log-group:/dev/api"
    request = {"logGroupName": "/dev/api", "filterPattern": "ERROR"}
    call = Call(action, IRELAND, request, reads=True, failure=denied(lee, action, group))
    world.trail.call(clock.tick(), lee, call)
