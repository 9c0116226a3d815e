"""The labelled set of what commands install: each row of the notes' table that concerns shell, found and not found."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from lockgate.checks.run import run_check
from lockgate.model.finding import Confidence
from lockgate.model.record import Outcome
from support import target, write

Repository = Callable[..., Path]

SHA = "de0fac2e4500dabe0009e67214ff5f5447ce83dd"
DIGEST = "8c3a2b1f" * 8
WORKFLOW = """\
on: push
jobs:
  a:
    runs-on: ubuntu-24.04
    permissions: {}
    steps:
"""
NAMED = {
    "hashed.txt": f"flask==1.0 --hash=sha256:{DIGEST}\n",
    "pinned.txt": "flask==1.0\n",
    "open.txt": "flask\n",
    "including.txt": "-r open.txt\n",
    "broken.txt": "-r gone.txt\nflask==1.0\n",
}
NONE, VERSION, PIPED = "pins/unpinned-install", "pins/unhashed-install", "pins/piped-script"

UNPINNED = {
    "pip install requests": "pip requests",
    "pip3 install -U requests": "pip requests",
    "pip3.12 install 'requests>=2'": "pip requests",
    "pip install requests>=2": "pip requests",
    "pip install requests==2.*": "pip requests",
    "pip install 'requests ~= 2.0'": "pip requests",
    "pip install 'requests[socks]'": "pip requests",
    "pip install requests[socks]": "pip requests",
    "pip install 'requests; python_version<\"3.9\"'": "pip requests",
    "pip install --upgrade pip": "pip pip",
    "pip -q --proxy http://p.example install requests": "pip requests",
    "pip install --index-url https://index.example/simple requests": "pip requests",
    "pip install -qr hashed.txt requests": "pip requests",
    "pip download requests": "pip requests",
    "pip wheel requests": "pip requests",
    "python -m pip install requests": "pip requests",
    "python3.12 -I -m pip install requests": "pip requests",
    "$PYTHON -m pip install requests": "pip requests",
    "/opt/venv/bin/pip install requests": "pip requests",
    ".venv/bin/python -m pip install requests": "pip requests",
    '"$VENV/bin/pip" install requests': "pip requests",
    "sudo -H -u root pip install requests": "pip requests",
    "PIP_NO_CACHE=1 env -u X A=b pip install requests": "pip requests",
    "time nohup pip install requests": "pip requests",
    "setsid -w chroot /mnt pip install requests": "pip requests",
    "timeout -k 5 60 pip install requests": "pip requests",
    "poetry run pip install requests": "pip requests",
    "uv run pip install requests": "pip requests",
    "cd x && (true; pip install requests)": "pip requests",
    "if true; then pip install requests; fi": "pip requests",
    "echo $(pip install requests)": "pip requests",
    "bash -ec 'pip install requests'": "pip requests",
    "bash <<'EOF'\npip install requests\nEOF": "pip requests",
    "pip install $FLAGS \\\n  requests": "pip requests",
    "pip install -r open.txt": "pip what open.txt requires",
    "pip install -r including.txt": "pip what including.txt requires",
    "uv pip sync hashed.txt open.txt": "uv pip what open.txt requires",
    "pip install -c hashed.txt requests": "pip requests",
    "pip install git+https://git.example/a/b": "pip git+https://git.example/a/b",
    "pip install git+https://git.example/a/b@main": "pip git+https://git.example/a/b",
    "pip install 'b @ git+https://git.example/a/b@v1'": "pip git+https://git.example/a/b",
    "pip install -e git+https://git.example/a/b@v1#egg=b": "pip git+https://git.example/a/b",
    f"pip install git+https://git.example/a/b@{SHA[:7]}": "pip git+https://git.example/a/b",
    "pip install https://git.example/a/b/archive/main.zip": "pip https://git.example/a/b/archive/main.zip",
    "uv pip install --system requests": "uv pip requests",
    "uv --directory x pip install requests": "uv pip requests",
    "uv tool install ruff": "uv tool install ruff",
    "uv tool install 'ruff>=0.5'": "uv tool install ruff",
    "uv tool run ruff check": "uv tool run ruff",
    "uvx ruff check .": "uvx ruff",
    "uvx ruff@latest check .": "uvx ruff",
    "uvx --python 3.12 ruff": "uvx ruff",
    "uvx --from 'ruff>=0.5' ruff": "uvx ruff",
    "uvx --with rich ruff@0.5.0": "uvx rich",
    "uvx git+https://git.example/a/b": "uvx git+https://git.example/a/b",
    "uv run --with rich x.py": "uv run rich",
    "pipx run black .": "pipx run black",
    "pipx run --spec black black": "pipx run black",
    "python -m pipx run black .": "pipx run black",
    "pipx install --python 3.12 black": "pipx install black",
    "pipx inject black==1.0 colorama": "pipx inject colorama",
    "npx pkg": "npx pkg",
    "npx --yes pkg@latest": "npx pkg",
    "npx pkg@1": "npx pkg",
    "npx pkg@^1.2.3": "npx pkg",
    "npx -p @a/b cmd": "npx @a/b",
    "npx @a/b x@1.2.3": "npx @a/b",
    "bunx pkg": "bunx pkg",
    "pnpm dlx pkg": "pnpm dlx pkg",
    "yarn dlx pkg": "yarn dlx pkg",
    "npm exec -- pkg": "npm exec pkg",
    "npm install -g pkg": "npm install pkg",
    "npm i --global pkg@next": "npm i pkg",
    "go install x.example/y@latest": "go install x.example/y",
    "go install -ldflags '-s -w' x.example/y/...@main": "go install x.example/y/...",
    "go run x.example/y@v1 --flag": "go run x.example/y",
    "cargo install ripgrep": "cargo install ripgrep",
    "cargo +nightly install --locked ripgrep": "cargo install ripgrep",
    "cargo install --version '^1' ripgrep": "cargo install ripgrep",
    "cargo install --git https://git.example/a --tag v1": "cargo install https://git.example/a",
    "gem install rake": "gem install rake",
    "gem install rake -v '~> 1.0'": "gem install rake",
}
UNHASHED = {
    "pip install requests==2.0": "pip requests",
    "pip install 'requests[socks] === 2.0'": "pip requests",
    "uv pip install requests==2.0": "uv pip requests",
    "pip install -c pinned.txt flask": "pip flask",
    "pip install -r pinned.txt": "pip what pinned.txt requires",
    "uv pip install -r pinned.txt": "uv pip what pinned.txt requires",
    "uv pip install -c pinned.txt flask": "uv pip flask",
    "uv pip sync pinned.txt": "uv pip what pinned.txt requires",
    "pip install https://index.example/b-1.0-py3-none-any.whl": "pip https://index.example/b-1.0-py3-none-any.whl",
}
RUN = {
    "curl -fsSL https://get.example/x | sh": "https://get.example/x",
    "curl https://get.example/x | sudo -E bash -s -- -y": "https://get.example/x",
    "curl -o - https://get.example/x|bash -x": "https://get.example/x",
    "wget -qO- https://get.example/x | python3": "https://get.example/x",
    "wget -qO- https://get.example/x | python3 -": "https://get.example/x",
    "curl https://get.example/x | POETRY=1 python3 - --yes": "https://get.example/x",
    "curl https://get.example/x | gunzip | tee x | bash": "https://get.example/x",
    "bash <(curl -s https://get.example/x)": "https://get.example/x",
    "source <(curl -s https://get.example/x)": "https://get.example/x",
    'sh -c "$(curl -fsSL https://get.example/x)"': "https://get.example/x",
    'eval "$(curl -fsSL https://get.example/x)"': "https://get.example/x",
    'python3 -c "$(curl https://get.example/x)"': "https://get.example/x",
    "bash < <(curl https://get.example/x)": "https://get.example/x",
    'sh <<< "$(curl https://get.example/x)"': "https://get.example/x",
    'source /dev/stdin <<< "$(curl https://get.example/x)"': "https://get.example/x",
    "$(curl https://get.example/x) y": "https://get.example/x",
    "curl https://get.example/x | php -- --quiet": "https://get.example/x",
    "curl https://get.example/x | fish": "https://get.example/x",
    "curl get.example | sh": "get.example",
    "curl --proto '=https' --tlsv1.2 -sSf https://sh.example | sh": "https://sh.example",
    "true && ! curl https://get.example/x | (cd y && sh)": "https://get.example/x",
    "curl https://localhost.example/x | sh": "https://localhost.example/x",
    "sha256sum x\ncurl https://get.example/x | sh": "https://get.example/x",
    "curl https://get.example/x | tee x | sh && sha256sum -c sums": "https://get.example/x",
    "sha256sum -c sums\ncurl https://get.example/x | sh": "https://get.example/x",
}  # fmt: skip
PASS = (
    f"pip install 'requests==2.0 --hash=sha256:{DIGEST}'",
    f"pip install requests==2.0 --hash=sha256:{DIGEST}",
    "pip install --require-hashes -r pinned.txt",
    "pip install --require-hashes -r gone.txt",
    "pip install -r hashed.txt",
    "uv pip install -r hashed.txt",
    "uv pip install --require-hashes -r pinned.txt",
    "uv pip sync hashed.txt",
    "uv pip sync --require-hashes pinned.txt",
    "uv pip sync gone.txt pyproject.toml",
    "pip install -rhashed.txt",
    "pip install --requirement=hashed.txt",
    "pip install -r gone.txt",
    "pip install -r broken.txt",
    "pip install -r ../outside.txt",
    "pip install -r /etc/passwd.txt",
    'pip install -r "$FILE"',
    "pip install -r https://a.example/open.txt",
    "uv pip install -r pyproject.toml",
    "pip install -c hashed.txt flask",
    "pip install --no-index --find-links dist requests",
    "pip install .",
    "pip install -e .",
    "pip install -e '.[test]' --no-deps",
    "pip install .[test]",
    "pip install ./sub dist/*.whl ../x",
    "pip install ~/x /opt/x",
    "pip install x-1.0-py3-none-any.whl",
    'pip install "$PKG"',
    "pip install $PKGS",
    "pip install ${{ matrix.package }}",
    "pip install requests==${{ matrix.version }}",
    'pip install "requests==$VERSION"',
    'pip install "requests>=$VERSION"',
    'pip install "requests$SPEC"',
    'pip install "lib-$NAME"',
    'pip install "$DIR/x.whl" $(cat list)',
    "pip install `cat list`",
    "pip install file:///opt/x",
    f"pip install git+https://git.example/a/b@{SHA}",
    f"pip install 'b @ git+https://git.example/a/b@{SHA}#subdirectory=x'",
    "pip install git+https://git.example/a/b@$REV",
    f"pip install https://git.example/a/b/archive/{SHA}.zip",
    f"pip install https://index.example/b-1.0.zip#sha256={DIGEST}",
    "pip install --target x --no-binary requests",
    "pip --version",
    "pip uninstall requests",
    "pip list install requests",
    "pip freeze",
    "echo pip install requests",
    "# pip install requests",
    "echo 'pip install requests'",
    "cat > x <<EOF\npip install requests\nEOF",
    "uv sync --locked",
    "uv run pytest",
    "uv run --frozen ruff check",
    "uv run --with rich==1.0 x.py",
    "uv lock",
    "uv add requests",
    "uv build",
    "uv python install 3.12",
    "uv tool upgrade --all",
    "uv tool install ruff==0.5.0",
    "uv tool install ruff@0.5.0",
    "uv tool install .",
    "uvx ruff@0.5.0 check install x",
    "uvx --from ruff==0.5.0 ruff",
    "uvx --from . x",
    "uvx ruff@$VERSION",
    f"uvx --from git+https://git.example/a/b@{SHA} b",
    'uvx "$TOOL"',
    "pipx run black==1.0 x",
    "pipx run --spec black==1.0 black",
    "pipx install black==1.0",
    "pipx install --pip-args '-q -x' .",
    "pipx ensurepath",
    "npx pkg@1.2.3",
    "npx -y @a/b@1.2.3-beta.1 arg",
    "npx --package=pkg@1.2.3 cmd",
    "npx --no-install pkg",
    "npx ./x",
    "npx $PKG",
    "npm ci",
    "npm install",
    "npm install pkg",
    "npm install -g pkg@1.2.3",
    "npm install -g ./x",
    "npm run global",
    "pnpm exec x",
    "yarn run x",
    "yarn install",
    "go install x.example/y@v1.2.3",
    "go install ./...",
    "go install x.example/y",
    "go install x.example/y@$VERSION",
    "go build ./...",
    f"go install x.example/y@{SHA}",
    "cargo install --path .",
    "cargo install --locked --version 1.2.3 ripgrep",
    "cargo install ripgrep@1.2.3",
    "cargo build",
    f"cargo install --git https://git.example/a --rev {SHA}",
    "gem install rake -v 1.2.3",
    "gem install rake:1.2.3",
    "gem install x.gem",
    "curl https://a.example/x -o x && echo 'abc  x' | sha256sum -c && sh x",
    "curl https://a.example/x | tee x | sha256sum --check sums && sh x",
    "curl https://a.example/x > x; shasum -a 256 -c sums; cat x | sh",
    "curl https://a.example/x > x && sha256sum -c sums && bash <(curl https://a.example/x)",
    "curl https://a.example/x | gpg --verify x.sig - && sh x",
    "curl http://localhost:8080/x | sh",
    "curl -s 127.0.0.1/x | bash",
    "curl 'http://[::1]:80/x' | bash",
    f"curl https://raw.example/a/b/{SHA}/x.sh | bash",
    "curl https://a.example/x | python -m json.tool",
    "curl https://a.example/x | python3 -c 'import json'",
    "curl https://a.example/x | python3 read.py",
    "curl https://a.example/x | jq .",
    "curl https://a.example/x | tar xz",
    "curl https://a.example/x | gpg --dearmor | sudo tee key",
    "curl https://a.example/x | perl -ne print",
    "curl https://a.example/x | sh -c 'cat >y'",
    "curl https://a.example/x | bash y.sh",
    "curl https://a.example/x | php read.php",
    'jq . <<< "$(curl https://a.example/x)"',
    "while read -r y; do echo; done < <(curl https://a.example/x)",
    "source y < <(curl https://a.example/x)",
    "curl https://a.example/x | xargs echo",
    "sh x $(curl https://a.example/x)",
    'X="$(curl https://a.example/x)" sh y',
    'bash -c "echo $(date)"',
    "echo x | sh",
    "curl https://a.example/x\nls | sh",
)  # fmt: skip


CASES = [
    (rule, *case) for rule, cases in ((NONE, UNPINNED), (VERSION, UNHASHED), (PIPED, RUN)) for case in cases.items()
]


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[tuple[str, object]]]:
    """What is found for each command: all are steps of one workflow."""
    text = WORKFLOW
    begins: list[tuple[int, str]] = []
    for command in (*(command for _, command, _ in CASES), *PASS):
        text += "      - run: |\n"
        begins.append((text.count("\n"), command))
        text += "".join(f"          {line}\n" for line in command.split("\n"))
    root = tmp_path_factory.mktemp("told")
    write(root, {".github/workflows/a.yml": text, **NAMED})
    record = run_check("pins", target(root))
    assert record.outcome is Outcome.COMPLETE, record.reason
    found: dict[str, list[tuple[str, object]]] = {command: [] for _, command in begins}
    for finding in record.findings:
        if finding.engines != ("lockgate",):
            continue
        _, command = max(begin for begin in begins if begin[0] < finding.line)
        found[command].append((finding.rule, finding.properties["pinned"]))
    return found


@pytest.mark.parametrize(("rule", "command", "pinned"), CASES)
def test_found(told: dict[str, list[tuple[str, object]]], rule: str, command: str, pinned: str) -> None:
    assert told[command] == [(rule, pinned)]


@pytest.mark.parametrize("command", PASS)
def test_not_found(told: dict[str, list[tuple[str, object]]], command: str) -> None:
    assert not told[command]


def test_an_address_that_is_not_known_is_less_sure(repository: Repository) -> None:
    (finding,) = run_check("pins", target(repository({"a.sh": 'curl "$URL" | sh\n'}))).findings
    assert (finding.rule, finding.confidence) == (PIPED, Confidence.MEDIUM)


def test_what_dockerfiles_run_is_judged(repository: Repository) -> None:
    text = f"""\
FROM python@sha256:{DIGEST}
RUN apt-get update && \\
    # a comment
    pip install --no-cache-dir \\
      requests==2.0 rich
RUN ["pip", "install", "flask"]
RUN <<EOF
curl https://get.example/x | sh
EOF
SHELL ["pwsh", "-c"]
RUN pip install other
"""
    record = run_check("pins", target(repository({"Dockerfile": text})))
    assert record.outcome is Outcome.COMPLETE, record.reason
    assert [(finding.rule, finding.line, finding.column) for finding in record.findings] == [
        (VERSION, 5, 7),
        (NONE, 5, 21),
        (NONE, 6, 24),
        (PIPED, 8, 1),
    ]


HOOKED = {
    "a.sh": "pip install a\n",
    "bin/run": "#!/usr/bin/env bash\npip install a\n",
    "Makefile": "x:\n\tpip install a\n",
    "justfile": "x:\n  pip install a\n",
    "noxfile.py": "def x(session):\n    session.install('a')\n",
    "tox.ini": "[testenv]\ndeps = a\n",
    "tox.toml": "[env_run_base]\ndeps = ['a']\n",
    ".gitlab-ci.yml": "x:\n  script: pip install a\n",
    ".github/actions/x/action.yml": "runs:\n  using: composite\n  steps:\n    - run: pip install a\n      shell: bash\n",
    "Dockerfile": f"FROM a@sha256:{DIGEST}\nRUN pip install a\n",
}
NOT_SHELL = {
    "README": "pip install a\n",
    "a.py": "# pip install a\n",
    "b.txt": "pip install a\n",
    "bin/python": "#!/usr/bin/env python\n'''\npip install a\n'''\n",
    "sub/.github/workflows.md": "pip install a\n",
    "action.yml": "steps:\n  - run: pip install a\n",
}


def test_every_kind_of_file_with_shell_is_examined_and_no_other(repository: Repository) -> None:
    record = run_check("pins", target(repository({**HOOKED, **NOT_SHELL})))
    assert record.outcome is Outcome.COMPLETE, record.reason
    assert {finding.path for finding in record.findings} == set(HOOKED)
    assert len(record.findings) == len(HOOKED)
    assert record.coverage.examined == len(HOOKED)


def test_scripts_in_which_nothing_is_installed_are_examined(repository: Repository) -> None:
    record = run_check("pins", target(repository({"a.sh": "echo x\n"})))
    assert (record.outcome, record.coverage.examined) == (Outcome.COMPLETE, 1)


@pytest.mark.parametrize(
    ("files", "subject"),
    [
        ({"a.sh": "if ((pip install x\n"}, "a.sh:1"),
        ({"a.sh": "pip install " + "x " * 2**19}, "a.sh:1"),
        ({"noxfile.py": "session.install(\n"}, "noxfile.py:1"),
        ({".gitlab-ci.yml": "a: [pip install\n"}, ".gitlab-ci.yml:2"),
        ({"tox.toml": "deps = [\n"}, "tox.toml"),
    ],
)
def test_what_can_not_be_read_makes_the_record_incomplete(
    repository: Repository, files: dict[str, str], subject: str
) -> None:
    record = run_check("pins", target(repository(files)))
    assert record.outcome is Outcome.INCOMPLETE
    assert [skip.subject.partition(":")[0] for skip in record.coverage.skipped] == [subject.partition(":")[0]]


def test_a_password_in_an_address_is_not_told(repository: Repository) -> None:
    word = "hunter" + "2correct"
    text = f"curl https://me:{word}@get.example/x | sh\npip install git+https://me:{word}@git.example/a@main\n"
    record = run_check("pins", target(repository({"a.sh": text})))
    assert len(record.findings) == 2
    assert word not in str(record)
