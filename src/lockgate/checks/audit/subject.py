"""Holds the packages of a project against the rules of the audit that are no advisories, each one file in `rules`."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from types import ModuleType
from typing import TYPE_CHECKING

from msgspec import Struct, structs

from lockgate.checks import base
from lockgate.checks.audit.index_answers import ask
from lockgate.model.finding import Finding
from lockgate.model.modules import loaded
from lockgate.model.package import Origin, Package
from lockgate.model.record import Coverage, Skip
from lockgate.model.rule import Rule

if TYPE_CHECKING:
    from lockgate.advisories.projects import Project, Release


class Subject(Struct, frozen=True, kw_only=True):
    """What the rules judge.

    `packages` are those that an installer would take from an index, each at its place. `projects` is what the package
    index says, by name; it is empty where the index was not asked, and has no project of which there is no answer.
    `cooldown` is in days, `now` in UNIX time.
    """

    packages: tuple[Package, ...]
    projects: dict[str, Project] = {}
    cooldown: int = 0
    now: float = 0.0

    def answered(self) -> Iterator[tuple[Package, Project]]:
        """The pinned packages with what the index says of their projects."""
        for package in self.packages:
            project = self.projects.get(package.name)
            if project and package.version:
                yield package, project

    def released(self) -> Iterator[tuple[Package, Release]]:
        """Those of them whose version the index has."""
        for package, project in self.answered():
            release = project.releases.get(package.version)
            if release:
                yield package, release


def rule_modules() -> list[ModuleType]:
    """The rules: modules with RULE and `check(subject)`, which gives findings, and skips for what it can't tell."""
    return loaded("lockgate.checks.audit.rules")


def judge(packages: Iterable[Package], target: base.Target) -> base.Result:
    """What the rules find in the packages of a project. What the package index did not tell is a gap."""
    of_index = tuple(package for package in packages if package.origin is Origin.INDEX)
    answers = ask(of_index, target.settings, target.progress)
    subject = Subject(packages=of_index, projects=answers.projects, cooldown=target.settings.cooldown, now=time.time())
    modules = rule_modules()
    told: list[Finding | Skip] = [each for module in modules for each in module.check(subject)]
    return base.Result(
        coverage=Coverage(
            examined=0,
            unit="packages",
            skipped=(*answers.skipped, *(each for each in told if isinstance(each, Skip))),
            notes=answers.notes,
        ),
        findings=tuple(each for each in told if isinstance(each, Finding)),
        rules=tuple(module.RULE for module in modules),
        gaps=answers.gaps,
    )


def found(rule: Rule, package: Package, message: str, fix: str, **properties: str) -> Finding:
    """A finding of `rule` at the place of a package."""
    known = {"version": package.version, "marker": package.marker, **properties}
    of_package: dict[str, str | float | bool | list[str]] = {"package": package.name}
    of_package |= {name: value for name, value in known.items() if value}
    if package.direct is not None:
        of_package["direct"] = package.direct
    return Finding(
        **structs.asdict(package.at),
        rule=rule.id,
        severity=rule.severity,
        confidence=rule.confidence,
        message=message,
        fix=fix,
        help_uri=rule.help_uri,
        engines=("lockgate",),
        properties=of_package,
    )


def of_status(subject: Subject, rule: Rule, status: str, says: str, fix: str) -> Iterator[Finding]:
    """The findings of `rule` for the pins of projects of that status; `{}` in `says` and `fix` is the project's name."""
    for package, project in subject.answered():
        if project.status == status:
            message = f"{says.format(package.name)}{project.reason and f': {project.reason}'}"
            yield found(rule, package, message, fix.format(package.name), reason=project.reason)


def untold(package: Package, what: str) -> Skip:
    """A gap at the place of a package."""
    return Skip(package.at.where, f"{package.name} {package.version}: {what}", gap=True)
