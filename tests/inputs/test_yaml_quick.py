"""libyaml composes what is flat; nothing tells its work from the other parser's, and nothing deep reaches it."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from lockgate.inputs.yaml_positions import FLAT, compose
from lockgate.model.record import Skip

ROOT = Path(__file__).parents[2]
TEXTS = {
    **{path.name: path.read_text("utf-8") for path in (ROOT / ".github/workflows").glob("*.yml")},
    "styles": 'a: |\n  é\n\n  x\nb: >-\n  y\n  z\nc: "q\\n"\nd: [1, {e: f}]\n&g h: *g\n? i\n: - j\n  - !t k\n',
    "blanks": "\ufeffa:   b  # c\r\nd:\r\n  - e\r\n",
}


def told(node: yaml.Node | None) -> list[object]:
    if isinstance(node, yaml.ScalarNode):
        return [node.value, node.tag, node.style or "", node.start_mark.line, node.start_mark.column]
    children = [part for pair in node.value for part in (pair if isinstance(pair, tuple) else (pair,))] if node else []
    return [type(node).__name__, *map(told, children)]


@pytest.mark.parametrize("name", TEXTS)
def test_both_parsers_say_the_same(name: str) -> None:
    text = TEXTS[name].removeprefix("\ufeff")
    assert told(compose(text, name)) == told(yaml.compose(text, Loader=yaml.SafeLoader))


@pytest.mark.parametrize(
    "text",
    [
        "[" * 400_000,
        "- " * 200_000,
        "? " * 200_000,
        "{a: " * 100_000,
        "- " * (FLAT // 2 - 10) + "[" * (FLAT - 10),
        "\n".join(" " * depth + "a:" for depth in range(900)),
    ],
)
def test_what_is_nested_deep_is_a_gap(text: str) -> None:
    found = compose(text, "a.yml")
    assert (isinstance(found, Skip) and found.gap) or isinstance(found, yaml.MappingNode)


def test_what_is_wrong_is_told_by_the_same_parser_as_ever() -> None:
    found = compose("a: [\n", "a.yml")
    assert isinstance(found, Skip)
    assert found.subject == "a.yml:2"
