"""A long history is scanned by several processes, each of which takes the paths of its share."""

from __future__ import annotations

import os
from collections.abc import Callable
from itertools import chain

from msgspec.structs import replace

from lockgate.checks.base import Target
from lockgate.checks.isolated import Request, run_requests
from lockgate.checks.run import run_check
from lockgate.inputs.history import listed
from lockgate.inputs.revisions import Commits
from lockgate.model.record import Outcome, Record

FEW = 500  # commits, which one process has scanned while two would start
MOST_SHARES = 4


def run_shared(target: Target, commits: Commits) -> Record:
    """The record of the secrets check over all that the commits brought. Raises UnavailableError where Git can't list them."""
    shares = min(len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1, MOST_SHARES)
    if shares == 1 or len(listed(target.tree.root, *commits.revisions)) < FEW:
        return run_check("secrets", target)
    requests = [
        Request(
            "secrets",
            str(target.tree.root),
            target.settings,
            commits=replace(commits, share=share, shares=shares),
            engine_options=target.engine_options,
        )
        for share in range(shares)
    ]
    return _joined(run_requests(requests, _progress(target, shares)))


def _progress(target: Target, shares: int) -> list[Callable[[int, int], None]]:
    """What the shares tell their progress to; the slowest is told on."""
    done = [0] * shares

    def of_share(share: int) -> Callable[[int, int], None]:
        def tell(now: int, total: int) -> None:
            done[share] = now
            target.progress(min(done), total)

        return tell

    return [of_share(share) for share in range(shares)]


def _joined(records: list[Record]) -> Record:
    """One record of the shares, which looked at the same commits and at different paths."""
    coverage = [record.coverage for record in records]
    reasons = list(dict.fromkeys(record.reason for record in records if record.reason))
    return replace(
        records[0],
        outcome=Outcome.INCOMPLETE if reasons else Outcome.COMPLETE,
        reason="; ".join(reasons),
        coverage=replace(
            coverage[0],
            examined=min(each.examined for each in coverage),
            skipped=tuple(chain.from_iterable(each.skipped for each in coverage)),
            allowed=sum(each.allowed for each in coverage),
            known=sum(each.known for each in coverage),
            known_real=sum(each.known_real for each in coverage),
            notes=tuple(dict.fromkeys(chain.from_iterable(each.notes for each in coverage))),
        ),
        seconds=max(record.seconds for record in records),
        ended=max(record.ended for record in records),
        findings=tuple(chain.from_iterable(record.findings for record in records)),
        rules=tuple({rule.id: rule for record in records for rule in record.rules}.values()),
    )
