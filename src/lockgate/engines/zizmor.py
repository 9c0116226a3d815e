"""zizmor audits GitHub workflows and actions, and the configuration of Dependabot: https://docs.zizmor.sh."""

from __future__ import annotations

import codecs
import os
import posixpath
import re
import sysconfig
import tempfile
import time
from bisect import bisect_right
from collections.abc import Iterator, Mapping
from functools import cache
from importlib import metadata
from pathlib import Path

import msgspec
from msgspec import Struct

from lockgate.engines import process
from lockgate.engines.mirror import fits, mirror
from lockgate.engines.zizmor_specimens import SETTINGS, SPECIMENS
from lockgate.inputs.files import display
from lockgate.model.errors import UnavailableError
from lockgate.model.finding import Confidence, Location, Severity
from lockgate.model.record import Engine

SECONDS = 120  # for all calls together
RUN_SECONDS = 30  # for the call with all files; one with fewer has less, so that a slow file leaves time for the others
LEAST_SECONDS = 5
FILES = 500  # files in one call, so that the command line has a bound
CONFIGURATIONS = (".github/zizmor.yml", ".github/zizmor.yaml", "zizmor.yml", "zizmor.yaml")

_SEVERITIES = {
    "Unknown": Severity.UNKNOWN,
    "Informational": Severity.NONE,
    "Low": Severity.LOW,
    "Medium": Severity.MEDIUM,
    "High": Severity.HIGH,
}
_NAMED = re.compile(r"\.github/(?:workflows/[^/]+|dependabot)\.ya?ml")
_ACTION = re.compile(r"(?:.*/)?action\.ya?ml")
_RUNS = re.compile(rb"\bruns\b|[\\\0]")  # an escape or another encoding may spell it otherwise
_INVALID = "zizmor can't read it: it is not valid"
_PANIC = 101  # the exit code of a program in Rust that found a fault in itself
_LARGE = 2**16  # bytes: the YAML parser is slow, and no action is this large


class Issue(Struct, frozen=True):
    """One thing that zizmor's audit `ident` found.

    summary: what the audit looks for, and help_uri its page; note: what is wrong here.
    feature: the piece of the file that it is about, and part: what inside of that, such as one expression; empty where it is all of it.
    expansion: the value in a matrix that makes it so.
    usual: whether zizmor tells it to everybody; it tells the others to those only who ask for more (its personas).
    """

    ident: str
    summary: str
    help_uri: str
    severity: Severity
    confidence: Confidence
    usual: bool
    note: str
    feature: str
    part: str
    expansion: str
    at: Location


class Audit(Struct, frozen=True):
    """What zizmor found, and why it `failed` on which files."""

    engine: Engine
    issues: tuple[Issue, ...] = ()
    failed: dict[str, str] = {}


class _Concrete(Struct):
    location: dict[str, dict[str, int]]
    feature: str


class _Place(Struct):
    symbolic: dict[str, msgspec.Raw]
    concrete: _Concrete


class _Raw(Struct):
    ident: str
    desc: str
    url: str
    determinations: dict[str, str]
    locations: list[_Place]


def is_input(path: str) -> bool:
    """Whether a file of that name may be something that zizmor audits."""
    return bool(_NAMED.fullmatch(path) or _ACTION.fullmatch(path))


def is_audited(path: str, data: bytes) -> bool:
    """Whether a file that may be something that zizmor audits is it. Any file is named action.yml; only what `runs` is an action.

    Where that can't be told it counts as one, so that zizmor says what is wrong with it.
    """
    if _NAMED.fullmatch(path) or not _RUNS.search(data):
        return bool(_NAMED.fullmatch(path))
    if len(data) > _LARGE:
        return True
    import yaml

    try:
        top = yaml.compose(data, Loader=yaml.SafeLoader)
    except (yaml.YAMLError, RecursionError, ValueError):
        return True
    return isinstance(top, yaml.MappingNode) and any(key.value in ("runs", "<<") for key, _ in top.value)


def audit(files: Mapping[str, bytes], configuration: bytes | None = None) -> Audit:
    """Audit workflows and actions, given by path. `configuration` is the content of a zizmor.yml.

    zizmor sees nothing but copies of these files and opens no connection. Raises UnavailableError where it is missing.
    """
    engine = Engine("zizmor", _version())
    files = {path: data.removeprefix(codecs.BOM_UTF8) for path, data in files.items()}  # it can't read one
    if not files:
        return Audit(engine)
    with tempfile.TemporaryDirectory(prefix="lockgate-") as private:
        options = ["--no-config"]
        if configuration is not None:
            Path(private, "zizmor.yml").write_bytes(configuration)
            options = [f"--config={Path(private, 'zizmor.yml')}"]
        return _Run(engine, [str(_binary()), *options], Path(private, "tree"), files).audit()


def known() -> tuple[Issue, ...]:
    """At least one issue of each audit that zizmor has. Raises as `audit`."""
    return audit(SPECIMENS, SETTINGS).issues


class _Run:
    """One audit. A file that zizmor refuses fails the whole call, so the failing calls are halved until it is alone."""

    def __init__(self, engine: Engine, command: list[str], root: Path, files: Mapping[str, bytes]) -> None:
        self.engine = engine
        self.root = root
        self.files = files
        mirror({path: data for path, data in files.items() if fits(path)}, root)
        self.lines = cache(lambda path: _Lines(files[path]))
        self.failed: dict[str, str] = {}
        self.deadline = time.monotonic() + SECONDS
        self.command = [
            *command, "--offline", "--strict-collection", "--no-progress", "--no-exit-codes", "--format=json-v1",
            "--persona=auditor",
        ]  # fmt: skip

    def audit(self) -> Audit:
        paths = [path for path in self.files if fits(path)]
        self.failed |= dict.fromkeys(
            self.files.keys() - paths, "its path is too long, or in too many folders, for zizmor"
        )
        chunks = (paths[start : start + FILES] for start in range(0, len(paths), FILES))
        issues = dict.fromkeys(issue for chunk in chunks for issue in self._part(chunk))  # an alias repeats them
        return Audit(self.engine, tuple(issues), dict(sorted(self.failed.items())))

    def _part(self, paths: list[str]) -> Iterator[Issue]:
        output = self._call(paths)
        if isinstance(output, bytes):
            yield from self._issues(output)
        elif len(paths) == 1:
            self.failed[paths[0]] = output
        else:
            middle = len(paths) // 2
            yield from self._part(paths[:middle])
            yield from self._part(paths[middle:])

    def _call(self, paths: list[str]) -> bytes | str:
        """The report on these files, or why there is none."""
        share = RUN_SECONDS * len(paths) / len(self.files)
        seconds = min(max(share, LEAST_SECONDS), self.deadline - time.monotonic())
        if seconds <= 0:
            return f"zizmor had no time left for it: all files together have {SECONDS} s"
        command = [*self.command, *(f"./{path}" for path in paths)]
        try:
            ended = process.run(
                command, cwd=self.root, env=process.environment("ZIZMOR_", "GH_", "GITHUB_"), seconds=seconds
            )
        except TimeoutError:
            return f"zizmor did not end on it within {seconds:.0f} s"
        except process.TooMuchOutputError:
            return f"what zizmor says of it is larger than {process.OUTPUT // 2**20} MiB"
        if ended.code < 0 or ended.code == _PANIC:
            return "zizmor crashed on it"
        return _INVALID if ended.code else ended.output

    def _issues(self, output: bytes) -> Iterator[Issue]:
        try:
            found = msgspec.json.decode(output, type=list[_Raw])
        except msgspec.DecodeError:
            raise UnavailableError(f"zizmor {self.engine.version} wrote a report of a kind that is not known") from None
        for raw in found:
            for place in raw.locations:
                if bytes(place.symbolic["kind"]) == b'"Primary"':
                    yield self._issue(raw, place)

    def _issue(self, raw: _Raw, place: _Place) -> Issue:
        key = msgspec.json.decode(place.symbolic["key"], type=dict[str, dict[str, str]])
        path = posixpath.normpath(key["Local"]["verbatim_path"].replace(os.sep, "/"))
        span = place.concrete.location["offset_span"]
        lines = self.lines(path)
        return Issue(
            ident=raw.ident,
            summary=raw.desc,
            help_uri=raw.url,
            severity=_SEVERITIES[raw.determinations["severity"]],
            confidence=Confidence(raw.determinations["confidence"].lower()),
            usual=raw.determinations["persona"] == "Regular",
            note=msgspec.json.decode(place.symbolic["annotation"], type=str),
            feature=place.concrete.feature,
            part=lines.text(span["start"], span["end"]) if _is_part(place) else "",
            expansion=next((each.concrete.feature for each in raw.locations if _is_expansion(each)), ""),
            at=lines.location(path, span["start"], span["end"]),
        )


def _is_part(place: _Place) -> bool:
    return b'"Subfeature"' in bytes(place.symbolic["feature_kind"])


def _is_expansion(place: _Place) -> bool:
    return bytes(place.symbolic["annotation"]).startswith(b'"this expansion of ')


class _Lines:
    """Where the lines of a file begin."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._starts = [0, *(match.end() for match in re.finditer(rb"\n", data))]

    def text(self, start: int, end: int) -> str:
        return self._data[start:end].decode("utf-8", "replace")

    def location(self, path: str, start: int, end: int) -> Location:
        """The place of the first line of the bytes from `start` to before `end`: of a whole job or file, where that begins."""
        line, column = self._place(start)
        end_line, end_column = self._place(start + len(self._data[start:end].partition(b"\n")[0].rstrip()))
        return Location(path=display(path), line=line, column=column, end_line=end_line, end_column=end_column)

    def _place(self, offset: int) -> tuple[int, int]:
        line = bisect_right(self._starts, offset)
        before = self._data[self._starts[line - 1] : offset]
        return line, len(before.decode("utf-8", "replace")) + 1


def _version() -> str:
    try:
        return metadata.version("zizmor")
    except metadata.PackageNotFoundError:
        raise UnavailableError("zizmor is not installed beside lockgate; reinstall lockgate") from None


def _binary() -> Path:
    """The program that was installed with our own zizmor distribution, never one of the current directory or PATH."""
    name = "zizmor.exe" if os.name == "nt" else "zizmor"
    beside = Path(sysconfig.get_path("scripts"), name)
    if beside.is_file():
        return beside
    for file in metadata.files("zizmor") or ():
        if file.name == name:
            return Path(str(file.locate()))
    raise UnavailableError("zizmor is installed without its program; reinstall it")
