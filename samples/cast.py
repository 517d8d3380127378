"""Who and what the story is about: accounts, roles, users, clients, repositories.

Addresses come from RFC 5737, account ids from the AWS documentation.
"""

from dataclasses import dataclass

from samples.cloudtrail import Caller, Client, Fields, Ids

PRODUCTION = "111122223333"
BUILD = "444455556666"
VIRGINIA = "us-east-1"
IRELAND = "eu-west-1"

OFFICE = "203.0.113.10"
SAM_HOME = "203.0.113.24"
LEE_HOME = "203.0.113.57"
HOTEL = "198.51.100.12"
CLUSTER_NAT = "203.0.113.200"
THIEF_ADDRESS = "198.51.100.77"

AWS_CLI = "aws-cli/2.24.10 md/awscrt#0.23.8 ua/2.0 os/linux#6.8.0 md/arch#x86_64 lang/python#3.12.9"
AWS_CLI_MAC = (
    "aws-cli/2.22.4 md/awscrt#0.22.0 ua/2.0 os/macos#24.3.0 md/arch#arm64 lang/python#3.12.6"
)
CI_SDK = "aws-sdk-js/3.758.0 ua/2.1 os/linux#6.8.0-azure lang/js md/nodejs#20.18.3"
ECS_AGENT = "Amazon ECS Agent - v1.91.0 (linux/amd64) aws-sdk-go-v2/1.36.1"
KUBELET = "ecr-credential-provider aws-sdk-go-v2/1.32.7 os/linux lang/go#1.23.4"
SSM_AGENT = "aws-sdk-go/1.55.6 (go1.23.4; linux; amd64) amazon-ssm-agent/3.3.1611.0"
BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:135.0) Gecko/20100101 Firefox/135.0"
BOTO3 = "Boto3/1.34.51 md/Botocore#1.34.51 ua/2.0 os/linux#6.1.0 md/arch#x86_64 lang/python#3.11.8"


@dataclass(frozen=True)
class Role:
    """An IAM role; `path` is in the role's ARN but not in the ARN of its sessions."""

    account: str
    name: str
    unique_id: str
    path: str = "/"

    @property
    def arn(self) -> str:
        return f"arn:aws:iam::{self.account}:role{self.path}{self.name}"

    def session_arn(self, session: str) -> str:
        return f"arn:aws:sts::{self.account}:assumed-role/{self.name}/{session}"

    def issuer(self) -> Fields:
        return {
            "type": "Role",
            "principalId": self.unique_id,
            "arn": self.arn,
            "accountId": self.account,
            "userName": self.name,
        }


@dataclass(frozen=True)
class User:
    """An IAM user with the long-term key and the client that are usual for the person."""

    account: str
    name: str
    unique_id: str
    key: str
    client: Client

    @property
    def arn(self) -> str:
        return f"arn:aws:iam::{self.account}:user/{self.name}"

    def identity(self, key: str | None) -> dict[str, object]:
        with_key = {"accessKeyId": key} if key else {}
        return {
            "type": "IAMUser",
            "principalId": self.unique_id,
            "arn": self.arn,
            "accountId": self.account,
            **with_key,
            "userName": self.name,
        }

    def by_key(self, client: Client | None = None) -> Caller:
        """The user calling with the long-term key, from the usual client if none is given."""
        return Caller(self.identity(self.key), self.account, client or self.client)


class Cast:
    """Every principal of the story, made once so that ids stay the same throughout."""

    def __init__(self, ids: Ids) -> None:
        def role(account: str, name: str, path: str = "/") -> Role:
            return Role(account, name, ids.principal("AROA"), path)

        def user(account: str, name: str, address: str, agent: str) -> User:
            client = Client(address, agent)
            return User(account, name, ids.principal("AIDA"), ids.key("AKIA"), client)

        self.ci_push = role(PRODUCTION, "ci-push")
        self.ci_build = role(BUILD, "ci-build")
        self.deploy = role(PRODUCTION, "deploy")
        self.jump = role(BUILD, "jump")
        self.read_only = role(BUILD, "audit-read-only")
        self.admin = role(BUILD, "platform-admin")
        self.task_execution = role(PRODUCTION, "ecsTaskExecutionRole")
        self.node = role(PRODUCTION, "eks-workers-node")
        self.developer = role(
            PRODUCTION,
            f"AWSReservedSSO_Developer_{ids.hex(16)}",
            "/aws-reserved/sso.amazonaws.com/",
        )
        self.config = {
            account: role(
                account, "AWSServiceRoleForConfig", "/aws-service-role/config.amazonaws.com/"
            )
            for account in (PRODUCTION, BUILD)
        }
        self.dana = user(PRODUCTION, "dana.ops", OFFICE, AWS_CLI)
        self.lee = user(BUILD, "lee.dev", LEE_HOME, AWS_CLI_MAC)
        self.sam = user(BUILD, "sam.sre", SAM_HOME, AWS_CLI)
        self.instances = [ids.instance() for _ in range(3)]
