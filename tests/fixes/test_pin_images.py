"""`lockgate fix` pins images at the digests that a registry tells, which speaks the distribution protocol and wants a token."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from fix_runs import Project
from remote_stubs import Registry, registry

from lockgate.model.errors import UnavailableError
from lockgate.remotes.hosts import Hosts
from lockgate.remotes.registry import HUB, Image
from support import noise

ONLINE = "--online"


@pytest.fixture
def server() -> Iterator[Registry]:
    with registry() as made:
        yield made


@pytest.fixture
def project(tmp_path: Path, server: Registry) -> Project:
    made = Project(tmp_path / "project")
    made.options += ["--online-host", server.host]
    made.env |= {"NO_PROXY": "127.0.0.2", "no_proxy": "127.0.0.2"}
    return made


def test_images_are_pinned_wherever_they_stand(project: Project, server: Registry) -> None:
    app, base = server.push("org/app", "1.2"), server.push("base", "latest")
    dockerfile = (
        "# syntax=x\nFROM --platform=linux/amd64 {app} AS one\nFROM {base}\nCOPY --from={app} /a /b\n"
        "RUN --mount=type=bind,from={app},target=/x \\\n    true\nCOPY --from=one /c /d\n"
    )
    compose = "services:\n  a: {{image: '{app}'}}\n  b:\n    image: &x {base}  # ours\n  c:\n    image: *x\n"
    written = {"app": f"{server.host}/org/app:1.2", "base": f"{server.host}/base"}
    files = {"Dockerfile": dockerfile.format(**written), "compose.yaml": compose.format(**written)}
    code, out = project.fix(files, ONLINE)
    pinned = {"app": f"{written['app']}@{app}", "base": f"{written['base']}@{base}"}
    assert project.read("Dockerfile") == dockerfile.format(**pinned)
    assert project.read("compose.yaml") == compose.format(**pinned)
    assert f"pinned:    Dockerfile:2  {written['app']} -> {app}\n" in out
    assert (code, out.splitlines()[-1]) == (0, "6 pinned, 0 left")
    assert not project.found()
    assert sorted(set(server.asked)) == ["/v2/base/manifests/latest", "/v2/org/app/manifests/1.2"]
    assert len(server.asked) == 4  # each once for the challenge, and once with the token
    assert sorted(server.scopes) == ["repository:base:pull", "repository:org/app:pull"]
    assert project.fix({}, ONLINE)[1].startswith("nothing to fix")


def test_what_can_not_be_pinned_for_sure_is_left_with_the_reason(project: Project, server: Registry) -> None:
    server.push("lied", "1")
    server.told["lied"] = f"sha256:{'0' * 64}"
    server.push("denied", "1")
    server.faults |= {"denied": 403, "busy": 429}
    host = server.host
    images = {
        f"{host}/gone:1": f"{host} does not know this image and tag",
        f"{host}/denied:1": f"{host} wants credentials, and none are sent",
        f"{host}/busy:1": "answered 429 and asks to wait 999 s",
        f"{host}/lied:1": "the registry sent another manifest than the one whose digest it tells",
        "10.0.0.1/x:1": "10.0.0.1 may be of a private network; allow it with --online-host 10.0.0.1",
        "registry:5000/x:1": "registry:5000 may be of a private network",
        "127.0.0.3:5000/x:1": "127.0.0.3 would be asked without TLS, which is done on this machine only",
        "0x7f.1/x:1": "0x7f.1 may be of a private network",
        f"{host}/UPPER:1": "it is no name of an image",
        "$OPEN/x:1": "",
        "${V}": "its name is made of variables or written in an unusual way",
    }
    text = f"ARG V={host}/org/app:1\n" + "".join(f"FROM {image}\n" for image in images)
    code, out = project.fix({"Dockerfile": text}, ONLINE)
    assert (code, project.read("Dockerfile")) == (1, text)
    for line, (image, why) in enumerate(images.items(), 2):
        assert not why or any(
            told.startswith(f"left:      Dockerfile:{line}  ") and why in told for told in out.splitlines()
        ), image
    assert out.endswith(" 10 left\n")


def test_a_registry_can_not_send_us_to_another_host(project: Project, server: Registry) -> None:
    server.push("org/app", "1")
    server.realm = "http://127.0.0.9:9"
    code, out = project.fix({"Dockerfile": f"FROM {server.host}/org/app:1\n"}, ONLINE)
    assert code == 1
    assert "127.0.0.9 would be asked without TLS, which is done on this machine only" in out


def test_every_redirect_is_looked_at_before_it_is_followed(project: Project, server: Registry) -> None:
    with registry() as other:
        other.push("secret", "1")
        server.moved["org/app"] = f"http://{other.host}/v2/secret/manifests/1"
        text = f"FROM {server.host}/org/app:1\n"
        code, out = project.fix({"Dockerfile": text}, ONLINE)
        assert (code, other.asked, project.read("Dockerfile")) == (1, [], text)
        assert "would be asked without TLS, which is done on this machine only" in out
        digest = server.push("org/moved", "1")
        server.moved["org/app"] = f"{server.realm}/v2/org/moved/manifests/1"
        assert project.fix({}, ONLINE)[0] == 0
        assert project.read("Dockerfile") == f"FROM {server.host}/org/app:1@{digest}\n"


def test_only_manifests_are_taken_for_such(project: Project, server: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    server.push("org/app", "1")
    monkeypatch.setattr("remote_stubs.INDEX", "text/html")
    code, out = project.fix({"Dockerfile": f"FROM {server.host}/org/app:1\n"}, ONLINE)
    assert code == 1
    assert "the registry answered with something that is no manifest of an image" in out


@pytest.mark.parametrize(
    ("written", "asked"),
    [
        ("python", (HUB, "library/python")),
        ("org/app", (HUB, "org/app")),
        ("docker.io/python", (HUB, "library/python")),
        ("index.docker.io/org/app", (HUB, "org/app")),
        ("ghcr.example/org/app", ("ghcr.example", "org/app")),
        ("localhost/app", ("localhost", "app")),
        ("host:5000/app", ("host:5000", "app")),
    ],
)
def test_names_are_read_as_container_engines_do(written: str, asked: tuple[str, str]) -> None:
    """The examples are those of the reference implementation's tests (github.com/distribution/reference)."""
    assert Image.of(written, "") == Image(*asked, "latest")


@pytest.mark.parametrize("name", ["Upper", "a/../b", "a//b", "-a", "a_", "host:5000/", "a b", "a?b"])
def test_what_is_no_name_is_not_asked_for(name: str) -> None:
    with pytest.raises(UnavailableError):
        Image.of(name, "1")


@pytest.mark.parametrize(
    "url",
    [
        "https://localhost/", "https://a.localhost/", "https://10.1/", "https://2130706433/", "https://0x7f000001/",
        "https://[::1]/", "https://[fe80::1]/", "https://intranet/", "https://a.internal/", "https://a.local./",
        "http://public.example/", f"https://user:{noise(4)}@public.example/", "https://user@public.example/", "ftp://public.example/",
        "https://127.0.0.①/", "https://127.0.0.%31/", "https://a.loca%6c/", "https://a.b。local/",
        "https://10.0.0.1\\.public.example/", "https://10.0.0.1\t.public.example/", "https://127.0.0.1%2f.public.example/",
        "https:///x", "https://public.example:99999/", "nothing", "https://127.0.0.1:1/",
    ],
)  # fmt: skip
def test_hosts_that_are_not_asked(url: str) -> None:
    """Git, by curl, asks 127.0.0.1 for those with ① and %31."""
    with pytest.raises(UnavailableError) as told:
        Hosts(["127.0.0.1:2"]).check(url)
    assert "pa5s" not in str(told.value)


@pytest.mark.parametrize(
    "url",
    [
        "https://public.example/",
        "https://a.b.example:8443/x",
        "http://127.0.0.1:2/x",
        "https://intra/",
        "http://localhost/",
    ],
)
def test_hosts_that_are_asked(url: str) -> None:
    Hosts(["127.0.0.1:2", "Intra", "localhost"]).check(url)


@pytest.mark.parametrize("as_link", [False, True])
def test_a_file_that_somebody_changes_meanwhile_is_not_overwritten(
    project: Project, server: Registry, tmp_path: Path, as_link: bool
) -> None:
    """The registry changes what it is asked about: what is written by then was made of what the file held before."""
    server.push("org/app", "1")
    text = f"FROM {server.host}/org/app:1\n"
    changed = f"{text}RUN true\n"
    file, answer = project.root / "b/Dockerfile", server.answer

    def change(path: str, token: str) -> tuple[int, dict[str, str], bytes]:
        if as_link and not file.parent.is_symlink():
            file.parent.rename(tmp_path / "outside")
            file.parent.symlink_to(tmp_path / "outside")
        file.write_text(text if as_link else changed)
        return answer(path, token)

    server.answer = change  # type: ignore[method-assign]
    with pytest.raises(UnavailableError, match=r"b/Dockerfile: it was changed meanwhile; .*; nothing was changed"):
        project.fix({"a/Dockerfile": text, "b/Dockerfile": text}, ONLINE)
    assert project.read("a/Dockerfile") == text
    assert file.read_text() == (text if as_link else changed)


def test_a_word_of_shell_that_goes_on_behind_a_quotation_mark_is_left(project: Project, server: Registry) -> None:
    """A digest within it would be that of another tag, and what stands behind it a part of the digest."""
    app = f"{server.host}/app"
    server.push("app", "1")
    server.push("app", "latest")
    words = [f"{app}:1'.5'", f'{app}:1".5"', f"'{app}':1", rf"{app}:1\.5", f"{app}:'1'"]
    text = "FROM scratch\n" + "".join(f"RUN docker run {word} ls\n" for word in words)
    code, out = project.fix({"Dockerfile": text}, ONLINE)
    assert (code, project.read("Dockerfile")) == (1, text)
    assert out.endswith("0 pinned, 5 left\n")
    whole = f"FROM scratch\nRUN docker run '{app}:1' ls\n"
    assert project.fix({"Dockerfile": whole}, ONLINE)[0] == 0
