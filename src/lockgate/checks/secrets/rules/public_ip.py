"""Public IPv4 address."""

from lockgate.checks.secrets.credential import credential
from lockgate.model.finding import Confidence, Severity

RULE = credential(
    "public-ip",
    "a public IPv4 address",
    opens="tells where a host stands; it opens nothing by itself",
    revoke="no one can revoke an address; move it to the configuration if it should not be public.",
    severity=Severity.LOW,
    confidence=Confidence.LOW,
)
SEEN_AS = ("detect-secrets:Public IP (ipv4)",)
BREADTH = 1
