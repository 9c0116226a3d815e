"""Twilio API key."""

from lockgate.checks.secrets.credential import credential

RULE = credential(
    "twilio-key",
    "a Twilio API key",
    opens="lets its holder call and send messages at its owner's cost",
    revoke="delete it in the Twilio console under API keys.",
)
SEEN_AS = (
    "detect-secrets:Twilio API Key",
    "kingfisher:betterleaks.twilio-api-key",
)
