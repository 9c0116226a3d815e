"""Stripe API key."""

from lockgate.checks.secrets.credential import credential

RULE = credential(
    "stripe-key",
    "a Stripe API key",
    opens="gives access to the payments and customers of a Stripe account",
    revoke="roll it under Developers, API keys.",
)
SEEN_AS = (
    "detect-secrets:Stripe Access Key",
    "kingfisher:betterleaks.stripe-access-token",
)
