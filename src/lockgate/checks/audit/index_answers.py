"""What the package index says of the pinned packages, where the user wants it to be asked."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from msgspec import Struct

from lockgate.checks.base import Progress
from lockgate.config.settings import Settings
from lockgate.inputs.urls import shown
from lockgate.model.errors import UnavailableError
from lockgate.model.package import Package
from lockgate.model.record import Skip

if TYPE_CHECKING:
    from lockgate.advisories.projects import Project

DEFAULT = "default"
MISTAKEN = 3  # projects; an index that has none of so many is not one of packages


class Answers(Struct, frozen=True, kw_only=True):
    """The projects that the index told of, by name; why others are not among them, and notes on who was asked."""

    projects: dict[str, Project] = {}
    skipped: tuple[Skip, ...] = ()
    gaps: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def ask(packages: Iterable[Package], settings: Settings, progress: Progress) -> Answers:
    """Ask of every pinned package once; of nothing where that is not wanted."""
    if not settings.index_checks:
        unasked = "the age of releases (cooldown) is not known without index-checks"
        return Answers(gaps=(unasked,) if settings.cooldown else ())
    if settings.offline:
        return Answers(gaps=("the package index was not asked (index-checks): --offline opens no connection",))
    pins = [package for package in packages if package.version]
    wanted: dict[str, set[str]] = {}
    for package in pins:
        wanted.setdefault(package.name, set()).add(package.version)
    if not wanted:
        return Answers()
    from lockgate.advisories import asked

    try:
        urls = urls_of(settings.index_url)
        known = asked.ask(urls, {name: frozenset(versions) for name, versions in wanted.items()}, progress)
    except UnavailableError as error:
        return Answers(gaps=(f"the package index was not asked: {error}",))
    if len(known) >= MISTAKEN and all(not isinstance(answer, str) and not answer.known for answer in known.values()):
        none = (
            f"the package index has none of {len(known):,} projects; is {', '.join(map(shown, urls))} its simple API?"
        )
        return Answers(gaps=(none,))
    return Answers(
        projects={name: answer for name, answer in known.items() if not isinstance(answer, str)},
        skipped=tuple(_lost(package, answer) for package in pins if isinstance(answer := known[package.name], str)),
        notes=(f"package index: {', '.join(map(shown, urls))}",),
    )


def _lost(package: Package, reason: str) -> Skip:
    where = package.at.where
    return Skip(where, f"what the package index has of {package.name} is not known: {reason}", gap=True)


def urls_of(given: tuple[str, ...]) -> list[str]:
    """The indexes that the user gives, and where none, the one that pip asks. Raises UnavailableError where pip does not tell."""
    if given and DEFAULT not in given:
        return list(given)
    from lockgate.engines.pip import default_index

    return [default_index() if url == DEFAULT else url for url in given or (DEFAULT,)]
