"""Comparisons that tell by their time how much was right."""

from __future__ import annotations

from astroid import nodes
from pylint.interfaces import HIGH, INFERENCE

from lockgate.lint.checker import Checker, Rule
from lockgate.lint.code import constant, leaves, origin, secrets_in, source

_DIGESTS = ("digest", "hexdigest")


class Check(Checker):
    """Looks at comparisons of digests."""

    rule = Rule(
        number=10,
        symbol="digest-compared",
        message="a digest that proves something is compared with %s, which takes longer the more of it is right",
        summary="A message authentication code, or the hash of a secret, is compared with `==` or `!=`.",
        explanation=(
            "`==` ends at the first difference. Who can try often and measure the time can find the right value step by step."
            " Hashes of files and the like are public and not meant."
        ),
        fix="Compare with `hmac.compare_digest(one, other)`.",
        severity="medium",
        cwe=(208,),
        bad=(
            "import hmac\n\n\ndef verify(key, data, signature):\n"
            '    return hmac.new(key, data, "sha256").hexdigest() == signature\n'
        ),
        good=(
            "import hmac\n\n\ndef verify(key, data, signature):\n"
            '    return hmac.compare_digest(hmac.new(key, data, "sha256").hexdigest(), signature)\n'
        ),
    )

    def visit_compare(self, node: nodes.Compare) -> None:
        """`digest == given`."""
        for operator, right in node.ops:
            if operator not in ("==", "!="):
                continue
            for side, other in ((node.left, right), (right, node.left)):
                if _is_code(side) and constant(other)[0] is not None:
                    self.tell(node, operator, confidence=HIGH if source(side) is side else INFERENCE)
                    break


def _is_code(node: nodes.NodeNG) -> bool:
    """Whether a message authentication code, or the hash of a secret, is in a text: by itself, or as in `sha256=…`."""
    return any(map(_is_made, leaves(node)))


def _is_made(node: nodes.NodeNG) -> bool:
    if not isinstance(node, nodes.Call):
        return False
    name = origin(node)
    if name.startswith("hmac."):
        return name == "hmac.digest" or name.endswith(_DIGESTS)
    hashed = source(node.func.expr) if isinstance(node.func, nodes.Attribute) else None
    return (
        name.startswith("hashlib.")
        and name.endswith(_DIGESTS)
        and isinstance(hashed, nodes.Call)
        and any(True for given in hashed.args for _ in secrets_in(given))
    )
