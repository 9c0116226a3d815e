"""Which Python files are a project's own packages, and which are there to test, document or build it."""

from __future__ import annotations

import re
from collections import Counter

from lockgate.inputs.files import display
from lockgate.model.record import Skip

_SUPPORT = frozenset(
    """
    bench benchmark benchmarks doc docs example examples sample samples test testing tests
    _vendor node_modules site-packages third_party vendor vendored
    """.split()  # noqa: SIM905 - words read better so
)
_TOOL = re.compile(r"(setup|noxfile|fabfile|tasks|dodo|conftest|.*/conftest|(.*/)?test_[^/]*|(.*/)?[^/]*_test)\.py")


def own_files(files: tuple[str, ...]) -> tuple[list[str], tuple[Skip, ...]]:
    """The Python files to lint, and what is left out.

    Where there is Python below src/, it is what is there; else it is all. Of either, folders and files that serve tests,
    documentation or examples, or that come from elsewhere, are left out. A project that has nothing else is linted whole.
    """
    python = [path for path in files if path.endswith(".py")]
    sources = [path for path in python if path.startswith("src/")] or python
    own = [path for path in sources if not _support(path)] or [path for path in sources if not _is_hidden(path)]
    chosen = set(own)
    left = Counter(_group(path) for path in python if path not in chosen)
    others = [Skip(display(name), _reason(count)) for name, count in sorted(left.items())]
    notebooks = [
        Skip(display(path), "a notebook: only Python files are linted") for path in files if _is_notebook(path)
    ]
    return own, (*others, *notebooks)


def _is_notebook(path: str) -> bool:
    return path.endswith(".ipynb") and not _is_hidden(path)


def _support(path: str) -> str:
    """The folder or file by which a path is not of the project's own packages, or nothing."""
    folders = path.split("/")[:-1]
    for depth, folder in enumerate(folders, start=1):
        if folder in _SUPPORT or folder.startswith("."):
            return "/".join(folders[:depth])
    return path if _TOOL.fullmatch(path) else ""


def _is_hidden(path: str) -> bool:
    return any(part.startswith(".") or part in ("site-packages", "node_modules") for part in path.split("/"))


def _group(path: str) -> str:
    """What a path that is left out is told under."""
    return _support(path) or path.partition("/")[0]


def _reason(count: int) -> str:
    return f"not of the project's own packages ({count} Python file{'s' if count > 1 else ''})"
