"""Short names for people: what to call a principal, an error, an effect."""

from __future__ import annotations

import re

from queries.providers import PROVIDERS

_GITHUB = re.compile(r"repo:([^:]+/[^:]+):(.+?)(?: \([^)]*\))?")

ERRORS = {
    "ImageTagAlreadyExistsException": "tag is immutable",
    "ImageAlreadyExistsException": "same image and tag already there",
    "RepositoryNotFoundException": "repository does not exist",
    "LayersNotFoundException": "layers missing",
    "ImageDigestDoesNotMatchException": "digest does not match",
    "ReferencedImagesNotFoundException": "listed images missing",
    "InvalidParameterException": "invalid request",
    "LimitExceededException": "limit reached",
    "KmsException": "KMS key unusable",
    "AccessDenied": "access denied",
    "AccessDeniedException": "access denied",
    "VpceAccessDenied": "denied by the VPC endpoint",
    "ThrottlingException": "throttled",
}
"""PutImage's errors in words (https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_PutImage.html)."""

IMMUTABLE = "ImageTagAlreadyExistsException"


def error_in_words(code: str | None) -> str:
    """An error code as words; an unknown one stays as it is."""
    if not code:
        return ""
    if code.isupper():  # PERMISSION_DENIED
        return ERRORS.get(code, code.replace("_", " ").lower())
    return ERRORS.get(code, code.removesuffix("Exception"))


def display_name(label: str | None) -> str:
    """A principal's label as a person would say it.

    `arn:aws:iam::1:user/ops/dana` is dana, `…:assumed-role/jump/x` is jump/x, an Identity Center
    session is its e-mail address, a GitHub subject is org/repo@branch, a cluster's service account
    is namespace/name.
    """
    if not label:
        return "–"
    if label.startswith(("principal://", "principalSet://")):  # a federated identity of Google
        label = label.rsplit("/subject/", 1)[-1]
    if match := _GITHUB.fullmatch(label):
        return f"{match.group(1)}{_github_ref(match.group(2))} (GitHub)"
    if label.startswith("system:serviceaccount:"):  # of a cluster: namespace/name
        return label.removeprefix("system:serviceaccount:").replace(":", "/", 1)
    if label.startswith("system:node:"):
        return f"node {label.removeprefix('system:node:').split('.', 1)[0]}"
    if not label.startswith("arn:"):
        return label
    parts = label.split(":", 5)
    if len(parts) < 6:
        return label
    kind, _, name = parts[5].partition("/")
    if kind == "root":
        return f"root of {parts[4]}"
    if kind == "assumed-role":
        role, _, session = name.partition("/")
        if role.startswith("AWSReservedSSO_"):
            short = role.removeprefix("AWSReservedSSO_").rsplit("_", 1)[0]
            return f"{session} ({short})"
        return f"{role}/{session}" if session else role
    if kind in ("user", "role", "federated-user"):
        return name.rsplit("/", 1)[-1]
    return parts[5]


def _github_ref(subject: str) -> str:
    """The part of a GitHub subject after the repository: branch, tag, environment, event.

    https://docs.github.com/en/actions/reference/security/oidc
    """
    if subject.startswith("ref:refs/heads/"):
        return "@" + subject.removeprefix("ref:refs/heads/")
    if subject.startswith("ref:refs/tags/"):
        return "@" + subject.removeprefix("ref:refs/tags/")
    if subject.startswith("environment:"):
        return " env " + subject.removeprefix("environment:")
    return " " + subject


def origin_and_session(origin: str | None, principal: str | None) -> str:
    """`dana ← ci-push/17724…`: the origin first, then the session that acted."""
    first, last = display_name(origin), display_name(principal)
    return first if origin == principal or not origin else f"{first} ← {last}"


EFFECTS = {
    "new image": "new image",
    "retag": "retag",
    "moved tag": "moved tag",
    "moved tag to known image": "moved, known image",
    "same image again": "same image again",
    "attempt": "attempt",
}

KINDS = {
    "helm_chart": "Helm chart",
    "build_cache": "build cache",
    "signature": "signature",
    "attestation": "attestation",
    "sbom": "SBOM",
    "artifact": "artifact",
    "unknown": "manifest not recorded",
}


def what_happened(push: dict[str, object]) -> str:
    """A push's effect in words, with its kind where it is no plain image."""
    code = push.get("error_code")
    if push.get("outcome") == "incomplete":
        why = f": {error_in_words(str(code))}" if code else ""
        return f"never finished, {push.get('effect')}{why}"
    if push.get("outcome") != "ok":
        return f"attempt: {error_in_words(str(code) if code else None) or 'failed'}"
    said = [EFFECTS.get(str(push.get("effect")), str(push.get("effect")))]
    kind = str(push.get("kind"))
    if kind in KINDS:
        said.append(KINDS[kind])
    platforms = [name for name in str(push.get("platforms") or "").split(", ") if name]
    if platforms:
        said.append(f"{len(platforms)} platform{'s' if len(platforms) > 1 else ''}")
    if push.get("made_by") != "person":
        said.append(str(push.get("made_by")))
    return ", ".join(said)


MATCHED = {
    "digest": "by digest",
    "digest elsewhere": "by digest, elsewhere",
    "tag": "by tag",
    "tag unresolved": "tag not resolved",
    "possible": "possible",
    "other registry": "other registry",
    "not recorded": "image not recorded",
}
"""How a deployment's image was matched to a push, in words."""

FOLLOWS = {
    "ecs": "a service keeps the digest until its next deployment; a task takes what the tag names",
    "lambda": "a function keeps the digest until its code is updated",
    "apprunner": "at once where automatic deployments are on",
    "codebuild": "each build takes what the tag names",
    "batch": "each job takes what the tag names",
    "sagemaker": "each job or endpoint takes what the tag names when it is made",
}
"""When a platform takes up a tag that was moved.

ECS: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-type-ecs.html
Lambda: https://docs.aws.amazon.com/lambda/latest/dg/images-create.html
App Runner: https://docs.aws.amazon.com/apprunner/latest/dg/manage-deploy.html
"""


def repository_name(key: object) -> str:
    """The name of a repository without whose it is: `team/api` of `111122223333/us-east-1/team/api`
    and of `example.azurecr.io/team/api`, whose registry is known by its host alone."""
    first, _, rest = str(key or "").partition("/")
    return rest if "." in first else str(key or "").split("/", 2)[-1]


def short_image(deployment: dict[str, object]) -> str:
    """The image of a deployment without its registry's host, where that is one of ECR."""
    name = deployment.get("repository_name") or ""
    if not name and deployment.get("repository"):
        name = repository_name(deployment["repository"])
    if not name or not deployment.get("repository"):
        return str(deployment.get("image") or "not recorded")
    tag, digest = deployment.get("image_tag"), str(deployment.get("image_digest") or "")
    said = f"{name}:{tag}" if tag else str(name)
    return f"{said}@{digest[7:13]}…" if digest else said


def what_ran(deployment: dict[str, object]) -> str:
    """`service prod/api ← api:88`: what runs the image, and the definition it names."""
    said = str(deployment.get("deployed") or "–")
    definition = deployment.get("definition")
    said += f" ← {definition}" if definition else ""
    return f"{said} (attempt)" if deployment.get("outcome") != "ok" else said


def where_from(push: dict[str, object]) -> str:
    """The address of a push, or that of its probable login, marked ≈ (with the number of logins
    where it cannot be told which), or that none is recorded."""
    if push.get("made_by") != "person":
        return "AWS service"
    address = str(push.get("source_ip_address") or "")
    if address[:1].isdigit() or ":" in address:
        return address
    if push.get("login_match") == "ambiguous":
        count = push.get("login_count")
        return f"≈ {push['login_ip']} ×{count}" if push.get("login_ip") else f"≈ {count} logins"
    if push.get("login_ip"):
        return f"≈ {push['login_ip']}"
    return "not recorded"


def login_in_words(push: dict[str, object]) -> str:
    """The registry login behind a push and how sure that is; empty where none is known."""
    match, count = push.get("login_match"), push.get("login_count")
    address = push.get("login_ip") or "no address"
    if match == "exact":
        return f"{address} (same session)"
    if match == "probable":
        return f"{address} (probable: the only login of this principal in 12 h)"
    if match == "ambiguous":
        logins = f"ambiguous: {count} logins in the 12 h before"
        if push.get("login_ip"):
            return f"{logins}, all from {push['login_ip']}"
        return f"{logins}, from {str(push.get('login_ips') or 'no address').replace(' ', ', ')}"
    return ""


def service_name(event_source: str | None) -> str:
    """`ecr` for `ecr.amazonaws.com`."""
    said = event_source or "–"
    for provider in PROVIDERS:
        said = provider.services.get(said, said)
        said = said.removesuffix(provider.suffix) if provider.suffix else said
    return said


def cloud_title(provider: str | None) -> str:
    """`Google Cloud` for google."""
    return next((each.title for each in PROVIDERS if each.name == provider), str(provider or "–"))


def short_call(name: str | None) -> str:
    """A call's name without the API that it belongs to: `DeletePackage` for
    google.devtools.artifactregistry.v1.ArtifactRegistry.DeletePackage."""
    said = name or "–"
    return said.rsplit(".", 1)[-1] if said.count(".") >= 4 else said


def some(count: int, noun: str, plural: str = "") -> str:
    """`1 file`, `2,900 files`; `plural` where it is no s behind the noun."""
    return f"{count:,} {noun if count == 1 else plural or f'{noun}s'}"
