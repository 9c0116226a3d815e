"""Makes a repository with a history like that of psf/requests: some 6,100 commits and 18,300 blobs, most of them of few files.

The files begin as modules and tests of the standard library, and every commit edits three of them in a few lines.
"""

from __future__ import annotations

import random
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

FILES = 150
SIZES = range(2_000, 30_000)  # bytes, of these
COMMITS = 6_100
EDITED = 3  # files in a commit
FIRST = 1_300_000_000  # seconds


def make(root: Path, stdlib: Path) -> None:
    """Fill the new repository in `root` through `git fast-import`."""
    subprocess.run(["git", "init", "--quiet", str(root)], check=True)
    with subprocess.Popen(["git", "fast-import", "--quiet"], cwd=root, stdin=subprocess.PIPE) as git:
        assert git.stdin  # noqa: S101 - it is a pipe
        for piece in _stream(stdlib):
            git.stdin.write(piece)
    subprocess.run(["git", "repack", "-adq"], cwd=root, check=True)
    subprocess.run(["git", "reset", "--hard", "--quiet", "main"], cwd=root, check=True)


def _stream(stdlib: Path) -> Iterator[bytes]:
    luck = random.Random(7)  # noqa: S311 - the same in every run
    paths = sorted(path for path in stdlib.rglob("*.py") if path.stat().st_size in SIZES)
    files = {path.relative_to(stdlib).as_posix(): path.read_bytes().split(b"\n") for path in luck.sample(paths, FILES)}
    names = list(files)
    often = [1 / (place + 1) for place in range(FILES)]  # as people do: a few files are edited all the time
    lines = [line for text in files.values() for line in text]
    yield _commit(0, names, files)
    for number in range(1, COMMITS):
        edited = list(dict.fromkeys(luck.choices(names, often, k=EDITED)))
        for name in edited:
            at = luck.randrange(len(files[name]))
            files[name][at : at + luck.randrange(4)] = luck.sample(lines, luck.randrange(1, 4))
        yield _commit(number, edited, files)


def _commit(number: int, names: list[str], files: dict[str, list[bytes]]) -> bytes:
    head = b"commit refs/heads/main\ncommitter A <a@index.example> %d +0000\ndata 1\nx\n" % (FIRST + number * 3600)
    changed = b""
    for name in names:
        data = b"\n".join(files[name])
        changed += b"M 100644 inline %b\ndata %d\n%b\n" % (name.encode(), len(data), data)
    return head + changed


if __name__ == "__main__":
    make(Path(sys.argv[1]), Path(sys.argv[2]))
