"""`lockgate fix` pins actions and hooks at the commits that a real server of Git repositories tells."""

from __future__ import annotations

import os
import socket
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from fix_runs import Project
from remote_stubs import Forge, forge

from lockgate.checks import pins
from lockgate.model.errors import UnavailableError
from lockgate.model.modules import loaded
from lockgate.remotes import refs
from lockgate.remotes.hosts import Hosts
from support import git, lockgate, target, write

WORKFLOW = ".github/workflows/a.yml"
HOOKS = ".pre-commit-config.yaml"
ONLINE = "--online"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Forge]:
    with forge(tmp_path_factory.mktemp("forge")) as made:
        made.repository("octo/act", "v1.9.0", "v4.1.0", "v4.2.2", "=v4", "=v4.2.2-rc1", "heads/dev", "v5", "one-4.0.0")
        made.repository("octo/both", "v1", "heads/v1")
        made.repository("octo/hook", "v1.2.3", "heads/next")
        yield made


@pytest.fixture
def project(tmp_path: Path, server: Forge) -> Project:
    made = Project(tmp_path / "project")
    made.env["GITHUB_SERVER_URL"] = server.url
    made.options += ["--online-host", server.url.removeprefix("http://")]
    server.asked.clear()
    return made


def commits(server: Forge, name: str) -> dict[str, str]:
    lines = git(
        server.folder / "served" / name, "for-each-ref", "--format=%(refname:short) %(objectname) %(*objectname)"
    )
    return {ref: (peeled or [commit])[0] for ref, commit, *peeled in map(str.split, lines.splitlines())}


def steps(*uses: str) -> str:
    """A workflow; the steps begin in line 7."""
    head = "on: push\npermissions: {}\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps:\n"
    return head + "".join(f"      - uses: {each}\n" for each in uses)


def test_every_way_to_write_an_action_is_pinned_and_its_version_stays_readable(project: Project, server: Forge) -> None:
    of = commits(server, "octo/act")
    written = {
        "octo/act@v4": f"octo/act@{of['v4.2.2']} # v4.2.2",
        "octo/act/sub/dir@v4.1.0": f"octo/act/sub/dir@{of['v4.1.0']} # v4.1.0",
        '"octo/act@v4.1.0"  # why it is here': f'"octo/act@{of["v4.1.0"]}" # v4.1.0 # why it is here',
        "'octo/act@v4' # v4": f"'octo/act@{of['v4']}' # v4.2.2",
        "octo/act@v4   # v4.0.1 - see issue 4": f"octo/act@{of['v4']} # v4.2.2 - see issue 4",
        "octo/act@v4  # see # v4.0 below": f"octo/act@{of['v4']} # v4.2.2 # see # v4.0 below",
        "octo/act@v4 # 2.0 broke us": f"octo/act@{of['v4']} # v4.2.2 # 2.0 broke us",
        "octo/act@dev": f"octo/act@{of['dev']} # dev",
        "octo/act@v5": f"octo/act@{of['v5']} # v5",
        "octo/act@refs/tags/v4": f"octo/act@{of['v4']} # v4.2.2",
        "octo/act@one-4.0.0": f"octo/act@{of['one-4.0.0']} # one-4.0.0",
    }
    job = "  b:\n    uses: octo/act/.github/workflows/x.yml@v4"
    before = f"\ufeff# ours\n{steps(*written)}{job}".replace("\n", "\r\n")
    code, out = project.fix({WORKFLOW: before}, ONLINE)
    after = f"\ufeff# ours\n{steps(*written.values())}{job.replace('v4', of['v4'])} # v4.2.2".replace("\n", "\r\n")
    assert project.read(WORKFLOW) == after
    assert f"pinned:    {WORKFLOW}:8  octo/act@v4 -> {of['v4']} (v4.2.2)\n" in out
    assert f"+      - uses: octo/act@{of['v4']} # v4.2.2" in out
    assert (code, out.splitlines()[-1]) == (0, "12 pinned, 0 left")
    assert not project.found()
    assert sum("info/refs" in path for path in server.asked) == 1
    assert project.fix({}, ONLINE) == (0, "nothing to fix: nothing that could be pinned\n")


def test_the_check_names_the_command_where_it_can_pin_something(project: Project) -> None:
    assert {rule for fixer in loaded("lockgate.fixes.pins") for rule in fixer.RULES} == pins.FIXABLE
    note = "lockgate fix --checks pins --online --dry-run shows what of this it can pin"
    write(project.root, {WORKFLOW: steps("octo/act@v4")})
    assert pins.run(target(project.root)).coverage.notes == (note,)
    write(project.root, {WORKFLOW: steps(f"octo/act@{'a1' * 20}"), "requirements.txt": "app>=1\n"})
    result = pins.run(target(project.root))
    assert [each.rule for each in result.findings] == ["pins/unpinned-requirement"]
    assert result.coverage.notes == ()


def test_nobody_is_asked_without_online(project: Project, server: Forge) -> None:
    files = {
        WORKFLOW: steps("octo/act@v4"),
        HOOKS: f"repos:\n- repo: {server.url}/octo/hook\n  rev: v1.2.3\n  hooks: []\n",
    }
    more = "can't be written: only servers tell what, and offline none is asked"
    for option, told in (((), "can be written with --online"), (("--offline",), more)):
        assert project.fix(files, *option) == (0, f"note:      2 pins more {told}\nnothing is written\n")
    assert not server.asked
    assert project.read(WORKFLOW) == files[WORKFLOW]


def test_a_dry_run_writes_nothing(project: Project) -> None:
    text = steps("octo/act@v4")
    code, out = project.fix({WORKFLOW: text}, ONLINE, "--dry-run")
    assert (code, project.read(WORKFLOW)) == (0, text)
    assert f"would pin: {WORKFLOW}:7  octo/act@v4 -> " in out
    assert out.endswith("1 to pin, 0 left\n")


def test_what_can_not_be_pinned_for_sure_is_left_with_the_reason(project: Project, server: Forge) -> None:
    uses = {
        "octo/gone@v1": "octo/gone@v1: http://HOST/octo/gone does not exist",
        "octo/act@v9": "octo/act@v9: there is no tag or branch of that name",
        "octo/act@abcdef1": "octo/act@abcdef1: there is no tag or branch of that name; write the whole SHA",
        "octo/both@v1": "octo/both@v1: there are a tag and a branch of that name, which stand for different commits",
        ">-\n          octo/act@v4": "octo/act@v4: it is written in an unusual way, or more than a comment",
    }
    flow = "      - { uses: octo/act@v4, with: {} }\n"
    text = steps(*uses) + flow
    code, out = project.fix({WORKFLOW: text}, ONLINE)
    assert (code, project.read(WORKFLOW)) == (1, text)
    for told in uses.values():
        assert f"  {told.replace('HOST', server.url.removeprefix('http://'))}" in out
    assert f"left:      {WORKFLOW}:13  octo/act@v4: it is written in an unusual way" in out
    assert out.endswith("0 pinned, 6 left\n")


def test_an_allowed_action_stays(project: Project) -> None:
    text = steps("octo/act@v4 # lockgate: allow[pins/unpinned-action]", "octo/act@v4 # zizmor: ignore[unpinned-uses]")
    assert project.fix({WORKFLOW: text}, ONLINE)[0] == 0
    assert project.read(WORKFLOW) == text


def test_hooks_are_frozen_as_pre_commit_does_it(project: Project, server: Forge) -> None:
    commit = commits(server, "octo/hook")["v1.2.3"]
    text = "repos:\n- repo: {url}\n  rev: {a}\n  hooks: [{{id: a}}]\n-   repo: {url}\n    rev: '{b}\n    hooks: [{{id: b}}]\n"
    url = f"{server.url}/octo/hook"
    code, _ = project.fix({HOOKS: text.format(url=url, a="v1.2.3", b="v1.2.3' # old")}, ONLINE)
    assert code == 0
    frozen = f"{commit}  # frozen: v1.2.3"
    assert project.read(HOOKS) == text.format(url=url, a=frozen, b=f"{commit}'  # frozen: v1.2.3 # old")
    assert not project.found()
    assert project.fix({}, ONLINE)[1].startswith("nothing to fix")


def test_a_rev_that_an_alias_gives_to_another_repository_is_left(project: Project, server: Forge) -> None:
    """There is one text for both, and no commit is in both."""
    server.repository("octo/twin", "v1.2.3")
    first, other = (f"repos:\n- repo: {server.url}/octo/hook\n  rev: &r v1.2.3\n  hooks: []\n", "octo/twin")
    again = "- repo: {}/{}\n  rev: *r\n  hooks: []\n"
    text = first + again.format(server.url, other)
    code, out = project.fix({HOOKS: text}, ONLINE)
    assert (code, project.read(HOOKS)) == (1, text)
    assert "an alias of YAML gives its rev to other repositories, too; write it for each" in out
    assert project.fix({HOOKS: first + again.format(server.url, "octo/hook")}, ONLINE)[0] == 0


def test_hooks_in_toml(project: Project, server: Forge) -> None:
    commit = commits(server, "octo/hook")["v1.2.3"]
    text = f'[[repos]]\nrepo = "{server.url}/octo/hook"\nrev = "v1.2.3" # good\nhooks = []\n'
    assert project.fix({"prek.toml": text}, ONLINE)[0] == 0
    assert project.read("prek.toml") == text.replace('v1.2.3" #', f'{commit}"  # frozen: v1.2.3 #')
    assert not project.found()


def test_a_hook_from_a_branch_is_left_to_pre_commit(project: Project, server: Forge) -> None:
    text = f"repos:\n- repo: {server.url}/octo/hook\n  rev: next\n  hooks: []\n"
    code, out = project.fix({HOOKS: text}, ONLINE)
    assert (code, project.read(HOOKS)) == (1, text)
    assert "/octo/hook@next: it is a branch; pre-commit autoupdate --freeze chooses a release" in out


@pytest.mark.parametrize(
    ("repo", "why"),
    [
        ("http://169.254.169.254/latest", "would be asked without TLS"),
        ("https://169.254.169.254/latest", "may be of a private network; allow it with --online-host 169.254.169.254"),
        ("https://intranet/x", "may be of a private network; allow it with --online-host intranet"),
        ("http://127.0.0.1:1/x", "would be asked without TLS"),
        ("git@host.example:x/y", "is no address with https"),
        ("ssh://host.example/x", "is no address with https"),
        ("file:///etc", "is no address with https"),
        ("ext::sh -c touch% /tmp/x", "is no address with https"),
        ("--upload-pack=x", "is no address with https"),
    ],
)
def test_a_repository_can_not_have_just_any_host_asked(project: Project, repo: str, why: str) -> None:
    text = f"repos:\n- repo: '{repo}'\n  rev: v1.2.3\n  hooks: []\n"
    code, out = project.fix({HOOKS: text}, ONLINE)
    assert (code, project.read(HOOKS)) == (1, text)
    assert why in out


def test_a_repository_with_a_new_name_is_found_where_the_user_trusts_the_server(
    project: Project, server: Forge
) -> None:
    commit = commits(server, "octo/act")["v4"]
    server.moved["old"] = f"{server.url}/octo/act/info/refs?service=git-upload-pack"
    assert project.fix({WORKFLOW: steps("octo/old@v4")}, ONLINE)[0] == 0
    assert project.read(WORKFLOW) == steps(f"octo/old@{commit} # v4.2.2")
    url = f"{server.url}/octo/old"
    answer = refs.ask([url], Hosts([]))[url]
    assert str(answer) == f"{url} was moved; write its new address (or its old one with .git)"


def test_a_file_in_which_the_check_would_still_find_it_is_taken_back(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No server of Git tells such a commit."""
    monkeypatch.setattr("lockgate.fixes.commits.ask", lambda urls, _: {url: {"refs/tags/v4": "abc"} for url in urls})
    text = steps("octo/act@v4")
    code, out = project.fix({WORKFLOW: text}, ONLINE)
    assert (code, project.read(WORKFLOW)) == (1, text)
    assert f"left:      {WORKFLOW}:7  octo/act@v4: it was taken back: pins/unpinned-action would be found\n" in out


def test_no_configuration_of_the_repository_or_the_user_is_in_force(
    project: Project, server: Forge, tmp_path: Path
) -> None:
    """Each of these would have Git run the program, or ask another server."""
    ran = tmp_path / "ran"
    program = tmp_path / "program"
    program.write_text(f"#!/bin/sh\ntouch {ran}\n")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    config = f"[credential]\n helper = {program}\n[core]\n askPass = {program}\n gitProxy = {program}\n"
    config += '[url "https://other.invalid/"]\n insteadOf = http://\n'
    (tmp_path / "gitconfig").write_text(config)
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login somebody password " + "pa5s" + "word\n")
    project.env |= {
        "HOME": str(tmp_path),
        "GIT_SSL_NO_VERIFY": "1",
        "GIT_CONFIG_GLOBAL": str(tmp_path / "gitconfig"),
        "GIT_ASKPASS": str(program),
        "SSH_ASKPASS": str(program),
    }
    files = {
        WORKFLOW: steps("octo/act@v4", "octo/private@v4"),
        ".git/config": config,
        ".git/HEAD": "ref: refs/heads/x\n",
    }
    project.root.joinpath(".git/objects").mkdir(parents=True)
    project.root.joinpath(".git/refs").mkdir()
    code, out = project.fix(files, ONLINE)
    assert (code, out.splitlines()[-1]) == (1, "1 pinned, 1 left")
    assert "octo/private@v4: " in out
    assert "does not exist or is not public; no credentials are sent" in out
    assert not ran.exists()
    assert not server.credentials


def test_without_git(project: Project, tmp_path: Path) -> None:
    project.env["PATH"] = str(tmp_path / "empty")
    code, out = project.fix({WORKFLOW: steps("octo/act@v4")}, ONLINE)
    assert code == 1
    assert "octo/act@v4: git is not installed or not on PATH; install it" in out


def test_online_and_offline_contradict_each_other(project: Project) -> None:
    done = lockgate("fix", "--online", "--offline", cwd=project.root)
    assert (done.returncode, done.stdout) == (2, "")
    assert "--online (command line) and --offline (command line) contradict each other" in done.stderr


def test_a_check_that_nothing_mends_is_a_usage_error(project: Project) -> None:
    done = lockgate("fix", "--checks", "pin,audit", cwd=project.root)
    assert done.returncode == 2
    assert "--checks: findings of 'pin' can't be mended; did you mean 'pins'? valid: audit, pins" in done.stderr


def test_a_repository_can_not_choose_the_servers(project: Project) -> None:
    for key, value in {"online": "true", "forge": "'https://x.example'", "online-hosts": "['x.example']"}.items():
        project.root.joinpath("pyproject.toml").write_text(f"[tool.lockgate]\n{key} = {value}\n")
        done = lockgate("fix", cwd=project.root, env=project.env)
        assert done.returncode == 2
        assert f"'{key}' can't be set by the repository that is scanned" in done.stderr


@pytest.mark.skipif(os.name != "posix", reason="processes are bounded otherwise")
def test_a_server_that_hangs_is_given_up_with_all_that_git_started(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(refs, "SECONDS", 0.5)
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/x"
        answer = refs.ask([url], Hosts([]))[url]
        assert isinstance(answer, UnavailableError)
        assert str(answer) == f"{url} did not answer within 0.5 s; try again"
        connection = listener.accept()[0]
        connection.settimeout(10)
        with connection:
            while connection.recv(4096):  # it ends: nobody holds the other end open
                pass


def test_what_could_not_be_examined_is_not_called_clean(project: Project) -> None:
    files = {WORKFLOW: "jobs: [}\n", ".github/workflows/b.yml": steps("octo/act@v4")}
    code, out = project.fix(files, ONLINE)
    assert (code, out.splitlines()[-1]) == (0, "1 pinned, 0 left")
    assert "note:      not examined: 1 file or entry; lockgate check pins names it\n" in out
    assert project.fix({}, ONLINE)[1].endswith("\nnothing is written\n")
