"""`lockgate baseline audit` on a pseudo-terminal, as people use it."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from lockgate.checks.secrets.baseline import Verdict, parse
from lockgate.cli import root as program
from support import lockgate, noise, write

pytestmark = pytest.mark.skipif(os.name == "nt", reason="no pseudo-terminals there")
Repository = Callable[..., Path]
TOKENS = [f"ghp_{noise(36, seed=seed)}" for seed in range(3)]
FILES = {f"{name}.py": f'# {name}\x1b[31m\ntoken = "{token}"\n' for name, token in zip("abc", TOKENS, strict=True)}
NAME = ".lockgate-baseline"
ASKED = b"quit (q)? "
SECONDS = 60


class Terminal:
    """The other end of a terminal on which a command runs."""

    def __init__(self, process: subprocess.Popen[bytes], descriptor: int) -> None:
        self.process = process
        self.shown = b""
        self._descriptor = descriptor

    def until(self, text: bytes) -> bytes:
        """What is shown up to and with a text that must come."""
        end = time.monotonic() + SECONDS
        while text not in self.shown:
            assert time.monotonic() < end, self.shown
            assert self._more(), self.shown
        whole, self.shown = self.shown.split(text, 1)[0] + text, self.shown.split(text, 1)[1]
        return whole

    def press(self, keys: str) -> None:
        os.write(self._descriptor, keys.encode())

    def end(self) -> tuple[int, bytes]:
        """The exit code, and what was shown to the end."""
        while self._more():
            pass
        return self.process.wait(SECONDS), self.shown

    def _more(self) -> bool:
        if not select.select([self._descriptor], [], [], 1)[0]:
            return self.process.poll() is None
        try:
            data = os.read(self._descriptor, 4096)
        except OSError:  # Linux says so where the other end is closed
            return False
        self.shown += data
        return bool(data)


@contextmanager
def audit(root: Path, *arguments: str, term: str = "xterm") -> Iterator[Terminal]:
    import pty

    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", "lockgate", "baseline", "audit", *arguments],
        cwd=root, stdin=theirs, stdout=theirs, stderr=theirs, env={**os.environ, "TERM": term}, start_new_session=True,
    )  # fmt: skip
    os.close(theirs)
    try:
        yield Terminal(process, ours)
    finally:
        process.kill()
        process.wait()
        os.close(ours)


@pytest.fixture
def root(repository: Repository) -> Path:
    made = repository(FILES)
    program.main(["baseline", "create", str(made)], standalone_mode=False)
    return made


def verdicts(root: Path) -> dict[str, Verdict]:
    entries = parse(NAME, (root / NAME).read_bytes()).entries
    return {entry.path: entry.verdict for entry in entries if entry.verdict is not Verdict.UNREVIEWED}


def test_each_answer_is_saved_at_once_and_no_value_is_shown(root: Path) -> None:
    with audit(root) as terminal:
        first = terminal.until(ASKED).decode()
        assert "1 of 3 secrets   a.py:2   secrets/github-token   unreviewed" in first
        assert f'>      2 | token = "{"*" * 40}"' in first
        assert "# a\\x1b[31m" in first
        terminal.press("r")
        terminal.until(b"2 of 3 secrets")
        assert verdicts(root) == {"a.py": Verdict.REAL}
        terminal.until(ASKED)
        terminal.press("f")
        terminal.until(ASKED)
        assert verdicts(root) == {"a.py": Verdict.REAL, "b.py": Verdict.FALSE}
        terminal.press("x")
        terminal.until(b"Please answer with one of: r, f, s, b, v, q.")
        terminal.press("s")
        code, shown = terminal.end()
    assert code == 0
    assert f"{NAME}: 1 unreviewed, 1 false, 1 real" in shown.decode()
    assert not any(token.encode() in first.encode() + shown for token in TOKENS)


def test_it_goes_on_where_it_was_left(root: Path) -> None:
    with audit(root) as terminal:
        terminal.until(ASKED)
        terminal.press("r")
        terminal.until(ASKED)
        terminal.press("q")
        assert terminal.end()[0] == 0
    with audit(root) as terminal:
        assert b"2 of 3 secrets   b.py:2" in terminal.until(ASKED)
        terminal.process.send_signal(signal.SIGINT)
        code, shown = terminal.end()
        assert code == 130
        assert b"Traceback" not in shown
    with audit(root, "--all") as terminal:
        assert b"1 of 3 secrets   a.py:2   secrets/github-token   real" in terminal.until(ASKED)
        terminal.press("\x04")
        assert terminal.end()[0] == 0


def test_back_asks_again(root: Path) -> None:
    with audit(root) as terminal:
        terminal.until(ASKED)
        terminal.press("b")
        assert b"1 of 3 secrets" in terminal.until(ASKED)
        terminal.press("r")
        terminal.until(ASKED)
        terminal.press("\x1b[D")  # an arrow is no answer
        terminal.until(b"Please answer")
        terminal.until(ASKED)
        terminal.press("b")
        assert b"1 of 3 secrets   a.py:2   secrets/github-token   real" in terminal.until(ASKED)
        terminal.press("f")
        assert b"2 of 3 secrets" in terminal.until(ASKED)
    assert verdicts(root) == {"a.py": Verdict.FALSE}


def test_a_value_is_shown_on_the_other_screen_and_erased(root: Path) -> None:
    with audit(root) as terminal:
        terminal.until(ASKED)
        terminal.press("v")
        terminal.until(b"\x1b[?1049h\x1b[2J\x1b[H")
        assert TOKENS[0].encode() in terminal.until(b"(any key erases it)")
        terminal.press(" ")
        rest = terminal.until(b"\x1b[2J\x1b[H\x1b[?1049l") + terminal.until(ASKED)
        assert TOKENS[0].encode() not in rest
        terminal.press("v")
        terminal.until(b"(any key erases it)")
        terminal.process.send_signal(signal.SIGTERM)
        code, shown = terminal.end()
        assert code == 143
        assert b"\x1b[2J\x1b[H\x1b[?1049l" in shown


def test_a_value_is_erased_after_a_while(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    slow = "import lockgate.cli.baseline._terminal as t; t.SHOWN = 0.2; from lockgate.cli import main; main()"
    monkeypatch.setattr(sys, "executable", str(write_program(root, slow)))
    with audit(root) as terminal:
        terminal.until(ASKED)
        terminal.press("v")
        terminal.until(b"(any key erases it)")
        terminal.until(b"\x1b[2J\x1b[H\x1b[?1049l")
        terminal.until(ASKED)


def write_program(root: Path, code: str) -> Path:
    """An interpreter that runs `code` in place of the module that it is told to run."""
    file = root.parent / "python"
    file.write_text(f"#!/bin/sh\nshift 3\nexec '{sys.executable}' -P -c '{code}' \"$@\"\n")
    file.chmod(0o700)
    return file


def test_a_dumb_terminal_takes_lines_and_asks_before_it_shows(root: Path) -> None:
    with audit(root, term="dumb") as terminal:
        shown = terminal.until(ASKED)
        terminal.press("r\n")
        shown += terminal.until(ASKED)
        assert verdicts(root) == {"a.py": Verdict.REAL}
        terminal.press("v\n")
        shown += terminal.until(b"Show it all the same (y, n)? ")
        terminal.press("n\n")
        shown += terminal.until(ASKED)
        assert b"\x1b" not in shown
        assert TOKENS[1].encode() not in shown
        terminal.press("v\n")
        terminal.until(b"Show it all the same (y, n)? ")
        terminal.press("y\n")
        assert TOKENS[1].encode() in terminal.until(ASKED)
        terminal.press("\x04")
        assert terminal.end()[0] == 0


def test_what_others_wrote_meanwhile_stays(root: Path) -> None:
    with audit(root) as terminal:
        terminal.until(ASKED)
        write(root, {"d.py": FILES["a.py"]})
        program.main(["baseline", "update", str(root)], standalone_mode=False)
        terminal.press("f")
        terminal.until(ASKED)
    assert verdicts(root) == {"a.py": Verdict.FALSE}
    assert {entry.path for entry in parse(NAME, (root / NAME).read_bytes()).entries} == {"a.py", "b.py", "c.py", "d.py"}


def test_without_a_terminal_nobody_is_asked(root: Path) -> None:
    done = lockgate("baseline", "audit", cwd=root)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        "lockgate: lockgate baseline audit asks and shows: standard input and output must be a terminal\n"
    )
