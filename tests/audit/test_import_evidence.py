"""Whether the project's own code imports what an advisory is about."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from lockgate.checks import audit
from lockgate.checks.audit import evidence
from lockgate.checks.audit.evidence import modules_of
from lockgate.engines import environment
from lockgate.inputs import python_source
from lockgate.inputs.python_source import imports_of, words_of
from support import Files, advisory, target, write, write_advisories

IMPORTED = {"imported": "yes", "imported_at": "app.py:2"}


@pytest.fixture(autouse=True)
def _own_cache(own_cache: Path) -> None:
    """No test reads the index that another one made."""


def told(tmp_path: Path, files: Files, name: str = "pyyaml", **record: Any) -> dict[str, Any]:
    """The evidence of the one finding."""
    affected = advisory(1, name)
    affected["affected"][0] |= record  # type: ignore[index]
    advisories = write_advisories(tmp_path / "osv", affected)
    write(tmp_path / "project", {"requirements.txt": f"{name}==1.0\n", **files})
    (finding,) = audit.run(target(tmp_path / "project", advisories=str(advisories), offline=True)).findings
    names = ("imported", "imported_at", "used", "used_at")
    return {key: value for key, value in finding.properties.items() if key in names}


@pytest.mark.parametrize(
    "code",
    [
        "# x\nimport yaml\n",
        "# x\nfrom yaml import safe_load\n",
        "# x\nimport os, yaml.representer as r\n",
        "import os\nimport os; import yaml\n",
        "try:\n    from yaml.cyaml import (\n        CLoader)\nexcept ImportError: pass\n",
        "import importlib\nimportlib.import_module('yaml.nodes')\n",
        "x = 1\n__import__('yaml')\n",
        "import \\\n  os\nimport \\\n  yaml\n".replace("import \\\n  os\n", "\n"),
        "#\ndef f():  import yaml\n",
        "#\nimport yaml \\\n  , os\n# \\d\n'\\d'\n",
    ],
)
def test_the_first_place_that_imports_it_is_told(tmp_path: Path, code: str) -> None:
    assert told(tmp_path, {"app.py": code, "later.py": "import yaml\n"}) == IMPORTED


@pytest.mark.parametrize(
    "code",
    [
        "",
        "import os\n",
        "import yamllint\nfrom . import yaml\nfrom .yaml import x\nfrom x import yaml\n",
        "# import yaml\ns = 'import yaml'\n",
        "import importlib\nimportlib.import_module('os')\n",
    ],
)
def test_what_is_not_imported_is_told_as_such(tmp_path: Path, code: str) -> None:
    assert told(tmp_path, {"app.py": code}) == {"imported": "no"}


@pytest.mark.parametrize(
    "files",
    [
        {"app.py": "import importlib\nimportlib.import_module(name)\n"},
        {"app.py": "__import__(f'{x}')\n"},
        {"app.py": "import yaml\nprint 'Python 2'\n"},
        {"app.py": b"\xff\xfe import yaml"},
        {"app.py": "import os\n", "lab.ipynb": "{}"},
        {"app.py": "import os\n", "fast.pyx": ""},
        {"app.py": f"import yaml\nx = {'(' * 500}{')' * 500}\n"},
        {"app.py": f"import yaml\nx = {'-' * 200_000}1\n"},
        {"app.py": f"import yaml\nx = y{'.a' * 100_000}\n"},
    ],
    ids=["computed", "formatted", "syntax", "encoding", "notebook", "cython", "brackets", "signs", "dots"],
)
def test_what_can_t_be_told_is_unknown(tmp_path: Path, files: Files) -> None:
    assert told(tmp_path, files) == {"imported": "unknown"}


def test_a_file_that_is_not_understood_hides_no_import_in_another(tmp_path: Path) -> None:
    assert told(tmp_path, {"a.py": "import yaml\nprint 2\n", "app.py": "\nimport yaml\n"}) == IMPORTED
    assert told(tmp_path, {"a.py": "import os\nprint 2\n", "app.py": ""}) == {"imported": "no"}


def test_a_name_that_is_only_guessed_is_never_no(tmp_path: Path) -> None:
    assert told(tmp_path, {"app.py": "import os\n"}, name="some-thing") == {"imported": "unknown"}
    assert told(tmp_path, {"app.py": "\nimport some_thing.x\n"}, name="some-thing") == IMPORTED
    assert told(tmp_path, {"app.py": "\nfrom some import thing\n"}, name="some-thing") == IMPORTED


def test_what_is_installed_tells_the_modules(tmp_path: Path) -> None:
    record = "some_where/__init__.py,sha256=x,1\nspace/ours/__init__.py,,\nspace/ours/x/__init__.py,,\n_fast.cpython-311-x86_64-linux-gnu.so,,\n"
    record += '"single.py",,\n../../bin/tool,,\nsome_thing-1.0.dist-info/METADATA,,\nno-name/x.py,,\ndata/x.txt,,\n'
    venv = tmp_path / "venv"
    write(venv, {"pyvenv.cfg": "", "lib/python3.11/site-packages/Some_Thing-1.0.dist-info/RECORD": record})
    python = venv / "bin" / "python"
    python.parent.mkdir()
    python.symlink_to(sys.executable)
    found = environment.modules(str(python), ["some-thing", "other"])
    assert found == {"some-thing": ("_fast", "single", "some_where", "space.ours")}
    assert modules_of("some-thing", found["some-thing"]).certain
    assert environment.modules(sys.executable, ["pyyaml"])["pyyaml"] == ("_yaml", "yaml")
    assert environment.modules("no-such-python", ["pyyaml"]) == {}


def test_names_of_namespaces(tmp_path: Path) -> None:
    name = "google-cloud-storage"
    assert told(tmp_path, {"app.py": "import os\nfrom google.cloud import storage\n"}, name=name) == IMPORTED
    assert told(tmp_path, {"app.py": "from google.cloud import bigquery\n"}, name=name) == {"imported": "no"}


def test_the_affected_attribute(tmp_path: Path) -> None:
    imports = [{"attribute": "ImageFont", "modules": ["PIL"]}, {"attribute": "", "modules": ["PIL.EpsImagePlugin"]}, 3]

    def used(code: str) -> dict[str, Any]:
        return told(tmp_path, {"app.py": code}, "pillow", ecosystem_specific={"imports": imports})

    first = {"imported": "yes", "imported_at": "app.py:1"}
    assert used("import PIL as p\nx = p.ImageFont.truetype\n") == {**first, "used": "yes", "used_at": "app.py:2"}
    assert used("from PIL import Image, ImageFont\n") == {**first, "used": "yes", "used_at": "app.py:1"}
    assert used("import PIL.EpsImagePlugin\n") == {**first, "used": "yes", "used_at": "app.py:1"}
    assert used("from PIL import Image\nImage.open(x)\n") == {**first, "used": "no"}
    assert used("from PIL import *\n") == {**first, "used": "unknown"}
    assert used("import os\n") == {"imported": "no", "used": "no"}


@pytest.mark.parametrize(
    "specific",
    [{}, {"imports": 3}, {"imports": [{"modules": 3}]}, {"imports": [{"attribute": ["x"], "modules": ["a b"]}]}],
)
def test_a_record_that_names_nothing_or_nonsense(tmp_path: Path, specific: dict[str, Any]) -> None:
    assert told(tmp_path, {"app.py": ""}, ecosystem_specific=specific) == {"imported": "no"}


def test_no_finding_is_hidden_and_nothing_is_run(tmp_path: Path, canary: tuple[str, Path]) -> None:
    program, mark = canary
    assert told(tmp_path, {"app.py": f"import os\nos.system({program!r})\n"}) == {"imported": "no"}
    assert not mark.exists()


def test_a_link_out_of_the_tree_and_a_large_file_are_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, {"outside.py": "import yaml\n", "project/app.py": "import os\n"})
    (tmp_path / "project" / "link.py").symlink_to(tmp_path / "outside.py")
    assert told(tmp_path, {})["imported"] == "unknown"
    (tmp_path / "project" / "link.py").unlink()
    monkeypatch.setattr(python_source, "LARGEST", 20)
    assert told(tmp_path, {"app.py": f"{'#' * 20}\nimport yaml\n"}) == {"imported": "unknown"}
    assert told(tmp_path, {"app.py": f"{'#' * 20}\nimport os\n"}) == {"imported": "no"}


def test_it_ends_in_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(evidence, "SECONDS", 0.0)
    assert told(tmp_path, {"app.py": "import yaml\n"}) == {"imported": "unknown"}


def test_what_files_import() -> None:
    imports = imports_of(b"import a.b\nimport c as d\nfrom e.f import g\na.b.h()\nd.i.j\ng.k\nx.y\n(1).real\n")
    assert imports
    assert imports.modules == {"a.b": 1, "c": 2, "e.f": 3, "e.f.g": 3}
    assert imports.used == {"a.b.h": 4, "a.b": 4, "c.i.j": 5, "c.i": 5, "e.f.g.k": 6}
    inside = b"try:\n  import a\nexcept E:\n  import b\nelse:\n  import c\nfinally:\n  import d\nwhile x:\n  def f():\n    import e\n"
    matching = b"match x:\n  case 1:\n    import f\n"
    nested = imports_of(inside + matching, whole=False)
    assert nested
    assert "".join(sorted(nested.modules)) == "abcdef"


@pytest.mark.parametrize(
    ("data", "names", "calls"),
    [
        (b"x = 1\n", "", False),
        (b"from a.b import c\n", "from a b import c", False),
        (b"x\r\nimport a, b # c", "import a b c", False),
        (b"y\nimport\\\n a\nz", "import a", False),
        (b"y\nfrom \\\r\n  a \\\r\n import b\r\nz", "from a import b", False),
        (b"\\\nimport a\\", "import a", False),
        (b"import_module(x)\n", "import_module x", True),
        (b"y = __import__('a')", "y __import__ a", True),
    ],
)
def test_the_words_of_lines_that_import(data: bytes, names: str, calls: bool) -> None:
    words = words_of(data)
    assert (words.names, words.calls) == (set(names.split()), calls)


@pytest.mark.parametrize(
    ("distribution", "names", "certain"),
    [
        ("pyyaml", ("_yaml", "yaml"), True),
        ("requests", ("requests",), True),
        ("google-cloud-bigquery", ("google.cloud.bigquery",), True),
        ("never-heard-of", ("never.heard.of", "never_heard_of"), False),
    ],
)
def test_the_modules_of_a_distribution(distribution: str, names: tuple[str, ...], certain: bool) -> None:
    modules = modules_of(distribution)
    assert (tuple(sorted(modules.names)), modules.certain) == (names, certain)


@pytest.mark.parametrize("name", ["pyyaml", "requests", "attrs", "pytest", "werkzeug", "markdown-it-py"])
def test_the_table_agrees_with_what_is_installed(name: str) -> None:
    from importlib.metadata import PackageNotFoundError, files, version

    try:
        version(name)
    except PackageNotFoundError:
        pytest.skip("it is not installed")
    tops = {file.parts[0].removesuffix(".py") for file in files(name) or () if file.suffix in (".py", ".so")}
    assert {module.partition(".")[0] for module in modules_of(name).names} <= tops
