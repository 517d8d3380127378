"""The night of 8 March: a leaked key, two hops, one image put in another's place.

Every step is a function of the same caller or of a session it obtained, in the order in which
they happened; `break_in` tells it from the first call to the last.
"""

from collections.abc import Iterable

from samples.cast import BOTO3, BUILD, IRELAND, PRODUCTION, THIEF_ADDRESS, VIRGINIA
from samples.cloudtrail import Call, Caller, Client, Clock, Fields, denied
from samples.ecs import deploy, start_tasks
from samples.images import Manifest, blob, docker_image
from samples.registry import Docker, Repository, login
from samples.sessions import assume_role, refused_role
from samples.world import World

THIEF = Client(THIEF_ADDRESS, BOTO3)
TARGET_TAG = "prod"
FIXED_TAG = "1.18.8"
"""The version tag of the image behind `prod`; it can't be overwritten."""

SECRETS = ("prod/api/database", "prod/api/session-key", "prod/billing/token")


def break_in(world: World, clock: Clock) -> None:
    """From the stolen key to the new tasks that run the implant."""
    sam = world.cast.sam.by_key(THIEF)
    _find_out(world, clock, sam)
    _try_registries(world, clock, sam)
    clock.tick(1100, 1200)
    refused_role(world.trail, clock, sam, world.cast.admin, "sam.sre")
    clock.tick(10, 30)
    pusher = _two_hops(world, clock, sam, "1773012388")
    _survey_target(world, clock, pusher)
    clock.tick(240, 300)
    docker = login(world.trail, clock, pusher, VIRGINIA)
    original = docker.pull(world.api, TARGET_TAG)
    clock.tick(900, 960)
    implant = _implant(original)
    docker.push(world.api, implant, FIXED_TAG)
    clock.tick(120, 150)
    _blind_scanner(world, clock, pusher)
    clock.tick(90, 120)
    _replace(world, docker, implant)
    clock.tick(200, 240)
    deploy(world, clock, pusher, world.services["api"], f"{world.api.uri}:{TARGET_TAG}")
    start_tasks(world, clock, world.services["api"], TARGET_TAG)


def stay_and_clean_up(world: World, clock: Clock, replaced: str) -> None:
    """An hour later, with fresh sessions: more keys, secrets, and the traces."""
    pusher = _two_hops(world, clock, world.cast.sam.by_key(THIEF), "1773018495")
    _grow_roots(world, clock, pusher)
    _read_secrets(world, clock, pusher)
    clock.tick(900, 1000)
    _delete_original(world, clock, pusher, replaced)
    _silence_logs(world, clock, pusher)


def _ask(world: World, clock: Clock, caller: Caller, calls: Iterable[Call]) -> None:
    for call in calls:
        world.trail.call(clock.tick(3, 25), caller, call)


def _refused(caller: Caller, action: str, resource: str, request: Fields | None = None) -> Call:
    """A call in us-east-1 that IAM turns down."""
    reads = not action.partition(":")[2].startswith(("Create", "Delete", "Put", "Stop"))
    return Call(action, VIRGINIA, request, reads=reads, failure=denied(caller, action, resource))


def _find_out(world: World, clock: Clock, sam: Caller) -> None:
    """Whose key is this and what can it do?"""
    users, roles = f"arn:aws:iam::{BUILD}:user/", f"arn:aws:iam::{BUILD}:role/"
    _ask(
        world,
        clock,
        sam,
        (
            Call("sts:GetCallerIdentity", VIRGINIA, reads=True),
            _refused(sam, "iam:ListUsers", users),
            _refused(sam, "iam:GetAccountAuthorizationDetails", "*"),
            _refused(sam, "iam:ListUserPolicies", f"{users}sam.sre", {"userName": "sam.sre"}),
            Call("iam:ListRoles", VIRGINIA, {"maxItems": 1000}, reads=True),
            _refused(sam, "iam:GetRole", f"{roles}jump", {"roleName": "jump"}),
            Call("ec2:DescribeRegions", VIRGINIA, {"allRegions": False}, reads=True),
        ),
    )


def _listing(repository: Repository) -> tuple[Call, ...]:
    region, named, where = repository.region, repository.named(), repository.resources()
    images = {**named, "maxResults": 1000}
    return (
        Call("ecr:ListImages", region, images, reads=True, resources=where),
        Call("ecr:DescribeImages", region, named, reads=True, resources=where),
    )


def _try_registries(world: World, clock: Clock, sam: Caller) -> None:
    """The key sees the registry of its own account, and is kept out of the other."""
    production = f"arn:aws:ecr:{VIRGINIA}:{PRODUCTION}:repository/*"
    _ask(
        world,
        clock,
        sam,
        (
            Call("ecr:DescribeRepositories", VIRGINIA, {"maxResults": 1000}, reads=True),
            Call("ecr:DescribeRepositories", IRELAND, {"maxResults": 1000}, reads=True),
            *_listing(world.dev_api),
            *_listing(world.toolbox),
            _refused(sam, "ecr:DescribeRepositories", production, {"registryId": PRODUCTION}),
            _refused(sam, "ecr:ListImages", world.api.arn, world.api.named()),
        ),
    )


def _two_hops(world: World, clock: Clock, sam: Caller, session: str) -> Caller:
    """sam.sre -> jump -> ci-push. The second hop crosses into the production account.

    `jump` insists on a source identity, and that name sticks to everything that follows.
    """
    cast = world.cast
    jump = assume_role(world.trail, clock, sam, cast.jump, "sam.sre", "sam.sre")
    _ask(world, clock, jump, [Call("sts:GetCallerIdentity", VIRGINIA, reads=True)])
    clock.tick(200, 400)
    return assume_role(world.trail, clock, jump, cast.ci_push, session)


def _survey_target(world: World, clock: Clock, pusher: Caller) -> None:
    named = world.api.named()
    one = {"repositoryNames": ["team/api"]}
    _ask(
        world,
        clock,
        pusher,
        (
            Call("sts:GetCallerIdentity", VIRGINIA, reads=True),
            Call("ecr:DescribeRepositories", VIRGINIA, {"maxResults": 1000}, reads=True),
            *_listing(world.api),
            *_listing(world.base),
            Call("ecr:GetRepositoryPolicy", VIRGINIA, named, reads=True),
            Call("ecr:DescribeRepositories", VIRGINIA, one, reads=True),
            Call("ecs:ListClusters", VIRGINIA, reads=True),
            Call("ecs:ListServices", VIRGINIA, {"cluster": "prod"}, reads=True),
            Call(
                "ecs:DescribeServices",
                VIRGINIA,
                {"cluster": "prod", "services": ["api"]},
                reads=True,
            ),
        ),
    )


def _implant(original: Manifest) -> Manifest:
    """Every layer of the original in its order, one small layer on top, another config."""
    added = blob("team/api/one-more-layer", 1_318_402)
    return docker_image("team/api/with-one-more-layer", [*original.layers, added])


def _blind_scanner(world: World, clock: Clock, pusher: Caller) -> None:
    """Scanning off: refused for the registry as a whole, allowed for the one repository."""
    registry = f"arn:aws:ecr:{VIRGINIA}:{PRODUCTION}:*"
    off = {"scanOnPush": False}
    named = world.api.named()
    _ask(
        world,
        clock,
        pusher,
        (
            _refused(
                pusher,
                "ecr:PutRegistryScanningConfiguration",
                registry,
                {"scanType": "BASIC", "rules": []},
            ),
            Call(
                "ecr:PutImageScanningConfiguration",
                VIRGINIA,
                {**named, "imageScanningConfiguration": off},
                {**named, "imageScanningConfiguration": off},
                resources=world.api.resources(),
            ),
        ),
    )


def _replace(world: World, docker: Docker, implant: Manifest) -> None:
    """The push itself; CloudTrail happens to deliver its record twice."""
    docker.push(world.api, implant, TARGET_TAG)
    world.trail.twice.append(str(world.trail.entries[-1].record["eventID"]))


def _grow_roots(world: World, clock: Clock, pusher: Caller) -> None:
    dana = world.cast.dana
    _ask(
        world,
        clock,
        pusher,
        (
            Call("iam:ListAccessKeys", VIRGINIA, {"userName": dana.name}, reads=True),
            _refused(pusher, "iam:CreateAccessKey", dana.arn, {"userName": dana.name}),
            Call("secretsmanager:ListSecrets", VIRGINIA, {"maxResults": 100}, reads=True),
        ),
    )


def _read_secrets(world: World, clock: Clock, pusher: Caller) -> None:
    """The values are not in the log; the key that protects them shows that they were read."""
    service = "secretsmanager.amazonaws.com"
    for name in SECRETS:
        arn = f"arn:aws:secretsmanager:{VIRGINIA}:{PRODUCTION}:secret:{name}-Ex4mpl"
        if name.startswith("prod/billing"):
            refused = _refused(pusher, "secretsmanager:GetSecretValue", arn, {"secretId": name})
            _ask(world, clock, pusher, [refused])
            continue
        read = Call("secretsmanager:GetSecretValue", VIRGINIA, {"secretId": name}, reads=True)
        context = {"SecretARN": arn, "SecretVersionId": world.ids.event()}
        decrypt = Call(
            "kms:Decrypt",
            VIRGINIA,
            {"encryptionContext": context, "encryptionAlgorithm": "SYMMETRIC_DEFAULT"},
            reads=True,
        )
        _ask(world, clock, pusher, [read])
        world.trail.call(clock.now, pusher.through(service), decrypt)


def _delete_original(world: World, clock: Clock, pusher: Caller, digest: str) -> None:
    """Deleting by digest takes every tag along that still named it."""
    tags = [tag for tag, named in sorted(world.api.tags.items()) if named == digest]
    call = Call(
        "ecr:BatchDeleteImage",
        VIRGINIA,
        {**world.api.named(), "imageIds": [{"imageDigest": digest}]},
        {"imageIds": [{"imageDigest": digest, "imageTag": tag} for tag in tags], "failures": []},
        resources=world.api.resources(),
    )
    _ask(world, clock, pusher, [call])
    for tag in tags:
        del world.api.tags[tag]


def _silence_logs(world: World, clock: Clock, pusher: Caller) -> None:
    trail = f"arn:aws:cloudtrail:{VIRGINIA}:{PRODUCTION}:trail/organisation-trail"
    _ask(
        world,
        clock,
        pusher,
        (
            Call("cloudtrail:DescribeTrails", VIRGINIA, reads=True),
            _refused(pusher, "cloudtrail:StopLogging", trail, {"name": trail}),
            _refused(pusher, "cloudtrail:DeleteTrail", trail, {"name": trail}),
            Call("logs:DeleteLogGroup", VIRGINIA, {"logGroupName": "/ecs/api"}),
        ),
    )
