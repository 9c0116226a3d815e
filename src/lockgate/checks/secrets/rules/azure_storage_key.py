"""Azure storage account key."""

from lockgate.checks.secrets.credential import credential

RULE = credential(
    "azure-storage-key",
    "an Azure storage account key",
    opens="gives full access to all data of an Azure storage account",
    revoke="rotate the account's keys in the Azure portal under Access keys.",
)
SEEN_AS = (
    "detect-secrets:Azure Storage Account access key",
    "kingfisher:betterleaks.azure-storage-account-key",
)
