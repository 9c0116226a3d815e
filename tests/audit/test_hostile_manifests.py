"""Bad input for every reader: whatever a file holds, nothing breaks, nothing hangs and nothing is lost in silence."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import tomli_w
from made_archives import metadata, tar_of, wheel_of

from lockgate.inputs.lockfiles.base import LARGEST, Manifest, is_read_by, readers
from lockgate.inputs.tree import Tree
from support import write

FIXTURES = Path(__file__).parents[1] / "fixtures"
SCRIPT = '# /// script\n# requires-python = ">=3.11"\n# dependencies = [\n#     "flask==2.0.1",\n#     "six",\n# ]\n# ///\nimport six\n'
ENVIRONMENT = "name: demo\ndependencies:\n  - python=3.11\n  - pip:\n      - flask==2.0.1\n"


def fixture(name: str) -> bytes:
    return (FIXTURES / name).read_bytes()


# By reader: the samples, each with a name that the reader knows.
SAMPLES: dict[str, dict[str, bytes]] = {
    "archives": {
        "demo-1.0-py3-none-any.whl": wheel_of(metadata()),
        "demo-1.0.tar.gz": tar_of(("demo-1.0/PKG-INFO", metadata().encode())),
    },
    "pdm_lock": {"pdm.lock": fixture("lockfiles/pdm/pdm.lock")},
    "pipfile": {"Pipfile": fixture("lockfiles/pipenv/Pipfile")},
    "pipfile_lock": {"Pipfile.lock": fixture("lockfiles/pipenv/Pipfile.lock")},
    "poetry_lock": {"poetry.lock": fixture("lockfiles/poetry/poetry.lock")},
    "pylock": {"pylock.toml": fixture("lockfiles/pylock.toml")},
    "pyproject": {"pyproject.toml": fixture("lockfiles/pdm/pyproject.toml")},
    "requirements": {"requirements.txt": fixture("graph/requirements.txt")},
    "requirements_in": {"requirements.in": b"flask==2.0.1\nsix>1\n"},
    "sbom": {
        "environment.cdx.json": fixture("graph/environment.cdx.json"),
        "flask.spdx.json": fixture("graph/flask.spdx.json"),
    },
    "scripts": {"tool.py": SCRIPT.encode()},
    "setuptools_files": {"setup.cfg": b"[options]\ninstall_requires =\n  a==1\n"},
    "unread": {"pixi.lock": b"version: 6\n"},
    "uv_lock": {"uv.lock": fixture("graph/uv.lock")},
    "environment": {"environment.yml": ENVIRONMENT.encode()},
}
# A text that is cut off behind an entry is a shorter text of the same kind, and nothing in it tells.
CAN_BE_CUT = {
    "environment",
    "pdm_lock",
    "pipfile",
    "poetry_lock",
    "pylock",
    "pyproject",
    "requirements",
    "requirements_in",
    "scripts",
}
BINARY = {"archives"}
READERS = {module.__name__.rpartition(".")[2]: module for module in readers()}  # type: ignore[attr-defined]
NAMES = sorted(READERS)
ALL = [(reader, name) for reader in NAMES for name in SAMPLES.get(reader, {})]
TEXTS = [(reader, name) for reader, name in ALL if reader not in BINARY]


def read(root: Path, reader: str, name: str, data: bytes) -> list[Manifest]:
    write(root, {name: data})
    return list(READERS[reader].read(Tree(root), [name]))


def packages(manifests: list[Manifest]) -> set[tuple[str, str]]:
    return {(package.name, package.version) for manifest in manifests for package in manifest.packages}


def has_gap(manifests: list[Manifest]) -> bool:
    return any(skip.gap for manifest in manifests for skip in (*manifest.skipped, *manifest.unlocked))


@pytest.mark.parametrize("reader", NAMES)
def test_every_reader_has_samples_that_it_reads(tmp_path: Path, reader: str) -> None:
    assert SAMPLES.get(reader), f"give a sample for {reader}"
    for name, data in SAMPLES[reader].items():
        assert is_read_by(READERS[reader], name)
        assert packages(read(tmp_path, reader, name, data)) or reader in ("setuptools_files", "unread")


@pytest.mark.parametrize(("reader", "name"), ALL)
def test_a_file_that_is_cut_off_tells_so_or_tells_all(tmp_path: Path, reader: str, name: str) -> None:
    data = SAMPLES[reader][name]
    whole = packages(read(tmp_path, reader, name, data))
    for end in range(1, len(data), max(1, len(data) // 97)):
        cut = read(tmp_path, reader, name, data[:end])
        assert packages(cut) == whole or has_gap(cut) or reader in CAN_BE_CUT, end


@pytest.mark.parametrize(("reader", "name"), TEXTS)
@pytest.mark.parametrize(
    "inserted",
    [b"\n<<<<<<< HEAD\n=======\n>>>>>>> other\n", b"\xff\xfe\xfa", b"\n]]]}}}((\n"],
    ids=["conflict", "bytes", "braces"],
)
def test_a_file_that_is_damaged_tells_so(tmp_path: Path, reader: str, name: str, inserted: bytes) -> None:
    data = SAMPLES[reader][name]
    middle = data.index(b"\n", len(data) // 2 if reader != "scripts" else len(data) // 3)
    if reader == "scripts":  # the comment goes on
        inserted = inserted.rstrip().replace(b"\n", b"\n# ")
    assert has_gap(read(tmp_path, reader, name, data[:middle] + inserted + data[middle:]))


@pytest.mark.parametrize(("reader", "name"), [pair for pair in TEXTS if pair[0] not in ("unread", "scripts")])
def test_a_file_that_is_too_large_is_a_gap(tmp_path: Path, reader: str, name: str) -> None:
    assert has_gap(read(tmp_path, reader, name, SAMPLES[reader][name] + b"\n" * LARGEST))


GARBAGE = [
    b"",
    b"\0" * 1000,
    b"{" * 200_000,
    b"[" * 200_000,
    b'{"a":' * 100_000,
    b"- " * 100_000,
    b"a: &a [*a, *a]\n",
    b"[]",
    b"{}",
    b"null",
    b"3",
    b'"x"',
    b"x = 1\n",
    b"9" * 10_000,
    b"\xef\xbb\xbf",
    b"PK\x03\x04" * 100,
    b"\x1f\x8b\x08\x00" * 100,
]


@pytest.mark.parametrize(("reader", "name"), ALL)
def test_garbage_breaks_nothing(tmp_path: Path, reader: str, name: str) -> None:
    for data in GARBAGE:
        manifests = read(tmp_path, reader, name, data)
        assert not {version for _, version in packages(manifests) if version}, (reader, data[:20])


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The way to every part of a value."""
    yield path
    if isinstance(value, dict):
        for key, part in value.items():
            yield from places(part, (*path, key))
    elif isinstance(value, list):
        for number, part in enumerate(value):
            yield from places(part, (*path, number))


def shortened(value: Any) -> Any:
    """A value whose lists have two parts at most."""
    if isinstance(value, dict):
        return {key: shortened(part) for key, part in value.items()}
    return [shortened(part) for part in value[:2]] if isinstance(value, list) else value


def changed(value: Any, path: tuple[Any, ...], by: Any) -> Any:
    if not path:
        return by
    copy = value.copy()
    copy[path[0]] = changed(value[path[0]], path[1:], by)
    return copy


STRUCTURED = [
    (reader, name)
    for reader, name in ALL
    if name.endswith((".json", ".lock", ".toml", "Pipfile")) and reader != "unread"
]


@pytest.mark.parametrize(("reader", "name"), STRUCTURED)
def test_wrong_types_break_nothing(tmp_path: Path, reader: str, name: str) -> None:
    text = SAMPLES[reader][name].decode()
    is_json = text.startswith("{")
    value = shortened(json.loads(text) if is_json else tomllib.loads(text))
    ways = [path for path in places(value) if path]
    for path in ways[:: max(1, len(ways) // 60)]:
        for by in (3, "x", [[1]], {"x": {"y": 1}}):
            wrong = changed(value, path, by)
            read(tmp_path, reader, name, (json.dumps(wrong) if is_json else tomli_w.dumps(wrong)).encode())
