"""The names of the projects that are downloaded most, and which of them a name may have been meant for."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from string import digits

TARGETS = 1200  # of the most popular, which are worth a typosquatter's while
SHORTEST = 5  # letters; shorter names have too many honest neighbours
TARGETS_BY_LETTER = 250  # so many targets of five letters, twice as many of six, and so on

Key = tuple[int, str]

_NO_DIGITS = str.maketrans("", "", digits)
_FILE = Path(__file__).with_name("popular.txt")
# Written otherwise, read the same. No name has an upper-case I any more, which is why an i stands for it.
_ALIKE = (("rn", "m"), ("vv", "w"), ("0", "o"), ("1", "l"), ("i", "l"), ("-", ""))


def meant(name: str) -> str:
    """The popular project that `name` (by PEP 503) is one slip away from; empty where it is popular itself, or there is none.

    A slip is a character too many, too few, another or in its neighbour's place, a separator that is left out, or characters
    that look alike. Other digits are none: so are successors named.
    """
    if len(name) < SHORTEST - 1 or name in _ranks():
        return ""
    near = {each for key in _keys(name) for each in _targets().get(key, ()) if _one_slip(name, each)}
    near.update(_lookalikes().get(_seen(name), ()))
    near -= {each for each in near if each.translate(_NO_DIGITS) == name.translate(_NO_DIGITS)}
    return min(near, key=_ranks().__getitem__, default="")


def known() -> tuple[str, ...]:
    """All names of the list, the most popular first; a few that are not popular but known to be honest come last."""
    return tuple(_ranks())


@cache
def _ranks() -> dict[str, int]:
    lines = (line for line in _FILE.read_text(encoding="utf-8").splitlines() if not line.startswith("#"))
    return {name: rank for rank, name in enumerate(" ".join(lines).split())}


@cache
def _worthwhile() -> tuple[str, ...]:
    return tuple(
        name for name, rank in _ranks().items() if rank < min(TARGETS, TARGETS_BY_LETTER * (len(name) + 1 - SHORTEST))
    )


@cache
def _targets() -> dict[Key, list[str]]:
    """The targets by length and beginning, and by length and end: one slip leaves one of both as it is."""
    found: dict[Key, list[str]] = {}
    for target in _worthwhile():
        for key in _ends(target, len(target)):
            found.setdefault(key, []).append(target)
    return found


def _keys(name: str) -> Iterator[Key]:
    """The keys of the targets that the name may be one slip away from."""
    for length in (len(name) - 1, len(name), len(name) + 1):
        yield from _ends(name, length)


def _ends(name: str, length: int) -> tuple[Key, Key]:
    """The beginning and the end of a name by which targets of that length are found."""
    size = 3 if length >= 7 else 2  # noqa: PLR2004 - a slip may touch two characters, and each end has to be free of them
    return (length, name[:size]), (-length, name[-size:])


@cache
def _lookalikes() -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for target in _worthwhile():
        found.setdefault(_seen(target), []).append(target)
    return found


def _seen(name: str) -> str:
    for written, seen in _ALIKE:
        name = name.replace(written, seen)
    return name


def _one_slip(one: str, other: str) -> bool:
    """Whether one insertion, deletion or substitution, or one swap of neighbours, makes the one the other."""
    start = 0
    while start < min(len(one), len(other)) and one[start] == other[start]:
        start += 1
    left, right = one[start:], other[start:]
    swapped = left[2:] == right[2:] and left[:2] == right[1::-1]
    return swapped or right == left[1:] or left == right[1:] or left[1:] == right[1:]
