"""Secrets that every process of the machine can read."""

from __future__ import annotations

import re

from astroid import nodes
from pylint.interfaces import HIGH, INFERENCE

from lockgate.lint.checker import Checker, Rule
from lockgate.lint.code import argument, is_call_of, secrets_in, source
from lockgate.lint.words import is_ambiguous

_RUN = re.compile(
    r"subprocess\.(?:run|Popen|call|check_call|check_output|getoutput|getstatusoutput)|os\.(?:system|popen)"
    r"|asyncio\.(?:.*\.)?create_subprocess_shell|pexpect\.(?:.*\.)?(?:spawn|run)"
)
_RUN_EACH = re.compile(r"os\.(?:exec|spawn)l\w*|asyncio\.(?:.*\.)?create_subprocess_exec")


class Check(Checker):
    """Looks at what starts processes."""

    rule = Rule(
        number=9,
        symbol="secret-in-arguments",
        message="%r is an argument of a process: every user of the machine can read it",
        summary="A secret is passed to another program as an argument on its command line.",
        explanation=(
            "The arguments of a process can be read by every user of the machine (`ps`, `/proc`) while it runs, and are written"
            " to audit logs, shell histories and the logs of CI."
        ),
        fix="Give it on standard input (`input=`), in a file with mode 0600, or in the environment of the one process (`env=`).",
        severity="medium",
        cwe=(214, 522),
        bad=(
            "import subprocess\n\n\ndef login(user, password):\n"
            '    subprocess.run(["docker", "login", "-u", user, "-p", password], check=True)\n'
        ),
        good=(
            "import subprocess\n\n\ndef login(user, password):\n"
            '    command = ["docker", "login", "-u", user, "--password-stdin"]\n'
            "    subprocess.run(command, input=password.encode(), check=True)\n"
        ),
        sure=False,
    )

    def visit_call(self, node: nodes.Call) -> None:
        """`subprocess.run([…, token])`."""
        if is_call_of(node, _RUN):
            commands = [argument(node, 0, "args", "cmd", "command")]
        elif is_call_of(node, _RUN_EACH):
            commands = list(node.args)
        else:
            return
        for command in commands:
            made = source(command)
            for secret, name in () if made is None else secrets_in(made):
                self.tell(secret, name, confidence=INFERENCE if is_ambiguous(name) else HIGH)
