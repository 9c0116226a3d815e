"""Python package index upload token."""

from lockgate.checks.secrets.credential import credential
from lockgate.model.finding import Severity

RULE = credential(
    "package-index-token",
    "a Python package index upload token",
    opens="lets its holder publish new versions of its owner's packages",
    revoke="remove it under Account settings of the package index.",
    severity=Severity.CRITICAL,
)
SEEN_AS = (
    "detect-secrets:PyPI Token",
    "kingfisher:betterleaks.pypi-upload-token",
)
