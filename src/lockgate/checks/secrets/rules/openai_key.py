"""OpenAI API key."""

from lockgate.checks.secrets.credential import credential

RULE = credential(
    "openai-key",
    "an OpenAI API key",
    opens="lets its holder use the OpenAI API at its owner's cost and read the project's files",
    revoke="revoke it under API keys of the OpenAI platform.",
)
SEEN_AS = (
    "detect-secrets:OpenAI Token",
    "kingfisher:betterleaks.openai-api-key",
)
