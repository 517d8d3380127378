"""Subjects in the tokens of CI systems, by which jobs get credentials of any cloud (OIDC).

A subject names the repository or pipeline, and mostly also the branch, tag or step of the one run.
https://docs.github.com/actions/reference/security/oidc
https://docs.gitlab.com/ci/secrets/id_token_authentication/
https://buildkite.com/docs/pipelines/security/oidc
https://developer.hashicorp.com/terraform/cloud-docs/workspaces/dynamic-provider-credentials/workload-identity-tokens
https://circleci.com/docs/openid-connect-tokens/
https://support.atlassian.com/bitbucket-cloud/docs/deploy-on-aws-using-bitbucket-pipelines-openid-connect/
https://learn.microsoft.com/azure/devops/pipelines/release/configure-workload-identity
"""

from __future__ import annotations

SUBJECTS = (
    ("{who} LIKE 'repo:%'", "'repo:' || split_part({who}, ':', 2)"),
    ("{who} LIKE 'project_path:%'", "'project_path:' || split_part({who}, ':', 2)"),
    ("{who} LIKE 'organization:%:pipeline:%'", "split_part({who}, ':ref:', 1)"),
    ("{who} LIKE 'organization:%:workspace:%'", "split_part({who}, ':run_phase:', 1)"),
    ("{who} LIKE 'org/%/project/%'", "split_part({who}, '/user/', 1)"),
    ("{who} LIKE '{{________-____-____-____-____________}}:%'", "split_part({who}, ':', 1)"),
    ("{who} LIKE 'sc://%'", "split_part({who}, ' ', 1)"),
)
"""(condition, whose job it is) of a subject `who`, in SQL: GitHub, GitLab, Buildkite, Terraform,
CircleCI, Bitbucket and Azure DevOps."""


def is_subject(who: str) -> str:
    """Condition: whether an expression holds such a subject."""
    return "(" + " OR ".join(test.format(who=who) for test, _ in SUBJECTS) + ")"


def owners(who: str) -> list[tuple[str, str]]:
    """(condition, expression): all jobs of one repository, pipeline or workspace are one actor."""
    return [(test.format(who=who), owner.format(who=who)) for test, owner in SUBJECTS]
