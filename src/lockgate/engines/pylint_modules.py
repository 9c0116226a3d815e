"""Has pylint lint each module in a process of its own, so that what it says of one does not depend on the others.

This runs inside of pylint's process, in the interpreter of a project, and imports nothing of ours. pylint's own check is
stopped where it has set everything up and read no module: there a child is forked for each, and goes on with that
one. So each starts from the same state, its time is bounded, a crash is one module's, and which files of the project
it had pylint read is known. pylint's caches would make the messages of a module depend on what was linted before it.
"""

# ruff: noqa: PTH100, PTH112, PTH123, PTH202, PTH208, SLF001
from __future__ import annotations

import contextlib
import gc
import json
import os
import select
import signal
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NoReturn

# Of the standard library, what nearly every module has astroid read: it is read once, by the parent of all.
AHEAD = """
    abc types enum collections collections.abc typing functools contextlib re io os dataclasses threading pathlib warnings
    operator
""".split()  # noqa: SIM905
_MOST_PARSED = 2**24  # characters of source whose trees are at hand: a tree takes some 50 bytes for each
_LARGEST_PARSED = 2**20
_PR_SET_PDEATHSIG = 1
_NO_MEMORY = 3  # exit code
_COLLECTED = 100_000  # objects; trees live as long as the child does, so that looking for garbage finds little


@contextlib.contextmanager
def each_by_itself(plan: dict[str, Any]) -> Iterator[None]:
    """Meanwhile pylint lints as `plan` says, and one line of JSON for each module goes to the file `plan["output"]`.

    plan: `tree` is the folder of all files and the current one, `only` the paths in it to lint, `processes` how many at once,
    `seconds` of processor time for each, `within` seconds for all. A line has `path`, and either `messages` and `needs` (the
    files that were read) or how it `broke`. Without `processes` all are linted together, as pylint does it: one line.
    """
    from astroid.builder import AstroidBuilder
    from astroid.exceptions import AstroidSyntaxError
    from astroid.manager import AstroidManager
    from pylint.lint.pylinter import PyLinter

    forks = _Forks(plan, _Trees(AstroidBuilder._data_build))
    check, get_asts, ast_from_file = PyLinter.check, PyLinter._get_asts, AstroidManager.ast_from_file

    def checked(linter: Any, files: Any) -> None:
        try:
            check(linter, files)
            if forks.child or not plan["processes"]:
                forks.tell([linter.reporter.serialize(message) for message in linter.reporter.messages])
        finally:
            if forks.child:
                os._exit(1)  # told or not, nothing of what the parent does goes on here

    def taken(linter: Any, items: Iterator[Any], *rest: Any) -> Any:
        if not plan["processes"]:
            return get_asts(linter, items, *rest)
        item = forks.start(list(items), linter.reporter.messages)
        return get_asts(linter, iter([item]), *rest) if item else {}

    def from_file(manager: Any, filepath: str, *rest: Any, **named: Any) -> Any:
        forks.needs.add(os.path.abspath(filepath))
        return ast_from_file(manager, filepath, *rest, **named)

    def built(builder: Any, data: str, modname: str, path: str | None) -> Any:
        try:
            return forks.trees.build(builder, data, modname, path)
        except AstroidSyntaxError as error:
            if forks.child and isinstance(error.error, MemoryError):
                os._exit(_NO_MEMORY)  # pylint would tell it as a mistake in the code
            raise

    with (
        _replaced(PyLinter, "check", checked), _replaced(PyLinter, "_get_asts", taken),
        _replaced(AstroidManager, "ast_from_file", from_file), _replaced(AstroidBuilder, "_data_build", built),
    ):  # fmt: skip
        yield


@contextlib.contextmanager
def _replaced(owner: type, name: str, ours: Callable[..., Any]) -> Iterator[None]:
    original = getattr(owner, name)
    setattr(owner, name, ours)
    try:
        yield
    finally:
        setattr(owner, name, original)


class _Trees:
    """Trees of files that several modules ask for, parsed before the forks.

    They are as the parser made them, nothing was asked of them and they are in no cache of astroid's: what a child makes of
    one is what it would make of its own.
    """

    def __init__(self, build: Callable[..., Any]) -> None:
        self._build = build
        self._ready: dict[tuple[str, str], tuple[str, Any]] = {}
        self._asked: Counter[tuple[str, str]] = Counter()
        self._size = 0
        self.built: list[tuple[str, str]] = []  # by this process

    def build(self, builder: Any, data: str, modname: str, path: str | None) -> Any:
        """The tree of a module, and what built it."""
        known, tree = self._ready.pop((modname, path or ""), ("", None))
        if tree is None or known != data:
            tree = self._build(builder, data, modname, path)
        if path:
            self.built.append((modname, path))
        return tree

    def prepare(self, built: Iterable[tuple[str, str]]) -> None:
        """Parse those of the modules that a child has `built` that another one had built before."""
        for modname, path in built:
            self._asked[modname, path] += 1
            if self._asked[modname, path] == 2 and self._size < _MOST_PARSED:  # noqa: PLR2004 - the second time
                with contextlib.suppress(Exception):  # whatever it is, the children parse for themselves
                    self._parse(modname, path)

    def _parse(self, modname: str, path: str) -> None:
        from astroid.builder import AstroidBuilder, open_source_file
        from astroid.manager import AstroidManager

        stream, _, data = open_source_file(path)
        with stream:
            if len(data) <= _LARGEST_PARSED:
                self._ready[modname, path] = data, self._build(AstroidBuilder(AstroidManager()), data, modname, path)
                self._size += len(data)


class _Forks:
    """The children of a run; in a child, what it is to tell."""

    def __init__(self, plan: dict[str, Any], trees: _Trees) -> None:
        self._plan = plan
        self.trees = trees
        self.needs: set[str] = set()
        self.child = ""  # the path that this process lints
        self._pipe = -1
        self._running: dict[int, tuple[int, str]] = {}  # by the pipe that a child answers in: its number and path

    def start(self, items: list[Any], said: list[Any]) -> Any:
        """Lint the items, each in a child. In a child it returns that item, and in the parent nothing when all are done.

        said: what pylint has said before, which is of options and no module. Raises RuntimeError where it can't go on.
        """
        if any(message.category == "fatal" for message in said):
            raise RuntimeError
        said.clear()
        wanted = frozenset(self._plan["only"])
        # The largest first: no process is left to work alone on one of them in the end.
        todo = sorted((item for item in items if item.filepath in wanted), key=_size)
        total = len(todo)
        until = time.monotonic() + self._plan["within"]
        gc.disable()
        _read_ahead(self._plan["tree"])
        lines = []
        while (todo or self._running) and time.monotonic() < until:
            while todo and len(self._running) < self._plan["processes"]:
                item = todo.pop()
                if not self._fork(item.filepath):
                    return item
            for path, line in self._answers(until):
                lines.append(line)
                print(f"{path} ({len(lines)} of {total})", flush=True)  # noqa: T201 - it is what pylint prints
        late = (*self._stopped(), *(item.filepath for item in todo))
        self._write([*lines, *(json.dumps({"path": path, "broke": "late"}) for path in late)])
        return None

    def tell(self, messages: list[Any]) -> None:
        """Tell what pylint says, and end where this is a child."""
        tree = self._plan["tree"] + os.sep
        needs = sorted(path.removeprefix(tree) for path in self.needs if path.startswith(tree))
        answer = {"path": self.child, "messages": messages, "needs": needs, "built": self.trees.built}
        if not self.child:
            self._write([json.dumps(answer)])
            return
        with os.fdopen(self._pipe, "wb") as pipe:
            pipe.write(json.dumps(answer).encode())
        os._exit(0)

    def _write(self, lines: list[str]) -> None:
        with open(self._plan["output"], "w", encoding="utf-8") as output:
            output.writelines(f"{line}\n" for line in lines)

    def _fork(self, path: str) -> int:
        """The number of a new child; 0 in it."""
        gc.freeze()  # or the first collection in the child would copy all pages
        sys.stdout.flush()
        reader, writer = os.pipe()
        number = os.fork()
        if number:
            os.close(writer)
            self._running[reader] = number, path
            return number
        os.close(reader)
        self.child, self._pipe = path, writer
        self.needs.clear()
        self.trees.built.clear()
        _bound(self._plan["seconds"])
        return 0

    def _answers(self, until: float) -> Iterator[tuple[str, str]]:
        """The paths of the children that end next, each with its line."""
        ready, _, _ = select.select(list(self._running), [], [], max(0.0, until - time.monotonic()))
        for reader in ready:
            number, path = self._running.pop(reader)
            with os.fdopen(reader, "rb") as pipe:
                said = pipe.read()
            code = os.waitstatus_to_exitcode(os.waitpid(number, 0)[1])
            if code:
                yield path, json.dumps({"path": path, "broke": _how(code)})
                continue
            answer = json.loads(said)
            self.trees.prepare(map(tuple, answer.pop("built")))
            yield path, json.dumps(answer)

    def _stopped(self) -> list[str]:
        """The paths of the children that still run, which are ended."""
        for number, _ in self._running.values():
            os.kill(number, signal.SIGKILL)
            os.waitpid(number, 0)
        return [path for _, path in self._running.values()]


def end_with_parent() -> None:
    """End this process when its standard input ends, which is when whoever started it is gone."""

    def wait() -> NoReturn:
        while os.read(0, 1):
            pass
        os._exit(1)

    threading.Thread(target=wait, daemon=True).start()


def _read_ahead(tree: str) -> None:
    """Have astroid read what most modules need, unless the project has modules of such names.

    What these are depends on nothing but the names in the project's folders, so it is the same in every run.
    """
    from astroid.manager import AstroidManager

    own = (folder for folder in sys.path if f"{os.path.abspath(folder)}{os.sep}".startswith(tree + os.sep))
    names = {name.partition(".")[0] for folder in own if os.path.isdir(folder) for name in os.listdir(folder)}
    if names.isdisjoint(sys.stdlib_module_names):
        for name in AHEAD:
            with contextlib.suppress(Exception):  # then each module meets the same
                AstroidManager().ast_from_module_name(name)


def _bound(seconds: int) -> None:
    """Set up a child: its processor time is bounded, it prints nothing, and it ends with its parent."""
    import resource

    hard = resource.getrlimit(resource.RLIMIT_CPU)[1]
    most = seconds if hard == resource.RLIM_INFINITY else min(seconds, hard)
    resource.setrlimit(resource.RLIMIT_CPU, (most, hard))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    signal.signal(signal.SIGXCPU, signal.SIG_DFL)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    end_with_parent()
    with contextlib.suppress(ImportError, OSError, AttributeError):
        import ctypes

        # Of Linux: for as long as a regular expression is matched no thread of ours runs.
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    gc.set_threshold(_COLLECTED, 20, 100)
    gc.enable()


def _how(code: int) -> str:
    if code == -signal.SIGXCPU:
        return "time"
    if code == _NO_MEMORY:
        return "memory"
    return f"signal {-code}" if code < 0 else f"exit code {code}"


def _size(item: Any) -> int:
    try:
        return os.path.getsize(item.filepath)
    except OSError:
        return 0
