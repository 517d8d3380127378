"""The name of a cluster whose audit log does not say it: on EKS the log group does.

An audit event of EKS has no name of its cluster in it. CloudWatch keeps the log of a cluster in the
group `/aws/eks/NAME/cluster`: a subscription's document names it, and exports are put into folders
of that name, with slashes or with the hyphens that stand for them in a prefix
(`aws-eks-NAME-cluster`).
https://docs.aws.amazon.com/eks/latest/userguide/control-plane-logs.html
"""

from __future__ import annotations

import re

from queries.envelopes.model import Record

_GROUP = re.compile(
    r"(?:^|[/\\\s])aws(?:/eks/(?P<path>[A-Za-z0-9_-]+)/|-eks-(?P<prefix>[A-Za-z0-9_-]+)-)cluster"
    r"(?=$|[/\\])"
)


def cluster_of(where: str) -> str:
    """The cluster that a log group or a path names; empty for none, or for several."""
    found = {said["path"] or said["prefix"] for said in _GROUP.finditer(where)}
    return found.pop() if len(found) == 1 else ""


def name_cluster(record: Record, where: str) -> None:
    """Put the cluster's name into a record that has none, if the place it comes from tells it."""
    asked = record.fields.get("requestParameters")
    if not isinstance(asked, dict) or asked.get("cluster") or not record.mapped:
        return
    cluster = cluster_of(where)
    if not cluster:
        return
    asked["cluster"] = cluster
    deployment = record.mapped.get("deployment")
    if deployment:
        # As of_audit writes them: account/cluster/resource/place, and the cluster at the end.
        account, _, rest = deployment["unit"].split("/", 2)
        deployment["unit"] = f"{account}/{cluster}/{rest}"
        deployment["deployed"] += f" in {cluster}"
