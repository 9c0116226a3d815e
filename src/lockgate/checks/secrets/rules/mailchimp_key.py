"""Mailchimp API key."""

from lockgate.checks.secrets.credential import credential

RULE = credential(
    "mailchimp-key",
    "a Mailchimp API key",
    opens="gives access to the audiences and campaigns of a Mailchimp account",
    revoke="revoke it under Account, Extras, API keys.",
)
SEEN_AS = (
    "detect-secrets:Mailchimp Access Key",
    "kingfisher:betterleaks.mailchimp-api-key",
)
