"""Where commands stand: in every kind of file with shell in it, at the line and column of the file."""

from __future__ import annotations

import re
from importlib import import_module

import pytest

from lockgate.inputs import shell
from lockgate.inputs.shell import UNKNOWN, Command, Told
from lockgate.inputs.snippet import Snippet
from lockgate.inputs.variables import Variable
from lockgate.model.record import Skip

ANY = re.compile("pip install|curl")

# For each reader a file, in which «…» is what is installed; the marks are no part of it. What begins with no- is not seen.
FILES = {
    "scripts": "#!/bin/sh\n# pip install no-1\nif x; then\n\tpip install «a» \\\n  «b==1»\nfi\necho 'ä' && pip install «'c'»\r\npip install «d»\n",
    "workflows": """\
on: push
defaults: {run: {shell: bash}}
jobs:
  a:
    runs-on: x
    steps:
      - run: pip install «a»
      - run: |
          echo "é" && pip install «b» ${{ matrix.x && '}' }} \\
            «c»

          if x; then
            pip install «d»
          fi
      - run: |2-

            pip install «e»
      - run: >-
          pip install
          «f»
          «g»
      - run: "echo x; pip install «h»"
      - run: 'pip install «i»'
      - {run: pip install «j»}
      - shell: python
        run: pip install no-1
      - shell: pwsh
        run: pip install no-2
      - shell: /bin/bash -e {0}
        run: pip install «k»
      - run: pip install
          «l»
      - uses: a/b@v1
        with: {run: pip install no-3}
      - &again
        run: pip install «m»
      - *again
  b:
    defaults: {run: {shell: cmd}}
    steps:
      - run: pip install no-4
  c:
    defaults: {run: {shell: pwsh}}
    steps: &steps
      - run: pip install «n»
  d:
    steps: *steps
""",
    "makefiles": """\
PIP ?= pip # x
PYTHON := python3
TWICE = no-1
TWICE = no-2
all: dep
\t@$(PYTHON) -m pip install «a» $$X $(call f,$(x)) \\
\t  «b» $(TWICE)
\t-for i in $$(ls); do pip install «c»; done
\t# pip install no-3
X = pip install no-4
""",
    "justfiles": """\
a := "pip install no-1"
install x="y": dep
    @pip install «a» {{ x }} «b»
    pip install \\
      «c»
py:
    #!/usr/bin/env python
    pip install no-2
sh:
    #!/usr/bin/env bash
    if x; then
      pip install «d»
    fi
""",
    "gitlab": """\
stages: pip install no-1
a:
  script:
    - pip install «a»
    - |
      pip install «b»
    - [pip install «c»]
  variables: {X: pip install no-2}
before_script: pip install «d»
""",
    "noxfiles": """\
import nox
@nox.session
def t(session):
    "é"; session.install(«"a"», f"no-{x}", *Y, «"b==1"»)
    session.run("python", "-m", "pip", "install",
      «'c'»)
    other.install("no-1")
    session.run("bash", "-c", "set -e; pip install «d»", external=True)
@nox.session
def u(tester: nox.Session) -> None:
    tester.install(«"e"»)
""",
    "tox_ini": """\
[tox]
env_list = no-1
[testenv]
deps =
    «a»
    py38,py39: «b>=1» # c
    # no-2
    .[test]
    «c; python_version < "3"»
    {env:X:}
# x
    «d==1»
commands =
    {envpython} -m pip install «e» {posargs:-q}
    - pip install \\
       «f»
description = pip install no-3
[testenv:x]
deps = «g»
""",
    "tox_toml": """\
env_list = ["no-1"]
[env_run_base]
deps = [«"a"», «'b>=1'», "-r xx.txt"] # é
commands = [["pip", "install", «"c"», "{posargs}"], ["pip", "install", # d
  «"e"»], ["bash", "-c", "x && pip install «g»"]]
[env.x]
deps = [
  "é", «"f==1"»,
]
set_env = { no = "no-2" }
""",
}  # fmt: skip


def parsed(text: str) -> list[Told]:
    return list(shell.commands(Snippet("f", [(text, 1, 1)]), ANY))


@pytest.mark.parametrize("reader", FILES)
def test_places(reader: str) -> None:
    marked = FILES[reader]
    text = marked.replace("«", "").replace("»", "")
    wanted = [
        (number, match.start() - 2 * index + 1, match[1])
        for number, line in enumerate(re.split(r"\r?\n", marked), 1)
        for index, match in enumerate(re.finditer("«(.*?)»", line))
    ]
    lines = re.split(r"\r?\n", text)
    found = []
    for command in import_module(f"lockgate.inputs.shells.{reader}").commands(text, "f", ANY):
        assert isinstance(command, Command | Variable), command
        if isinstance(command, Variable):
            continue
        words = [word for word in command.words if re.fullmatch("[a-z](?:[^a-z].*)?", word.text)]
        assert "no-" not in "".join(word.text.replace(f"no-{UNKNOWN}", "") for word in command.words)
        found += [
            (word.at.line, word.at.column, lines[word.at.line - 1][word.at.column - 1 : word.at.end_column - 1])
            for word in (words if "install" in [word.text for word in command.words] else ())
        ]
    assert sorted(found) == wanted


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (r"""a'b'"c"$'d\'e'\f""", ["abcd'ef"]),
        ('x "a $B c" $D`e`', ["x", f"a {UNKNOWN} c", UNKNOWN * 2]),
        ('x "a \\$B \\" \\\\ \\x"', ["x", 'a $B " \\ \\x']),
        ("x a\\\nb", ["x", "ab"]),
        ('x -y "a\n', ["x", "-y", "a"]),
        ("A=1 B=$(c) sudo -E -u d env -i E=f nice -n 3 x y > z 2>&1", ["x", "y"]),
        ("x $((1 + 2)) ${A:-b}", ["x", UNKNOWN, UNKNOWN]),
    ],
)
def test_words(text: str, words: list[str]) -> None:
    found = [[word.text for word in item.words] for item in parsed(text) if isinstance(item, Command)]
    assert words in found


def test_a_line_break_ends_a_command_also_before_a_redirection() -> None:
    """The grammar joins `b` and `c` to one command."""
    found = parsed("a | x | b\nc d > e\n")
    assert [[word.text for word in item.words] for item in found if isinstance(item, Command)] == [
        ["a"], ["x"], ["b"], ["c", "d"],
    ]  # fmt: skip
    assert [
        item.into.text for item in found if isinstance(item, Command) and item.words[0].text == "c" and item.into
    ] == ["e"]


def test_what_is_unclear_is_a_gap() -> None:
    (gap,) = [item for item in parsed("x\nif ((pip install x\n") if isinstance(item, Skip)]
    assert (gap.subject, gap.gap) == ("f:2", True)
    assert not [item for item in parsed("x\nif ((y\n") if isinstance(item, Skip)]


@pytest.mark.parametrize(
    "unit", ["pip x && ", "$(pip ", '"$(', "((", "{", "`", "a | ", "<<E ", "sh -c '", "\\\n", "${"]
)
def test_a_megabyte_of_anything_is_a_gap_and_a_quarter_of_it_ends(unit: str) -> None:
    (gap,) = parsed(unit * (2**20 // len(unit)))
    assert isinstance(gap, Skip) and gap.gap
    parsed(unit * (2**14 // len(unit)))


@pytest.mark.parametrize("unit", ["a | ", "@(a)"])
def test_what_the_parser_takes_minutes_for_is_a_gap_and_leaves_it_to_others(unit: str) -> None:
    (gap,) = parsed("pip install " + unit * (250_000 // len(unit)))
    assert isinstance(gap, Skip) and (gap.subject, gap.gap) == ("f:1", True)
    assert any(isinstance(item, Command) for item in parsed("a || b\n" * 1000))


@pytest.mark.parametrize(
    ("reader", "text"),
    [
        ("justfiles", "a" + ":" * 10**6 + "\n b"),
        ("workflows", "jobs: {a: {steps: [{run: 'pip " + "${{ " * 50_000 + "'}]}}"),
        (
            "workflows",
            f"jobs:\n  a:\n    steps: &s\n{'    - run: x' + chr(10)}{('    - x: 1' + chr(10)) * 15_000}"
            + "".join(f"  a{number}:\n    steps: *s\n" for number in range(12_000)),
        ),
        ("makefiles", "A = x" + " " * 10**6 + "#\n\tpip " + "$(" * 50_000),
        ("tox_ini", "[x]\ndeps = " + "{a" * 100_000 + "\ncommands =" + "{" * 100_000),
    ],
)
def test_nothing_takes_a_square_of_its_length(reader: str, text: str) -> None:
    list(import_module(f"lockgate.inputs.shells.{reader}").commands(text, "f", ANY))
