"""What is told of a secret: by which rule, how surely, and why it may be none."""

from __future__ import annotations

from collections.abc import Iterator

from lockgate.checks.secrets import catalogue, checksum, unlikely
from lockgate.engines.secrets.base import Sighting
from lockgate.model.finding import Confidence, Finding, Severity
from lockgate.model.rule import Rule

ACTIVE = "active"
VERDICTS = (ACTIVE, "inactive", "unknown")  # of the providers, the one that counts first
_SAID = {
    ACTIVE: "Its provider says that it is active: whoever has it can use it now.",
    "inactive": "Its provider says that it is not active.",
}
_RANDOM = 2  # breadth
_CHECKED: dict[bool | None, Confidence] = {True: Confidence.HIGH, False: Confidence.MEDIUM}


def finding_of(group: list[Sighting], lines: list[str]) -> Finding:
    """The finding of what engines see at one place, the widest first. `lines` are those of the file."""
    ranked = sorted(group, key=catalogue.breadth)
    rule = catalogue.rule_of(ranked[0])
    others = dict.fromkeys(catalogue.rule_of(seen).id for seen in ranked[1:])
    why = _why_unlikely(ranked[0], lines)
    surest = min(map(catalogue.confidence_of, group), key=lambda level: level.rank)
    widest, inside = group[0].at, group[0].inside
    verified = min((seen.verified for seen in group if seen.verified), key=VERDICTS.index, default="")
    if verified == ACTIVE:
        why = ""
    right = next((right for seen in group if (right := checksum.is_right(seen.value.reveal())) is not None), None)
    return Finding(
        **{field: getattr(widest, field) for field in widest.__struct_fields__},
        rule=rule.id,
        severity=Severity.CRITICAL if verified == ACTIVE else rule.severity,
        confidence=Confidence.HIGH if verified == ACTIVE else Confidence.LOW if why else _CHECKED.get(right, surest),
        message=" ".join(_sentences(rule, why, inside, verified)),
        fix=rule.fix,
        help_uri=rule.help_uri,
        engines=tuple(sorted({seen.engine for seen in group})),
        properties={
            **({"unlikely": why} if why else {}),
            **({"inside": inside} if inside else {}),
            **({"verified": verified} if verified else {}),
            **({} if right is None else {"checksum": "right" if right else "wrong"}),
            **({"also": [other for other in others if other != rule.id]} if {*others} - {rule.id} else {}),
        },
    )


def _sentences(rule: Rule, why: str, inside: str, verified: str) -> Iterator[str]:
    yield rule.summary if rule.summary.endswith((".", "!", "?")) else f"{rule.summary}."
    if inside:
        yield f"It stands inside of the file: {inside}."
    if verified in _SAID:
        yield _SAID[verified]
    if why:
        yield f"Probably it is none: this is {why}."


def _why_unlikely(seen: Sighting, lines: list[str]) -> str:
    value = seen.value.reveal()
    why = unlikely.placeholder(value)
    if why or catalogue.breadth(seen)[0] < _RANDOM or not seen.exact:
        return why
    line = lines[seen.at.line - 1] if seen.at.line <= len(lines) else ""
    return unlikely.digest(value, seen.at.path, line[: seen.at.column - 1][-200:])
