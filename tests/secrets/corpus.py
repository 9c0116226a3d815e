"""Generated files of many kinds, most of them with something that looks like a secret."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator

from samples import SAMPLES

from support import HEX, noise

# How a value stands in files of each kind.
SHAPES = {
    "a.py": ["{k} = '{v}'", 'f({k}="{v}")', '"{v}" == {k}', "# {v}", '{k}["x"] = "{v}"'],
    "a.js": ['const {k} = "{v}";', "{k}: `{v}`,", '"{k}" : "{v}"'],
    "a.go": ["{k} := {v}", '{k} = "{v}"'],
    "a.java": ['String {k} = "{v}";'],
    "a.php": ['${k} = "{v}";', '"{k}" => "{v}",'],
    "a.c": ['char {k}[] = "{v}";'],
    "a.cpp": ['std::string {k}("{v}");'],
    "a.cs": ['{k} = @"{v}";'],
    "a.tf": ['{k} = "{v}"'],
    "a.yaml": ["{k}: {v}", '- {k}: "{v}"', "{k}: >\n  {v}", '{k}: !!binary "{v}"', '"{k}": "\\x41{v}"', "# {k}: {v}"],
    "a.yml": ["{k}: {{a: {v}, b: [{v}]}}", "{k}: |\n  {v}\n  more"],
    "a.ini": ["[s{n}]\n{k}{n} = {v}", "[s{n}]\n{k}{n}: '{v}'\n  {v}", "; {v}"],
    "a.cfg": ["[s{n}]\n{k}{n} = {v}", "[s{n}]\n{k}{n} = %(x)s{v}"],
    "a.properties": ["{k}{n}={v}", "{k}{n}: {v}"],
    "a.toml": ['[s{n}]\n{k} = "{v}"', "[[t]]\n{k}{n} = '''{v}'''"],
    "a.env": ["{k}{n}={v}", "export {k}={v}", "{K}{n}='{v}'"],
    "requirements.txt": ["{k}{n}=={v}"],
    "a.json": ['{{"{k}": "{v}"}}', '"{k}":"{v}",'],
    "a.xml": ["<{k}>{v}</{k}>", '<a {k}="{v}"/>'],
    "a.md": ["`{k}={v}`", "| {k} | {v} |", "    {k}: {v}"],
    "a.sh": ["export {k}='{v}'", "curl -H '{k}: {v}' https://u:{v}@h.example/"],
    "Dockerfile": ["ENV {k}={v}", "ARG {k}"],
    "a.csv": ["{k},{v},{n}"],
    "a.ipynb": ['"source": ["{k} = \\"{v}\\"\\n"],'],
    "a": ["{k}={v}", "{k} {v}"],
    "poetry.lock": ['{k} = "{v}"'],
}
KEYS = [
    "password",
    "API_KEY",
    "apikey",
    "db_pass",
    "x",
    "contrase\u00f1a",
    "\u017fecret",
    "PRIVATE\u212aEY",
    "id",
    "secret_id",
]
COMMENTS = [
    "  # pragma: allowlist secret",
    " // pragma: whitelist secret",
    "# pragma: allowlist nextline secret",
    "<!-- pragma: allowlist secret -->",
    "  # lockgate: allow[secrets/hex-entropy]",
]


def values() -> list[str]:
    own = [re.sub(r"^.*?=\s*|[\"']", "", line).strip() for line, _ in SAMPLES.values() if "\n" not in line]
    made = [
        noise(30),
        noise(64, HEX),
        noise(8),
        "a b c",
        "\u00fcnicode\u00df",
        "${X}",
        "<token>",
        "get(x)",
        "",
        "\u0663\u0664" * 9,
        # What detect-secrets takes for no secret, as long as the filter that knows it is on.
        "abcdefghijklmnop",
        "1b4e28ba-2fa1-11d2-883f-0016d3cca427",
        f"${noise(9)}",
        "{" + noise(9) + "}",
        "133.142.151.160",
        "90817263544536271809",
        "headers['x-key']",
        "zxcvbnmword",
    ]
    return [*own, *made, noise(20) + "\u00a0" + noise(20), noise(12) + "%" + noise(12)]


def documents(count: int, seed: int) -> Iterator[tuple[str, bytes]]:
    """Files of every kind, most of them with something that looks like a secret."""
    chance = random.Random(seed)
    for number in range(count):
        name = chance.choice(list(SHAPES))
        lines = []
        for line in range(chance.randrange(1, 12)):
            key = chance.choice(KEYS)
            shape = chance.choice(SHAPES[name])
            lines.append(shape.format(k=key, K=key.upper(), v=chance.choice(values()), n=f"{number}{line}"))
            if chance.random() < 0.1:
                lines[-1] += chance.choice(COMMENTS)
            if chance.random() < 0.2:
                lines.append(
                    chance.choice(
                        ["", "  ", "# comment", "plain words", "[section]", "---", "\x0b\x1c", "}", *COMMENTS]
                    )
                )
        text = chance.choice(["\n", "\n", "\n", "\r\n", "\r"]).join(lines)
        data = chance.choice(["", "", "", "\ufeff"]).encode() + text.encode()
        if chance.random() < 0.03:
            encoded = text.encode("latin-1", "replace")
            data = chance.choice([b"", b"\xff" + data, data + b"\0", text.encode("utf-16"), encoded])
        yield name, data


def tree(count: int, seed: int, longest: int) -> dict[str, bytes]:
    """A tree of such files, among them one with a line of `longest` characters and some with names that filters know."""
    parts = [f'"{noise(40, seed=number)}",password:"{noise(9, seed=number)}";' for number in range(20)]
    files = {f"d{number % 5}/{number}/{name}": data for number, (name, data) in enumerate(documents(count, seed))}
    line = f'password = "{noise(14)}"\n'.encode()
    named = ("swagger/a.py", "package-lock.json", "a.png", "b.lock", ".env", "with space.py", "\u00e4.py", "words.txt")
    long_line = "".join(f"{part}{'x' * (longest // 20)}" for part in parts).encode()
    return {**files, **dict.fromkeys(named, line), "d0/min.js": long_line, "empty": b""}
