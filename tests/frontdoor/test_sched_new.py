"""`./metronome sched new NAME` and `plugin DIR`: a folder that works at once,
from any directory; and one line for what is refused."""
from __future__ import annotations

import pathlib
import shutil
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]


def run(*args: str | pathlib.Path, cwd: pathlib.Path = ROOT
        ) -> subprocess.CompletedProcess[str]:
    """A command, its output as text."""
    return subprocess.run(args, cwd=cwd, text=True, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT)


def test_outside(tmp_path: pathlib.Path) -> None:
    """Outside of the tree, by relative paths: it compiles to an object, its
    tests pass, it is laid out as the tree's own, and nothing says rr."""
    made = run(ROOT / "metronome", "sched", "new", "longest_name_15", ".",
               cwd=tmp_path)
    folder = tmp_path / "longest_name_15"
    assert made.returncode == 0, made.stdout
    assert sorted(p.name for p in folder.iterdir()) == [
        "README.md", "longest_name_15.c", "test_longest_name_15.c"]
    source = (folder / "longest_name_15.c").read_text()
    assert "rr_" not in source and "xen_id" not in source
    assert '.name = "longest_name_15"' in source
    plugin = run(ROOT / "metronome", "plugin", "longest_name_15",
                 cwd=tmp_path)
    assert plugin.returncode == 0, plugin.stdout
    assert plugin.stdout.startswith("build/plugins/longest_name_15.o: ")
    tests = run("make", "plugin-test", f"DIR={folder}")
    assert tests.returncode == 0, tests.stdout[-3000:]
    assert "[  PASSED  ] 2 test(s)." in tests.stdout
    layout = run("clang-format", f"-style=file:{ROOT}/.clang-format",
                 "--dry-run", "-Werror", *folder.glob("*.c"))
    assert layout.returncode == 0, layout.stdout


def test_inside(tmp_path: pathlib.Path) -> None:
    """In a tree: it is one of its plug-ins, and its test one of the host
    tests; the layers hold."""
    tree = tmp_path / "tree"
    shutil.copytree(ROOT, tree, ignore=shutil.ignore_patterns(
        "build", "results", ".git", "__pycache__"))
    made = run(tree / "metronome", "sched", "new", "mine")
    assert made.returncode == 0, made.stdout
    assert (tree / "sched/mine/mine.c").exists()
    layers = run(tree / "tools/check-layers")
    assert layers.returncode == 0, layers.stdout
    values = run("make", "-s", "-C", tree, "--eval",
                 "say:;@echo $(HV_SRC) $(HOST_TESTS) $(PLUGINS)", "say").stdout
    assert "sched/mine/mine.c" in values
    assert "build/tests/test_mine" in values
    assert "sched/mine/test_mine.c" not in values
    assert " mine " in values
    again = run(tree / "metronome", "sched", "new", "mine")
    assert again.returncode == 2 and again.stdout == \
        "sched new: mine: there is sched/mine already; choose another name\n"


@pytest.mark.parametrize("name", [
    "rr", "sim", "Upper", "9lives", "a-b", "sixteen_letters_", "", "two\nlines",
    "sched"])
def test_refused(tmp_path: pathlib.Path, name: str) -> None:
    """One line that names what is wrong; nothing is made."""
    done = run(ROOT / "metronome", "sched", "new", name, tmp_path)
    assert done.returncode == 2
    assert done.stdout.startswith("sched new: ") and \
        done.stdout.count("\n") == name.count("\n") + 1
    assert not list(tmp_path.iterdir())


def test_refused_folder(tmp_path: pathlib.Path) -> None:
    """No folder; one that is there; no command."""
    (tmp_path / "there").mkdir()
    for args, words in (
            (("new", "there", tmp_path), "is there already"),
            (("new", "x", tmp_path / "no"), "is no folder; make it first"),
            (("new",), "which name?"), (("old",), "sched new NAME [FOLDER]")):
        done = run(ROOT / "metronome", "sched", *args)
        assert done.returncode == 2 and words in done.stdout, done.stdout
        assert done.stdout.count("\n") == 1
