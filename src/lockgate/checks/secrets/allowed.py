"""The comments by which people allow a secret on a line."""

from __future__ import annotations

import re

from lockgate.inputs.allow import allowed_rules
from lockgate.model.finding import Finding

_SAME_LINE = re.compile(r"pragma: ?(?:allow|white)list[ -]secret|kingfisher:ignore|gitleaks:allow")
_NEXT_LINE = re.compile(r"pragma: ?allowlist[ -]nextline[ -]secret")


def is_allowed(finding: Finding, lines: list[str]) -> bool:
    """Whether a comment on the finding's lines, or before them, allows it. `lines` are those of its file."""
    own = lines[finding.line - 1 : finding.end_line]
    before = lines[finding.line - 2] if finding.line > 1 else ""
    return (
        any(_SAME_LINE.search(line) or finding.rule in allowed_rules(line) for line in own)
        or _NEXT_LINE.search(before) is not None
    )
