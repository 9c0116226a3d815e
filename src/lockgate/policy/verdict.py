"""The one place where records become PASS, FAIL or INCOMPLETE."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from lockgate import __version__
from lockgate.config.settings import Settings
from lockgate.model.errors import counted
from lockgate.model.record import EXCLUDED, Outcome, Record
from lockgate.model.report import ExitCode, Report, Revision, Threshold, Verdict


def decide(
    records: Iterable[Record],
    settings: Settings,
    environ: Mapping[str, str],
    revision: Revision = Revision(),
    wanted: Iterable[str] = (),
) -> Report:
    """The report on `records`.

    FAIL where a finding counts; else INCOMPLETE where a record is incomplete or there is none at all; else PASS.
    `environ` is the process environment: where CI is set, INCOMPLETE fails the gate too. `wanted` are the checks that
    a whole gate has: the report says which of them were not run.
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
        notes=tuple(_notes(records, settings, wanted)),
    )


def _incomplete_code(settings: Settings, environ: Mapping[str, str]) -> ExitCode:
    in_ci = environ.get("CI", "").lower() not in ("", "0", "false")
    fails = settings.incomplete == "fail" or (settings.incomplete == "auto" and in_ci)
    return ExitCode.INCOMPLETE if fails else ExitCode.PASS


def _notes(records: tuple[Record, ...], settings: Settings, wanted: Iterable[str]) -> Iterator[str]:
    """What is weaker than by default or not as the user set it: nobody should read a verdict for more than it is."""
    run = {record.check for record in records}
    source = {
        key: settings.sources.get(key, "default")
        for key in ("checks", "engines", "exclude", "fail-on", "min-confidence")
    }
    left_out = [name for name in wanted if name not in run]
    if left_out:
        yield f"not run: {', '.join(left_out)} (checks, set by: {source['checks']})"
    if settings.engines and "secrets" in run:
        yield f"only {' and '.join(settings.engines)} looked for secrets (engines, set by: {source['engines']})"
    excluded = {skip.subject for record in records for skip in record.coverage.skipped if skip.reason == EXCLUDED}
    if excluded:
        yield f"not examined: {counted(len(excluded), 'file')} (exclude, set by: {source['exclude']})"
    for coverage in (record.coverage for record in records if record.coverage.known):
        known = f"{counted(coverage.known, 'secret')} {'is' if coverage.known == 1 else 'are'} known"
        yield f"{known} in {coverage.baseline} ({coverage.known_real:,} confirmed real)"
    default = Settings()
    if settings.fail_on.rank < default.fail_on.rank:
        yield f"only findings of severity {settings.fail_on} count (fail-on, set by: {source['fail-on']})"
    if settings.min_confidence.rank < default.min_confidence.rank:
        level = settings.min_confidence
        yield f"only findings of {level} confidence count (min-confidence, set by: {source['min-confidence']})"
    if settings.replaced:
        yield f"set by the repository in place of your own configuration: {', '.join(settings.replaced)}"
