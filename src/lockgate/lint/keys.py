"""What takes a key, and through what a value becomes one."""

from __future__ import annotations

import re
from functools import lru_cache

from astroid import nodes

from lockgate.lint.code import argument, is_call_of, named, origin

# Where the key is among the arguments of what takes one.
_TAKES = (
    (re.compile(r"cryptography\.(?:fernet|.*\.fernet)\.Fernet"), 0, "key"),
    (
        re.compile(
            r"cryptography\..*\.(?:AES(?:GCM|CCM|SIV|OCB3|GCMSIV|128|256)?|ChaCha20(?:Poly1305)?|TripleDES|HMAC|CMAC)"
        ),
        0,
        "key",
    ),
    (re.compile(r"Crypto(?:dome)?\.Cipher\.\w+\.new|Crypto(?:dome)?\.Hash\.[HC]MAC\.new"), 0, "key"),
    (re.compile(r"hmac\.(?:new|digest|HMAC)"), 0, "key"),
    (re.compile(r"(?:jwt|jose\.jwt|jose\.jws)\.(?:.*\.)?(?:encode|decode|decode_complete|sign|verify)"), 1, "key"),
    (re.compile(r"itsdangerous\.(?:.*\.)?\w*(?:Serializer|Signer)"), 0, "secret_key"),
    (re.compile(r"nacl\.secret\.(?:SecretBox|Aead)"), 0, "key"),
)
# Methods that make a text or bytes of the value that they are called on, and functions that do so of what they are given.
_OF_ITSELF = frozenset(
    "encode decode digest hexdigest hex ljust rjust zfill strip to_bytes isoformat timestamp strftime".split()  # noqa: SIM905
)
_OF_ARGUMENT = re.compile(
    r"builtins\.(?:bytes|bytearray|str|repr|int|hex|abs|round|format|bytes\.fromhex|bytearray\.fromhex)"
    r"|binascii\.(?:un)?hexlify|base64\.\w*b(?:64|32|16|85)(?:en|de)code\w*|hashlib\.(?:sha\d\w*|md5|blake2[bs])"
    r"|Crypto(?:dome)?\.Hash\.(?:SHA\w+|MD5)\.new|struct\.pack|hashlib\.(?:new|pbkdf2_hmac|scrypt)|bcrypt\.(?:kdf|hashpw)"
    r"|cryptography\.hazmat\.primitives\.kdf\..*\.derive"
)
_FORMAT_FIRST = ("struct.pack", "hashlib.new", "hashlib.pbkdf2_hmac")


@lru_cache(maxsize=256)
def key_of(call: nodes.Call) -> tuple[str, nodes.NodeNG] | None:
    """The name of what is called and its key, where that is something that encrypts, signs or verifies."""
    for pattern, position, keyword in _TAKES:
        if is_call_of(call, pattern):
            key = argument(call, position, keyword)
            return None if key is None else (_name(call), key)
    return None


def wrapped(call: nodes.Call) -> nodes.NodeNG | None:
    """The value of which a call only makes text or bytes, as `text.encode()` and `sha256(text)` do."""
    if isinstance(call.func, nodes.Attribute) and call.func.attrname in _OF_ITSELF:
        owner: nodes.NodeNG = call.func.expr
        return owner
    if named(call.func) == "join":
        return argument(call, 0)
    function = origin(call)
    return (
        argument(call, int(function in _FORMAT_FIRST), "data", "string", "password")
        if _OF_ARGUMENT.fullmatch(function)
        else None
    )


def _name(call: nodes.Call) -> str:
    """What takes the key: `AES` of `Crypto.Cipher.AES.new`, `jwt.encode`, `Fernet` of `cryptography.fernet.Fernet`."""
    *_, module, name = ("", *origin(call).split("."))
    if name == "new" and module != "hmac":
        return module
    return name if name[:1].isupper() else f"{module}.{name}"
