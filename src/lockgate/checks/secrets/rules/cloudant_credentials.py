"""Cloudant password or key."""

from lockgate.checks.secrets.credential import credential
from lockgate.model.finding import Confidence

RULE = credential(
    "cloudant-credentials",
    "a Cloudant password or key",
    opens="gives access to the databases of an IBM Cloudant account",
    revoke="delete the credential in the IBM Cloud console.",
    confidence=Confidence.MEDIUM,
)
SEEN_AS = ("detect-secrets:Cloudant Credentials",)
