"""The JSON document and its schema."""

from __future__ import annotations

import json

import jsonschema_rs
import msgspec
from hypothesis import given
from report_samples import any_report, example, finding, record, report
from syrupy.assertion import SnapshotAssertion

from lockgate.model.report import Report
from lockgate.reports import json_report

SCHEMA = jsonschema_rs.Draft202012Validator(json_report.schema())


def test_example(snapshot: SnapshotAssertion) -> None:
    assert json_report.render(example()).decode() == snapshot


def test_the_keys_that_are_promised() -> None:
    document = json.loads(json_report.render(example()))
    assert document["schema"] == 1
    assert (document["verdict"], document["exit_code"]) == ("FAIL", 1)
    first = document["records"][0]
    assert {"check", "outcome", "reason", "coverage", "seconds", "findings"} <= first.keys()
    promised = "rule severity confidence path line column end_line end_column message fingerprint engines help_uri"
    assert set(promised.split()) <= first["findings"][0].keys()
    assert first["findings"][0]["engines"] == ["detect-secrets", "kingfisher"]


def test_the_counts() -> None:
    summary = json.loads(json_report.render(example()))["summary"]
    assert summary == {
        "findings": 4,
        "by_severity": {"critical": 1, "high": 1, "unknown": 1, "medium": 1},
        "by_check": {
            "secrets": {"findings": 2, "skipped": 2, "gaps": 0},
            "audit": {"findings": 2, "skipped": 1, "gaps": 1},
            "pins": {"findings": 0, "skipped": 0, "gaps": 0},
        },
    }


def test_a_report_can_be_read_back() -> None:
    assert msgspec.json.decode(json_report.render(example()), type=Report) == example()


def test_hostile_text_stays_text() -> None:
    hostile = '\x1b[2J"\n::error::\udcff\u202e##[group]\0'
    document = json_report.render(report(record("pins", finding(message=hostile, path=hostile))))
    assert b"\x1b" not in document
    assert json.loads(document)["records"][0]["findings"][0]["message"] == hostile.replace("\udcff", r"\udcff")


@given(any_report)
def test_any_report_follows_the_schema(made: Report) -> None:
    SCHEMA.validate(json.loads(json_report.render(made)))


def test_the_schema_refuses_another_document() -> None:
    document = json.loads(json_report.render(example()))
    del document["verdict"]
    assert not SCHEMA.is_valid(document)
