"""Settings of indexes in variables and commands: what is found where, in every kind of file, and what passes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from lockgate.checks.run import run_check
from lockgate.model.record import Outcome
from support import noise, target, write

PASSWORD = noise(12)
EXTRA, INSECURE, CREDENTIAL = "extra-index", "insecure-index", "credential-in-index"
SETTINGS = {f"pins/{name}" for name in (EXTRA, INSECURE, CREDENTIAL)}
Repository = Callable[..., Path]
Places = list[tuple[str, int, str]]

# Each is a script of its own, with what stands at the place of each finding.
FOUND: dict[str, list[tuple[str, str]]] = {
    "PIP_INDEX_URL=http://a.example/simple pip install -r x": [(INSECURE, "http://a.example/simple")],
    "export PIP_TRUSTED_HOST=a.example": [(INSECURE, "a.example")],
    "export A=b PIP_EXTRA_INDEX_URL='https://a.example'": [(EXTRA, "'https://a.example'")],
    "PIP_EXTRA_INDEX_URL='https://a.example http://b.example'": [
        *[(EXTRA, "'https://a.example http://b.example'")] * 2, (INSECURE, "'https://a.example http://b.example'"),
    ],
    "readonly UV_INDEX_STRATEGY=unsafe-best-match": [(EXTRA, "unsafe-best-match")],
    "UV_INDEX='a=http://a.example b=https://b.example'": [(INSECURE, "'a=http://a.example b=https://b.example'")],
    "UV_DEFAULT_INDEX=http://a.example": [(INSECURE, "http://a.example")],
    "UV_EXTRA_INDEX_URL=http://a.example": [(INSECURE, "http://a.example")],
    "UV_INSECURE_HOST=a.example": [(INSECURE, "a.example")],
    "UV_NO_VERIFY_HASHES=1 uv sync": [(INSECURE, "1")],
    "PIP_REQUIRE_HASHES=0": [(INSECURE, "0")],
    "PIP_FIND_LINKS=http://a.example/wheels": [(INSECURE, "http://a.example/wheels")],
    "export NODE_TLS_REJECT_UNAUTHORIZED=0": [(INSECURE, "0")],
    "npm_config_strict_ssl=false npm ci": [(INSECURE, "false")],
    "NPM_CONFIG_REGISTRY=http://a.example npm ci": [(INSECURE, "http://a.example")],
    "GIT_SSL_NO_VERIFY=true git clone x": [(INSECURE, "true")],
    "PYTHONHTTPSVERIFY=0 python x.py": [(INSECURE, "0")],
    "GOSUMDB=off go build": [(INSECURE, "off")],
    "GONOSUMDB='*' go build": [(INSECURE, "'*'")],
    "GOINSECURE=a.example/* go build": [(INSECURE, "a.example/*")],
    "GOFLAGS='-x -insecure' go get x": [(INSECURE, "'-x -insecure'")],
    "CONDA_SSL_VERIFY=false conda install x": [(INSECURE, "false")],
    "env PIP_TRUSTED_HOST=a.example pip list": [(INSECURE, "PIP_TRUSTED_HOST=a.example")],
    'echo "PIP_INDEX_URL=http://a.example" >> "$GITHUB_ENV"': [(INSECURE, '"PIP_INDEX_URL=http://a.example"')],
    "echo 'PIP_INDEX_URL=\"http://a.example\"' >> .env": [(INSECURE, "'PIP_INDEX_URL=\"http://a.example\"'")],
    "docker build --build-arg PIP_TRUSTED_HOST=a.example .": [(INSECURE, "PIP_TRUSTED_HOST=a.example")],
    "bash -c 'PIP_TRUSTED_HOST=a.example pip list'": [(INSECURE, "a.example")],
    f"PIP_INDEX_URL=https://me:{PASSWORD}@a.example": [(CREDENTIAL, f"https://me:{PASSWORD}@a.example")],
    f"PIP_INDEX_URL='http://me:{PASSWORD[:6]} {PASSWORD[6:]}@a.example'": [
        (CREDENTIAL, f"'http://me:{PASSWORD[:6]} {PASSWORD[6:]}@a.example'"),
        (INSECURE, f"'http://me:{PASSWORD[:6]} {PASSWORD[6:]}@a.example'"),
    ],
    "pip install --extra-index-url https://a.example -r x": [(EXTRA, "https://a.example")],
    "pip install --extra-index-url=https://a.example -r x": [(EXTRA, "--extra-index-url=https://a.example")],
    "pip install -r x --trusted-host a.example": [(INSECURE, "a.example")],
    "python -m pip install -i http://a.example -r x": [(INSECURE, "http://a.example")],
    "pip --trusted-host a.example install -r x": [(INSECURE, "a.example")],
    f"pip install --index-url https://me:{PASSWORD}@a.example -r x": [(CREDENTIAL, f"https://me:{PASSWORD}@a.example")],
    'pip install --extra-index-url "$URL" -r x': [(EXTRA, '"$URL"')],
    "uv pip install --index-strategy unsafe-first-match -r x": [(EXTRA, "unsafe-first-match")],
    "uv sync --allow-insecure-host a.example": [(INSECURE, "a.example")],
    "uv --directory x add --index a=http://a.example y": [(INSECURE, "a=http://a.example")],
    "uv pip install --no-verify-hashes -r x": [(INSECURE, "uv pip install --no-verify-hashes -r x")],
    "uvx --default-index http://a.example x@1.0": [(INSECURE, "http://a.example")],
    "uv run --index http://a.example x": [(INSECURE, "http://a.example")],
    "uv run --with rich==1.0 --index http://a.example x": [(INSECURE, "http://a.example")],
    "uv tool run --index http://a.example x@1.0": [(INSECURE, "http://a.example")],
    "npm config set strict-ssl false": [(INSECURE, "false")],
    "npm set --global strict-ssl=false": [(INSECURE, "strict-ssl=false")],
    "npm ci --registry http://a.example": [(INSECURE, "http://a.example")],
    "npm ci --strict-ssl=false": [(INSECURE, "--strict-ssl=false")],
    "npm ci --no-strict-ssl": [(INSECURE, "npm ci --no-strict-ssl")],
    "yarn config set strict-ssl false": [(INSECURE, "false")],
    "git config --global http.sslVerify false": [(INSECURE, "false")],
    "git config http.https://a.example/.sslVerify 0": [(INSECURE, "0")],
    f"git config http.https://me:{PASSWORD}@a.example/.sslVerify false": [(CREDENTIAL, "false"), (INSECURE, "false")],
    "git -c http.sslVerify=false clone x": [(INSECURE, "http.sslVerify=false")],
    "conda config --set ssl_verify False": [(INSECURE, "False")],
    "pip config set global.trusted-host a.example": [(INSECURE, "a.example")],
    "pip config --user set global.extra-index-url https://a.example": [(EXTRA, "https://a.example")],
    "poetry config certificates.a.cert false": [(INSECURE, "false")],
    "poetry config repositories.a http://a.example": [(INSECURE, "http://a.example")],
    "poetry source add --priority=explicit a http://a.example": [(INSECURE, "http://a.example")],
    "pdm config pypi.verify_ssl false": [(INSECURE, "false")],
    "pipenv install --pypi-mirror http://a.example": [(INSECURE, "http://a.example")],
}  # fmt: skip
PASS = (
    "PIP_INDEX_URL=https://a.example pip install -r x",
    "PIP_INDEX_URL=http://localhost:3141/simple pip install -r x",
    'PIP_INDEX_URL="http://$HOST/simple" pip install -r x',
    'PIP_INDEX_URL="https://me:$TOKEN@a.example" pip install -r x',
    "PIP_EXTRA_INDEX_URL=$URL",
    'PIP_TRUSTED_HOST="$HOST"',
    "PIP_TRUSTED_HOST=localhost",
    "PIP_EXTRA_INDEX_URL=",
    "PIP_REQUIRE_HASHES=1",
    "UV_EXTRA_INDEX_URL=https://a.example",
    "UV_INDEX_STRATEGY=first-index",
    "UV_NO_VERIFY_HASHES=0",
    "NODE_TLS_REJECT_UNAUTHORIZED=1",
    "npm_config_strict_ssl=true",
    "PYTHONHTTPSVERIFY=1",
    "GOSUMDB=sum.example",
    "GONOSUMDB=a.example/ours",
    "GOFLAGS=-mod=mod",
    "GOPRIVATE=a.example",
    "REGISTRY=http://a.example",
    "STRICT_SSL=false",
    "unset PIP_TRUSTED_HOST",
    "echo PIP_TRUSTED_HOST a.example",
    "# PIP_TRUSTED_HOST=a.example",
    "pip install --index-url https://a.example -r x",
    "pip install --find-links ./wheels -r x",
    'pip install --trusted-host "$HOST" -r x',
    "uv sync --extra-index-url https://a.example",
    "uv run x --trusted-host a.example",
    "uv tool run x@1.0 --allow-insecure-host a.example",
    "uvx x@1.0 --index http://a.example",
    "npx --no x --registry http://a.example",
    "npm config set strict-ssl true",
    "npm config get strict-ssl",
    "npm config set strict-ssl",
    "npm config",
    "npm config set registry https://a.example",
    "git config http.sslVerify true",
    "git config user.name false",
    "git -c user.name=false clone x",
    "git commit -c http.sslVerify=false",
    "conda config --set ssl_verify ca.pem",
    "poetry config certificates.a.cert ca.pem",
    "poetry source add a https://a.example",
)


def told(root: Path) -> dict[str, Places]:
    """For each file the rules, lines, and what stands at the places of the findings about indexes."""
    record = run_check("pins", target(root))
    assert record.outcome is Outcome.COMPLETE, record.reason
    assert not any(part in str(record) for part in (PASSWORD, PASSWORD[:6], PASSWORD[6:]))
    found: dict[str, Places] = {}
    for finding in record.findings:
        if finding.rule in SETTINGS:
            text = (root / finding.path).read_text(encoding="utf-8").split("\n")[finding.line - 1]
            said = text[finding.column - 1 : finding.end_column - 1]
            found.setdefault(finding.path, []).append((finding.rule.removeprefix("pins/"), finding.line, said))
    return found


def test_each_command(repository: Repository) -> None:
    scripts = {f"{number:03}.sh": text for number, text in enumerate((*FOUND, *PASS))}
    found = told(repository({name: f"{text}\n" for name, text in scripts.items()}))
    wrong = {}
    for name, text in scripts.items():
        places = sorted((rule, said) for rule, _, said in found.get(name, []))
        if places != sorted(FOUND.get(text, [])):
            wrong[text] = places
    assert not wrong


FILES: dict[str, tuple[str, Places]] = {
    ".github/workflows/a.yml": (
        """\
on: push
permissions: {}
env:
  PIP_INDEX_URL: http://a.example
  PIP_EXTRA_INDEX_URL: ${{ vars.INDEX }}
  UV_DEFAULT_INDEX: https://me:${{ secrets.TOKEN }}@a.example
jobs:
  a:
    runs-on: x
    container: {image: "${{ vars.IMAGE }}", env: {PIP_TRUSTED_HOST: b.example}}
    env: &env
      UV_INSECURE_HOST: "c.example"
    steps:
      - run: x
        env: *env
      - run: x
        env:
          GIT_SSL_NO_VERIFY: 1
""",
        [(INSECURE, 4, "http://a.example"), (INSECURE, 10, "b.example"), (INSECURE, 12, '"c.example"'), (INSECURE, 18, "1")],
    ),
    ".github/actions/a/action.yml": (
        """\
name: a
description: a
runs:
  using: composite
  steps:
    - run: x
      shell: bash
      env: {PIP_TRUSTED_HOST: a.example}
""",
        [(INSECURE, 8, "a.example")],
    ),
    "Dockerfile": (
        """\
# escape=`
FROM scratch
ARG PIP_INDEX_URL=http://a.example
ENV PIP_INDEX_URL=$PIP_INDEX_URL `
    UV_INDEX="http://b.example" X='c d'
ENV PIP_TRUSTED_HOST a.example
ONBUILD ENV UV_INDEX_STRATEGY=unsafe-best-match
RUN PIP_TRUSTED_HOST=b.example x
ARG PIP_TRUSTED_HOST
""",
        [
            (INSECURE, 3, "PIP_INDEX_URL=http://a.example"), (INSECURE, 5, 'UV_INDEX="http://b.example"'),
            (INSECURE, 6, "a.example"), (EXTRA, 7, "UV_INDEX_STRATEGY=unsafe-best-match"), (INSECURE, 8, "b.example"),
        ],
    ),
    "compose.yaml": (
        """\
services:
  a:
    build: {context: ., args: [PIP_TRUSTED_HOST=a.example]}
    environment:
      NODE_TLS_REJECT_UNAUTHORIZED: 0
  b:
    image: ${IMAGE}
    environment:
      - PIP_EXTRA_INDEX_URL=https://a.example
      - PIP_TRUSTED_HOST
""",
        [(INSECURE, 3, "PIP_TRUSTED_HOST=a.example"), (INSECURE, 5, "0"), (EXTRA, 9, "PIP_EXTRA_INDEX_URL=https://a.example")],
    ),
    ".gitlab-ci.yml": (
        """\
variables:
  PIP_INDEX_URL: http://a.example
  GIT_SSL_NO_VERIFY: {value: "1", description: x}
a:
  variables: {UV_INDEX: "http://$HOST/x", UV_INSECURE_HOST: a.example}
  script: x
""",
        [(INSECURE, 2, "http://a.example"), (INSECURE, 3, '"1"'), (INSECURE, 5, "a.example")],
    ),
    ".circleci/config.yml": (
        """\
jobs:
  a:
    environment:
      PIP_TRUSTED_HOST: a.example
    docker: [{image: << parameters.x >>, environment: [UV_INSECURE_HOST: b.example]}]
    steps:
      - run: {command: PIP_TRUSTED_HOST=c.example x, environment: {GIT_SSL_NO_VERIFY: 1}}
""",
        [(INSECURE, 4, "a.example"), (INSECURE, 5, "b.example"), (INSECURE, 7, "c.example"), (INSECURE, 7, "1")],
    ),
    "azure-pipelines.yml": (
        """\
variables:
  - name: PIP_TRUSTED_HOST
    value: a.example
  - group: PIP_TRUSTED_HOST
jobs:
  - job: a
    variables: {PIP_INDEX_URL: http://$(host)/x, UV_INSECURE_HOST: b.example}
    steps:
      - bash: x
        env: {GIT_SSL_NO_VERIFY: 1}
""",
        [(INSECURE, 3, "a.example"), (INSECURE, 7, "b.example"), (INSECURE, 10, "1")],
    ),
    "tox.ini": (
        "[testenv]\nset_env =\n    PIP_INDEX_URL = http://a.example\n    py3: UV_NO_VERIFY_HASHES=1\n    # PIP_TRUSTED_HOST=x\nsetenv = PIP_TRUSTED_HOST={env:HOST}\n",
        [(INSECURE, 3, "http://a.example"), (INSECURE, 4, "1")],
    ),
    "tox.toml": (
        "[env_run_base]\nset_env = { PIP_INDEX_URL = 'http://a.example', X = 1 } # x\n[env.x.set_env]\nUV_INDEX_STRATEGY = \"unsafe-first-match\"\n",
        [(INSECURE, 2, "'http://a.example'"), (EXTRA, 4, '"unsafe-first-match"')],
    ),
    "noxfile.py": (
        """\
def x(session):
    session.run('pip', env={'PIP_INDEX_URL': 'http://a.example', **X, 'PIP_TRUSTED_HOST': x})
    session.env['PIP_TRUSTED_HOST'] = 'a.example'
""",
        [(INSECURE, 2, "'http://a.example'"), (INSECURE, 3, "'a.example'")],
    ),
    "Makefile": (
        "export PIP_TRUSTED_HOST := a.example # x\nexport PIP_INDEX_URL ?= http://$(HOST)/x\nexport UV_INDEX\nx:\n\tPIP_TRUSTED_HOST=b.example x\n",
        [(INSECURE, 1, "a.example"), (INSECURE, 5, "b.example")],
    ),
    "justfile": (
        "export PIP_TRUSTED_HOST := 'a.example'\nUV_INDEX := 'http://a.example'\n",
        [(INSECURE, 1, "a.example")],
    ),
}  # fmt: skip


def test_every_kind_of_file(repository: Repository) -> None:
    found = told(repository({name: text for name, (text, _) in FILES.items()}))
    assert {name: sorted(places) for name, places in found.items()} == {
        name: sorted(places) for name, (_, places) in FILES.items()
    }


def test_a_comment_allows_a_variable(repository: Repository) -> None:
    text = "# lockgate: allow[pins/insecure-index] our own\nexport PIP_TRUSTED_HOST=a.example\n"
    record = run_check("pins", target(repository({"a.sh": text})))
    assert (record.findings, record.coverage.allowed) == ((), 1)


def test_aliases_of_variables_are_told_once(repository: Repository) -> None:
    levels = ["x0: &x0 {PIP_TRUSTED_HOST: a.example}\n"]
    levels += [f"x{n}: &x{n} [{', '.join([f'*x{n - 1}'] * 9)}]\n" for n in range(1, 9)]
    root = repository({".gitlab-ci.yml": f"{''.join(levels)}variables: *x8\njob: {{variables: *x8}}\n"})
    assert told(root) == {".gitlab-ci.yml": [(INSECURE, 1, "a.example")]}


def test_nothing_takes_a_square_of_its_length(repository: Repository) -> None:
    blanks, digits = " " * 200_000, "1." * 100_000
    files = {
        "a.sh": f"PIP_INDEX_URL='{blanks}x'\n",
        "b.sh": f"{digits}x pip\n",
        ".gitlab-ci.yml": f'image: a{"${" * 100_000}\nservices: ["{"$[[" * 80_000}"]\n',
        "bitbucket-pipelines.yml": f"image: a{'${' * 100_000}\n",
        "azure-pipelines.yml": f"x: {'vmImage:' * 60_000}\ny: {{container: a}}\n",
        ".circleci/config.yml": f"jobs: {{a: {{docker: [{{image: 'a{'<<' * 100_000}'}}]}}}}\n",
        "Makefile": f"export PIP_INDEX_URL = {'$(' * 100_000}\nexport {'a' * 100_000}\n",
        "justfile": f"export PIP_INDEX_URL := '{blanks}\n",
    }
    assert "broke" not in run_check("pins", target(repository(files))).reason


@pytest.mark.parametrize("unit", ["PIP_INDEX_URL=http://a ", "http://a ", "-c a=b ", "config set ", "-insecure "])
def test_hostile_settings_end(tmp_path: Path, unit: str) -> None:
    text = unit * (2**15 // len(unit))
    files = {"a.sh": f"PIP_INDEX_URL='{text}'\ngit {text}\nGOFLAGS='{text}' npm {text}\n", "b.sh": f"pip {text}\n"}
    write(tmp_path, {**files, "Dockerfile": f'FROM scratch\nENV UV_INDEX="{text}" {text}\n'})
    assert "broke" not in run_check("pins", target(tmp_path)).reason
