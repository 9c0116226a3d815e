"""Workflows and locks of hostile hands: each is told by name, hides no finding in another file, and costs bounded time."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from lockgate.checks.run import run_check
from lockgate.engines import process, zizmor
from lockgate.inputs import actions_lock
from lockgate.model.record import Outcome, Record
from support import target

HEAD = "name: a\non: push\npermissions: {}\njobs:\n  a:\n    runs-on: ubuntu-24.04\n    steps:\n"
USES = "      - uses: example/step@v1\n"
GOOD = {".github/workflows/good.yml": HEAD + USES}
BAD = ".github/workflows/bad.yml"
LAUGHS = "x0: &x0 [lol]\n" + "".join(f"x{n}: &x{n} [{', '.join([f'*x{n - 1}'] * 9)}]\n" for n in range(1, 30))
INVALID = "zizmor can't read it: it is not valid"
Repository = Callable[..., Path]


def judge(repository: Repository, files: dict[str, str | bytes]) -> Record:
    """The record on the files and a good one, in which there is one finding."""
    record = run_check("pins", target(repository({**files, **GOOD})))
    assert [finding.path for finding in record.findings if finding.path in GOOD] == list(GOOD)
    return record


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (HEAD.replace("    steps:\n", "    steps: *x29\n") + LAUGHS, INVALID),
        (f"{LAUGHS}{HEAD}      - run: *x29\n", INVALID),
        (f"{HEAD}{USES}        uses: example/step@v2\n", INVALID),
        (f"{HEAD}{USES}jobs: {{}}\n", INVALID),
        (f"{HEAD}{USES}---\n{HEAD}", INVALID),
        (HEAD.encode() + b"      - run: \xff\n", INVALID),
        ((HEAD + USES).encode("utf-16"), INVALID),
        (f"{HEAD}      - run: a\0b\n", INVALID),
        (HEAD.replace("    steps", "\tsteps"), INVALID),
        (f"{HEAD}{USES}x: {'[' * 5_000}", INVALID),
        ("", INVALID),
        (HEAD + USES + "x:\n" + "".join(f"{' ' * n}a:\n" for n in range(1, 2_000)), "zizmor crashed on it"),
    ],
)
def test_what_zizmor_can_not_read_is_named(repository: Repository, text: str | bytes, reason: str) -> None:
    record = judge(repository, {BAD: text})
    assert record.outcome is Outcome.INCOMPLETE
    assert [(skip.subject, skip.reason) for skip in record.coverage.skipped if skip.gap] == [(BAD, reason)]


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        (f"{HEAD}      - &s\n        uses: example/step@v1\n      - *s\n", [9]),
        (f"{HEAD}{USES}{LAUGHS}", [8]),
        (f"{HEAD}{USES}x: {'[' * 5_000}{']' * 5_000}\n", [8]),
        (b"\xef\xbb\xbf" + (HEAD + USES).encode(), [8]),
        (f"{HEAD}{USES}      - run: echo {'a' * 2**20}\n", [8]),
    ],
)
def test_what_is_odd_and_can_be_read_is_judged(repository: Repository, text: str | bytes, lines: list[int]) -> None:
    record = judge(repository, {BAD: text})
    assert record.outcome is Outcome.COMPLETE, record.reason
    assert [finding.line for finding in record.findings if finding.path == BAD] == lines


def test_a_report_that_is_too_large_hides_no_other(repository: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "OUTPUT", 2**20)
    text = f"{HEAD}      - run: echo {'${{ github.event.issue.title }} ' * 500}\n"
    record = judge(repository, {BAD: text})
    assert record.reason == f"not examined: {BAD} (what zizmor says of it is larger than 1 MiB)"


def test_a_file_that_takes_too_long_leaves_time_for_the_others(
    repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The time that zizmor takes is quadratic in the number of steps: this one costs more than half a minute."""
    monkeypatch.setattr(zizmor, "RUN_SECONDS", 3)
    monkeypatch.setattr(zizmor, "LEAST_SECONDS", 2)
    record = judge(repository, {BAD: HEAD + USES * 10_000})
    assert record.reason == f"not examined: {BAD} (zizmor did not end on it within 2 s)"


def test_no_time_is_left(repository: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(zizmor, "SECONDS", 0)
    record = run_check("pins", target(repository(GOOD)))
    assert record.outcome is Outcome.INCOMPLETE
    assert not record.findings
    assert "zizmor had no time left for it" in record.reason


def test_aliases_of_a_lock_are_read_once(repository: Repository) -> None:
    workflows = "".join(f"  w{number}: *b\n" for number in range(20_000))
    lock = f"version: v0.0.3\nworkflows:\n  b: &b [{'a, ' * 20_000}]\n{workflows}"
    record = judge(repository, {actions_lock.PATH: lock})
    assert record.outcome is Outcome.COMPLETE, record.reason


@pytest.mark.parametrize("text", ["version: 9\n", LAUGHS, "version: 2\nupdates: {}\n"])
def test_a_configuration_of_dependabot_that_is_none_is_named(repository: Repository, text: str) -> None:
    record = judge(repository, {".github/dependabot.yml": text})
    assert record.reason == f"not examined: .github/dependabot.yml ({INVALID})"
