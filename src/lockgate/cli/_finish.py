"""The end of every run: reports are written, people are told, the exit code is given."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import msgspec

from lockgate.cli import _streams as streams
from lockgate.model.errors import LockgateError, UsageError
from lockgate.model.report import ExitCode, Report
from lockgate.reports.write import STDOUT, check_destination, write


def check_destinations(*files: str | None) -> None:
    """Raise UsageError where a report could not be written: before the work, not behind it."""
    taken = set()
    for file in files:
        if file is None:
            continue
        check_destination(file)
        # A link in its place is replaced, so only the folder's links count.
        place = file if file == STDOUT else str(Path(file).parent.resolve() / Path(file).name)
        if place in taken:
            raise UsageError(f"{file} is named for two reports; give each a file of its own")
        taken.add(place)


def finish(
    report: Report, *, sarif_file: str | None = None, json_file: str | None = None, record_file: str | None = None
) -> int:
    """Write the reports that were asked for, show the result, and return the exit code.

    The code is the report's own whether or not somebody reads the result; only where a report can't be written is a 0
    no 0 any more. A run that leaves a record shows its result in brief.
    """
    wanted: tuple[tuple[str | None, Callable[[Report], bytes]], ...] = (
        (record_file, _record),
        (json_file, _json),
        (sarif_file, _sarif),
    )
    written = [_written(file, render(report)) for file, render in wanted if file]
    from lockgate.reports import terminal

    stream = sys.stderr if STDOUT in (record_file, json_file, sarif_file) else sys.stdout
    with streams.losable(stream):
        terminal.render(report, stream, brief=record_file is not None)
    return report.exit_code if all(written) else report.exit_code or ExitCode.INCOMPLETE


def _written(file: str, data: bytes) -> bool:
    """Whether a report could be written; one whose reader left early was."""
    try:
        write(file, data)
    except BrokenPipeError:
        return True
    except LockgateError as error:
        streams.tell(f"lockgate: {error}")
        return False
    return True


def _json(report: Report) -> bytes:
    from lockgate.reports import json_report

    return json_report.render(report)


def _sarif(report: Report) -> bytes:
    from lockgate.reports import sarif

    return sarif.render(report)


def _record(report: Report) -> bytes:
    (record,) = report.records
    return msgspec.json.encode(record)
