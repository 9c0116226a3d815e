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
    assert {hook["id"]: hook["entry"] for hook in own} == {hook["id"]: hook["entry"] for hook in offered}
