"""The versions that requirements without a lock would get today."""

from __future__ import annotations

from collections import defaultdict
from typing import NoReturn

from msgspec.structs import replace

from lockgate.checks.audit.inventory import Inventory
from lockgate.engines import uv
from lockgate.inputs.lockfiles.linked import satisfies
from lockgate.inputs.lockfiles.pyproject import BUILD
from lockgate.model.errors import UnavailableError
from lockgate.model.package import Origin, Package
from lockgate.model.record import Skip

MOST = 100  # files, each of which uv may take minutes for


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
    for number, project in enumerate(dict.fromkeys(map(_project, inventory.unlocked))):
        entries = projects[project]
        asked = [package for package in entries if package in unlocked]
        try:
            versions = _resolve(entries, offline=offline) if number < MOST else _refused()
        except UnavailableError as error:
            for package in asked:
                gap = unlocked[package]
                what = gap.reason.partition(";")[0]  # without what to do, which was done
                unlocked[package] = Skip(gap.subject, f"{what}, and can't be resolved: {error}", gap=True)
            continue
        found += versions
        told: dict[str, set[str]] = defaultdict(set)
        for package in (*versions, *(package for package in entries if package.version)):
            told[package.name].add(package.version)
        for package in asked:
            gap = unlocked.pop(package)
            # Where a marker is true for no Python from this one on, uv gives nothing.
            if not any(satisfies(version, package.specifier) for version in told[package.name]):
                reason = f"{package.name} gets no version in the environments that uv resolves for; pin or lock it"
                unlocked[package] = Skip(gap.subject, reason, gap=True)
    return replace(
        inventory,
        packages=(*inventory.packages, *found),
        asked=(*inventory.asked, *found),
        unlocked=unlocked,
    )


def _refused() -> NoReturn:
    raise UnavailableError(f"over the limit of {MOST} files")


def _project(package: Package) -> tuple[str, bool]:
    """What is installed together: a file's requirements, those of its build apart."""
    return package.at.path, BUILD in package.groups


def _resolve(entries: list[Package], *, offline: bool) -> list[Package]:
    """What the entries of one file resolve to, without what they pin themselves."""
    named = {package.name: package for package in entries}
    pins = {(package.name, package.version) for package in entries}
    found: list[Package] = []
    for package in uv.resolve(map(uv.requirement, entries), offline=offline):
        if (package.name, package.version) in pins:
            continue
        way = package.via[1:] or (package.name,)
        source = named.get(way[0]) or next(iter(named.values()))
        told = replace(
            package,
            at=source.at,
            direct=package.name in named,
            via=(source.at.path, *way),
            groups=source.groups,
        )
        found.append(told)
    return found
