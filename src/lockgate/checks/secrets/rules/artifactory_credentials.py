"""Artifactory token or password."""

from lockgate.checks.secrets.credential import credential

RULE = credential(
    "artifactory-credentials",
    "an Artifactory token or password",
    opens="gives its owner's access to the packages of an Artifactory server",
    revoke="delete it in the user's profile on that server.",
)
SEEN_AS = (
    "detect-secrets:Artifactory Credentials",
    "kingfisher:betterleaks.artifactory-*",
)
