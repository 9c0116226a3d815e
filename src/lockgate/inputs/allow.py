"""The inline comment `lockgate: allow[rule, rule]`, by which people allow a finding on its line."""

from __future__ import annotations

import re

_COMMENT = re.compile(r"lockgate: *allow\[([^\]\n]*)\]")


def allowed_rules(line: str) -> frozenset[str]:
    """The rules (or advisory ids) that a comment on `line` names; any comment character will do."""
    return frozenset(
        name.strip() for match in _COMMENT.finditer(line) for name in match.group(1).split(",") if name.strip()
    )
