"""uv.lock: uv locks anew, in a copy of the project's manifests, with the versions that are wanted."""

from __future__ import annotations

import shlex
import tempfile
from collections.abc import Sequence
from fnmatch import fnmatchcase
from pathlib import Path

from lockgate.engines import uv
from lockgate.fixes.base import Left, Proposal, Upgrade
from lockgate.fixes.uv_manifests import without_builds
from lockgate.inputs.tree import Tree
from lockgate.model.errors import UnavailableError

PATTERNS = ("uv.lock",)

# Not .python-version: it may name any program, which uv would run.
_COPIED = ("pyproject.toml", "uv.toml", "uv.lock", "*.whl")
_MANY = 20  # upgrades that are tried one by one


def propose(tree: Tree, path: str, upgrades: Sequence[Upgrade], *, offline: bool) -> Proposal:
    """What uv would write into the lock. Nothing is built: where code of the project tells its version, uv fails."""
    folder = path.rpartition("/")[0]
    todo = f"in {folder or '.'}: {shlex.join(['uv', 'lock', *_arguments(upgrades)])}"
    with tempfile.TemporaryDirectory(prefix="lockgate-") as name:
        copy = Path(name).resolve()
        try:
            _copy(tree, folder, copy)
        except UnavailableError as error:
            return Proposal(left=tuple(Left(upgrade.package, str(error), todo) for upgrade in upgrades))
        before = (copy / "uv.lock").read_bytes() if (copy / "uv.lock").is_file() else b""
        good, left = list(upgrades), []
        try:
            _lock(copy, good, offline=offline)
        except UnavailableError as error:
            good, left = [], [Left(upgrade.package, str(error), todo) for upgrade in upgrades[:1]]
            if len(upgrades) > 1:
                good, left = _one_by_one(copy, before, upgrades, offline=offline)
        after = (copy / "uv.lock").read_bytes() if good else before
    return Proposal(after if after != before else None, tuple(good), tuple(left))


def _one_by_one(
    copy: Path, before: bytes, upgrades: Sequence[Upgrade], *, offline: bool
) -> tuple[list[Upgrade], list[Left]]:
    """The upgrades that can be made, each after those before it, and why the others can't."""
    good: list[Upgrade] = []
    left = [Left(upgrade.package, "too many upgrades can't be made together") for upgrade in upgrades[_MANY:]]
    for upgrade in upgrades[:_MANY]:
        (copy / "uv.lock").write_bytes(before)
        try:
            _lock(copy, [*good, upgrade], offline=offline)
            good.append(upgrade)
        except UnavailableError as error:
            left.append(Left(upgrade.package, str(error)))
    (copy / "uv.lock").write_bytes(before)
    if good:
        _lock(copy, good, offline=offline)
    return good, left


def _lock(copy: Path, upgrades: Sequence[Upgrade], *, offline: bool) -> None:
    uv.lock(*_arguments(upgrades), *(["--offline"] if offline else []), folder=copy)


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
