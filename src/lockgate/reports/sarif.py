"""SARIF 2.1.0, as GitHub code scanning, GitLab and DefectDojo take it.

https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html, and what GitHub asks for beyond it:
https://docs.github.com/en/code-security/reference/code-scanning/sarif-files/sarif-support-for-code-scanning
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from heapq import nsmallest
from operator import attrgetter
from pathlib import Path
from typing import Any
from urllib.parse import quote

from lockgate.model.finding import Finding, Severity
from lockgate.model.record import Engine, Outcome, Record
from lockgate.model.report import Report, Revision, Verdict
from lockgate.model.rule import Rule
from lockgate.reports.sarif_limits import RESULTS, absolute_uri, fits, message
from lockgate.reports.sarif_rules import LEVELS, descriptor, rule_of, security_severity
from lockgate.reports.summary import findings_of
from lockgate.reports.text import to_json, visible

FORMAT = "sarif"
SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
ROOT = "%SRCROOT%"
HOME = "https://github.com/lockgate/lockgate"
_SEMVER = re.compile(r"\d+\.\d+\.\d+(?:[-+][0-9A-Za-z.+-]+)?")

Json = dict[str, Any]


def render(report: Report) -> bytes:
    """The report as a SARIF log in UTF-8 with one run.

    Of more findings than GitHub takes, by number or by size, it holds the most severe, and a notification says so.
    """
    findings = findings_of(report)
    kept = nsmallest(RESULTS, findings, key=attrgetter("order"))
    while True:
        log = {"$schema": SCHEMA, "version": "2.1.0", "runs": [_run(report, kept, len(findings))]}
        data = to_json(log, indent=1)
        if not kept or fits(data):
            return data
        kept = kept[: len(kept) // 2]


def _run(report: Report, findings: list[Finding], total: int) -> Json:
    rules = _rules(report, findings)
    index = {name: number for number, name in enumerate(rules)}
    return _filled(
        tool=_tool(report, [descriptor(rule) for rule in rules.values()]),
        automationDetails={"id": _category(report)},
        versionControlProvenance=_provenance(report.revision),
        originalUriBaseIds={
            ROOT: {"description": {"text": "The root of the repository, or of what was scanned where it is in none."}}
        },
        columnKind="unicodeCodePoints",
        language="en-US",
        invocations=[_invocation(report, len(findings), total)],
        properties={"verdict": report.verdict, "exitCode": report.exit_code, "counted": report.counted},
    ) | {
        "results": [
            _result(each, report.revision.prefix, index[each.rule], rules[each.rule].severity) for each in findings
        ]
    }


def _rules(report: Report, findings: Iterable[Finding]) -> dict[str, Rule]:
    """The rules that the findings name, by id, in the order of the findings."""
    known = {rule.id: rule for record in reversed(report.records) for rule in record.rules}
    return {finding.rule: known.get(finding.rule) or rule_of(finding) for finding in findings}


def _tool(report: Report, rules: list[Json]) -> Json:
    driver = {
        "name": "lockgate",
        **_version(report.version),
        "informationUri": HOME,
        "rules": rules,
    }
    engines: Iterable[Engine] = dict.fromkeys(engine for record in report.records for engine in record.engines)
    extensions = [{"name": engine.name, **_version(engine.version)} for engine in engines if engine.name]
    return _filled(driver=driver, extensions=extensions)


def _version(version: str) -> Json:
    return _filled(version=version, semanticVersion=version if _SEMVER.fullmatch(version) else "")


def _category(report: Report) -> str:
    """What GitHub files the run under is all up to the last slash: a run of one check never closes others' alerts."""
    checks = [record.check for record in report.records]
    run = next((record.run for record in report.records), "").replace("/", "-")
    return f"lockgate/{checks[0]}/{run}" if len(checks) == 1 else f"lockgate/{run}"


def _provenance(revision: Revision) -> list[Json]:
    uri = absolute_uri(revision.uri.partition("?")[0])
    if not uri:
        return []
    details = _filled(repositoryUri=uri, revisionId=revision.commit, branch=visible(revision.branch))
    return [details | {"mappedTo": {"uriBaseId": ROOT}}]


def _invocation(report: Report, kept: int, total: int) -> Json:
    """The run of the tool.

    GitHub refuses a run that says it was not successful, and takes every alert that a successful one does not repeat
    for fixed (github/codeql-action#1316, #1393). So it is unsuccessful where the verdict is INCOMPLETE, whether that
    fails or only warns: there is nothing urgent to show then and no alert may be closed. A failed gate's findings have
    to be seen, so that run is successful, and its notifications say what was not examined.
    """
    notes = [note for record in report.records for note in _notifications(record)]
    if kept < total:
        text = f"{total - kept} of {total} findings are left out, the least severe ones; the JSON report has them all."
        notes.append(_notification("left-out", "warning", text))
    if not report.records:
        notes.append(_notification("incomplete", "error", "No check was run."))
    return _filled(
        startTimeUtc=min((record.started for record in report.records if record.started), default=""),
        endTimeUtc=max((record.ended for record in report.records if record.ended), default=""),
        toolExecutionNotifications=notes,
    ) | {"executionSuccessful": report.verdict is not Verdict.INCOMPLETE}


def _notifications(record: Record) -> Iterable[Json]:
    if record.outcome is Outcome.INCOMPLETE:
        yield _notification("incomplete", "error", f"{record.check} is incomplete: {record.reason}", record.ended)
    for note in record.coverage.notes:
        yield _notification("note", "note", f"{record.check}: {note}", record.ended)


def _notification(name: str, level: str, text: str, at: str = "") -> Json:
    return {"descriptor": {"id": name}, "level": level, "message": {"text": message(text)}, **_filled(timeUtc=at)}


def _result(finding: Finding, prefix: str, rule_index: int, usual: Severity) -> Json:
    fingerprints = {"primaryLocationLineHash": finding.line_hash, "lockgate/v1": finding.fingerprint}
    properties = {
        **finding.properties,
        "severity": finding.severity,
        "confidence": finding.confidence,
        "security-severity": security_severity(finding.severity) if finding.severity is not usual else "",
        "fix": visible(finding.fix),
        "engines": list(finding.engines),
        "aliases": list(finding.aliases),
        "helpUri": visible(finding.help_uri),
    }
    return {
        "ruleId": finding.rule,
        "ruleIndex": rule_index,
        "level": LEVELS[finding.severity],
        "message": {"text": message(finding.message)},
        "locations": [{"physicalLocation": _place(finding, prefix)}],
        **_filled(partialFingerprints=_filled(**fingerprints)),
        "properties": _filled(**properties),
    }


def _place(finding: Finding, prefix: str) -> Json:
    # One region that makes no sense and GitHub refuses the whole file.
    line, column = max(finding.line, 1), max(finding.column, 1)
    end_line = max(finding.end_line, line)
    end_column = max(finding.end_column, column + 1 if end_line == line else 1)
    return {
        "artifactLocation": _artifact(finding.path, prefix),
        "region": {"startLine": line, "startColumn": column, "endLine": end_line, "endColumn": end_column},
    }


def _artifact(path: str, prefix: str) -> Json:
    if Path(path).is_absolute():  # of an installed package
        return {"uri": f"file:///{_quoted(path.lstrip('/'))}"}
    return {"uri": _quoted(f"{prefix}{path}"), "uriBaseId": ROOT}


def _quoted(path: str) -> str:
    return quote(path.encode("utf-8", "backslashreplace"))


def _filled(**members: Any) -> Json:
    """The members that hold something: SARIF has no use for empty ones and GitHub refuses some."""
    return {name: value for name, value in members.items() if value not in ("", [], {}, None)}
