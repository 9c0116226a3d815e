"""Git, called so that nothing that a repository's configuration names can run."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

from lockgate.inputs.files import display
from lockgate.model.errors import UnavailableError
from lockgate.model.report import Revision

SECONDS = 120
_BRANCHES = "refs/heads/"
MISSING = "git is not installed or not on PATH; install it"

# Command-line settings override every configuration file, also the ones that a hostile file includes.
_HARDENED = (
    "core.fsmonitor=false",
    f"core.hooksPath={os.devnull}",
    "core.pager=cat",
    "core.sshCommand=false",
    "core.askPass=",
    "credential.helper=",
    "diff.external=",
    "safe.directory=*",
)
_COMMAND = ["git", "--no-pager", "--literal-pathspecs", *(word for setting in _HARDENED for word in ("-c", setting))]


# A Git hook sets these; they would make Git speak of another repository than the one that is scanned.
_OF_CALLER = frozenset(
    {
        "GIT_ALTERNATE_OBJECT_DIRECTORIES",
        "GIT_COMMON_DIR",
        "GIT_DIR",
        "GIT_EXTERNAL_DIFF",
        "GIT_INDEX_FILE",
        "GIT_NAMESPACE",
        "GIT_OBJECT_DIRECTORY",
        "GIT_PREFIX",
        "GIT_WORK_TREE",
    }
)

# No object is fetched that the repository lacks; GIT_ALLOW_PROTOCOL overrides what any configuration allows. What was
# committed is read as it was, and not as grafts (from a file that can't be there) and replacements have it.
_SET = {
    "GIT_ALLOW_PROTOCOL": "none",
    "GIT_GRAFT_FILE": f"{os.devnull}/none",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
    "LC_ALL": "C",
}


def command(*arguments: str) -> list[str]:
    """The words of `git ARGUMENTS`, with nothing in force that would run a program or ask for a password."""
    return [*_COMMAND, *arguments]


def _environ(*, of_hook: bool = False) -> dict[str, str]:
    left_out = {"GIT_EXTERNAL_DIFF"} if of_hook else _OF_CALLER
    environ = {key: value for key, value in os.environ.items() if key not in left_out}
    return environ | _SET


def run(root: Path, *arguments: str, of_hook: bool = False) -> bytes:
    """The standard output of `git ARGUMENTS` in `root`; as `call`."""
    return call(root, *arguments, of_hook=of_hook).stdout


def call(
    root: Path, *arguments: str, of_hook: bool = False, seconds: float | None = None
) -> subprocess.CompletedProcess[bytes]:
    """The outcome of `git ARGUMENTS` in `root`.

    of_hook: use the index that the Git hook which called us works on, which need not be the repository's own.
    Raises UnavailableError where Git is missing, refuses or takes more than `seconds`, by default SECONDS.
    """
    seconds = SECONDS if seconds is None else seconds
    try:
        done = subprocess.run(
            command(*arguments),
            cwd=root,
            env=_environ(of_hook=of_hook),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=seconds,
            check=False,
        )
    except FileNotFoundError:
        raise UnavailableError(MISSING) from None
    except subprocess.TimeoutExpired:
        raise UnavailableError(f"git {arguments[0]} took more than {seconds:g} s") from None
    if done.returncode:
        said = done.stderr.decode("utf-8", "replace").strip().splitlines()
        raise UnavailableError(f"git {arguments[0]} failed: {said[0] if said else f'exit {done.returncode}'}")
    return done


def start(root: Path, *arguments: str, of_hook: bool = False) -> subprocess.Popen[bytes]:
    """A `git ARGUMENTS` in `root` that runs on, with pipes to write to and to read from. As `call`."""
    try:
        return subprocess.Popen(
            command(*arguments), cwd=root, env=_environ(of_hook=of_hook),
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        )  # fmt: skip
    except FileNotFoundError:
        raise UnavailableError(MISSING) from None


def is_repository(root: Path) -> bool:
    """Whether `root` is inside the working tree of a Git repository.

    Raises UnavailableError for a bare repository and the inside of `.git`: there is nothing to scan that Git could list.
    """
    if _is_outside(root):
        return False
    said = _ask(root, "rev-parse", "--is-inside-work-tree", "--is-bare-repository", "--is-inside-git-dir").split()
    if "true" in said[1:]:
        raise UnavailableError(f"{root} is a bare repository or a .git directory; clone it and scan the clone")
    return said[:1] == ["true"]


def prefix(root: Path) -> str:
    """Where `root` is below the top of its working tree, as reports show it, with a slash at the end; empty at the top."""
    return display(raw_prefix(root))


def raw_prefix(root: Path) -> str:
    """The same as the file system spells it."""
    try:
        return os.fsdecode(run(root, "rev-parse", "--show-prefix").removesuffix(b"\n"))
    except UnavailableError:
        return ""


def below(root: Path) -> str:
    """Where `root` is below the directory that holds `.git`, with a slash at the end; where there is none, as Git has it.

    A repository may name any directory as its working tree, and then nothing that was committed would be below `root`.
    """
    for folder in (root, *root.parents):
        if os.path.lexists(folder / ".git"):
            return f"{root.relative_to(folder)}/" if folder != root else ""
    return raw_prefix(root)


def top(root: Path) -> Path | None:
    """The directory of the working tree that `root` is in, None where it is in none."""
    said = "" if _is_outside(root) else _ask(root, "rev-parse", "--show-toplevel")
    return Path(said).resolve() if said else None


def head(root: Path) -> str:
    """The commit that is checked out; empty where there is none."""
    return _ask(root, "rev-parse", "--verify", "--quiet", "HEAD")


def revision(root: Path) -> Revision:
    """Where the tree comes from, as far as Git tells; what it does not tell is empty."""
    if _is_outside(root):
        return Revision()
    # One call for what is nearly always there. Where there is no commit yet, or none of its name, each is asked for alone.
    said = _ask(root, "rev-parse", "HEAD", "--symbolic-full-name", "HEAD").split("\n")
    on_branch = len(said) == 2 and said[1].startswith(_BRANCHES)  # noqa: PLR2004 - a line for each
    return Revision(
        uri=_web_address(_ask(root, "config", "--get", "remote.origin.url")),
        commit=said[0] if on_branch else head(root),
        branch=said[1].removeprefix(_BRANCHES)
        if on_branch
        else _ask(root, "symbolic-ref", "--short", "--quiet", "HEAD"),
        prefix=_reported_prefix(root),
    )


def _is_outside(root: Path) -> bool:
    """Whether no directory from here up can be a repository or the working tree of one, so that Git need not be asked."""
    return not any(
        os.path.lexists(folder / ".git") or os.path.lexists(folder / "HEAD") for folder in (root, *root.parents)
    )


def _reported_prefix(root: Path) -> str:
    if os.path.lexists(root / ".git"):
        return ""
    below = prefix(root)
    top = root.joinpath(*[".."] * below.count("/"))
    # A repository may name any directory as its working tree; one that is not there is no place for a report.
    return below if (top / ".git").exists() else ""


def _ask(root: Path, *arguments: str) -> str:
    try:
        return run(root, *arguments).decode("utf-8", "replace").strip()
    except UnavailableError:
        return ""


def _web_address(remote: str) -> str:
    """The address of a remote in a browser, without user, password and query.

    Empty for a remote that is no host's, and where an `@` in the path may be the end of a password.
    """
    from urllib.parse import urlsplit

    scheme = "https"
    scp_like = re.fullmatch(r"(?:[^@/\s]+@)?([\w.-]+):(?!/)(\S+)", remote)
    if scp_like:
        host, path = scp_like.groups()
    else:
        try:
            parts = urlsplit(remote)
            host, port, path = parts.hostname or "", parts.port, parts.path
        except ValueError:
            return ""
        if parts.scheme not in ("https", "http", "ssh", "git"):
            return ""
        if parts.scheme in ("https", "http"):
            scheme = parts.scheme
            host = f"{host}:{port}" if host and port else host
    path = re.split("[?#]", path, maxsplit=1)[0].strip("/").removesuffix(".git")
    return f"{scheme}://{host}/{path}" if host and path and "@" not in path else ""
