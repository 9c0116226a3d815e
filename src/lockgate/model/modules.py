"""The modules of a package: how checks, rules, engines, readers and subcommands are discovered."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from types import ModuleType


def listed(package: str) -> dict[str, bool]:
    """The modules in a package by name, in order, and whether each is a package itself.

    `pkgutil` tells the same, and imports `inspect` to do so, which takes a tenth of the hook's time.
    """
    (folder,) = import_module(package).__path__
    found: dict[str, bool] = {}
    for path in Path(folder).iterdir():
        if path.suffix == ".py" and path.stem != "__init__":
            found[path.stem] = False
        elif (path / "__init__.py").is_file():
            found[path.name] = True
    return dict(sorted(found.items()))


def loaded(package: str) -> list[ModuleType]:
    """The modules in a package, by name."""
    return [import_module(f"{package}.{name}") for name in listed(package)]
