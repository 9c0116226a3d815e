"""Wheels and source archives made by hand."""

from __future__ import annotations

import gzip
import io
import tarfile
import zipfile
from pathlib import Path


def metadata(name: str = "demo", version: str = "1.0", *lines: str) -> str:
    return "\n".join(
        ["Metadata-Version: 2.1", f"Name: {name}", f"Version: {version}", *lines, "", "Read me\nName: other\n"]
    )


def wheel_of(said: str, name: str = "demo", version: str = "1.0", **more: str) -> bytes:
    folder = f"{name}-{version}.dist-info"
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(f"{name}/__init__.py", "")
        archive.writestr(f"{folder}/METADATA", said)
        archive.writestr(f"{folder}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr(f"{folder}/RECORD", "")
        for path, text in more.items():
            archive.writestr(path, text)
    return content.getvalue()


def wheel(folder: Path, name: str, version: str, *needs: str) -> Path:
    path = folder / f"{name}-{version}-py3-none-any.whl"
    folder.mkdir(parents=True, exist_ok=True)
    extras = (need.rpartition("extra == ")[2].strip("'\"") for need in needs if "extra == " in need)
    lines = (*(f"Provides-Extra: {extra}" for extra in extras), *(f"Requires-Dist: {need}" for need in needs))
    said = metadata(name, version, *lines)
    path.write_bytes(wheel_of(said, name, version))
    return path


def tar_of(*files: tuple[str, bytes], format_: int = tarfile.PAX_FORMAT, pax: dict[str, str] | None = None) -> bytes:
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w", format=format_) as archive:
        for path, data in files:
            entry = tarfile.TarInfo(path)
            entry.size = len(data)
            entry.pax_headers = pax or {}
            archive.addfile(entry, io.BytesIO(data))
    return gzip.compress(content.getvalue(), mtime=0)


def zip_of(*files: tuple[str, bytes]) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, data in files:
            archive.writestr(path, data)
    return content.getvalue()
