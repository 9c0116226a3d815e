"""A connection string with a password in it."""

from __future__ import annotations

import re

from astroid import nodes
from pylint.interfaces import HIGH, INFERENCE

from lockgate.lint.checker import Checker, Rule
from lockgate.lint.words import may_be_secret

_URL = re.compile(r"\b[a-zA-Z][\w+.-]{1,30}://[^\s/:@{}<>\"']{0,100}:([^\s/@{}<>\"']{1,200})@([\w.-]{0,100})")
_PAIR = re.compile(
    r"(?:^|[;\s])(?:password|pwd|accountkey|sharedaccesskey|secretkey)\s{0,3}=\s{0,3}([^;\s'\"{}]{1,200})",
    re.IGNORECASE,
)
_OTHER_PAIR = re.compile(
    r"(?:^|[;\s])(?:host|server|data source|dbname|database|user|uid|user id|accountname|endpoint)\s{0,3}=",
    re.IGNORECASE,
)
_LOCAL = re.compile(
    r"localhost|127\.[\d.]+|0\.0\.0\.0|(?:.*\.)?(?:example|test|invalid|localhost)(?:\.(?:com|org|net))?", re.IGNORECASE
)
_LONGEST = 4_000


class Check(Checker):
    """Looks at every string."""

    rule = Rule(
        number=7,
        symbol="credential-in-url",
        message="a connection string holds a password in the code",
        summary="A URL or connection string in the code holds a password.",
        explanation=(
            "Whoever can read the code has the password, and a connection string is often logged as a whole. Found are URLs"
            " (`scheme://user:password@host`), also as the beginning of an f-string, and lists such as"
            " `host=…;user=…;password=…`. A host that is local or an example makes it less sure."
        ),
        fix="Read the whole connection string from the environment or a secret store, or put it together from there.",
        severity="high",
        cwe=(798, 522),
        bad='DATABASE = "postgresql://app:…@db.internal/app"\n',
        good='import os\n\nDATABASE = os.environ["DATABASE_URL"]\n',
    )

    def visit_const(self, node: nodes.Const) -> None:
        """A string, or a part of an f-string, that is more than a statement by itself."""
        text = node.value
        if not isinstance(text, str) or isinstance(node.parent, nodes.Expr) or len(text) > _LONGEST:
            return
        url = _URL.search(text) if "://" in text else None
        if url and may_be_secret(url.group(1)) and url.group(1) != url.group(2):
            self.tell(node, confidence=INFERENCE if _LOCAL.fullmatch(url.group(2)) else HIGH)
            return
        pair = _PAIR.search(text) if "=" in text and _OTHER_PAIR.search(text) else None
        if pair and may_be_secret(pair.group(1)):
            self.tell(node, confidence=INFERENCE)
