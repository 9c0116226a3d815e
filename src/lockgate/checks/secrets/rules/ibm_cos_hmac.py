"""IBM Cloud Object Storage HMAC secret."""

from lockgate.checks.secrets.credential import credential
from lockgate.model.finding import Confidence

RULE = credential(
    "ibm-cos-hmac",
    "an IBM Cloud Object Storage HMAC secret",
    opens="gives access to the buckets of an IBM Cloud Object Storage instance",
    revoke="delete the service credential of that instance.",
    confidence=Confidence.MEDIUM,
)
SEEN_AS = ("detect-secrets:IBM COS HMAC Credentials",)
