"""On a commit without anything that looks like a secret the hook loads no engine, and decides as the whole check does."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from lockgate.checks.run import run_check
from lockgate.config.settings import Settings
from lockgate.policy.verdict import decide
from support import git, noise, target, write

Repository = Callable[..., Path]
CLEAN = {
    "a.py": "import os\n\n\ndef main(path: str) -> int:\n    return len(os.listdir(path))\n",
    "b.toml": '[tool.demo]\nname = "demo"\nversions = [\n    "1.0",\n    "1.1",\n]\n',
    "c.yml": "on: push\njobs:\n  test:\n    runs-on: ubuntu-24.04\n",
}
LISTED = "import sys, lockgate.hook as h\ntry:\n    h.main()\nfinally:\n    print(*sys.modules)\n"


def hook(root: Path, *arguments: str) -> tuple[int, set[str]]:
    """The exit code, and what was imported that takes long: tools, and modules of Python's own."""
    command = [sys.executable, "-P", "-c", LISTED, *arguments]
    done = subprocess.run(command, cwd=root, check=False, capture_output=True, text=True)
    assert "Traceback" not in done.stderr
    slow = {"detect_secrets", "kingfisher_sdk", "click", "yaml", "argparse", "inspect", "json", "typing_extensions"}
    return done.returncode, slow & set(done.stdout.splitlines()[-1].split())


def staged(repository: Repository, files: dict[str, str]) -> Path:
    root = repository({})
    write(root, files)
    git(root, "add", "--all")
    return root


@pytest.mark.parametrize("named", [True, False])
def test_a_clean_commit_loads_no_engine(repository: Repository, named: bool) -> None:
    root = staged(repository, CLEAN)
    assert hook(root, *(CLEAN if named else ())) == (0, set())


@pytest.mark.parametrize(
    "files",
    [
        {"a.py": f'password = "{noise(16)}"\n'},
        {"a.py": f'token = "ghp_{noise(36)}"\n'},
        {"a.yml": f"key: ghp_{noise(36)}\n"},
        {"a.ini": f"[a]\npassword = {noise(12)}\n"},
        {"a.txt": "x\n", "b.env": f"SECRET={noise(12)}\n"},
        {"a.toml": f'[a]\nb = "ghp_{noise(36)}"\n'},
    ],
)
def test_a_secret_is_found_as_by_the_whole_check(repository: Repository, files: dict[str, str]) -> None:
    root = staged(repository, files)
    code, _ = hook(root, *files)
    assert code == decide([run_check("secrets", target(root))], Settings(), {}).exit_code


def test_what_can_not_be_read_is_left_to_the_whole_check(repository: Repository) -> None:
    root = staged(repository, {"pyproject.toml": "[tool.lockgate]\nmax-file-size = 10\n", "a.py": "x = 1  # long\n"})
    assert hook(root)[1] >= {"click"}


def test_a_mistake_in_the_settings_is_told(repository: Repository) -> None:
    root = staged(repository, {"pyproject.toml": "[tool.lockgate]\nx = 1\n", "a.py": "x = 1\n"})
    assert hook(root, "a.py")[0] == 2
