"""Quoted base64 string that looks random."""

from lockgate.checks.secrets.credential import credential
from lockgate.model.finding import Confidence, Severity

RULE = credential(
    "base64-entropy",
    "a quoted base64 string that looks random",
    opens="may be a key or a token; nothing but its randomness says so",
    revoke="find out what it is; if it opens something, revoke it there.",
    severity=Severity.MEDIUM,
    confidence=Confidence.LOW,
)
SEEN_AS = ("detect-secrets:Base64 High Entropy String",)
BREADTH = 2
