"""The ways from a project to the packages of its lock."""

from __future__ import annotations

from collections.abc import Mapping

from lockgate.inputs.lockfiles.graph import LONGEST_WAY, Root, traced
from lockgate.model.finding import Location
from lockgate.model.package import MOST_WAYS, Package


def trace(needs: Mapping[str, str], *roots: tuple[str, dict[str, str]]) -> dict[str, Package]:
    """By name what `traced` tells; names are separated by blanks, a root's names have their group."""
    names = list(needs)
    packages = [Package(name=name, version="1", at=Location.of_line("lock", 1, name)) for name in names]
    edges = [[names.index(needed) for needed in needs[name].split()] for name in names]
    given = [Root(name, tuple((names.index(n), group) for n, group in needed.items())) for name, needed in roots]
    return {package.name: package for package in traced(packages, edges, given)}


def test_the_shortest_way_and_the_number_of_all() -> None:
    found = trace({"a": "b c", "b": "c", "c": "", "d": "c"}, ("app", {"a": "", "d": ""}))
    assert found["c"].via in (("app", "a", "c"), ("app", "d", "c"))
    assert found["c"].ways == 3
    assert (found["c"].direct, found["a"].direct) == (False, True)
    assert (found["a"].via, found["a"].ways) == (("app", "a"), 1)


def test_a_circle_is_walked_once() -> None:
    found = trace({"a": "b", "b": "c", "c": "a b"}, ("app", {"a": ""}))
    assert found["c"].via == ("app", "a", "b", "c")
    assert [found[name].ways for name in "abc"] == [1, 1, 1]


def test_what_nothing_leads_to_tells_nothing() -> None:
    found = trace({"a": "", "b": "a"}, ("app", {"a": ""}))
    assert (found["b"].direct, found["b"].via, found["b"].ways) == (None, (), 0)


def test_groups_are_told_where_nothing_else_needs_it() -> None:
    found = trace({"a": "b", "b": "", "t": "b u", "u": ""}, ("app", {"a": "", "t": "dev"}), ("other", {"u": "docs"}))
    assert {name: package.groups for name, package in found.items()} == {
        "a": (), "b": (), "t": ("dev",), "u": ("dev", "docs"),
    }  # fmt: skip
    assert found["u"].via == ("other", "u")


def test_many_ways_are_not_counted_further() -> None:
    layers = {f"{layer}{side}": f"{layer + 1}x {layer + 1}y" for layer in range(20) for side in "xy"}
    found = trace({**layers, "20x": "", "20y": ""}, ("app", {"0x": "", "0y": ""}))
    assert found["20x"].ways == MOST_WAYS


def test_a_long_chain_takes_linear_memory() -> None:
    names = [f"n{number}" for number in range(50_000)]
    at = Location.of_line("lock", 1, "x")
    packages = [Package(name=name, version="1", at=at) for name in names]
    edges = [[number + 1] if number + 1 < len(names) else [] for number in range(len(names))]
    last = traced(packages, edges, [Root("app", ((0, ""),))])[-1]
    assert last.via[0] == "app"
    assert last.via[-2:] == ("n49998", "n49999")
    assert len(last.via) <= LONGEST_WAY
