"""Helpers that the tests share."""

from __future__ import annotations

import hashlib
import json
import os
import random
import string
import subprocess
import sys
import zipfile
from collections.abc import Mapping
from pathlib import Path

import msgspec

from lockgate.checks.base import Target
from lockgate.config.settings import Settings
from lockgate.inputs.tree import Tree
from lockgate.model.record import Record

Files = Mapping[str, str | bytes]
LETTERS = string.ascii_letters + string.digits
HEX = "0123456789abcdef"


def git(root: Path, *arguments: str) -> str:
    """Run real git with a fixed identity."""
    identity = ("-c", "user.name=Test", "-c", "user.email=test@index.example", "-c", "init.defaultBranch=main")
    done = subprocess.run(["git", *identity, *arguments], cwd=root, check=True, capture_output=True, text=True)
    return done.stdout


def write(root: Path, files: Files) -> None:
    """Write files given by path and content."""
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)


def target(root: Path, **settings: object) -> Target:
    """The target that the command line would make of a directory."""
    chosen = Settings(**settings)  # type: ignore[arg-type]
    return Target(tree=Tree(root, chosen.exclude, chosen.max_file_size), settings=chosen)


def untimed(record: Record) -> Record:
    """The same without when it was made and how long that took."""
    return msgspec.structs.replace(record, seconds=0.0, started="", ended="")


def noise(length: int, alphabet: str = LETTERS, seed: int = 7) -> str:
    """Random-looking text that is the same in every run: what credentials in tests are assembled from."""
    return "".join(random.Random(f"{seed}{length}{alphabet}").choices(alphabet, k=length))


def lockgate(*arguments: object, cwd: Path, env: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """Run the command line as a process of its own."""
    command = [sys.executable, "-P", "-m", "lockgate", *map(str, arguments)]
    return subprocess.run(
        command, cwd=cwd, env={**os.environ, **(env or {})}, check=False, capture_output=True, text=True, timeout=300
    )


def advisory(number: int, name: str, introduced: str = "0", fixed: str = "2.0") -> dict[str, object]:
    """An OSV record made by hand; its CVSS vector is that of a critical vulnerability (base score 9.8)."""
    return {
        "id": f"PYSEC-2024-{number}",
        "modified": "2024-01-02T00:00:00Z",
        "published": "2024-01-01T00:00:00Z",
        "aliases": [f"CVE-2024-{number:05}"],
        "summary": f"{name} is broken",
        "details": f"{name} is broken in every way.",
        "severity": [{"type": "CVSS_V3", "score": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"}],
        "affected": [
            {
                "package": {"ecosystem": "PyPI", "name": name},
                "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": introduced}, {"fixed": fixed}]}],
            }
        ],
    }


def write_advisories(folder: Path, *records: dict[str, object]) -> Path:
    """A directory of OSV records."""
    folder.mkdir(parents=True, exist_ok=True)
    for record in records:
        (folder / f"{record['id']}.json").write_text(json.dumps(record), encoding="utf-8")
    return folder


def wheel(index: Path, name: str, version: str, *needs: str) -> None:
    """Put a wheel without code, its metadata only, into a package index that is a folder."""
    about = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\nProvides-Extra: more\n"
    about += "".join(f"Requires-Dist: {need}\n" for need in needs)
    info = f"{name}-{version}.dist-info"
    folder = index / name
    folder.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(folder / f"{name}-{version}-py3-none-any.whl", "w") as file:
        file.writestr(f"{info}/METADATA", about)
        file.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
        file.writestr(f"{info}/RECORD", "")
    list_files(folder)


def list_files(project: Path) -> None:
    """Write the page of a project in such an index, with a hash for each file."""
    links = (
        f'<a href="{file.name}#sha256={hashlib.sha256(file.read_bytes()).hexdigest()}">{file.name}</a>'
        for file in sorted(project.iterdir())
        if file.name != "index.html"
    )
    (project / "index.html").write_text("\n".join(links), encoding="utf-8")
