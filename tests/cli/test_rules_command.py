"""`lockgate rules` and `lockgate explain`."""

from __future__ import annotations

import json
import os
import pty
import re
import subprocess
import sys
import termios

import pytest

from lockgate.cli import root, run_safely


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    """Exit code, output and errors of a command."""
    code = run_safely(lambda: root.main(list(arguments), prog_name="lockgate", standalone_mode=False))
    told = capsys.readouterr()
    return code, told.out, told.err


def test_rules_are_told_one_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "rules")
    ids = [line.split()[0] for line in out.splitlines()]
    assert code == 0
    assert ids == sorted(set(ids))
    assert {"secrets", "pins"} <= {each.partition("/")[0] for each in ids}


def test_rules_on_a_terminal_fit_into_it() -> None:
    out = on_a_terminal("rules", columns=80)
    lines = out.splitlines()
    names = [line for line in lines if not line.startswith(" ")]
    assert "secrets/1password-service-account-token  high" in names
    assert all(re.fullmatch(r"\w+/[\w-]+  \w+", name) for name in names)
    assert all(len(line) <= 80 for line in lines if line not in names)
    assert "…" not in out


def on_a_terminal(*arguments: str, columns: int) -> str:
    """What a command shows on a terminal, without colour."""
    ours, theirs = pty.openpty()
    termios.tcsetwinsize(theirs, (24, columns))
    environ = {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "LINES")}
    command = [sys.executable, "-P", "-m", "lockgate", *arguments]
    with subprocess.Popen(command, stdout=theirs, env={**environ, "NO_COLOR": "1"}):
        os.close(theirs)
        shown = b""
        while part := _read(ours):
            shown += part
    os.close(ours)
    return shown.decode().replace("\r\n", "\n")


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 65_536)
    except OSError:  # Linux says EIO where the other side has gone
        return b""


def test_rules_of_one_check_for_programs(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "rules", "secrets", "--json")
    rules = {each["id"]: each for each in json.loads(out)}
    assert code == 0
    assert all(each.startswith("secrets/") for each in rules)
    assert rules["secrets/aws-access-key"]["severity"] == "high"
    assert rules["secrets/aws-access-key"]["cwe"] == [798]


def test_rules_of_a_check_that_is_none(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, error = run(capsys, "rules", "secret")
    assert (code, out) == (2, "")
    assert "no check is named 'secret'; did you mean 'secrets'?" in error


def test_explain(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "explain", "secrets/aws-access-key")
    assert code == 0
    assert out.startswith("# secrets/aws-access-key\n")
    assert "## How to fix it" in out


@pytest.mark.parametrize(
    ("word", "meant"), [("secrets/aws-acess-key", "secrets/aws-access-key"), ("aws-access", "secrets/aws-access-key")]
)
def test_explain_names_the_nearest_rule(word: str, meant: str, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, error = run(capsys, "explain", word)
    assert (code, out) == (2, "")
    assert f"did you mean {meant!r}? `lockgate rules` lists all" in error


@pytest.mark.parametrize(
    ("word", "check"), [("pins", "pins"), ("workflow", "pins"), ("lint", "lint"), ("audit", "audit")]
)
def test_explain_a_check_tells_where_its_rules_are(word: str, check: str, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, error = run(capsys, "explain", word)
    assert (code, out) == (2, "")
    assert error == f"lockgate: {word!r} is no rule; `lockgate rules {check}` lists those of the check\n"


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        ("unpinned-uses", "pins/unpinned-action"),
        ("workflow/unpinned-uses", "pins/unpinned-action"),
        ("unpinned-images", "pins/unpinned-image"),
        ("E9805", "lint/hardcoded-key"),
    ],
)
def test_explain_by_the_name_that_an_engine_has(word: str, meant: str, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "explain", word)
    assert code == 0
    assert out.startswith(f"# {meant}\n")


def test_a_lint_rule_says_how_to_allow_it(capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = run(capsys, "explain", "lint/hardcoded-key")
    assert "## How to allow it\n\nA comment on its line: `# pylint: disable=hardcoded-key`\n" in out


@pytest.mark.parametrize("word", ["workflow/foo", "e"])
def test_explain_guesses_nothing_far_away(word: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(capsys, "explain", word)[2] == f"lockgate: no rule is named {word!r}; `lockgate rules` lists all\n"


def test_explain_something_quite_different(capsys: pytest.CaptureFixture[str]) -> None:
    code, _, error = run(capsys, "explain", "zzzzzzzz")
    assert code == 2
    assert error == "lockgate: no rule is named 'zzzzzzzz'; `lockgate rules` lists all\n"


@pytest.mark.parametrize("advisory", ["CVE-2024-35195", "GHSA-x84v-xcm2-53pg", "PYSEC-2018-28"])
def test_explain_an_advisory(advisory: str, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "explain", advisory)
    assert code == 0
    assert out == (
        f"{advisory} is an advisory; its page is https://osv.dev/vulnerability/{advisory}\n"
        f"To allow it at a pin, put a comment on the line: # lockgate: allow[{advisory}]\n"
    )
