"""Hosts of ECR, in all partitions and forms, and of ECR Public.

https://docs.aws.amazon.com/general/latest/gr/ecr.html
"""

from __future__ import annotations

import re

_DOMAINS = (
    r"amazonaws\.com(?:\.cn)?|amazonaws\.eu|c2s\.ic\.gov|sc2s\.sgov\.gov|cloud\.adc-e\.uk"
    r"|csp\.hci\.ic\.gov"
)
_PLACE = r"\$\{[A-Za-z:]+\}"
"""A pseudo parameter of a template, such as `${AWS::AccountId}`: filled in where it is used."""
ECR_HOST = re.compile(
    rf"(?P<account>\d{{12}}|{_PLACE}|vpce-[0-9a-z-]+)\.dkr"
    rf"(?:\.ecr(?:-fips)?\.(?P<region>[a-z]{{2,}}(?:-[a-z0-9]+)+|{_PLACE})"
    rf"\.(?:vpce\.)?(?:{_DOMAINS}|{_PLACE})"
    rf"|-ecr(?:-fips)?\.(?P<dual>[a-z]{{2,}}(?:-[a-z0-9]+)+|{_PLACE})"
    r"\.on\.(?:aws|amazonwebservices\.com\.cn))"
)
PUBLIC_HOSTS = frozenset({"public.ecr.aws", "ecr-public.aws.com"})
MENTIONS = (
    r"(?:\d{12}|\$\{[A-Za-z:]+\})\.dkr[.-]ecr[A-Za-z0-9.${}:-]*"
    r"|public\.ecr\.aws|ecr-public\.aws\.com"
)
MENTION_SIGNS = (".dkr.ecr", ".dkr-ecr", "public.ecr.aws/", "ecr-public.aws.com/")
