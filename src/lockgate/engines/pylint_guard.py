"""Runs pylint in the interpreter of a project, so that nothing that it lints is ever imported.

This file is a script: `PYTHON -I -S pylint_guard.py`, with a request as one line of JSON on standard input. pylint puts the
folders that it lints on sys.path; here imports are answered only from where this interpreter was installed, so a module
of the project that is named like one that pylint imports, or loads to look into it, does not run. Of lockgate it has
pylint load the plug-in, and imports nothing itself; it runs on every Python that pylint 4 supports. It ends when its standard
input ends.
"""

# ruff: noqa: PTH100, PTH118, PTH123
from __future__ import annotations

import contextlib
import io
import json
import os
import platform
import runpy
import site
import sys
from collections.abc import Iterable, Sequence
from importlib import import_module
from importlib.machinery import BuiltinImporter, FrozenImporter, ModuleSpec, PathFinder
from importlib.metadata import Distribution, DistributionFinder, MetadataPathFinder
from importlib.util import find_spec
from types import ModuleType

_USAGE_ERROR = 32  # and above; below it are the bits that tell which kinds of message there are


class InstalledOnly:
    """A finder of the modules that were installed for this interpreter, and of none that is below `root`.

    An environment may name folders of the project (an editable install does), and may itself be below `root`.
    """

    def __init__(self, root: str) -> None:
        self._root = os.path.realpath(root)
        self._standard = [os.path.abspath(entry) for entry in sys.path]
        self._settled: list[str] | None = None

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """What an import of `name` gets."""
        folders = self._folders()
        spec = PathFinder.find_spec(name, folders if path is None else path, target)
        return spec if spec is None or spec.origin is None or _inside(spec.origin, folders) else None

    def find_distributions(self, context: DistributionFinder.Context) -> Iterable[Distribution]:
        """The installed distributions, for modules that ask for their own version."""
        return MetadataPathFinder.find_distributions(
            DistributionFinder.Context(name=context.name, path=self._folders())
        )

    def settle(self, mirror: str) -> None:
        """Import from now on only from where it could be imported till now; whatever comes onto sys.path is for analysis.

        Folders of the project on sys.path are replaced by the same ones of its copy `mirror`, and that copy comes before
        what is installed, which may be another version of the project.
        """
        self._settled = self._folders()
        for index, entry in enumerate(map(os.path.abspath, sys.path)):
            if entry not in self._settled:
                sys.path[index] = os.path.join(mirror, os.path.relpath(os.path.realpath(entry), self._root))
        first = len(self._standard)
        sys.path[first:first] = [os.path.join(mirror, "src"), mirror]
        sys.path_importer_cache.clear()

    def _folders(self) -> list[str]:
        if self._settled is not None:
            return self._settled
        installed = [*self._standard, *map(os.path.abspath, site.getsitepackages())]
        entries = map(os.path.abspath, sys.path)
        return [
            entry
            for entry in entries
            if _inside(entry, installed) or not _inside(os.path.realpath(entry), [self._root])
        ]


class PlugIn:
    """A finder of the package that our plug-in is in, which is not installed for this interpreter, and of nothing beside it."""

    def __init__(self, name: str, folder: str) -> None:
        self._package = name.partition(".")[0]
        self._folder = folder

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """What an import of `name` gets."""
        if name.partition(".")[0] != self._package:
            return None
        return PathFinder.find_spec(name, [self._folder] if path is None else path, target)


def start(root: str, mirror: str) -> None:
    """Do what an interpreter does when it starts with its site-packages, without importing anything from `root`."""
    finder = InstalledOnly(root)
    if root:
        sys.meta_path[:] = [BuiltinImporter, FrozenImporter, finder]
    site.main()
    if root:
        # A .pth file may have added finders, which know folders of the project.
        sys.meta_path[:] = [BuiltinImporter, FrozenImporter, finder]
        finder.settle(mirror)


def limit_memory(size: int) -> None:
    """Let this process have no more than `size` bytes of address space, where the system can."""
    with contextlib.suppress(ImportError, OSError, ValueError):
        import resource

        hard = resource.getrlimit(resource.RLIMIT_AS)[1]
        if hard == resource.RLIM_INFINITY or hard > size:
            resource.setrlimit(resource.RLIMIT_AS, (size, hard))


def described(plug_in: str) -> list[object]:
    """The rules of the plug-in, as its catalogue tells them; none where it can't be loaded."""
    try:
        return import_module(f"{plug_in}.catalogue").described()  # type: ignore[no-any-return]
    except Exception:  # noqa: BLE001 - whatever it is, pylint runs without
        return []


def run(arguments: list[str], plan: dict[str, object] | None) -> dict[str, object]:
    """Run pylint's command line once; its exit code, the end of what it wrote to standard error, and its version.

    plan: how it lints, see `pylint_modules`; none where it does not.
    """
    if find_spec("pylint") is None:
        return {"missing": True}
    said = io.StringIO()
    sys.argv = ["pylint", *arguments]
    try:
        import_module("pylint")  # whose version is told even where it is too old for the rest
        with contextlib.redirect_stderr(said), _modules().each_by_itself(plan) if plan else contextlib.nullcontext():
            runpy.run_module("pylint", run_name="__main__")
        code = 0
    except SystemExit as stop:
        code = stop.code if isinstance(stop.code, int) else 1
    except BaseException as error:  # noqa: BLE001 - whatever pylint does not catch is a crash of pylint
        code = 64
        said = io.StringIO(type(error).__name__)
    version = getattr(sys.modules.get("pylint"), "__version__", "")
    return {"code": code, "said": said.getvalue()[-2000:], "version": version}


def main() -> None:
    """Do what the request says and leave the answer in the file that it names."""
    request = json.loads(sys.stdin.buffer.readline())
    limit_memory(request["memory"])
    start(request["root"], request["mirror"])
    sys.meta_path.insert(0, PlugIn(request["plug_in"]["name"], request["plug_in"]["folder"]))
    _modules().end_with_parent()
    rules = described(request["plug_in"]["name"])
    loaded = [f"--load-plugins={request['plug_in']['name']}"] if rules else []
    answer: dict[str, object] = {"python": platform.python_version(), "rules": rules}
    for arguments, plan in request["runs"]:
        answer |= run([*loaded, *arguments], plan)
        if answer.get("missing") or answer["code"] not in range(_USAGE_ERROR):
            break
    sys.stdout.flush()
    with open(request["answer"], "w", encoding="utf-8") as file:
        json.dump(answer, file)


def _inside(path: str, folders: Iterable[str]) -> bool:
    return any(path == folder or path.startswith(folder.rstrip(os.sep) + os.sep) for folder in folders)


def _modules() -> ModuleType:
    return import_module("lockgate.engines.pylint_modules")


if __name__ == "__main__":
    main()
