"""One requirements file as entries with their places, split and joined as pip does it.

The rules are those of pip's `req_file.py` and `constructors.py`: lines end where `str.splitlines` ends them, a backslash
joins, a `#` at the start or after a blank begins a comment, options begin at the first word with a dash.
"""

from __future__ import annotations

import codecs
import re
import shlex
from bisect import bisect_right
from collections.abc import Iterator
from functools import cache, cached_property
from typing import TYPE_CHECKING
from urllib.parse import unquote

from msgspec import Struct
from msgspec.structs import replace

from lockgate.inputs.requirement_annotations import Annotations
from lockgate.model.errors import shortened
from lockgate.model.finding import Location
from lockgate.model.package import Origin, Package, normalised
from lockgate.model.record import Skip

if TYPE_CHECKING:
    from optparse import OptionParser, Values

    from packaging.requirements import Requirement

LONGEST = 1_000_000  # characters of one logical line: hundreds of hashes
LONGEST_ENTRY = 10_000  # of what of it is no hash
LINES = 50_000  # logical lines of one file that say something

_OPTION = re.compile(r"(?:^|(?<= ))-")
_COMMENT = re.compile(r"(^|(?<=\s))#.*$", re.DOTALL)
_CODING = re.compile(rb"^[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)")
_CODECS = re.compile(r"(utf-?8|(us-)?ascii|latin-?1|iso-?8859-\d+|(cp|windows-)\d+)(-sig)?", re.IGNORECASE)
_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
# The usual line, told apart without the full grammar; every version that it takes is valid by PEP 440.
_PLAIN = re.compile(
    r"([A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)(==([0-9]+(?:\.[0-9]+)*(?:(?:a|b|rc|\.post|\.dev)[0-9]+)?))\s*$"
)
_HEAD = re.compile(r"\s*+[A-Za-z0-9][\w.-]*+\s*+(?:\[[^\]]*+\])?+\s*+")
_EXTRAS = re.compile(r"\[[^\[\]]*+\]$")
_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://|(?:https?|file):", re.IGNORECASE)
_VCS = re.compile(r"(git|hg|svn|bzr)\+", re.IGNORECASE)
_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?")
_EGG = re.compile(rf"[#&]egg=({_NAME.pattern})")
_ARCHIVE = re.compile(r"\.(whl|zip|tar|tgz|tbz|txz|tlz|tar\.(gz|bz2|xz|lz|lzma))$", re.IGNORECASE)
_VARIABLE = re.compile(r"\$\{[A-Z0-9_]+\}")
_OF_INDEXES = {
    "index_url": ("-i", "--index-url", "--pypi-url"),
    "extra_index_url": ("--extra-index-url",),
    "trusted_host": ("--trusted-host",),
    "find_links": ("-f", "--find-links"),
}
_HASH = re.compile(r"--hash[= ]((?:sha256|sha384|sha512):[A-Za-z0-9]+)")  # pip refuses all others


class Include(Struct, frozen=True):
    """A further file that line `line` names; it `constrains` where the option was -c."""

    target: str
    line: int
    constrains: bool


class IndexOption(Struct, frozen=True):
    """An option, by its first long name without dashes, that says where packages come from; the value and its place."""

    name: str
    value: str
    at: Location


class Parsed(Struct):
    """What one file says."""

    packages: list[Package] = []
    includes: list[Include] = []
    indexes: list[IndexOption] = []
    skipped: list[Skip] = []
    lines: int = 0


def parse(data: bytes, path: str) -> Parsed:
    """The entries of the file `path` with the content `data`. What can't be understood is in `skipped`."""
    parsed = Parsed()
    try:
        text = _decode(data)
    except UnicodeDecodeError as error:
        parsed.skipped.append(Skip(path, f"not {error.encoding} at byte {error.start}", gap=True))
        return parsed
    except LookupError as error:
        parsed.skipped.append(Skip(path, str(error), gap=True))
        return parsed
    source = _Source(path, text)
    annotations = Annotations() if "via" in text else None
    for line in source.logical_lines():
        if parsed.lines >= LINES and line.text.strip():
            reason = f"over the limit of {LINES:,} lines; this one and the rest were not read"
            parsed.skipped.append(Skip(f"{path}:{line.number}", reason, gap=True))
            break
        before = len(parsed.packages)
        try:
            _parse_line(line, parsed)
        except (ValueError, RecursionError) as error:
            parsed.skipped.append(Skip(f"{path}:{line.number}", f"can't be understood: {_plain(error)}", gap=True))
        if annotations:
            annotations.take(line.text, line.comment, before if len(parsed.packages) > before else None)
    if annotations:
        parsed.packages = annotations.traced(parsed.packages)
    return parsed


def is_url(text: str) -> bool:
    """Whether pip would take `text` for a URL."""
    return bool(_URL.match(text))


def is_archive(text: str) -> bool:
    """Whether a path or URL ends in the name of a wheel or source archive."""
    return bool(_ARCHIVE.search(_file_name(text)))


class _Source:
    """The text of a file and the way from an offset in it to line and column."""

    def __init__(self, path: str, text: str) -> None:
        self.path = path
        self.text = text
        self._starts = [0, *(match.end() for match in re.finditer(r"\r\n|\r|\n", text))]

    def place(self, offset: int) -> tuple[int, int]:
        line = bisect_right(self._starts, offset)
        return line, offset - self._starts[line - 1] + 1

    def logical_lines(self) -> Iterator[_Line]:
        offset = 0
        joined = _Line(self)
        for physical in self.text.splitlines(keepends=True):
            bare = physical.rstrip("\r\n\v\f\x1c\x1d\x1e\x85\u2028\u2029")
            if bare.endswith("\\") and not bare.lstrip().startswith("#"):
                joined.add(bare[:-1], offset)
            else:
                joined.add(bare, offset, apart=bare.lstrip().startswith("#"))
                yield joined
                joined = _Line(self)
            offset += len(physical)
        yield joined


class _Line:
    """A logical line: physical ones joined, with the offset in the file of each."""

    def __init__(self, source: _Source) -> None:
        self.source = source
        self._parts: list[str] = []
        self._pieces: list[tuple[int, int]] = []
        self._length = 0

    def add(self, text: str, offset: int, apart: bool = False) -> None:
        if apart and self._parts:  # a comment is one also where a backslash came before it
            self._parts.append(" ")
            self._length += 1
        self._pieces.append((self._length, offset))
        self._parts.append(text)
        self._length += len(text)

    @cached_property
    def _whole(self) -> str:
        return "".join(self._parts)

    @cached_property
    def text(self) -> str:
        return _COMMENT.sub("", self._whole) if "#" in self._whole else self._whole

    @property
    def comment(self) -> str:
        return self._whole[len(self.text) :]

    @property
    def number(self) -> int:
        return self.source.place(self._pieces[0][1])[0]

    def at(self, start: int, end: int) -> Location:
        """The place of the characters from `start` to before `end` of the line's text."""
        line, column = self.source.place(self._offset(start))
        if len(self._pieces) == 1:  # as nearly all lines are
            return Location(
                path=self.source.path, line=line, column=column, end_line=line, end_column=column + end - start
            )
        end_line, end_column = self.source.place(self._offset(end - 1))
        return Location(path=self.source.path, line=line, column=column, end_line=end_line, end_column=end_column + 1)

    def _offset(self, index: int) -> int:
        if len(self._pieces) == 1:
            return self._pieces[0][1] + index
        start, offset = self._pieces[bisect_right(self._pieces, index, key=lambda piece: piece[0]) - 1]
        return offset + index - start


def _parse_line(line: _Line, parsed: Parsed) -> None:
    text = line.text
    if not text.strip():
        return
    parsed.lines += 1
    if len(text) > LONGEST:
        raise ValueError(f"longer than {LONGEST:,} characters")
    entry, options = _split_options(text)
    hashes = _HASH.findall(options) if options else []
    options = _HASH.sub("", options).strip()
    if len(entry) + len(options) > LONGEST_ENTRY:
        raise ValueError(f"longer than {LONGEST_ENTRY:,} characters")
    values = _options(options) if options else None
    if entry.strip():
        parsed.packages.append(_package(line, entry, tuple(hashes)))
    if values:
        _take_options(line, text, values, parsed)


def _take_options(line: _Line, text: str, values: Values, parsed: Parsed) -> None:
    named = [
        *((target, Include(target, line.number, constrains=False)) for target in values.requirements or ()),
        *((target, Include(target, line.number, constrains=True)) for target in values.constraints or ()),
        *((target, None) for target in values.editables or ()),
    ]
    if len(named) > 1:
        raise ValueError("more than one -r, -c or -e, of which pip obeys the first")
    for name in _OF_INDEXES:
        for value in getattr(values, name) or ():
            start = max(text.find(value), 0)
            parsed.indexes.append(
                IndexOption(name.replace("_", "-"), value, line.at(start, start + max(len(value), 1)))
            )
    for target, include in named:
        if include:
            parsed.includes.append(include)
            continue
        start = max(text.find(target), 0)
        parsed.packages.append(_reference(target, line.at(start, max(len(text.rstrip()), start + 1))))


def _split_options(text: str) -> tuple[str, str]:
    match = _OPTION.search(text)
    return (text[: match.start()], text[match.start() :]) if match else (text, "")


def _package(line: _Line, entry: str, hashes: tuple[str, ...]) -> Package:
    """The package of an entry. Raises ValueError where it is none."""
    start = len(entry) - len(entry.lstrip())
    plain = _PLAIN.match(entry, start)
    if plain:
        name, specifier, version = plain.groups()
        return Package(
            name=normalised(name), version=version, at=line.at(start, plain.end(2)), specifier=specifier, hashes=hashes
        )
    whole = line.at(start, len(entry.rstrip()))
    if _is_path(entry.strip()):
        return _reference(entry.strip(), whole, hashes)
    if _VARIABLE.search(entry):
        raise ValueError("it uses an environment variable")
    return _full(line, entry, hashes)


def _full_grammar(text: str) -> Requirement:
    """A requirement by PEP 508. Raises ValueError, which quotes nothing of it."""
    from packaging.requirements import InvalidRequirement, Requirement

    try:
        return Requirement(text)
    except InvalidRequirement as error:
        said = str(error).partition("\n")[0]
        raise ValueError(said if said.startswith("Expected") else "no valid requirement") from None


def _full(line: _Line, entry: str, hashes: tuple[str, ...]) -> Package:
    """A package by the whole grammar of PEP 508, at the place of what comes before its marker."""
    start = len(entry) - len(entry.lstrip())
    whole = line.at(start, len(entry.rstrip()))
    package = replace(requirement(entry.strip(), whole), hashes=hashes)
    body = entry.strip().partition(";" if package.origin is Origin.INDEX else " ;")[0]
    return replace(package, at=line.at(start, start + len(body.rstrip() or body)))


def requirement(text: str, at: Location) -> Package:
    """The package of a requirement by PEP 508 that stands at `at`. Raises ValueError, which quotes nothing of it."""
    if len(text) > LONGEST_ENTRY:
        raise ValueError(f"longer than {LONGEST_ENTRY:,} characters")
    text = " ".join(text.split())
    if not text.isprintable():
        raise ValueError("it holds characters that can't be printed")
    parsed = _full_grammar(text)
    name, extras = normalised(parsed.name), tuple(sorted(map(normalised, parsed.extras)))
    if parsed.url:
        marker = text.partition(" ;")[2].strip()
        version, origin = version_in_file_name(parsed.url, name), origin_of(parsed.url)
        return Package(name=name, version=version, at=at, origin=origin, marker=marker, extras=extras)
    body, _, marker = text.partition(";")
    head = _HEAD.match(body)
    specifier = body[head.end() :].strip() if head else ""
    if "\\" in specifier:  # `===` takes it, and it would join the line with the next one
        raise ValueError("no valid requirement")
    exact = [
        spec.version
        for spec in parsed.specifier
        if spec.operator == "===" or (spec.operator == "==" and not spec.version.endswith(".*"))
    ]
    return Package(
        name=name,
        version=exact[0] if exact else "",
        at=at,
        specifier=specifier.removeprefix("(").removesuffix(")").strip(),
        marker=marker.strip(),
        extras=extras,
    )


def check_marker(marker: str) -> None:
    """Raises ValueError, which quotes nothing of it, where a text is no marker by PEP 508 on one line."""
    if not marker.isprintable() or len(marker) > LONGEST_ENTRY:
        raise ValueError("its marker holds characters that can't be printed, or too many")
    _full_grammar(f"x ; {marker}")


def reference(target: str, at: Location) -> Package:
    """The package of a path or URL as pip's `-e` takes it. Raises ValueError where its marker is none."""
    return _reference(target, at)


def _reference(target: str, at: Location, hashes: tuple[str, ...] = ()) -> Package:
    """A package that is named by where it is; name and version are empty unless an `egg` or a file name tells them.

    Raises ValueError where its marker is none.
    """
    where, _, marker = target.partition(" ;" if is_url(target) else ";")
    where, marker = _EXTRAS.sub("", where.strip()), marker.strip()
    if marker:
        _full_grammar(f"x ; {marker}")
    egg = _EGG.search(where)
    name, version = _in_file_name(where)
    if egg and normalised(egg[1]) != name:
        name, version = normalised(egg[1]), ""
    return Package(name=name, version=version, at=at, origin=origin_of(where), marker=marker, hashes=hashes)


def origin_of(target: str) -> Origin:
    """What a path or URL names."""
    if _VCS.match(target):
        return Origin.VCS
    if is_url(target) and not target.lower().startswith("file:"):
        return Origin.URL
    return Origin.FILE if is_archive(target) else Origin.LOCAL


def _file_name(target: str) -> str:
    """The last part of a path, or of the path of a URL."""
    name = re.split(r"[?#]", target.replace("\\", "/"), maxsplit=1)[0].rpartition("/")[2]
    return unquote(name) if is_url(target) else name


def version_in_file_name(target: str, name: str) -> str:
    """The version of the wheel or source archive of `name` that a path or URL ends in; empty where that is not certain."""
    named, version = _in_file_name(target)
    return version if named == name else ""


def _in_file_name(target: str) -> tuple[str, str]:
    """Name and version by the file name of a wheel or source archive; what it does not tell for sure is empty.

    https://packaging.python.org/en/latest/specifications/binary-distribution-format/#file-name-convention and
    https://packaging.python.org/en/latest/specifications/source-distribution-format/#source-distribution-file-name
    """
    from packaging.utils import parse_wheel_filename
    from packaging.version import Version

    file = _file_name(target)
    if _VCS.match(target) or not _ARCHIVE.search(file):
        return "", ""
    if file.endswith(".whl"):
        try:
            wheel = parse_wheel_filename(file)
        except ValueError:
            return "", ""
        return normalised(wheel[0]), str(wheel[1])
    name, _, version = _ARCHIVE.sub("", file).rpartition("-")
    if not _NAME.fullmatch(name):
        return "", ""
    try:
        # `x-1.0-1` may be the release 1.0.post1 of x as well as the release 1 of x-1.0.
        certain = Version(version) and not name.rpartition("-")[2][:1].isdigit()
    except ValueError:
        certain = False
    return normalised(name), version if certain else ""


def _is_path(entry: str) -> bool:
    """Whether pip would take the entry for a path or URL and not for a name."""
    target = entry.partition(";")[0].strip()
    head = _HEAD.match(target)
    if head and target.startswith("@", head.end()) and not is_url(target):
        return False
    bare = _EXTRAS.sub("", target)
    separated = "/" in bare or "\\" in bare
    return is_url(bare) or bare.startswith(".") or separated or bool(_ARCHIVE.search(bare))


def _options(text: str) -> Values:
    """The options of a line. Raises ValueError for one that pip does not know or that lacks its value."""
    return _option_parser().parse_args(shlex.split(text))[0]


@cache
def _option_parser() -> OptionParser:
    from optparse import OptionParser

    class Parser(OptionParser):
        def error(self, msg: str) -> None:  # type: ignore[override]
            raise ValueError(msg)

    parser = Parser(usage="", add_help_option=False)
    parser.add_option("-r", "--requirement", action="append", dest="requirements")
    parser.add_option("-c", "--constraint", action="append", dest="constraints")
    parser.add_option("-e", "--editable", action="append", dest="editables")
    for names in (
        ("--no-binary",), ("--only-binary",), ("--use-feature",), ("--hash",), ("--global-option",),
        ("-C", "--config-settings", "--config-setting"),
    ):  # fmt: skip
        parser.add_option(*names, action="append", dest="ignored")
    for dest, spellings in _OF_INDEXES.items():
        parser.add_option(*spellings, action="append", dest=dest)
    parser.add_option("--no-index", "--prefer-binary", "--require-hashes", "--pre", action="store_true", dest="flag")
    return parser


def _decode(data: bytes) -> str:
    """The text by its byte-order mark, else by its coding comment, else as UTF-8."""
    for mark, codec in _BOMS:
        if data.startswith(mark):
            return data[len(mark) :].decode(codec)
    for line in data.split(b"\n", 2)[:2]:
        comment = _CODING.match(line)
        if comment:
            codec = comment[1].decode("ascii", "replace")
            if not _CODECS.fullmatch(codec):
                raise LookupError("its coding comment names an encoding that is not read")
            return data.decode(codec)
    return data.decode("utf-8")


def _plain(error: Exception) -> str:
    if isinstance(error, RecursionError):
        return "nested too deeply"
    return shortened(str(error))
