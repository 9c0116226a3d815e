"""Nox sessions that chain the checks into one verdict.

    import lockgate.sessions
    lockgate.sessions.register()

gives a noxfile the sessions `secrets`, `audit`, `pins`, `lint` and `gate`. Each check leaves a record in `.lockgate/` and
never fails because of what it found; `gate` needs a record of this run from every check and alone decides. No session
has an environment of Nox's making: one that can't be made must not stop the gate from reporting it.

This module imports Nox and the standard library only.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sys
import uuid
from collections.abc import Iterable, Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import nox
import nox.registry
from nox.command import CommandFailed

FOLDER = Path(".lockgate")
RUN = FOLDER / "run.json"
SARIF = FOLDER / "lockgate.sarif"
JSON = FOLDER / "lockgate.json"
CHECKS = ("secrets", "audit", "pins", "lint")

Install = Sequence[Sequence[str]]
_DECIDED = (0, 1, 3)


def register(
    *,
    checks: Sequence[str] = CHECKS,
    install: Install = (),
    lint_install: Install | None = None,
    lint_python: str = "",
    options: Sequence[str] = (),
    prefix: str = "",
) -> None:
    """Register the sessions. Raises ValueError for an unknown check, or where a session of one of the names is there.

    checks: the checks that the gate needs.
    install: the arguments of each `pip install` that puts lockgate into an environment of its own; without any, it is
    the lockgate of the interpreter that runs Nox (the noxfile's PEP 723 block names it).
    lint_install: the same for the environment in which pylint runs. By default it gets the project and lockgate's
    version of pylint; empty, pylint runs in lockgate's own environment.
    lint_python: the interpreter that this environment is made with, by version or path; by default Nox's own.
    options: options for `lockgate check` and `lockgate gate`, such as `--offline`; what stands behind `--` on Nox's
    command line is added to them.
    prefix: what every session's name begins with, such as `lockgate-` where the noxfile has a `lint` of its own.
    """
    names = {name: f"{prefix}{name}" for name in (*checks, "gate")} | {"start": f"{prefix or 'lockgate-'}start"}
    _check_names(checks, names.values())

    @nox.session(name=names["start"], venv_backend="none", default=False)
    def start(session: nox.Session) -> None:
        """Mark the run, and install lockgate where the noxfile asks for it."""
        _start(session, install)

    for name in checks:
        needs_environment = name == "lint" and lint_install != ()
        _register_check(name, names, options, (lint_install, lint_python) if needs_environment else None)

    @nox.session(
        name=names["gate"],
        venv_backend="none",
        default=False,
        requires=[names["start"], *(names[name] for name in checks)],
    )
    def gate(session: nox.Session) -> None:
        """Decide on the records of this run, and write the SARIF and JSON reports."""
        if nox.registry.get()[names["start"]] is not start:
            session.error(f"the noxfile has another session named {names['start']!r}, so no run has begun; rename it")
        reports = ("--checks", ",".join(checks), "--sarif", str(SARIF), "--json", str(JSON))
        run = _run(session)
        RUN.unlink()  # so that no later gate decides on the records of this run
        try:
            ran = _lockgate(session, run, "gate", "--records", str(FOLDER), *reports, *options, *session.posargs)
        finally:
            if SARIF.exists():
                session.log(f"reports: {SARIF} and {JSON}")
        if not ran:
            session.skip("nothing was decided, because Nox was told to install only")
        if not (SARIF.exists() or JSON.exists()):
            session.error(f"nothing was decided: lockgate wrote no report into {FOLDER}")


def _check_names(checks: Sequence[str], names: Iterable[str]) -> None:
    unknown = [name for name in checks if name not in CHECKS]
    if unknown:
        raise ValueError(f"lockgate has no check named {unknown[0]!r}; it has {', '.join(CHECKS)}")
    taken = [name for name in names if name in nox.registry.get()]
    if taken:
        raise ValueError(
            f"the noxfile has a session named {taken[0]!r} already; "
            'rename it, or call lockgate.sessions.register(prefix="lockgate-")'
        )


def _register_check(
    name: str,
    names: Mapping[str, str],
    options: Sequence[str],
    environment: tuple[Install | None, str] | None,
) -> None:
    @nox.session(name=names[name], venv_backend="none", default=False, requires=[names["start"]], allow_parallel=True)
    def check(session: nox.Session) -> None:
        run = _run(session)
        record = FOLDER / f"{name}.json"
        record.unlink(missing_ok=True)
        try:
            python = ["--python", _lint_python(session, *environment)] if environment else []
            arguments = (name, "--record", str(record), "--no-progress", *python, *options, *session.posargs)
            _lockgate(session, run, "check", *arguments, success_codes=_DECIDED)
        except CommandFailed as error:
            # To fail here would keep the gate from running: it sees that the record is missing.
            session.warn(f"{name} left no record: {error}")

    check.__doc__ = f"Leave a record of the {name} check."


def _start(session: nox.Session, install: Install) -> None:
    if FOLDER.is_symlink():
        FOLDER.unlink()  # it could lead anywhere
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir()
    (FOLDER / ".gitignore").write_text("*\n", encoding="utf-8")
    python = _environment(session, "lockgate", "", install) if install else sys.executable
    RUN.write_text(json.dumps({"run": str(uuid.uuid4()), "python": python}), encoding="utf-8")


def _run(session: nox.Session) -> dict[str, str]:
    if not RUN.exists():
        session.error("no run has begun: let Nox run the sessions that this one requires")
    run: dict[str, str] = json.loads(RUN.read_text(encoding="utf-8"))
    return run


def _lockgate(session: nox.Session, run: dict[str, str], *arguments: str, success_codes: Sequence[int] = (0,)) -> bool:
    """Whether lockgate was run: with `--install-only` it is not."""
    # -P: no module of the scanned directory is imported.
    command = (run["python"], "-P", "-m", "lockgate", *arguments, "--run", run["run"])
    # Stopped, it needs a moment to take its processes and temporary files with it.
    ran = session.run(*command, external=True, success_codes=success_codes, interrupt_timeout=5, terminate_timeout=5)
    return ran is not None


def _lint_python(session: nox.Session, install: Install | None, python: str) -> str:
    if install is None:
        install = [[f"pylint=={version('pylint')}" if _has_pylint() else "pylint"]]
        if Path("pyproject.toml").exists() or Path("setup.py").exists():
            install = [*install, ["."]]
    return _environment(session, "lint", python, install)


def _has_pylint() -> bool:
    try:
        return bool(version("pylint"))
    except PackageNotFoundError:
        return False


def _environment(session: nox.Session, name: str, python: str, install: Install) -> str:
    """The interpreter of the environment NAME, made and filled if it is not yet as `install` says."""
    folder = Path(session.cache_dir).resolve() / f"lockgate-{name}"
    interpreter = str(folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python"))
    uv = _uv()
    stamp = folder / "lockgate-installed"
    wanted = _stamp(python, install)
    if stamp.exists() and stamp.read_text(encoding="utf-8") == wanted:
        return interpreter
    base = python or sys.executable
    make = (
        (uv, "venv", "--quiet", "--clear", "--python", base)
        if uv
        else (sys.executable, "-m", "virtualenv", "--quiet", "--clear", "--python", base)
    )
    session.run_install(*make, str(folder), external=True)
    for arguments in install:
        pip = (
            (uv, "pip", "install", "--quiet", "--python", interpreter)
            if uv
            else (interpreter, "-m", "pip", "install", "--quiet")
        )
        session.run_install(*pip, *arguments, external=True)
    stamp.write_text(wanted, encoding="utf-8")
    return interpreter


def _uv() -> str:
    beside = Path(sys.executable).with_name("uv.exe" if os.name == "nt" else "uv")
    return str(beside) if beside.exists() else shutil.which("uv") or ""


def _stamp(python: str, install: Install) -> str:
    """What the environment depends on: the arguments, the files among them, and the project's own metadata."""
    digest = hashlib.sha256(json.dumps([sys.version, python, [list(arguments) for arguments in install]]).encode())
    for name in ("pyproject.toml", "setup.py", "setup.cfg", *(part for arguments in install for part in arguments)):
        if Path(name).is_file():
            digest.update(Path(name).read_bytes())
    return digest.hexdigest()
