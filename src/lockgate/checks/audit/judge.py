"""Holds the packages of a project against the rules of the audit that are no advisories, each one file in `rules`."""

from __future__ import annotations

from types import ModuleType

from msgspec import Struct, structs

from lockgate.checks import base
from lockgate.model.finding import Finding
from lockgate.model.modules import loaded
from lockgate.model.package import Origin, Package
from lockgate.model.record import Coverage
from lockgate.model.rule import Rule


class Subject(Struct, frozen=True, kw_only=True):
    """What the rules judge: the packages that an installer would take from an index, each at its place."""

    packages: tuple[Package, ...]


def rule_modules() -> list[ModuleType]:
    """The rules: modules with RULE and `check(subject)`, which gives findings."""
    return loaded("lockgate.checks.audit.rules")


def judge(packages: tuple[Package, ...]) -> base.Result:
    """What the rules find in the packages of a project."""
    subject = Subject(packages=tuple(package for package in packages if package.origin is Origin.INDEX))
    modules = rule_modules()
    return base.Result(
        coverage=Coverage(examined=0, unit="packages"),
        findings=tuple(finding for module in modules for finding in module.check(subject)),
        rules=tuple(module.RULE for module in modules),
    )


def found(rule: Rule, package: Package, message: str, fix: str, **properties: str | float) -> Finding:
    """A finding of `rule` at the place of a package."""
    of_package: dict[str, str | float | bool | list[str]] = {"package": package.name}
    if package.version:
        of_package["version"] = package.version
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
        properties={**of_package, **properties},
    )
