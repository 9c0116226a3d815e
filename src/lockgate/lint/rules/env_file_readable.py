"""Files of credentials that every user of the machine can read."""

from __future__ import annotations

import re
from functools import lru_cache

from astroid import nodes
from pylint.interfaces import HIGH, INFERENCE

from lockgate.lint.checker import Checker, Rule
from lockgate.lint.code import argument, called, constant, named, origin, source

_ENV = re.compile(
    r"(?:.*[/\\])?\.env(?:rc)?(?:\.(?!example|sample|template|dist|schema|defaults?\b)[\w-]+)*", re.DOTALL
)
_OPEN = re.compile(r"(?:_?io|builtins|codecs|aiofiles)\.open")
_WRITES = re.compile(r"[wax]")
_WRITE_METHODS = ("write_text", "write_bytes")
_PATH = r"pathlib\.\w*Path(?:\.(?:cwd|home))?"
_OTHERS = 0o077
_DEEPEST = 8


class Check(Checker):
    """Looks at what opens files for writing."""

    rule = Rule(
        number=20,
        symbol="env-file-readable",
        message="%s makes a file that others can read: credentials go into it",
        summary="A `.env` file is written without the mode 0600.",
        explanation=(
            "A new file gets the mode that the umask leaves, on most systems 0644: every user and service of the machine can read"
            " it. Changing the mode after the file is closed leaves a moment, and is taken as good enough here, as is a umask"
            " that is set in the same function. `dotenv.set_key` makes new files with 0600. Files like `.env.example` are not"
            " meant."
        ),
        fix="Open it with `os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)`.",
        severity="medium",
        cwe=(732, 276),
        bad='def save(text):\n    with open(".env", "w", encoding="utf-8") as file:\n        file.write(text)\n',
        good=(
            "import os\n\n\ndef save(text):\n"
            '    handle = os.open(".env", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)\n'
            '    with open(handle, "w", encoding="utf-8") as file:\n        file.write(text)\n'
        ),
    )

    def visit_call(self, node: nodes.Call) -> None:
        """`open(".env", "w")`, `Path(".env").write_text(…)`, `os.open(".env", …)`."""
        path = _written(node)
        if path is not None and _ENV.fullmatch(_text(path)) and not _is_closed(node.frame()):
            self.tell(node, named(node.func), confidence=HIGH if source(path) is path else INFERENCE)


def _written(call: nodes.Call) -> nodes.NodeNG | None:
    """The path of the file that a call opens for writing, with a mode that others may read by."""
    function = origin(call)
    if _OPEN.fullmatch(function):
        own_opener = argument(call, 7, "opener") is not None
        mode = constant(argument(call, 1, "mode"))[0]
        return argument(call, 0, "file", "filename") if _is_writing(mode) and not own_opener else None
    if function == "os.open":
        flags, mode = argument(call, 1, "flags"), argument(call, 2, "mode")
        creates = flags is not None and "O_CREAT" in flags.as_string()
        return argument(call, 0, "path") if creates and (mode is None or _opens(mode)) else None
    if not isinstance(call.func, nodes.Attribute):
        return None
    method, owner = call.func.attrname, call.func.expr
    if method in _WRITE_METHODS or (method == "open" and _is_writing(constant(argument(call, 0, "mode"))[0])):
        return owner
    return None


def _is_writing(mode: object) -> bool:
    return isinstance(mode, str) and bool(_WRITES.search(mode))


def _opens(mode: nodes.NodeNG) -> bool:
    """Whether a mode lets others read or write."""
    value = constant(mode)[0]
    return isinstance(value, int) and bool(value & _OTHERS)


def _text(path: nodes.NodeNG | None, depth: int = _DEEPEST) -> str:
    """The end of a path, as far as it stands in the code."""
    made = source(path)
    if made is None or not depth:
        return ""
    made_path = called(made, rf"{_PATH}|os\.path\.(?:join|abspath|expanduser)|builtins\.str")
    match made:
        case nodes.BinOp() if made.op in ("/", "+"):
            return _text(made.right, depth - 1)
        case nodes.JoinedStr() if made.values:
            return _text(made.values[-1], depth - 1)
        case nodes.Call() if made_path and made.args:
            return _text(made.args[-1], depth - 1)
        case nodes.Call() if named(made.func) in ("joinpath", "with_name") and made.args:
            return _text(made.args[-1], depth - 1)
        case nodes.Call() if named(made.func) in ("resolve", "absolute", "expanduser") and not made.args:
            return _text(made.func.expr, depth - 1) if isinstance(made.func, nodes.Attribute) else ""
    value = constant(made)[0]
    return value if isinstance(value, str) else ""


@lru_cache(maxsize=8)
def _is_closed(frame: nodes.NodeNG) -> bool:
    """Whether any call in the function, or the module outside of functions, takes the rights of others away."""
    calls = frame.nodes_of_class(nodes.Call, skip_klass=nodes.FunctionDef if isinstance(frame, nodes.Module) else ())
    return any(map(_closes, calls))


def _closes(call: nodes.Call) -> bool:
    """Whether a call takes the rights of others away: `chmod` or `touch` of whatever, or `umask`."""
    method = named(call.func)
    if method not in ("chmod", "fchmod", "touch", "umask"):
        return False
    mode = argument(call, None, "mode") or next(reversed(call.args), None)
    if mode is None:
        return False
    if method == "umask":
        return constant(mode)[0] == _OTHERS
    return constant(mode)[0] is ... or not _opens(mode)
