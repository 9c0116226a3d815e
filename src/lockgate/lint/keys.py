"""What takes a key, and through what a value becomes one."""

from __future__ import annotations

import re
from functools import lru_cache

from astroid import nodes

from lockgate.lint.code import argument, is_call_of, is_fixed, leaves, named, origin, parts

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


def is_made_of(node: nodes.NodeNG | None, calls: re.Pattern[str]) -> bool:
    """Whether a value is only another shape of what such calls give, or put together of that and of what is fixed."""

    def is_one(made: nodes.NodeNG) -> bool:
        return isinstance(made, nodes.Call) and calls.fullmatch(origin(made)) is not None

    found = False
    for leaf in leaves(node, lambda made: [] if is_one(made) else _inside(made)):
        found = found or is_one(leaf)
        if not is_one(leaf) and not is_fixed(leaf):
            return False
    return found


def _inside(made: nodes.NodeNG) -> list[nodes.NodeNG]:
    match made:
        case nodes.Call():
            inside = wrapped(made)
            return [] if inside is None else [inside]
        case nodes.Attribute() if made.attrname in ("hex", "int", "bytes"):
            return [made.expr]
        case nodes.Subscript():
            return [made.value]
        case nodes.BinOp():
            return [made.left, made.right]
        case nodes.GeneratorExp() | nodes.ListComp():
            return [made.elt]
    return parts(made)


def _name(call: nodes.Call) -> str:
    """What takes the key: `AES` of `Crypto.Cipher.AES.new`, `jwt.encode`, `Fernet` of `cryptography.fernet.Fernet`."""
    *_, module, name = ("", *origin(call).split("."))
    if name == "new" and module != "hmac":
        return module
    return name if name[:1].isupper() else f"{module}.{name}"
