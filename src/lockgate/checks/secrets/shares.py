"""A long history is scanned by several processes, each of which takes the paths of its share."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from itertools import chain
from pathlib import Path

from msgspec.structs import replace

from lockgate.checks.base import Target, processors
from lockgate.checks.isolated import Request, run_requests
from lockgate.checks.run import run_check
from lockgate.checks.secrets.history import MOST_SHARES
from lockgate.inputs.history import BUCKETS, bucket, changes, listed
from lockgate.inputs.revisions import Commits
from lockgate.model.record import Outcome, Record

FEW = 500  # commits, which one process has scanned while two would start
SAMPLE = 2_000  # commits


def run_shared(target: Target, commits: Commits) -> Record:
    """The record of the secrets check over all that the commits brought. Raises UnavailableError where Git can't list them."""
    root = target.tree.root
    names = listed(root, *commits.revisions)
    if processors() == 1 or len(names) < FEW:
        return run_check("secrets", target)
    shares = [
        replace(commits, share=number, buckets=tuple(buckets))
        for number, buckets in enumerate(_buckets(root, names, min(processors(), MOST_SHARES)))
    ]
    requests = [
        Request("secrets", str(root), target.settings, commits=share, engine_options=target.engine_options)
        for share in shares
    ]
    return _joined(run_requests(requests, _progress(target, len(shares))))


def _buckets(root: Path, names: list[str], shares: int) -> list[list[int]]:
    """The buckets of each share, with about as many changes in each, as far as some of the commits tell."""
    some = names[:: max(1, len(names) // SAMPLE)]
    changed = Counter(bucket(change.path) for change in changes(root, some))
    parts: list[list[int]] = [[] for _ in range(shares)]
    weights = [0] * shares
    for place in sorted(range(BUCKETS), key=lambda place: -changed[place]):
        lightest = weights.index(min(weights))
        parts[lightest].append(place)
        weights[lightest] += changed[place] + 1
    return parts


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
