"""The prefilter changes what is run, never what is found: compared with detect-secrets' own scan of the same files."""

from __future__ import annotations

import base64
import json
import os
import random
import re
import sysconfig
import tracemalloc
from collections.abc import Callable
from contextlib import nullcontext
from functools import cache, partial
from pathlib import Path
from typing import Any

import pytest
from corpus import SHAPES, documents
from detect_secrets.core import scan as reference
from detect_secrets.core.plugins.util import get_mapping_from_secret_type_to_class
from detect_secrets.plugins.keyword import REGEX_BY_FILETYPE
from detect_secrets.settings import get_settings
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from samples import SAMPLES

from lockgate.engines.secrets import detect_secrets, kingfisher, rewritten
from lockgate.engines.secrets.base import LeftOutError, Scan
from lockgate.engines.secrets.necessary import NoConditionError, factors, necessary
from lockgate.engines.secrets.prefilter import Condition, Prefilter
from lockgate.engines.secrets.scanners import Scanners
from lockgate.model.engine_options import EngineOptions
from support import noise, write

Found = set[tuple[str, int, str]]

PATTERNS = {
    (pattern.pattern, pattern.flags): pattern
    for patterns in (
        *(kind().denylist for kind in get_mapping_from_secret_type_to_class().values() if hasattr(kind, "denylist")),
        *REGEX_BY_FILETYPE.values(),
    )
    for pattern in patterns
}


@pytest.mark.parametrize("pattern", PATTERNS.values(), ids=lambda pattern: pattern.pattern[:40])
def test_the_condition_is_necessary(pattern: re.Pattern[str]) -> None:
    condition = re.compile(necessary(pattern).encode())

    @given(st.from_regex(pattern))
    @settings(max_examples=10, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    def check(text: str) -> None:
        for line in text.split("\n"):
            if pattern.search(line):
                assert condition.search(line.encode("utf-8", "surrogatepass"))

    check()


@pytest.mark.parametrize("pattern", [r"a*", r"(?=a)", r"^$", r"(?i:a)b", r"(a)?(?(1)b|c)"])
def test_what_has_no_condition_says_so(pattern: str) -> None:
    with pytest.raises(NoConditionError):
        necessary(re.compile(pattern))


def by_reference(path: Path) -> Found:
    """What detect-secrets itself finds in a file on the disk, under the settings that our engine has made."""
    get_settings().filters["detect_secrets.filters.common.is_invalid_file"] = {}
    found = {(secret.type, secret.line_number, secret.secret_value) for secret in reference.scan_file(str(path))}
    get_settings().disable_filters("detect_secrets.filters.common.is_invalid_file")
    return found


@cache
def prefilter() -> Prefilter | None:
    return Scanners().prefilter


@cache
def scanner() -> Scan:
    return detect_secrets.load_scanner(EngineOptions(), prefilter())


def by_us(path: Path) -> Found:
    try:
        sightings = scanner()(str(path), path.read_bytes())
    except LeftOutError:
        return set()
    return {(seen.kind, seen.at.line, seen.value.reveal()) for seen in sightings}


def compare(tmp_path: Path, name: str, data: bytes) -> int:
    path = tmp_path / name
    path.write_bytes(data)
    found = by_us(path)
    assert found == by_reference(path), data
    assert_quiet_is_empty(name, data)
    return len(found)


def assert_quiet_is_empty(name: str, data: bytes) -> None:
    """Where an engine need not look, the tool itself finds nothing."""
    filters = prefilter()
    if filters and not kingfisher.may_find(name, data, filters):
        assert not by_kingfisher(name, data), data


def by_kingfisher(name: str, data: bytes) -> set[tuple[str, str]]:
    import kingfisher_sdk as sdk

    return {(found.rule_id, found.secret) for found in sdk_scanner().scan_input(sdk.ScanInput(path=name, data=data))}


@cache
def sdk_scanner() -> Any:
    import kingfisher_sdk as sdk

    return sdk.DetectionScanner(sdk.Rules())


def test_generated_files_give_the_same(tmp_path: Path) -> None:
    count = int(os.environ.get("LOCKGATE_DIFFERENTIAL_FILES", "120"))
    found = sum(compare(tmp_path, name, data) for name, data in documents(count, seed=1))
    assert found > count / 2


@given(data=st.binary(max_size=400), name=st.sampled_from(sorted(SHAPES)))
@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
def test_arbitrary_bytes_give_the_same(tmp_path: Path, data: bytes, name: str) -> None:
    compare(tmp_path, name, data)


def test_a_long_line_gives_the_same(tmp_path: Path) -> None:
    parts = [f'"{noise(40, seed=number)}",password:"{noise(9, seed=number)}"' for number in range(40)]
    assert compare(tmp_path, "min.js", (";".join(f"{part}{'x' * 3000}" for part in parts)).encode()) > 10


def test_the_standard_library_gives_the_same() -> None:
    """A sample; LOCKGATE_DIFFERENTIAL_TREES names whole trees to compare, by os.pathsep."""
    trees = os.environ.get("LOCKGATE_DIFFERENTIAL_TREES")
    if trees:
        files = [path for tree in trees.split(os.pathsep) for path in Path(tree).rglob("*")]
    else:
        files = sorted(Path(sysconfig.get_path("stdlib")).glob("*.py"))[::40]
    for path in files:
        if path.is_file() and path.suffix != ".pyc":
            assert by_us(path) == by_reference(path), path
            assert_quiet_is_empty(path.name, path.read_bytes())


def of_patterns(*patterns: str) -> Prefilter:
    return Prefilter(repr(patterns), lambda: [Condition("", pattern, pattern, of_lines=True) for pattern in patterns])


@pytest.mark.parametrize("end", [b"", b"\n"])
def test_matches_at_every_byte_take_no_memory(end: bytes) -> None:
    """Kept one by one, those of the first text would take 20 MB."""
    text = b"a" * 150_000
    pattern = of_patterns("a", "[ab]")
    tracemalloc.start()
    found = list(pattern.lines("", text + end))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert found == [(1, "[ab]"), (1, "a")]
    assert peak < 3_000_000


def peak_of(call: Callable[[], object]) -> int:
    """The most memory, in bytes, that a call takes beside its arguments."""
    tracemalloc.start()
    call()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return peak


def test_many_lines_before_a_header_take_no_memory() -> None:
    """A stack of them took 270 bytes each."""
    for line in ("\n", "#\n", "  ; c\n"):
        text = line * 100_000
        assert peak_of(partial(rewritten.HEADER_FIRST.match, text)) < 1_000_000
        assert rewritten.HEADER_FIRST.match(f"{text} [a]")


@given(st.text(" \t\n#;[]a\f", max_size=20))
@settings(max_examples=500, deadline=None, database=None)
def test_a_header_comes_first(text: str) -> None:
    lines = [line.strip() for line in text.split("\n")]
    first = next((line for line in lines if line and line[0] not in "#;"), "")
    assert bool(rewritten.HEADER_FIRST.match(text)) == first.startswith("[")


def test_base64_everywhere_takes_no_memory() -> None:
    """Decoded all at once, these took 20 bytes for each of theirs; in parts they take as much as one part does."""
    filters = prefilter()
    assert filters
    data = (b"A" * 31 + b"\n") * 50_000
    assert peak_of(lambda: kingfisher.may_find("a.txt", data, filters)) < 10 * len(data)


def test_a_secret_far_behind_other_base64_is_found() -> None:
    filters = prefilter()
    assert filters
    secret = base64.b64encode(f'token = "ghp_{noise(36)}"'.encode())
    assert kingfisher.may_find("a.txt", (b"A" * 31 + b"\n") * 50_000 + secret, filters)


def spin(*_: object) -> None:
    while True:
        pass


def test_the_question_is_within_the_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(detect_secrets, "SECONDS_PER_FILE", 0.2)
    monkeypatch.setattr(detect_secrets, "may_find", spin)
    with pytest.raises(TimeoutError):
        detect_secrets.load_scanner(EngineOptions(), prefilter())("a.txt", b"a")


def test_no_file_has_more_than_a_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[float] = []
    monkeypatch.setattr(detect_secrets, "_deadline", lambda seconds: nullcontext(asked.append(seconds)))
    for size in (0, 2**20, 2**25):
        detect_secrets.load_scanner(EngineOptions(), prefilter())("a.txt", b" " * size)
    assert asked == [10, 30, 60]


def test_every_part_of_a_long_text_counts_its_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    chance = random.Random(4)
    lines = ["".join(chance.choices("ab\r x", k=chance.randrange(12))) for _ in range(3000)]
    expected = [(number, "ab") for number, line in enumerate(lines, start=1) if "ab" in line]
    for size in (1, 7, 100, 10**6):
        monkeypatch.setattr("lockgate.engines.secrets.prefilter.PART", size)
        assert list(of_patterns("ab").lines("", "\n".join(lines).encode())) == expected


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path / "lockgate" / "prefilter"


def works() -> bool:
    pattern = of_patterns("ab+c", "x[0-9]")
    found = list(pattern.lines("", b"x1\nabc x2\n"))
    return found == [(1, "x[0-9]"), (2, "ab+c"), (2, "x[0-9]")] and pattern.look("")(b"abbc") == {"ab+c"}


def test_a_database_is_kept_and_taken_again(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert works()
    (kept,) = folder.iterdir()
    assert kept.stat().st_mode & 0o777 == 0o600
    monkeypatch.setattr("lockgate.engines.secrets.prefilter._compile", None)
    assert works()


@pytest.mark.parametrize("damage", [lambda data: data[:50], lambda _data: b"", lambda data: data[:-1] + b"!"])
def test_a_damaged_database_is_made_anew(folder: Path, damage: object) -> None:
    assert works()
    (kept,) = folder.iterdir()
    whole = kept.read_bytes()
    kept.write_bytes(damage(whole))  # type: ignore[operator]
    assert works()
    assert kept.read_bytes() == whole


def test_a_folder_in_which_others_can_write_is_not_used(folder: Path) -> None:
    folder.mkdir(parents=True)
    folder.chmod(0o777)
    assert works()
    assert not list(folder.iterdir())


def test_a_database_that_others_can_change_is_not_loaded(folder: Path) -> None:
    assert works()
    (kept,) = folder.iterdir()
    kept.write_bytes(b"x")
    kept.chmod(0o666)
    assert works()


def test_a_cache_that_is_no_folder_costs_time_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    assert works()


def test_without_hyperscan_every_line_is_looked_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "hyperscan", None)
    scanner.cache_clear()
    prefilter.cache_clear()
    for name, data in documents(20, seed=2):
        compare(tmp_path, name, data)
    assert prefilter() is None
    scanner.cache_clear()
    prefilter.cache_clear()


PLACES = [
    "{}",
    "~~~??? {} >>>",
    "x = '{}'",
    "KEY={}",
    '{{"a": "{}"}}',
    "Authorization: Bearer {}",
    "https://u:{}@h.example/",
]


def encoded(text: str, depth: int, alphabet: bytes) -> str:
    for _ in range(depth):
        text = f"y {base64.b64encode(text.encode(), alphabet).decode()}"
    return text


@pytest.mark.parametrize("depth", [0, 1, 2])
@pytest.mark.parametrize("alphabet", [b"+/", b"-_"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-be", "utf-32"])
def test_kingfisher_is_asked_wherever_it_finds_something(depth: int, alphabet: bytes, encoding: str) -> None:
    filters = prefilter()
    assert filters
    found = 0
    for line, _ in SAMPLES.values():
        for place in PLACES:
            data = encoded(place.format(line), depth, alphabet).encode(encoding)
            if by_kingfisher("a.txt", data):
                found += 1
                assert kingfisher.may_find("a.txt", data, filters)
    assert found


@pytest.mark.parametrize("pattern", PATTERNS.values(), ids=lambda pattern: pattern.pattern[:40])
def test_the_factors_stand_in_the_file(pattern: re.Pattern[str]) -> None:
    """A line `key = "value"` in which the pattern matches was made of a file in which all its factors do."""
    needed = [re.compile(factor.encode()) for factor in factors(pattern)]

    @given(st.from_regex(pattern))
    @settings(max_examples=10, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    def check(text: str) -> None:
        for separator in (" = ", ": "):
            key, found, value = text.partition(separator)
            if found and value[:1] == '"' and value[-1:] == '"' and pattern.search(text):
                source = f"{key}\n{value[1:-1]}".replace('\\"', '"').encode("utf-8", "surrogatepass")
                assert all(factor.search(source) for factor in needed)

    check()


def test_few_files_without_secrets_are_looked_at() -> None:
    """Else the prefilter would be exact and worthless."""
    filters = prefilter()
    assert filters
    files = {
        "a.py": "import os\n\n\ndef main(path: str) -> int:\n    return len(os.listdir(path))\n",
        "pyproject.toml": '[project]\nname = "demo"\nversion = "1.0"\ndependencies = [\n    "click>=8",\n]\n',
        "a.yml": "on: push\njobs:\n  test:\n    runs-on: ubuntu-24.04\n    steps:\n      - run: make\n",
        "setup.cfg": "[flake8]\nmax-line-length = 100\nexclude =\n    build\n    docs\n",
        "README.md": "# Demo\n\nSee https://index.example/docs for more.\n",
    }
    for name, text in files.items():
        assert not detect_secrets.may_find(name, text.encode(), filters)
        assert not kingfisher.may_find(name, text.encode(), filters)


def test_kingfisher_decodes_no_other_base64_than_we_know(tmp_path: Path) -> None:
    """What it decodes, found with a rule for something short, meets our condition: ASCII, and nothing very short."""
    import kingfisher_sdk as sdk

    rule = {"name": "Short", "id": "custom.short", "pattern": "(QQ[0-9]{2})", "confidence": "high", "min_entropy": 0.0}
    write(tmp_path, {"rules.yml": json.dumps({"rules": [rule]})})
    scan = sdk.DetectionScanner(sdk.Rules([tmp_path / "rules.yml"], builtins=False, cache=False)).scan_input
    chance = random.Random(5)
    texts = [(b"QQ12" + b" abcdefghijklmnopqrstuvwxyz" * 2)[:size] for size in range(4, 60)]
    for letters in (bytes(range(128)), b" ?>~\0\x7f", bytes(range(256)), "a\u00e9 ".encode()):
        texts += [
            bytes(chance.choices(letters, k=40)) + b" QQ12 " + bytes(chance.choices(letters, k=40)) for _ in range(40)
        ]
    shown = [encode(text) for text in texts for encode in (base64.b64encode, base64.urlsafe_b64encode)]
    found = [text for text in shown if scan(sdk.ScanInput(path="a", data=b"x = '%b'" % text))]
    assert len(found) > len(shown) / 4
    condition = re.compile(kingfisher._base64_of_ascii().encode())
    assert all(condition.search(text) for text in found)
