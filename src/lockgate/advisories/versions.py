"""The order of versions as bytes, and which of them a record affects.

Order: PEP 440; what is no PEP 440 version sorts below all that are, as setuptools sorted such legacy versions. As bytes
versions compare without being parsed again, so that an index holds its ranges ready for look-ups.
Ranges: https://ossf.github.io/osv-schema/#affectedranges-field.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from itertools import groupby
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from packaging.version import Version

BELOW_ALL = b""
ABOVE_ALL = b"\xff"
AFTER = b"\x00"  # after a key: the lowest key above it
_PLAIN = re.compile(r"[0-9]{1,9}(?:\.[0-9]{1,9})*", re.ASCII)
_LETTERS = {"a": b"\x01", "b": b"\x02", "rc": b"\x03"}
_PART = re.compile(r"([0-9]+|[a-z]+|\.|-)")
_SPELLINGS = {"pre": "c", "preview": "c", "-": "final-", "rc": "c", "dev": "@"}
_DIGITS = 18
# Of a version that is neither a pre-, post- nor development release of anything and has no local part.
_FINAL = b"\x00\x04\x00\x01\x00"


@lru_cache(maxsize=2**17)
def key(version: str) -> bytes:
    """What versions are sorted by."""
    if _PLAIN.fullmatch(version):
        return b"\x01" + _number(0) + _release(map(int, version.split("."))) + _FINAL
    from packaging.version import Version

    try:
        parsed = Version(version)
    except ValueError:
        return b"\x00" + _legacy(version.lower())
    return b"\x01" + _number(parsed.epoch) + _release(parsed.release) + _suffix(parsed)


@lru_cache(maxsize=2**14)
def keys(version: str) -> tuple[bytes, ...]:
    """The key of the version, and of the public version that it was built from where it is a local one."""
    public = version.partition("+")[0]
    return (key(version),) if public == version else (key(version), key(public))


def stretches(ranges: Iterable[Iterable[Mapping[str, str]]], versions: Iterable[str]) -> tuple[bytes, ...]:
    """What the events of ranges and the listed versions affect: keys at which that begins, ends, begins, and so on."""
    merged = _merged(stretch for events in ranges for stretch in _stretches(events))
    # Hardly any of the listed versions is outside of the ranges.
    more = [place for place in map(key, versions) if bisect_right(merged, place) % 2 == 0]
    if more:
        pairs = zip(merged[::2], merged[1::2], strict=True)
        merged = _merged((*pairs, *((place, place + AFTER) for place in more)))
    return tuple(merged)


def _merged(pairs: Iterable[tuple[bytes, bytes]]) -> list[bytes]:
    merged: list[bytes] = []
    for start, end in sorted(pairs):
        if merged and start <= merged[-1]:
            merged[-1] = max(merged[-1], end)
        else:
            merged += (start, end)
    return merged


def _stretches(events: Iterable[Mapping[str, str]]) -> Iterator[tuple[bytes, bytes]]:
    """The stretches of one range. Events of equal versions count in the order in which the record has them."""
    pairs = [(kind, version) for event in events for kind, version in event.items()]
    limits = [ABOVE_ALL if version == "*" else key(version) for kind, version in pairs if kind == "limit"]
    top = max(limits, default=ABOVE_ALL)
    start: bytes | None = None
    for place, affected in (*_changes(pairs), (ABOVE_ALL, False)):
        if affected and start is None:
            start = place
        elif not affected and start is not None:
            if start < top:
                yield start, min(place, top)
            start = None


def _changes(pairs: list[tuple[str, str]]) -> Iterator[tuple[bytes, bool]]:
    """From which key on versions are affected or not. `last_affected` counts only after its version."""
    known = (pair for pair in pairs if pair[0] in ("introduced", "fixed", "last_affected"))
    placed = sorted(((_place(*pair), pair[0]) for pair in known), key=lambda event: event[0])
    affected = False
    for place, group in groupby(placed, key=lambda event: event[0]):
        at = affected
        for _, kind in group:
            affected = kind == "introduced"
            at = at if kind == "last_affected" else affected
        yield place, at
        yield place + AFTER, affected


def _place(kind: str, version: str) -> bytes:
    """The key of an event's version; `introduced: 0` is below everything."""
    return BELOW_ALL if kind == "introduced" and version == "0" else key(version)


@lru_cache(maxsize=2**14)
def _number(number: int) -> bytes:
    """A number whose bytes sort as it does: those with more digits are higher."""
    digits = number.to_bytes(max(1, (number.bit_length() + 7) // 8))
    return bytes([len(digits)]) + digits if len(digits) < 255 else b"\xff" + _number(len(digits)) + digits  # noqa: PLR2004


def _release(numbers: Iterable[int]) -> bytes:
    """The numbers without zeros at their end; the end that `_suffix` begins with sorts below any further number."""
    parts = list(numbers)
    while len(parts) > 1 and not parts[-1]:
        parts.pop()
    return b"".join(map(_number, parts))


def _suffix(version: Version) -> bytes:
    """Everything after the release, where what is missing sorts as PEP 440 has it."""
    pre, post, dev, local = version.pre, version.post, version.dev, version.local
    only_dev = post is None and dev is not None
    first = _LETTERS[pre[0]] + _number(pre[1]) if pre else b"\x00" if only_dev else b"\x04"
    after = b"\x00" if post is None else b"\x01" + _number(post)
    under = b"\x01" if dev is None else b"\x00" + _number(dev)
    return b"\x00" + first + after + under + (_local(local) if local else b"\x00")


def _local(local: str) -> bytes:
    """Its parts; numbers sort above words."""
    parts = (b"\x02" + _number(int(part)) if part.isdigit() else b"\x01" + part.encode() for part in local.split("."))
    return b"\x01" + b"".join(part + b"\x00" for part in parts)


def _legacy(version: str) -> bytes:
    """Numbers sort by value and above words; pre-releases sort below and post-releases above the bare version."""
    parts: list[str] = []
    for found in (*_PART.split(version), "final"):
        part = _SPELLINGS.get(found, found)
        if part in ("", "."):
            continue
        if part[0] in "0123456789":
            parts.append(part.zfill(_DIGITS))
            continue
        if part < "final":
            while parts and parts[-1] == "*final-":
                parts.pop()
        while parts and not parts[-1].strip("0"):
            parts.pop()
        parts.append(f"*{part}")
    return b"".join(part.encode("utf-8", "surrogatepass").replace(b"\x00", b"\x00\xff") + b"\x00" for part in parts)
