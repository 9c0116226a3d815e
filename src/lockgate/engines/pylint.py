"""pylint, run in the interpreter of a project: https://pylint.readthedocs.io.

pylint is a program to us: we start it, give it copies of the files and read its JSON. What a hostile project could make
it run is kept from it by `pylint_guard` (imports) and `pylint_config` (options).
"""

from __future__ import annotations

import json
import os
import posixpath
import re
import shutil
import sys
import tempfile
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from glob import escape
from pathlib import Path

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from lockgate.engines import process
from lockgate.engines.mirror import mirror
from lockgate.engines.pylint_config import Configuration
from lockgate.model.errors import UnavailableError
from lockgate.model.record import Engine
from lockgate.model.rule import Rule

OLDEST = 4  # major version
MEMORY = 2**32  # bytes of address space
SECONDS = 120
SECONDS_A_FILE = 3
MOST_SECONDS = 3600
SECONDS_A_MODULE = 60  # of processor time
_GRACE = 60  # seconds for what comes before and after the modules

WHOLE = ""  # the path of what is said of several modules at once
# The messages about several modules at once, with the other names that pylint's `enable` takes for them.
_OF_SEVERAL = {"cyclic-import": ("r0401", "imports"), "duplicate-code": ("r0801", "similarities")}
# What tells that a module, or a part of it, was not looked into: no configuration may keep that from us.
_ALWAYS = ("F", "syntax-error", "file-ignored", "suppressed-message")
_Run = tuple[list[str], dict[str, object] | None]  # arguments of pylint, and how it lints, see `pylint_modules`

_GUARD = Path(__file__).with_name("pylint_guard.py")
_PLUG_IN = {"name": "lockgate.lint", "folder": str(Path(__file__).parents[2])}
_STEP = re.compile(r"(.*) \((\d+) of (\d+)\)")
_USAGE_ERROR = 32
_DESCRIPTION = re.compile(r"^:([\w-]+) \(([A-Z])\d{4}\):.*\n((?:  .*\n|\n)*)", re.MULTILINE)
_LISTING = b"Emittable messages with current interpreter:"
_CATEGORIES = {
    "F": "fatal", "E": "error", "W": "warning", "R": "refactor", "C": "convention", "I": "information",
}  # fmt: skip


class Message(Struct, frozen=True, rename={"end_line": "endLine", "end_column": "endColumn", "text": "message"}):
    """One message of pylint.

    Columns count from 0, in bytes of UTF-8; `type` is the category; `obj` is the function or class that it is in.
    """

    path: str
    line: int
    column: int
    symbol: str
    type: str
    text: str
    confidence: str
    obj: str = ""
    end_line: int | None = None
    end_column: int | None = None


class Description(Struct, frozen=True):
    """What pylint's own listing says of one of its messages."""

    symbol: str
    category: str
    text: str


class Known(Struct, frozen=True):
    """What pylint's listing says of its messages, and what our plug-in says of its own, both by symbol.

    `rules` is empty where the plug-in could not be loaded.
    """

    descriptions: dict[str, Description]
    rules: dict[str, Rule]


class Module(Struct, frozen=True):
    """What pylint said of one module, and the files of the project that it read for that, beside the module.

    `broke` says why there is nothing that can be relied on. The path of WHOLE is empty: messages about several modules at once.
    """

    path: str
    messages: tuple[Message, ...] = ()
    needs: frozenset[str] = frozenset()
    broke: str = ""


class Linted(Struct, frozen=True):
    """What pylint said, what it knows, and the modules that its settings did not leave out."""

    engine: Engine
    python: str
    modules: tuple[Module, ...]
    known: Known

    @property
    def messages(self) -> tuple[Message, ...]:
        """What it said of all modules."""
        return tuple(message for module in self.modules for message in module.messages)


class _Line(Struct):
    path: str
    messages: tuple[Message, ...] = ()
    needs: tuple[str, ...] = ()
    broke: str = ""


class _Answer(Struct):
    python: str
    rules: tuple[Rule, ...] = ()
    missing: bool = False
    code: int = 0
    said: str = ""
    version: str = ""


def lint(
    files: Mapping[str, bytes],
    *,
    only: Collection[str] | None = None,
    root: Path,
    python: str = "",
    configuration: Configuration = Configuration(),
    trust: bool = False,
    processes: int = 1,
    progress: Callable[[int, int], None],
) -> Linted:
    """Lint `files`, the content of Python files by path below `root`, or `only` some of them; WHOLE is one of these.

    What is said of a module is the same whichever others are linted. python: the interpreter, by path or by name on PATH;
    empty means our own. trust: give pylint the configuration as it is and let it import what it likes. processes: how many
    modules at once. Raises UnavailableError where pylint can't do it; the message says why.
    """
    chosen = [path for path in files if only is None or path in only]
    together = whole_messages(configuration) if only is None or WHOLE in only else []
    steps = _Steps(files, progress)
    with tempfile.TemporaryDirectory(prefix="lockgate-", ignore_cleanup_errors=True) as private:
        session = _Session(Path(os.path.realpath(private)), python, None if trust else root)
        mirror(files, session.tree)
        configured = session.configured(configuration, trust=trust)
        if configuration.refused:
            # The project's comments may name messages of plug-ins that are not loaded.
            configured.append("--disable=unknown-option-value")
        asked = ",".join([*configuration.asked, *_ALWAYS])
        within = min(SECONDS + SECONDS_A_FILE * len(chosen), MOST_SECONDS)
        runs = []
        if chosen:
            options = [*configured, "--verbose", "--disable=R,C", f"--enable={asked}"]
            runs.append(session.linting(files, options, chosen, processes if hasattr(os, "fork") else 0, within))
        if together:
            options = [*configured, "--disable=all", f"--enable={','.join(together)}"]
            runs.append(session.linting(files, options, [], 0, within))
        seconds = len(runs) * within + _GRACE
        try:
            answer, output = session.run([*runs, session.listing()], seconds, steps.line)
        except TimeoutError:
            raise UnavailableError(f"pylint took more than {seconds} s{steps.where}") from None
        said = session.modules(answer, configuration, steps.where)
        return Linted(
            engine=Engine("pylint", answer.version),
            python=answer.python,
            modules=tuple(_told(said, files, steps.seen if chosen else set())),
            known=_known(answer, output),
        )


def whole_messages(configuration: Configuration) -> list[str]:
    """The messages about several modules at once, of those that the project asks for: they take a run of their own."""
    asked = {name.lower() for name in configuration.asked}
    refused = {name.strip().lower() for name in configuration.options.get("disable", "").replace("\n", ",").split(",")}
    return [
        symbol
        for symbol, others in _OF_SEVERAL.items()
        if asked & {symbol, *others, "r", "refactor"} and not refused & {symbol, *others}
    ]


def _told(said: list[Module], files: Mapping[str, bytes], seen: Collection[str]) -> Iterator[Module]:
    """The modules, also where all of them were linted together: then each may depend on every file."""
    everything = frozenset(files)
    for module in said:
        if module.path or not seen or any(each.path for each in said):
            yield replace(module, needs=(module.needs & everything if module.path else everything) - {module.path})
            continue
        messages: dict[str, list[Message]] = {path: [] for path in seen}
        for message in module.messages:
            messages.setdefault(message.path, []).append(message)
        for path, about in messages.items():
            yield Module(path, tuple(about), everything - {path})


def known() -> Known:
    """What our own interpreter's pylint and our plug-in say of their messages."""
    with tempfile.TemporaryDirectory(prefix="lockgate-", ignore_cleanup_errors=True) as private:
        session = _Session(Path(os.path.realpath(private)), "", None)
        session.tree.mkdir()
        try:
            answer, output = session.run([session.listing()], SECONDS)
        except TimeoutError:
            raise UnavailableError(f"pylint took more than {SECONDS} s to list its messages") from None
    return _known(answer, output)


def _known(answer: _Answer, output: bytes) -> Known:
    """What the end of pylint's output, its listing, says of its messages, and the answer of ours."""
    rules = {rule.id.removeprefix("lint/"): rule for rule in answer.rules}
    found = _DESCRIPTION.findall(output[output.rfind(_LISTING) :].decode("utf-8", "replace"))
    descriptions = {
        symbol: Description(symbol, _CATEGORIES.get(letter, "information"), " ".join(text.split()))
        for symbol, letter, text in found
        if symbol not in rules
    }
    return Known(descriptions, rules)


class _Session:
    """A private folder in which one process of pylint has all that it reads and writes."""

    def __init__(self, folder: Path, python: str, root: Path | None) -> None:
        self.folder = folder
        self.tree = folder / "tree"
        self.python = _interpreter(python)
        self.root = "" if root is None else os.path.realpath(root)

    def configured(self, configuration: Configuration, *, trust: bool, name: str = "pylintrc.toml") -> list[str]:
        """The option that names the configuration, which is always given so that pylint looks for no other."""
        if trust and configuration.path:
            mirror({configuration.path: configuration.content}, self.tree)
            return [f"--rcfile={self.tree / configuration.path}"]
        mirror({name: configuration.toml.encode()}, self.folder)
        return [f"--rcfile={self.folder / name}"]

    def listing(self) -> _Run:
        """The run that lists all messages."""
        return [*self.configured(Configuration(), trust=False, name="empty.toml"), "--list-msgs"], None

    def linting(self, files: Iterable[str], options: list[str], only: list[str], processes: int, within: float) -> _Run:
        """The run that lints `only` some of the files, as many at once as there are `processes`; or all together."""
        plan = {
            "tree": str(self.tree), "only": only, "processes": processes, "seconds": SECONDS_A_MODULE, "within": within,
            "output": str(self.folder / f"{'modules' if only else 'whole'}.jsonl"),
        }  # fmt: skip
        return [
            *options, "--persistent=n", "--jobs=1", "--recursive=n", "--reports=n", "--score=n", "--output-format=json2",
            f"--output={os.devnull}", *map(_argument, files),
        ], plan  # fmt: skip

    def run(
        self, runs: list[_Run], seconds: float, on_line: Callable[[bytes], None] | None = None
    ) -> tuple[_Answer, bytes]:
        """Do the runs in turn; how it went and pylint's standard output."""
        answer = self.folder / "answer.json"
        request = {
            "root": self.root, "mirror": str(self.tree), "memory": MEMORY, "answer": str(answer),
            "runs": runs, "plug_in": _PLUG_IN,
        }  # fmt: skip
        ended = process.run(
            [self.python, "-I", "-S", "-B", "-X", "utf8", "-W", "ignore", str(_GUARD)],
            cwd=self.tree,
            env=process.environment("PYTHON", "PYLINT") | {"PYLINTHOME": str(self.folder / "home")},
            seconds=seconds,
            request=json.dumps(request).encode() + b"\n",
            on_line=on_line,
        )
        try:
            said = msgspec.json.decode(answer.read_bytes(), type=_Answer)
        except (OSError, msgspec.DecodeError):
            raise UnavailableError(
                f"{self.python} ended {_how(ended.code)} instead of running pylint; --python takes a Python that works, "
                "of version 3.10 or newer"
            ) from None
        install = f"install it with `{self.python} -m pip install 'pylint>={OLDEST}'`"
        if said.missing:
            raise UnavailableError(f"pylint is not installed in {self.python}; {install}")
        if said.version and int(said.version.partition(".")[0]) < OLDEST:
            raise UnavailableError(f"pylint {said.version} in {self.python} does not tell what it linted; {install}")
        return said, ended.output

    def modules(self, answer: _Answer, configuration: Configuration, where: str) -> list[Module]:
        """What was said of the modules."""
        if answer.code >= _USAGE_ERROR:
            raise UnavailableError(_complaint(answer, configuration, where))
        lines = [line for file in sorted(self.folder.glob("*.jsonl")) for line in file.read_bytes().splitlines()]
        try:
            said = [msgspec.json.decode(line, type=_Line) for line in lines]
        except msgspec.DecodeError:
            raise UnavailableError(f"what pylint {answer.version} says can't be read; version {OLDEST} can") from None
        return [
            Module(line.path, tuple(map(self._public, line.messages)), frozenset(line.needs), _broken(line.broke))
            for line in said
        ]

    def _public(self, message: Message) -> Message:
        """The message with paths of the project, not of our folder."""
        text = message.text.replace(f"{self.tree}{os.sep}", "")
        return replace(message, path=posixpath.normpath(message.path.replace(os.sep, "/")), text=text)


class _Steps:
    """What pylint's verbose output tells: the file that it works on, and those that it has linted."""

    def __init__(self, files: Mapping[str, bytes], progress: Callable[[int, int], None]) -> None:
        self._files = files
        self._progress = progress
        self.seen: set[str] = set()
        self.where = ""

    def line(self, line: bytes) -> None:
        """Take in one line of output."""
        text = line.decode("utf-8", "surrogateescape").rstrip("\r\n")
        step = _STEP.fullmatch(text)
        path = posixpath.normpath((step.group(1) if step else text.removeprefix("AST for ")).replace(os.sep, "/"))
        if path in self._files:
            self.where = f"; it was at {path}"
        if step and path in self._files:
            self.seen.add(path)
            self._progress(int(step.group(2)), int(step.group(3)))


def _interpreter(python: str) -> str:
    """The full path of an interpreter. A link to it stays a link, because a virtual environment is found by it."""
    found = shutil.which(python or sys.executable)
    if found is None:
        raise UnavailableError(
            f"there is no interpreter {python!r}; --python takes the path of one that has pylint, or the folder of a virtual environment"
        )
    return os.path.abspath(found)  # noqa: PTH100 - resolve() would follow the link


def _argument(path: str) -> str:
    """A path that pylint takes neither for an option nor for a pattern."""
    return escape(f"./{path}" if path.startswith("-") else path)


def _complaint(answer: _Answer, configuration: Configuration, where: str) -> str:
    option = re.search(r"argument (--[\w-]+)", answer.said)
    if option and configuration.path:
        return f"pylint does not take {option.group(1)} of {configuration.path}; correct it there"
    crash = answer.said if answer.said.isidentifier() else f"exit code {answer.code}"
    return f"pylint {answer.version} broke ({crash}){where}"


def _broken(how: str) -> str:
    leave = "; pylint's own setting `ignore-paths` leaves it out"
    if how == "time":
        return f"pylint takes more than {SECONDS_A_MODULE} s of processor time for it{leave}"
    if how == "memory":
        return f"pylint takes more than {MEMORY // 2**20} MiB for it, or its expressions are nested too deeply{leave}"
    if how == "late":
        return "there was no time left for it"
    return f"pylint broke on it ({how}){leave}" if how else ""


def _how(code: int) -> str:
    return f"by signal {-code}" if code < 0 else f"with exit code {code}"
