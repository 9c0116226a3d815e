"""`lockgate check lint --since`: what came with a change, on its lines and elsewhere."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pylint
import pytest

from lockgate.checks.run import run_check
from lockgate.inputs.revisions import base_of
from lockgate.model.record import Outcome, Record
from support import git, lockgate, target, write

Repository = Callable[..., Path]
BEFORE = {
    "src/pkg/__init__.py": "",
    "src/pkg/api.py": "def gone():\n    return 1\n\n\ndef changed(a):\n    return a\n\n\ndef stays():\n    return 1\n",
    "src/pkg/dead.py": "VALUE = 1\n",
    "src/pkg/user.py": (
        "from pkg import api\nfrom pkg.dead import VALUE\n\napi.gone()\napi.changed(1)\napi.absent()\neval('1')\nprint(VALUE)\n"
    ),
    "src/pkg/shifted.py": "import os\n\n\ndef first():\n    return eval('1')\n\n\ndef second():\n    return eval('2')\n",
    "src/pkg/before.py": "A = 1\nB = 2\nC = 3\nD = eval('1')\nE = 5\n",
    "src/pkg/windows.py": "A = 1\r\nB = eval('1')\r\n",
    "src/pkg/twice.py": "def f():\n    return eval('1')\n\n\ndef g():\n    return 2\n",
    "src/pkg/masked.py": "# pylint: disable=eval-used\nA = 1\nB = eval('1')\n",
    "src/pkg/star.py": "from absent import *\nprint(whatever)\n",
}
AFTER = {
    "src/pkg/api.py": "def changed(a, b):\n    return a, b\n\n\ndef stays():\n    return 1\n",
    "src/pkg/shifted.py": "import os\n\nX = 1\n\n\ndef first():\n    return eval('1')\n\n\ndef second():\n    return eval('22')\n",
    "src/pkg/after.py": "A = 1\nB = 2\nC = 3\nD = eval('1')\nE = eval('5')\n",
    "src/pkg/windows.py": "A = 1\nB = eval('1')\n",
    "src/pkg/twice.py": "def f():\n    return eval('1')\n\n\ndef g():\n    return eval('1')\n",
    "src/pkg/masked.py": "A = 1\nB = eval('1')\n",
    "src/pkg/new.py": "F = eval('1')\n",
    "src/pkg/star.py": "A = 1\nprint(whatever)\n",
}
TOLD = {
    ("lint/no-member", "src/pkg/user.py", 4),  # the function was removed
    ("lint/no-value-for-parameter", "src/pkg/user.py", 5),  # its signature was changed
    ("lint/eval-used", "src/pkg/shifted.py", 11),
    ("lint/eval-used", "src/pkg/after.py", 5),
    ("lint/eval-used", "src/pkg/twice.py", 6),
    ("lint/eval-used", "src/pkg/masked.py", 2),  # the comment that allowed it was removed
    (
        "lint/undefined-variable",
        "src/pkg/star.py",
        2,
    ),  # which before could come from elsewhere, and so counted for less
    ("lint/eval-used", "src/pkg/new.py", 1),  # which Git does not track
}
# The module was deleted; which of the two it is depends on what pylint makes of the package.
MISSING = {("lint/no-name-in-module", "src/pkg/user.py", 2), ("lint/import-error", "src/pkg/user.py", 2)}


def change(root: Path) -> None:
    for path in ("src/pkg/dead.py", "src/pkg/before.py"):
        (root / path).unlink()
    write(root, AFTER)


def since(root: Path, revision: str, **settings: object) -> Record:
    made = target(root, **settings)
    return run_check("lint", type(made)(tree=made.tree, settings=made.settings, since=base_of(root, revision)))


def told(record: Record) -> set[tuple[str, str, int]]:
    return {(finding.rule, finding.path, finding.line) for finding in record.findings}


def test_what_came_with_a_change_is_told_and_nothing_else(repository: Repository) -> None:
    root = repository(BEFORE)
    whole = run_check("lint", target(root))
    assert ("lint/no-member", "src/pkg/user.py", 6) in told(whole)
    change(root)
    record = since(root, "HEAD")
    assert told(record) - MISSING == TOLD
    assert told(record) & MISSING
    assert record.outcome is Outcome.COMPLETE
    assert {finding.rule for finding in record.findings} == {rule.id for rule in record.rules}
    now = run_check("lint", target(root))
    left_out = len(now.findings) - len(record.findings)
    assert left_out == 7
    commit = git(root, "rev-parse", "HEAD")
    assert record.coverage.notes[0] == f"only what came since {commit[:8]} is told; 7 older findings left out"
    assert {finding.fingerprint for finding in record.findings} <= {finding.fingerprint for finding in now.findings}


def test_what_is_committed_on_a_branch_came_with_it(repository: Repository) -> None:
    root = repository(BEFORE)
    git(root, "tag", "v1")
    git(root, "switch", "--quiet", "--create", "topic")
    change(root)
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--message", "topic")
    git(root, "switch", "--quiet", "main")
    write(root, {"src/pkg/main.py": "G = eval('1')\n"})
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--message", "main goes on")
    git(root, "switch", "--quiet", "topic")
    revisions = ("main", "v1", git(root, "rev-parse", "HEAD~1")[:9], "HEAD~1")
    assert len({base_of(root, revision) for revision in revisions}) == 1
    assert told(since(root, "main")) - MISSING == TOLD
    git(root, "merge", "--quiet", "--message", "merge", "main")
    assert base_of(root, "main") == git(root, "rev-parse", "main").strip()
    assert told(since(root, "main")) - MISSING == TOLD, "what main brought is not of the branch"
    assert told(since(root, "HEAD^1")) == {("lint/eval-used", "src/pkg/main.py", 1)}


def test_a_base_that_can_not_be_examined_leaves_nothing_out(repository: Repository) -> None:
    root = repository({"src/a.py": "A = eval('1')\n", "pyproject.toml": "[tool.pylint\n"})
    write(root, {"pyproject.toml": ""})
    record = since(root, "HEAD")
    assert record.outcome is Outcome.COMPLETE
    assert " the check was incomplete, so older findings may be told: not examined:" in record.coverage.notes[1]
    # What it did find there is left out all the same.
    assert not record.findings
    # And what is now incomplete stays so.
    write(root, {"pyproject.toml": "[tool.pylint\n"})
    assert since(root, "HEAD").outcome is Outcome.INCOMPLETE


def test_another_message_at_the_same_place_is_told(repository: Repository) -> None:
    files = {"src/api.py": "def f(a): return a\n", "src/user.py": "from api import f\nf(1, x=1, y=2)\nf(1, x=1)\n"}
    root = repository(files)
    write(root, {"src/api.py": "def f(a, x): return a, x\n"})
    assert not since(root, "HEAD").findings, "y was wrong before"
    git(root, "commit", "--quiet", "--all", "--message", "x is one now")
    write(root, {"src/api.py": "def f(a, y): return a, y\n"})
    found = [(finding.line, finding.rule) for finding in since(root, "HEAD").findings]
    assert (2, "lint/unexpected-keyword-arg") in found
    assert (3, "lint/unexpected-keyword-arg") in found


@pytest.mark.usefixtures("own_cache")
def test_what_was_found_in_the_commit_is_kept_beside_what_is_found_now(repository: Repository, runs: list[int]) -> None:
    root = repository(BEFORE)
    change(root)
    first = since(root, "HEAD")
    runs.clear()
    assert told(since(root, "HEAD")) == told(first)
    run_check("lint", target(root))
    assert runs == []


def test_what_is_installed_of_the_project_is_not_asked(repository: Repository, tmp_path: Path) -> None:
    files = {
        "src/space/api.py": "def gone(): return 1\n\n\ndef stays(): return 2\n",
        "src/space/user.py": "from space import api\n\napi.gone()\napi.stays()\n",
    }
    root = repository(files)
    write(root, {"src/space/api.py": "def stays(): return 2\n"})
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", tmp_path / "env"], check=True)
    site = next(tmp_path.glob("env/lib/python*/site-packages"))
    (site / "tools.pth").write_text(f"{Path(pylint.__file__).parents[1]}\n")
    shutil.copytree(root / "src/space", site / "space")  # as `pip install .` makes it, of the changed files
    record = since(root, "HEAD", python=str(tmp_path / "env/bin/python"))
    assert told(record) == {("lint/no-member", "src/space/user.py", 3)}


def test_the_command_fails_on_new_findings_only(repository: Repository) -> None:
    root = repository({"src/a.py": "print(absent)\n"})
    done = lockgate("check", "lint", "--since", "HEAD", cwd=root)
    assert (done.returncode, done.stderr) == (0, "")
    assert "1 older finding left out" in done.stdout
    write(root, {"src/a.py": "print(absent)\nprint(missing)\n"})
    assert lockgate("check", "lint", "--since", "HEAD", "--json", "out.json", cwd=root).returncode == 1
    (record,) = json.loads((root / "out.json").read_bytes())["records"]
    assert [finding["line"] for finding in record["findings"]] == [2]


@pytest.mark.parametrize(
    ("revision", "code"), [("absent", 2), ("--output=x", 2), ("", 2), ("^HEAD", 2), ("HEAD:src", 2)]
)
def test_a_revision_that_is_none_is_a_usage_error(repository: Repository, revision: str, code: int) -> None:
    root = repository({"src/a.py": "print(absent)\n"})
    done = lockgate("check", "lint", f"--since={revision}", cwd=root)
    assert done.returncode == code
    assert done.stderr.startswith("lockgate: --since: ")
    assert not (root / "x").exists()
