"""What every check is given and gives back."""

from __future__ import annotations

import os
from collections.abc import Callable
from importlib import import_module
from typing import Protocol

from msgspec import Struct

from lockgate.config.settings import Settings
from lockgate.inputs.revisions import Commits
from lockgate.inputs.tree import Tree
from lockgate.model.engine_options import EngineOptions
from lockgate.model.errors import UsageError, nearest
from lockgate.model.finding import Finding
from lockgate.model.modules import listed
from lockgate.model.record import Coverage, Engine
from lockgate.model.rule import Rule

Progress = Callable[[int, int], None]
"""Told how many of how many things are done."""


class Target(Struct, frozen=True, kw_only=True):
    """What a check examines, and how: the files of a tree, or instead of them what its repository's `commits` brought.

    `engine_options` are used in place of those that the settings give. `since` is a commit: what was found there before is not told.
    """

    tree: Tree
    settings: Settings
    commits: Commits | None = None
    engine_options: EngineOptions | None = None
    since: str = ""
    progress: Progress = lambda _done, _total: None

    @property
    def options(self) -> EngineOptions:
        """How the engines are to look for secrets."""
        return self.engine_options or self.settings.engine_options


class Result(Struct, frozen=True, kw_only=True):
    """What a check found. `gaps` are the reasons why its work is incomplete, beside the gaps in the coverage.

    `public` are notes in which no text of the repository is.
    """

    coverage: Coverage
    findings: tuple[Finding, ...] = ()
    engines: tuple[Engine, ...] = ()
    rules: tuple[Rule, ...] = ()
    gaps: tuple[str, ...] = ()
    public: tuple[str, ...] = ()


class Check(Protocol):
    """A package of `lockgate.checks` that has these two functions is a check."""

    def run(self, target: Target) -> Result:
        """Examine the target. Raises UnavailableError where the check can't do its work at all."""

    def all_rules(self) -> tuple[Rule, ...]:
        """Every rule of the check that can be told without a target."""


def names() -> list[str]:
    """The names of all checks."""
    return [name for name, is_package in listed("lockgate.checks").items() if is_package]


def get(name: str) -> Check:
    """The check of that name. Raises UsageError with the nearest name where there is none."""
    if name not in names():
        raise UsageError(f"no check is named {name!r}; {nearest(name, names())}")
    return import_module(f"lockgate.checks.{name}")


def processors() -> int:
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
