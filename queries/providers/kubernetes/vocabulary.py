"""What requests to a cluster mean.

An event is named by verb and resource (`create pods`, `patch deployments`, `create pods/exec`): the
audit log has no other name. https://kubernetes.io/docs/reference/access-authn-authz/authorization/
"""

from __future__ import annotations

from queries.providers.kubernetes.workloads import CONTROLLERS, PODS

SERVICE = "kubernetes"
"""`event_source` of all requests to a cluster."""

READS = frozenset({"get", "list", "watch", "head", "options"})
INTO_PODS = frozenset({"exec", "attach", "portforward", "proxy", "ephemeralcontainers"})
"""Subresources that reach into a running pod. They are no reads, whatever the verb: `kubectl exec`
sends GET when it uses WebSockets."""

CHANGES = frozenset({"create", "update", "patch"})
ENDS = frozenset({"delete", "deletecollection"})

DEPLOYED, RAN, ENDED = "deployed", "ran", "ended"


def act_of(verb: str, resource: str, subresource: str, owned: bool) -> str:
    """What a request does to what runs: an act of `providers.event.Deployment`, or empty."""
    if resource == PODS and subresource in ("ephemeralcontainers", "status"):
        return RAN if verb in CHANGES else ""
    if subresource or (resource != PODS and resource not in CONTROLLERS):
        return ""
    if verb in ENDS:
        return ENDED
    if verb not in CHANGES:
        return ""
    # What a controller makes ends with it, mostly without a request of its own.
    return RAN if resource == "jobs" or owned else DEPLOYED


def only_reads(verb: str, subresource: str) -> bool:
    return verb in READS and subresource not in INTO_PODS
