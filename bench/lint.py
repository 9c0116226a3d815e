"""What the lint check costs: a full run, a second one, and one after a file changed, beside pylint itself.

    python bench/lint.py [FOLDER ...]

Without folders it is over a generated project of 300 modules. Each figure is the median of RUNS runs of whole processes; ratios are to the
full run. Every run has a cache directory of its own.
"""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

RUNS = 3
MODULES = 300
PACKAGES = 15


def main() -> None:
    """Measure each folder."""
    with tempfile.TemporaryDirectory() as private:
        for number, source in enumerate(sys.argv[1:] or [""]):
            root = Path(private) / str(number)
            if source:
                shutil.copytree(source, root / Path(source).name, ignore=shutil.ignore_patterns("__pycache__", "*.so"))
            else:
                generate(root)
            measure(source or f"{MODULES} generated modules", root, Path(private) / f"cache{number}")


def measure(name: str, root: Path, cache: Path) -> None:
    """Print the table of one project."""
    files = sorted(root.rglob("*.py"))
    leaf, middle = min(files, key=lambda file: (named(file, files), file)), middling(files)
    print(f"\n{name}: {len(files)} modules, {os.cpu_count()} processors, medians of {RUNS}")
    warm = cache.with_name(f"{cache.name}-warm")
    warm.mkdir()
    (warm / "own.py").write_text("eval('1')\n", encoding="utf-8")
    lint(warm, cache)  # what is made once for a machine is in the cache
    full = tell(
        "full run",
        [lint(root, cache, lambda: shutil.rmtree(cache / "lockgate/lint", ignore_errors=True)) for _ in range(RUNS)],
    )
    tell("second run", [lint(root, cache) for _ in range(RUNS)], full)
    for what, file in (
        ("a leaf changed", leaf),
        (f"a middle module changed ({named(file=middle, files=files)} name it)", middle),
    ):
        tell(what, [lint(root, cache, lambda file=file: touch(file)) for _ in range(RUNS)], full)
    nothing = [timed([sys.executable, "-P", "-m", "lockgate", "--version"], root, cache) for _ in range(RUNS)]
    tell("lockgate --version", nothing, full)
    for jobs in (1, 2):
        command = [
            sys.executable,
            "-m",
            "pylint",
            f"--jobs={jobs}",
            "--disable=R,C",
            "--load-plugins=lockgate.lint",
            "--persistent=n",
        ]
        tell(f"pylint --jobs={jobs}", [timed([*command, *map(str, files)], root, cache) for _ in range(RUNS)], full)


def lint(root: Path, cache: Path, before: Callable[[], None] = lambda: None) -> tuple[float, float]:
    """Seconds of one run of the check, and those of the processors."""
    before()
    return timed([sys.executable, "-P", "-m", "lockgate", "check", "lint", "--offline", str(root)], root, cache)


def timed(command: list[str], root: Path, cache: Path) -> tuple[float, float]:
    """Seconds of a process, and those of the processors."""
    cache.mkdir(exist_ok=True)
    start, used = time.perf_counter(), children()
    subprocess.run(
        command, cwd=root, env={**os.environ, "XDG_CACHE_HOME": str(cache)}, check=False, capture_output=True
    )
    return time.perf_counter() - start, children() - used


def children() -> float:
    """Seconds of processor time of all that has ended."""
    times = os.times()
    return times.children_user + times.children_system


def tell(what: str, runs: list[tuple[float, float]], full: float = 0.0) -> float:
    """Print the medians; those of wall time."""
    seconds, used = (statistics.median(each) for each in zip(*runs, strict=True))
    ratio = f"{seconds / full:8.3f}" if full else ""
    print(f"  {what:45} {seconds:8.2f} s {used:8.2f} s of processors {ratio}", flush=True)
    return seconds


def touch(file: Path) -> None:
    """Change a module."""
    file.write_text(
        f"{file.read_text(encoding='utf-8')}\n\ndef changed_{time.time_ns()}():\n    return 1\n", encoding="utf-8"
    )


def named(file: Path, files: list[Path]) -> int:
    """How many other modules name this one."""
    word = file.parent.name if file.stem == "__init__" else file.stem
    return sum(
        1 for other in files if other != file and f" {word}" in other.read_text(encoding="utf-8").replace(".", " ")
    )


def middling(files: list[Path]) -> Path:
    """The module that as many others name as name the median of those that any names."""
    counted = sorted((named(file, files), file) for file in files if file.stem != "__init__")
    used = [each for each in counted if each[0]]
    return (used or counted)[len(used) // 2][1]


def generate(root: Path) -> None:
    """A project in layers: each module takes classes and functions from the two before it in its package, and from a shared one."""
    for number in range(MODULES - PACKAGES - 1):
        package, place = number % PACKAGES, number // PACKAGES
        folder = root / "src" / "app" / f"part{package:02}"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "__init__.py").touch()
        before = [f"from app.part{package:02} import module{place - back:02}" for back in (1, 2) if place >= back]
        base = f"module{place - 1:02}.Thing" if place else "Shared"
        functions = "".join(
            f"\n\ndef function{each}(one, two=None):\n    values = [one + {each}, two]\n    for value in values:\n"
            f"        if value is None:\n            logging.info('%s', value)\n    return json.dumps(values)\n"
            for each in range(12)
        )
        lines = ["import json", "import logging", "", "from app.shared import Shared", *before, "", ""]
        thing = (
            f"class Thing({base}):\n    def __init__(self, name):\n        super().__init__(name)\n        self.own = name\n\n"
            f"    def run(self, one):\n        return function1(one) + self.name\n"
        )
        (folder / f"module{place:02}.py").write_text("\n".join(lines) + thing + functions, encoding="utf-8")
    (root / "src/app/__init__.py").touch()
    shared = "class Shared:\n    def __init__(self, name):\n        self.name = name\n"
    (root / "src/app/shared.py").write_text(shared, encoding="utf-8")


if __name__ == "__main__":
    main()
