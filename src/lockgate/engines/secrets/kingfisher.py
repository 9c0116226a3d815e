"""kingfisher: its built-in rules and the user's own, in process. It opens a connection only to verify, where that is asked for."""

from __future__ import annotations

import re
import string
from collections.abc import Iterator
from functools import cache, cached_property
from hashlib import sha256
from itertools import islice
from pathlib import Path
from posixpath import basename, splitext
from typing import Any

from msgspec.structs import replace

from lockgate.engines.secrets.base import MOST_SIGHTINGS, Scan, Sighting, installed_version
from lockgate.engines.secrets.prefilter import Condition, Prefilter
from lockgate.model.engine_options import EngineOptions
from lockgate.model.errors import UnavailableError, UsageError
from lockgate.model.finding import Confidence, Location
from lockgate.model.secret import SecretValue

ENGINE = "kingfisher"
SECONDS_PER_FILE = 60.0
SECONDS_PER_QUESTION = 10.0
DEEP_BASE64 = 8  # layers; by default it decodes two
_VERDICTS = {"verified_active": "active", "verified_inactive": "inactive"}

# Of repetitions: without these bounds the compiler takes a quarter of its time.
_LARGE_BOUND = re.compile(r"(?<=[)\]])\{(\d+),\d{3,}\}")
_MISSING = (
    f"{ENGINE} is not installed (it has wheels for glibc Linux, macOS and Windows); "
    "run: pip install kingfisher-secret-scanner"
)
# What kingfisher sees in every file that it looks into.
_CANARY = f'token = "ghp_{sha256(b"canary").hexdigest()[:36]}"'.encode()


def version() -> str:
    """The version that is installed. Raises UnavailableError where there is no wheel for the platform."""
    found = installed_version("kingfisher_sdk", "kingfisher-secret-scanner")
    if not found:
        raise UnavailableError(_MISSING)
    return found


def key(options: EngineOptions) -> str:
    """What the findings depend on beside the version: the user's own rules, and how deep it decodes."""
    return repr((conditions_key(options), options.deep))


def conditions_key(options: EngineOptions) -> str:
    """What the conditions depend on beside the version: the user's own rules."""
    return repr([sha256(path.read_bytes()).hexdigest() for path in _rule_files(options)])


def unfiltered(options: EngineOptions) -> str:
    """Why there can be no conditions: there always can. Raises UsageError where the user's own rules are none."""
    if options.kingfisher_rules:
        _rules(options.kingfisher_rules)
    return ""


def conditions(options: EngineOptions) -> Iterator[Condition]:
    """The pattern of every rule; kingfisher itself begins with them, in the same syntax."""
    yield Condition(ENGINE, "base64", _base64_of_ascii(), of_lines=False)
    rules = _rules(options.kingfisher_rules)
    for rule in rules.metadata():
        pattern = rules.detail(rule["id"])["detection_regex"]
        yield Condition(ENGINE, rule["id"], _LARGE_BOUND.sub(r"{\1,}", pattern), of_lines=False)


def may_find(_path: str, data: bytes, prefilter: Prefilter) -> bool:
    """Whether a rule can match in a file, or in what kingfisher decodes of it: UTF-16 and UTF-32, and Base64."""
    return b"\0" in data or prefilter.is_met(ENGINE, data)


def _base64_of_ascii() -> str:
    """A byte pattern for what kingfisher decodes: Base64 of at least 30 characters that stands for ASCII and nothing else.

    Of four characters, of 6 bits each, the first, second and third hold the highest bits of the three bytes, which are 0.
    """
    alphabet = string.ascii_uppercase + string.ascii_lowercase + string.digits + "+/"
    url_safe = str.maketrans("+/", "-_")

    def where(zero: int) -> str:
        found = "".join(letter for index, letter in enumerate(alphabet) if not index & zero)
        return "[" + "".join(f"\\x{ord(letter):02x}" for letter in sorted({*found, *found.translate(url_safe)})) + "]"

    return f"(?:{where(0b100000)}{where(0b001000)}{where(0b000010)}{where(0)}){{7}}"


def load_scanner(options: EngineOptions, prefilter: Prefilter | None) -> Scan:
    """The engine, ready to scan; its rules are loaded for the first file in which they may find something."""
    engine = _Engine(options)

    def scan(path: str, data: bytes) -> list[Sighting]:
        if prefilter and not may_find(path, data, prefilter):
            return []
        return engine.scan(path, data)

    return scan


@cache
def kinds(options: EngineOptions = EngineOptions()) -> dict[str, str]:
    """Every kind that the engine can report, with one sentence on it. Empty where it is not installed."""
    try:
        rules = _rules(options.kingfisher_rules).metadata()
    except UnavailableError:
        return {}
    return {rule["id"]: rule["name"] for rule in rules if rule["visible"]}


class _Engine:
    """The scanner, and the validator where the user wants providers to be asked."""

    def __init__(self, options: EngineOptions) -> None:
        self._options = options
        self._verdicts: dict[tuple[str, str], str] = {}

    def scan(self, path: str, data: bytes) -> list[Sighting]:
        # Most rules pass over certain paths (lockfiles, node_modules, images), though a secret there is one all the
        # same. Others want a certain name, so that the file keeps as much of its own as kingfisher takes.
        names = (path, basename(path), f"file{splitext(path)[1]}")
        name = next((name for name in names if self._found(name, _CANARY)), "file")
        found = self._found(name, data)
        if self._options.verify:
            self._ask(found)
        visible = list(islice((finding for finding in found if finding.visible), MOST_SIGHTINGS + 1))
        columns = dict(_columns(data, [offset for finding in visible for offset in _span(finding)]))
        return [
            replace(_sighting(path, data, finding, columns), verified=self._verdicts.get(_identity(finding), ""))
            for finding in visible
        ]

    def _found(self, path: str, data: bytes) -> list[Any]:
        source = _sdk().ScanInput(path=path, data=data)
        return self._scanner.scan_input(source, timeout=SECONDS_PER_FILE)  # type: ignore[no-any-return]

    def _ask(self, found: list[Any]) -> None:
        """Ask the providers, once of each credential. The findings of a file belong together: one may complete another."""
        if all(_identity(finding) in self._verdicts for finding in found):
            return
        try:
            results = self._validator.validate(found, timeout=SECONDS_PER_FILE)
        except (TimeoutError, RuntimeError):
            results = []
        said = {_identity(result.finding): _VERDICTS.get(result.outcome, "unknown") for result in results}
        self._verdicts |= {_identity(finding): said.get(_identity(finding), "unknown") for finding in found}

    @cached_property
    def _scanner(self) -> Any:
        depth = {"base64_max_depth": DEEP_BASE64} if self._options.deep else {}
        return _sdk().DetectionScanner(_rules(self._options.kingfisher_rules), **depth)

    @cached_property
    def _validator(self) -> Any:
        return _sdk().Validator(timeout=SECONDS_PER_QUESTION, concurrency=4, allow_internal_ips=self._options.internal)


def _identity(finding: Any) -> tuple[str, str]:
    return finding.rule_id, finding.secret


def _sdk() -> Any:
    try:
        import kingfisher_sdk
    except ImportError:
        raise UnavailableError(_MISSING) from None
    return kingfisher_sdk


@cache
def _rules(paths: tuple[str, ...] = ()) -> Any:
    sdk = _sdk()
    try:
        return sdk.Rules(paths)
    except RuntimeError as error:
        if not paths:
            raise
        raise UsageError(f"kingfisher-rules: {' '.join(str(error).split())}") from None


def _rule_files(options: EngineOptions) -> Iterator[Path]:
    for path in map(Path, options.kingfisher_rules):
        yield from sorted(each for each in path.rglob("*") if each.is_file()) if path.is_dir() else [path]


def _sighting(path: str, data: bytes, finding: Any, columns: dict[int, int]) -> Sighting:
    place = finding.location
    start, end = _span(finding)
    line = place["line"]
    if _decodes(data, start, end):
        column, end_line = columns[start], line + data.count(b"\n", start, max(start, end - 1))
        end_column = max(columns[end], column + 1) if end_line == line else columns[end]
    else:  # the offsets are those of a file that the engine decoded from UTF-16 or UTF-32
        column, end_line, end_column = place["column"] + 1, place["end_line"], place["end_column"] + 2
    at = Location(path=path, line=line, column=column, end_line=end_line, end_column=end_column)
    value, confidence = SecretValue(finding.secret), Confidence(finding.confidence)
    return Sighting(ENGINE, finding.rule_id, value, at, confidence, summary=finding.rule_name)


def _span(finding: Any) -> tuple[int, int]:
    return finding.location["start_offset"], finding.location["end_offset"]


def _decodes(data: bytes, start: int, end: int) -> bool:
    return end <= len(data) and b"\0" not in data[max(0, start - 64) : end]


def _columns(data: bytes, offsets: list[int]) -> Iterator[tuple[int, int]]:
    """The column, in code points from 1, of each byte offset. Every line is decoded once, however long it is."""
    before, column = 0, 1
    for offset in sorted(offsets):
        begin = data.rfind(b"\n", before, offset) + 1
        if begin:
            before, column = begin, 1
        column += len(data[before:offset].decode("utf-8", "replace"))
        before = offset
        yield offset, column
