"""Keys and secrets that can be computed."""

from __future__ import annotations

import re

from astroid import nodes
from pylint.interfaces import HIGH, INFERENCE, INFERENCE_FAILURE, Confidence

from lockgate.lint.checker import Checker, Rule
from lockgate.lint.code import fallback, named, origin, source
from lockgate.lint.keys import is_made_of, key_of
from lockgate.lint.words import is_ambiguous, is_secret_name

_PICKS = r"(?:choices?|sample|shuffle)"
_RANDOM = r"(?:random(?:\.Random)?|numpy\.random(?:\.(?:default_rng|RandomState))?)"
# Values that come from the clock, the machine, the process, or a generator whose numbers follow from some that were seen.
_GUESSABLE = re.compile(
    rf"time\.(?:time|monotonic|perf_counter|process_time)(?:_ns)?|datetime\.(?:datetime|date)\.(?:now|utcnow|today)"
    rf"|uuid\.(?:uuid1|getnode)|os\.get(?:pid|ppid)|socket\.gethostname|platform\.node|django\.utils\.timezone\.now"
    rf"|{_RANDOM}\.(?!SystemRandom|seed|default_rng|RandomState|Random\b)\w+"
)
# Picking one of several things is no making of a key; putting a text together of what was picked is.
_PICK = re.compile(rf"{_RANDOM}\.{_PICKS}")


class Check(Checker):
    """Looks at what takes a key, and at what is named like a secret."""

    rule = Rule(
        number=18,
        symbol="guessable-key",
        message="%s is made of what can be guessed: the time, the machine, or the random module",
        summary="A key, password or token is made of the time, of `uuid1`, or with the `random` module.",
        explanation=(
            "A time is one of few million values, `uuid1` is the time and the network card, and the numbers of `random` follow from"
            " some that were seen, or from the seed: whoever knows about when it was made can try all. Hashing or encoding it"
            " adds nothing. A salt, nonce or name of a file may be made so, and so may a part of something that has another"
            " part that is not known."
        ),
        fix="Make keys and tokens with `secrets.token_bytes`, `secrets.token_urlsafe` or the library's own `generate_key`.",
        severity="high",
        cwe=(330, 337, 338),
        bad=(
            "import hashlib\nimport hmac\nimport time\n\n\ndef sign(data):\n"
            "    key = hashlib.sha256(str(time.time()).encode()).digest()\n"
            '    return hmac.new(key, data, "sha256").hexdigest()\n'
        ),
        good=(
            "import hmac\nimport secrets\n\n\ndef sign(data):\n    key = secrets.token_bytes(32)\n"
            '    return key, hmac.new(key, data, "sha256").hexdigest()\n'
        ),
    )

    def visit_call(self, node: nodes.Call) -> None:
        """`Fernet(…)`, `jwt.encode(data, …)`, `connect(password=…)`."""
        taken = key_of(node)
        if taken is not None:
            name, key = taken
            if _is_guessable(key):
                self.tell(node, f"the key of {name}", confidence=HIGH if source(key) is key else INFERENCE)
            return
        for keyword in node.keywords:
            self._judge(keyword.arg or "", keyword.value)

    def visit_assign(self, node: nodes.Assign) -> None:
        """`SECRET_KEY = …`, `app.secret_key = …`, `app.config["SECRET_KEY"] = …`."""
        for target in node.targets:
            self._judge(named(target), node.value)

    def visit_annassign(self, node: nodes.AnnAssign) -> None:
        """`secret_key: str = …`."""
        self._judge(named(node.target), node.value)

    def visit_return(self, node: nodes.Return) -> None:
        """`def make_token(): return …`."""
        maker = node.frame()
        if isinstance(maker, nodes.FunctionDef):
            self._judge(maker.name, node.value)

    def _judge(self, name: str, value: nodes.NodeNG | None) -> None:
        if value is None or not is_secret_name(name) or (isinstance(value, nodes.Name) and is_secret_name(value.name)):
            return
        value = fallback(value)
        # A bare time or number under a name with other meanings is a counter or a handle.
        bare = isinstance(value, nodes.Call) and _GUESSABLE.fullmatch(origin(value))
        if _is_guessable(value) and not (bare and is_ambiguous(name)):
            self.tell(value, repr(name), confidence=_sure(name, value))


def _sure(name: str, value: nodes.NodeNG) -> Confidence:
    if is_ambiguous(name):
        return INFERENCE_FAILURE
    return HIGH if source(value) is value else INFERENCE


def _is_guessable(node: nodes.NodeNG | None) -> bool:
    made = source(node)
    picked = isinstance(made, nodes.Call) and _PICK.fullmatch(origin(made))
    return not picked and is_made_of(node, _GUESSABLE)
