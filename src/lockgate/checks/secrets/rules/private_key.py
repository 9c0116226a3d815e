"""Private key."""

from lockgate.checks.secrets.credential import credential

RULE = credential(
    "private-key",
    "a private key",
    opens="proves the identity of a host, person or signer to whoever trusts the public key",
    revoke="remove the public key, or revoke the certificate, everywhere it is trusted.",
)
SEEN_AS = (
    "detect-secrets:Private Key",
    "kingfisher:betterleaks.private-key",
)
