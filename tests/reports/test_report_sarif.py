"""SARIF, as the standard, Microsoft's validator and GitHub want it.

The validator is the npm package @microsoft/sarif-multitool-linux; the variable SARIF_MULTITOOL names its binary.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import given
from report_samples import any_report, example, finding, record, report, rule
from syrupy.assertion import SnapshotAssertion

from lockgate.model.finding import Severity
from lockgate.model.record import Coverage, Engine
from lockgate.model.report import ExitCode, Report, Revision
from lockgate.reports import sarif, sarif_limits
from lockgate.reports.sarif_limits import absolute_uri
from lockgate.reports.sarif_rules import security_severity

TOOL = os.environ.get("SARIF_MULTITOOL", "")
needs_tool = pytest.mark.skipif(not TOOL, reason="SARIF_MULTITOOL names no sarif-multitool binary")

LOGIN = "user:word"
PATHS = [
    "two words.py",
    "src/ünï/日本.py",
    "50%/a%20b.py",
    "new\nline.py",
    r"esc\xff.py",
    "-dash.py",
    "a:b.py",
    "::error::x.py",
    "a#b?c.py",
    "\x1b[31m.py",
    "rtl\u202e.py",
    "lone\udcff.py",
    "~/[x](1)'\"<>&.py",
    r"\\server\x",
    "https://host.example/x",
    "..hidden/..",
]
MESSAGES = [
    "see [text](1), {0} and {name}",
    "",
    "line\nbreak",
    "\x1b]0;x\x07",
    "lone \udcff",
    "ends with {",
    "x" * 5_000,
    "[a](b) [[c]] ](",
    "::error file=x::boo",
    "\u202eevil\0",
]
CASES: dict[str, Report] = {
    "no record": report(),
    "no finding": report(record("pins")),
    "example": example(),
    "every severity": report(
        record(
            "pins",
            *(finding(f"pins/{each}", severity=each) for each in Severity),
            rules=tuple(rule(f"pins/{each}", severity=each) for each in Severity),
        )
    ),
    "other severity than the rule's": report(
        record("pins", finding(severity=Severity.LOW), rules=(rule(severity=Severity.HIGH),))
    ),
    "undescribed rule": report(record("audit", finding("GHSA-x84v-xcm2-53pg"))),
    "incomplete": report(record("audit", reason="see [x](1) {0}\n"), record("lint", reason="nothing was examined")),
    "hostile": report(
        record(
            "pins",
            *(finding(path=path, message=text) for path in PATHS for text in MESSAGES),
            rules=(rule(summary="two\nlines \udcff", explanation="x" * 40_000, cwe=tuple(range(1, 40)), name="\n"),),
            engines=(Engine("engine\n", "1.0 beta"), Engine("other", "")),
            coverage=Coverage(examined=1, unit="files", notes=("\x1b[31m",)),
        ),
        revision=Revision(f"https://{LOGIN}@code.example/a b%/c.git?token=1", "", "ma\x1bin"),
    ),
    "installed elsewhere": report(
        record("audit", finding("GHSA-x84v-xcm2-53pg", path="/srv/my env/lib/ü/x-1.dist-info/METADATA")),
        revision=Revision("", "", "main", prefix="sub/"),
    ),
    "odd origin": report(record("pins"), revision=Revision("https://code.example:8443/a b/ü%zz", "0" * 40, "main")),
    "more than GitHub shows": report(
        record(
            "lint",
            *(finding(f"lint/rule-{n % 40}", path=f"src/m{n % 300}.py", message=f"Message {n}") for n in range(6_000)),
            rules=tuple(rule(f"lint/rule-{n}") for n in range(40)),
        )
    ),
}


def run_of(made: Report) -> dict[str, Any]:
    log = json.loads(sarif.render(made))
    assert len(log["runs"]) == 1
    run: dict[str, Any] = log["runs"][0]
    return run


def notifications(made: Report) -> list[tuple[str, str, str]]:
    told = run_of(made)["invocations"][0].get("toolExecutionNotifications", [])
    return [(each["descriptor"]["id"], each["level"], each["message"]["text"]) for each in told]


@pytest.fixture(scope="module")
def valid() -> Callable[[bytes], None]:
    """Holds a log against the schema that the validator ships, URI formats included."""
    text = (Path(TOOL).parent / "sarif-2.1.0.json").read_text("utf-8-sig")
    schema = jsonschema_rs.validator_for(json.loads(text), validate_formats=True)
    return lambda log: schema.validate(json.loads(log))


@needs_tool
def test_microsofts_validator_has_no_complaint(tmp_path: Path) -> None:
    for number, made in enumerate(CASES.values()):
        (tmp_path / f"{number}.sarif").write_bytes(sarif.render(made))
    files = [str(path) for path in sorted(tmp_path.iterdir())]
    environ = {**os.environ, "DOTNET_SYSTEM_GLOBALIZATION_INVARIANT": "1"}
    command = [TOOL, "validate", *files, "--rule-kind", "Sarif;Gh"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environ)
    # It exits 0 whatever it finds, also if it read nothing.
    assert f"Done. {len(files)} files scanned." in done.stdout
    assert re.findall(r".*: (?:error|warning) .*", done.stdout + done.stderr) == []


@needs_tool
@pytest.mark.parametrize("name", CASES)
def test_cases_follow_the_schema(name: str, valid: Callable[[bytes], None]) -> None:
    valid(sarif.render(CASES[name]))


@needs_tool
@given(made=any_report)
def test_any_report_follows_the_schema(made: Report, valid: Callable[[bytes], None]) -> None:
    valid(sarif.render(made))


def test_example(snapshot: SnapshotAssertion) -> None:
    assert sarif.render(example()).decode() == snapshot


@pytest.mark.parametrize(
    ("path", "uri"),
    [
        ("src/a b.py", "src/a%20b.py"),
        ("50%.py", "50%25.py"),
        ("a:b.py", "a%3Ab.py"),
        ("ü\n.py", "%C3%BC%0A.py"),
        (r"esc\xff.py", "esc%5Cxff.py"),
        ("lone\udcff.py", "lone%5Cudcff.py"),
    ],
)
def test_paths_are_relative_uris(path: str, uri: str) -> None:
    result = run_of(report(record("pins", finding(path=path))))["results"][0]
    location = result["locations"][0]["physicalLocation"]["artifactLocation"]
    assert location == {"uri": uri, "uriBaseId": "%SRCROOT%"}


def test_paths_begin_at_the_root_of_the_repository() -> None:
    made = run_of(report(record("pins", finding(path="a b.py")), revision=Revision(prefix="sub/ü/")))
    location = made["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]
    assert location == {"uri": "sub/%C3%BC/a%20b.py", "uriBaseId": "%SRCROOT%"}


def test_a_region_is_always_one_that_github_takes() -> None:
    made = report(record("pins", finding(line=0, column=0, end_line=-1, end_column=0)))
    region = run_of(made)["results"][0]["locations"][0]["physicalLocation"]["region"]
    assert region == {"startLine": 1, "startColumn": 1, "endLine": 1, "endColumn": 2}


@pytest.mark.parametrize(
    ("severity", "score", "shown"),
    [
        # GitHub: over 9.0 critical, 7.0 to 8.9 high, 4.0 to 6.9 medium, 0.1 to 3.9 low.
        (Severity.CRITICAL, 9.8, "9.8"),
        (Severity.CRITICAL, 9.0, "9.1"),
        (Severity.HIGH, 7.5, "7.5"),
        (Severity.HIGH, 9.8, "8.9"),
        (Severity.MEDIUM, None, "5.5"),
        (Severity.LOW, 0.0, "0.1"),
        (Severity.NONE, 0.0, ""),
        (Severity.UNKNOWN, None, ""),
    ],
)
def test_security_severity_says_the_same_word(severity: Severity, score: float | None, shown: str) -> None:
    assert security_severity(severity, score) == shown


def test_rules_hold_what_github_uses_within_its_limits() -> None:
    described = rule(summary="s" * 2_000, explanation="e" * 50_000, name="n" * 300, cwe=tuple(range(1, 30)))
    made = run_of(report(record("pins", finding(), finding(line=9, end_line=9), rules=(described,))))
    (only,) = made["tool"]["driver"]["rules"]
    assert len(only["name"]) == 255
    assert len(only["shortDescription"]["text"]) == len(only["fullDescription"]["text"]) == 1_024
    assert only["help"]["text"].startswith("## What it means")
    assert only["help"]["markdown"]
    assert only["defaultConfiguration"] == {"level": "error"}
    assert only["properties"]["tags"] == ["security", *(f"external/cwe/cwe-{n}" for n in range(1, 10))]
    assert only["properties"]["precision"] == "high"
    assert [result["ruleIndex"] for result in made["results"]] == [0, 0]


def test_messages_hold_no_link_and_no_placeholder() -> None:
    made = report(record("pins", finding(message="a [b](1) {0}\n\x1bc")))
    assert run_of(made)["results"][0]["message"]["text"] == r"a [b] (1) {{0}} \x1bc."


def test_a_severity_of_its_own_is_told() -> None:
    made = run_of(CASES["other severity than the rule's"])
    assert made["tool"]["driver"]["rules"][0]["properties"]["security-severity"] == "8.0"
    assert made["results"][0]["level"] == "note"
    assert made["results"][0]["properties"]["severity"] == "low"
    assert made["results"][0]["properties"]["security-severity"] == "2.0"


def test_an_empty_line_hash_is_left_to_the_uploader() -> None:
    plain, hashed = finding(), finding(line_hash="271789c17abda88f:1")
    prints = [result["partialFingerprints"] for result in run_of(report(record("pins", plain, hashed)))["results"]]
    assert prints == [
        {"lockgate/v1": plain.fingerprint},
        {"lockgate/v1": plain.fingerprint, "primaryLocationLineHash": "271789c17abda88f:1"},
    ]


@pytest.mark.parametrize(
    ("made", "successful"),
    [
        (report(record("pins")), True),
        (report(record("pins", finding())), True),
        (report(record("pins", finding()), record("audit", reason="no source")), True),
        (report(record("audit", reason="no source")), False),
        (report(record("audit", reason="no source"), code=ExitCode.PASS), False),
        (report(), False),
    ],
)
def test_an_upload_that_could_only_close_alerts_is_refused(made: Report, successful: bool) -> None:
    assert run_of(made)["invocations"][0]["executionSuccessful"] is successful


def test_incomplete_records_and_notes_are_notifications() -> None:
    noted = record("lint", coverage=Coverage(examined=1, unit="files", notes=("linted on Python 3.13",)))
    made = report(record("audit", reason="no source"), noted)
    assert notifications(made) == [
        ("incomplete", "error", "audit is incomplete: no source."),
        ("note", "note", "lint: linted on Python 3.13."),
    ]
    assert notifications(report()) == [("incomplete", "error", "No check was run.")]


def test_times_are_those_of_the_whole_run() -> None:
    early = record("pins", started="2026-11-22T09:00:00.000Z", ended="2026-11-22T09:00:05.000Z")
    late = record("audit", started="2026-11-22T09:00:01.000Z", ended="2026-11-22T09:00:03.000Z")
    invocation = run_of(report(late, early))["invocations"][0]
    assert invocation["startTimeUtc"] == "2026-11-22T09:00:00.000Z"
    assert invocation["endTimeUtc"] == "2026-11-22T09:00:05.000Z"


def test_a_run_of_one_check_has_a_category_of_its_own() -> None:
    assert run_of(report(record("audit")))["automationDetails"]["id"] == "lockgate/audit/run-1"
    assert run_of(example())["automationDetails"]["id"] == "lockgate/run-1"


@pytest.mark.parametrize(
    ("uri", "shown"),
    [
        ("https://code.example/team/app.git", "https://code.example/team/app.git"),
        (f"https://{LOGIN}@code.example:8443/a b%.git", "https://code.example:8443/a%20b%25.git"),
        ("ssh://git@code.example/app.git", "ssh://code.example/app.git"),
        ("https://host.example/x?y=a%26b#c", "https://host.example/x?y=a%26b#c"),
        ("git@code.example:team/app.git", ""),
        ("file:///srv/app", ""),
        ("https://[", ""),
        ("https://host.example:99999/", ""),
        ("https://host..example/", ""),
        ("https://host.example:8443/a b/%C3%BC%zz", ""),
        ("https://host.example:8443/a b/ü", ""),
        ("https://host.example/\N{GRINNING FACE}", ""),
        ("", ""),
    ],
)
def test_absolute_uris(uri: str, shown: str) -> None:
    assert absolute_uri(uri) == shown


def test_an_origin_that_is_no_uri_is_left_out() -> None:
    made = run_of(report(record("pins"), revision=Revision("git@code.example:app.git", "0" * 40, "main")))
    assert "versionControlProvenance" not in made


def test_the_most_severe_are_kept() -> None:
    low = [finding(severity=Severity.LOW, line=n, end_line=n) for n in range(1, sarif_limits.RESULTS + 1)]
    made = report(record("pins", *low), record("audit", finding("audit/late", severity=Severity.CRITICAL)))
    results = run_of(made)["results"]
    assert len(results) == 5_000
    assert results[0]["ruleId"] == "audit/late"
    told = "1 of 5001 findings are left out, the least severe ones; the JSON report has them all."
    assert notifications(made) == [("left-out", "warning", told)]


def test_a_file_that_is_too_large_once_packed_is_halved(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sarif_limits, "PACKED_BYTES", 4_000)
    noise = [finding(path=os.urandom(400).hex(), line=n, end_line=n) for n in range(1, 9)]
    data = sarif.render(report(record("pins", *noise)))
    assert sarif_limits.fits(data)
    kept = len(json.loads(data)["runs"][0]["results"])
    assert 0 < kept < 8
    assert f"{8 - kept} of 8 findings are left out" in data.decode()


def test_what_is_installed_elsewhere_is_no_file_of_the_repository() -> None:
    (result,) = run_of(CASES["installed elsewhere"])["results"]
    artifact = result["locations"][0]["physicalLocation"]["artifactLocation"]
    assert artifact == {"uri": "file:///srv/my%20env/lib/%C3%BC/x-1.dist-info/METADATA"}
