"""Compose files: the images of their services, and the Dockerfiles that stand in them.

Format: https://docs.docker.com/reference/compose-file/.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence

import yaml
from msgspec import Struct

from lockgate.inputs import variables, yaml_positions
from lockgate.inputs.containers import build, interpolation
from lockgate.inputs.containers.build import Build, Image
from lockgate.inputs.containers.interpolation import expand
from lockgate.inputs.files import display
from lockgate.inputs.lockfiles.base import text as read_text
from lockgate.inputs.text_places import Places
from lockgate.inputs.tree import Tree
from lockgate.inputs.variables import Variable
from lockgate.inputs.yaml_positions import DEPTH, Mappings, location
from lockgate.model.finding import Location
from lockgate.model.record import Skip

_NAME = re.compile(r"(?:docker-compose.*|compose(?:[._-].*)?)\.ya?ml")
_NOTHING = ("tag:yaml.org,2002:null", "!reset")
_NOT_FETCHED = ("never", "build")


class _File(Struct, frozen=True):
    """A file that was read. `built` are the names of the images that its services build."""

    path: str
    lines: tuple[str, ...]
    services: tuple[yaml.Node, ...]
    built: frozenset[str]
    skipped: tuple[Skip, ...] = ()


def is_input(path: str) -> bool:
    """Whether a file of that name is a Compose file."""
    return bool(_NAME.fullmatch(path.rpartition("/")[2]))


def read(tree: Tree, paths: Sequence[str]) -> Iterator[Build]:
    """Read all files. What can't be read is in `skipped`; nothing is raised for a bad file.

    An image that a service in a file of the same folder builds is fetched by none.
    """
    mappings = Mappings()
    files = [_file(tree, path, mappings) for path in paths]
    built: defaultdict[str, set[str]] = defaultdict(set)
    for file in files:
        built[file.path.rpartition("/")[0]] |= file.built
    for file in files:
        yield _Reader(file, built[file.path.rpartition("/")[0]], mappings).build()


def _file(tree: Tree, path: str, mappings: Mappings) -> _File:
    shown = display(path)
    text = read_text(tree, path)
    top = text if isinstance(text, Skip) else yaml_positions.compose(text, shown)
    if isinstance(top, Skip):
        return _File(shown, (), (), frozenset(), (top,))
    services = mappings.get(top, "services")
    if not isinstance(top, yaml.MappingNode) or not (_is_nothing(services) or isinstance(services, yaml.MappingNode)):
        return _File(shown, (), (), frozenset(), (Skip(shown, "has no mapping of services", gap=True),))
    if services is None and any(mappings.get(value, key) for _, value in top.value for key in ("image", "build")):
        return _File(
            shown,
            (),
            (),
            frozenset(),
            (Skip(shown, "has no services, and Compose's first format is not read", gap=True),),
        )
    found = tuple(_values(services, DEPTH, set()))
    images = [mappings.get(service, "image") for service in found if not _is_nothing(mappings.get(service, "build"))]
    names = {image.value for image in images if isinstance(image, yaml.ScalarNode)}
    return _File(shown, tuple(str(text).split("\n")), found, frozenset(names))


def _values(node: yaml.Node | None, depth: int, seen: set[int]) -> Iterator[yaml.Node]:
    """The values of a mapping, with those that are merged in, each once."""
    if not isinstance(node, yaml.MappingNode) or not depth or id(node) in seen:
        return
    seen.add(id(node))
    for key, value in node.value:
        if key.tag == "tag:yaml.org,2002:merge":
            for source in value.value if isinstance(value, yaml.SequenceNode) else [value]:
                yield from _values(source, depth - 1, seen)
        elif id(value) not in seen:
            seen.add(id(value))
            yield value


def _is_nothing(node: yaml.Node | None) -> bool:
    return node is None or node.tag in _NOTHING


class _Reader:
    def __init__(self, file: _File, built: set[str], mappings: Mappings) -> None:
        self._file = file
        self._built = built
        self._get = mappings.get
        self._seen: set[int] = set()

    def build(self) -> Build:
        images: list[Image] = []
        skipped = list(self._file.skipped)
        inline: list[Build] = []
        for service in self._file.services:
            if not isinstance(service, yaml.MappingNode):
                skipped += [] if _is_nothing(service) else [self._gap(service, "is no mapping of a service")]
                continue
            found = [*self._image(service), *self._contexts(service)]
            images += (item for item in found if isinstance(item, Image))
            skipped += (item for item in found if isinstance(item, Skip))
            inline += self._inline(service)
        return Build(
            self._file.path,
            (*images, *(image for part in inline for image in part.images)),
            tuple(download for part in inline for download in part.downloads),
            tuple(command for part in inline for command in part.commands),
            (*self._variables(), *(variable for part in inline for variable in part.variables)),
            (*skipped, *(skip for part in inline for skip in part.skipped)),
            self._file.built,
        )

    def _variables(self) -> Iterator[Variable]:
        """What services and their builds are given."""
        seen: set[int] = set()
        for service in self._file.services:
            for node in (self._get(service, "environment"), self._get(self._get(service, "build"), "args")):
                yield from variables.of_yaml(node, self._file.path, seen)

    def _image(self, service: yaml.Node) -> Iterator[Image | Skip]:
        """The image of a service that builds none."""
        image = self._get(service, "image")
        policy = self._get(service, "pull_policy")
        if not _is_nothing(self._get(service, "build")) or (policy is not None and policy.value in _NOT_FETCHED):
            return
        if image is None or not self._is_new(image) or _is_nothing(image):
            return
        if not isinstance(image, yaml.ScalarNode):
            yield self._gap(image, "is no name of an image")
        elif image.value not in self._built:
            name = expand(image.value, {}, interpolation.COMPOSE)
            if name:
                yield Image(name, location(self._file.path, image))

    def _contexts(self, service: yaml.Node) -> Iterator[Image]:
        """The images that a build takes files from by another name."""
        contexts = self._get(self._get(service, "build"), "additional_contexts")
        if contexts is None or not self._is_new(contexts):
            return
        values = contexts.value if isinstance(contexts, yaml.SequenceNode) else _values(contexts, DEPTH, set())
        for node in values:
            if isinstance(node, yaml.ScalarNode) and "docker-image://" in node.value:
                name = expand(node.value.partition("docker-image://")[2], {}, interpolation.COMPOSE)
                if name:
                    yield Image(name, location(self._file.path, node))

    def _inline(self, service: yaml.Node) -> Iterator[Build]:
        """The Dockerfile that stands in a service."""
        node = self._get(self._get(service, "build"), "dockerfile_inline")
        if isinstance(node, yaml.ScalarNode) and self._is_new(node):
            text = node.value.replace("$$", "$")
            yield build.of_text(text, self._file.path, self._places(node, text))

    def _places(self, node: yaml.ScalarNode, text: str) -> Callable[[int, int], Location]:
        """Where the characters of a scalar stand; only of a literal block it is known exactly."""
        if node.style != "|":
            whole = location(self._file.path, node)
            return lambda _start, _end: whole
        rows = text.split("\n")
        places = Places(text, self._file.path)

        def moved(line: int, column: int) -> tuple[int, int]:
            row = node.start_mark.line + line
            written = self._file.lines[row].rstrip("\r") if row < len(self._file.lines) else ""
            inside = rows[line - 1] if line <= len(rows) else ""
            return row + 1, column + max(len(written) - len(inside), 0)

        def at(start: int, end: int) -> Location:
            place = places.at(start, end)
            line, column = moved(place.line, place.column)
            end_line, end_column = moved(place.end_line, place.end_column)
            return Location(path=place.path, line=line, column=column, end_line=end_line, end_column=end_column)

        return at

    def _is_new(self, node: yaml.Node) -> bool:
        """Whether a node was not looked at yet: aliases lead to one more than once."""
        if id(node) in self._seen:
            return False
        self._seen.add(id(node))
        return True

    def _gap(self, node: yaml.Node, what: str) -> Skip:
        return Skip(f"{self._file.path}:{node.start_mark.line + 1}", what, gap=True)
