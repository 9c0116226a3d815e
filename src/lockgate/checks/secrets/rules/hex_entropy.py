"""Quoted hexadecimal string that looks random."""

from lockgate.checks.secrets.credential import credential
from lockgate.model.finding import Confidence, Severity

RULE = credential(
    "hex-entropy",
    "a quoted hexadecimal string that looks random",
    opens="may be a key or a token, and is as often a digest or an identifier; nothing but its randomness says so",
    revoke="find out what it is; if it opens something, revoke it there.",
    severity=Severity.MEDIUM,
    confidence=Confidence.LOW,
)
SEEN_AS = ("detect-secrets:Hex High Entropy String",)
BREADTH = 2
