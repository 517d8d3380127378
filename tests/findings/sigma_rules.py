"""Rules in Sigma's format, written for these tests, and the events they are about.

For each rule an event that it must find, one that lacks a condition, and everyday life.
"""

from __future__ import annotations

from typing import Any

from tests.evidence_files import ACCOUNT, DANA, Record, at, image, push, record

HEAD = "title: {title}\nlogsource: {{product: aws, service: cloudtrail}}\nlevel: {level}\n"


def rule(title: str, detection: str, level: str = "medium", more: str = "") -> bytes:
    """A rule's file; `detection` is the YAML below that key."""
    body = "\n".join(f"  {line}" for line in detection.strip().splitlines())
    return f"{HEAD.format(title=title, level=level)}{more}detection:\n{body}\n".encode()


def call(name: str, minute: int, source: str = "iam", who: str = DANA, **fields: Any) -> Record:
    return record(name, at(minute), who, eventSource=f"{source}.amazonaws.com", **fields)


RULES: dict[str, bytes] = {
    "policy.yml": rule(
        "A user was given every right",
        """
selection:
  eventSource: iam.amazonaws.com
  eventName|startswith: attachuser
  requestParameters.policyArn|endswith: ['/AdministratorAccess', '/PowerUserAccess']
filter_refused:
  errorCode|exists: true
filter_build:
  userIdentity.arn|contains: ':user/build-'
condition: selection and not 1 of filter_*
""",
        "high",
        "tags: [attack.persistence, attack.t1098, attack.T1098.003, cve.2020-1]\n"
        "falsepositives: [Somebody new in the team]\n"
        "description: Rights out of proportion\n",
    ),
    "open-port.yml": rule(
        "A port was opened to everybody",
        """
call:
  eventSource: ec2.amazonaws.com
  eventName: AuthorizeSecurityGroupIngress
  requestParameters.ipPermissions.items.fromPort|lte: 22
  requestParameters.ipPermissions.items.toPort|gte: 22
range:
  - requestParameters.ipPermissions.items.ipRanges.items.cidrIp: 0.0.0.0/0
  - requestParameters.ipPermissions.items.ipv6Ranges.items.cidrIpv6: '::/0'
condition: all of them
""",
    ),
    "network.yml": rule(
        "A key was made from a network of ours that makes none",
        """
selection:
  eventName: CreateAccessKey
  sourceIPAddress|cidr: [198.51.96.0/21, '2001:db8:a000::/35']
condition: selection
""",
    ),
    "pattern.yml": rule(
        "A role with a name that scripts make",
        """
selection:
  eventName|cased: CreateRole
  requestParameters.roleName|re: '^tmp-[0-9a-f]{4}$'
  requestParameters.path: null
condition: selection
""",
        "low",
    ),
    "words.yml": rule(
        "A tool's name anywhere",
        """
keywords:
  - 'pacu-'
  - '100%_sure'
condition: keywords
""",
    ),
    "user-data.yml": rule(
        "User data of an instance was read",
        """
selection:
  eventSource: ec2.amazonaws.com
  eventName: DescribeInstanceAttribute
  requestParameters.attribute: userData
condition: selection
""",
    ),
    "tls.yml": rule(
        "An old TLS",
        """
selection:
  eventSource: kms.amazonaws.com
  tlsDetails.tlsVersion: TLSv1
condition: selection
""",
    ),
    "same.yml": rule(
        "A user made a key for another",
        """
selection:
  eventName: CreateAccessKey
  eventSource: iam.amazonaws.com
self:
  requestParameters.userName|fieldref: userIdentity.userName
condition: selection and not self
""",
    ),
    "push.yml": rule(
        "An image was pushed under a tag of a release",
        """
selection:
  eventSource: ecr.amazonaws.com
  eventName: PutImage
  requestParameters.imageTag|re: '^v[0-9]'
condition: selection
""",
    ),
    "burst.yml": rule(
        "A secret was read",
        """
selection: {eventSource: secretsmanager.amazonaws.com, eventName: GetSecretValue}
condition: selection
""",
        more="name: secret_read\n",
    )
    + b"""---
title: Many secrets were read
correlation:
  type: value_count
  rules: [secret_read]
  group-by: [userIdentity.arn]
  timespan: 10m
  condition: {gte: 3, field: eventID}
level: high
""",
}


def events() -> list[Record]:
    """What the rules above are asked about."""
    made = [
        _attach(1, "AdministratorAccess"),
        _attach(2, "ReadOnlyAccess"),
        _attach(3, "AdministratorAccess", errorCode="AccessDenied"),
        _attach(4, "AdministratorAccess", who=f"arn:aws:iam::{ACCOUNT}:user/build-1"),
        _open(5, 22, "0.0.0.0/0"),
        _open(6, 443, "0.0.0.0/0"),
        _open(7, 22, "203.0.113.0/24"),
        _key(8, "dana.ops", sourceIPAddress="198.51.100.7"),
        _key(9, "dana.ops", sourceIPAddress="198.51.104.7"),
        _key(10, "dana.ops", sourceIPAddress="2001:db8:bfff::7"),
        _key(11, "dana.ops", sourceIPAddress="2001:db8:c000::7"),
        _key(12, "eve"),
        _role(13, "tmp-09af"),
        _role(14, "tmp-09afx"),
        _role(15, "tmp-09af", path="/team/"),
        call("GetUser", 16, readOnly=True, userAgent="Pacu-1.6"),
        call("GetUser", 17, readOnly=True, userAgent="pacu 1.6"),
        call("GetUser", 18, readOnly=True, additionalEventData={"note": "it is 100%_sure"}),
        call("GetUser", 19, readOnly=True, additionalEventData={"note": "it is 100%-sure"}),
        _attribute(20, "userData"),
        _attribute(21, "instanceType"),
        call("Decrypt", 22, "kms", readOnly=True, tlsDetails={"tlsVersion": "TLSv1"}),
        call("Decrypt", 23, "kms", readOnly=True, tlsDetails={"tlsVersion": "TLSv1.3"}),
        push(image("a"), "v1.2", at(24)),
        push(image("b"), "dev1", at(25)),
    ]
    for minute, who in [
        (30, "sam"),
        (33, "sam"),
        (39, "sam"),
        (41, "lee"),
        (43, "lee"),
        (60, "lee"),
    ]:
        name = f"arn:aws:iam::{ACCOUNT}:user/{who}"
        made.append(call("GetSecretValue", minute, "secretsmanager", name, readOnly=True))
    return made


FOUND: dict[str, list[int]] = {
    "sigma-policy": [1],
    "sigma-open-port": [5],
    "sigma-network": [8, 10],
    "sigma-pattern": [13],
    "sigma-words": [16, 18],
    "sigma-user-data": [20],
    "sigma-tls": [22],
    "sigma-same": [12],
    "sigma-push": [24],
    "sigma-burst-2": [30],
}
"""Rule -> the minutes at which its findings begin."""


def _attach(minute: int, policy: str, **fields: Any) -> Record:
    asked = {"userName": "eve", "policyArn": f"arn:aws:iam::aws:policy/{policy}"}
    return call("AttachUserPolicy", minute, requestParameters=asked, **fields)


def _open(minute: int, port: int, cidr: str) -> Record:
    ranges = {"items": [{"cidrIp": "192.0.2.0/24"}, {"cidrIp": cidr}]}
    permission = {"fromPort": port, "toPort": port, "ipRanges": ranges}
    asked = {"groupId": "sg-1", "ipPermissions": {"items": [permission]}}
    return call("AuthorizeSecurityGroupIngress", minute, "ec2", requestParameters=asked)


def _key(minute: int, user: str, **fields: Any) -> Record:
    return call("CreateAccessKey", minute, requestParameters={"userName": user}, **fields)


def _role(minute: int, name: str, **more: str) -> Record:
    return call("CreateRole", minute, requestParameters={"roleName": name, **more})


def _attribute(minute: int, name: str) -> Record:
    asked = {"instanceId": "i-1", "attribute": name}
    return call("DescribeInstanceAttribute", minute, "ec2", requestParameters=asked, readOnly=True)
