"""What zizmor finds beside what our own rules tell of it. Its audits are rules, made of what it says of them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from lockgate.checks.pins.files import PinFiles
from lockgate.engines import zizmor
from lockgate.engines.zizmor import Issue
from lockgate.model.finding import Finding
from lockgate.model.rule import Rule

_NAME = re.compile(r"[\w./@*()\[\]-]{1,80}")  # of an action, or of a value in an expression
_OWN = frozenset({"unpinned-uses", "unpinned-images"})  # pins/unpinned-action, pins/unpinned-image


def all_rules() -> tuple[Rule, ...]:
    """A rule for each audit of the installed zizmor."""
    return rules(zizmor.known())


def rules(issues: Iterable[Issue]) -> tuple[Rule, ...]:
    """The rules of the audits that found these; each has the severity of its worst issue."""
    worst = {issue.ident: issue for issue in sorted(issues, key=_rank, reverse=True) if _is_told(issue)}
    return tuple(_rule(issue) for _, issue in sorted(worst.items()))


def check(files: PinFiles) -> Iterator[Finding]:
    """What zizmor finds as it does by default, each with its severity and confidence."""
    for issue in filter(_is_told, files.issues):
        yield Finding(
            **{field: getattr(issue.at, field) for field in issue.at.__struct_fields__},
            rule=_id(issue),
            severity=issue.severity,
            confidence=issue.confidence,
            message=_message(issue),
            fix=f"See {issue.help_uri} for what to write instead.",
            help_uri=issue.help_uri,
            engines=("zizmor",),
        )


def _message(issue: Issue) -> str:
    """With the name of what it is about, where it is about one. A text is never quoted: it may hold a value that no engine knows."""
    is_told = _NAME.fullmatch(issue.part) and issue.part not in issue.note
    return f"{_sentence(issue.summary)}: {issue.note}{f' ({issue.part})' if is_told else ''}"


def _rule(issue: Issue) -> Rule:
    return Rule(
        id=_id(issue),
        name=issue.ident.replace("-", " ").capitalize(),
        summary=f"{_sentence(issue.summary)}.",
        explanation=(
            f"zizmor judges this (its audit `{issue.ident}`), offline and as it does by default; severity and confidence are its "
            f"own. Its settings in `zizmor.yml` and its comments `# zizmor: ignore[{issue.ident}]` are honoured."
        ),
        fix="zizmor's page on it tells what it means and what to write instead.",
        severity=issue.severity,
        confidence=issue.confidence,
        help_uri=issue.help_uri,
    )


def _is_told(issue: Issue) -> bool:
    return issue.usual and issue.ident not in _OWN


def _id(issue: Issue) -> str:
    """What zizmor calls unpinned is about pins, all else about the security of workflows."""
    return f"{'pins' if issue.ident.startswith('unpinned-') else 'workflow'}/{issue.ident}"


def _rank(issue: Issue) -> tuple[int, int]:
    return issue.severity.rank, issue.confidence.rank


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]
