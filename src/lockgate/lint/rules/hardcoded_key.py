"""A literal that is a cryptographic key."""

from __future__ import annotations

import re

from astroid import nodes
from pylint.interfaces import INFERENCE, Confidence

from lockgate.lint.checker import Checker, Rule
from lockgate.lint.code import argument, constant, is_call_of, named, origin, source
from lockgate.lint.words import may_be_secret

# Where the key is among the arguments of what takes one.
_TAKES = (
    (re.compile(r"cryptography\.fernet\.Fernet"), 0, "key"),
    (
        re.compile(
            r"cryptography\..*\.(?:AES(?:GCM|CCM|SIV|OCB3|GCMSIV|128|256)?|ChaCha20(?:Poly1305)?|TripleDES|HMAC)"
        ),
        0,
        "key",
    ),
    (re.compile(r"Crypto(?:dome)?\.(?:Cipher|Hash)\.\w+\.new"), 0, "key"),
    (re.compile(r"hmac\.(?:new|digest|HMAC)"), 0, "key"),
    (re.compile(r"(?:jwt|jose\.jwt|jose\.jws)\.(?:.*\.)?(?:encode|decode|sign|verify)"), 1, "key"),
    (re.compile(r"itsdangerous\.(?:.*\.)?\w*(?:Serializer|Signer)"), 0, "secret_key"),
    (re.compile(r"nacl\.secret\.SecretBox"), 0, "key"),
)
# What makes bytes of what it is given or called on, and no secret of what is none.
_SHAPES = re.compile(
    r"bytes|bytearray|encode|fromhex|unhexlify|(?:urlsafe_|standard_)?b(?:64|32|16)(?:en|de)code|digest|hexdigest|sha\d+|md5|ljust|rjust"
)
_PUBLIC = ("-----BEGIN PUBLIC", "-----BEGIN RSA PUBLIC", "-----BEGIN CERTIFICATE", "ssh-")


class Check(Checker):
    """Looks at what takes a key: ciphers, HMAC, JSON web tokens, signed values."""

    rule = Rule(
        number=5,
        symbol="hardcoded-key",
        message="the key of %s is a literal: whoever has the code can decrypt and sign",
        summary="A cipher, HMAC, signer or JSON web token takes a key that is written in the code.",
        explanation=(
            "A key in the code is known to everyone who ever had a copy of it, and the same wherever the code runs. It is found"
            " also where it goes through a variable, `encode`, base64 or a hash. A public key or certificate is none."
        ),
        fix="Read the key from the environment, a secret store or a key service, and replace the one in the code.",
        severity="high",
        cwe=(321, 798),
        bad='import hmac\n\n\ndef sign(data):\n    return hmac.new(b"…", data, "sha256").hexdigest()\n',
        good='import hmac\n\n\ndef sign(data, key):\n    return hmac.new(key, data, "sha256").hexdigest()\n',
    )

    def visit_call(self, node: nodes.Call) -> None:
        """Calls that take a key."""
        for pattern, position, keyword in _TAKES:
            if is_call_of(node, pattern):
                key = argument(node, position, keyword)
                confidence = _written(key)
                if key is not None and confidence:
                    self.tell(key, _name(node), confidence=confidence)
                return


def _name(call: nodes.Call) -> str:
    """What takes the key: `AES` of `Crypto.Cipher.AES.new`, `jwt.encode`, `Fernet` of `cryptography.fernet.Fernet`."""
    *_, module, name = ("", *origin(call.func).split("."))
    if name == "new" and module != "hmac":
        return module
    return name if name[:1].isupper() else f"{module}.{name}"


def _written(node: nodes.NodeNG | None, depth: int = 8) -> Confidence | None:
    """How sure it is that an expression is made of literals that may be a key."""
    made = source(node)
    if isinstance(made, nodes.Call) and _SHAPES.fullmatch(named(made.func)):
        # Not by inference: to astroid `"text".encode()` is empty.
        inside = getattr(made.func, "expr", None) if _is_method(made) else next(iter(made.args), None)
        return INFERENCE if depth and _written(inside, depth - 1) else None
    value, confidence = constant(node)
    if isinstance(value, bytes):
        value = value.decode("latin-1")
    if isinstance(value, str) and may_be_secret(value) and not value.startswith(_PUBLIC):
        return confidence
    return None


def _is_method(call: nodes.Call) -> bool:
    """Whether a call is of a method of the value itself, and not of a module or type."""
    return isinstance(call.func, nodes.Attribute) and call.func.attrname in (
        "encode",
        "digest",
        "hexdigest",
        "ljust",
        "rjust",
    )
