"""The arrows between the rooms point one way."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import lockgate

SOURCE = Path(lockgate.__file__).parent
MAY_IMPORT = {
    "model": set(),
    "lint": {"model"},
    "config": {"model"},
    "inputs": {"model"},
    "engines": {"model", "inputs"},
    "advisories": {"model", "inputs"},
    "checks": {"model", "config", "inputs", "engines", "advisories"},
    "fixes": {"model", "config", "inputs", "engines", "advisories", "checks"},
    "policy": {"model", "config"},
    "reports": {"model"},
    "cli": {"model", "config", "inputs", "engines", "advisories", "checks", "fixes", "policy", "reports", "project"},
}
FILES = sorted(SOURCE.rglob("*.py"))


def imports(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom):
            assert not node.level, f"{path}: imports are absolute"
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
        elif isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
    return found


def room(path: Path) -> str:
    parts = path.relative_to(SOURCE).parts
    return parts[0] if len(parts) > 1 else ""


@pytest.mark.parametrize("path", [path for path in FILES if room(path)], ids=lambda path: str(path.relative_to(SOURCE)))
def test_a_room_imports_only_from_its_left(path: Path) -> None:
    ours = {name.split(".")[1] for name in imports(path) if name.startswith("lockgate.")}
    allowed = MAY_IMPORT[room(path)] | {room(path), "__version__"}
    assert ours <= allowed, f"{path.relative_to(SOURCE)} imports {ours - allowed}"


def test_every_room_is_known() -> None:
    assert {room(path) for path in FILES} == {*MAY_IMPORT, ""}


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_only_engines_import_the_tools(path: Path) -> None:
    tools = {"detect_secrets", "kingfisher_sdk", "pip_audit", "pylint", "astroid", "zizmor", "hyperscan"}
    used = {name.split(".")[0] for name in imports(path)} & tools
    if room(path) == "lint":
        assert used <= {"pylint", "astroid"}, "the plug-in runs inside of pylint"
        return
    assert not used or room(path) == "engines"
    inside = path.name == "pylint_modules.py"  # runs in the process of pylint
    assert inside or not used & {"pylint", "astroid"}, "pylint is called, not imported"


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_only_programs_print_and_exit(path: Path) -> None:
    programs = ("worker.py", "forked.py", "helper.py", "pylint_guard.py", "pylint_modules.py")
    if room(path) in ("cli", "") or path.name in programs:
        return
    calls = {
        ast.unparse(node.func)
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
    }
    assert not calls & {"print", "sys.exit", "exit", "quit", "os._exit"}


def test_sessions_import_nox_and_the_standard_library_only() -> None:
    import sys

    used = {name.split(".")[0] for name in imports(SOURCE / "sessions.py")}
    assert used - set(sys.stdlib_module_names) == {"nox"}
