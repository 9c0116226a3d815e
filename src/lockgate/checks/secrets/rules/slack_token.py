"""Slack token or webhook."""

from lockgate.checks.secrets.credential import credential

RULE = credential(
    "slack-token",
    "a Slack token or webhook",
    opens="lets its holder read or post in a Slack workspace",
    revoke="revoke it on the app's page, or regenerate the webhook.",
)
SEEN_AS = (
    "detect-secrets:Slack Token",
    "kingfisher:betterleaks.slack-*",
    "kingfisher:veles.secrets/slack*",
)
