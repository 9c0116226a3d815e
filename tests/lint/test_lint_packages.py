"""After random edits of real packages, what is linted again finds what a full run finds.

The packages are sdists of the index that pip is configured for, of which nothing is built and no code runs: only their Python
files are unpacked. They are asked for in the session `differential`, which says in LOCKGATE_DIFFERENTIAL_SDISTS how many.
"""

from __future__ import annotations

import ast
import hashlib
import io
import json
import os
import random
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx2
import pytest

from lockgate.advisories.simple_api import SimpleApi
from lockgate.checks.run import run_check
from support import target, untimed

SDISTS = (
    ("requests", "2.32.5"), ("click", "8.1.8"), ("flask", "3.1.2"), ("jinja2", "3.1.6"), ("httpx", "0.28.1"),
    ("packaging", "25.0"), ("tomlkit", "0.13.3"), ("marshmallow", "4.0.1"), ("werkzeug", "3.1.3"), ("attrs", "25.3.0"),
    ("urllib3", "2.5.0"), ("pluggy", "1.6.0"),
)  # fmt: skip
EDITS = 4
FEW = 20  # modules: in a small package all may depend on each
LARGEST = 2**26  # bytes of an sdist

COUNT = int(os.environ.get("LOCKGATE_DIFFERENTIAL_SDISTS", "0"))


@pytest.mark.usefixtures("package_index")
@pytest.mark.parametrize(("name", "version"), SDISTS[:COUNT], ids=[name for name, _ in SDISTS[:COUNT]])
def test_after_any_edit_of_a_package(name: str, version: str, tmp_path: Path, own_cache: Path, runs: list[int]) -> None:
    root = tmp_path / name
    unpack(sdist(name, version), root)
    chance = random.Random(name)
    run_check("lint", target(root))
    changed = 0
    for number in range(EDITS):
        before = [path for path in sorted(root.rglob("*.py")) if "test" not in str(path.relative_to(root))]
        what = edited(before, chance)
        again = run_check("lint", target(root))
        kept = shutil.copytree(own_cache / "lint", tmp_path / f"kept{number}")
        shutil.rmtree(own_cache / "lint")
        full = run_check("lint", target(root))
        assert untimed(again) == untimed(full), what
        assert full.coverage.examined > 1
        changed += runs[-2] < runs[-1]
        shutil.rmtree(own_cache / "lint")
        kept.rename(own_cache / "lint")
    assert changed or full.coverage.examined < FEW, "nothing was ever kept"


def sdist(name: str, version: str) -> bytes:
    api = SimpleApi(index())
    try:
        listed = json.loads(api.ask(name).data)
    finally:
        api.close()
    (file,) = (file for file in listed["files"] if file["filename"].lower() == f"{name}-{version}.tar.gz")
    data = httpx2.get(httpx2.URL(f"{index()}/{name}/").join(file["url"]), follow_redirects=True, timeout=60).content
    assert len(data) < LARGEST
    assert hashlib.sha256(data).hexdigest() == file["hashes"]["sha256"]
    return data


def index() -> str:
    """The index that pip asks."""
    code = "from pip._internal.models.index import PyPI; print(PyPI.simple_url)"
    asked = [[sys.executable, "-m", "pip", "config", "get", "global.index-url"], [sys.executable, "-c", code]]
    said = (subprocess.run(command, check=False, capture_output=True, text=True).stdout.strip() for command in asked)
    return (os.environ.get("PIP_INDEX_URL") or next(filter(None, said))).rstrip("/")


def unpack(data: bytes, root: Path) -> None:
    """The Python files of an sdist, and nothing that leads out of it."""
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        for member in archive:
            inside = member.name.partition("/")[2]
            if member.isfile() and inside.endswith(".py") and ".." not in inside.split("/"):
                path = root / inside
                path.parent.mkdir(parents=True, exist_ok=True)
                file = archive.extractfile(member)
                assert file
                path.write_bytes(file.read())


Edit = dict[Path, str | None]  # the files that change, None for one that goes


def edited(files: list[Path], chance: random.Random) -> str:
    """Edit one of the files; what was done."""
    while True:
        path, kind = (
            chance.choice(files),
            chance.choice((renamed, without, called_otherwise, without_base, moved, added)),
        )
        if edit := kind(path, path.read_text(encoding="utf-8"), chance):
            for changed, text in edit.items():
                if text is None:
                    changed.unlink()
                else:
                    changed.write_text(text, encoding="utf-8")
            return f"{kind.__name__} {path.name}"


def renamed(path: Path, text: str, chance: random.Random) -> Edit:
    """A function or class has another name where it is made."""
    node = definition(text, chance, (ast.FunctionDef, ast.ClassDef))
    return node and on_line(
        path, text, node.lineno, lambda line: line.replace(f" {node.name}", f" {node.name}_renamed")
    )


def without(path: Path, text: str, chance: random.Random) -> Edit:
    """A function is gone."""
    node = definition(text, chance, (ast.FunctionDef,))
    if node is None:
        return {}
    lines = text.splitlines(keepends=True)
    first = min([node.lineno, *(each.lineno for each in node.decorator_list)])
    lines[first - 1 : node.end_lineno] = [" " * node.col_offset + "pass\n"]
    return {path: "".join(lines)}


def called_otherwise(path: Path, text: str, chance: random.Random) -> Edit:
    """A function takes one more argument."""
    node = definition(text, chance, (ast.FunctionDef,))
    return node and on_line(path, text, node.lineno, lambda line: line.replace(f"{node.name}(", f"{node.name}(_more, "))


def without_base(path: Path, text: str, chance: random.Random) -> Edit:
    """A class has no base."""
    node = definition(text, chance, (ast.ClassDef,))
    if node is None or not node.bases:
        return {}
    made = f"{' ' * node.col_offset}class {node.name}:\n"
    return on_line(path, text, node.lineno, lambda line: made if "):" in line else line)


def moved(path: Path, text: str, _: random.Random) -> Edit:
    """A module has another name."""
    return {} if path.name == "__init__.py" else {path: None, path.with_name(f"{path.stem}_moved.py"): text}


def added(path: Path, _text: str, _: random.Random) -> Edit:
    """There is a module more."""
    return {path.with_name("one_more.py"): "import os\n"}


def definition(text: str, chance: random.Random, kinds: tuple[type, ...]) -> Any:
    """One of the definitions of these kinds, None where there is none."""
    found = [node for node in ast.walk(ast.parse(text)) if isinstance(node, kinds)]
    return chance.choice(found) if found else None


def on_line(path: Path, text: str, number: int, change: Callable[[str], str]) -> Edit:
    lines = text.splitlines(keepends=True)
    lines[number - 1] = change(lines[number - 1])
    return {path: "".join(lines)}
