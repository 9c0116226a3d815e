"""SSH without a look at who answers."""

from __future__ import annotations

import re

from astroid import nodes

from lockgate.lint.checker import Checker, Rule
from lockgate.lint.code import argument, constant, is_call_of, named, origin, source

_ANY_KEY = re.compile(r"paramiko\.(?:.*\.)?(?:AutoAddPolicy|WarningPolicy)")
_CONNECT = re.compile(r"asyncssh\.(?:.*\.)?(?:connect|create_connection|SSHClientConnectionOptions)")


class Check(Checker):
    """Looks at policies of paramiko and options of asyncssh."""

    rule = Rule(
        number=3,
        symbol="host-key-not-verified",
        message="%s: whoever is on the way can answer for the server",
        summary="A connection over SSH takes whatever key the server shows.",
        explanation=(
            "Someone on the way shows a key of their own, and gets the password and everything that is sent."
            " `WarningPolicy` of paramiko warns and goes on."
        ),
        fix="Give the client the keys of its servers (`load_system_host_keys`, `known_hosts`) and reject others.",
        severity="high",
        cwe=(322, 295),
        bad="import paramiko\n\nclient = paramiko.SSHClient()\nclient.set_missing_host_key_policy(paramiko.AutoAddPolicy())\n",
        good="import paramiko\n\nclient = paramiko.SSHClient()\nclient.load_system_host_keys()\n",
    )

    def visit_call(self, node: nodes.Call) -> None:
        """`set_missing_host_key_policy(AutoAddPolicy)`, `asyncssh.connect(known_hosts=None)`."""
        if named(node.func) == "set_missing_host_key_policy":
            policy = origin(source(argument(node, 0, "policy")))
            if _ANY_KEY.fullmatch(policy):
                self.tell(node, policy.rpartition(".")[2])
            return
        known = argument(node, None, "known_hosts")
        if known is not None and constant(known)[0] is None and is_call_of(node, _CONNECT):
            self.tell(node, "known_hosts=None")
