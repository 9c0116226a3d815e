"""Why something that an engine sees is probably no secret: a placeholder, a published example, a digest."""

from __future__ import annotations

import re
from base64 import b64decode
from posixpath import basename

# What people write where a secret will stand. A value that is made of nothing else is none.
_WORDS = frozenset(
    """
    a access an and api app auth bar basic baz change changed changeit changeme client code credential credentials
    default demo dev dummy empty enter example fake fill fixme foo foobar foobarbaz for go goes here hidden id in
    insert invalid is it key keys like login me mock my mysecret name new none not null of or pass passphrase passwd
    password passwords placeholder please private provide public put pw pwd qux real redacted removed replace replaceme
    sample secret secrets set some something somepassword string super supersecret tbd test testing that the this
    to todo token tokens unknown unset update use user username value with write x xxx you your yours
    """.split()  # noqa: SIM905 - a hundred quotation marks are no easier to read
)
_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+|\d+|[^a-zA-Z\d\s_.,:!/\-]")
_COUNTED = re.compile(r"0+|1|12|123|1234|12345|123456|1234567|12345678|123456789|1234567890|42|9+")
_VARIABLE = re.compile(
    r"<[\w .:/-]+>|\{+[\w .:/-]+\}+|[$#]\{[\w .:/-]+\}|\$\([\w .:/-]+\)|\$[A-Z_]+|%\(\w+\)s|%[A-Z_]+%|\[[\w .:/-]+\]|"
    r"@[A-Z_]+@|__[A-Z_]+__"
)
_FILLER = re.compile(r"x{8,}|X{8,}|\*{8,}|\.{8,}|\?{8,}|#{8,}|0{12,}")  # behind a provider's prefix
_USER = re.compile(r"[a-z][a-z\d+.-]*://[^/@\s]*?:(?P<password>[^/@\s]*)@", re.IGNORECASE)

# Published by the providers as examples; in pieces, so that they are found in no scan of this file.
_EXAMPLES = {
    "AKIAIOSFODNN7" + "EXAMPLE": "AWS",
    "wJalrXUtnFEMI/K7MDENG/" + "bPxRfiCYEXAMPLEKEY": "AWS",
    "je7MtGbClwBF/2Zp9Utk/" + "h3yCo8nvbEXAMPLEKEY": "AWS",
    "AKIAI44QH8DHB" + "EXAMPLE": "AWS",
    "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2U" + "VErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==": "Azure Storage",
    "C2y6yDjf5/R+ob0N8A7Cgv30VRDJIWEHLM+4QDU5DE2nQ9nDuVTq" + "obD4b8mGGyPMbIZnqyMsEcaGQy67XIw/Jw==": "Azure Cosmos DB",
    "sk_test_4eC39HqL" + "yjWDarjtT1zdp7dc": "Stripe",
    "sk_test_BQokikJO" + "vBiI2HlWgH4olfQ2": "Stripe",
    "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9"
    ".eyJzdWIiOiIxMjM0NTY3ODkwIiwibmFtZSI6IkpvaG4gRG9lIiwi"
    "aWF0IjoxNTE2MjM5MDIyfQ."
    "SflKxwRJSMeKKF2QT4fwpMeJf36POk6yJV_" + "adQssw5c": "jwt.io",
}

_INTEGRITY = re.compile(r"sha(256|384|512)-([A-Za-z\d+/]+={0,2})")
_DIGEST_BYTES = frozenset({16, 20, 28, 32, 48, 64})  # MD5, SHA-1, and SHA-2 in its lengths
_NAMED = re.compile(
    r"(?:md5|sha-?\d+|blake2b?|blake3|digest|checksum|integrity|hash(?:es)?|commit|revision|rev|tree|etag)"
    r"(?:sums?|_hex|hex)?[\"']?\s*(?:\]\s*)?(?:[:=]|=>)\s*\[?\s*[rbuf]?[\"']?(?:\w+:)?$",
    re.IGNORECASE,
)
_LOCK = re.compile(
    r".*\.lock|.*[-.]lock\.(?:json|ya?ml|toml)|pylock\..*toml|npm-shrinkwrap\.json|go\.sum", re.IGNORECASE
)


def placeholder(value: str) -> str:
    """Why a value is no secret whatever it was found as, empty where nothing says so."""
    inside = _USER.search(value)
    if inside:
        value = inside["password"]
    for example, provider in _EXAMPLES.items():
        if example in value:
            return f"the example of {provider}'s documentation"
    filler = max((len(match[0]) for match in _FILLER.finditer(value)), default=0)
    if _VARIABLE.fullmatch(value) or 2 * filler > len(value) or len({*value} - {*"-_. "}) <= 1:
        return "a placeholder"
    words = _WORD.findall(value)
    said = [word for word in words if not _COUNTED.fullmatch(word)]
    return "a placeholder" if said and all(word.lower() in _WORDS for word in said) else ""


def digest(value: str, path: str, before: str) -> str:
    """Why a random-looking value is no secret, empty where nothing says so. `before` is what stands before it on its line."""
    integrity = _INTEGRITY.fullmatch(value)
    if integrity and _bytes_of(integrity[2]) * 8 == int(integrity[1]):
        return "a subresource integrity digest"
    if _bytes_of(value) not in _DIGEST_BYTES:
        return ""
    if _LOCK.fullmatch(basename(path)):
        return "a digest in a lockfile"
    return "a digest by its name and length" if _NAMED.search(before) else ""


def _bytes_of(value: str) -> int:
    """How many bytes hexadecimal digits or Base64 stand for; -1 for anything else."""
    if re.fullmatch(r"(?:[\da-f]{2})+|(?:[\dA-F]{2})+", value):
        return len(value) // 2
    try:
        return len(b64decode(value + "=" * (-len(value) % 4), validate=True))
    except ValueError:
        return -1
