"""The plug-in of experiments/e7-density keeps its own promises, and those that
the kit asks of every plug-in."""
import pathlib
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
FOLDER = "experiments/e7-density/tableau"
SCENARIOS = 10000

# Two that build one plug-in at a time would be in each other's way.
pytestmark = pytest.mark.xdist_group("plugin")


def run(*words: str) -> subprocess.CompletedProcess[str]:
    """A command in the tree; both of its outputs come back as one."""
    return subprocess.run(words, cwd=ROOT, text=True, timeout=600,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


def test_its_own() -> None:
    """Places, the time that is left, admission."""
    tests = run("make", "-s", "plugin-test", f"DIR={FOLDER}")
    assert tests.returncode == 0, tests.stdout
    assert "[  PASSED  ] 3 test(s)" in tests.stdout


def test_the_rules(tmp_path: pathlib.Path) -> None:
    """As an object that is loaded."""
    made = run("make", "-s", "plugin", f"DIR={FOLDER}")
    assert made.returncode == 0, made.stdout
    kit = run("build/kit/conformance", "--plugin", "build/plugins/tableau.o",
              "--sched=tableau", f"--scenarios={SCENARIOS}",
              f"--output={tmp_path}")
    assert kit.returncode == 0, kit.stdout[-6000:]
    assert f" {SCENARIOS} scenarios, " in kit.stdout
