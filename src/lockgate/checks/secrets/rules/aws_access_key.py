"""AWS access key."""

from lockgate.checks.secrets.credential import credential

RULE = credential(
    "aws-access-key",
    "an AWS access key",
    opens="gives its owner's rights in an AWS account, together with the secret key that usually stands beside it",
    revoke="deactivate and delete it in IAM under Security credentials.",
)
SEEN_AS = (
    "detect-secrets:AWS Access Key",
    "kingfisher:betterleaks.aws-access-token",
    "kingfisher:betterleaks.aws-secret-access-key",
)
