"""uv, which resolves requirements: never with code of a project or package, nor as a repository configures it."""

from __future__ import annotations

import os
import re
import shutil
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

from lockgate.engines import process
from lockgate.inputs.lockfiles import requirements
from lockgate.inputs.tree import Tree
from lockgate.model.errors import UnavailableError
from lockgate.model.package import Package

SECONDS = 300.0
SAID = 400  # characters of what uv says
QUIET = "--quiet"  # but for errors; twice it would be for these, too

_NOISE = re.compile(r"\x1b\[[0-9;]*m|[^\x20-\x7e]+")
_URL = re.compile(r"\S+://\S+")


def find() -> str:
    """The program. Raises UnavailableError where there is none."""
    try:
        from uv import find_uv_bin

        return str(find_uv_bin())
    except (ImportError, FileNotFoundError):
        found = shutil.which("uv")
    if not found:
        raise UnavailableError("uv is not installed; run: pip install uv")
    return found


def resolve(wanted: Iterable[str], *, offline: bool, needs: bool = True) -> tuple[Package, ...]:
    """All that an installer would take for the requirements, with hashes and ways; the first name of a way says nothing.

    What they need themselves is left out where no `needs` are asked for. Requirements are as in PEP 508. Raises UnavailableError, saying what uv says, where they can't be resolved by wheels.
    """
    with tempfile.TemporaryDirectory(prefix="lockgate-") as name:
        folder = Path(name)
        (folder / "requirements.in").write_text("".join(f"{line}\n" for line in wanted), encoding="utf-8")
        compiled = folder / "requirements.txt"
        run(
            "pip", "compile", "requirements.in", "--output-file", compiled.name, "--only-binary", ":all:", "--universal",
            "--generate-hashes", "--no-header", QUIET, "--python", sys.executable, *(["--offline"] if offline else []),
            *([] if needs else ["--no-deps"]), folder=folder,
        )  # fmt: skip
        (manifest,) = requirements.walked(Tree(folder), [compiled.name])
    if manifest.skipped:
        raise UnavailableError("uv's answer can't be understood; update lockgate")
    return manifest.packages


def requirement(package: Package, version: str = "") -> str:
    """What an entry requires by PEP 508, pinned to `version` where one is given."""
    extras = f"[{','.join(package.extras)}]" if package.extras else ""
    specifier = f"=={version}" if version else package.specifier or (package.version and f"=={package.version}")
    return f"{package.name}{extras}{specifier}{f' ; {package.marker}' if package.marker else ''}"


def lock(*arguments: str, folder: Path) -> None:
    """Have uv write the lock of the project in a folder, as its configuration files say but for what would run or write elsewhere.

    Its cache is the user's own, and builds fail: `--no-build` is not heeded where a project is editable, but no interpreter
    starts a build with such a home (that uv asks of itself it answers, because then it heeds no variable). Raises
    UnavailableError, saying what uv says, where there is no lock.
    """
    cache = run("cache", "dir", folder=folder).strip().rpartition("\n")[2]
    run("lock", *arguments, QUIET, "--no-build", "--cache-dir", cache, folder=folder, configured=True)


def run(*arguments: str, folder: Path, configured: bool = False) -> str:
    """Run uv in a folder and return what it says; only where it is `configured` it obeys the configuration files there.

    Raises UnavailableError, saying what it says, where it fails.
    """
    command = [
        find(),
        *arguments,
        *([] if configured else ["--no-config"]),
        "--no-progress",
        "--color",
        "never",
        "--no-python-downloads",
    ]
    environ = process.environment("VIRTUAL_ENV", "CONDA_PREFIX")
    if configured:
        environ["PYTHONHOME"] = os.devnull
    try:
        done = process.run(command, cwd=folder, env=environ, seconds=SECONDS, with_errors=True)
    except TimeoutError as error:
        raise UnavailableError(f"uv took {error}") from None
    if done.code:
        told = done.output.decode("utf-8", "replace").partition("[stderr]")[0]  # of a build
        said = " ".join(_NOISE.sub(" ", _URL.sub("a URL", told)).split())
        raise UnavailableError(f"uv failed: {said[:SAID] or f'exit code {done.code}'}")
    return done.output.decode("utf-8", "replace")
