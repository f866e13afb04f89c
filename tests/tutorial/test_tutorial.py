"""docs/write-a-scheduler.md, as a reader follows it: in a copy of the tree,
each file is written and each command run as it stands there, in its order.

A block of code says by the comment before it where it goes: `<!-- PATH -->`
appends it (the first one begins the file), `<!-- PATH: FUNCTION -->` puts it in
place of that function and the comment before it. `<!-- long -->` marks
commands that only `make soak` runs. The table that the simulator prints is
looked for in what it printed.
"""
from __future__ import annotations

import csv
import os
import pathlib
import re
import shutil
import subprocess
from collections.abc import Iterator

import pytest

from qemu import BUILD, ROOT

DOC = ROOT / "docs/write-a-scheduler.md"
BLOCK = re.compile(r"(?:<!-- (.*?) -->\n)?```(\w+)\n(.*?)^```$", re.S | re.M)
TABLE = re.compile(r"^```\n( +CPU %.*?)^```$", re.S | re.M)

# What a command must show, besides that it succeeds.
SHOWS = {
    "./metronome sched new lottery": r"lottery\.c, README\.md",
    "build/tests/test_lottery": r"\[  PASSED  \] 2 test",
    "make -s conformance SCHED=lottery": r"lottery +\d+ scenarios, .*no rule",
    "build/schedsim lottery.toml": r"hogs: lottery, seed 1\n(.*\n)*hog3 +5\d\.",
    "./metronome run lottery": r"scheduler: lottery \((.*\n)*.*The time|"
    r"scheduler: lottery \((.*\n)*.*time of run_for= is up",
    "./metronome plugin ideas/lottery": r"^build/plugins/lottery\.o: ",
    "make -s run SCHED=lottery PLUGIN=":
    r"scheduler lottery loaded(.*\n)*.*scheduler: lottery \((.*\n)*"
    r".*time of run_for= is up",
    "make -s plugin-test": r"\[  PASSED  \] 2 test",
    "build/schedsim --plugin": r"hogs: lottery, seed 1\n(.*\n)*hog3 +5\d\.",
    "./metronome demo": r"lottery(.*\n)*report: .*report\.html",
}


def blocks() -> Iterator[tuple[str, str, str]]:
    """(marker or "", language, text) of each block, in order."""
    for marker, language, text in BLOCK.findall(DOC.read_text()):
        yield marker, language, text


def put(tree: pathlib.Path, marker: str, text: str, begun: set[str]) -> None:
    """Write a block of code where its marker says."""
    name, _, function = marker.partition(": ")
    path = tree / name
    if function:
        whole = re.compile(r"(/\*(?:(?!\*/).)*\*/\n)?^static [^\n;]*\b"
                           + function + r"\(.*?^}\n", re.S | re.M)
        old = path.read_text()
        assert len(whole.findall(old)) == 1, function
        path.write_text(whole.sub(lambda _: text, old))
    elif name in begun:
        path.write_text(path.read_text() + "\n" + text)
    else:
        path.write_text(text)
    begun.add(name)


def run(tree: pathlib.Path, command: str) -> None:
    """One command of the page: it succeeds, and shows what it should."""
    done = subprocess.run(["bash", "-c", command], cwd=tree, text=True,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, errors="replace",
                          env={k: v for k, v in os.environ.items()
                               if k not in ("MAKEFLAGS", "BUILD")})
    text = done.stdout.replace("\r", "")
    assert done.returncode == 0, f"{command}:\n{text[-4000:]}"
    for begin, shows in SHOWS.items():
        if command.startswith(begin):
            assert re.search(shows, text, re.M), f"{command}:\n{text[-4000:]}"
    if command.startswith("build/schedsim"):
        table, = TABLE.findall(DOC.read_text())
        assert table in text, f"{command}: not the page's:\n{text}"


def files(tree: pathlib.Path) -> dict[str, bytes]:
    """Every file that is not made, and not the new plug-in's own."""
    return {str(p.relative_to(tree)): p.read_bytes()
            for p in tree.rglob("*") if p.is_file()
            and p.relative_to(tree).parts[0] not in ("build", "ideas")
            and "__pycache__" not in p.parts
            and p.relative_to(tree).parts[:2] != ("sched", "lottery")}


@pytest.fixture(name="tree")
def tree_copy(tmp_path: pathlib.Path) -> pathlib.Path:
    """A copy with what is built, so that make has little to do."""
    tree = tmp_path / "tree"
    needless = {ROOT / ".git", ROOT / "results", BUILD / "results",
                BUILD / "conformance"}

    def ignore(folder: str, names: list[str]) -> list[str]:
        return [n for n in names if n == "__pycache__"
                or pathlib.Path(folder, n) in needless]

    shutil.copytree(ROOT, tree, symlinks=True, ignore=ignore)
    if BUILD.name != "build":
        (tree / BUILD.name).rename(tree / "build")
    return tree


def follow(tree: pathlib.Path, long: bool) -> None:
    """Do what the page says."""
    before, begun = files(tree), set()
    for marker, language, text in blocks():
        if language == "sh":
            if marker == "long" and not long:
                continue
            for command in text.splitlines():
                run(tree, command)
        else:
            put(tree, marker, text, begun)
        if marker.startswith("sched/lottery/test_"):
            layout = subprocess.run(
                ["clang-format", "--dry-run", "-Werror",
                 *tree.glob("sched/lottery/*.c")], text=True, cwd=tree,
                stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
            assert layout.returncode == 0, layout.stdout
            layers = subprocess.run([tree / "tools/check-layers"], text=True,
                                    stdout=subprocess.PIPE)
            assert layers.returncode == 0, layers.stdout
    after = files(tree)
    assert after.pop("lottery.toml")
    assert after == before, "a file outside of the folder has changed"


@pytest.mark.xdist_group("qemu")
def test_page(tree: pathlib.Path) -> None:
    """All but the long commands."""
    languages = {language for _, language, _ in blocks()}
    assert languages == {"c", "sh", "toml"}
    assert len(list(blocks())) > 15
    follow(tree, long=False)


@pytest.mark.soak
def test_page_with_figure(tree: pathlib.Path) -> None:
    """All of it; the figure is there."""
    follow(tree, long=True)
    results = tree / "build/results/latency"
    assert list(results.glob("*.svg")), "no figure"
    with open(results / "table.csv", encoding="utf-8") as file:
        us = {row["scheduler"]: row for row in csv.DictReader(file)}
    rr, lottery = us["rr"], us["lottery"]
    assert round(float(rr["median_us"]) / 1000) == 89
    assert round(float(rr["max_us"]) / 1000) == 89
    assert float(lottery["median_us"]) < float(rr["median_us"])
    assert float(lottery["max_us"]) > float(rr["max_us"])
