"""JSON Web Token."""

from lockgate.checks.secrets.credential import credential
from lockgate.model.finding import Confidence, Severity

RULE = credential(
    "json-web-token",
    "a JSON Web Token",
    opens="lets its holder act as its subject until it expires",
    revoke="end the session or replace the signing key at its issuer.",
    severity=Severity.MEDIUM,
    confidence=Confidence.MEDIUM,
)
SEEN_AS = (
    "detect-secrets:JSON Web Token",
    "kingfisher:betterleaks.jwt",
    "kingfisher:betterleaks.jwt-base64",
)
BREADTH = 1
