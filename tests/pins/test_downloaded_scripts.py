"""The labelled set of files that are fetched and run later: what is found, at which place, and what passes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from lockgate.checks.run import run_check
from lockgate.model.finding import Confidence
from lockgate.model.record import Outcome
from support import noise, target

RULE = "pins/unverified-script"
SHA = "de0fac2e4500dabe0009e67214ff5f5447ce83dd"
URL = "https://get.example/x.sh"
Repository = Callable[..., Path]

# What is found begins with curl or wget, and ends before the first `;`, `&&` or line break behind it.
FOUND = (
    "curl -o x.sh URL; sh x.sh",
    "curl -fsSLo x.sh URL && bash ./x.sh --yes",
    "curl --output=/tmp/x.sh URL; bash -e /tmp/x.sh",
    "curl -H 'A: b' --retry 3 -O URL; . ./x.sh",
    "curl -OL 'URL?raw=1' && chmod +x x.sh && ./x.sh",
    "curl URL > x.sh\nsource x.sh",
    "curl -s URL 2>/dev/null >x.sh; sudo -E ./x.sh",
    "curl -sL URL | tee x.sh; sh x.sh",
    "curl -sL URL | sudo tee /opt/x.sh > /dev/null; /opt/x.sh",
    "curl URL | gunzip > x.sh; sh x.sh",
    "wget URL && chmod +x x.sh && ./x.sh",
    "wget -qO x.sh URL; sh x.sh",
    "wget -q -O - URL > x.sh; sh x.sh",
    "wget -P /tmp URL; sh /tmp/x.sh",
    "curl -o get.py URL; python3 -u get.py --yes",
    "curl -o get.pl URL; perl get.pl",
    "curl -o get.js URL; node get.js",
    'curl -o "$TMP/x.sh" URL; bash "$TMP/x.sh"',
    "curl -Lo /usr/local/bin/kind URL; chmod +x /usr/local/bin/kind; kind create cluster",
    "curl -o x.sh URL; cat x.sh | sh",
    "curl -o x.sh URL; bash < x.sh",
    "wget https://get.example/latest/install; chmod +x ./install; sudo ./install auto",
    "if curl -o x.sh URL; then sh x.sh; fi",
    "curl -o x.sh URL\n\necho y\nsh x.sh",
    "sha256sum -c sums; curl -o x.sh URL; sh x.sh",
    "curl -o x.sh URL; sh x.sh; sha256sum -c sums",
    "curl -o x.sh URL; sha256sum x.sh; sh x.sh",
    "curl -o x.sh https://localhost.example/x.sh; sh x.sh",
)
PASS = (
    "curl -o x.sh URL; echo 'abc  x.sh' | sha256sum -c; sh x.sh",
    'curl -o x.sh URL; echo "$SHA x.sh" | sha256sum --check --strict; sh x.sh',
    "curl -o x.sh URL; echo 'abc  x.sh' | shasum -a 256 -c -; sh x.sh",
    "wget URL URL.asc && gpg --verify x.sh.asc x.sh && sh x.sh",
    "curl -O URL; cosign verify-blob --key k x.sh; sh x.sh",
    "curl -O URL; minisign -Vm x.sh -P k; sh x.sh",
    "curl -O URL; openssl dgst -sha256 -verify k -signature s x.sh; sh x.sh",
    'curl -O URL; [ "$(openssl dgst -sha256 x.sh)" = "$SUM" ] || exit 1; sh x.sh',
    'curl -O URL; test "$(sha256sum x.sh | cut -d" " -f1)" = abc && sh x.sh',
    "curl -O URL; if [[ $(sha256sum x.sh) != abc* ]]; then exit 1; fi; sh x.sh",
    "curl -O URL; sum=$(sha256sum x.sh); [ $sum = abc ] && sh x.sh",
    "curl -O URL; sha256sum x.sh | grep -q abc; sh x.sh",
    "curl -O URL; diff <(sha256sum x.sh) sums; sh x.sh",
    "curl -O URL; gh attestation verify x.sh -R a/b; sh x.sh",
    f"curl -O https://raw.example/a/{SHA}/x.sh; sh x.sh",
    "curl -o x.sh http://localhost:8000/x.sh; sh x.sh",
    "curl -o x.sh file:///x.sh; sh x.sh",
    "curl -o x.sh URL; sh y.sh",
    "curl -o x.sh URL",
    "curl -o x.sh URL; cat x.sh",
    "curl -o x.sh URL; sh -n",
    "curl -o x.sh URL; chmod +x x.sh",
    "sh x.sh; curl -o x.sh URL",
    'curl -o "$FILE" URL; sh "$FILE"',
    "curl -o /dev/null URL; sh x.sh",
    "curl URL; sh x.sh",
    "curl -o data.json URL; python -m json.tool data.json",
    "curl -o data.json URL; python read.py data.json",
    "curl -o x.tar.gz URL; tar xf x.tar.gz; ./configure",
    "wget -qO- URL; sh x.sh",
    "wget -O y URL; sh x.sh",
    "curl -O https://get.example/install; install -d /opt/x",
    "echo 'curl -o x.sh URL'; sh x.sh",
)  # fmt: skip


def told(root: Path) -> dict[str, list[tuple[int, int, int]]]:
    record = run_check("pins", target(root))
    assert record.outcome is Outcome.COMPLETE, record.reason
    found: dict[str, list[tuple[int, int, int]]] = {}
    for finding in record.findings:
        if finding.rule == RULE:
            found.setdefault(finding.path, []).append((finding.line, finding.column, finding.end_column))
    return found


def test_each_script(repository: Repository) -> None:
    scripts = {f"{number:03}.sh": text.replace("URL", URL) for number, text in enumerate((*FOUND, *PASS))}
    found = told(repository({name: f"{text}\n" for name, text in scripts.items()}))
    assert [text for name, text in scripts.items() if (name in found) is not (int(name[:3]) < len(FOUND))] == []


@pytest.mark.parametrize(
    ("name", "text", "place"),
    [
        ("a.sh", f"true; curl -o x {URL}\necho\nsh x\n", (1, 7, 41)),
        ("Makefile", f"x:\n\tcurl -o x {URL}\ny: x\n\t@./x\n", (2, 2, 36)),
        ("Dockerfile", f"FROM scratch\nRUN curl -o /x {URL}\nRUN /x && rm /x\n", (2, 5, 40)),
        ("justfile", f"x:\n  curl -o x {URL}\n  ./x\n", (2, 3, 37)),
        (".gitlab-ci.yml", f"x:\n  script:\n    - curl -o x {URL}\n    - sh x\n", (3, 7, 41)),
        ("tox.ini", f"[testenv]\ncommands =\n    curl -o x {URL}\n    sh x\n", (3, 5, 39)),
        (
            "noxfile.py",
            f"def x(session):\n    session.run('wget', '{URL}')\n    session.run('sh', 'x.sh')\n",
            (2, 5, 52),
        ),
        (
            ".github/workflows/a.yml",
            f"on: push\npermissions: {{}}\njobs:\n  a:\n    runs-on: x\n    steps:\n      - run: curl -o x {URL}\n      - run: bash x\n",
            (7, 14, 48),
        ),
    ],
)
def test_the_place_is_that_of_the_download(
    repository: Repository, name: str, text: str, place: tuple[int, int, int]
) -> None:
    assert told(repository({name: text})) == {name: [place]}


def test_a_file_is_told_once_and_known_to_its_script_only(repository: Repository) -> None:
    root = repository({"a.sh": f"curl -o x {URL}\nsh x\nsh x\n", "b.sh": "sh x\n"})
    assert told(root) == {"a.sh": [(1, 1, 35)]}


def test_what_is_said(repository: Repository) -> None:
    word = noise(12)
    text = f'curl -o x https://me:{word}@get.example/x?{word}\ncurl -o y "$URL"\nsh x\nsh y\n'
    record = run_check("pins", target(repository({"a.sh": text})))
    assert word not in str(record)
    assert [(finding.message, finding.confidence) for finding in record.findings] == [
        (
            "What curl fetches from https://get.example/x is run in line 3, and nothing verifies it before",
            Confidence.HIGH,
        ),
        (
            "What curl fetches from an address that is not known is run in line 4, and nothing verifies it before",
            Confidence.MEDIUM,
        ),
    ]


@pytest.mark.parametrize(
    "unit", ["curl -o x URL; ", "curl -o x URL | ", "a > x ", "> x > y ", "sha256sum x | ", "$(curl -O a/b; ./b"]
)
def test_hostile_text_ends(repository: Repository, unit: str) -> None:
    record = run_check("pins", target(repository({"a.sh": unit * (2**16 // len(unit)) + "./x\n"})))
    assert "broke" not in record.reason
