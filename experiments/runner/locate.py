"""Where a key of a TOML file stands, for messages: tomllib does not tell."""
from __future__ import annotations

import re

_HEADER = re.compile(r"\s*(\[\[?)\s*([^\[\]]+?)\s*\]\]?\s*(#.*)?$")
_KEY = re.compile(r"\s*((?:[A-Za-z0-9_-]+|\"[^\"]*\"|'[^']*')"
                  r"(?:\s*\.\s*(?:[A-Za-z0-9_-]+|\"[^\"]*\"|'[^']*'))*)\s*=")
_PART = re.compile(r"[A-Za-z0-9_-]+|\"[^\"]*\"|'[^']*'")
_STRING = re.compile(r"\"(?:[^\"\\]|\\.)*\"|'[^']*'")

Path = tuple[str | int, ...]


def _parts(key: str) -> list[str]:
    return [p.strip("\"'") for p in _PART.findall(key)]


class Lines:
    """The line of each key. A path is the way to a value: ("domains", 2,
    "weight") is the key weight of the third [[domains]]."""

    def __init__(self, text: str) -> None:
        self.at: dict[Path, int] = {}
        self._counts: dict[Path, int] = {}
        table: Path = ()
        depth = 0  # of brackets of a value that goes on
        for number, line in enumerate(text.splitlines(), 1):
            bare = _STRING.sub("''", line).split("#")[0]
            if depth == 0 and (header := _HEADER.match(line)):
                table = self._enter(header[1] == "[[", _parts(header[2]))
                self.at.setdefault(table, number)
                continue
            if depth == 0 and (key := _KEY.match(line)):
                self.at.setdefault(table + tuple(_parts(key[1])), number)
            depth += sum(bare.count(c) for c in "[{")
            depth -= sum(bare.count(c) for c in "]}")
            depth = max(depth, 0)

    def _enter(self, array: bool, parts: list[str]) -> Path:
        path: Path = ()
        for part in parts[:-1]:
            path += (part,)
            if path in self._counts:
                path += (self._counts[path],)
        path += (parts[-1],)
        if array:
            self._counts[path] = self._counts.get(path, -1) + 1
            path += (self._counts[path],)
        return path

    def of(self, path: Path) -> int:
        """The line of the key, or of the nearest that holds it; at worst 1."""
        for length in range(len(path), 0, -1):
            if path[:length] in self.at:
                return self.at[path[:length]]
        return 1
