# /// script
# dependencies = ["nox[uv]==2026.10.20"]
# ///
"""The project's sessions; `nox --list` tells them."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import nox

# lockgate is its own first user, from its source: its sessions need Nox and the standard library only.
sys.path.insert(0, str(Path(__file__).parent / "src"))

import lockgate.sessions

nox.needs_version = ">=2026.10"
nox.options.default_venv_backend = "uv|virtualenv"
nox.options.reuse_existing_virtualenvs = True
nox.options.sessions = ["gate", "tests", "types", "style"]

EDITABLE = ("--no-deps", "--no-build-isolation", "--editable", ".")

lockgate.sessions.register(install=(("-r", "requirements/lockgate.txt"), EDITABLE), lint_install=())


@nox.session(default=False)
def tests(session: nox.Session) -> None:
    """Pass the tests; arguments behind -- go to pytest."""
    session.install("-r", "requirements/tests.txt")
    session.install(*EDITABLE)
    session.run("pytest", *(session.posargs or ("-n", "auto")))


@nox.session(default=False)
def hooks(session: nox.Session) -> None:
    """Test the hooks as pre-commit and prek install them."""
    session.install("-r", "requirements/tests.txt")
    session.install(*EDITABLE)
    session.run("pytest", "-m", "installs", *session.posargs)


@nox.session(default=False)
def differential(session: nox.Session) -> None:
    """Compare with what the engines find by themselves, and the matching of advisories with a plain reference.

    The secrets engines look into generated files and into the DIRECTORIES behind --; advisories are those of the OSV zip
    that LOCKGATE_ADVISORIES names. Real packages, of the index that pip asks, are linted after random edits.
    """
    session.install("-r", "requirements/tests.txt")
    session.install(*EDITABLE)
    trees = [str(Path(tree).absolute()) for tree in session.posargs]
    environ = {
        "LOCKGATE_DIFFERENTIAL_FILES": "5000",
        "LOCKGATE_DIFFERENTIAL_OPTIONS": "60",
        "LOCKGATE_DIFFERENTIAL_PACKAGES": "all",
        "LOCKGATE_DIFFERENTIAL_PINS": "7000",
        "LOCKGATE_DIFFERENTIAL_SDISTS": "12",
        "LOCKGATE_DIFFERENTIAL_TREES": os.pathsep.join(trees),
    }
    files = (
        "tests/secrets/test_prefilter.py",
        "tests/secrets/test_stand_in.py",
        "tests/audit/test_advisory_published.py",
        "tests/audit/test_pip_audit_compared.py",
        "tests/lint/test_lint_packages.py",
    )
    session.run("pytest", "-n", "auto", *files, env=environ)


@nox.session(default=False)
def types(session: nox.Session) -> None:
    """Check the types."""
    session.install("-r", "requirements/types.txt")
    session.run("mypy")


@nox.session(default=False)
def style(session: nox.Session) -> None:
    """Check style and formatting; `-- --fix` mends what can be mended."""
    session.install("-r", "requirements/style.txt")
    session.run("ruff", "check", *session.posargs)
    session.run("ruff", "format", *([] if "--fix" in session.posargs else ["--check"]))


@nox.session(default=False)
def docs(session: nox.Session) -> None:
    """Write the generated pages anew; `-- --check` only tells whether they are stale."""
    session.install("-r", "requirements/lockgate.txt")
    session.install(*EDITABLE)
    session.run("python", "docs/generate.py", *session.posargs)


@nox.session(name="lint-peers", default=False)
def lint_peers(session: nox.Session) -> None:
    """Compare lockgate.lint with bandit and ruff in docs/lint.md; `-- --check` only tells whether that is stale."""
    session.install("-r", "requirements/tests.txt")
    session.install(*EDITABLE)
    session.run("python", "docs/lint_peers.py", *session.posargs)


@nox.session(default=False)
def bench(session: nox.Session) -> None:
    """Time the gate and its peers; arguments behind -- go to bench/run.py."""
    session.install("-r", "requirements/bench.txt")
    session.install(*EDITABLE)
    session.run("python", "bench/run.py", *session.posargs)


@nox.session(name="bench-lint", default=False)
def bench_lint(session: nox.Session) -> None:
    """Time the lint check and pylint; folders behind -- are linted in place of a generated project."""
    session.install("-r", "requirements/bench.txt")
    session.install(*EDITABLE)
    session.run("python", "bench/lint.py", *session.posargs)


@nox.session(name="bench-audit", default=False)
def bench_audit(session: nox.Session) -> None:
    """Time the audit and its peers; LOCKGATE_ADVISORIES names OSV's zip, arguments behind -- go to bench/audit.py."""
    session.install("-r", "requirements/bench.txt")
    session.install(*EDITABLE)
    session.run("python", "bench/audit.py", *session.posargs)


@nox.session(default=False)
def lock(session: nox.Session) -> None:
    """Compile requirements/*.txt from pyproject.toml; `-- --upgrade` takes the newest versions."""
    session.install("-r", "requirements/lock.txt")
    for name, groups in LOCKS.items():
        chosen = [argument for group in groups for argument in ("--group", group)]
        session.run(
            "uv", "pip", "compile", "--universal", "--generate-hashes", "--no-emit-index-url", "--quiet",
            "--no-annotate", "--custom-compile-command", "nox -s lock", "--python-version", "3.11",
            *(("pyproject.toml", *chosen) if name in PROJECT_LOCKS else chosen),
            "--output-file", f"requirements/{name}.txt", *session.posargs,
        )  # fmt: skip


LOCKS = {
    "lockgate": ("build",),
    "tests": ("build", "tests"),
    "types": ("types",),
    "style": ("style",),
    "bench": ("build", "bench"),
    "lock": ("lock",),
    "nox": ("nox",),
}
PROJECT_LOCKS = ("lockgate", "tests", "types", "bench")
