"""What a rule of the plug-in is made of."""

from __future__ import annotations

from typing import ClassVar, NamedTuple

from astroid import nodes
from pylint.checkers import BaseChecker
from pylint.interfaces import HIGH, Confidence


class Rule(NamedTuple):
    """What a rule says of itself.

    `number` is the last two digits of its message id, 98xx. `message` may hold `%s`, for names and never for values.
    `bad` and `good` are modules, of which the first gets the message; an ellipsis in quotation marks stands for any value.
    `sure` is False where it goes by names.
    """

    number: int
    symbol: str
    message: str
    summary: str
    explanation: str
    fix: str
    severity: str
    cwe: tuple[int, ...]
    bad: str
    good: str
    sure: bool = True

    @property
    def message_id(self) -> str:
        """Its name in pylint: an error where it is severe, or else a warning."""
        return f"{'E' if self.severity in ('critical', 'high') else 'W'}98{self.number:02}"


class Checker(BaseChecker):
    """A checker with one rule, in the `visit_` methods that pylint looks for."""

    name = "lockgate"
    rule: ClassVar[Rule]

    def __init_subclass__(cls) -> None:
        """Give pylint the message of the rule."""
        text = f"{cls.rule.summary} {cls.rule.explanation}"
        cls.msgs = {cls.rule.message_id: (cls.rule.message, cls.rule.symbol, text)}

    def tell(self, node: nodes.NodeNG, *names: str, confidence: Confidence = HIGH) -> None:
        """Report the node."""
        self.add_message(self.rule.symbol, node=node, args=names or None, confidence=confidence)
