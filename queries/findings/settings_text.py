"""The commented configuration that `ecr-investigate config` writes: everything in it is a comment,
so that it changes nothing until a line is taken out of its comment."""

from __future__ import annotations

from collections.abc import Sequence

from queries.findings.rules import SEVERITIES, Rule

_HEAD = """\
# Configuration of ecr-investigate: what is expected here, and what the rules go by.
# It is read from --config FILE, else from {path}.
# Every line is a comment: take the '#' away from those that you change.

# Rules that are not asked. `ecr-investigate rules` lists them all.
# off = ["push-outside-hours"]

# Folders with rules of your own; relative ones count from this file.
# rules = ["my-rules"]

# Folders with rules in Sigma's format (product aws, service cloudtrail); they need the extra sigma.
# sigma = ["my-sigma-rules"]

# Nothing is called new before so many days of evidence were seen.
# learning_days = 3

# Nor before so many pushes: what fewer pushes did is no habit yet.
# habit_pushes = 5

# A pause of so many hours between findings of one origin ends a story.
# story_gap_hours = 12

[expected]
# Who may push ('*' stands for anything): roles, users, GitHub repositories as repo:ORG/NAME.
# principals = ["arn:aws:iam::111122223333:role/ci-*", "repo:example-org/*"]

# Which of them are jobs and no people.
# automation = ["arn:aws:iam::111122223333:user/build"]

# Accounts of the organisation. Those whose trail is in the evidence belong to it anyway.
# accounts = ["111122223333", "444455556666"]

# Regions in which the registry is used.
# regions = ["us-east-1"]

# Networks that people and runners come from.
# networks = ["203.0.113.0/24", "2001:db8::/32"]

[known_good]
# Files with the digests of all builds, out of CI, a signing store or an SBOM store: text, CSV or
# JSON; every sha256 digest in them counts. Relative ones count from this file.
# digests = ["builds.csv"]

[hours]
# Working hours. Without them a repository's own habit is what counts.
# time_zone = "Europe/Berlin"
# from = "07:00"
# until = "20:00"
# days = ["mon", "tue", "wed", "thu", "fri"]

[enrichment]
# Files about addresses and accounts; relative ones count from this file, and none is downloaded.
# Databases in MaxMind's format (.mmdb), of MaxMind or IPinfo: country, city, network operator.
# geo = ["GeoLite2-City.mmdb", "GeoLite2-ASN.mmdb"]
# AWS's own list of its networks.
# aws_ranges = "ip-ranges.json"
# Networks that builds run in: text with one in a line, or JSON such as GitHub's meta.
# ci = ["github-meta.json"]
# Names of accounts: CSV, or what 'aws organizations list-accounts' prints.
# accounts = "accounts.csv"

[account_names]
# "111122223333" = "production"

{interface}[severity]
# Another severity for a rule, whatever it says itself: {severities}.
# push-to-public-gallery = "low"

[thresholds]
# The numbers that rules go by, with what they are unless they are changed here.
"""


def settings_text(rules: Sequence[Rule], path: str, interface: str = "") -> str:
    """The whole file, valid as it is; `interface` are the tables that are about screens."""
    text = _HEAD.format(path=path, severities=", ".join(SEVERITIES), interface=interface)
    for rule in rules:
        if not rule.thresholds:
            continue
        text += f"\n# {rule.title}\n# [thresholds.{rule.id}]\n"
        for name, threshold in rule.thresholds.items():
            text += f"# {name} = {threshold.value:g}  # {threshold.means}\n"
    return text
