"""Keys that last as long as the process."""

from __future__ import annotations

import re
from functools import lru_cache

from astroid import nodes
from pylint.interfaces import HIGH, INFERENCE

from lockgate.lint.checker import Checker, Rule
from lockgate.lint.code import fallback, named, origin, source
from lockgate.lint.keys import is_made_of, key_of

_MAKES = re.compile(
    r"secrets\.(?:token_\w+|randbits|choice)|os\.(?:urandom|getrandom)|uuid\.uuid4|cryptography\..*\.generate_key"
    r"|cryptography\..*\.Fernet\.generate_key|Crypto(?:dome)?\.Random\.get_random_bytes|random\.SystemRandom\.\w+"
    r"|django\.core\.management\.utils\.get_random_secret_key|nacl\.utils\.random"
)
# What sessions, cookies and tokens are signed or encrypted with; a password or token of one run is often meant to end with it.
_KEY = re.compile(
    r"(?:.*_)?(?:secret|signing|jwt|session|cookie|encryption|fernet|csrf|auth|hmac)_?(?:key|secret)|secret"
)
_APPLICATION = re.compile(r"(?:.*_)?(?:app|application|flask)")
_KEEPS = re.compile(r"write\w*|set_key|set_password|setdefault|dump|save\w*|print")


class Check(Checker):
    """Looks at what a module, a class body, the default of an argument, or a Flask application gets."""

    rule = Rule(
        number=19,
        symbol="key-made-at-import",
        message="%s is made anew by each process: what one signed or encrypted, no other can read, nor itself when it has restarted",
        summary="A key for sessions, cookies, tokens or data is generated when a module is imported.",
        explanation=(
            "Each worker, and each start of the program, has a key of its own: users are logged out at random, links stop"
            " working, and what was encrypted is lost. That drives people to one worker or to a key in the code. Also"
            " found is a key that is generated where the setting for it is missing. Not meant is what runs only as a program"
            " (`if __name__ == ...`), and a key that the module writes somewhere."
        ),
        fix="Generate the key once, keep it in the environment or a secret store, and fail at the start where it is missing.",
        severity="low",
        cwe=(1188,),
        bad="from cryptography.fernet import Fernet\n\nBOX = Fernet(Fernet.generate_key())\n",
        good='import os\n\nfrom cryptography.fernet import Fernet\n\nBOX = Fernet(os.environ["BOX_KEY"])\n',
    )

    def visit_assign(self, node: nodes.Assign) -> None:
        """`SECRET_KEY = …`, `app.secret_key = …`, `app.config["SECRET_KEY"] = …`."""
        for target in node.targets:
            if _at_import(node) or _is_of_application(target):
                self._judge(named(target), node.value)

    def visit_annassign(self, node: nodes.AnnAssign) -> None:
        """`secret_key: str = …` in a class of settings."""
        if _at_import(node):
            self._judge(named(node.target), node.value)

    def visit_call(self, node: nodes.Call) -> None:
        """`Fernet(Fernet.generate_key())`, `app.config.update(SECRET_KEY=…)`."""
        if not _at_import(node):
            return
        taken = key_of(node)
        if taken is not None and _is_made(taken[1]):
            name, key = taken
            self.tell(node, f"the key of {name}", confidence=HIGH if source(key) is key else INFERENCE)
        for keyword in node.keywords if taken is None else ():
            self._judge(keyword.arg or "", keyword.value)

    def _judge(self, name: str, value: nodes.NodeNG | None) -> None:
        if value is None or not _KEY.fullmatch(name.lower()):
            return
        given = fallback(value)
        if _is_made(given) and not isinstance(given, nodes.Name):
            self.tell(value, repr(name), confidence=HIGH if given is value else INFERENCE)


def _at_import(node: nodes.NodeNG) -> bool:
    """Whether a statement runs when its module is imported."""
    scope = node.scope()
    if not isinstance(scope, nodes.Module | nodes.ClassDef):
        return False
    while node.parent and not isinstance(node, nodes.Module):
        if isinstance(node, nodes.If) and "__name__" in node.test.as_string():
            return False
        if isinstance(node, nodes.FunctionDef):
            return False
        node = node.parent
    return True


def _is_of_application(target: nodes.NodeNG) -> bool:
    """Whether a target is the key of a web application, which each process makes for itself: not that of one user."""
    match target:
        case nodes.AssignAttr(attrname="secret_key"):
            return bool(_APPLICATION.fullmatch(named(target.expr))) or origin(target.expr).startswith("flask.")
        case nodes.Subscript():
            return named(target.value) == "config"
    return False


def _is_made(node: nodes.NodeNG) -> bool:
    """Whether a value is random and was made here, and is not kept."""
    kept = isinstance(node, nodes.Name) and node.name in _kept(node.root())
    return not kept and is_made_of(node, _MAKES)


@lru_cache(maxsize=8)
def _kept(module: nodes.Module) -> frozenset[str]:
    """The names that a module also gives to something that writes, stores or shows them."""
    calls = (call for call in module.nodes_of_class(nodes.Call) if _KEEPS.fullmatch(named(call.func)))
    given = (each for call in calls for each in call.args)
    return frozenset(name.name for each in given for name in each.nodes_of_class(nodes.Name))
