"""All variables of the environment told at once."""

from __future__ import annotations

import re

from astroid import nodes
from pylint.interfaces import HIGH, INFERENCE

from lockgate.lint.checker import Checker, Rule
from lockgate.lint.code import is_call_of, origin, source
from lockgate.lint.rules.secret_logged import LOG

_DUMP = re.compile(r"json\.dumps?|pprint\.\w+|yaml\.(?:.*\.)?(?:safe_)?dump|pickle\.dumps?")
_ANSWER = re.compile(r"(?:flask|fastapi|starlette|django)\..*(?:jsonify|Response)")
_WHOLE = re.compile(r"os\.environb?(?:\.(?:copy|items|values))?")
_SHAPES = frozenset({"dict", "str", "repr", "list", "sorted", "tuple", "format", "dumps", "pformat"})
_DEEPEST = 8


class Check(Checker):
    """Looks at what is printed, logged, dumped and answered."""

    rule = Rule(
        number=17,
        symbol="environment-dumped",
        message="the whole environment is told, and the credentials in it with it",
        summary="All variables of the environment are printed, logged, dumped or sent as an answer.",
        explanation=(
            "The environment is where credentials are handed to programs, those of this one and of whatever started it. A dump of"
            " it puts them into logs, reports of errors and the output of CI."
        ),
        fix="Name the variables that are wanted; of others tell the names only.",
        severity="medium",
        cwe=(526, 532),
        bad="import os\n\nprint(dict(os.environ))\n",
        good="import os\n\nprint(sorted(os.environ))\n",
    )

    def visit_call(self, node: nodes.Call) -> None:
        """`print(os.environ)`."""
        given = [*node.args, *(keyword.value for keyword in node.keywords)]
        whole = [each for each in given if _is_environment(each)]
        if whole and any(is_call_of(node, pattern) for pattern in (LOG, _DUMP, _ANSWER)):
            self.tell(whole[0], confidence=HIGH if whole[0] is source(whole[0]) else INFERENCE)


def _is_environment(node: nodes.NodeNG, depth: int = _DEEPEST) -> bool:
    """Whether an expression tells all values of the environment; its names alone are no secret."""
    made = source(node)
    if made is None or not depth:
        return False
    if _WHOLE.fullmatch(origin(made)):
        return True
    match made:
        case nodes.Call() if _shape(made) in _SHAPES:
            # sorted(), list() and tuple() of a dict are of its names.
            names_only = _shape(made) in ("sorted", "list", "tuple")
            return any(
                _is_environment(each, depth - 1)
                for each in made.args
                if not (names_only and origin(source(each)) in ("os.environ", "os.environ.copy"))
            )
        case nodes.JoinedStr():
            return any(_is_environment(each, depth - 1) for each in made.values)
        case nodes.FormattedValue():
            return _is_environment(made.value, depth - 1)
        case nodes.BinOp() if made.op in ("+", "%"):
            return _is_environment(made.left, depth - 1) or _is_environment(made.right, depth - 1)
        case nodes.Dict():
            return any(_is_environment(value, depth - 1) for _, value in made.items)
    return False


def _shape(call: nodes.Call) -> str:
    return call.func.attrname if isinstance(call.func, nodes.Attribute) else getattr(call.func, "name", "")
