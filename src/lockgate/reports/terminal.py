"""The result for people: the findings, a line a check, and the verdict."""

from __future__ import annotations

import os
import re
import textwrap
from collections.abc import Iterator
from typing import TextIO

from msgspec import Struct

from lockgate.model.finding import Confidence, Finding, Severity
from lockgate.model.record import Outcome, Record
from lockgate.model.report import ExitCode, Report, Verdict
from lockgate.reports.summary import CheckSummary, Summary, findings_of, summarise
from lockgate.reports.text import clip, one_line, visible

ROWS = 50  # of the findings that count
ROWS_BELOW = 10  # of the others, which nobody must act on now
NOTES = 5
_PATH, _TEXT, _REASON = 160, 400, 900
_NARROWEST = 40
_INDENT = max(map(len, Severity)) + 2
_COLOURS = {
    Severity.CRITICAL: "red",
    Severity.HIGH: "red",
    Severity.UNKNOWN: "magenta",
    Severity.MEDIUM: "yellow",
    Severity.LOW: "blue",
    Severity.NONE: "dim",
    Verdict.PASS: "green",
    Verdict.FAIL: "red",
    Verdict.INCOMPLETE: "yellow",
    Outcome.COMPLETE: "green",
    Outcome.INCOMPLETE: "yellow",
}
_ANSI = {
    "red": "1;31",
    "green": "1;32",
    "yellow": "1;33",
    "blue": "34",
    "magenta": "1;35",
    "cyan": "36",
    "bold": "1",
    "dim": "2",
}
# What the log of a CI service takes for a command: `::error` where a line begins, `##[error]` or `##vso[` anywhere.
_PLAIN = str.maketrans({"→": "->", "…": "...", "✓": "+", "✗": "x"})
_COMMAND = re.compile(r":(?=:)|#(?=#\w*\[)")


class Paper(Struct, frozen=True):
    """What is written on: its width in columns, its character set, and whether it takes colour."""

    width: int
    encoding: str
    colour: bool

    @classmethod
    def of(cls, stream: TextIO, width: int | None) -> Paper:
        """The paper that a stream is. NO_COLOR and COLUMNS are obeyed; only a terminal gets colour."""
        colour = stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
        import shutil

        columns = width or shutil.get_terminal_size((100, 24)).columns
        return cls(max(columns, _NARROWEST), stream.encoding or "utf-8", colour)

    def safe(self, text: str) -> str:
        """Text without what a terminal or a CI service's log would act on, in characters that the stream can show."""
        tame = _COMMAND.sub(lambda match: f"{match[0]} ", visible(text))
        try:
            tame.encode(self.encoding)
        except UnicodeEncodeError:
            tame = tame.translate(_PLAIN).encode(self.encoding, "backslashreplace").decode(self.encoding)
        return tame

    def paint(self, text: str, colour: str) -> str:
        """`text` in a colour, where there is colour."""
        return f"\x1b[{_ANSI[colour]}m{text}\x1b[0m" if self.colour else text

    def wrap(self, text: str, indent: int) -> str:
        """Foreign text on lines that begin behind `indent` blanks; the first line's are left out."""
        room = self.width - indent
        return f"\n{' ' * indent}".join(textwrap.wrap(self.safe(one_line(text)), room, break_on_hyphens=False))


def render(report: Report, stream: TextIO, width: int | None = None, *, brief: bool = False) -> None:
    """Write the result to `stream`, `width` columns wide (default: as wide as the terminal).

    A `brief` result is one line a check, without findings and verdict: for one who leaves both to the gate.
    """
    paper = Paper.of(stream, width)
    summary = summarise(report)
    checks = _checks(report, summary, paper)
    parts = (checks,) if brief else (_findings(report, paper), checks, _verdict(report, summary, paper))
    stream.writelines(f"{line}\n" for part in parts for line in part)
    stream.flush()


def _findings(report: Report, paper: Paper) -> Iterator[str]:
    """Those that count, then the others, each group with the worst first."""
    findings = findings_of(report)
    counts = report.threshold.reached_by
    findings.sort(key=lambda each: each.order)
    counted = [finding for finding in findings if counts(finding)][:ROWS]
    below = [finding for finding in findings if not counts(finding)][:ROWS_BELOW]
    if counted:
        yield paper.paint("Findings that count against the verdict", "bold")
        advised: set[str] = set()
        for finding in counted:
            yield ""
            yield from _counted(finding, paper, advise=finding.fix not in advised)
            advised.add(finding.fix)
        yield ""
    if below:
        yield paper.paint("Findings below the threshold", "bold")
        yield ""
        for finding in below:
            yield from _below(finding, paper)
        yield ""
    shown = len(counted) + len(below)
    if len(findings) > shown:
        yield paper.wrap(f"{shown} of {len(findings)} findings are shown; the JSON report (--json FILE) has all.", 0)
    if findings:
        yield paper.paint(
            paper.wrap("`lockgate explain RULE` tells what a rule means and how to allow a line.", 0), "dim"
        )
        yield ""


def _counted(finding: Finding, paper: Paper, *, advise: bool) -> Iterator[str]:
    """Place and rule on a line that is never broken, so that a terminal makes a link of it; then what is wrong.

    What to do follows where it was not told before.
    """
    severity = paper.paint(f"{finding.severity:<{_INDENT}}", _COLOURS[finding.severity])
    yield f"{severity}{paper.paint(_where(finding, paper), 'bold')}  {paper.paint(paper.safe(finding.rule), 'cyan')}"
    unscored = " (nobody has scored it, so it counts)" if finding.severity is Severity.UNKNOWN else ""
    yield " " * _INDENT + paper.wrap(clip(finding.message, _TEXT) + unscored, _INDENT)
    if advise:
        yield " " * _INDENT + paper.wrap(f"→ {clip(finding.fix, _TEXT)}", _INDENT)


def _below(finding: Finding, paper: Paper) -> Iterator[str]:
    """The same of a finding that does not count, and that it is of low confidence, which may be the reason."""
    unsure = "  (low confidence)" if finding.confidence is Confidence.LOW else ""
    yield f"{finding.severity:<{_INDENT}}{_where(finding, paper)}  {paper.safe(finding.rule)}{unsure}"
    yield " " * _INDENT + paper.wrap(clip(finding.message, _TEXT), _INDENT)


def _where(finding: Finding, paper: Paper) -> str:
    return paper.safe(f"{_tail(visible(finding.path))}:{finding.line}")


def _tail(path: str) -> str:
    """The end of a path, which says more than its beginning."""
    return path if len(path) <= _PATH else f"…{path[-_PATH:]}"


def _checks(report: Report, summary: Summary, paper: Paper) -> Iterator[str]:
    longest = max((len(record.check) for record in report.records), default=0)
    for record in report.records:
        complete = record.outcome is Outcome.COMPLETE
        mark = paper.safe("✓" if complete else "✗")
        head = f"{mark} {paper.safe(record.check):<{longest}}  {record.outcome:<10}  "
        facts = paper.wrap(_facts(record, summary.by_check[record.check]), len(head))
        yield paper.paint(head, _COLOURS[record.outcome]) + facts
        indent = 4 + longest
        if not complete:
            yield " " * indent + paper.wrap(f"reason: {clip(record.reason, _REASON)}", indent)
        for note in record.coverage.notes[:NOTES]:
            yield " " * indent + paper.wrap(f"note: {clip(note, _TEXT)}", indent)


def _facts(record: Record, counts: CheckSummary) -> str:
    coverage = record.coverage
    facts = [f"{coverage.examined} {coverage.unit.removesuffix('s') if coverage.examined == 1 else coverage.unit}"]
    if counts.skipped:
        facts.append(f"{counts.skipped} skipped")
    if coverage.allowed:
        facts.append(f"{coverage.allowed} allowed")
    if coverage.known:
        facts.append(f"{coverage.known} known")
    facts.append(_many(counts.findings))
    return f"{', '.join(facts)}, {record.seconds} s"


def _verdict(report: Report, summary: Summary, paper: Paper) -> Iterator[str]:
    incomplete = ", ".join(record.check for record in report.records if record.outcome is Outcome.INCOMPLETE)
    reached = f"{_many(report.counted)} at or over the threshold"
    threshold = f"(severity {report.threshold.severity}, confidence {report.threshold.confidence})"
    severities = ", ".join(f"{number} {severity}" for severity, number in summary.by_severity.items())
    in_all = f"; {summary.findings} in all: {severities}" if severities else ""
    not_passed = "this is not a pass; " if report.verdict is Verdict.INCOMPLETE else ""
    colour = _COLOURS[report.verdict]
    yield ""
    yield paper.paint(paper.wrap(f"{report.verdict}: {not_passed}{reached} {threshold}{in_all}.", 0), colour)
    if report.verdict is Verdict.INCOMPLETE:
        yield paper.paint(paper.wrap(_what_to_do(incomplete, report.exit_code), 0), colour)
    elif incomplete:
        yield paper.paint(paper.wrap(f"Incomplete as well: {incomplete}. There may be more to find.", 0), colour)
    for note in report.notes:
        yield paper.paint(paper.wrap(f"Note: {note}.", 0), colour)


def _what_to_do(incomplete: str, code: ExitCode) -> str:
    if incomplete:
        cause = (
            f"What {incomplete} did not examine may hold anything. Mend each reason above (--json FILE writes "
            "all of them) and run again. What does not apply here is left out on purpose in [tool.lockgate]: a check with `checks`, files with `exclude`."
        )
    else:
        cause = "No check was run, so nothing is known. Name at least one check."
    return (
        cause if code else f'{cause} The exit code is 0 here; where CI is set, or with incomplete = "fail", it is not.'
    )


def _many(findings: int) -> str:
    return f"{findings or 'no'} finding{'' if findings == 1 else 's'}"
