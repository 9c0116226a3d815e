"""Which version each vulnerable pin is to get: the lowest one that clears all of its advisories."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from lockgate.advisories.versions import key
from lockgate.fixes.base import Left, Upgrade
from lockgate.inputs.lockfiles.linked import satisfies
from lockgate.model.advisory import Advisory, Answers, Query
from lockgate.model.package import Origin, Package

MOST_CANDIDATES = 100  # of one package

Ask = Callable[[Sequence[Query]], Answers]


class Plan(NamedTuple):
    """What to do, and what can't be done."""

    upgrades: list[Upgrade]
    left: list[Left]


def plan(
    asked: Iterable[Package], known: dict[Package, tuple[Advisory, ...]], open_: Iterable[Package], ask: Ask
) -> Plan:
    """The upgrades of all of `asked` for which advisories are `known`.

    `open_` are the project's requirements without an exact version, which no upgrade may break; `ask` looks versions up.
    """
    vulnerable = [package for package in asked if known.get(package)]
    candidates = {package: _candidates(package, known[package]) for package in vulnerable}
    queries = dict.fromkeys(Query(package.name, version) for package, found in candidates.items() for version in found)
    answers = ask(tuple(queries)).known if queries else {}
    allowed = list(open_)
    made = Plan([], [])
    for package in vulnerable:
        _decide(made, package, known[package], candidates[package], answers, allowed)
    return made


def _candidates(package: Package, advisories: Iterable[Advisory]) -> list[str]:
    """The versions that fix something, lowest first."""
    fixes = {fix for advisory in advisories for fix in (*advisory.fixes, advisory.fix) if fix}
    return sorted((fix for fix in fixes if key(fix) > key(package.version)), key=key)[:MOST_CANDIDATES]


def _decide(
    made: Plan,
    package: Package,
    advisories: tuple[Advisory, ...],
    candidates: list[str],
    answers: dict[Query, tuple[Advisory, ...]],
    allowed: list[Package],
) -> None:
    ids = tuple(advisory.id for advisory in advisories)
    if any(name.startswith("MAL-") for name in ids):
        made.left.append(Left(package, f"{_listed(ids)}: it is malware", f"remove {package.name}"))
        return
    remaining = {
        version: {advisory.id for advisory in answers[Query(package.name, version)]}
        for version in candidates
        if Query(package.name, version) in answers
    }
    if not remaining:
        made.left.append(Left(package, f"{_listed(ids)}: no fixed version is known", f"replace {package.name}"))
        return
    holders = _holders(package, allowed)
    fitting = [version for version in remaining if all(satisfies(version, held.specifier) for held in holders)]
    best = min(fitting or remaining, key=lambda version: (len(remaining[version]), candidates.index(version)))
    if not fitting:
        held = next(held for held in holders if not satisfies(best, held.specifier))
        where = f"{held.at.path}:{held.at.line}"
        made.left.append(
            Left(package, f"{best} would clear it, but {where} allows only {held.specifier}", f"allow {best} there")
        )
        return
    cleared = tuple(name for name in ids if name not in remaining[best])
    if not cleared:
        made.left.append(Left(package, f"{_listed(ids)}: no fixed version is known", f"replace {package.name}"))
        return
    made.upgrades.append(Upgrade(package, best, cleared))
    if remaining[best]:
        made.left.append(Left(package, f"{_listed(sorted(remaining[best]))}: {best} has it as well"))


def _holders(package: Package, allowed: Iterable[Package]) -> list[Package]:
    """The project's own requirements of a package: those of its folder, and of the one above a folder `requirements`."""
    folder = package.at.path.rpartition("/")[0]
    above, _, name = folder.rpartition("/")
    folders = {folder, above} if name.lower() == "requirements" else {folder}
    return [
        held
        for held in allowed
        if held.name == package.name
        and held.origin is Origin.INDEX
        and not held.version
        and held.at.path.rpartition("/")[0] in folders
    ]


def _listed(ids: Sequence[str]) -> str:
    return ", ".join(ids)
