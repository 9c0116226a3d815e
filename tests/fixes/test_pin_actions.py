"""`lockgate fix` pins actions and hooks at the commits that a real server of Git repositories tells."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from remote_stubs import Forge, forge

from support import Files, lockgate, target, write
from lockgate.checks import pins


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Forge]:
    with forge(tmp_path / "forge") as made:
        yield made


def found(root: Path) -> list[tuple[str, int]]:
    return [(each.rule, each.line) for each in pins.run(target(root)).findings]


def fix(root: Path, server: Forge, files: Files, *options: str) -> tuple[int, str]:
    write(root, files)
    env = {"GITHUB_SERVER_URL": server.url}
    done = lockgate("fix", "--checks", "pins", *options, cwd=root, env=env)
    assert not done.stderr
    return done.returncode, done.stdout
