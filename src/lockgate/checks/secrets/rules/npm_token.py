"""Npm token."""

from lockgate.checks.secrets.credential import credential

RULE = credential(
    "npm-token",
    "an npm token",
    opens="lets its holder install private packages or publish new versions as its owner",
    revoke="delete it under Access Tokens of the npm account.",
)
SEEN_AS = (
    "detect-secrets:NPM tokens",
    "kingfisher:betterleaks.npm-access-token",
    "kingfisher:veles.secrets/npmjsaccesstoken",
)
