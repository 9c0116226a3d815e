"""What a pylock file tells of groups and of the ways to its packages."""

from __future__ import annotations

from pathlib import Path

import pytest

from lockgate.inputs.lockfiles import pylock
from lockgate.inputs.lockfiles.base import Manifest
from lockgate.inputs.tree import Tree
from support import write

HEAD = 'lock-version = "1.0"\ncreated-by = "hand"\n'


def made(root: Path, *entries: str, head: str = HEAD) -> Manifest:
    files = '\narchive = { url = "https://index.example/x.tar.gz", hashes = { sha256 = "aa" } }\n'
    write(root, {"sub/pylock.toml": head + "".join(f"[[packages]]\n{entry}{files}" for entry in entries)})
    (manifest,) = pylock.read(Tree(root), ["sub/pylock.toml"])
    return manifest


def test_dependencies_tell_the_ways(tmp_path: Path) -> None:
    manifest = made(
        tmp_path,
        'name = "a"\nversion = "1"\ndependencies = [{ name = "b", version = "2" }, { name = "c" }]',
        'name = "b"\nversion = "1"\ndependencies = [{ name = "a" }]',
        'name = "b"\nversion = "2"',
        'name = "c"\nversion = "1"\ndependencies = [{ name = "b", version = "2" }]',
    )
    # Nothing needs b 1; whether the project names the others as well nobody knows.
    assert [(p.name, p.version, p.direct, p.via) for p in manifest.packages] == [
        ("a", "1", None, ("pylock.toml", "b", "a")),
        ("b", "1", True, ("pylock.toml", "b")),
        ("b", "2", None, ("pylock.toml", "b", "a", "b")),
        ("c", "1", None, ("pylock.toml", "b", "a", "c")),
    ]
    assert (manifest.settles, manifest.skipped) == (("sub",), ())


def test_a_dependency_that_is_not_there_is_a_gap(tmp_path: Path) -> None:
    manifest = made(tmp_path, 'name = "a"\nversion = "1"\ndependencies = [{ name = "b" }, { name = "a" }]')
    (gap,) = manifest.skipped
    assert (gap.subject, gap.gap) == ("sub/pylock.toml:5", True)
    assert gap.reason == "needs b, which the file does not lock; is it cut off?"


def test_without_dependencies_nothing_is_told(tmp_path: Path) -> None:
    (package,) = made(tmp_path, 'name = "a"\nversion = "1"').packages
    assert (package.direct, package.via, package.ways) == (None, (), 0)


@pytest.mark.parametrize(
    ("marker", "groups"),
    [
        ("'dev' in dependency_groups", ("dev",)),
        ("'dev' in dependency_groups or 'x' in extras", ("dev", "x")),
        ("('dev' in dependency_groups or 'x' in extras) and os_name == 'nt'", ("dev", "x")),
        ("os_name == 'nt' and 'x' in extras", ("x",)),
        ("os_name == 'nt' or 'x' in extras", ()),
        ("'x' in extras and os_name == 'nt' or os_name == 'mac'", ()),
        ("'default' in dependency_groups or 'dev' in dependency_groups", ()),
        ("'dev' not in dependency_groups", ()),
        ("os_name == 'nt'", ()),
    ],
)
def test_groups_without_which_a_marker_is_false(tmp_path: Path, marker: str, groups: tuple[str, ...]) -> None:
    head = f'{HEAD}extras = ["x"]\ndependency-groups = ["dev", "default"]\ndefault-groups = ["default"]\n'
    (package,) = made(tmp_path, f'name = "a"\nversion = "1"\nmarker = "{marker}"', head=head).packages
    assert package.groups == groups
