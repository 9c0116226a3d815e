"""Git, called so that nothing that a repository's configuration names can run."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from lockgate.model.errors import UnavailableError

SECONDS = 120

# Command-line settings override every configuration file, also the ones that a hostile file includes.
_HARDENED = (
    "core.fsmonitor=false",
    f"core.hooksPath={os.devnull}",
    "core.pager=cat",
    "core.sshCommand=false",
    "core.askPass=",
    "credential.helper=",
    "diff.external=",
    "protocol.allow=never",
    "safe.directory=*",
)


def run(root: Path, *arguments: str, stdin: bytes | None = None) -> bytes:
    """The standard output of `git ARGUMENTS` in `root`.

    Raises UnavailableError where Git is missing, refuses or takes more than SECONDS.
    """
    command = ["git", "--no-pager", "--literal-pathspecs"]
    for setting in _HARDENED:
        command += ["-c", setting]
    environ = {key: value for key, value in os.environ.items() if key != "GIT_EXTERNAL_DIFF"}
    environ |= {"GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0", "GIT_NO_LAZY_FETCH": "1", "LC_ALL": "C"}
    try:
        done = subprocess.run(
            [*command, *arguments], cwd=root, env=environ, input=stdin or b"", capture_output=True, timeout=SECONDS
        )
    except FileNotFoundError:
        raise UnavailableError("git is not installed or not on PATH; install it") from None
    except subprocess.TimeoutExpired:
        raise UnavailableError(f"git {arguments[0]} took more than {SECONDS} s") from None
    if done.returncode:
        said = done.stderr.decode("utf-8", "replace").strip().splitlines()
        raise UnavailableError(f"git {arguments[0]} failed: {said[0] if said else f'exit {done.returncode}'}")
    return done.stdout


def is_repository(root: Path) -> bool:
    """Whether `root` is inside the working tree of a Git repository."""
    try:
        return run(root, "rev-parse", "--is-inside-work-tree").strip() == b"true"
    except UnavailableError:
        return False
