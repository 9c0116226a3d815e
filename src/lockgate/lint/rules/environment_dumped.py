"""All variables of the environment told at once."""

from __future__ import annotations

import re

from astroid import nodes
from pylint.interfaces import HIGH, INFERENCE

from lockgate.lint.checker import Checker, Rule
from lockgate.lint.code import is_call_of, leaves, origin, parts, source
from lockgate.lint.rules.secret_logged import LOG, PRINT

_DUMP = re.compile(r"json\.dumps?|pprint\.\w+|yaml\.(?:.*\.)?(?:safe_)?dump|pickle\.dumps?")
_ANSWER = re.compile(r"(?:flask|fastapi|starlette|django)\..*(?:jsonify|Response)")
_WHOLE = re.compile(r"os\.environb?(?:\.(?:copy|items|values))?")
_SHAPES = frozenset({"dict", "str", "repr", "list", "sorted", "tuple", "format", "dumps", "pformat"})


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
        if not any(is_call_of(node, pattern) for pattern in (LOG, PRINT, _DUMP, _ANSWER)):
            return
        given = [*node.args, *(keyword.value for keyword in node.keywords)]
        whole = [each for each in given if _is_environment(each)]
        if whole:
            self.tell(whole[0], confidence=HIGH if whole[0] is source(whole[0]) else INFERENCE)


def _is_environment(node: nodes.NodeNG) -> bool:
    """Whether an expression tells all values of the environment; its names alone are no secret."""
    return any(_WHOLE.fullmatch(origin(leaf)) for leaf in leaves(node, _inside))


def _inside(made: nodes.NodeNG) -> list[nodes.NodeNG]:
    match made:
        case nodes.Call() if _shape(made) in _SHAPES and not _WHOLE.fullmatch(origin(made)):
            # sorted(), list() and tuple() of a dict are of its names.
            names_only = _shape(made) in ("sorted", "list", "tuple")
            return [
                each
                for each in made.args
                if not (names_only and origin(source(each)) in ("os.environ", "os.environ.copy"))
            ]
        case nodes.Dict():
            return [value for _, value in made.items]
        case nodes.List() | nodes.Tuple():
            return []
    return parts(made)


def _shape(call: nodes.Call) -> str:
    return call.func.attrname if isinstance(call.func, nodes.Attribute) else getattr(call.func, "name", "")
