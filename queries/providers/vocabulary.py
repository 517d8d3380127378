"""The words for what calls do: to a registry (`events.registry_action`), and besides."""

from __future__ import annotations

PUSH = "push"
"""A manifest was put: the act that publishes an image."""
UPLOAD = "upload"
"""A layer is being moved to the registry; without a push after it, an unfinished one."""
CHECK = "check"
"""Asked whether a layer, manifest or tag is there."""
PULL = "pull"
"""A manifest was fetched."""
DOWNLOAD = "download"
"""A layer was fetched."""
LOGIN = "login"
LIST = "list"
TAG = "tag"
UNTAG = "untag"
"""A tag was taken off; the image stays."""
DELETE = "delete"
EXPIRE = "expire"
"""The registry deleted images by a policy, on its own."""
CREATE_REPOSITORY = "create repository"
DELETE_REPOSITORY = "delete repository"
DELETE_REGISTRY = "delete registry"
"""All repositories whose key begins with this one's and a slash went with it."""
POLICY = "policy"
"""Who may do what was changed (not: read)."""
SETTINGS = "settings"
"""Another change to how the registry works: scanning, immutable tags, replication, clean-up."""
SCAN = "scan"
READ = "read"
"""Anything else that only reads."""

ACTIONS = frozenset(
    {
        PUSH, UPLOAD, CHECK, PULL, DOWNLOAD, LOGIN, LIST, TAG, UNTAG, DELETE, EXPIRE,
        CREATE_REPOSITORY, DELETE_REPOSITORY, DELETE_REGISTRY, POLICY, SETTINGS, SCAN, READ,
    }
)  # fmt: skip
"""The words of `events.registry_action`, which is NULL for a call to anything but a registry."""

# What calls can mean, besides what they do to a registry; questions and rules ask for these words.
CONSOLE_LOGIN = "console_login"
"""A person signed in with a password."""
CREDENTIAL_MADE = "credential_made"
IDENTITY_CHANGED = "identity_changed"
"""Users, roles, groups or what they may do were changed."""
SECRET_READ = "secret_read"  # noqa: S105 - a word
LOGGING_CHANGED = "logging_changed"
LOGGING_TAMPERED = "logging_tampered"
"""The logging was stopped, deleted or narrowed."""
LOGGING_TRIMMED = "logging_trimmed"
"""Those of them that are daily work as well."""
SCANNING_STOPPED = "scanning_stopped"
"""Images are no longer looked through for weaknesses, by a call to another service than theirs."""
EVIDENCE_STOPPED = "evidence_stopped"
"""The log that is the evidence itself was stopped, begun again or changed."""
GAINS_RIGHTS, STAYS, READS_SECRETS, RUNS_CODE, OPENS_NETWORK = (
    "rights",
    "persistence",
    "secrets",
    "code",
    "network",
)
"""Sensitive calls, by the word that findings say."""
PUBLIC_PUSH = "public_push"
"""A push to where everybody can pull."""
NEW_WAY = "new_way"
"""Images may flow in or out of the registry by another way."""
OUTLET = "outlet"
"""The registry sends something to another place: notices, copies, exports."""
BY_CONTROL_PLANE = "by_control_plane"
"""An image comes in without a push: imported, or built by the registry."""
SHARED_CREDENTIALS = "shared_credentials"
"""The registry's shared password was read, changed or switched on."""
REGISTRY_CHANGED = "registry_changed"
"""The registry's settings were written as a whole."""
