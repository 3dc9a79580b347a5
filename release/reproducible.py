"""The build backend: setuptools, with one sdist and one wheel for one state of the files.

Two builds of the same commit give the same bytes, on any machine, so that everybody can compare
what an index serves with what they build. The sdist is packed anew here, without the times, the
owner and the permissions of the machine that built it. The wheel is made from the sdist, and heeds
SOURCE_DATE_EPOCH by itself.
"""

from __future__ import annotations

import gzip
import os
import tarfile
from pathlib import Path
from typing import Any

from setuptools import build_meta
from setuptools.build_meta import (
    build_editable,
    get_requires_for_build_editable,
    get_requires_for_build_sdist,
    get_requires_for_build_wheel,
    prepare_metadata_for_build_editable,
    prepare_metadata_for_build_wheel,
)

__all__ = [
    "build_editable",
    "build_sdist",
    "build_wheel",
    "get_requires_for_build_editable",
    "get_requires_for_build_sdist",
    "get_requires_for_build_wheel",
    "prepare_metadata_for_build_editable",
    "prepare_metadata_for_build_wheel",
]

# The first moment that a zip file can hold, in epoch seconds.
_EPOCH = 315_532_800


def build_wheel(
    wheel_directory: str, config_settings: Any = None, metadata_directory: str | None = None
) -> str:
    """Build the wheel, and return its name."""
    os.environ.setdefault("SOURCE_DATE_EPOCH", str(_EPOCH))
    # The wheel keeps the permissions of the files that the build writes.
    before = os.umask(0o022)
    try:
        name: str = build_meta.build_wheel(wheel_directory, config_settings, metadata_directory)
    finally:
        os.umask(before)
    return name


def build_sdist(sdist_directory: str, config_settings: Any = None) -> str:
    """Build the sdist, and return its name."""
    name: str = build_meta.build_sdist(sdist_directory, config_settings)
    repack(Path(sdist_directory, name), int(os.environ.get("SOURCE_DATE_EPOCH", _EPOCH)))
    return name


def repack(path: Path, moment: int) -> None:
    """Write a .tar.gz anew: sorted by name, each file of that moment and of nobody."""
    with tarfile.open(path) as archive:
        members = sorted(archive.getmembers(), key=lambda member: member.name)
        contents = [(each, archive.extractfile(each)) for each in members]
        with (
            path.with_suffix(".new").open("wb") as file,
            gzip.GzipFile("", "wb", fileobj=file, mtime=moment) as packed,
            tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as new,
        ):
            for member, content in contents:
                new.addfile(_without_the_machine(member, moment), content)
    path.with_suffix(".new").replace(path)


def _without_the_machine(member: tarfile.TarInfo, moment: int) -> tarfile.TarInfo:
    member.mtime = moment
    member.uid = member.gid = 0
    member.uname = member.gname = ""
    member.mode = 0o755 if member.isdir() or member.mode & 0o100 else 0o644
    member.pax_headers = {}
    return member
