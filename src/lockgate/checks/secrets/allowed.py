"""The comments by which people allow a secret on a line."""

from __future__ import annotations

import re
from functools import cache

from lockgate.inputs.allow import allowed_rules
from lockgate.model.finding import Finding

_SAME_LINE = re.compile(r"pragma: ?(?:allow|white)list[ -]secret|kingfisher:ignore|gitleaks:allow")
_NEXT_LINE = re.compile(r"pragma: ?allowlist[ -]nextline[ -]secret")


class Comments:
    """The comments of one file, whose lines are given. Each line is read once, however many findings are on it."""

    def __init__(self, lines: list[str]) -> None:
        self._lines = lines
        self._of_line = cache(self._read)

    def allow(self, finding: Finding) -> bool:
        """Whether a comment on the finding's lines, or before them, allows it."""
        own = map(self._of_line, range(finding.line, finding.end_line + 1))
        return any(every or finding.rule in rules for every, rules, _ in own) or self._of_line(finding.line - 1)[2]

    def _read(self, number: int) -> tuple[bool, frozenset[str], bool]:
        """Whether a line allows everything on it, which rules it allows, and whether it allows the next line."""
        line = self._lines[number - 1] if 0 < number <= len(self._lines) else ""
        return _SAME_LINE.search(line) is not None, allowed_rules(line), _NEXT_LINE.search(line) is not None
