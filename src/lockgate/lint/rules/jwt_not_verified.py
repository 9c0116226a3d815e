"""JSON web tokens that anybody can make."""

from __future__ import annotations

import re
from collections.abc import Iterator

from astroid import nodes
from pylint.checkers.utils import safe_infer
from pylint.interfaces import HIGH, INFERENCE, Confidence

from lockgate.lint.checker import Checker, Rule
from lockgate.lint.code import argument, constant, is_call_of

_DECODE = re.compile(r"(?:jwt|jose\.jwt|jose\.jws)\.(?:.*\.)?(?:decode|decode_complete|verify)")
_ENCODE = re.compile(r"(?:jwt|jose\.jwt|jose\.jws)\.(?:.*\.)?(?:encode|sign)")


class Check(Checker):
    """Looks at calls of PyJWT and python-jose."""

    rule = Rule(
        number=4,
        symbol="jwt-not-verified",
        message="%s: anybody can make such a token",
        summary="A JSON web token is taken without verifying its signature, or made or taken with the algorithm `none`.",
        explanation=(
            "The claims of a token are what its maker wrote, and without a signature that is anybody. A token that is only"
            " looked into before its key is known has to be decoded again with that key."
        ),
        fix='Decode with the key and a fixed list of algorithms: `jwt.decode(token, key, algorithms=["HS256"])`.',
        severity="high",
        cwe=(347,),
        bad=('import jwt\n\n\ndef claims(token):\n    return jwt.decode(token, options={"verify_signature": False})\n'),
        good='import jwt\n\n\ndef claims(token, key):\n    return jwt.decode(token, key, algorithms=["HS256"])\n',
    )

    def visit_call(self, node: nodes.Call) -> None:
        """`jwt.decode(…)`, `jwt.encode(…)`."""
        if is_call_of(node, _DECODE):
            self._decoding(node)
        elif is_call_of(node, _ENCODE):
            algorithm = argument(node, 2, "algorithm")
            value, confidence = constant(algorithm)
            if algorithm is not None and (value is None or str(value).lower() == "none"):
                self.tell(algorithm, "algorithm none", confidence=confidence)

    def _decoding(self, node: nodes.Call) -> None:
        verify = argument(node, None, "verify")
        if verify is not None and constant(verify)[0] is False:
            self.tell(verify, "verify=False", confidence=constant(verify)[1])
        options = argument(node, 3, "options")
        for key, value, sure in _items(options):
            if key == "verify_signature" and constant(value)[0] is False:
                self.tell(options, "verify_signature=False", confidence=sure)
        algorithms = argument(node, 2, "algorithms")
        for each in getattr(_inferred(algorithms)[0], "elts", [algorithms]):
            if each is not None and str(constant(each)[0]).lower() == "none":
                self.tell(algorithms, "algorithm none", confidence=_inferred(algorithms)[1])


def _items(node: nodes.NodeNG | None) -> Iterator[tuple[object, nodes.NodeNG, Confidence]]:
    known, sure = _inferred(node)
    if isinstance(known, nodes.Dict):
        for key, value in known.items:
            yield constant(key)[0], value, sure


def _inferred(node: nodes.NodeNG | None) -> tuple[nodes.NodeNG | None, Confidence]:
    if node is None or isinstance(node, nodes.Dict | nodes.List | nodes.Tuple):
        return node, HIGH
    return safe_infer(node), INFERENCE
