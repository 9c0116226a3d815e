"""GitHub token."""

from lockgate.checks.secrets.credential import credential

RULE = credential(
    "github-token",
    "a GitHub token",
    opens="gives its owner's access to repositories and organisations on GitHub",
    revoke="delete it under Settings, Developer settings.",
)
SEEN_AS = (
    "detect-secrets:GitHub Token",
    "kingfisher:betterleaks.github-*",
)
