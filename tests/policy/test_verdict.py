"""The verdict, worked out by hand."""

from __future__ import annotations

import msgspec
import pytest

from lockgate.checks.run import missing_record
from lockgate.config.settings import Settings
from lockgate.model.finding import Confidence, Finding, Severity
from lockgate.model.record import EXCLUDED, Coverage, Outcome, Record, Skip
from lockgate.model.report import ExitCode, Verdict
from lockgate.policy.verdict import decide


def finding(severity: Severity, confidence: Confidence = Confidence.HIGH) -> Finding:
    return Finding(
        path="a", line=1, column=1, end_line=1, end_column=2, rule="r", severity=severity, confidence=confidence,
        message="m", fix="f", help_uri="h", engines=("e",),
    )  # fmt: skip


def record(*findings: Finding, outcome: Outcome = Outcome.COMPLETE) -> Record:
    coverage = Coverage(examined=1, unit="files")
    return Record(check="c", outcome=outcome, reason="", coverage=coverage, seconds=0.0, findings=findings)


INCOMPLETE = missing_record("c", "it broke")


@pytest.mark.parametrize(
    ("severity", "threshold", "counts"),
    [
        (Severity.CRITICAL, Severity.CRITICAL, True),
        (Severity.HIGH, Severity.CRITICAL, False),
        (Severity.HIGH, Severity.HIGH, True),
        (Severity.MEDIUM, Severity.HIGH, False),
        (Severity.MEDIUM, Severity.LOW, True),
        (Severity.LOW, Severity.LOW, True),
        (Severity.NONE, Severity.LOW, False),
        (Severity.UNKNOWN, Severity.CRITICAL, True),
        (Severity.UNKNOWN, Severity.LOW, True),
    ],
)
def test_severity_against_the_threshold(severity: Severity, threshold: Severity, counts: bool) -> None:
    report = decide([record(finding(severity))], Settings(fail_on=threshold), {})
    assert report.counted == counts
    assert report.verdict is (Verdict.FAIL if counts else Verdict.PASS)
    assert report.exit_code is (ExitCode.FAIL if counts else ExitCode.PASS)


def test_confidence_below_the_threshold_does_not_count() -> None:
    low = record(finding(Severity.CRITICAL, Confidence.LOW))
    assert decide([low], Settings(), {}).verdict is Verdict.PASS
    assert decide([low], Settings(min_confidence=Confidence.LOW), {}).verdict is Verdict.FAIL


def test_a_finding_outweighs_an_incomplete_record() -> None:
    report = decide([INCOMPLETE, record(finding(Severity.HIGH))], Settings(), {"CI": "true"})
    assert (report.verdict, report.exit_code) == (Verdict.FAIL, ExitCode.FAIL)


@pytest.mark.parametrize(
    ("ci", "incomplete", "code"),
    [
        ("", "auto", ExitCode.PASS),
        ("0", "auto", ExitCode.PASS),
        ("false", "auto", ExitCode.PASS),
        ("true", "auto", ExitCode.INCOMPLETE),
        ("1", "auto", ExitCode.INCOMPLETE),
        ("true", "warn", ExitCode.PASS),
        ("", "fail", ExitCode.INCOMPLETE),
    ],
)
def test_incomplete(ci: str, incomplete: str, code: ExitCode) -> None:
    settings = Settings(incomplete=incomplete)  # type: ignore[arg-type]
    report = decide([record(), INCOMPLETE], settings, {"CI": ci})
    assert (report.verdict, report.exit_code) == (Verdict.INCOMPLETE, code)


def test_what_is_weaker_than_by_default_is_said() -> None:
    source = "pyproject.toml [tool.lockgate]"
    settings = Settings(
        checks=("c",), fail_on=Severity.CRITICAL, min_confidence=Confidence.HIGH,
        sources=dict.fromkeys(("checks", "fail-on", "min-confidence"), source),
    )  # fmt: skip
    assert decide([record()], settings, {}, wanted=["a", "b", "c"]).notes == (
        f"not run: a, b (checks, set by: {source})",
        f"only findings of severity critical count (fail-on, set by: {source})",
        f"only findings of high confidence count (min-confidence, set by: {source})",
    )
    (note,) = decide([record()], Settings(replaced=("cooldown", "fail-on")), {}).notes
    assert note == "set by the repository in place of your own configuration: cooldown, fail-on"
    stricter = Settings(fail_on=Severity.LOW, min_confidence=Confidence.LOW)
    assert decide([record()], stricter, {}, wanted=["c"]).notes == ()


def test_files_that_are_excluded_are_counted_once() -> None:
    skipped = (Skip("a", EXCLUDED), Skip("b", EXCLUDED), Skip("c", "a FIFO"))
    records = [
        msgspec.structs.replace(record(), coverage=Coverage(examined=1, unit="files", skipped=skipped[:end]))
        for end in (1, 3)
    ]
    settings = Settings(sources={"exclude": "pyproject.toml [tool.lockgate]"})
    (note,) = decide(records, settings, {}).notes
    assert note == "not examined: 2 files (exclude, set by: pyproject.toml [tool.lockgate])"


def test_no_record_is_no_pass() -> None:
    assert decide([], Settings(), {}).verdict is Verdict.INCOMPLETE
