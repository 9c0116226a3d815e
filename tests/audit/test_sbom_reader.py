"""SBOMs: those of uv, cyclonedx-py and sbom4python (tests/fixtures/generate_graphs.py), and what others may hold."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from manifests import gaps_of

from lockgate.inputs import purl
from lockgate.inputs.lockfiles import sbom
from lockgate.inputs.lockfiles.base import Manifest, read_manifests
from lockgate.inputs.tree import Tree
from lockgate.model.package import Origin, Package
from support import write

FIXTURES = Path(__file__).parents[1] / "fixtures" / "graph"
FLASK = {
    "flask": (),
    "werkzeug": ("flask", "werkzeug"),
    "markupsafe": ("flask", "werkzeug", "markupsafe"),
    "jinja2": ("flask", "jinja2"),
    "itsdangerous": ("flask", "itsdangerous"),
    "click": ("flask", "click"),
}


def real(name: str) -> dict[str, Package]:
    (manifest,) = sbom.read(Tree(FIXTURES), [name])
    assert not manifest.skipped
    return {package.name: package for package in manifest.packages}


def read(root: Path, document: Any, name: str = "bom.json") -> Manifest:
    write(root, {name: document if isinstance(document, str) else json.dumps(document, indent=1)})
    (manifest,) = read_manifests(Tree(root))
    return manifest


def bom(*components: dict[str, Any], version: str = "1.6", **more: Any) -> dict[str, Any]:
    return {"bomFormat": "CycloneDX", "specVersion": version, "components": list(components), **more}


def component(text: str, **more: Any) -> dict[str, Any]:
    return {"type": "library", "name": "x", "bom-ref": text, "purl": text, **more}


def spdx(*packages: dict[str, Any], version: str = "SPDX-2.3", **more: Any) -> dict[str, Any]:
    return {"spdxVersion": version, "SPDXID": "SPDXRef-DOCUMENT", "packages": list(packages), **more}


def spdx_package(ref: str, text: str = "", **more: Any) -> dict[str, Any]:
    purls = [{"referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl", "referenceLocator": text}]
    return {"SPDXID": ref, "name": ref, "externalRefs": purls if text else [], **more}


def relationships(*lines: str) -> list[dict[str, str]]:
    keys = ("spdxElementId", "relationshipType", "relatedSpdxElement")
    return [dict(zip(keys, line.split(), strict=True)) for line in lines]


def test_cyclonedx_by_uv() -> None:
    found = real("uv.cdx.json")
    assert len(found) == 16  # as many as its lock, uv.lock
    assert {name for name, package in found.items() if package.origin is Origin.LOCAL} == {"demo-graph", "demo-lib"}
    assert (found["markupsafe"].version, found["markupsafe"].via) == ("3.0.4", ("demo-graph", "jinja2", "markupsafe"))
    assert found["flask"].direct
    assert len(found["flask"].hashes) == 2
    lines = (FIXTURES / "uv.cdx.json").read_text().split("\n")
    assert lines[found["flask"].at.line - 1].strip() == '"version": "2.0.1",'


def test_cyclonedx_of_an_environment() -> None:
    """It does not say what the project names: surely what nothing else needs."""
    found = real("environment.cdx.json")
    assert {name for name, package in found.items() if package.direct} == {"flask", "requests"}
    assert found["markupsafe"].direct is None
    assert found["markupsafe"].via == ("environment.cdx.json", "flask", "jinja2", "markupsafe")


def test_spdx_by_sbom4python() -> None:
    found = real("flask.spdx.json")
    assert {name: package.via for name, package in found.items()} == FLASK
    assert found["markupsafe"].ways == 2


@pytest.mark.parametrize("version", ["1.2", "1.3", "1.4", "1.5", "1.6", "1.7"])
def test_versions_of_cyclonedx(tmp_path: Path, version: str) -> None:
    (package,) = read(tmp_path, bom(component("pkg:pypi/A.b@1.0"), version=version)).packages
    assert (package.name, package.version, package.specifier, package.direct) == ("a-b", "1.0", "==1.0", None)


def test_components_inside_of_others_are_read(tmp_path: Path) -> None:
    inner = component("pkg:pypi/b@2", components=[component("pkg:pypi/c@3")])
    manifest = read(tmp_path, bom({"type": "application", "name": "app", "bom-ref": "app", "components": [inner]}))
    assert [(package.name, package.via) for package in manifest.packages] == [
        ("b", ("bom.json", "app", "b")),
        ("c", ("bom.json", "app", "b", "c")),
    ]


def test_other_ecosystems_are_one_line(tmp_path: Path) -> None:
    manifest = read(
        tmp_path,
        bom(
            component("pkg:pypi/a@1"),
            component("pkg:npm/%40x/y@1"),
            component("pkg:npm/z@1"),
            component("pkg:deb/debian/curl@7?arch=amd64"),
            {"type": "file", "name": "/etc/passwd"},
            {"type": "operating-system", "name": "debian"},
        ),
    )
    (skip,) = manifest.skipped
    assert (skip.subject, skip.gap) == ("bom.json", False)
    assert skip.reason == "5 components of other kinds and ecosystems (npm, deb, file, …) are no Python packages"


def test_a_library_of_which_nobody_knows_what_it_is_is_a_gap(tmp_path: Path) -> None:
    (gap,) = gaps_of(read(tmp_path, bom({"type": "library", "name": "mystery", "version": "1"})))
    assert gap.endswith("mystery has no purl, so nobody knows what it is")


@pytest.mark.parametrize(
    ("text", "origin"),
    [
        ("pkg:pypi/a@1?vcs_url=git%2Bhttps://index.example/a", Origin.VCS),
        ("pkg:pypi/a@1?download_url=https://index.example/a-1.zip", Origin.URL),
        ("pkg:pypi/a@1?file_url=file:///srv/a-1.zip", Origin.FILE),
        ("pkg:pypi/a@1?file_url=file:///srv/a", Origin.LOCAL),
        ("pkg:pypi/a@1?file_name=a-1.zip#sub", Origin.INDEX),
    ],
)
def test_where_it_was_taken_from(tmp_path: Path, text: str, origin: Origin) -> None:
    (package,) = read(tmp_path, bom(component(text))).packages
    assert (package.version, package.origin) == ("1", origin)


def test_hashes_are_those_that_locks_have(tmp_path: Path) -> None:
    hashes = [{"alg": "SHA-256", "content": "A" * 64}, {"alg": "SHA3-256", "content": "b" * 64}]
    (package,) = read(tmp_path, bom(component("pkg:pypi/a@1", hashes=hashes))).packages
    assert package.hashes == (f"sha256:{'a' * 64}",)
    checksums = [{"algorithm": "SHA256", "checksumValue": "c" * 64}]
    (tmp_path / "bom.json").unlink()
    (package,) = read(tmp_path, spdx(spdx_package("a", "pkg:pypi/a@1", checksums=checksums)), "a.spdx.json").packages
    assert package.hashes == (f"sha256:{'c' * 64}",)


def test_spdx_relationships_in_both_directions(tmp_path: Path) -> None:
    document = spdx(
        spdx_package("app", versionInfo="1"),
        spdx_package("a", "pkg:pypi/a@1"),
        spdx_package("b", "pkg:pypi/b@1"),
        spdx_package("c", "pkg:pypi/c@1"),
        spdx_package("d", "pkg:pypi/d@1"),
        version="SPDX-2.2",
        documentDescribes=["app"],
        relationships=relationships(
            "a DEPENDENCY_OF app", "b DEV_DEPENDENCY_OF a", "b CONTAINS c", "d OTHER a", "x DEPENDS_ON y"
        ),
    )
    manifest = read(tmp_path, document, "x.spdx.json")
    assert not manifest.skipped
    assert {package.name: package.via for package in manifest.packages} == {
        "a": ("app", "a"),
        "b": ("app", "a", "b"),
        "c": ("app", "a", "b", "c"),
        "d": (),
    }


def test_a_circle_ends(tmp_path: Path) -> None:
    names = ("pkg:pypi/a@1", "pkg:pypi/b@1")
    needs = [{"ref": one, "dependsOn": [other, one]} for one, other in (names, names[::-1])]
    manifest = read(tmp_path, bom(*map(component, names), dependencies=needs))
    assert [package.via for package in manifest.packages] == [(), ()]


@pytest.mark.parametrize(
    ("document", "said"),
    [
        (bom(version="1.8"), "bom.json CycloneDX 1.8 is not known (known: 1.2 to 1.7); update lockgate"),
        ({"bomFormat": "CycloneDX"}, "bom.json its specVersion is not known"),
        (bom(version=16), "bom.json CycloneDX 16 is not known"),  # type: ignore[arg-type]
        (spdx(version="SPDX-2.9"), "bom.json SPDX-2.9 is not known (known: SPDX-2.2, SPDX-2.3); update lockgate"),
        (spdx(version=3), "bom.json its version is not known"),  # type: ignore[arg-type]
        ({"@context": "https://spdx.org/rdf/3.0.1/spdx-context.jsonld", "@graph": []}, "bom.json SPDX 3 is not read"),
        ([], "bom.json neither a CycloneDX nor an SPDX document"),
        ({"x": 1}, "bom.json neither a CycloneDX nor an SPDX document"),
        (bom(component("pkg:pypi/a@1"), dependencies=3), "bom.json can't be understood"),
        (bom(3), "bom.json can't be understood: a component is no object"),  # type: ignore[arg-type]
        (bom(metadata=3), "bom.json can't be understood: a component is no object"),
        (bom(metadata={"component": [1]}), "bom.json can't be understood: a component is no object"),
        ({**bom(), "components": {"x": 1}}, "bom.json:"),
        ({**spdx(), "packages": "x"}, "bom.json can't be understood: a package is no object"),
        (bom(component("pkg:pypi/a@1", name=7)), "bom.json:"),
        (bom(component("pypi/a@1")), "bom.json:9 can't be understood: its purl is none"),
        (bom(component("pkg:pypi/x/a@1")), "bom.json:9 can't be understood: its name is none"),
        (bom(component("pkg:pypi/a@1%20OR%201")), "bom.json:9 can't be understood: its version is none"),
        (bom(component("pkg:pypi/a@1", components=["x"])), "bom.json can't be understood: a component is no object"),
        (spdx(spdx_package("a", "pkg:pypi/"), spdx_package("b", "pkg:pypi/b@1")), "bom.json:"),
        ('{"bomFormat": "CycloneDX", "bomFormat": "CycloneDX"}', "bom.json:1 gives 'bomFormat' twice in one object"),
        ('{"bomFormat": ' + "[" * 200_000, "bom.json"),
    ],
)
def test_what_can_not_be_understood_is_a_gap(tmp_path: Path, document: Any, said: str) -> None:
    found = gaps_of(read(tmp_path, document))
    assert any(gap.startswith(said) for gap in found), found


@pytest.mark.parametrize(
    "document", [bom(*[{}] * 50_000), bom({"name": "x", "components": [{}] * 50_000}), spdx(*[{}] * 50_000)]
)
def test_very_many_bad_entries_are_told_in_part(tmp_path: Path, document: Any) -> None:
    found = gaps_of(read(tmp_path, json.dumps(document)))
    assert len(found) == 1001
    assert found[-1] == "bom.json 1,000 of its entries can't be understood; the rest was not read"


def test_one_bad_entry_does_not_hide_the_others(tmp_path: Path) -> None:
    manifest = read(tmp_path, bom(component("nonsense"), component("pkg:pypi/a@1")))
    assert [package.name for package in manifest.packages] == ["a"]
    assert len(gaps_of(manifest)) == 1


def test_a_requirement_without_version_is_open(tmp_path: Path) -> None:
    (package,) = read(tmp_path, spdx(spdx_package("a", "pkg:pypi/a")), "dependency-graph.spdx.json").packages
    assert (package.version, package.origin) == ("", Origin.INDEX)


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("pkg:pypi/a@1", ("pypi", "", "a", "1")),
        ("pkg:PYPI/a_b@1%2Bcu118?x=y@z#s@t", ("pypi", "", "a_b", "1+cu118")),
        ("pkg://pypi/a", ("pypi", "", "a", "")),
        ("pkg:npm/%40scope/name@1", ("npm", "@scope", "name", "1")),
        ("pkg:npm/@scope/name", ("npm", "@scope", "name", "")),
        ("pkg:golang/a.example/b/c@v1", ("golang", "a.example/b", "c", "v1")),
    ],
)
def test_purls(text: str, parts: tuple[str, str, str, str]) -> None:
    found = purl.parse(text)
    assert (found.kind, found.namespace, found.name, found.version) == parts


@pytest.mark.parametrize(
    "text", ["", "pypi/a", "pkg:", "pkg:pypi", "pkg:pypi/", "pkg:pypi/a@", "pkg:pypi/" + "a" * 3000]
)
def test_what_is_no_purl(text: str) -> None:
    with pytest.raises(ValueError, match="purl"):
        purl.parse(text)
