"""kingfisher: its built-in rules in process, offline."""

from __future__ import annotations

import re
import string
from collections.abc import Iterator
from functools import cache
from hashlib import sha256
from itertools import islice
from posixpath import basename, splitext
from typing import Any

from lockgate.engines.secrets.base import MOST_SIGHTINGS, Scan, Sighting, installed_version
from lockgate.engines.secrets.prefilter import Condition, Prefilter
from lockgate.model.engine_options import EngineOptions
from lockgate.model.errors import UnavailableError
from lockgate.model.finding import Confidence, Location
from lockgate.model.secret import SecretValue

ENGINE = "kingfisher"
SECONDS_PER_FILE = 60.0

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


def key(_options: EngineOptions) -> str:
    """What the findings depend on beside the version."""
    return ""


def conditions_key(_options: EngineOptions) -> str:
    """What the conditions depend on beside the version."""
    return ""


def unfiltered(_options: EngineOptions) -> str:
    """Why there can be no conditions; empty where there can."""
    return ""


def conditions(_options: EngineOptions) -> Iterator[Condition]:
    """The pattern of every rule; kingfisher itself begins with them, in the same syntax."""
    yield Condition(ENGINE, "base64", _base64_of_ascii(), of_lines=False)
    rules = _rules()
    for rule in rules.metadata():
        pattern = rules.detail(rule["id"])["detection_regex"]
        yield Condition(ENGINE, rule["id"], _LARGE_BOUND.sub(r"{\1,}", pattern), of_lines=False)


def may_find(_path: str, data: bytes, prefilter: Prefilter) -> bool:
    """Whether a rule can match in a file, or in what kingfisher decodes of it: UTF-16 and UTF-32, and Base64."""
    return b"\0" in data or bool(prefilter.look(ENGINE)(data))


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


def load_scanner(_options: EngineOptions, prefilter: Prefilter | None) -> Scan:
    """The engine, ready to scan; its rules are loaded for the first file in which they may find something."""

    def scan(path: str, data: bytes) -> list[Sighting]:
        if prefilter and not may_find(path, data, prefilter):
            return []
        return _scan(path, data)

    return scan


@cache
def kinds(_options: EngineOptions = EngineOptions()) -> dict[str, str]:
    """Every kind that the engine can report, with one sentence on it. Empty where it is not installed."""
    try:
        rules = _rules().metadata()
    except UnavailableError:
        return {}
    return {rule["id"]: rule["name"] for rule in rules if rule["visible"]}


def _scan(path: str, data: bytes) -> list[Sighting]:
    # Most rules pass over certain paths (lockfiles, node_modules, images), though a secret there is one all the
    # same. Others want a certain name, so that the file keeps as much of its own as kingfisher takes.
    names = (path, basename(path), f"file{splitext(path)[1]}")
    name = next((name for name in names if _found(name, _CANARY)), "file")
    visible = list(islice((finding for finding in _found(name, data) if finding.visible), MOST_SIGHTINGS + 1))
    columns = dict(_columns(data, [offset for finding in visible for offset in _span(finding)]))
    return [_sighting(path, data, finding, columns) for finding in visible]


def _found(path: str, data: bytes) -> list[Any]:
    source = _sdk().ScanInput(path=path, data=data)
    return _scanner().scan_input(source, timeout=SECONDS_PER_FILE)  # type: ignore[no-any-return]


def _sdk() -> Any:
    try:
        import kingfisher_sdk
    except ImportError:
        raise UnavailableError(_MISSING) from None
    return kingfisher_sdk


@cache
def _rules() -> Any:
    return _sdk().Rules()


@cache
def _scanner() -> Any:
    return _sdk().DetectionScanner(_rules())


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
    return Sighting(ENGINE, finding.rule_id, SecretValue(finding.secret), at, Confidence(finding.confidence))


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
