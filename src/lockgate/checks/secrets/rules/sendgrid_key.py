"""SendGrid API key."""

from lockgate.checks.secrets.credential import credential

RULE = credential(
    "sendgrid-key",
    "a SendGrid API key",
    opens="lets its holder send mail as its owner",
    revoke="delete it under Settings, API Keys.",
)
SEEN_AS = (
    "detect-secrets:SendGrid API Key",
    "kingfisher:betterleaks.sendgrid-api-token",
    "kingfisher:veles.secrets/sendgrid",
)
