"""What a rule means; its docs page, its SARIF rule and `lockgate explain` are made from this one value."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct

from lockgate.model.finding import Confidence, Severity

PAGES = "https://github.com/lockgate/lockgate/blob/main/docs/rules"


def page(rule_id: str) -> str:
    """The address of the documentation page of one of our own rules."""
    return f"{PAGES}/{rule_id}.md"


class Status(StrEnum):
    """Where a rule is in its life."""

    PREVIEW = "preview"
    STABLE = "stable"
    DEPRECATED = "deprecated"


class Rule(Struct, frozen=True, kw_only=True):
    """A rule.

    `summary` is one sentence; `explanation` says what a finding means and `fix` how to mend it, both in Markdown.
    `cwe` holds CWE numbers. `score` is a CVSS base score from 0 to 10 where the rule has one of its own.
    `aliases` are other names of the same: of an advisory, or those that an engine has for the rule.
    """

    id: str
    name: str
    summary: str
    explanation: str
    fix: str
    severity: Severity
    confidence: Confidence
    cwe: tuple[int, ...] = ()
    help_uri: str = ""
    status: Status = Status.STABLE
    since: str = "0.1.0"
    aliases: tuple[str, ...] = ()
    score: float | None = None
