"""kingfisher: its built-in rules in process, offline."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from hashlib import sha256
from itertools import islice
from posixpath import basename, splitext
from typing import Any

from lockgate.engines.base import MOST_SIGHTINGS, Scan, Sighting
from lockgate.model.errors import UnavailableError
from lockgate.model.finding import Confidence, Location
from lockgate.model.record import Engine
from lockgate.model.secret import SecretValue

ENGINE = "kingfisher"
SECONDS_PER_FILE = 60.0

# What kingfisher sees in every file that it looks into.
_CANARY = f'token = "ghp_{sha256(b"canary").hexdigest()[:36]}"'.encode()


def load_scanner() -> tuple[Engine, Scan]:
    """The engine with its version, ready to scan. Raises UnavailableError where there is no wheel for the platform."""
    sdk = _sdk()
    scanner = sdk.DetectionScanner(_rules())

    def found(path: str, data: bytes) -> list[Any]:
        return scanner.scan_input(sdk.ScanInput(path=path, data=data), timeout=SECONDS_PER_FILE)  # type: ignore[no-any-return]

    def scan(path: str, data: bytes) -> list[Sighting]:
        # Most rules pass over certain paths (lockfiles, node_modules, images), though a secret there is one all the
        # same. Others want a certain name, so that the file keeps as much of its own as kingfisher takes.
        names = (path, basename(path), f"file{splitext(path)[1]}")
        name = next((name for name in names if found(name, _CANARY)), "file")
        visible = list(islice((finding for finding in found(name, data) if finding.visible), MOST_SIGHTINGS + 1))
        columns = dict(_columns(data, [offset for finding in visible for offset in _span(finding)]))
        return [_sighting(path, data, finding, columns) for finding in visible]

    return Engine(ENGINE, sdk.__version__), scan


@cache
def kinds() -> dict[str, str]:
    """Every kind that the engine can report, with one sentence on it. Empty where it is not installed."""
    try:
        rules = _rules().metadata()
    except UnavailableError:
        return {}
    return {rule["id"]: rule["name"] for rule in rules if rule["visible"]}


def _sdk() -> Any:
    try:
        import kingfisher_sdk
    except ImportError:
        raise UnavailableError(
            f"{ENGINE} is not installed (it has wheels for glibc Linux, macOS and Windows); "
            "run: pip install kingfisher-secret-scanner"
        ) from None
    return kingfisher_sdk


@cache
def _rules() -> Any:
    return _sdk().Rules()


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
