"""The rules of all checks."""

from __future__ import annotations

from lockgate.checks import base
from lockgate.model.rule import Rule


def listed_rules(check: str | None = None) -> list[Rule]:
    """Every rule that can be told without a scan, sorted by id; of one check where it is named.

    Raises UsageError where no check has that name.
    """
    names = base.names() if check is None else [check]
    return sorted((rule for name in names for rule in base.get(name).all_rules()), key=lambda rule: rule.id)
