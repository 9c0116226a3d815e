"""What is imported before anything is asked for."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

HEAVY = {
    "rich", "requests", "httpx2", "detect_secrets", "kingfisher_sdk", "pip_audit", "pylint", "packaging",
    "tree_sitter", "tree_sitter_toml", "yaml", "cvss", "pathspec", "platformdirs", "concurrent.futures",
    "importlib.metadata", "logging", "asyncio", "sqlite3", "urllib.request",
}  # fmt: skip
# Of lockgate and what it imports, beside what the interpreter itself starts with.
MODULES_AT_MOST = {"lockgate.hook": 5, "lockgate.cli": 130, "lockgate.sessions": 0}


def imported(statement: str) -> set[str]:
    code = f"import sys, json; before = set(sys.modules); {statement}; print(json.dumps(sorted(set(sys.modules) - before)))"
    done = subprocess.run([sys.executable, "-I", "-c", code], check=True, capture_output=True, text=True)
    return set(json.loads(done.stdout.splitlines()[-1]))


@pytest.mark.parametrize("module", ["lockgate.hook", "lockgate.cli"])
def test_nothing_heavy_is_imported_at_the_start(module: str) -> None:
    modules = imported(f"import {module}")
    assert not modules & HEAVY
    assert len(modules) <= MODULES_AT_MOST[module], len(modules)


def test_help_and_version_import_no_engine() -> None:
    for arguments in (["--version"], ["--help"]):
        modules = imported(
            f"from lockgate.cli import run_safely, root; run_safely(lambda: root.main({arguments}, standalone_mode=False))"
        )
        assert not modules & {"detect_secrets", "kingfisher_sdk", "pip_audit", "pylint", "httpx2", "tree_sitter"}


def test_msgspec_is_imported_alone() -> None:
    modules = imported("from lockgate.light import import_msgspec; import_msgspec()")
    assert "msgspec" in modules
    assert not modules & {"typing_extensions", "inspect"}
    assert "typing_extensions" in imported(
        "from lockgate.light import import_msgspec; import_msgspec(); import typing_extensions"
    )


def test_the_version_is_a_constant() -> None:
    assert not imported("import lockgate; lockgate.__version__") - {"lockgate"}
