"""Temporary files whose name another may take first."""

from __future__ import annotations

import re

from astroid import nodes

from lockgate.lint.checker import Checker, Rule
from lockgate.lint.code import is_call_of, named

_NAME_ONLY = re.compile(r"tempfile\.mktemp|os\.(?:tempnam|tmpnam)")


class Check(Checker):
    """Looks at calls of tempfile."""

    rule = Rule(
        number=11,
        symbol="guessable-temporary-file",
        message="%s gives a name that another can take before the file is made",
        summary="The name of a temporary file is made without the file.",
        explanation=(
            "Between the name and the file another user can put a link or a file of their own in its place, and then reads or"
            " chooses what is written. Python's own documentation deprecates `mktemp` for it."
        ),
        fix="Use `tempfile.NamedTemporaryFile`, `mkstemp` or `TemporaryDirectory`, which make what they name.",
        severity="medium",
        cwe=(377,),
        bad='import tempfile\n\nPATH = tempfile.mktemp(".txt")\n',
        good='import tempfile\n\nwith tempfile.NamedTemporaryFile(suffix=".txt") as file:\n    PATH = file.name\n',
    )

    def visit_call(self, node: nodes.Call) -> None:
        """`tempfile.mktemp()`."""
        if is_call_of(node, _NAME_ONLY):
            self.tell(node, named(node.func))
