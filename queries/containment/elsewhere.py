"""Commands for Google Cloud and Azure, and what to do about principals there and in a cluster.

https://cloud.google.com/sdk/gcloud/reference/iam/service-accounts/disable,
https://cloud.google.com/sdk/gcloud/reference/artifacts/docker/tags/add,
https://learn.microsoft.com/cli/azure/acr (import, update, credential renew),
https://learn.microsoft.com/cli/azure/ad (user update, sp update).
"""

from __future__ import annotations

import re
import shlex
from typing import Any

from queries.containment.model import KEY, SESSIONS, Suggestion
from queries.containment.shell import command, fits, written

GOOGLE, AZURE, KUBERNETES = "google", "azure", "kubernetes"

_SERVICE_ACCOUNT = re.compile(r"[^@]+@([^@.]+)\.iam\.gserviceaccount\.com")
_IN_CLUSTER = re.compile(r"system:serviceaccount:([^:]+):([^:]+)")


def principal(provider: str, kind: str, name: str, registry: str, how: str) -> Suggestion | None:
    """About somebody who acted; `kind` is the identity type, where it is known."""
    if provider == GOOGLE:
        return _google(name, how)
    if provider == AZURE:
        return _azure(kind, name, registry, how)
    if provider == KUBERNETES:
        return _cluster(name, how)
    return None


def _google(name: str, how: str) -> Suggestion | None:
    if found := _SERVICE_ACCOUNT.fullmatch(name):
        line = command(
            "gcloud iam service-accounts disable",
            ("", "email", name),
            ("--project", "project", found[1]),
        )
        caution = (
            "whatever else runs as this account stops; 'enable' undoes it. Look at its keys and at"
            " who may impersonate it"
        )
        return Suggestion(KEY, f"service account {name}", how, written(line), caution)
    if name.startswith(("principal:", "principalSet:")):
        caution = "take the pool's binding away from the service account, or disable its provider"
        return Suggestion(SESSIONS, f"workload identity {name}", how, [], caution)
    if "@" in name:
        caution = (
            "suspend the person and sign them out in the Admin console; a token stays valid for up"
            " to an hour"
        )
        return Suggestion(SESSIONS, f"sessions of {name}", how, [], caution)
    return None


def _azure(kind: str, name: str, registry: str, how: str) -> Suggestion | None:
    if kind == "AdminUser":
        short = registry.partition(".")[0]
        lines = [
            command(
                "az acr update", ("--name", "registry", short), ("--admin-enabled", "", "false")
            ),
            *(
                command(
                    "az acr credential renew",
                    ("--name", "registry", short),
                    ("--password-name", "", password),
                )
                for password in ("password", "password2")
            ),
        ]
        caution = "everything that logs in as the registry's admin user stops"
        return Suggestion(KEY, f"admin user of {registry}", how, written(*lines), caution)
    if fits("guid", name):
        line = command(
            "az ad sp update", ("--id", "guid", name), ("--set", "", "accountEnabled=false")
        )
        caution = "it may be a user's object id: look it up first. Renew its secrets as well"
        return Suggestion(KEY, f"service principal {name}", how, written(line), caution)
    if "@" in name:
        line = command(
            "az ad user update", ("--id", "email", name), ("--account-enabled", "", "false")
        )
        caution = "revoke the person's sessions in Entra ID too; a token stays valid for an hour"
        return Suggestion(SESSIONS, f"sessions of {name}", how, written(line), caution)
    return None


def _cluster(name: str, how: str) -> Suggestion | None:
    found = _IN_CLUSTER.fullmatch(name)
    if found is None or name.startswith("system:serviceaccount:kube-system:"):
        return None  # a person is known to whoever signs them in; the system's own are no way in
    line = ""
    if fits("account_name", found[1]) and fits("account_name", found[2]):
        account = shlex.quote(f"{found[1]}/{found[2]}")
        line = f"kubectl get rolebindings,clusterrolebindings -A -o wide | grep -F {account}"
    caution = "take its bindings away, delete its token secrets, and restart the pods that use it"
    return Suggestion(SESSIONS, f"account {name} of the cluster", how, written(line), caution)


def keep_image(provider: str, push: dict[str, Any]) -> list[str]:
    """Copy the image into a file; nothing of it is run."""
    reference = _reference(provider, push)
    digest = str(push["image_digest"])
    if not reference or not fits("digest", digest):
        return []
    image = shlex.quote(f"{reference}@{digest}")
    return [f"docker pull {image}", f"docker save --output image.tar {image}"]


def give_back(provider: str, push: dict[str, Any], tag: str, before: str) -> list[str]:
    """Put a tag back on the image that it named before."""
    reference = _reference(provider, push)
    if not reference or not fits("tag", tag) or not fits("digest", before):
        return []
    former, named = f"{reference}@{before}", f"{reference}:{tag}"
    if provider == GOOGLE:
        return [f"gcloud artifacts docker tags add {shlex.quote(former)} {shlex.quote(named)}"]
    line = command(
        "az acr import",
        ("--name", "registry", str(push["registry_id"]).partition(".")[0]),
        ("--source", "", former),
        ("--image", "", named.partition("/")[2]),
    )
    return [f"{line} --force"] if line else []


def _reference(provider: str, push: dict[str, Any]) -> str:
    """The image as a client names it, without tag and digest; empty when a part looks wrong."""
    name, registry = str(push["repository_name"] or ""), str(push["registry_id"] or "")
    if not fits("repository", name):
        return ""
    if provider == GOOGLE:
        place = str(push["aws_region"] or "")
        good = fits("location", place) and fits("project", registry)
        return f"{place}-docker.pkg.dev/{registry}/{name}" if good else ""
    short, _, rest = registry.partition(".")
    return f"{registry}/{name}" if fits("registry", short) and rest == "azurecr.io" else ""
