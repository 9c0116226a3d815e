"""Discord token."""

from lockgate.checks.secrets.credential import credential

RULE = credential(
    "discord-token",
    "a Discord token",
    opens="lets its holder act as a Discord bot or application",
    revoke="reset it in the Discord developer portal.",
)
SEEN_AS = (
    "detect-secrets:Discord Bot Token",
    "kingfisher:betterleaks.discord-api-token",
    "kingfisher:betterleaks.discord-client-secret",
)
