"""A literal that is a cryptographic key."""

from __future__ import annotations

import re

from astroid import nodes
from pylint.interfaces import INFERENCE, Confidence

from lockgate.lint.checker import Checker, Rule
from lockgate.lint.code import argument, constant, is_call_of, secrets_in, source
from lockgate.lint.keys import key_of, wrapped
from lockgate.lint.words import may_be_key

_HMAC = re.compile(r"hmac\.(?:new|digest)")
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
            " also where it goes through a variable, `encode`, base64 or a hash. A public key or certificate is none. Nor is a fixed"
            " label in the place of an HMAC's key where the message is itself a secret: that derives a key from the secret."
        ),
        fix="Read the key from the environment, a secret store or a key service, and replace the one in the code.",
        severity="high",
        cwe=(321, 798),
        bad='import hmac\n\n\ndef sign(data):\n    return hmac.new(b"…", data, "sha256").hexdigest()\n',
        good='import hmac\n\n\ndef sign(data, key):\n    return hmac.new(key, data, "sha256").hexdigest()\n',
    )

    def visit_call(self, node: nodes.Call) -> None:
        """Calls that take a key."""
        taken = key_of(node)
        if taken is not None:
            name, key = taken
            confidence = _written(key)
            if confidence and not _is_label(node):
                self.tell(key, name, confidence=confidence)


def _is_label(call: nodes.Call) -> bool:
    """Whether what is authenticated is itself a secret, and what stands for the key a public label: a key is derived."""
    data = argument(call, 1, "msg")
    return is_call_of(call, _HMAC) and data is not None and any(True for _ in secrets_in(data))


def _written(node: nodes.NodeNG | None, depth: int = 8) -> Confidence | None:
    """How sure it is that an expression is made of literals that may be a key."""
    made = source(node)
    inside = wrapped(made) if isinstance(made, nodes.Call) else None
    if inside is not None:
        # Not by inference: to astroid `"text".encode()` is empty.
        return INFERENCE if depth and _written(inside, depth - 1) else None
    value, confidence = constant(node)
    if isinstance(value, bytes):
        value = value.decode("latin-1")
    if isinstance(value, str) and may_be_key(value) and not value.startswith(_PUBLIC):
        return confidence
    return None
