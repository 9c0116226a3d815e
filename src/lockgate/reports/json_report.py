"""The JSON document: everything that a report holds, for programs."""

from __future__ import annotations

from inspect import cleandoc
from typing import Any

import msgspec

from lockgate.model.report import Report
from lockgate.reports.summary import Summary, summarise
from lockgate.reports.text import to_json

FORMAT = "json"


class Document(Report, frozen=True, kw_only=True):
    """A lockgate report: records of checks, the verdict on them and their counts.

    `exit_code` is what the process ended with; `counted` is the number of findings at or over the threshold.
    """

    summary: Summary


def render(report: Report) -> bytes:
    """The report as a JSON document that follows `schema()`, in UTF-8."""
    fields = {name: getattr(report, name) for name in Report.__struct_fields__}
    return to_json(Document(**fields, summary=summarise(report)))


def schema() -> dict[str, Any]:
    """The JSON schema (2020-12) of the document."""
    body = _dedented(msgspec.json.schema(Document))
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "lockgate report",
        "description": "What `lockgate gate --json FILE` and `lockgate check NAME --json FILE` write.",
        **body,
    }


def _dedented(value: Any) -> Any:
    """The schema with every docstring as Python 3.13 gives it: without the indentation of the source."""
    if isinstance(value, dict):
        return {key: _dedented(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_dedented(each) for each in value]
    return cleandoc(value) if isinstance(value, str) else value
