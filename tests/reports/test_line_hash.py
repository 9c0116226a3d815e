"""The line hashes against the pairs that GitHub's own action is tested with.

Input and output pairs: github/codeql-action, src/fingerprints.test.ts.
"""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lockgate.inputs.line_hash import line_hashes

GREETINGS = [
    "e9496ae3ebfced30:1",
    "fb7c023a8b9ccb3f:1",
    "ce8ba1a563dcdaca:1",
    "e20e36e16fcb0cc8:1",
    "b3edc88f2938467e:1",
    "c8e28b0b4002a3a0:1",
    "c129715d7a2bc9a3:1",
]
VECTORS = [
    ("", ["c129715d7a2bc9a3:1"]),
    (" a\nb\n  \t\tc\n d", ["271789c17abda88f:1", "54703d4cd895b18:1", "180aee12dab6264:1", "a23a3dc5e078b07b:1"]),
    (
        " hello; \t\nworld!!!\n\n\n  \t\tGreetings\n End",
        [
            "8b7cf3e952e7aeb2:1",
            "b1ae1287ec4718d9:1",
            "bff680108adb0fcc:1",
            "c6805c5e1288b612:1",
            "b86d3392aea1be30:1",
            "e6ceba753e1a442:1",
        ],
    ),
    (" hello; \t\nworld!!!\n\n\n  \t\tGreetings\n End\n", GREETINGS),
    (" hello; \t\nworld!!!\r\r\r  \t\tGreetings\r End\r", GREETINGS),
    (" hello; \t\r\nworld!!!\r\n\r\n\r\n  \t\tGreetings\r\n End\r\n", GREETINGS),
    (" hello; \t\nworld!!!\r\n\n\r  \t\tGreetings\r End\r\n", GREETINGS),
    (
        "Lorem ipsum dolor sit amet.\n" * 10,
        [
            *(f"a7f2ff13bc495cf2:{n}" for n in range(1, 7)),
            "a7f2ff1481e87703:1",
            "a9cf91f7bbf1862b:1",
            "55ec222b86bcae53:1",
            "cc97dc7b1d7d8f7b:1",
            "c129715d7a2bc9a3:1",
        ],
    ),
]


@pytest.mark.parametrize(("text", "hashes"), VECTORS)
def test_published_vectors(text: str, hashes: list[str]) -> None:
    assert list(line_hashes(text).values()) == hashes


def defined(text: str) -> list[str]:
    """The definition, worked out for each line on its own: no rolling."""
    unified = text.replace("\r\n", "\n").replace("\r", "\n")
    lines = [line.replace(" ", "").replace("\t", "") for line in unified.split("\n")]
    hashes: list[str] = []
    for number in range(len(lines)):
        data = "\n".join(lines[number:]).encode("utf-16-le", "surrogatepass")
        units = [int.from_bytes(data[at : at + 2], "little") for at in range(0, len(data), 2)]
        window = [*units, 65535, *[0] * 100][:100]
        value = sum(unit * 37 ** (99 - at) for at, unit in enumerate(window)) % 2**64
        hashes.append(f"{value:x}:{1 + sum(each.startswith(f'{value:x}:') for each in hashes)}")
    return hashes


@given(st.text(st.sampled_from("ab \t\r\n\U0001f511é\uffff\ud800"), max_size=300))
def test_any_text(text: str) -> None:
    assert line_hashes(text) == dict(enumerate(defined(text), start=1))


@given(st.text(st.sampled_from("a\n"), max_size=300), st.sets(st.integers(1, 300)))
def test_some_lines(text: str, lines: set[int]) -> None:
    whole = line_hashes(text)
    assert line_hashes(text, lines) == {line: whole[line] for line in sorted(lines) if line in whole}
