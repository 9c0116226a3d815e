"""SoftLayer API key."""

from lockgate.checks.secrets.credential import credential
from lockgate.model.finding import Confidence

RULE = credential(
    "softlayer-credentials",
    "a SoftLayer API key",
    opens="gives its owner's rights in an IBM classic infrastructure account",
    revoke="delete it in the IBM Cloud console under the user's API keys.",
    confidence=Confidence.MEDIUM,
)
SEEN_AS = ("detect-secrets:SoftLayer Credentials",)
