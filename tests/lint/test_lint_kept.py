"""A second run of the lint check takes the first one's result where nothing changed that it depends on."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from lockgate.checks.run import run_check
from lockgate.engines import environment, pylint
from lockgate.model.record import Record
from support import noise, target, write

Repository = Callable[..., Path]
FILES = {"pkg/__init__.py": "", "pkg/a.py": "import os\n\n\ndef f(x):\n    return y\n"}


@pytest.fixture(autouse=True)
def _own(own_cache: Path) -> None:
    """No test takes a result of another one."""


@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many files each run of pylint was given."""
    counts: list[int] = []
    lint = pylint.lint

    def recorded(files: dict[str, bytes], **options: object) -> object:
        counts.append(len(files))
        return lint(files, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(pylint, "lint", recorded)
    return counts


def told(record: Record) -> Record:
    return msgspec.structs.replace(record, seconds=0.0, started="", ended="")


def test_an_unchanged_project_is_not_linted_again(repository: Repository, runs: list[int]) -> None:
    root = repository(FILES)
    first = run_check("lint", target(root))
    assert first.findings
    assert told(run_check("lint", target(root))) == told(first)
    assert runs == [2]


@pytest.mark.parametrize(
    "change",
    [
        {"pkg/a.py": "import os\n"},
        {"pkg/b.py": ""},
        {"pyproject.toml": '[tool.pylint.main]\ndisable = ["unused-import"]\n'},
        {"tests/x.py": ""},
    ],
)
def test_a_change_is_seen(repository: Repository, runs: list[int], change: dict[str, str]) -> None:
    root = repository(FILES)
    run_check("lint", target(root))
    write(root, change)
    second = run_check("lint", target(root))
    assert len(runs) == 2
    assert told(second) == told(run_check("lint", target(root)))


def test_gaps_are_tried_again(repository: Repository, runs: list[int]) -> None:
    root = repository({**FILES, "pkg/b.py": b"\xff"})
    for _ in range(2):
        run_check("lint", target(root))
    if run_check("lint", target(root)).reason:
        assert len(runs) == 3


def test_a_user_who_trusts_is_asked_no_cache(repository: Repository, runs: list[int]) -> None:
    root = repository(FILES)
    for _ in range(2):
        run_check("lint", target(root, trust=True))
    assert len(runs) == 2


def test_the_cache_holds_no_value(repository: Repository, own_cache: Path) -> None:
    value = f"ghp_{noise(36)}"
    root = repository({"pkg/__init__.py": "", "pkg/a.py": f"import {value}\n{value}.x()\n"})
    assert run_check("lint", target(root)).findings
    kept = [path.read_bytes() for path in (own_cache / "lint").iterdir()]
    assert kept
    assert not any(value.encode() in data for data in kept)


def test_what_is_installed_is_part_of_it(tmp_path: Path) -> None:
    folder = tmp_path / "env"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
    python = str(folder / "bin" / "python")
    first = environment.fingerprint(python, tmp_path)
    assert first == environment.fingerprint(python, tmp_path) != ""
    (packages,) = folder.glob("lib/python3*/site-packages")
    (packages / "demo-1.0.dist-info").mkdir()
    second = environment.fingerprint(python, tmp_path)
    assert second not in ("", first)
    (packages / "x.pth").write_text(str(tmp_path / "src"))
    assert environment.fingerprint(python, tmp_path) not in ("", second)
    for line in ("/elsewhere", "import _editable_impl_demo"):
        (packages / "x.pth").write_text(line)
        assert environment.fingerprint(python, tmp_path) == ""


@pytest.mark.parametrize("python", ["no-such-python", "/usr/bin/env"])
def test_of_another_interpreter_nothing_is_known(tmp_path: Path, python: str) -> None:
    assert environment.fingerprint(python, tmp_path) == ""
