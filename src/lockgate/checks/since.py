"""Leaves out what a check found before a change as well, so that what is told came with the change."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Hashable
from itertools import compress

from msgspec.structs import replace

from lockgate.checks.base import Result, Target
from lockgate.inputs.committed import CommittedTree
from lockgate.inputs.moved import Moves, Place
from lockgate.model.errors import counted
from lockgate.model.finding import Finding
from lockgate.model.record import Outcome, Record

_SHOWN = 8  # digits of a commit; of more the engines would think that it is a secret
_NUMBER = re.compile(r"\b\d+\b")


def narrowed(result: Result, target: Target, run: Callable[[Target], Record]) -> Result:
    """The result without the findings that `run` has for the commit `target.since`, too, on lines that are the same.

    So a finding stays where its lines were changed, and where they were not but nothing was found there before: then the
    change caused it. Whatever could not be examined in that commit leaves nothing out. Raises UnavailableError where Git
    can't list what that holds.
    """
    tree = target.tree
    old = CommittedTree(tree.root, target.since, target.settings.exclude, tree.limit)
    moves = Moves(old, tree)
    places = [moves.before(finding) for finding in result.findings]
    notes: list[str] = []
    known: Counter[Hashable] = Counter()
    if any(places):
        before = run(replace(target, tree=old, since=""))
        known.update(_key(finding, Place(finding.path, finding.line)) for finding in before.findings)
        if before.outcome is Outcome.INCOMPLETE:
            at = target.since[:_SHOWN]
            notes.append(f"at {at} the check was incomplete, so older findings may be told: {before.reason}")
    new = [not _taken(known, _key(finding, place)) for finding, place in zip(result.findings, places, strict=True)]
    findings = tuple(compress(result.findings, new))
    left_out = len(new) - len(findings)
    notes.insert(
        0, f"only what came since {target.since[:_SHOWN]} is told; {counted(left_out, 'older finding')} left out"
    )
    named = {finding.rule for finding in findings}
    return replace(
        result,
        coverage=replace(result.coverage, notes=(*notes, *result.coverage.notes)),
        findings=findings,
        rules=tuple(rule for rule in result.rules if rule.id in named),
    )


def _key(finding: Finding, place: Place | None) -> Hashable:
    """What two findings have in common that are the same.

    What follows the first sentence of a message is told of its history, and lines that a message names may have moved.
    One that counts more now than it did is another.
    """
    sentence = finding.message.partition(". ")[0].rstrip(".")
    said = finding.rule, finding.severity, finding.confidence, _NUMBER.sub("", sentence)
    return place and (place, finding.column, finding.end_column, said)


def _taken(known: Counter[Hashable], key: Hashable) -> bool:
    """Whether one of these is left, which is then taken."""
    taken = key is not None and known[key] > 0
    known[key] -= taken
    return taken
