"""`.pre-commit-config.yaml`: which revisions of which repositories pre-commit (or prek) fetches and runs.

Format: https://pre-commit.com/#plugins. The file is composed, never constructed, so an alias costs nothing however often
it is used.
"""

from __future__ import annotations

from collections.abc import Iterator

import yaml
from msgspec import Struct

from lockgate.inputs.files import display
from lockgate.inputs.lockfiles.base import text as read_text
from lockgate.inputs.tree import Tree
from lockgate.inputs.urls import shown as shown_url
from lockgate.model.errors import shortened
from lockgate.model.finding import Location
from lockgate.model.record import Skip

NAME = ".pre-commit-config.yaml"
LIMIT = 2**19  # bytes: the parser is slow, and no such file is this large
DEPTH = 10  # of merged mappings

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
    if len(text) > LIMIT:
        return Hooks(skipped=(Skip(shown, f"larger than {LIMIT // 1024} KiB", gap=True),))
    try:
        top = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        line = f":{error.problem_mark.line + 1}" if error.problem_mark else ""
        return Hooks(skipped=(Skip(shown + line, f"not valid YAML: {shortened(str(error.problem))}", gap=True),))
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        return Hooks(skipped=(Skip(shown, f"not valid YAML ({type(error).__name__})", gap=True),))
    repositories = _Mappings().get(top, "repos")
    if not isinstance(repositories, yaml.SequenceNode):
        return Hooks(skipped=(Skip(shown, "has no list of repos", gap=True),))
    found = list(_revisions(shown, repositories))
    return Hooks(
        revisions=tuple(item for item in found if isinstance(item, Revision)),
        skipped=tuple(item for item in found if isinstance(item, Skip)),
    )


def _revisions(path: str, repositories: yaml.SequenceNode) -> Iterator[Revision | Skip]:
    mappings = _Mappings()
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
            yield Revision(shown_url(repository.value), rev.value, _location(path, rev))


class _Mappings:
    """Looks up keys of mappings. Each is searched once, however many aliases and merges lead to it."""

    def __init__(self) -> None:
        self._known: dict[tuple[yaml.Node, str], yaml.Node | None] = {}

    def get(self, node: yaml.Node | None, key: str, depth: int = DEPTH) -> yaml.Node | None:
        """The value of a key as YAML means it: the last one given, else the first of what is merged in."""
        if not isinstance(node, yaml.MappingNode) or not depth:
            return None
        if (node, key) not in self._known:
            self._known[node, key] = None  # while it is searched: it may merge itself
            self._known[node, key] = self._search(node, key, depth)
        return self._known[node, key]

    def _search(self, node: yaml.MappingNode, key: str, depth: int) -> yaml.Node | None:
        found = merged = None
        for name, value in node.value:
            if name.value == key:
                found = value
            elif name.tag == "tag:yaml.org,2002:merge":
                sources = value.value if isinstance(value, yaml.SequenceNode) else [value]
                results = (self.get(source, key, depth - 1) for source in sources)
                merged = next((result for result in results if result is not None), merged)
        return found or merged


def _location(path: str, node: yaml.Node) -> Location:
    start, end = node.start_mark, node.end_mark
    return Location(
        path=path,
        line=start.line + 1,
        column=start.column + 1,
        end_line=end.line + 1,
        end_column=end.column + 1,
    )
