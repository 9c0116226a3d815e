"""The counts of a report, which the formats for people show and the JSON document holds."""

from __future__ import annotations

from collections import Counter

from msgspec import Struct

from lockgate.model.finding import Finding, Severity
from lockgate.model.record import Record
from lockgate.model.report import Report


class CheckSummary(Struct, frozen=True, kw_only=True):
    """How many findings a check has, how many things it did not examine, and how many of those are gaps."""

    findings: int
    skipped: int
    gaps: int


class Summary(Struct, frozen=True, kw_only=True):
    """How many findings there are in all, by severity (only severities that occur) and by check."""

    findings: int
    by_severity: dict[Severity, int]
    by_check: dict[str, CheckSummary]


def findings_of(report: Report) -> list[Finding]:
    """All findings of a report."""
    return [finding for record in report.records for finding in record.findings]


def summarise(report: Report) -> Summary:
    """The counts of `report`."""
    findings = findings_of(report)
    counted = Counter(finding.severity for finding in findings)
    return Summary(
        findings=len(findings),
        by_severity={severity: counted[severity] for severity in sorted(counted, key=lambda each: each.rank)},
        by_check={record.check: _of_check(record) for record in report.records},
    )


def _of_check(record: Record) -> CheckSummary:
    skipped = record.coverage.skipped
    return CheckSummary(findings=len(record.findings), skipped=len(skipped), gaps=sum(skip.gap for skip in skipped))
