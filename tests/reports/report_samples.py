"""Reports made by hand, and any reports at all."""

from __future__ import annotations

import string

from hypothesis import strategies as st

from lockgate.model.finding import Confidence, Finding, Severity
from lockgate.model.record import Coverage, Engine, Outcome, Record, Skip
from lockgate.model.report import ExitCode, Report, Revision, Threshold, Verdict
from lockgate.model.rule import Rule, Status, page

THRESHOLD = Threshold(Severity.HIGH, Confidence.MEDIUM)


def finding(rule: str = "pins/example", **members: object) -> Finding:
    """A finding of which only what matters is given."""
    usual = {
        "rule": rule,
        "severity": Severity.HIGH,
        "confidence": Confidence.HIGH,
        "path": "src/app.py",
        "line": 3,
        "column": 1,
        "end_line": 3,
        "end_column": 9,
        "message": "Something is wrong.",
        "fix": "Mend it.",
        "help_uri": page(rule),
        "engines": ("zizmor",),
        "fingerprint": "0123456789abcdef0123456789abcdef:1",
    }
    return Finding(**{**usual, **members})  # type: ignore[arg-type]


def rule(rule_id: str = "pins/example", **members: object) -> Rule:
    """A rule of which only what matters is given."""
    usual = {
        "id": rule_id,
        "name": "An example",
        "summary": "Something that is wrong.",
        "explanation": "It *means* this.",
        "fix": "Mend it with `this`.",
        "severity": Severity.HIGH,
        "confidence": Confidence.HIGH,
        "help_uri": page(rule_id),
    }
    return Rule(**{**usual, **members})  # type: ignore[arg-type]


def record(check: str = "pins", *findings: Finding, reason: str = "", **members: object) -> Record:
    """A record, incomplete where a reason is given."""
    usual = {
        "check": check,
        "outcome": Outcome.INCOMPLETE if reason else Outcome.COMPLETE,
        "reason": reason,
        "coverage": Coverage(examined=12, unit="files"),
        "seconds": 0.25,
        "findings": findings,
        "run": "run-1",
        "started": "2026-11-22T10:00:00.000Z",
        "ended": "2026-11-22T10:00:00.250Z",
    }
    return Record(**{**usual, **members})  # type: ignore[arg-type]


def report(*records: Record, code: ExitCode | None = None, revision: Revision = Revision()) -> Report:
    """The report on the records; an incomplete one fails unless `code` says otherwise."""
    counted = sum(THRESHOLD.reached_by(each) for record in records for each in record.findings)
    incomplete = not records or any(record.outcome is Outcome.INCOMPLETE for record in records)
    verdict = Verdict.FAIL if counted else Verdict.INCOMPLETE if incomplete else Verdict.PASS
    return Report(
        version="0.1.0",
        verdict=verdict,
        exit_code=ExitCode[verdict] if code is None else code,
        threshold=THRESHOLD,
        counted=counted,
        records=records,
        revision=revision,
    )


def example() -> Report:
    """A report with some of everything: the one of the snapshots."""
    leaked = finding(
        "secrets/aws-access-key",
        severity=Severity.CRITICAL,
        path="src/my app/settings.py",
        line=12,
        column=11,
        end_line=12,
        end_column=31,
        message="An AWS access key in plain text.",
        fix="Revoke it in IAM, then load it from the environment.",
        engines=("detect-secrets", "kingfisher"),
        line_hash="271789c17abda88f:1",
        properties={"evidence": "AKIA…[redacted]"},
    )
    entropy = finding(
        "secrets/hex-entropy", confidence=Confidence.LOW, path="data/ünï.txt", engines=("detect-secrets",)
    )
    vulnerable = finding(
        "GHSA-x84v-xcm2-53pg",
        severity=Severity.MEDIUM,
        path="requirements/prod.txt",
        message="requests 2.19.0 sends credentials to another host after a redirect (CVE-2018-18074).",
        fix="Upgrade requests to 2.20.0.",
        help_uri="https://osv.dev/vulnerability/GHSA-x84v-xcm2-53pg",
        engines=(),
        aliases=("CVE-2018-18074", "PYSEC-2018-28"),
        properties={"package": "requests", "version": "2.19.0"},
    )
    unscored = finding("PYSEC-2024-48", severity=Severity.UNKNOWN, path="requirements/prod.txt", line=7, end_line=7)
    secrets = record(
        "secrets",
        leaked,
        entropy,
        coverage=Coverage(
            examined=345,
            unit="files",
            skipped=(Skip("logo.png", "binary"), Skip("link", "a symbolic link")),
            allowed=2,
            notes=("kingfisher is left out: it has no wheel for this platform",),
        ),
        engines=(Engine("detect-secrets", "1.5.0"),),
        rules=(
            rule("secrets/aws-access-key", severity=Severity.CRITICAL, cwe=(798, 312)),
            rule("secrets/hex-entropy", confidence=Confidence.LOW, status=Status.PREVIEW),
        ),
    )
    audit = record(
        "audit",
        vulnerable,
        unscored,
        reason="not examined: example 1.0 (https://index.example refused the connection) and 3 more",
        coverage=Coverage(examined=40, unit="packages", skipped=(Skip("example 1.0", "refused", gap=True),)),
        seconds=1.5,
        engines=(Engine("pip-audit", "2.10.1"),),
        rules=(
            rule("GHSA-x84v-xcm2-53pg", severity=Severity.MEDIUM, score=6.1, aliases=("CVE-2018-18074",)),
            rule("PYSEC-2024-48", severity=Severity.UNKNOWN),
        ),
    )
    origin = Revision("https://code.example/team/app.git", "0" * 40, "main")
    return report(secrets, audit, record("pins"), revision=origin)


_text = st.text(st.characters(exclude_categories=()), max_size=40)
_path = st.text(st.characters(exclude_categories=()), min_size=1, max_size=30).map(lambda text: text.lstrip("/") or "x")
_count = st.integers(1, 10**6)
_id = st.text(string.ascii_lowercase + "-", min_size=1, max_size=12).map("any/{}".format)
_findings = st.builds(
    Finding,
    path=_path,
    line=_count,
    column=_count,
    end_line=_count,
    end_column=_count,
    rule=_id,
    severity=st.sampled_from(Severity),
    confidence=st.sampled_from(Confidence),
    message=_text,
    fix=_text,
    help_uri=_text,
    engines=st.lists(_text, max_size=2).map(tuple),
    fingerprint=_text,
    line_hash=_text,
    properties=st.dictionaries(_text, _text | st.booleans() | st.lists(_text, max_size=2), max_size=2),
)
_rules = st.builds(
    Rule,
    id=_id,
    name=_text,
    summary=_text,
    explanation=_text,
    fix=_text,
    help_uri=_text | _text.map("https://host.example/{}".format),
    severity=st.sampled_from(Severity),
    confidence=st.sampled_from(Confidence),
    cwe=st.lists(_count, max_size=30).map(tuple),
    score=st.none() | st.floats(0, 10),
)
_records = st.builds(
    record,
    st.sampled_from(["audit", "secrets"]),
    reason=_text,
    findings=st.lists(_findings, max_size=4).map(tuple),
    rules=st.lists(_rules, max_size=3).map(tuple),
    engines=st.lists(st.builds(Engine, _text, _text), max_size=2).map(tuple),
    coverage=st.builds(
        Coverage,
        examined=_count,
        unit=_text,
        allowed=_count,
        notes=st.lists(_text, max_size=2).map(tuple),
        skipped=st.lists(st.builds(Skip, _text, _text, st.booleans()), max_size=2).map(tuple),
    ),
)
any_report = st.builds(
    lambda records, revision: report(*records, revision=revision),
    st.lists(_records, max_size=2),
    st.builds(Revision, _text | _text.map("https://host.example/{}".format), _text, _text),
)
