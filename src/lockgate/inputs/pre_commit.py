"""`.pre-commit-config.yaml`: which revisions of which repositories pre-commit (or prek) fetches and runs.

Format: https://pre-commit.com/#plugins.
"""

from __future__ import annotations

from collections.abc import Iterator

import yaml
from msgspec import Struct

from lockgate.inputs import yaml_positions
from lockgate.inputs.files import display
from lockgate.inputs.lockfiles.base import text as read_text
from lockgate.inputs.tree import Tree
from lockgate.inputs.urls import shown as shown_url
from lockgate.inputs.yaml_positions import Mappings, location
from lockgate.model.finding import Location
from lockgate.model.record import Skip

NAME = ".pre-commit-config.yaml"

_NOT_FETCHED = ("local", "meta", "builtin")


class Revision(Struct, frozen=True):
    """A repository that is fetched (its address is fit for messages), the `rev` of it as written, and where that stands."""

    repository: str
    rev: str
    at: Location


class Hooks(Struct, frozen=True):
    """The revisions that one file names, and what of it could not be read."""

    revisions: tuple[Revision, ...] = ()
    skipped: tuple[Skip, ...] = ()


def read(tree: Tree, path: str) -> Hooks:
    """Read one file. What can't be read is in `skipped`; nothing is raised for a bad file."""
    shown = display(path)
    text = read_text(tree, path)
    if isinstance(text, Skip):
        return Hooks(skipped=(text,))
    top = yaml_positions.compose(text, shown)
    if isinstance(top, Skip):
        return Hooks(skipped=(top,))
    repositories = Mappings().get(top, "repos")
    if not isinstance(repositories, yaml.SequenceNode):
        return Hooks(skipped=(Skip(shown, "has no list of repos", gap=True),))
    found = list(_revisions(shown, repositories))
    return Hooks(
        revisions=tuple(item for item in found if isinstance(item, Revision)),
        skipped=tuple(item for item in found if isinstance(item, Skip)),
    )


def _revisions(path: str, repositories: yaml.SequenceNode) -> Iterator[Revision | Skip]:
    mappings = Mappings()
    for item in repositories.value:
        repository = mappings.get(item, "repo")
        rev = mappings.get(item, "rev")
        line = item.start_mark.line + 1
        if not isinstance(repository, yaml.ScalarNode):
            yield Skip(f"{path}:{line}", "names no repo", gap=True)
        elif repository.value in _NOT_FETCHED:
            continue
        elif not isinstance(rev, yaml.ScalarNode):
            yield Skip(f"{path}:{line}", "names no rev", gap=True)
        else:
            yield Revision(shown_url(repository.value), rev.value, location(path, rev))
