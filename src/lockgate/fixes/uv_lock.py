"""uv.lock: uv locks anew, in a copy of the project's manifests, with the versions that are wanted."""

from __future__ import annotations

import shlex
import tempfile
from collections.abc import Sequence
from fnmatch import fnmatchcase
from pathlib import Path

from lockgate.engines import uv
from lockgate.fixes.base import Left, Proposal, Upgrade, together
from lockgate.fixes.uv_manifests import without_builds
from lockgate.inputs.tree import Tree
from lockgate.model.errors import UnavailableError
from lockgate.model.record import Skip

PATTERNS = ("uv.lock",)

# Not .python-version: it may name any program, which uv would run.
_COPIED = ("pyproject.toml", "uv.toml", "uv.lock", "*.whl")


def propose(tree: Tree, path: str, upgrades: Sequence[Upgrade], *, offline: bool) -> Proposal:
    """What uv would write into the lock. Nothing is built: where code of the project tells its version, uv fails."""
    folder, before = path.rpartition("/")[0], tree.read(path)
    if isinstance(before, Skip):
        return Proposal(left=tuple(_left(upgrade, before.reason, folder) for upgrade in upgrades))
    with tempfile.TemporaryDirectory(prefix="lockgate-") as name:
        copy = Path(name).resolve()
        try:
            _copy(tree, folder, copy)
        except UnavailableError as error:
            return Proposal(left=tuple(_left(upgrade, str(error), folder) for upgrade in upgrades))
        lock = copy / "uv.lock"

        def attempt(chosen: Sequence[Upgrade]) -> bytes:
            lock.write_bytes(before)
            uv.lock(*_arguments(chosen), *(["--offline"] if offline else []), folder=copy)
            return lock.read_bytes()

        good, bad, after = together(upgrades, attempt)
    left = tuple(_left(upgrade, why, folder) for upgrade, why in bad)
    return Proposal(None if after == before else after, tuple(good), left)


def _left(upgrade: Upgrade, why: str, folder: str) -> Left:
    return Left.of(upgrade.package, why, f"in {folder or '.'}: {shlex.join(['uv', 'lock', *_arguments([upgrade])])}")


def _arguments(upgrades: Sequence[Upgrade]) -> list[str]:
    wanted = dict.fromkeys(f"{upgrade.package.name}=={upgrade.version}" for upgrade in upgrades)
    return [argument for each in wanted for argument in ("--upgrade-package", each)]


def _copy(tree: Tree, folder: str, copy: Path) -> None:
    """Copy what uv needs to know of the project: its manifests, and what these may refer to."""
    prefix = f"{folder}/" if folder else ""
    for path in tree.files:
        name = path.rpartition("/")[2].lower()
        if path.startswith(prefix) and any(fnmatchcase(name, pattern) for pattern in _COPIED):
            data = tree.read(path)
            if isinstance(data, bytes):
                target = copy / path.removeprefix(prefix)
                target.parent.mkdir(parents=True, exist_ok=True)
                try:
                    target.write_bytes(_harmless(data, path.removeprefix(prefix)))
                except UnavailableError:
                    if target.parent == copy:
                        raise
                    # any other one may be no part of the project; uv fails without it where it is


def _harmless(data: bytes, path: str) -> bytes:
    """The content of a file without what would make uv run code."""
    if not path.lower().endswith(("pyproject.toml", "uv.toml")):
        return data
    try:
        return without_builds(data.decode("utf-8"), path).encode()
    except UnicodeDecodeError:
        raise UnavailableError(f"{path} is not UTF-8") from None
