"""GitLab token."""

from lockgate.checks.secrets.credential import credential

RULE = credential(
    "gitlab-token",
    "a GitLab token",
    opens="gives its owner's access to projects and pipelines on a GitLab server",
    revoke="revoke it under the access tokens of the user, project or runner.",
)
SEEN_AS = (
    "detect-secrets:GitLab Token",
    "kingfisher:betterleaks.gitlab-*",
)
