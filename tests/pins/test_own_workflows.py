"""This project's own workflows and hooks hold to what it asks of others."""

from __future__ import annotations

import re
import shutil
import subprocess
import sysconfig
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from lockgate.checks.run import run_check
from lockgate.model.record import Outcome
from support import target

ROOT = Path(__file__).parents[2]
WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yml"))


def test_zizmor_pedantic_finds_nothing() -> None:
    command = [
        Path(sysconfig.get_path("scripts"), "zizmor"),
        "--offline",
        "--persona",
        "pedantic",
        "--strict-collection",
    ]
    done = subprocess.run([*command, *WORKFLOWS], check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
    assert {path.name for path in WORKFLOWS} == {"audit.yml", "gate.yml"}


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_every_job_is_bounded_and_every_action_has_a_sha_and_its_version(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    jobs = yaml.safe_load(text)["jobs"].values()
    assert all("timeout-minutes" in job and "permissions" in job for job in jobs)
    uses = re.findall(r"uses: (.*)", text)
    assert uses
    assert all(re.fullmatch(r"[\w/-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", line) for line in uses)


def test_own_pins_hold(repository: Callable[..., Path]) -> None:
    root = repository({})
    for path in (".pre-commit-config.yaml", ".github", "requirements"):
        source = ROOT / path
        (shutil.copytree if source.is_dir() else shutil.copy)(source, root / path)
    record = run_check("pins", target(root))
    assert record.outcome is Outcome.COMPLETE, record.reason
    assert not record.findings


def test_hooks_are_those_that_others_get() -> None:
    offered = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
    own = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8"))["repos"][0]["hooks"]
    # A hook of the local repository has no environment of its own, and says nothing of itself.
    installed = {"description", "language", "minimum_pre_commit_version"}
    assert {hook.pop("language") for hook in own} == {"system"}
    assert own == [{key: value for key, value in hook.items() if key not in installed} for hook in offered]


def test_what_workflows_install_is_pinned_in_a_way_that_every_pip_takes() -> None:
    """Of a name on the command line, pip before 25 wants version and hash there, whatever a constraint says."""
    installs = [line for path in WORKFLOWS for line in re.findall(r"pip install (.*)", path.read_text("utf-8"))]
    assert len(installs) == 4
    for line in installs:
        assert re.fullmatch(r"--require-hashes --requirement requirements/\w+\.txt|--no-deps .* --editable \.", line)
