"""Scripts with inline metadata."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import pytest
from manifests import by_name, gaps, read_all, read_text, text_at

from lockgate.checks.audit.inventory import take
from lockgate.inputs.tree import Tree
from lockgate.model.package import Origin
from support import write

# The example of the specification, indented here, because a block in a string of this file would be one of this file.
EXAMPLE = dedent("""\
    #!/usr/bin/env python
    # /// script
    # requires-python = ">=3.11"
    # dependencies = [
    #   "requests<3",
    #   "rich==13.0; os_name == 'nt'",
    # ]
    # ///

    import requests
    """)
LOCK = """\
version = 1
[manifest]
requirements = [{ name = "requests", specifier = "<3" }]
[[package]]
name = "requests"
version = "2.0"
source = { registry = "https://index.example/simple" }
wheels = [{ url = "https://index.example/requests-2.0-py3-none-any.whl", hash = "sha256:00" }]
"""


def test_a_script(tmp_path: Path) -> None:
    found = by_name(read_text(tmp_path, "tool.py", EXAMPLE))
    (requests,), (rich,) = found["requests"], found["rich"]
    assert (requests.version, requests.specifier, requests.direct) == ("", "<3", True)
    assert (rich.version, rich.marker) == ("13.0", "os_name == 'nt'")
    assert text_at(requests, tmp_path) == '"requests<3"'
    assert (rich.at.line, rich.at.column) == (6, 5)


def said(root: Path) -> list[str]:
    return [f"{skip.subject} {skip.reason}" for skip in take(Tree(root)).not_asked]


def test_its_own_lock_settles_it_and_no_other(tmp_path: Path) -> None:
    write(tmp_path, {"a/tool.py": EXAMPLE, "a/uv.lock": LOCK, "a/other.py.lock": LOCK})
    assert "a/tool.py:5 requests has no exact version; pin or lock it" in said(tmp_path)
    write(tmp_path, {"a/tool.py.lock": LOCK})
    assert [line for line in said(tmp_path) if line.startswith("a/tool.py:")] == []


def test_sources_and_line_ends(tmp_path: Path) -> None:
    text = dedent("""\
        # /// script
        # dependencies = ["a", "b"]
        #
        # [tool.uv.sources]
        # a = { git = "https://index.example/a" }
        # ///
        """).replace("\n", "\r\n")
    found = by_name(read_text(tmp_path, "tool.py", b"\xef\xbb\xbf" + text.encode()))
    assert (found["a"][0].origin, found["b"][0].origin) == (Origin.VCS, Origin.INDEX)
    assert found["b"][0].at.line == 2


@pytest.mark.parametrize(
    "text",
    [
        "import os\n",
        "text = '# /// script'\n",
        "# /// script\n# dependencies = ['a']\n",  # "unclosed blocks MUST be ignored"
        "# /// script\n# dependencies = ['a']\n\n# ///\n",
        "# /// other\n# dependencies = ['a']\n# ///\n",
        " # /// script\n# dependencies = ['a']\n# ///\n",
    ],
)
def test_what_is_no_block(tmp_path: Path, text: str) -> None:
    assert [manifest.packages for manifest in read_all(tmp_path, {"tool.py": text}).values()] in ([], [()])
    assert said(tmp_path) == []


def test_a_block_ends_with_the_last_line_of_its_comment_that_may_end_it(tmp_path: Path) -> None:
    text = "# /// script\n# dependencies = [\n# # ///\n# 'a',\n# ///\n# ]\n# ///\n# more\n"
    assert gaps(tmp_path, "tool.py", text)[0].startswith("tool.py:5 not valid TOML")
    text = "# /// script\n# x = '''\n# ///\n# '''\n# dependencies = ['a']\n# ///\n# more\n"
    assert set(by_name(read_text(tmp_path, "tool.py", text))) == {"a"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("# /// script\n# dependencies = ['a\n# ///\n", "tool.py:2 not valid TOML"),
        ("\n# /// script\n# dependencies = 'a'\n# ///\n", "tool.py:3 is not an array"),
        ("# /// script\n# dependencies = ['a b']\n# ///\n", "tool.py:2 can't be understood"),
        ("# /// script\n# ///\n\n# /// script\n# ///\n", "tool.py has more than one script block"),
        (b"# /// script\n# ///\n\xff", "tool.py not UTF-8 at byte 19"),
        ("# /// script\n# x = '" + "x" * 2**20 + "'\n# ///\n", "tool.py has a script block larger than 512 KiB"),
        ("# /// script\n# x = " + "[" * 100_000 + "\n# ///\n", "nested too deeply"),
    ],
)
def test_a_broken_block_is_a_gap(tmp_path: Path, text: str | bytes, expected: str) -> None:
    (gap,) = gaps(tmp_path, "tool.py", text)
    assert expected in gap


def test_files_that_are_excluded_or_links_are_not_told(tmp_path: Path) -> None:
    write(tmp_path, {"a.py": EXAMPLE})
    (tmp_path / "b.py").symlink_to("a.py")
    tree = Tree(tmp_path, ("a.py",))
    assert take(tree).not_asked == ()


def test_a_file_over_the_size_limit_is_a_gap(tmp_path: Path) -> None:
    write(tmp_path, {"a.py": "x = 1\n" * 100})
    (skip,) = take(Tree(tmp_path, limit=100)).skipped
    assert skip.gap
    assert "is over max-file-size" in skip.reason


def test_many_lines_that_begin_a_block_take_linear_time(tmp_path: Path) -> None:
    """To look for the end of each of them up to the end of the file took minutes."""
    assert gaps(tmp_path, "a.py", "# /// script\n" * 300_000) == []


def test_many_blocks_take_no_more_memory_than_two(tmp_path: Path) -> None:
    """The TOML of each has as many lines as come before it: of all together they were gigabytes."""
    assert gaps(tmp_path, "a.py", "# /// script\n# ///\n\n" * 100_000) == ["a.py has more than one script block"]
