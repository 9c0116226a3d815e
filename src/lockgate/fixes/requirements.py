"""Pins in requirements files: the version and the hashes are written anew where they stand; all else stays as it is."""

from __future__ import annotations

import contextlib
import re
from codecs import BOM_UTF8
from collections.abc import Sequence

from msgspec import Struct

from lockgate.engines import uv
from lockgate.fixes.base import MOST_ATTEMPTS, Left, Proposal, Upgrade, together
from lockgate.inputs.lockfiles.requirements import walked
from lockgate.inputs.tree import Tree
from lockgate.model.errors import UnavailableError
from lockgate.model.package import Origin, Package, normalised
from lockgate.model.record import Skip

PATTERNS = ("*",)

_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")  # as places count them
_HASHES = re.compile(r"--hash[= ]\S+(?:(?P<between>[ \t]*(?:\\\r?\n[ \t]*)?)--hash[= ]\S+)*")
_HASH = re.compile(r"--hash[= ]\S+")
UNCHECKED = "what the other packages need was not checked"


def propose(tree: Tree, path: str, upgrades: Sequence[Upgrade], *, offline: bool) -> Proposal:
    """The file with the new pins, as far as uv finds that they go with all else that it requires.

    Where it pins everything that is installed, what the new versions need in addition is added at its end.
    """
    data = tree.read(path)
    if isinstance(data, Skip):
        return _none(upgrades, data.reason)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return _none(upgrades, "the file is not UTF-8")
    (manifest,) = walked(tree, [path])
    required = [package for package in (*manifest.packages, *manifest.constraints) if package.origin is Origin.INDEX]
    choice = _compatible(required, upgrades, offline=offline)
    left = list(choice.left)
    lines = _LINE.findall(text)
    done: list[Upgrade] = []
    for upgrade in sorted(choice.upgrades, key=lambda each: -each.package.at.line):  # from below: lines may come and go
        why = _rewrite(lines, upgrade, choice.hashes(upgrade))
        if why:
            left.append(Left.of(upgrade.package, why))
        else:
            done.append(upgrade)
    hashed = any(package.hashes for package in required)
    ending = "\r\n" if lines and lines[0].endswith("\r\n") else "\n"
    added = [_entry(package, hashed=hashed).replace("\n", ending) for package in choice.added] if done else []
    if added and lines and not lines[-1].endswith(("\r", "\n")):
        lines[-1] += ending
    mark = data[: len(BOM_UTF8)] if data.startswith(BOM_UTF8) else b""
    content = mark + "".join([*lines, *added]).encode() if done else None
    return Proposal(content, tuple(reversed(done)), tuple(left), choice.notes)


def _none(upgrades: Sequence[Upgrade], why: str) -> Proposal:
    return Proposal(left=tuple(Left.of(upgrade.package, why) for upgrade in upgrades))


class _Choice(Struct, frozen=True):
    """Upgrades that go with what the other packages need, and those that don't; `found` is all that is installed then.

    `added` are those of it that are new, where the file is to name all that is installed.
    """

    upgrades: tuple[Upgrade, ...]
    left: tuple[Left, ...] = ()
    found: tuple[Package, ...] = ()
    added: tuple[Package, ...] = ()
    notes: tuple[str, ...] = ()

    def hashes(self, upgrade: Upgrade) -> tuple[str, ...]:
        """Those of the new version; empty where they are not known."""
        wanted = (upgrade.package.name, upgrade.version)
        return next((each.hashes for each in self.found if (each.name, each.version) == wanted), ())


def _compatible(required: list[Package], upgrades: Sequence[Upgrade], *, offline: bool) -> _Choice:
    try:
        before = _resolve(required, (), offline=offline)
    except UnavailableError as error:  # then nothing can be told of its upgrades either
        alone = _alone(upgrades, offline=offline) if any(package.hashes for package in required) else ()
        return _Choice(tuple(upgrades), found=alone, notes=(f"{UNCHECKED}: {error}",))
    good, bad, made = together(upgrades, lambda chosen: _resolve(required, chosen, offline=offline))
    found = before if made is None else made
    left = (Left.of(each.package, f"{each.version} can't be installed with the others: {why}") for each, why in bad)
    names = {package.name for package in required}
    # With hashes pip installs nothing that the file does not name.
    closed = any(package.hashes for package in required) or all(package.name in names for package in before)
    names |= {package.name for package in before}
    added = tuple(package for package in found if package.name not in names) if closed else ()
    return _Choice(tuple(good), tuple(left), found, added)


def _resolve(required: list[Package], upgrades: Sequence[Upgrade], *, offline: bool) -> tuple[Package, ...]:
    """All that is installed for the requirements with the upgrades. Raises UnavailableError, saying why there is nothing."""
    versions = {upgrade.package: upgrade.version for upgrade in upgrades}
    return uv.resolve([uv.requirement(package, versions.get(package, "")) for package in required], offline=offline)


def _alone(upgrades: Sequence[Upgrade], *, offline: bool) -> tuple[Package, ...]:
    """The new versions by themselves, all in one run or, of not too many, each; an entry whose hashes are not known tells so."""
    pins = [f"{upgrade.package.name}=={upgrade.version}" for upgrade in upgrades]
    try:
        return uv.resolve(pins, offline=offline, needs=False)
    except UnavailableError:
        found: list[Package] = []
    for pin in pins[:MOST_ATTEMPTS] if len(pins) > 1 else ():
        with contextlib.suppress(UnavailableError):
            found += uv.resolve([pin], offline=offline, needs=False)
    return tuple(found)


def _entry(package: Package, *, hashed: bool) -> str:
    marker = f" ; {package.marker}" if package.marker else ""
    hashes = "".join(f" \\\n    --hash={each}" for each in package.hashes) if hashed else ""
    return f"{package.name}=={package.version}{marker}{hashes}\n"


def _rewrite(lines: list[str], upgrade: Upgrade, hashes: tuple[str, ...]) -> str:
    """Write a pin anew in the lines of its file, or say why that can't be."""
    at = upgrade.package.at
    if at.line != at.end_line or at.line > len(lines):
        return "its entry is written over several lines"
    line = lines[at.line - 1]
    entry = line[at.column - 1 : at.end_column - 1]
    pin = re.fullmatch(rf"(([\w.-]+)[^=<>!~,;]*={{2,3}}\s*){re.escape(upgrade.package.version)}", entry)
    if not pin or normalised(pin[2]) != upgrade.package.name:
        return "its entry says more than a version"
    end = at.line
    while end < len(lines) and lines[end - 1].rstrip("\r\n").endswith("\\"):
        end += 1
    rest = line[at.end_column - 1 :] + "".join(lines[at.line : end])
    if upgrade.package.hashes:
        if not hashes:
            return "the hashes of the new version are not to be had"
        rest, done = _HASHES.subn(lambda match: _written(match, hashes), rest, count=1)
        if not done or len(_HASH.findall(rest)) != len(hashes):
            return "its hashes are written in an unusual way"
    new = f"{line[: at.column - 1]}{pin[1]}{upgrade.version}{rest}"
    lines[at.line - 1 : end] = _LINE.findall(new)
    return ""


def _written(match: re.Match[str], hashes: tuple[str, ...]) -> str:
    """The hashes as the old ones are written."""
    between = match["between"] or " "
    return between.join(f"--hash={each}" for each in hashes)
