"""Package URLs: https://github.com/package-url/purl-spec."""

from __future__ import annotations

from urllib.parse import parse_qsl, unquote

from msgspec import Struct

LONGEST = 2000  # characters


class Purl(Struct, frozen=True):
    """What a package URL names. `kind` is the ecosystem, in lower case; `name` is the last part without the namespace."""

    kind: str
    name: str
    version: str
    qualifiers: dict[str, str]
    namespace: str = ""


def parse(text: str) -> Purl:
    """The parts of a package URL. Raises ValueError, which quotes nothing of it, where it is none."""
    if len(text) > LONGEST or text[:4].lower() != "pkg:":
        raise ValueError("its purl is none")
    rest, _, query = text[4:].partition("#")[0].partition("?")
    kind, _, path = rest.strip("/").partition("/")
    path, at, version = path.rpartition("@") if "@" in path.rpartition("/")[2] else (path, "", "")
    namespace, _, name = path.strip("/").rpartition("/")
    if not (kind and name) or (at and not version):
        raise ValueError("its purl is none")
    pairs = dict(parse_qsl(query, max_num_fields=100))
    return Purl(kind.lower(), unquote(name), unquote(version), pairs, unquote(namespace))
