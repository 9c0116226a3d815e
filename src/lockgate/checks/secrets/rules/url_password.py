"""Password in a URL."""

from lockgate.checks.secrets.credential import credential
from lockgate.model.finding import Confidence

RULE = credential(
    "url-password",
    "a password in a URL",
    opens="opens the database or service that the URL names",
    revoke="change that account's password.",
    confidence=Confidence.MEDIUM,
)
SEEN_AS = (
    "detect-secrets:Basic Auth Credentials",
    "kingfisher:betterleaks.generic-credential-uri",
)
BREADTH = 1
