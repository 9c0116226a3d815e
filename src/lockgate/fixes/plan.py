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
ROUNDS = 3  # a version that clears an advisory may have another one, which a later version clears

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
    answers: dict[Query, tuple[Advisory, ...]] = {}
    for _ in range(ROUNDS):
        queries = {package: [Query(package.name, each) for each in found] for package, found in candidates.items()}
        new = dict.fromkeys(query for found in queries.values() for query in found if query not in answers)
        answers |= ask(tuple(new)).known if new else {}
        for package, found in queries.items():
            met = (advisory for query in found for advisory in answers.get(query, ()))
            candidates[package] = _candidates(package, [*known[package], *met])
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
        made.left.append(Left.of(package, f"{_listed(ids)}: it is malware", f"remove {package.name}"))
        return
    answered = {
        version: {advisory.id for advisory in answers[Query(package.name, version)]}
        for version in candidates
        if Query(package.name, version) in answers
    }
    had = {name for advisory in advisories for name in (advisory.id, *advisory.aliases)}
    remaining = {version: found for version, found in answered.items() if found <= had}
    if not remaining:
        worse = next((f"{version} would have {min(found - had)}" for version, found in answered.items()), "")
        why = worse or "no fixed version is known"
        made.left.append(Left.of(package, f"{_listed(ids)}: {why}", f"replace {package.name}"))
        return
    holders = _holders(package, allowed)
    ranked = sorted(remaining, key=lambda version: (len(remaining[version]), candidates.index(version)))
    ideal, best = ranked[0], next((version for version in ranked if not _holder(version, holders)), "")
    cleared = tuple(name for name in ids if best and name not in remaining[best])
    if cleared:
        made.upgrades.append(Upgrade(package, best, cleared))
    stay = sorted(remaining[best] if cleared else ids)
    held, hopeless = [name for name in stay if name not in remaining[ideal]], remaining[ideal].intersection(stay)
    if held and (holder := _holder(ideal, holders)):
        where = f"{holder.at.where} allows only {holder.specifier}"
        made.left.append(Left.of(package, f"{_listed(held)}: fixed in {ideal}, but {where}", f"allow {ideal} there"))
    if hopeless and cleared:
        made.left.append(Left.of(package, f"{_listed(sorted(hopeless))}: {best} has it as well"))
    elif hopeless:
        made.left.append(
            Left.of(package, f"{_listed(sorted(hopeless))}: no fixed version is known", f"replace {package.name}")
        )


def _holder(version: str, holders: Iterable[Package]) -> Package | None:
    """The first of the requirements that does not allow a version."""
    return next((held for held in holders if not satisfies(version, held.specifier)), None)


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
