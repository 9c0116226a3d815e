"""How a project comes by each package of a lock: on which ways, and for which of its groups."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence

from msgspec import Struct
from msgspec.structs import replace

from lockgate.model.package import MOST_WAYS, Package

LONGEST_WAY = 20  # names
MOST_FORKS = 30  # packages of one name that are followed: a dependency that names no version needs each of them
CUT = "…"


class Root(Struct, frozen=True):
    """A project and what it names: positions of packages, each with the extra or group that names it ("" for none)."""

    name: str
    needs: tuple[tuple[int, str], ...]


def traced(packages: Sequence[Package], needs: Sequence[Sequence[int]], roots: Sequence[Root]) -> tuple[Package, ...]:
    """The packages with `direct`, `via`, `ways` and `groups`.

    `needs` holds for each package the positions of those that it needs itself. Ways that lead in a circle do not count. What
    no root leads to is returned as it was.
    """
    via = _shortest(packages, needs, roots)
    ways = _ways(needs, roots)
    groups = _groups(needs, roots)
    direct = {position for root in roots for position, _ in root.needs}
    return tuple(
        replace(package, direct=number in direct, via=via[number], ways=ways[number], groups=groups[number])
        if number in via
        else package
        for number, package in enumerate(packages)
    )


def traced_from_tops(packages: Sequence[Package], needs: Sequence[Sequence[int]], name: str) -> tuple[Package, ...]:
    """The same where the file `name` tells what packages need, and not what the project names.

    Surely it names what nothing else needs; of the others `direct` stays unknown. What is grouped stays so. Without any
    edge nothing is told.
    """
    needed = {position for positions in needs for position in positions}
    if not needed:
        return tuple(packages)
    tops = tuple((number, "") for number in range(len(packages)) if number not in needed)
    return tuple(
        replace(package, direct=package.direct or None, groups=before.groups)
        for package, before in zip(traced(packages, needs, [Root(name, tops)]), packages, strict=True)
    )


def _shortest(
    packages: Sequence[Package], needs: Sequence[Sequence[int]], roots: Sequence[Root]
) -> dict[int, tuple[str, ...]]:
    """For each package that a root leads to the names on the shortest way, the middle of a long one cut out."""
    via: dict[int, tuple[str, ...]] = {}
    ahead: deque[tuple[int, tuple[str, ...]]] = deque(
        (position, (root.name,)) for root in roots for position, _ in root.needs
    )
    while ahead:
        number, before = ahead.popleft()
        if number in via:
            continue
        if len(before) >= LONGEST_WAY:
            before = (*before[: LONGEST_WAY // 2], CUT, *before[2 - LONGEST_WAY // 2 :])
        via[number] = (*before, packages[number].name)
        ahead.extend((needed, via[number]) for needed in needs[number] if needed not in via)
    return via


def _ways(needs: Sequence[Sequence[int]], roots: Sequence[Root]) -> list[int]:
    """On how many ways the roots lead to each package, at most MOST_WAYS."""
    ways = [0] * len(needs)
    for root in roots:
        for position in {position for position, _ in root.needs}:
            ways[position] += 1
    order, backward = _sorted(needs, dict.fromkeys(position for root in roots for position, _ in root.needs))
    for number in order:
        for needed in needs[number]:
            if (number, needed) not in backward:
                ways[needed] = min(ways[needed] + ways[number], MOST_WAYS)
    return ways


def _sorted(needs: Sequence[Sequence[int]], starts: dict[int, None]) -> tuple[list[int], set[tuple[int, int]]]:
    """What the starts lead to, each before what it needs, and the edges that lead back and so are not heeded."""
    done: list[int] = []
    open_, seen = set(), set()
    backward: set[tuple[int, int]] = set()
    for start in starts:
        stack: list[tuple[int, Iterator[int]]] = [] if start in seen else [(start, iter(needs[start]))]
        while stack:
            number, rest = stack[-1]
            seen.add(number)
            open_.add(number)
            for needed in rest:
                if needed in open_:
                    backward.add((number, needed))
                elif needed not in seen:
                    stack.append((needed, iter(needs[needed])))
                    break
            else:
                stack.pop()
                open_.discard(number)
                done.append(number)
    return done[::-1], backward


def _groups(needs: Sequence[Sequence[int]], roots: Sequence[Root]) -> list[tuple[str, ...]]:
    """The extras and groups that lead to each package; none where it is reached without any."""
    labels = sorted({label for root in roots for _, label in root.needs} | {""})
    bit = {label: 1 << number for number, label in enumerate(labels)}
    reached = [0] * len(needs)
    ahead: list[int] = []
    for root in roots:
        for position, label in root.needs:
            reached[position] |= bit[label]
            ahead.append(position)
    while ahead:
        number = ahead.pop()
        for needed in needs[number]:
            if reached[number] & ~reached[needed]:
                reached[needed] |= reached[number]
                ahead.append(needed)
    return [
        () if mask & bit[""] else tuple(label for label in labels if label and mask & bit[label]) for mask in reached
    ]
