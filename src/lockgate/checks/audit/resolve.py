"""The versions that requirements without a lock would get today."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from msgspec.structs import replace

from lockgate.checks.audit.inventory import Inventory
from lockgate.engines import uv
from lockgate.inputs.lockfiles.pyproject import BUILD
from lockgate.model.errors import UnavailableError
from lockgate.model.package import Origin, Package
from lockgate.model.record import Skip


def resolved(inventory: Inventory, *, offline: bool) -> Inventory:
    """The inventory with what its unlocked requirements resolve to, each file by itself; what can't be resolved stays.

    A package that one of them needs stands at the place of that requirement.
    """
    projects: dict[tuple[str, bool], list[Package]] = defaultdict(list)
    for package in inventory.packages:
        if package.origin is Origin.INDEX:
            projects[_project(package)].append(package)
    found: list[Package] = []
    unlocked = dict(inventory.unlocked)
    for project in dict.fromkeys(map(_project, inventory.unlocked)):
        entries = projects[project]
        try:
            found += _resolve(entries, offline=offline)
        except UnavailableError as error:
            for package in entries:
                if package in unlocked:
                    gap = unlocked[package]
                    what = gap.reason.partition(";")[0]  # without what to do, which was done
                    unlocked[package] = Skip(gap.subject, f"{what}, and can't be resolved: {error}", gap=True)
        else:
            unlocked = {package: gap for package, gap in unlocked.items() if _project(package) != project}
    return replace(
        inventory,
        packages=(*inventory.packages, *found),
        asked=(*inventory.asked, *found),
        unlocked=unlocked,
    )


def _project(package: Package) -> tuple[str, bool]:
    """What is installed together: a file's requirements, those of its build apart."""
    return package.at.path, BUILD in package.groups


def _resolve(entries: list[Package], *, offline: bool) -> Iterator[Package]:
    """What the entries of one file resolve to, without what they pin themselves."""
    named = {package.name: package for package in entries}
    pins = {(package.name, package.version) for package in entries}
    for package in uv.resolve(map(uv.requirement, entries), offline=offline):
        if (package.name, package.version) in pins:
            continue
        way = package.via[1:] or (package.name,)
        source = named.get(way[0]) or next(iter(named.values()))
        yield replace(
            package,
            at=source.at,
            direct=package.name in named,
            via=(source.at.path, *way),
            groups=source.groups,
        )
