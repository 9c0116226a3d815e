"""A large tree is scanned by two processes, with the results of one."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from lockgate.checks import secrets
from lockgate.checks.base import Result
from lockgate.checks.secrets import pool
from support import noise, target, write

TOKENS = [f"ghp_{noise(36, seed=seed)}" for seed in range(40)]
FILES = {f"f{number:03}.py": f'token = "{token}"\n' for number, token in enumerate(TOKENS)}
FILES |= {f"d/clean{number:03}.py": f"x = {number}\n" for number in range(40)}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    write(tmp_path, {**FILES, os.fsdecode(b"latin-\xe9.py"): FILES["f000.py"]})
    return tmp_path


def scan(root: Path, many: int, monkeypatch: pytest.MonkeyPatch) -> Result:
    monkeypatch.setattr(pool, "MANY", many)
    return secrets.run(target(root))


@pytest.mark.skipif(not hasattr(os, "sched_getaffinity"), reason="tells how many processors there are")
class TestTwo:
    @pytest.fixture(autouse=True)
    def _two_processors(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(os, "sched_getaffinity", lambda _process: {0, 1})

    def test_the_result_is_that_of_one(self, root: Path, own_cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        two = scan(root, 1, monkeypatch)
        assert len(two.findings) == 41
        kept = {path.name for path in (own_cache / "secrets").iterdir()}
        assert scan(root, 1, monkeypatch) == two  # of what was kept
        for name in kept:
            (own_cache / "secrets" / name).unlink()
        assert scan(root, 10_000, monkeypatch) == two
        assert {path.name for path in (own_cache / "secrets").iterdir()} == kept

    def test_the_helper_takes_part(self, root: Path, monkeypatch: pytest.MonkeyPatch, own_cache: Path) -> None:
        assert own_cache
        taken: list[str] = []
        take = pool.FileScan.result

        def slow(self: pool.FileScan, path: str) -> object:
            taken.append(path)
            import time

            time.sleep(0.2)
            return take(self, path)

        monkeypatch.setattr(pool.FileScan, "result", slow)
        result = scan(root, 1, monkeypatch)
        assert len(result.findings) == 41
        assert 0 < len(taken) < 81

    @pytest.mark.parametrize("program", ["/nonexistent/python", "false", "cat"])
    def test_a_helper_that_breaks_changes_nothing(
        self, root: Path, program: str, monkeypatch: pytest.MonkeyPatch, own_cache: Path
    ) -> None:
        assert own_cache
        expected = scan(root, 10_000, monkeypatch)
        for path in (own_cache / "secrets").iterdir():
            path.unlink()
        monkeypatch.setattr(sys, "executable", program)
        assert scan(root, 1, monkeypatch) == expected

    def test_nothing_is_left_of_a_helper_that_is_killed(
        self, root: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch, own_cache: Path
    ) -> None:
        assert own_cache
        folder = tmp_path_factory.mktemp("temporary")
        program = folder / "python"
        program.write_text('#!/bin/sh\necho > "$TMPDIR/unpacked"\n', encoding="utf-8")
        program.chmod(0o700)
        monkeypatch.setattr(sys, "executable", str(program))
        monkeypatch.setattr(tempfile, "tempdir", str(folder))
        monkeypatch.setenv("TMPDIR", str(folder))
        scan(root, 1, monkeypatch)
        assert [path.name for path in folder.iterdir()] == ["python"]

    def test_a_helper_ends_with_its_parent(self) -> None:
        code = (
            "import os, subprocess, sys\n"
            "subprocess.Popen([sys.executable, '-P', '-c', 'import os, time; from lockgate.checks.secrets.helper import "
            '_end_with; print(os.getpid(), flush=True); _end_with(int(os.environ["PARENT"]))\'], '
            "env={**os.environ, 'PARENT': str(os.getpid())})\n"
            "import time; time.sleep(1)\nos._exit(0)\n"
        )
        # Its standard output has an end once both have ended.
        assert subprocess.run([sys.executable, "-P", "-c", code], capture_output=True, timeout=30, check=True).stdout
