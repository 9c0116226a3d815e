"""IBM Cloud API key."""

from lockgate.checks.secrets.credential import credential
from lockgate.model.finding import Confidence

RULE = credential(
    "ibm-cloud-key",
    "an IBM Cloud API key",
    opens="gives its owner's rights in an IBM Cloud account",
    revoke="delete it in the IBM Cloud console under Manage, Access (IAM).",
    confidence=Confidence.MEDIUM,
)
SEEN_AS = (
    "detect-secrets:IBM Cloud IAM Key",
    "kingfisher:betterleaks.ibm-cloud-user-api-key",
)
