"""How callers come by their credentials: STS, the console, single sign-on, services."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from samples.cast import VIRGINIA, Role, User
from samples.cloudtrail import (
    Call,
    Caller,
    Client,
    Clock,
    Fields,
    Ids,
    Trail,
    denied,
    iso,
    java_date,
)

GITHUB = "token.actions.githubusercontent.com"
GITHUB_SESSION = "GitHubActions"
"""The default session name, the same for every job: only the keys tell the jobs apart."""

HIDDEN = "***"


@dataclass(frozen=True)
class Session:
    """One set of temporary credentials of a role."""

    role: Role
    name: str
    key: str
    started: datetime
    source_identity: str | None = None
    federated: Fields = field(default_factory=dict)
    mfa: bool = False

    def caller(self, client: Client) -> Caller:
        context: dict[str, object] = {
            "sessionIssuer": self.role.issuer(),
            **({"webIdFederationData": self.federated} if self.federated else {}),
            "attributes": {
                "creationDate": iso(self.started),
                "mfaAuthenticated": "true" if self.mfa else "false",
            },
            **({"sourceIdentity": self.source_identity} if self.source_identity else {}),
        }
        identity = {
            "type": "AssumedRole",
            "principalId": f"{self.role.unique_id}:{self.name}",
            "arn": self.role.session_arn(self.name),
            "accountId": self.role.account,
            "accessKeyId": self.key,
            "sessionContext": context,
        }
        return Caller(identity, self.role.account, client, self.source_identity)

    def granted(self, duration: int) -> Fields:
        """What STS answers when it hands out this session."""
        sourced = {"sourceIdentity": self.source_identity} if self.source_identity else {}
        return {
            "credentials": {
                "accessKeyId": self.key,
                "sessionToken": HIDDEN,
                "expiration": java_date(self.started + timedelta(seconds=duration)),
            },
            "assumedRoleUser": {
                "assumedRoleId": f"{self.role.unique_id}:{self.name}",
                "arn": self.role.session_arn(self.name),
            },
            **sourced,
        }


def _role_resource(role: Role) -> list[Fields]:
    return [{"accountId": role.account, "type": "AWS::IAM::Role", "ARN": role.arn}]


def github_login(trail: Trail, clock: Clock, role: Role, subject: str, client: Client) -> Caller:
    """A GitHub Actions job trades its OIDC token for a session; only `subject` names the job."""
    provider = f"arn:aws:iam::{role.account}:oidc-provider/{GITHUB}"
    when = clock.tick()
    federated: Fields = {"federatedProvider": provider, "attributes": {}}
    session = Session(role, GITHUB_SESSION, trail.ids.key("ASIA"), when, federated=federated)
    identity: Fields = {
        "type": "WebIdentityUser",
        "principalId": f"{provider}:sts.amazonaws.com:{subject}",
        "userName": subject,
        "identityProvider": provider,
    }
    response: Fields = {
        **session.granted(3600),
        "subjectFromWebIdentityToken": subject,
        "audience": "sts.amazonaws.com",
        "provider": provider,
    }
    call = Call(
        "sts:AssumeRoleWithWebIdentity",
        VIRGINIA,
        {"roleArn": role.arn, "roleSessionName": GITHUB_SESSION, "durationSeconds": 3600},
        response,
        reads=True,
        resources=_role_resource(role),
        extra={
            "additionalEventData": {"identityProviderConnectionVerificationMethod": "IAMTrustStore"}
        },
    )
    trail.call(when, Caller(identity, role.account, client), call)
    return session.caller(client)


def assume_role(
    trail: Trail,
    clock: Clock,
    caller: Caller,
    role: Role,
    name: str,
    source_identity: str | None = None,
) -> Caller:
    """Assume a role; across accounts CloudTrail writes a record in both of them.

    A source identity, once set, stays with every session further down the chain.
    """
    when = clock.tick()
    kept = caller.source_identity or source_identity
    session = Session(role, name, trail.ids.key("ASIA"), when, kept)
    request: dict[str, object] = {"roleArn": role.arn, "roleSessionName": name}
    if source_identity:
        request["sourceIdentity"] = source_identity
    call = Call(
        "sts:AssumeRole",
        VIRGINIA,
        {**request, "durationSeconds": 3600},
        session.granted(3600),
        reads=True,
        resources=_role_resource(role),
    )
    if caller.account == role.account:
        trail.call(when, caller, call)
    else:
        trail.call_across(when, caller, call, role.account)
    return session.caller(caller.client)


def refused_role(trail: Trail, clock: Clock, caller: Caller, role: Role, name: str) -> None:
    request = {"roleArn": role.arn, "roleSessionName": name, "durationSeconds": 3600}
    refusal = denied(caller, "sts:AssumeRole", role.arn)
    call = Call("sts:AssumeRole", VIRGINIA, request, reads=True, failure=refusal)
    trail.call(clock.tick(), caller, call)


def service_session(
    trail: Trail, clock: Clock, service: str, role: Role, name: str, client: Client
) -> Caller:
    """A service assumes a role for a task, an instance or itself."""
    when = clock.tick()
    session = Session(role, name, trail.ids.key("ASIA"), when)
    asked_by: Fields = {"type": "AWSService", "invokedBy": service}
    call = Call(
        "sts:AssumeRole",
        VIRGINIA,
        {"roleArn": role.arn, "roleSessionName": name},
        session.granted(21600),
        reads=True,
        resources=_role_resource(role),
        extra={"sharedEventID": trail.ids.event()},
    )
    trail.call(when, Caller(asked_by, role.account, Client(service, service)), call)
    return session.caller(client)


def console_login(trail: Trail, clock: Clock, user: User, browser: Client) -> Caller:
    """Sign in to the console with a second factor; the session has a key of its own."""
    when = clock.tick()
    data = {
        "LoginTo": "https://console.aws.amazon.com/console/home?region=us-east-1",
        "MobileVersion": "No",
        "MFAIdentifier": f"arn:aws:iam::{user.account}:mfa/{user.name}",
        "MFAUsed": "Yes",
    }
    call = Call(
        "signin:ConsoleLogin",
        VIRGINIA,
        None,
        {"ConsoleLogin": "Success"},
        extra={"additionalEventData": data, "eventType": "AwsConsoleSignIn"},
    )
    trail.call(when, Caller(user.identity(None), user.account, browser), call)
    return user_session(user, trail.ids, when, browser, mfa=True)


def user_session(
    user: User, ids: Ids, started: datetime, client: Client, *, mfa: bool = False
) -> Caller:
    """An IAM user behind the console or docker: an ASIA key with the time it was made."""
    attributes = {"creationDate": iso(started), "mfaAuthenticated": "true" if mfa else "false"}
    context = {"sessionContext": {"attributes": attributes}}
    identity = {**user.identity(ids.key("ASIA")), **context}
    return Caller(identity, user.account, client)


def sso_login(trail: Trail, clock: Clock, role: Role, email: str, browser: Client) -> Caller:
    """Single sign-on: a SAML assertion for a reserved role, the session named by e-mail."""
    when = clock.tick()
    session = Session(role, email, trail.ids.key("ASIA"), when, mfa=True)
    provider = f"arn:aws:iam::{role.account}:saml-provider/AWSSSO_{role.name[-16:]}_DO_NOT_DELETE"
    identity: Fields = {
        "type": "SAMLUser",
        "principalId": f"{role.unique_id[4:]}:{email}",
        "userName": email,
        "identityProvider": provider,
    }
    request = {
        "sAMLAssertionID": f"_{trail.ids.event()}",
        "roleSessionName": email,
        "roleArn": role.arn,
        "principalArn": provider,
        "durationSeconds": 28800,
    }
    call = Call(
        "sts:AssumeRoleWithSAML",
        VIRGINIA,
        request,
        {**session.granted(28800), "subject": email, "subjectType": "persistent"},
        reads=True,
        resources=_role_resource(role),
    )
    trail.call(when, Caller(identity, role.account, browser), call)
    return session.caller(browser)
