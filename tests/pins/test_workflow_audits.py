"""What zizmor finds beside unpinned actions: every audit is a rule, with its own words, severity and place."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import sysconfig
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from lockgate.checks import pins
from lockgate.checks.run import run_check
from lockgate.engines import zizmor
from lockgate.engines.zizmor_specimens import SETTINGS, SPECIMENS
from lockgate.inputs import actions_lock
from lockgate.model.record import Outcome
from lockgate.model.rule import page
from support import lockgate, noise, target

ZIZMOR = Path(sysconfig.get_path("scripts"), "zizmor")
SHA = "de0fac2e4500dabe0009e67214ff5f5447ce83dd"
DIGEST = "sha256:" + "8c3a2b1f" * 8
PATH = ".github/workflows/a.yml"
HEAD = "name: a\non: push\npermissions: {}\njobs:\n  a:\n    runs-on: ubuntu-24.04\n"
TITLE = "      - run: echo ${{ github.event.issue.title }}\n"
TAGGED = f"{HEAD}    steps:\n      - uses: example/step@v1\n"
LOCK = """\
version: v0.0.3
workflows:
  .github/workflows/a.yml: [example/step@v1]
dependencies:
  example/step@v1:
    ref: v1
    commit: sha1-de0fac2e4500dabe0009e67214ff5f5447ce83dd
    owner_id: 1
    repo_id: 2
"""
Repository = Callable[..., Path]


def asked(root: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """What zizmor itself says of a directory."""
    command = [ZIZMOR, "--offline", "--no-progress", "--no-exit-codes", *options, "."]
    return subprocess.run(command, cwd=root, check=True, capture_output=True, text=True)


def test_every_audit_that_zizmor_has_for_workflows_is_a_rule(repository: Repository) -> None:
    root = repository(SPECIMENS)
    scheduled = set(re.findall(r"scheduling ([a-z-]+) on", asked(root, "--no-config", "-v").stderr))
    assert len(scheduled) > 30
    of_others = {"insecure-url-scheme"}  # of pre-commit's files, of which zizmor is not asked
    on_demand = {"anonymous-definition", "concurrency-limits", "secrets-outside-env", "self-hosted-runner"}
    on_demand |= {"undocumented-permissions"}
    known = {issue.ident for issue in zizmor.known() if issue.usual}
    assert known == scheduled - of_others - on_demand
    told = {rule.id.partition("/")[2] for rule in pins.all_rules()} | {"unpinned-uses", "unpinned-images"}
    assert known <= told


def test_findings_are_zizmors_own(repository: Repository) -> None:
    files = {**SPECIMENS, ".github/zizmor.yml": SETTINGS}
    root = repository(files)
    record = run_check("pins", target(root))
    assert record.outcome is Outcome.COMPLETE, record.reason
    own = {"unpinned-uses", "unpinned-images"}
    wanted: Counter[tuple[object, ...]] = Counter()
    for found in json.loads(asked(root, "--format=json-v1").stdout):
        for at in found["locations"]:
            if found["ident"] not in own and at["symbolic"]["kind"] == "Primary":
                path = at["symbolic"]["key"]["Local"]["verbatim_path"].removeprefix("./")
                line = at["concrete"]["location"]["start_point"]["row"] + 1
                rated = [found["determinations"][name].lower() for name in ("severity", "confidence")]
                wanted[found["ident"], path, line, *rated] += 1
    words = {"none": "informational"}
    told = Counter(
        (each.rule.partition("/")[2], each.path, each.line, words.get(each.severity, str(each.severity)), str(each.confidence))
        for each in record.findings
        if each.help_uri.startswith("https://docs.zizmor.sh/")
    )  # fmt: skip
    assert told == wanted
    assert len(wanted) > 30
    described = {rule.id: rule for rule in record.rules}
    for finding in record.findings:
        rule = described[finding.rule]
        assert rule.severity.rank <= finding.severity.rank or rule.help_uri == page(rule.id)
        assert finding.message
        assert finding.fix
        assert finding.fingerprint
        assert finding.line_hash


def test_fingerprints_differ_and_outlive_a_move(repository: Repository) -> None:
    body = TITLE.replace("title", "body")
    steps = f"    steps:\n{TITLE}{TITLE}{body}      - run: |\n          echo\n          {TITLE[13:]}"
    before = run_check("pins", target(repository({PATH: HEAD + steps}))).findings
    after = run_check("pins", target(repository({PATH: f"# moved\n\n{HEAD}{steps}"}, name="moved"))).findings
    assert {finding.rule for finding in before} == {"workflow/template-injection"}
    assert len({finding.fingerprint for finding in before}) == len(before) == 4
    assert [each.fingerprint for each in before] == [each.fingerprint for each in after]
    assert [each.line + 2 for each in before] == [each.line for each in after]


def test_the_message_names_the_value_where_it_is_one_and_short(repository: Repository) -> None:
    values = ("github.event.pull_request.title", f"github.event.inputs.{'a' * 80}", "github.event.inputs['a=b c']")
    steps = "".join(f"      - run: echo ${{{{ {value} }}}}\n" for value in values)
    record = run_check("pins", target(repository({PATH: f"{HEAD}    steps:\n{steps}"})))
    note = "Code injection via template expansion: may expand into attacker-controllable code"
    assert [finding.message for finding in record.findings] == [f"{note} ({values[0]})", note, note]


@pytest.mark.parametrize(
    ("comment", "allowed"),
    [
        (" # lockgate: allow[workflow/template-injection] reviewed", 1),
        (" # zizmor: ignore[template-injection]", 0),
    ],
)
def test_comments_allow(repository: Repository, comment: str, allowed: int) -> None:
    record = run_check("pins", target(repository({PATH: f"{HEAD}    steps:\n{TITLE.rstrip()}{comment}\n"})))
    assert not record.findings
    assert record.coverage.allowed == allowed


def test_a_comment_in_a_file_does_not_allow_what_is_wrong_with_the_whole_of_it(repository: Repository) -> None:
    job = "  {}: {}\n    runs-on: ubuntu-24.04\n    steps: []\n"
    jobs = job.format("a", "") + job.format("b", "# lockgate: allow[workflow/excessive-permissions] why")
    record = run_check("pins", target(repository({PATH: f"name: a\non: push\njobs:\n{jobs}"})))
    assert [(finding.line, finding.end_line) for finding in record.findings] == [(1, 1), (4, 4)]
    assert record.coverage.allowed == 1


def test_what_an_audit_quotes_is_masked(repository: Repository) -> None:
    token = "ghp_" + noise(36)
    step = f"      - run: echo\n        if: contains('refs/heads/a', env.{token})\n"
    record = run_check("pins", target(repository({PATH: f"{HEAD}    steps:\n{step}"})))
    assert [finding.rule for finding in record.findings] == ["workflow/unsound-contains"]
    assert token not in str(record)


def test_images_of_jobs_services_and_steps(repository: Repository) -> None:
    text = f"""{HEAD}    strategy:
      matrix:
        image: ["node:20", "node@{DIGEST}"]
    container: ${{{{ matrix.image }}}}
    services:
      a: {{image: "postgres"}}
      b:
        image: 'index.example:5000/x/postgres:16.1'  # why
      c:
        image: postgres@{DIGEST}
      d:
        image: localhost:5000/postgres:16
      e:
        image: ${{{{ inputs.image }}}}
      f:
        image: &f redis:latest
    steps:
      - uses: docker://alpine:3.8
      - uses: docker://alpine@{DIGEST}
"""
    record = run_check("pins", target(repository({PATH: text})))
    assert [(each.line, each.properties["pinned"], each.severity) for each in record.findings] == [
        (10, "node", "medium"),
        (12, "postgres", "high"),
        (14, "index.example:5000/x/postgres", "medium"),
        (22, "redis", "high"),
        (24, "alpine", "medium"),
    ]
    assert {finding.rule for finding in record.findings} == {"pins/unpinned-image"}


def test_a_lock_of_actions_pins_them(repository: Repository) -> None:
    record = run_check("pins", target(repository({PATH: TAGGED, actions_lock.PATH: LOCK})))
    assert record.outcome is Outcome.COMPLETE, record.reason
    assert not record.findings
    other = TAGGED.replace("@v1", "@v2")
    record = run_check("pins", target(repository({PATH: other, actions_lock.PATH: LOCK}, name="other")))
    assert [finding.rule for finding in record.findings] == ["pins/unpinned-action"]


@pytest.mark.parametrize("lock", ["version: v9\n", "[", "", "- a\n", "x: \x00\n", "#" * 600_000])
def test_a_broken_lock_of_actions_is_named_and_pins_nothing(repository: Repository, lock: str) -> None:
    record = run_check("pins", target(repository({PATH: TAGGED, actions_lock.PATH: lock})))
    assert [skip.subject.partition(":")[0] for skip in record.coverage.skipped if skip.gap] == [actions_lock.PATH]
    assert [finding.rule for finding in record.findings] == ["pins/unpinned-action"]


@pytest.mark.parametrize(
    ("old", "new"),
    [("sha1-", ""), ("a.yml:", "b.yml:"), ("sha1-de", "sha1-"), ("  example/step@v1:\n", "  example/step@v2:\n")],
)
def test_what_a_lock_does_not_hold_is_not_pinned(repository: Repository, old: str, new: str) -> None:
    record = run_check("pins", target(repository({PATH: TAGGED, actions_lock.PATH: LOCK.replace(old, new)})))
    assert record.outcome is Outcome.COMPLETE, record.reason
    assert [finding.rule for finding in record.findings] == ["pins/unpinned-action"]


def test_workflows_of_slsa_stay_on_the_tag_of_a_version(repository: Repository) -> None:
    called = "slsa-framework/slsa-github-generator/.github/workflows/generator_generic_slsa3.yml"
    refs = ("v2.1.0", "v2", "main", "v2.1.0-rc.1")
    text = HEAD.partition("  a:\n")[0] + "".join(
        f"  j{number}:\n    uses: {called}@{ref}\n" for number, ref in enumerate(refs)
    )
    lock = LOCK.replace("example/step@v1", "slsa-framework/slsa-github-generator@main")
    record = run_check("pins", target(repository({PATH: text, actions_lock.PATH: lock})))
    assert [finding.line for finding in record.findings if finding.rule == "pins/unpinned-action"] == [8, 10, 12]


def test_the_command_line_explains_an_audit(tmp_path: Path) -> None:
    done = lockgate("explain", "workflow/template-injection", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "Code injection via template expansion." in done.stdout
    assert "https://docs.zizmor.sh/audits/#template-injection" in done.stdout
    assert "# lockgate: allow[workflow/template-injection]" in done.stdout


def test_commits_of_actions_load_no_engine_that_looks_for_secrets(repository: Repository) -> None:
    """They look like secrets to one, and each file with a finding is searched for these before it is hashed."""
    root = repository({PATH: f"{TAGGED}      - uses: 'example/pinned@{SHA}'\n"})
    script = (
        "import sys; from pathlib import Path; from lockgate.checks.base import Target; from lockgate.checks.run import run_check\n"
        "from lockgate.config.settings import Settings; from lockgate.inputs.tree import Tree\n"
        "record = run_check('pins', Target(tree=Tree(Path('.')), settings=Settings()))\n"
        "print(len(record.findings), 'detect_secrets' in sys.modules)\n"
    )
    done = subprocess.run([sys.executable, "-P", "-c", script], cwd=root, check=True, capture_output=True, text=True)
    assert done.stdout == "1 False\n"
