"""The labelled set of images that commands and the jobs of pipelines fetch: what is found where, and what is not."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from pathlib import Path

import pytest

from lockgate.checks.run import run_check
from lockgate.model.record import Outcome
from support import target, write

DIGEST = "sha256:" + "8c3a2b1f" * 8
SHA = "de0fac2e4500dabe0009e67214ff5f5447ce83dd"
Repository = Callable[..., Path]
Told = list[tuple[int, int, str, str]]

# Each is a script of its own; «…» is what must be found, and is no part of it.
FOUND = (
    "docker run «python:3.12»",
    "docker run «python»",
    "docker run --rm -it -v \"$PWD:/x\" -e A=b --name x «python:3.12» python -c 'print(1)'",
    "docker run -itdp 80:80 --network host --env-file=.env «images.example/a/b:1» --name no:1",
    "docker run -v$PWD:/x -w/x «python:3.12»",
    'docker run --add-host a:b --cpus 2 -u "$(id -u)" --entrypoint sh «python» -c x',
    "docker run --rm -- «python»",
    "docker run --pull always «python»",
    "docker --context x -l debug container run --init «python»",
    "docker pull -q «python:3.12»",
    "docker image pull --platform linux/amd64 «python:3.12»",
    "docker create --name x «registry.example:5000/a/b»",
    "sudo -E docker run «python»",
    "podman pull «docker.io/library/python:3.12» «images.example/c/d»",
    "podman --log-level debug run --tls-verify=false --userns keep-id «docker://python»",
    "nerdctl -n x run «python»",
    "true && ! (docker run «python»)",
    "x=$(docker run «python» cat /x)",
    "bash -c 'docker run «python»'",
    "docker run \\\n  --rm \\\n  «python:3.12»",
    "docker build -t app . && docker run «app:1»",
    "docker build -t app . && docker run «other/app»",
    "docker load -i x.tar; docker pull «app»",
    f"docker run 'python@{DIGEST}' && docker run «python:3.12»",
)
PASS = (
    f"docker run python@{DIGEST}",
    f"docker run --rm python:3.12@{DIGEST} python",
    'docker run "$IMAGE" python:3.12',
    "docker run $OPTIONS python:3.12",
    "docker run python:$TAG",
    "docker run ${REGISTRY}/python:3.12",
    "docker run python@$DIGEST",
    "docker run $(cat image) python:3.12",
    "docker run localhost/x:1",
    "docker run localhost:5000/x",
    "docker run --pull never x:1",
    "docker run --pull=never x:1",
    "podman run --rootfs x /bin/sh",
    "podman run oci-archive:x.tar",
    "docker build -t app . && docker run app",
    "docker build --tag=app:1 --file Dockerfile --build-arg X=y . && docker run --rm docker.io/library/app:1 x",
    "docker buildx --builder x build --load -t a/b:$TAG . && docker run a/b:1",
    "docker build -t app:$TAG . && docker run app",
    "podman build -t app && podman create app:latest",
    f"docker pull python@{DIGEST} && docker tag python@{DIGEST} python:pinned && docker run python:pinned",
    "docker commit -m x -p a b:1 && docker run b:1",
    "docker load -i x.tar && docker run x:1",
    "docker run",
    "docker run --rm",
    "docker run IMAGE",
    "docker run <image>",
    "docker ps python",
    "docker exec x python:3.12",
    "docker compose -f x.yml run web",
    "docker compose pull",
    "docker buildx build --platform linux/amd64 .",
    "docker push python:3.12",
    "docker login registry.example",
    "echo docker run python",
    "# docker run python",
    "cat <<EOF\ndocker run python\nEOF",
)


def unmarked(text: str) -> tuple[str, Told]:
    """A text without its marks, and for each of these where it stands."""
    wanted = []
    for number, line in enumerate(text.split("\n"), 1):
        plain = line.replace("«", "").replace("»", "")
        for count, piece in enumerate(line.split("«")[1:]):
            begin = len("".join(line.split("«")[: count + 1]).replace("»", ""))
            wanted.append((number, begin + 1, begin + piece.index("»") + 1, plain[begin : begin + piece.index("»")]))
    return text.replace("«", "").replace("»", ""), [(line, first, last, text) for line, first, last, text in wanted]  # type: ignore[misc]


def told(root: Path) -> dict[str, Told]:
    """For each file the places of the images that are found, and what stands there."""
    record = run_check("pins", target(root))
    assert record.outcome is Outcome.COMPLETE, record.reason
    found: dict[str, Told] = {}
    for finding in record.findings:
        if finding.rule == "pins/unpinned-image":
            text = (root / finding.path).read_text(encoding="utf-8").split("\n")[finding.line - 1]
            said = text[finding.column - 1 : finding.end_column - 1]
            found.setdefault(finding.path, []).append((finding.line, finding.column, finding.end_column, said))
    return found  # type: ignore[return-value]


def test_each_command_alone(tmp_path: Path) -> None:
    scripts = {f"{number:03}.sh": unmarked(text) for number, text in enumerate((*FOUND, *PASS))}
    for name, (text, _) in scripts.items():  # a repository each: what one builds is known to all of it
        write(tmp_path / name, {name: f"{text}\n"})
    wrong = {}
    for name, (text, wanted) in scripts.items():
        found = told(tmp_path / name).get(name, [])
        if found != wanted:
            wrong[text] = found
    assert not wrong


FILES = {
    "Makefile": "IMAGE_AB = python:3.12\nx:\n\tdocker build -t own . && docker run own\n\tdocker run «$(IMAGE_AB)»\n\t@docker run --rm «ruby»\n",
    "justfile": "x:\n  docker run «python»\n",
    "noxfile.py": "def x(session):\n    session.run('docker', 'run', '--rm', «'python:3.12'», external=True)\n",
    "tox.ini": "[testenv]\ncommands =\n    docker run -v {toxinidir}:/x «python»\n",
    "Dockerfile": f"FROM a@{DIGEST}\nRUN docker pull «python»\n",
    ".github/workflows/a.yml": f"""\
on: push
permissions: {{}}
jobs:
  a:
    runs-on: x
    steps:
      - uses: docker/build-push-action@{SHA} # v6.1.0
        with:
          load: true
          tags: |
            app:test
            ${{{{ env.REGISTRY }}}}/app:x
      - run: docker run app:test && docker run «app:other» && docker run ${{{{ env.REGISTRY }}}}/x
      - run: make && docker run own
""",
    ".gitlab-ci.yml": f"""\
image: «python:3.12»
services:
  - «postgres:16»
  - {{name: «redis», alias: cache}}
  - name: a@{DIGEST}
variables: {{image: none:1}}
default:
  image:
    name: «'ruby:3'»
    entrypoint: [""]
.hidden: &hidden
  image: «node»
  services: ["$CI_REGISTRY/a:1", "${{X}}", "a:$[[ inputs.tag ]]"]
job:
  <<: *hidden
  script: [docker run «alpine»]
""",
}

FILES |= {
    ".circleci/config.yml": """\
version: 2.1
executors:
  e:
    docker: [{image: «cimg/python:3.12»}]
jobs:
  a:
    machine: {image: ubuntu-2404:current}
    docker:
      - image: «python:<TAG>»
      - image: << parameters.image >>
      - image: a@DIGEST
    steps:
      - run: docker run «alpine»
      - when:
          steps:
            - run:
                name: x
                command: |
                  docker run << parameters.image >> x
                  docker pull «redis:7»
""".replace("<TAG>", "3.12").replace("DIGEST", DIGEST),
    "azure-pipelines.yml": """\
resources:
  containers:
    - container: base
      image: «python:3.12»
variables: {image: none}
jobs:
  - job: a
    pool: {vmImage: ubuntu-24.04}
    container: base
    steps:
      - script: docker run «alpine»
      - bash: docker run ${{ parameters.image }} x && docker pull $(image)
  - job: b
    container: «ruby:3»
  - job: c
    container: {image: «node»}
  - job: d
    container: ${{ variables.image }}
""",
    "bitbucket-pipelines.yml": """\
image: «python:3.12»
definitions:
  services:
    db: {image: «postgres»}
pipelines:
  branches:
    main:
      - parallel:
          - step:
              image:
                name: «ruby:3»
              services: [db]
              script:
                - docker run «alpine»
                - pipe: a/b:1.0
              after-script: &again [docker pull «redis»]
          - step: {script: *again}
          - step: {image: $IMAGE}
""",
}


def test_every_kind_of_file(repository: Repository) -> None:
    plain = {name: unmarked(text) for name, text in FILES.items()}
    found = told(repository({name: text for name, (text, _) in plain.items()}))
    assert {name: sorted(places) for name, places in found.items()} == {
        name: places for name, (_, places) in plain.items()
    }


def test_what_a_service_builds_is_the_repositorys_own(repository: Repository) -> None:
    services = "services: {a: {build: ., image: 'app:${TAG:-1}'}, b: {build: ., image: other}}\n"
    text = "docker run app:1\ndocker run other\ndocker run other:2\n"
    assert told(repository({"compose.yaml": services, "a.sh": text})) == {"a.sh": [(3, 12, 19, "other:2")]}


def test_a_loaded_image_is_known_to_its_script_only(repository: Repository) -> None:
    found = told(repository({"a.sh": "docker load -i x.tar\ndocker run x:1\n", "b.sh": "docker run x:1\n"}))
    assert list(found) == ["b.sh"]


def test_severities_are_those_of_dockerfiles(repository: Repository) -> None:
    text = "docker run a\ndocker run b:latest\ndocker run c:1\n"
    record = run_check("pins", target(repository({"a.sh": text})))
    assert [finding.severity.value for finding in record.findings] == ["high", "high", "medium"]


@pytest.mark.parametrize("unit", ["docker run 'a", "-t a ", "sh -c 'docker run a' ", "$(docker run ", "A=b ", ">a "])
def test_hostile_text_ends(repository: Repository, unit: str) -> None:
    text = "docker run " + unit * (2**16 // len(unit))
    record = run_check("pins", target(repository({"a.sh": text, ".gitlab-ci.yml": f"x:\n  image: {text}\n"})))
    assert "broke" not in record.reason


def nested(command: str, depth: int) -> str:
    for _ in range(depth):
        command = f"sh -c {shlex.quote(command)}"
    return command


@pytest.mark.parametrize(
    ("name", "text", "reason"),
    [
        ("a.sh", "docker run 'python", "can't be parsed as shell"),
        ("a.sh", "x\npip install -q 'requests\n", "can't be parsed as shell"),
        ("a.sh", "x='\ndocker run python\n", "can't be parsed as shell"),
        ("a.sh", nested("docker run python", 5), "shell within more than 4 shells is not parsed"),
        ("Dockerfile", "FROM scratch\nRUN docker run " + "x " * 500_000, "shell of over 256 KiB is not parsed"),
        (".circleci/config.yml", "docker: [", "not valid YAML"),
        ("azure-pipelines.yml", "docker: [", "not valid YAML"),
        ("bitbucket-pipelines.yml", "docker: [", "not valid YAML"),
        (".gitlab-ci.yml", "image: [", "not valid YAML"),
    ],
)
def test_what_can_not_be_examined_is_a_gap(repository: Repository, name: str, text: str, reason: str) -> None:
    record = run_check("pins", target(repository({name: text})))
    assert record.outcome is Outcome.INCOMPLETE
    (skip,) = record.coverage.skipped
    assert skip.gap and skip.reason.startswith(reason) and skip.subject.startswith(name)


@pytest.mark.parametrize("depth", range(5))
def test_shells_in_shells_are_looked_into(repository: Repository, depth: int) -> None:
    record = run_check("pins", target(repository({"a.sh": nested("docker run python", depth)})))
    assert [finding.rule for finding in record.findings] == ["pins/unpinned-image"]


def test_a_thousand_shells_in_shells_end(repository: Repository) -> None:
    text = 'sh -c "' * 1000 + "docker run python" + '"' * 1000 + "\n" + "eval 'sh -c " * 1000 + "docker run x"
    assert "broke" not in run_check("pins", target(repository({"a.sh": text}))).reason
