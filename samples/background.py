"""What runs by itself in every account: inventory, key use, agents, log streams."""

from samples.cast import CLUSTER_NAT, PRODUCTION, SSM_AGENT, VIRGINIA
from samples.cloudtrail import Call, Caller, Client, Clock, Fields
from samples.sessions import service_session
from samples.world import World

_INVENTORY = (
    "ec2:DescribeInstances",
    "ec2:DescribeSecurityGroups",
    "ec2:DescribeVpcs",
    "ec2:DescribeRouteTables",
    "ec2:DescribeNetworkAcls",
    "iam:ListPolicies",
    "s3:GetBucketPolicy",
    "s3:GetBucketVersioning",
    "kms:ListAliases",
    "elasticloadbalancing:DescribeLoadBalancers",
)
CONFIG = "config.amazonaws.com"
CLOUDTRAIL = "cloudtrail.amazonaws.com"


def hum(world: World, clock: Clock, account: str, region: str) -> None:
    """One round of the services that keep an eye on an account."""
    _inventory(world, clock, account, region)
    _trail_upkeep(world, clock, account, region)
    if (account, region) == (PRODUCTION, VIRGINIA):
        _agents(world, clock)


def _inventory(world: World, clock: Clock, account: str, region: str) -> None:
    role = world.cast.config[account]
    service = Client(CONFIG, CONFIG)
    session = service_session(
        world.trail, clock, CONFIG, role, "configLambdaExecution", service
    ).through(CONFIG)
    for name in world.rng.sample(_INVENTORY, 5):
        bucket = {"bucketName": f"example-org-artifacts-{account[:4]}", "Host": "s3.amazonaws.com"}
        request: Fields | None = bucket if name.startswith("s3:") else None
        world.trail.call(clock.tick(1, 5), session, Call(name, region, request, reads=True))


def _trail_upkeep(world: World, clock: Clock, account: str, region: str) -> None:
    key = f"arn:aws:kms:{region}:{account}:key/mrk-{account}{region.replace('-', '')}"
    identity: Fields = {"type": "AWSService", "invokedBy": CLOUDTRAIL}
    service = Caller(identity, account, Client(CLOUDTRAIL, CLOUDTRAIL))
    bucket = {"bucketName": "example-org-trail-logs", "Host": f"s3.{region}.amazonaws.com"}
    arn = f"arn:aws:cloudtrail:{VIRGINIA}:{PRODUCTION}:trail/organisation-trail"
    request = {
        "keyId": key,
        "keySpec": "AES_256",
        "encryptionContext": {"aws:cloudtrail:arn": arn},
    }
    resource = {"accountId": account, "type": "AWS::KMS::Key", "ARN": key}
    calls = (
        Call("s3:GetBucketAcl", region, {**bucket, "acl": ""}, reads=True),
        Call("kms:GenerateDataKey", region, request, reads=True, resources=[resource]),
    )
    for call in calls:
        world.trail.call(clock.tick(1, 5), service, call)


def _agents(world: World, clock: Clock) -> None:
    """The cluster's instances report in and write logs."""
    cast = world.cast
    for instance in cast.instances[:2]:
        agent = Client(CLUSTER_NAT, SSM_AGENT)
        session = service_session(
            world.trail, clock, "ec2.amazonaws.com", cast.node, instance, agent
        )
        report = {
            "instanceId": instance,
            "agentVersion": "3.3.1611.0",
            "agentStatus": "Active",
            "platformType": "Linux",
            "platformName": "Amazon Linux",
        }
        stream = {"logGroupName": "/eks/nodes", "logStreamName": f"{instance}/{clock.now:%Y%m%d%H}"}
        for call in (
            Call("ssm:UpdateInstanceInformation", VIRGINIA, report),
            Call("logs:CreateLogStream", VIRGINIA, stream),
            Call("ec2:DescribeTags", VIRGINIA, None, reads=True),
        ):
            world.trail.call(clock.tick(1, 6), session, call)
