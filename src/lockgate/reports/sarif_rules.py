"""Rules as SARIF reporting descriptors."""

from __future__ import annotations

import re
from typing import Any

from lockgate.model.finding import Finding, Severity
from lockgate.model.rule import Rule, page
from lockgate.reports.rule_page import rule_help
from lockgate.reports.sarif_limits import HELP, NAME, TAGS, absolute_uri, description
from lockgate.reports.text import clip, visible

# An unknown severity counts against the verdict, so GitHub's own check has to fail on it as well.
LEVELS = {
    Severity.CRITICAL: "error",
    Severity.HIGH: "error",
    Severity.UNKNOWN: "error",
    Severity.MEDIUM: "warning",
    Severity.LOW: "note",
    Severity.NONE: "note",
}
# Lowest, usual and highest score of what GitHub calls critical (over 9.0), high, medium and low.
_BANDS = {
    Severity.CRITICAL: (9.1, 9.5, 10.0),
    Severity.HIGH: (7.0, 8.0, 8.9),
    Severity.MEDIUM: (4.0, 5.5, 6.9),
    Severity.LOW: (0.1, 2.0, 3.9),
}


def descriptor(rule: Rule) -> dict[str, Any]:
    """The reporting descriptor of a rule, within GitHub's limits."""
    text = clip(visible(rule_help(rule), keep="\n"), HELP)
    properties = {
        "precision": rule.confidence,
        "tags": ["security", *(f"external/cwe/cwe-{number}" for number in rule.cwe)][:TAGS],
        "severity": rule.severity,
        "security-severity": security_severity(rule.severity, rule.score),
        "aliases": list(rule.aliases),
        "status": rule.status,
    }
    return {
        "id": rule.id,
        "name": _pascal(rule.name or rule.id),
        "shortDescription": {"text": description(rule.summary)},
        "fullDescription": {"text": description(rule.explanation)},
        "help": {"text": text, "markdown": text},
        "helpUri": absolute_uri(rule.help_uri) or absolute_uri(page(rule.id)),
        "defaultConfiguration": {"level": LEVELS[rule.severity]},
        "properties": {name: value for name, value in properties.items() if value},
    }


def rule_of(finding: Finding) -> Rule:
    """What a finding tells of its rule, where its record does not describe it."""
    return Rule(
        id=finding.rule,
        name=finding.rule,
        summary=finding.message,
        explanation=finding.message,
        fix=finding.fix,
        severity=finding.severity,
        confidence=finding.confidence,
        help_uri=finding.help_uri,
        aliases=finding.aliases,
    )


def security_severity(severity: Severity, score: float | None = None) -> str:
    """The score, or a usual one, moved into the band that GitHub calls by the same word; empty where there is none."""
    if severity not in _BANDS:
        return ""
    lowest, usual, highest = _BANDS[severity]
    return f"{min(max(usual if score is None else score, lowest), highest):.1f}"


def _pascal(name: str) -> str:
    """The name as SARIF wants it, without blanks: `Unpinned action` is UnpinnedAction."""
    words = re.findall(r"[A-Za-z0-9]+", name)
    return clip("".join(word[0].upper() + word[1:] for word in words) or "Rule", NAME)
