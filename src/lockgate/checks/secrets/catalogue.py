"""Which rule a sighting falls under."""

from __future__ import annotations

import re
from fnmatch import fnmatchcase
from functools import cache
from types import ModuleType

from lockgate.checks.secrets.credential import AND_THEN, EXPOSED, HARD_CODED_CREDENTIALS
from lockgate.engines.secrets.base import Sighting
from lockgate.engines.secrets.scanners import engines
from lockgate.model.finding import Confidence, Severity
from lockgate.model.modules import loaded
from lockgate.model.rule import Rule, page


def all_rules() -> tuple[Rule, ...]:
    """Our own rules, then those of the kinds that only an engine knows."""
    seen = {module.RULE.id: module.RULE for module in _own()}
    for name, engine in engines().items():
        for kind in engine.kinds():
            rule = _rule(name, kind, engine.kinds()[kind])[0]
            seen.setdefault(rule.id, rule)
    return tuple(seen.values())


def rule_of(seen: Sighting) -> Rule:
    """The rule that a sighting falls under."""
    return _rule(seen.engine, seen.kind, seen.summary)[0]


def confidence_of(seen: Sighting) -> Confidence:
    """The engine's own confidence, or its rule's where the engine has none."""
    return seen.confidence or rule_of(seen).confidence


def breadth(seen: Sighting) -> tuple[int, bool, str]:
    """Sort key: the most specific first, among equals our own rules first, and then always the same."""
    rule, width = _rule(seen.engine, seen.kind, seen.summary)
    return width, rule.id not in {module.RULE.id for module in _own()}, seen.kind


@cache
def _own() -> list[ModuleType]:
    return loaded("lockgate.checks.secrets.rules")


@cache
def _rule(engine: str, kind: str, summary: str = "") -> tuple[Rule, int]:
    """The rule of an engine's kind, and its breadth (see the package `rules`)."""
    name = f"{engine}:{kind}"
    for module in _own():
        if any(fnmatchcase(name, pattern) for pattern in module.SEEN_AS):
            return module.RULE, getattr(module, "BREADTH", 0)
    return _foreign(engine, kind, summary or f"{engine} sees: {kind}."), 0


def _foreign(engine: str, kind: str, summary: str) -> Rule:
    """A rule for a kind that only its engine knows, such as `family.provider-token`, or one of the user's own plug-ins."""
    known = kind.partition(".")[2].rpartition("/")[2].replace(".", "-")
    slug = known or re.sub(r"[^a-z0-9]+", "-", kind.lower()).strip("-") or "unnamed"
    return Rule(
        id=f"secrets/{slug}",
        name=slug.replace("-", " "),
        summary=summary,
        explanation=f"The engine {engine} knows it as `{kind}`. {EXPOSED}",
        fix=f"Revoke it: withdraw it where it was made. {AND_THEN}",
        severity=Severity.HIGH,
        confidence=Confidence.MEDIUM,
        cwe=(HARD_CODED_CREDENTIALS,),
        help_uri=page(f"secrets/{engine}"),
    )
