"""The one place where records become PASS, FAIL or INCOMPLETE."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from lockgate import __version__
from lockgate.config.settings import Settings
from lockgate.model.record import Outcome, Record
from lockgate.model.report import ExitCode, Report, Revision, Threshold, Verdict


def decide(
    records: Iterable[Record], settings: Settings, environ: Mapping[str, str], revision: Revision = Revision()
) -> Report:
    """The report on `records`.

    FAIL where a finding counts; else INCOMPLETE where a record is incomplete or there is none at all; else PASS.
    `environ` is the process environment: where CI is set, INCOMPLETE fails the gate too.
    """
    records = tuple(records)
    threshold = Threshold(settings.fail_on, settings.min_confidence)
    counted = sum(threshold.reached_by(finding) for record in records for finding in record.findings)
    incomplete = not records or any(record.outcome is Outcome.INCOMPLETE for record in records)
    if counted:
        verdict, code = Verdict.FAIL, ExitCode.FAIL
    elif incomplete:
        verdict, code = Verdict.INCOMPLETE, _incomplete_code(settings, environ)
    else:
        verdict, code = Verdict.PASS, ExitCode.PASS
    return Report(
        version=__version__,
        verdict=verdict,
        exit_code=code,
        threshold=threshold,
        counted=counted,
        records=records,
        revision=revision,
    )


def _incomplete_code(settings: Settings, environ: Mapping[str, str]) -> ExitCode:
    in_ci = environ.get("CI", "").lower() not in ("", "0", "false")
    fails = settings.incomplete == "fail" or (settings.incomplete == "auto" and in_ci)
    return ExitCode.INCOMPLETE if fails else ExitCode.PASS
