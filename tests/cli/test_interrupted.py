"""A run that is told to stop: nothing of it is left but the old report."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest

from support import noise, write

Repository = Callable[..., Path]
pytestmark = pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="needs /proc")

WORKFLOW = "on: push\njobs:\n  a:\n    runs-on: x\n    steps:\n    - uses: a/b@v1\n"
FILES = {
    # Minutes of pylint's time.
    **{f"m{number}.py": f"import m{number + 1}\n" + 'V = {"a": [1, 2]}\n' * 2000 for number in range(60)},
    **{f".github/workflows/w{number}.yml": WORKFLOW for number in range(60)},
}


class Run:
    """A lockgate that leaves its report, its temporary files and all of its processes where a test can look for them."""

    def __init__(self, root: Path, folder: Path, *arguments: str, **environ: str) -> None:
        self.temporary = folder / "temporary"
        self.temporary.mkdir()
        self.report = folder / "report.json"
        self.report.write_text("old")
        self.process = subprocess.Popen(
            [sys.executable, "-P", "-m", "lockgate", *arguments, "--json", str(self.report)],
            cwd=root,
            env={**os.environ, "TMPDIR": str(self.temporary), **environ},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
            text=True,
        )

    def wait_for(self, pattern: str) -> None:
        while not any(self.temporary.glob(pattern)):
            assert self.process.poll() is None, self.process.communicate()
            time.sleep(0.02)

    def send(self, number: signal.Signals, *, to_group: bool) -> None:
        (os.killpg if to_group else os.kill)(self.process.pid, number)

    def assert_nothing_is_left(self, code: int) -> None:
        out, err = self.process.communicate(timeout=60)
        assert (self.process.returncode, out, err) == (code, "", "lockgate: interrupted\n")
        assert self.report.read_text() == "old"
        assert list(self.report.parent.glob(".lockgate-*")) == []
        assert list(self.temporary.iterdir()) == []
        assert self.processes() == []

    def processes(self) -> list[str]:
        """The command lines of what runs with our temporary folder, or one below it."""
        return [
            (folder / "cmdline").read_text()
            for folder in Path("/proc").iterdir()
            if folder.name.isdigit() and os.fsencode(self.temporary) in _read(folder / "environ")
        ]


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:  # it is another user's, or has ended
        return b""


COPY = "lockgate-*/lockgate-*/tree/m0.py"  # what pylint works on


@pytest.mark.parametrize(
    "arguments", [("gate", "--checks", "lint,pins,secrets"), ("check", "lint")], ids=["gate", "check"]
)
@pytest.mark.parametrize(
    ("number", "to_group"),
    [(signal.SIGINT, True), (signal.SIGINT, False), (signal.SIGTERM, False), (signal.SIGHUP, True)],
    ids=["Ctrl-C", "SIGINT", "SIGTERM", "SIGHUP"],
)
def test_a_signal(
    repository: Repository,
    tmp_path: Path,
    arguments: tuple[str, ...],
    number: signal.Signals,
    to_group: bool,
) -> None:
    run = Run(repository(FILES), tmp_path, *arguments)
    run.wait_for(COPY)
    run.send(number, to_group=to_group)
    run.assert_nothing_is_left(128 + number)


def test_an_impatient_user(repository: Repository, tmp_path: Path) -> None:
    run = Run(repository(FILES), tmp_path, "gate", "--checks", "lint,pins")
    run.wait_for(COPY)
    for _ in range(5):
        run.send(signal.SIGINT, to_group=True)
        time.sleep(0.01)
    run.assert_nothing_is_left(130)


STUBBORN = """
import os, signal, subprocess, sys, tempfile, time
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM, signal.SIGINT])
subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
tempfile.mkdtemp(prefix="stubborn-")
time.sleep(600)
"""


def test_an_engine_that_does_not_listen(repository: Repository, tmp_path: Path) -> None:
    write(tmp_path / "modules", {"kingfisher_sdk.py": STUBBORN})
    root = repository({"a.py": f'TOKEN = "{noise(40)}"\n'})
    run = Run(root, tmp_path, "gate", "--checks", "secrets", PYTHONPATH=str(tmp_path / "modules"))
    run.wait_for("lockgate-*/stubborn-*")
    run.send(signal.SIGINT, to_group=True)
    run.assert_nothing_is_left(130)


DYING = """
import os, subprocess, sys, tempfile
subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
tempfile.mkdtemp(prefix="dying-")
os.abort()
"""


def test_an_engine_that_crashes_leaves_nothing_either(repository: Repository, tmp_path: Path) -> None:
    write(tmp_path / "modules", {"kingfisher_sdk.py": DYING})
    root = repository({"a.py": f'TOKEN = "{noise(40)}"\n'})
    run = Run(root, tmp_path, "gate", "--checks", "secrets", PYTHONPATH=str(tmp_path / "modules"), CI="true")
    out, _ = run.process.communicate(timeout=60)
    assert run.process.returncode == 3, out
    assert list(run.temporary.iterdir()) == []
    assert run.processes() == []


# Stands in for a module that is imported at the start, at the moment of a Ctrl-C.
INTERRUPTED = "import os, signal, time\nos.kill(os.getpid(), signal.SIGINT)\ntime.sleep(600)\n"


@pytest.mark.parametrize("module", ["click", "msgspec"])
@pytest.mark.parametrize("script", ["lockgate", "lockgate-hook"])
def test_ctrl_c_while_importing(tmp_path: Path, script: str, module: str) -> None:
    write(tmp_path / "modules", {f"{module}.py": INTERRUPTED})
    project = tomllib.loads(Path(__file__).parents[2].joinpath("pyproject.toml").read_text(encoding="utf-8"))
    named, _, function = project["project"]["scripts"][script].partition(":")
    done = subprocess.run(
        [sys.executable, "-P", "-c", f"from {named} import {function}; {function}()", "--version"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(tmp_path / "modules")},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "")


def _python(code: str, root: Path) -> subprocess.CompletedProcess[str]:
    """Run code in a new interpreter, with the command line in `check`."""
    command = [sys.executable, "-P", "-c", code, "check", "pins", "."]
    return subprocess.run(command, cwd=root, capture_output=True, text=True, timeout=60, check=False)


def test_who_is_told_of_no_child_has_its_records(repository: Repository) -> None:
    code = "import signal; signal.signal(signal.SIGCHLD, signal.SIG_IGN); from lockgate.__main__ import main; main()"
    done = _python(code, repository({"requirements.txt": "a==1\n"}))
    assert (done.returncode, done.stderr) == (0, "")
    assert "pins  complete" in done.stdout


def test_a_signal_at_the_birth_of_a_worker_ends_the_worker_alone(repository: Repository) -> None:
    code = """
import os, signal
fork = os.fork
def born():
    pid = fork()
    if not pid:
        os.kill(os.getpid(), signal.SIGTERM)
    return pid
os.fork = born
from lockgate.__main__ import main
main()
"""
    done = _python(code, repository({"requirements.txt": "a==1\n"}))
    assert "pins  incomplete" in done.stdout
    assert done.stdout.count("INCOMPLETE") == 1
    assert done.stderr == ""
