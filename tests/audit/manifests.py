"""What the tests of readers share."""

from __future__ import annotations

from pathlib import Path

from lockgate.inputs.lockfiles.base import Manifest, read_manifests
from lockgate.inputs.tree import Tree
from lockgate.model.package import Package
from support import Files, write

FIXTURES = Path(__file__).parents[1] / "fixtures" / "lockfiles"


def read_all(root: Path, files: Files) -> dict[str, Manifest]:
    """The manifests of these files, by path."""
    write(root, files)
    return {manifest.path: manifest for manifest in read_manifests(Tree(root))}


def read_text(root: Path, name: str, text: str | bytes) -> Manifest:
    """The one manifest of a file with that text."""
    (manifest,) = read_all(root, {name: text}).values()
    return manifest


def made(name: str) -> Manifest:
    """The manifest of a fixture, which has nothing that could not be read."""
    (manifest,) = (found for found in read_manifests(Tree(FIXTURES)) if found.path == name)
    assert not manifest.skipped
    return manifest


def by_name(manifest: Manifest) -> dict[str, list[Package]]:
    """The packages of a manifest."""
    found: dict[str, list[Package]] = {}
    for package in manifest.packages:
        found.setdefault(package.name, []).append(package)
    return found


def text_at(package: Package, root: Path = FIXTURES) -> str:
    """What stands at the place of a package, which is on one line."""
    assert package.at.line == package.at.end_line
    line = (root / package.at.path).read_text().split("\n")[package.at.line - 1]
    return line[package.at.column - 1 : (package.at.end_column or 0) - 1]


def gaps_of(manifest: Manifest) -> list[str]:
    """The gaps of a manifest, with what is said of them."""
    return [f"{skip.subject} {skip.reason}" for skip in manifest.skipped if skip.gap]


def gaps(root: Path, name: str, text: str | bytes) -> list[str]:
    """What is said of a broken file, all of it gaps."""
    manifest = read_text(root, name, text)
    told = gaps_of(manifest)
    assert len(told) == len(manifest.skipped)
    return told
