"""Command lines for a shell that do not stand in the code."""

from __future__ import annotations

import re

from astroid import nodes
from pylint.interfaces import HIGH, INFERENCE

from lockgate.lint.checker import Checker, Rule
from lockgate.lint.code import argument, called, constant, is_call_of, is_fixed, leaves, named, parts

_PROCESS = re.compile(r"subprocess\.(?:run|Popen|call|check_call|check_output)")
_SHELL = re.compile(
    r"os\.(?:system|popen)|subprocess\.(?:getoutput|getstatusoutput)|asyncio\.(?:.*\.)?create_subprocess_shell|commands\.\w+"
)
_QUOTED = r"shlex\.(?:quote|join)|pipes\.quote"


class Check(Checker):
    """Looks at what starts a shell."""

    rule = Rule(
        number=15,
        symbol="shell-from-data",
        message="%s gives a shell a text that is not a literal: a part of it may be a command of its own",
        summary="A shell gets a command line that is put together or comes from elsewhere.",
        explanation=(
            "A space, semicolon or `$(…)` in a part of the text is a command for the shell. A literal is fine, and so is a text"
            " whose parts are literals or go through `shlex.quote` or `shlex.join`."
        ),
        fix="Pass a list of arguments and no `shell=True`; where it has to be a shell, put each part through `shlex.quote`.",
        severity="high",
        cwe=(78,),
        bad='import subprocess\n\n\ndef show(path):\n    subprocess.run(f"cat {path}", shell=True, check=True)\n',
        good='import subprocess\n\n\ndef show(path):\n    subprocess.run(["cat", path], check=True)\n',
    )

    def visit_call(self, node: nodes.Call) -> None:
        """`subprocess.run(text, shell=True)`, `os.system(text)`."""
        shell = argument(node, None, "shell")
        confidence = HIGH
        if shell is not None and is_call_of(node, _PROCESS):
            value, confidence = constant(shell)
            if value is ... or not value:
                return
        elif not is_call_of(node, _SHELL):
            return
        command = argument(node, 0, "args", "cmd", "command")
        if command is not None and not _is_safe(command):
            # A name may hold what is fixed elsewhere.
            self.tell(node, named(node.func), confidence=INFERENCE if isinstance(command, nodes.Name) else confidence)


def _is_safe(command: nodes.NodeNG) -> bool:
    """Whether all parts of a text are literals or quoted."""
    return all(map(_is_known, leaves(command, lambda made: [] if _is_known(made) else parts(made))))


def _is_known(made: nodes.NodeNG) -> bool:
    return is_fixed(made) or called(made, _QUOTED) is not None
