"""Secrets that end up in logs."""

from __future__ import annotations

import re
from collections.abc import Iterable

from astroid import nodes
from pylint.interfaces import HIGH, INFERENCE, INFERENCE_FAILURE, Confidence

from lockgate.lint.checker import Checker, Rule
from lockgate.lint.code import is_call_of, named, secrets_in
from lockgate.lint.words import is_ambiguous

_LEVEL = r"(?:debug|info|warning|warn|error|exception|critical|fatal|log|trace|success|msg)"
LOG = re.compile(
    rf"(?:logging|loguru|structlog|logbook|twisted\.logger)\.(?:.*\.)?{_LEVEL}"
    r"|warnings\.warn|sentry_sdk\.(?:capture_message|set_tag|set_extra)"
)
PRINT = re.compile(
    r"builtins\.print|print|sys\.std(?:out|err)\.write|click\.(?:echo|secho)|typer\.(?:echo|secho)|rich\.print"
)
_LEVELS = re.compile(_LEVEL)
_LOGGER = re.compile(r"_*(?:log|logger|logging|LOG|LOGGER)_*")


class Check(Checker):
    """Looks at what is given to loggers, `print` and exceptions."""

    rule = Rule(
        number=8,
        symbol="secret-logged",
        message="%r %s: whoever reads that has it",
        summary="A variable, attribute or item that is named like a secret goes into a log, the output or an exception's text.",
        explanation=(
            "Logs are kept for long, copied to other systems and read by people who may not have the secret; the text of an"
            " exception ends in one. The secret is followed through f-strings, `%`, `format`, `str` and lists; its length, hash"
            " or mask is none, nor is a `SecretStr`. A bare `token` or `secret` may be something else, and is less sure."
        ),
        fix="Log what identifies the secret: a user, a key's id, at most its last four characters.",
        severity="medium",
        cwe=(532, 209),
        bad='import logging\n\n\ndef login(user, password):\n    logging.info("login of %s with %s", user, password)\n',
        good='import logging\n\n\ndef login(user, password):\n    logging.info("login of %s", user)\n    return user, password\n',
        sure=False,
    )

    def visit_call(self, node: nodes.Call) -> None:
        """`logger.info(…)`, `print(…)`."""
        given = [*node.args, *(keyword.value for keyword in node.keywords)]
        if is_call_of(node, LOG):
            self._judge(given, "goes into a log", HIGH)
        elif is_call_of(node, PRINT):
            self._judge(given, "is printed", HIGH)
        elif (
            isinstance(node.func, nodes.Attribute)
            and _LEVELS.fullmatch(node.func.attrname)
            and _LOGGER.fullmatch(named(node.func.expr))
        ):
            self._judge(given, "goes into a log", INFERENCE)

    def visit_raise(self, node: nodes.Raise) -> None:
        """`raise ValueError(f"bad password {password}")`."""
        if isinstance(node.exc, nodes.Call):
            # An error of its own may take a token as data; of a text it is part.
            texts = [given for given in node.exc.args if not isinstance(given, nodes.Name | nodes.Attribute)]
            self._judge(texts, "goes into the text of an exception", INFERENCE, bare=False)

    def _judge(self, given: Iterable[nodes.NodeNG], what: str, confidence: Confidence, *, bare: bool = True) -> None:
        for each in given:
            for secret, name in secrets_in(each):
                if not is_ambiguous(name):
                    self.tell(secret, name, what, confidence=confidence)
                elif bare:
                    self.tell(secret, name, what, confidence=INFERENCE_FAILURE)
