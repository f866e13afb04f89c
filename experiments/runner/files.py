"""Files by what is in them: hashes, and writing only what is new."""
from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path


@lru_cache(maxsize=None)
def _digest(file: Path, _mtime: int, _size: int) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


def digest(file: Path) -> str:
    """The SHA-256 of a file's bytes, which are read once."""
    state = file.stat()
    return _digest(file, state.st_mtime_ns, state.st_size)


def put(file: Path, text: str) -> None:
    """Write a file that is whole at every moment."""
    new = file.with_name(f".{file.name}.new")
    new.write_text(text)
    new.replace(file)


def write(file: Path, text: str) -> None:
    """Write the file if it says something else: its time is Snakemake's."""
    if not file.exists() or file.read_text() != text:
        put(file, text)
