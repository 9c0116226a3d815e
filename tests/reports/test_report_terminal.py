"""What people see, in a terminal and in a log."""

from __future__ import annotations

import contextlib
import io
import json
import os
import pty
import re
import subprocess
import sys

import pytest
from hypothesis import given
from report_samples import any_report, example, finding, record, report
from syrupy.assertion import SnapshotAssertion

from lockgate.model.finding import Confidence, Severity
from lockgate.model.record import Coverage
from lockgate.model.report import ExitCode, Report
from lockgate.reports import json_report, terminal


def shown(made: Report, width: int = 80, encoding: str = "utf-8") -> str:
    """What a pipe of that encoding gets."""
    stream = io.TextIOWrapper(io.BytesIO(), encoding=encoding, newline="\n")
    terminal.render(made, stream, width)
    return stream.detach().getvalue().decode(encoding)  # type: ignore[attr-defined,no-any-return]


@pytest.mark.parametrize("width", [80, 140])
def test_example(width: int, snapshot: SnapshotAssertion) -> None:
    assert shown(example(), width) == snapshot


@pytest.mark.parametrize(
    "made",
    [
        pytest.param(report(record("secrets"), record("audit")), id="pass"),
        pytest.param(report(record("pins", finding(severity=Severity.LOW))), id="pass with a finding"),
        pytest.param(report(record("secrets"), record("lint", reason="nothing was examined")), id="incomplete"),
        pytest.param(report(record("lint", reason="no pylint"), code=ExitCode.PASS), id="incomplete at home"),
        pytest.param(report(), id="no check"),
    ],
)
def test_verdicts(made: Report, snapshot: SnapshotAssertion) -> None:
    assert shown(made) == snapshot


def test_the_verdict_is_the_last_word() -> None:
    assert shown(report(record("pins"))).splitlines()[-1].startswith("PASS: ")
    assert "FAIL: 2 findings at or over the threshold" in shown(example())
    assert "INCOMPLETE: this is not a pass" in shown(report(record("pins", reason="broken")))


def test_every_number_is_in_the_json() -> None:
    text = shown(example(), 300)
    tail = text[text.index("✓ secrets") :]
    told = [float(number) for number in re.findall(r"(?<![\w.-])\d+(?:\.\d+)?(?![\w-])", tail)]
    document = re.findall(r"(?<=[ :\[])-?\d+(?:\.\d+)?(?=[,\n\]} ])", json_report.render(example()).decode())
    assert len(told) > 10
    assert set(told) <= {float(number) for number in document}


def test_what_counts_comes_first_and_under_its_own_heading() -> None:
    unsure = finding("pins/unsure", severity=Severity.CRITICAL, confidence=Confidence.LOW)
    text = shown(report(record("pins", unsure, finding("pins/sure"), finding("pins/low", severity=Severity.LOW))))
    order = ["Findings that count", "pins/sure", "Findings below", "pins/unsure", "pins/low"]
    assert sorted(order, key=text.index) == order


def test_a_place_is_never_broken_so_that_it_can_be_opened() -> None:
    path = "src/" + "deep/" * 20 + "module.py"
    assert f"{path}:3  pins/example\n" in shown(report(record("pins", finding(path=path))), 80)


def test_only_the_worst_are_shown_of_many() -> None:
    many = [finding(line=n, end_line=n) for n in range(1, 300)]
    text = shown(report(record("pins", *many)))
    assert text.count("pins/example") == terminal.ROWS
    assert "50 of 299 findings are shown; the JSON report (--json FILE) has all." in text


def test_hostile_text_is_tame() -> None:
    hostile = "\x1b[2J\r\n::error file=x::\u202e[red]##[group]\n##vso[task.complete]"
    noted = Coverage(examined=1, unit="files", notes=(hostile,))
    text = shown(report(record("pins", finding(path=hostile, message=hostile, fix=hostile), coverage=noted)), 200)
    assert "\x1b" not in text
    assert "::" not in text
    assert "##[" not in text
    assert "##vso[" not in text
    assert r"\x1b[2J\r\n: :error file=x: :\u202e[red]# #[group]\n# #vso[task.complete]:3" in text


@given(any_report)
def test_nothing_that_acts_comes_through(made: Report) -> None:
    text = shown(made, 60)
    assert all(line.isprintable() for line in text.split("\n"))
    assert not re.search(r"::|##\w*\[", text)


@given(any_report)
def test_any_character_set_will_do(made: Report) -> None:
    assert shown(made, encoding="ascii").isascii()


def test_signs_have_plain_forms() -> None:
    text = shown(example(), encoding="ascii")
    assert "+ secrets" in text
    assert "x audit" in text
    assert "-> Revoke" in text or "-> Mend" in text


@pytest.mark.parametrize(("variable", "coloured"), [("OTHER", True), ("NO_COLOR", False)])
def test_colour_only_on_a_terminal_that_wants_it(
    variable: str, coloured: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv(variable, "1")
    leader, follower = pty.openpty()
    with os.fdopen(follower, "w", encoding="utf-8") as stream:
        terminal.render(report(record("pins", finding())), stream)
    data = b""
    with contextlib.suppress(OSError):  # what a terminal answers when all was read and its other end is closed
        while more := os.read(leader, 65_536):
            data += more
    text = data.decode()
    os.close(leader)
    assert ("\x1b[1;31mFAIL" in text) is coloured
    assert ("\x1b" in text) is coloured


def test_it_costs_no_heavy_import() -> None:
    code = "import sys, lockgate.reports.terminal; print(json.dumps(sorted(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", f"import json; {code}"], capture_output=True, check=True)
    assert not {"rich", "click", "yaml", "hashlib"} & set(json.loads(done.stdout))
