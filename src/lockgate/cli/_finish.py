"""The end of every run: reports are written, people are told, the exit code is given."""

from __future__ import annotations

import sys

from lockgate.model.report import Report
from lockgate.reports import json_report, sarif, terminal
from lockgate.reports.write import check_destination, write


def check_destinations(*files: str | None) -> None:
    """Raise UsageError where a report could not be written: before the work, not behind it."""
    for file in files:
        if file:
            check_destination(file)


def finish(report: Report, *, sarif_file: str | None, json_file: str | None, brief: bool = False) -> int:
    """Write the reports that were asked for, show the result, and return the exit code."""
    if json_file:
        write(json_file, json_report.render(report))
    if sarif_file:
        write(sarif_file, sarif.render(report))
    shown = sys.stderr if "-" in (sarif_file, json_file) else sys.stdout
    terminal.render(report, shown, brief=brief)
    return report.exit_code
