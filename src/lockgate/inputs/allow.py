"""The inline comment `lockgate: allow[rule, rule]`, by which people allow a finding on its line."""

from __future__ import annotations

import re

_COMMENT = re.compile(r"lockgate: {0,4}allow\[([\w/,. -]{0,200})\]")
_BEGINNING = re.compile(rb"lockgate: {0,4}allow\[")
_BLANKED = bytes.maketrans(b":[", b"  ")


def without_brackets(data: bytes) -> bytes:
    """`data` with the punctuation by which such comments begin blanked out; every byte keeps its place.

    detect-secrets takes `name[…]` behind a colon for a reference and then passes over the whole line: our own comment
    would allow more than it names. What stands in the brackets stays, because it could be a secret.
    """
    return _BEGINNING.sub(lambda match: match[0].translate(_BLANKED), data) if b"lockgate:" in data else data


def may_allow(text: str) -> bool:
    """Whether a text may have such a comment in it."""
    return "lockgate:" in text


def allowed_rules(line: str) -> frozenset[str]:
    """The rules (or advisory ids) that a comment on `line` names; any comment character will do."""
    return frozenset(
        name.strip() for match in _COMMENT.finditer(line) for name in match.group(1).split(",") if name.strip()
    )
