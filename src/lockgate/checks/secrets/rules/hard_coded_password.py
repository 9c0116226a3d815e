"""Value assigned to a name such as password or api_key."""

from lockgate.checks.secrets.credential import credential
from lockgate.model.finding import Confidence

RULE = credential(
    "hard-coded-password",
    "a value assigned to a name such as password or api_key",
    opens="opens whatever that name belongs to, if it is real",
    revoke="change it where it is used.",
    confidence=Confidence.MEDIUM,
)
SEEN_AS = ("detect-secrets:Secret Keyword",)
BREADTH = 1
