"""What is installed for an interpreter, told by its folders without running it."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import sys
from collections.abc import Iterable
from pathlib import Path

from lockgate.model.package import normalised

LARGEST_RECORD = 16 * 2**20  # bytes

_SEES_OTHERS = re.compile(r"^\s*include-system-site-packages\s*=\s*true\s*$", re.IGNORECASE | re.MULTILINE)
# Of setuptools and virtualenv: neither adds a place to import from.
_KNOWN_CODE = frozenset({"distutils-precedence.pth", "_virtualenv.pth"})


def fingerprint(python: str, root: Path) -> str:
    """Another one whenever something is installed, upgraded or removed; empty where that can't be told.

    python: an interpreter, by path or by name; empty means our own. It can be told for our own, and for one of a virtual
    environment that sees no other packages, unless they take modules from elsewhere than these, `root` and our own code.
    """
    found = Path(shutil.which(python or sys.executable) or "").absolute()
    folders = _own_folders() if found == Path(sys.executable).absolute() else _folders_of(found)
    inside = (root.resolve(), Path(__file__).resolve().parents[2])
    if not folders or not all(_stays_inside(folder, inside) for folder in folders):
        return ""
    base = found.resolve().stat()
    about = (python, sys.version, base.st_size, base.st_mtime_ns, [_entries(folder) for folder in folders])
    return hashlib.sha256(repr(about).encode()).hexdigest()


def modules(python: str, distributions: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """The modules that distributions (names by PEP 503) have installed, for those that are there with a RECORD.

    python: an interpreter of a virtual environment, by path or by name. Of a namespace it is the package inside.
    """
    wanted = set(distributions)
    found: dict[str, tuple[str, ...]] = {}
    for folder in _folders_of(Path(shutil.which(python) or "").absolute()):
        for info in folder.glob("*.dist-info"):
            name = normalised(info.name.partition("-")[0])
            record = _text(info / "RECORD") if name in wanted else ""
            if record:
                found[name] = _modules_in(record)
    return found


def _text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST_RECORD + 1)
    except OSError:
        return ""
    return data.decode("utf-8", "replace") if len(data) <= LARGEST_RECORD else ""


def _modules_in(record: str) -> tuple[str, ...]:
    """The outermost modules and packages among the files of a RECORD, of which each line begins with a path."""
    paths = [line.partition(",")[0].strip('"') for line in record.splitlines()]
    packages = {path.rpartition("/")[0] for path in paths if path.rpartition("/")[2].startswith("__init__.")}
    found: set[str] = set()
    for path in paths:
        folders = path.split("/")
        file = folders.pop()
        inside = ["/".join(folders[:count]) for count in range(1, len(folders) + 1)]
        module = next((each for each in inside if each in packages), "/".join([*folders, file.partition(".")[0]]))
        if file.endswith((".py", ".so", ".pyd")) and all(map(str.isidentifier, module.split("/"))):
            found.add(module.replace("/", "."))
    return tuple(sorted(found))


def _own_folders() -> list[Path]:
    return [Path(entry) for entry in sys.path if Path(entry).is_dir()]


def _folders_of(python: Path) -> list[Path]:
    """The site-packages of a virtual environment of its own."""
    top = python.absolute().parent.parent
    try:
        settings = (top / "pyvenv.cfg").read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return []
    if _SEES_OTHERS.search(settings):
        return []
    return [*top.glob("lib*/python3*/site-packages"), *top.glob("Lib/site-packages"), top]


def _stays_inside(folder: Path, inside: Iterable[Path]) -> bool:
    """Whether every directory that a .pth file of the folder adds is part of one of the others."""
    for file in folder.glob("*.pth"):
        if file.name in _KNOWN_CODE:
            continue
        for line in file.read_text(encoding="utf-8", errors="replace").splitlines():
            added = line.strip()
            if added.startswith(("import ", "import\t")):
                return False  # code, such as a finder of its own, which may lead anywhere
            if added and not added.startswith("#"):
                place = (folder / added).resolve()
                if not any(place.is_relative_to(top) for top in inside):
                    return False
    return True


def _entries(folder: Path) -> list[tuple[str, int, int]]:
    """What tells of an installed distribution: its metadata, which are new with each version, and what changes the path."""
    with os.scandir(folder) as entries:
        return sorted(
            (entry.name, entry.stat().st_mtime_ns, entry.stat().st_size)
            for entry in entries
            if entry.name.endswith((".dist-info", ".egg-info", ".egg-link", ".pth", ".cfg"))
        )
