"""`lockgate secrets scan --format detect-secrets` prints what `detect-secrets scan` does, whatever it is told."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import subprocess
import sys
from math import log2
from pathlib import Path

import pytest
from corpus import tree
from detect_secrets.filters import gibberish, wordlist
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from lockgate.engines.secrets import stand_in
from lockgate.engines.secrets.detect_secrets_settings import builtin_classes, forget
from lockgate.model.errors import UsageError
from support import git, noise, write

# Whoever verifies what he finds reaches nobody.
NOWHERE = {f"{scheme}_proxy": "http://127.0.0.1:9" for scheme in ("http", "https", "HTTP", "HTTPS")}
TIME = re.compile(r'^ *"generated_at": .*$', re.MULTILINE)
LIMIT = 32 * 2**20
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


def by_us(root: Path, *words: str) -> str:
    """The same within this process; the document, or what would be written to a file."""
    with contextlib.chdir(root):
        done = stand_in.run(stand_in.parse(list(words)), LIMIT, offline=True)
    assert not done.gaps
    return TIME.sub("", done.text).strip()


def assert_same(root: Path, *words: str) -> str:
    """The document, which is the same. Where detect-secrets ends with a traceback it is a usage error."""
    code, theirs = by_reference(root, "scan", *words)
    if code:
        with pytest.raises(UsageError):
            by_us(root, *words)
        return ""
    ours = by_us(root, *words)
    assert ours == theirs
    return ours


def found(document: str) -> int:
    return sum(map(len, json.loads(document)["results"].values()))


@pytest.fixture(autouse=True)
def _default_settings() -> None:
    forget()


COUNT = int(os.environ.get("LOCKGATE_DIFFERENTIAL_FILES", "150"))
FEW = settings(
    max_examples=int(os.environ.get("LOCKGATE_DIFFERENTIAL_OPTIONS", "6")), deadline=None, derandomize=True,
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
    st.sampled_from([[], ["--gibberish-limit", "2.5"]] if gibberish.is_feature_enabled() else [[]]),
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
