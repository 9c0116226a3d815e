"""Runs of `lockgate fix` over the pins of a project."""

from __future__ import annotations

from pathlib import Path

from click.testing import CliRunner

from lockgate.checks import pins
from lockgate.cli import root
from support import Files, target, write


class Project:
    """A project, and the environment that it is fixed in; `options` are given in every run."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.env: dict[str, str] = {}
        self.options: list[str] = ["--checks", "pins"]
        root.mkdir()

    def fix(self, files: Files, *options: str) -> tuple[int, str]:
        """The exit code and what is said."""
        write(self.root, files)
        arguments = ["fix", str(self.root), *self.options, *options]
        done = CliRunner().invoke(root, arguments, env=self.env, standalone_mode=False, catch_exceptions=False)
        assert not done.stderr, done.stderr
        return done.return_value, done.stdout

    def read(self, name: str) -> str:
        return (self.root / name).read_bytes().decode()

    def found(self) -> list[tuple[str, str, int]]:
        """What the pins check finds: rule, file and line."""
        return [(each.rule, each.path, each.line) for each in pins.run(target(self.root)).findings]
