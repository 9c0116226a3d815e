"""Telegram bot token."""

from lockgate.checks.secrets.credential import credential

RULE = credential(
    "telegram-token",
    "a Telegram bot token",
    opens="lets its holder read and write as a Telegram bot",
    revoke="revoke it by the BotFather's command /revoke.",
)
SEEN_AS = (
    "detect-secrets:Telegram Bot Token",
    "kingfisher:betterleaks.telegram-bot-api-token",
)
