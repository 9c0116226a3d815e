"""The whole command on one small repository: the terminal, the JSON and the SARIF report as snapshots."""

from __future__ import annotations

import json
import os
import pty
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from syrupy.assertion import SnapshotAssertion

from support import advisory, lockgate, noise, write_advisories

Repository = Callable[..., Path]
FILES = {
    "requirements.txt": "# what it needs\ndemo==1.0\nother>=2\n-e .\n",
    "app.py": f'"""An app."""\n\nTOKEN = "ghp_{noise(36)}"\n\nprint(undefined_name)\n',
    ".pre-commit-config.yaml": "repos:\n  - repo: https://git.example/hooks\n    rev: main\n    hooks: [{id: x}]\n",
    ".github/workflows/ci.yml": "on: push\njobs:\n  a:\n    runs-on: x\n    steps:\n      - uses: owner/action@v1\n",
}
VOLATILE = [
    (re.compile(r"\d+(\.\d+)? s\b"), "N s"),
    (re.compile(r"\d{4}-\d\d-\d\d(T[\d:.]+(Z|[+-]\d\d:\d\d))?"), "TIME"),
    (re.compile(r"committed\s+in\s+[0-9a-f]{8}"), "committed in ID"),
    (re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{40}|\b[0-9a-f]{32}\b(?!:)"), "ID"),
    (re.compile(r"\b(Python )?3\.\d+\.\d+\b"), "PYTHON"),
]
ENGINES = {"detect-secrets", "kingfisher", "osv", "pylint", "zizmor"}


@pytest.fixture
def run(repository: Repository, tmp_path: Path) -> tuple[Path, str, dict[str, Any], dict[str, Any]]:
    """The repository, and what the gate said of it in each form."""
    root = repository(FILES)
    advisories = write_advisories(tmp_path / "osv", advisory(1, "demo"))
    done = lockgate(
        "gate", ".", "--advisories", os.path.relpath(advisories, root), "--json", tmp_path / "r.json", "--sarif", tmp_path / "r.sarif",
        cwd=root, env={"COLUMNS": "100"},
    )  # fmt: skip
    assert done.returncode == 1, done.stderr
    loaded = [json.loads(steady((tmp_path / name).read_text(), tmp_path)) for name in ("r.json", "r.sarif")]
    return root, steady(done.stdout, tmp_path), loaded[0], loaded[1]


def steady(text: str, tmp_path: Path) -> str:
    """`text` without what differs from run to run, machine to machine and from one version of an engine to the next."""
    text = text.replace(str(tmp_path), "FOLDER")
    for pattern, name in VOLATILE:
        text = pattern.sub(name, text)
    return re.sub(r'("seconds": )[\d.]+', r"\g<1>0", text)


def without_versions(value: Any) -> Any:
    """The same document with the versions of the engines, and what they say of their rules, left out."""
    if isinstance(value, list):
        return [without_versions(each) for each in value]
    if not isinstance(value, dict):
        return value
    if value.get("name") in ENGINES:
        return {"name": value["name"]}
    return {key: without_versions(each) for key, each in value.items() if key != "rules"}


def test_terminal(run: tuple[Path, str, dict[str, Any], dict[str, Any]], snapshot: SnapshotAssertion) -> None:
    assert run[1] == snapshot


def test_json(run: tuple[Path, str, dict[str, Any], dict[str, Any]], snapshot: SnapshotAssertion) -> None:
    assert without_versions(run[2]) == snapshot


def test_sarif(run: tuple[Path, str, dict[str, Any], dict[str, Any]], snapshot: SnapshotAssertion) -> None:
    assert without_versions(run[3]) == snapshot


def test_a_progress_bar_on_a_terminal_and_none_in_a_pipe(repository: Repository) -> None:
    root = repository({f"file{number}.py": 'x = "y"\n' * 50 for number in range(300)})
    command = [sys.executable, "-P", "-m", "lockgate", "gate", str(root), "--checks", "secrets"]

    def shown(*arguments: str) -> bytes:
        leader, follower = pty.openpty()
        environ = {**os.environ, "TERM": "xterm"}
        subprocess.run([*command, *arguments], env=environ, check=True, stdout=subprocess.DEVNULL, stderr=follower)
        os.close(follower)
        data = b""
        try:
            while more := os.read(leader, 65_536):
                data += more
        except OSError:
            pass  # everything was read
        os.close(leader)
        return data

    assert b"/300" in shown()
    assert shown("--no-progress") == b""
    assert subprocess.run(command, check=True, capture_output=True).stderr == b""
