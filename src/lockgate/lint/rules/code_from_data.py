"""Texts that are run and do not stand in the code."""

from __future__ import annotations

import re

from astroid import nodes
from pylint.interfaces import HIGH

from lockgate.lint.checker import Checker, Rule
from lockgate.lint.code import argument, called, is_call_of, is_fixed, named

_RUN = re.compile(r"builtins\.(?:eval|exec|execfile)")
_COMPILED = r"builtins\.compile"


class Check(Checker):
    """Looks at calls of `eval` and `exec`."""

    rule = Rule(
        number=14,
        symbol="code-from-data",
        message="%s runs a text that is not a literal: whoever has a part in it runs code",
        summary="`eval` or `exec` runs a text that is put together or comes from elsewhere.",
        explanation=(
            "Whatever is in the text runs with all rights of the program, and no list of forbidden names stops that. pylint's own"
            " `eval-used` and `exec-used` tell of every call; this one only of those whose text is not fixed in the code."
        ),
        fix="Use `ast.literal_eval` for data, `getattr` or a dict of functions for choices.",
        severity="high",
        cwe=(95,),
        bad='def compute(request):\n    return eval(request.args["formula"])\n',
        good='import ast\n\n\ndef compute(request):\n    return ast.literal_eval(request.args["formula"])\n',
    )

    def visit_call(self, node: nodes.Call) -> None:
        """`eval(text)`."""
        if not node.args or not is_call_of(node, _RUN):
            return
        text = node.args[0]
        compiled = called(text, _COMPILED)
        if compiled is not None:
            text = argument(compiled, 0, "source")
        if not is_fixed(text):
            self.tell(node, named(node.func), confidence=HIGH)
