"""Square OAuth secret or access token."""

from lockgate.checks.secrets.credential import credential

RULE = credential(
    "square-secret",
    "a Square OAuth secret or access token",
    opens="gives access to the payments and customers of a Square account",
    revoke="replace it in the Square developer dashboard.",
)
SEEN_AS = (
    "detect-secrets:Square OAuth Secret",
    "kingfisher:betterleaks.square-access-token",
)
