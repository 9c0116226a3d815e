"""Keys that can be guessed or factored."""

from __future__ import annotations

import re

from astroid import nodes

from lockgate.lint.checker import Checker, Rule
from lockgate.lint.code import argument, called, constant, is_call_of
from lockgate.lint.keys import key_of

# What makes a key pair, where its size in bits is, and the least that NIST SP 800-57 part 1 allows (112 bits of security).
_PAIRS = (
    (re.compile(r"cryptography\..*\.rsa\.generate_private_key"), 1, "key_size", 2048),
    (re.compile(r"cryptography\..*\.dsa\.(?:generate_private_key|generate_parameters)"), 0, "key_size", 2048),
    (re.compile(r"cryptography\..*\.dh\.generate_parameters"), 1, "key_size", 2048),
    (re.compile(r"Crypto(?:dome)?\.PublicKey\.(?:RSA|DSA)\.generate"), 0, "bits", 2048),
    (re.compile(r"paramiko\.(?:.*\.)?(?:RSAKey|DSSKey)\.generate"), 0, "bits", 2048),
)
_RANDOM = (
    r"os\.urandom|secrets\.token_(?:bytes|hex|urlsafe)|random\.randbytes|Crypto(?:dome)?\.Random\.get_random_bytes"
)
_BYTES = 16


class Check(Checker):
    """Looks at what makes keys."""

    rule = Rule(
        number=6,
        symbol="weak-key-size",
        message="a key of %s %s can be found out; %s is the least",
        summary="A key pair has fewer than 2048 bits, or a secret key is made of fewer than 16 random bytes.",
        explanation=(
            "An RSA, DSA or DH key of fewer than 2048 bits is below what NIST allows since 2014 (SP 800-57 part 1, SP 800-131A),"
            " and one of 1024 bits is within reach of a state. A secret key of fewer than 16 random bytes (128 bits) is below"
            " what is recommended for HMAC, AES and JSON web tokens."
        ),
        fix="Make RSA keys of 3072 bits, or Ed25519 keys; make secret keys with `secrets.token_bytes(32)`.",
        severity="medium",
        cwe=(326,),
        bad=(
            "from cryptography.hazmat.primitives.asymmetric import rsa\n\n"
            "key = rsa.generate_private_key(public_exponent=65537, key_size=1024)\n"
        ),
        good=(
            "from cryptography.hazmat.primitives.asymmetric import rsa\n\n"
            "key = rsa.generate_private_key(public_exponent=65537, key_size=3072)\n"
        ),
    )

    def visit_call(self, node: nodes.Call) -> None:
        """Calls that make a key pair, or that take a key that was just made."""
        for pattern, position, keyword, least in _PAIRS:
            if is_call_of(node, pattern):
                self._judge(argument(node, position, keyword), "bits", least)
                return
        taken = key_of(node)
        made = called(taken[1], _RANDOM) if taken else None
        if made is not None:
            self._judge(argument(made, 0, "nbytes", "size", "num", "N", "n"), "random bytes", _BYTES)

    def _judge(self, size: nodes.NodeNG | None, unit: str, least: int) -> None:
        value, confidence = constant(size)
        if isinstance(value, int) and value < least:
            self.tell(size, str(value), unit, str(least), confidence=confidence)
