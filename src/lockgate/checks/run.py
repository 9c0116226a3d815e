"""Runs checks and makes a record of each, whatever happens to it."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial

from msgspec.structs import replace

from lockgate.checks import base, redact
from lockgate.model.errors import LockgateError, origin
from lockgate.model.record import Coverage, Outcome, Record, Skip

GAPS_TOLD = 3  # in the reason of a record; its coverage tells all


def run_check(name: str, target: base.Target, run: str = "") -> Record:
    """The record of one check. A check that breaks, examines nothing or leaves gaps is incomplete."""
    started = datetime.now(UTC)
    clock = time.perf_counter()
    try:
        result = redact.result(_result(name, target))
        if target.since:
            result = _since(result, name, target)
    except Exception as error:  # noqa: BLE001 - a broken check is a result; the error's text may hold a secret
        result = _nothing(f"the {name} check broke: {type(error).__name__}{origin(error)}; please report it")
    reasons = _reasons(result)
    return Record(
        check=name,
        outcome=Outcome.INCOMPLETE if reasons else Outcome.COMPLETE,
        reason="; ".join(reasons),
        coverage=result.coverage,
        seconds=round(time.perf_counter() - clock, 3),
        findings=result.findings,
        run=run,
        started=_rfc3339(started),
        ended=_rfc3339(datetime.now(UTC)),
        engines=result.engines,
        rules=result.rules,
    )


def _result(name: str, target: base.Target) -> base.Result:
    try:
        return base.get(name).run(target)
    except LockgateError as error:
        return _nothing(str(error))


def _since(result: base.Result, name: str, target: base.Target) -> base.Result:
    from lockgate.checks.since import narrowed

    try:
        return narrowed(result, target, partial(run_check, name))
    except LockgateError as error:
        return replace(result, gaps=(*result.gaps, f"what there was before is not known, so all is told: {error}"))


def _nothing(reason: str) -> base.Result:
    return base.Result(coverage=Coverage(examined=0, unit="files"), gaps=(reason,))


def missing_record(name: str, reason: str, run: str = "") -> Record:
    """The record of a check that left none."""
    now = _rfc3339(datetime.now(UTC))
    coverage = Coverage(examined=0, unit="files")
    return Record(
        check=name, outcome=Outcome.INCOMPLETE, reason=reason, coverage=coverage, seconds=0.0, findings=(), run=run,
        started=now, ended=now,
    )  # fmt: skip


def _reasons(result: base.Result) -> list[str]:
    """Why the work is incomplete; nothing where it is not."""
    reasons = list(result.gaps)
    skipped = result.coverage.skipped
    gaps = [skip for skip in skipped if skip.gap]
    if gaps:
        reasons.append(f"not examined: {_listed(gaps)}")
    if not result.coverage.examined and not reasons:
        left_out = f"; left out: {_listed(skipped)}" if skipped else ""
        reasons.append(f"nothing was examined: no {result.coverage.unit} found{left_out}")
    return reasons


def _listed(skipped: Sequence[Skip]) -> str:
    told = [f"{skip.subject} ({skip.reason})" for skip in skipped[:GAPS_TOLD]]
    more = [f"{len(skipped) - GAPS_TOLD} more"] if len(skipped) > GAPS_TOLD else []
    return ", ".join([*told, *more])


def _rfc3339(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
