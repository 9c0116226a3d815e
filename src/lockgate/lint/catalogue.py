"""The rules of the plug-in, which are the modules in `rules`."""

from __future__ import annotations

from lockgate.lint.checker import Checker
from lockgate.model.modules import loaded


def checkers() -> list[type[Checker]]:
    """The checker of each rule, by symbol."""
    return [module.Check for module in loaded("lockgate.lint.rules")]


def described() -> list[dict[str, object]]:
    """Every rule as the fields of a `lockgate.model.rule.Rule`, for a process that does not import pylint."""
    return [_described(checker) for checker in checkers()]


def _described(checker: type[Checker]) -> dict[str, object]:
    rule = checker.rule
    examples = f"Bad:\n\n```python\n{rule.bad}```\n\nGood:\n\n```python\n{rule.good}```"
    return {
        "id": f"lint/{rule.symbol}",
        "name": rule.symbol.replace("-", " ").capitalize(),
        "summary": rule.summary,
        "explanation": f"{rule.explanation}\n\n{examples}",
        "fix": rule.fix,
        "severity": rule.severity,
        "confidence": "high" if rule.sure else "medium",
        "cwe": rule.cwe,
        "aliases": [rule.message_id],
    }
