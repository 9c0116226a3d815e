"""Fingerprints and line hashes are of masked text: two files that differ in nothing but a password have the same."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lockgate.checks import masking
from lockgate.checks.secrets.examined import examine, result_of
from lockgate.checks.secrets.known import Known
from lockgate.engines.secrets import rewritten
from lockgate.engines.secrets.base import Sighting
from lockgate.engines.secrets.scanners import scanners
from lockgate.inputs.files import Start
from lockgate.inputs.tree import Tree
from lockgate.model.finding import Finding, Location
from lockgate.model.secret import SecretValue
from support import noise

Hashes = list[tuple[str, int, str, str]]


def findings_of(path: str, data: bytes) -> tuple[Finding, ...]:
    nothing = Known(Tree(Path()), None)
    return result_of(examine(path, Start(data), scanners(), nothing), nothing).findings


def hashes(path: str, data: bytes) -> Hashes:
    findings = findings_of(path, data)
    assert findings
    return [(finding.rule, finding.line, finding.line_hash, finding.fingerprint) for finding in findings]


# KEY and AT keep lockgate's own gate from seeing what its tests are about.
YAML = {
    "literal": "KEY: |\n  hunter2pw\n  {}9pw\nb: 1\n",
    "literal of one line": "KEY: |-\n    {}pw\nb: 1\n",
    "literal with blank lines": "KEY: |\n  hunter2pw\n\n  {}9pw\n\n",
    "folded": "KEY: >\n  correct\n  {}\n  staple\nb: 1\n",
    "double quoted": 'a:\n  KEY: "hun\n    {}pw"\n',
    "double quoted, not indented": 'KEY: "hun\n{}pw"\n',
    "double quoted, with a folded escape": 'KEY: "hun\\\n  {}pw"\n',
    "escaped": 'KEY: "hunter\\x41{}"\n',
    "single quoted": "KEY: 'hun\n  {}pw'\n",
    "plain": "KEY: hun\n  {}pw\nb: 1\n",
    "flow": "{{a: 1,\n KEY: hun\n  {}pw}}\n",
    "flow, escaped": '{{a: 1,\n\n KEY: "hun\\x41{}pw"}}\n',
    "also in one line": "KEY: hun\n  {0}pw\nb: hun {0}pw\n",
    "binary": 'KEY: !!binary "aHVu\n  {}pw"\n',
    "quotation mark": 'KEY: |\n  one\n  hun"{}\n',
    "carriage returns": "a: 1\r\nKEY: |\r\n  hunter2pw\r\n  {}9pw\r\n",
    "byte order mark": "\ufeffKEY: |\n  hunter2pw\n  {}\nb: 1\n",
    "another finding in the block": "KEY: |\n  see https://u:hunter2pwAThost.example/ for {}9pw\n  second\n",
}


@pytest.mark.parametrize("text", YAML.values(), ids=YAML)
def test_a_scalar_of_yaml_in_another_form_is_masked(text: str) -> None:
    text = text.replace("KEY", "password").replace("AT", "@")
    first, second = (hashes("a.yaml", text.format(value).encode()) for value in ("secret", "sxcrxt"))
    assert first == second


WORD = st.text("abcdefghXYZ0123456789", min_size=6, max_size=6)


@given(words=st.lists(WORD, min_size=2, max_size=4, unique=True), secret=WORD, other=WORD, data=st.data())
@settings(max_examples=100, deadline=None, database=None, suppress_health_check=list(HealthCheck))
def test_no_form_of_yaml_tells_a_word(words: list[str], secret: str, other: str, data: st.DataObject) -> None:
    """A word of it is exchanged for another of the same length, and no hash changes."""
    opening, closing = data.draw(st.sampled_from([("|\n  ", ""), (">-\n  ", ""), ('"', '"'), ("'", "'"), ("", "")]))
    joints = st.sampled_from([" ", "\n  ", "\n\n  ", "\n   "])
    place = data.draw(st.integers(0, len(words) - 1))
    between = [data.draw(joints) for _ in words]
    seen: list[Hashes] = []
    for word in (secret, other):
        parts = [*words[:place], f"x{word}", *words[place + 1 :]]
        value = "".join(f"{joint}q{part}" for joint, part in zip(between, parts, strict=True)).lstrip()
        text = f"a: 1\npassword: {opening}{value}{closing}\nlast: 2\n"
        findings = findings_of("a.yaml", text.encode())
        seen.append([(found.rule, found.line, found.line_hash, found.fingerprint) for found in findings])
    assert len(seen[0]) != len(seen[1]) or seen[0] == seen[1]


def test_what_stands_as_it_was_seen_leaves_the_rest_as_it_is() -> None:
    """A password of one line masks nothing else in its file, whichever scalars this has."""
    text = "a: |\n  one\n  two\npassword: hunter2pw\nb: >\n  three\n  four\n"
    sightings = scanners().scan("a.yaml", text.encode()).sightings
    assert masking.mask(text, sightings) == text.replace("hunter2pw", "*" * 9)


def test_what_is_no_yaml_or_too_long_has_no_hash(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = Sighting("e", "k", SecretValue("one two"), place(1, 1, 3), exact=False)
    assert masking.mask("x: one\n  two\n", [seen]) == "** ***\n*****\n"
    assert masking.mask('x: "\n', [seen]) == ""
    assert masking.mask("x: one\r  two\r", [seen]) == ""
    monkeypatch.setattr(rewritten, "MOST_CHARACTERS", 3)
    assert masking.mask("x: one\n  two\n", [seen]) == ""


def place(line: int, column: int, end: int) -> Location:
    return Location(path="a.yaml", line=line, column=column, end_line=line, end_column=end)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_a_file_that_the_engine_decodes_has_no_line_hash(encoding: str) -> None:
    """Its columns are those of the decoded text."""
    texts = [f"{'w ' * 60}\nt = 'ghp_{noise(36, seed=seed)}' end\n" for seed in (1, 2)]
    first, second = (hashes("a.txt", text.encode(encoding)) for text in texts)
    assert first == second
    assert {line_hash for _, _, line_hash, _ in first} == {""}


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
@pytest.mark.parametrize("value", ["abc\n", "\nabc", "abc\ndef", "abc\r\ndef\r\n"])
def test_masks_keep_every_line_break(value: str, ending: str) -> None:
    text = ending.join(["k: |", "  abc", "abc", "def", "abc", "x", ""])
    masked = masking.mask(text, [Sighting("e", "k", SecretValue(value), place(1, 1, 2))])
    assert _breaks(masked) == _breaks(text)


def _breaks(text: str) -> list[int]:
    return [at for at, character in enumerate(text) if character in "\r\n"]
