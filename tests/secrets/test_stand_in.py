"""`lockgate secrets scan --format detect-secrets` prints what `detect-secrets scan` does, whatever it is told."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from math import log2
from pathlib import Path
from typing import Any

import pytest
from corpus import tree
from detect_secrets.filters import gibberish, wordlist
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from lockgate.engines import stand_in
from lockgate.engines.secrets import detect_secrets
from lockgate.engines.secrets.detect_secrets_settings import builtin_classes, forget
from lockgate.engines.stand_in import arguments
from lockgate.model.errors import UsageError
from support import HEX, git, lockgate, noise, write

# Whoever verifies what he finds reaches nobody.
NOWHERE = {f"{scheme}_proxy": "http://127.0.0.1:9" for scheme in ("http", "https", "HTTP", "HTTPS")}
TIME = re.compile(r'(?<="generated_at": ").*(?=")')
LIMIT = 32 * 2**20
# On wherever it is installed, and it takes most of what tests make for words.
NO_GIBBERISH = ("--disable-filter", "detect_secrets.filters.gibberish.should_exclude_secret")
HEURISTICS = [
    "is_sequential_string",
    "is_potential_uuid",
    "is_likely_id_string",
    "is_templated_secret",
    "is_prefixed_with_dollar_sign",
    "is_indirect_reference",
    "is_lock_file",
    "is_not_alphanumeric_string",
    "is_swagger_file",
    "is_non_text_file",
]
FILTERS = [
    *(f"detect_secrets.filters.heuristic.{name}" for name in HEURISTICS),
    "detect_secrets.filters.allowlist.is_line_allowlisted",
    "detect_secrets.filters.common.is_invalid_file",
    "detect_secrets.filters.no.such_filter",
]


def by_reference(root: Path, *words: str) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, "-m", "detect_secrets", *words],
        cwd=root, env={**os.environ, **NOWHERE}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    return done.returncode, TIME.sub("", done.stdout).strip()


def by_us(root: Path, *words: str, offline: bool = True) -> str:
    """The same within this process; the document, or what would be written to a file."""
    document, incomplete = by_us_with_gaps(root, words, offline=offline)
    assert not incomplete
    return document


def by_us_with_gaps(root: Path, words: Sequence[str], *, offline: bool = True) -> tuple[str, bool]:
    with contextlib.chdir(root):
        done = stand_in.run(arguments.parse(list(words)), LIMIT, offline=offline)
    return TIME.sub("", done.text).strip(), bool(done.gaps)


def assert_same(root: Path, *words: str, offline: bool = True) -> str:
    """The document, which is the same. Where detect-secrets ends with a traceback it is a usage error."""
    code, theirs = by_reference(root, "scan", *words)
    if code:
        with pytest.raises(UsageError):
            by_us(root, *words)
        return ""
    ours = by_us(root, *words, offline=offline)
    assert ours == theirs
    return ours


def found(document: str) -> int:
    return sum(map(len, json.loads(document)["results"].values()))


@pytest.fixture(scope="module", autouse=True)
def _own_databases(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Other limits make another database: those of these tests go with them, and not into the user's cache."""
    folder = tmp_path_factory.mktemp("databases")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(folder))
        yield
    shutil.rmtree(folder)


@pytest.fixture(autouse=True)
def _default_settings() -> None:
    forget()


COUNT = int(os.environ.get("LOCKGATE_DIFFERENTIAL_FILES", "100"))
FEW = settings(
    max_examples=int(os.environ.get("LOCKGATE_DIFFERENTIAL_OPTIONS", "3")), deadline=None, derandomize=True,
    database=None, suppress_health_check=list(HealthCheck), phases=[Phase.generate],
)  # fmt: skip


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("corpus")
    write(root, tree(COUNT, seed=3, longest=20_000 if COUNT < 1000 else 1_000_000))
    git(root, "init", "--quiet")
    git(root, "add", "--all")
    write(root, {"untracked.py": f'password = "{noise(14)}"\n'})
    return root


def listed(flag: str, values: list[str], most: int) -> st.SearchStrategy[list[str]]:
    chosen = st.lists(st.sampled_from(values), unique=True, max_size=most)
    return chosen.map(lambda names: [word for name in names for word in (flag, name)])


def limits(flag: str, most: float) -> st.SearchStrategy[list[str]]:
    chosen = st.one_of(
        st.floats(0, most), st.integers(0, 8), st.integers(2, 60).map(log2), st.sampled_from([0, 0.1, 8])
    )
    return st.one_of(st.just([]), chosen.map(lambda limit: [flag, repr(limit)]))


OPTIONS = st.tuples(
    listed("--disable-plugin", [plugin.__name__ for plugin in builtin_classes()], 5),
    limits("--base64-limit", 6),
    limits("--hex-limit", 4),
    listed("--exclude-lines", ["AKIA", "^ *#", "(?i)PASS", "x$"], 2),
    listed("--exclude-files", [r"\.py$", "d1/", "^a", "min"], 2),
    listed("--exclude-secrets", ["^A", "[0-9]{6}", "zxcv", "(?i)secret"], 2),
    st.sampled_from([[], ["--no-verify"]]),
    listed("--disable-filter", FILTERS, 6),
    listed("--filter", ["detect_secrets.filters.heuristic.is_potential_uuid"], 1),
    st.sampled_from([[], ["--word-list", "words.txt"]] if wordlist.is_feature_enabled() else [[]]),
    st.sampled_from([[], NO_GIBBERISH, *([["--gibberish-limit", "2.5"]] if gibberish.is_feature_enabled() else [])]),
    st.sampled_from([[], ["--slim"]]),
    st.sampled_from([[], [], ["--all-files"]]),
    st.sampled_from([[], [], ["d0"], ["d1", "d2"], ["d0/min.js"], ["d3", ".env"], ["a.png"], ["no-such"]]),
).map(lambda groups: [word for group in groups for word in group])


@given(OPTIONS)
@FEW
def test_every_setting_gives_the_same_document(corpus: Path, words: list[str]) -> None:
    assert_same(corpus, *words)


@given(OPTIONS)
@FEW
def test_every_setting_gives_the_same_of_allowlisted_lines(lines: Path, words: list[str]) -> None:
    assert_same(lines, "--only-allowlisted", *words)


@pytest.fixture(scope="module")
def lines(corpus: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same without empty files, on which detect-secrets breaks when it looks for allowlisted lines."""
    root = shutil.copytree(corpus, tmp_path_factory.mktemp("lines"), dirs_exist_ok=True)
    for path in root.rglob("*"):
        if path.is_file() and not path.stat().st_size:
            path.unlink()
    return root


ALL_FILTERS_OFF = [word for name in FILTERS[:-3] for word in ("--disable-filter", name)]


@pytest.mark.skipif(not os.environ.get("LOCKGATE_DIFFERENTIAL_TREES"), reason="takes minutes")
@pytest.mark.parametrize(
    "words",
    [(), NO_GIBBERISH, (*NO_GIBBERISH, "--hex-limit", "2", "--base64-limit", "3.6"), (*NO_GIBBERISH, *ALL_FILTERS_OFF)],
    ids=["defaults", "no gibberish", "low limits", "no filters"],
)
def test_whole_trees_give_the_same(words: tuple[str, ...]) -> None:
    for root in os.environ["LOCKGATE_DIFFERENTIAL_TREES"].split(os.pathsep):
        assert_same(Path(root), "--all-files", "--no-verify", *words)


STAND_IN = ("secrets", "scan", "--engines", "detect-secrets", "--format", "detect-secrets")
HEX_STRING = noise(40, HEX)
LEAKS = {
    "a.py": f'password = "{noise(14)}"\ndigest = "{HEX_STRING}"\nname = "x"  # pragma: allowlist secret\n',
    "exit.py": "raise SystemExit\n",
    "b/c.yml": f"key: {noise(30)}\npassword: {noise(12)}\n",
    "b/d.py": f'token = "AKIA{noise(16, "ABCDEFGHIJKLMNOPQRSTUVWXYZ")}"  # pragma: allowlist secret\n',
}
PLUGIN = """from detect_secrets.plugins.base import RegexBasedDetector
import pathlib, re
pathlib.Path(__file__).with_suffix(".ran").touch()

class {name}(RegexBasedDetector):
    secret_type = "Ticket"  # lockgate: allow[secrets/hard-coded-password]
    denylist = (re.compile(r"{pattern}"),)
"""
FILTER = """import pathlib
pathlib.Path(__file__).with_suffix(".ran").touch()

def is_dull(secret):
    return "{dull}" in secret
"""


def as_command(root: Path, *words: str) -> subprocess.CompletedProcess[str]:
    done = lockgate(*STAND_IN, *words, cwd=root, env=NOWHERE)
    done.stdout = TIME.sub("", done.stdout).strip()
    return done


@pytest.mark.parametrize(
    "words",
    [
        ("--only-verified",),
        ("--list-all-plugins", "--disable-plugin", "KeywordDetector"),
        ("--string", HEX_STRING),
        ("--string", f"AKIA{noise(16, HEX.upper())}", "--disable-plugin", "HexHighEntropyString", "--no-verify"),
    ],
    ids=" ".join,
)
def test_other_modes_print_the_same(repository: Callable[..., Path], words: tuple[str, ...]) -> None:
    assert_same(repository(LEAKS), *words, offline=False)


def test_the_command_prints_the_same(repository: Callable[..., Path]) -> None:
    root = repository(LEAKS)
    done = as_command(root, *NO_GIBBERISH)
    assert (done.returncode, done.stdout) == by_reference(root, "scan", *NO_GIBBERISH)
    assert done.stderr == ""
    assert found(done.stdout) == 3


def test_the_default_document_asks_for_verification_and_nobody_is_asked(repository: Callable[..., Path]) -> None:
    root = repository({"a.py": f'slack = "xoxb-{noise(12, "12345")}-{noise(12, "12345", 8)}-{noise(24)}"\n'})
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0)
        proxy = dict.fromkeys(NOWHERE, f"http://127.0.0.1:{server.getsockname()[1]}")
        done = lockgate(*STAND_IN, *NO_GIBBERISH, cwd=root, env=proxy)
        with pytest.raises(BlockingIOError):
            server.accept()
    assert found(done.stdout) == 1
    assert '"min_level": 2' in done.stdout


@pytest.mark.parametrize("words", [("-C", "{root}"), ("-c", "1", "-C", "{root}", "b"), ("--cores=2",), ("{root}/b",)])
@pytest.mark.parametrize("place", ["", "theirs/b"])
def test_another_directory_gives_the_same(
    repository: Callable[..., Path], tmp_path: Path, words: tuple[str, ...], place: str
) -> None:
    root = repository(LEAKS, "theirs")
    given = [word.format(root=root) for word in words]
    outer = [word for word in given if not word.endswith(("b", "/b"))]
    inner = [word for word in given if word not in outer]
    done, incomplete = by_us_with_gaps(tmp_path / place, given)
    assert (0, done) == by_reference(tmp_path / place, *outer, "scan", *inner)
    assert incomplete == (not place and "-C" not in given)


def test_where_git_lists_nothing_the_document_is_the_same_and_incomplete(tmp_path: Path) -> None:
    write(tmp_path, LEAKS)
    done = as_command(tmp_path)
    assert done.stdout == by_reference(tmp_path, "scan")[1]
    assert done.returncode == 3
    assert "--all-files scans what is there" in done.stderr


def with_baseline(repository: Callable[..., Path], change: Callable[[dict[str, Any]], None]) -> list[Path]:
    """Two copies of a repository with a baseline, which `change` changes."""
    roots = [repository(LEAKS, name) for name in ("theirs", "ours")]
    told = json.loads(by_us(roots[0], "--no-verify", *NO_GIBBERISH))
    change(told)
    for root in roots:
        write(root, {".secrets.baseline": json.dumps(told), "new.py": f'password = "{noise(20)}"\n'})
        git(root, "add", "--all")
    return roots


def label(told: dict[str, Any]) -> None:
    told["results"]["a.py"][0].update(is_secret=False, is_verified=True)
    told["results"]["gone.py"] = told["results"]["a.py"]


def limit(told: dict[str, Any]) -> None:
    for plugin in told["plugins_used"]:
        if "limit" in plugin:
            plugin["limit"] = 0
        if "keyword_exclude" in plugin:
            plugin["keyword_exclude"] = "PASSWORD: "


def reduce(told: dict[str, Any]) -> None:
    told["plugins_used"] = [{"name": "KeywordDetector"}]
    told["filters_used"] = [{"path": "detect_secrets.filters.regex.should_exclude_file", "pattern": ["new"]}]


def age(told: dict[str, Any]) -> None:
    told.update(version="0.13.0", exclude={"files": "b/", "lines": None}, word_list={"file": None, "hash": None})
    told["plugins_used"] = [{"name": "Base64HighEntropyString", "base64_limit": 3.5}]
    del told["filters_used"]


FORCED = ("--force-use-all-plugins", "--slim", "--hex-limit", "2")


@pytest.mark.parametrize(
    ("change", "words"), [(label, ()), (limit, ()), (limit, FORCED), (reduce, ()), (reduce, FORCED), (age, ())]
)
def test_a_baseline_is_updated_as_detect_secrets_does(
    repository: Callable[..., Path], change: Callable[[dict[str, Any]], None], words: tuple[str, ...]
) -> None:
    theirs, ours = with_baseline(repository, change)
    assert by_reference(theirs, "scan", *NO_GIBBERISH, "--baseline", ".secrets.baseline", *words) == (0, "")
    document = by_us(ours, *NO_GIBBERISH, "--baseline", ".secrets.baseline", *words)
    assert document == TIME.sub("", (theirs / ".secrets.baseline").read_text()).strip()
    assert '"a.py": [' in document or change is reduce


def test_the_command_writes_the_baseline(repository: Callable[..., Path]) -> None:
    root = with_baseline(repository, label)[1]
    done = as_command(root, "--baseline", ".secrets.baseline", *NO_GIBBERISH)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    document = (root / ".secrets.baseline").read_text()
    assert document.endswith("}\n")
    assert "new.py" in document
    assert "gone.py" not in document


def test_plug_ins_and_filters_of_the_users_own_give_the_same(repository: Callable[..., Path], tmp_path: Path) -> None:
    root = repository({**LEAKS, "t.txt": "see TICK-4711 and TICK-4712\n"})
    write(tmp_path, {"p.py": PLUGIN.format(name="Ticket", pattern="TICK-[0-9]+"), "f.py": FILTER.format(dull="4712")})
    words = ("--plugin", str(tmp_path / "p.py"), "--filter", f"{tmp_path / 'f.py'}::is_dull", "--disable-filter")
    words += ("detect_secrets.filters.heuristic.is_not_alphanumeric_string", *NO_GIBBERISH)
    assert found(assert_same(root, *words)) == 4


def test_a_word_list_gives_the_same(repository: Callable[..., Path]) -> None:
    pytest.importorskip("ahocorasick")
    root = repository({**LEAKS, "words.txt": f"{noise(14)[3:9].upper()}\nab\n"})
    without, with_words = (
        found(assert_same(root, *NO_GIBBERISH, *words)) for words in ((), ("--word-list", "words.txt"))
    )
    assert with_words == without - 1


def names_plugin(told: dict[str, Any], path: Path) -> None:
    told["plugins_used"].append({"name": "Ticket", "path": f"file://{path}"})


def names_old_plugin(told: dict[str, Any], path: Path) -> None:
    told.update(version="0.13.0", custom_plugin_paths=[str(path)])
    told["plugins_used"] = []


def names_filter(told: dict[str, Any], path: Path) -> None:
    told["filters_used"].append({"path": f"file://{path}::is_dull"})


def names_module(told: dict[str, Any], path: Path) -> None:
    told["filters_used"].append({"path": f"{path.stem}.is_dull"})


@pytest.mark.parametrize("names", [names_plugin, names_old_plugin, names_filter, names_module])
def test_a_baseline_lets_no_code_run(
    repository: Callable[..., Path],
    monkeypatch: pytest.MonkeyPatch,
    names: Callable[[dict[str, Any], Path], None],
) -> None:
    root = with_baseline(repository, lambda told: names(told, Path("evil.py").absolute()))[1]
    path = root / "evil.py"
    write(root, {"evil.py": PLUGIN.format(name="Ticket", pattern="x") + FILTER.format(dull="x")})
    told = json.loads((root / ".secrets.baseline").read_text())
    (root / ".secrets.baseline").write_text(json.dumps(told).replace(str(Path("evil.py").absolute()), str(path)))
    monkeypatch.syspath_prepend(root)
    with pytest.raises(UsageError, match=r"evil.* which would run"):
        by_us(root, "--baseline", ".secrets.baseline")
    assert not path.with_suffix(".ran").exists()


@pytest.mark.parametrize("name", ["file_name", "model"])
def test_a_file_that_a_baseline_names_is_not_waited_for(repository: Callable[..., Path], name: str) -> None:
    kind = {"file_name": "wordlist", "model": "gibberish"}[name]
    told = {"path": f"detect_secrets.filters.{kind}.should_exclude_secret", name: "pipe", "min_length": 3, "limit": 1}
    root = with_baseline(repository, lambda document: document["filters_used"].append(told))[1]
    os.mkfifo(root / "pipe")
    with pytest.raises(UsageError, match="pipe is no file"):
        by_us(root, "--baseline", ".secrets.baseline")


def test_patterns_of_a_baseline_do_not_take_for_ever(
    repository: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    told = {"path": "detect_secrets.filters.regex.should_exclude_file", "pattern": ["(a|a)+$"]}
    root = with_baseline(repository, lambda document: document["filters_used"].append(told))[1]
    write(root, {f"{'a' * 60}!": "x"})
    git(root, "add", "--all")
    monkeypatch.setattr(detect_secrets, "SECONDS_PER_FILE", 0.2)
    assert by_us_with_gaps(root, ("--baseline", ".secrets.baseline"))[1]


@pytest.mark.parametrize("told", [{"keyword_exclude": "["}, {"limit": 9}, {"name": "Nothing"}, {"unknown": 1}])
def test_plug_ins_that_can_not_be_made_are_usage_errors(repository: Callable[..., Path], told: dict[str, Any]) -> None:
    def change(document: dict[str, Any]) -> None:
        name = "HexHighEntropyString" if "limit" in told else "KeywordDetector"
        document["plugins_used"] = [{"name": name, **told}]

    root = with_baseline(repository, change)[1]
    with pytest.raises(UsageError):
        by_us(root, "--baseline", ".secrets.baseline")


def test_a_file_with_too_many_secrets_is_told(repository: Callable[..., Path], monkeypatch: pytest.MonkeyPatch) -> None:
    root = repository(LEAKS)
    monkeypatch.setattr(stand_in, "MOST_SECRETS", 1)
    document, incomplete = by_us_with_gaps(root, NO_GIBBERISH)
    assert incomplete
    assert "a.py" not in json.loads(document)["results"]


def test_what_the_command_line_names_a_baseline_may_name(repository: Callable[..., Path], tmp_path: Path) -> None:
    plugin = tmp_path / "p.py"
    write(tmp_path, {"p.py": PLUGIN.format(name="Ticket", pattern="[A-Z]+ICK-[0-9]+")})
    theirs, ours = with_baseline(repository, lambda told: names_plugin(told, plugin))
    for root in (theirs, ours):
        write(root, {"a.py": "see TICK-4711\n"})
    words = ("--baseline", ".secrets.baseline", "--plugin", str(plugin))
    assert by_reference(theirs, "scan", *words) == (0, "")
    document = by_us(ours, *words)
    assert document == TIME.sub("", (theirs / ".secrets.baseline").read_text()).strip()
    assert "Ticket" in document


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--frobnicate",), "unrecognized arguments: --frobnicate"),
        (("--base64-limit", "9"), "9 must be between 0.0 and 8.0"),
        (("--disable-plugin", "Nothing"), "Invalid plugin classname: Nothing"),
        (("--exclude-lines", "["), "'[' is no regular expression"),
        (("--only-verified",), "--offline forbids connections"),
        (("--only-verified", "--no-verify"), "not allowed with argument"),
        (("--baseline", "nothing"), "Invalid path: nothing"),
        (("--baseline", "a.py"), "a.py is no baseline of detect-secrets"),
        (("--filter", "os.nothing"), "No filter function named `nothing`"),
        (("--plugin", "b/c.yml"), "b/c.yml"),
        (("--plugin", "exit.py"), "can't be used"),
        (("--sarif", "x"), "unrecognized arguments: --sarif"),
        (("-v",), "-v"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_wrong_arguments_are_usage_errors(repository: Callable[..., Path], words: tuple[str, ...], said: str) -> None:
    with pytest.raises(UsageError) as error:
        by_us(repository(LEAKS), *words)
    assert said in str(error.value)


def test_its_options_are_for_its_document_only(repository: Callable[..., Path]) -> None:
    root = repository(LEAKS)
    assert lockgate("secrets", "scan", "--exclude-files", "x", cwd=root).returncode == 2
    done = lockgate("secrets", "scan", "--format", "detect-secrets", "--engines", "kingfisher", cwd=root)
    assert (done.returncode, done.stdout) == (2, "")
    assert "give --engines detect-secrets" in done.stderr
    done = as_command(root, "--base64-limit", "9")
    assert (done.returncode, done.stdout) == (2, "")
    assert "9 must be between 0.0 and 8.0" in done.stderr


def test_help_tells_its_options(tmp_path: Path) -> None:
    done = lockgate("secrets", "scan", "--format", "detect-secrets", "--help", cwd=tmp_path)
    assert done.returncode == 0
    assert "--exclude-secrets" in done.stdout


def test_the_string_may_come_from_standard_input(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "lockgate", *STAND_IN, "--string"]
    done = subprocess.run(
        command, cwd=tmp_path, input=f"{HEX_STRING}\nmore\n", capture_output=True, text=True, check=False
    )
    assert done.returncode == 0
    assert re.search(r"HexHighEntropyString *: True  \(3\.\d+\)", done.stdout)


def test_a_file_that_is_not_scanned_leaves_the_baseline_as_it_is(repository: Callable[..., Path]) -> None:
    root = with_baseline(repository, lambda _: None)[1]
    write(root, {"big.py": b" " * (33 * 2**20)})
    git(root, "add", "--all")
    before = (root / ".secrets.baseline").read_bytes()
    done = as_command(root, "--baseline", ".secrets.baseline")
    assert done.returncode == 3
    assert "not scanned: big.py" in done.stderr
    assert (root / ".secrets.baseline").read_bytes() == before
