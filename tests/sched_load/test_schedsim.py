"""schedsim --plugin: the object that the hypervisor loads, simulated."""
from __future__ import annotations

import pathlib
import re
import subprocess

import pytest

from qemu import BUILD, ROOT

OBJECT = BUILD / "plugins/loaded.o"
SCENARIO = """
title = "two CPUs"
seeds = [5]
[machine]
cpus = 2
[measure]
from = "0ms"
until = "2s"
[[schedulers]]
name = "rr"
weight = ""
[[domains]]
name = "video"
workload = { kind = "periodic", work = "3ms", period = "20ms" }
[[domains]]
name = "hog"
count = 3
workload = { kind = "hog" }
"""


def schedsim(*args: str | pathlib.Path) -> subprocess.CompletedProcess[str]:
    """Its output, complaints included."""
    return subprocess.run([BUILD / "schedsim", *args], cwd=ROOT, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


@pytest.fixture(name="scenario")
def scenario_file(tmp_path: pathlib.Path) -> pathlib.Path:
    """A small one."""
    subprocess.run(["make", "-s", f"BUILD={BUILD.name}",
                    OBJECT.relative_to(ROOT)], cwd=ROOT, check=True)
    file = tmp_path / "two.toml"
    file.write_text(SCENARIO)
    return file


def test_loaded_decides_as_built_in(scenario: pathlib.Path) -> None:
    """rr under another name: the same hash of all that happened."""
    runs = [schedsim("--plugin", OBJECT, scenario, "--sched", name)
            for name in ("loaded", "rr")]
    assert not any(run.returncode for run in runs), runs[0].stdout
    mine, other = (re.search(r"(\d+) decisions.* hash ([0-9a-f]{16})",
                             run.stdout) for run in runs)
    assert mine and other and mine.groups() == other.groups()
    assert int(mine[1]) > 200


def test_listed(scenario: pathlib.Path) -> None:
    """With its parameters; without --plugin there is no such scheduler."""
    text = schedsim("--plugin", OBJECT, "--list").stdout
    assert re.search(r"^loaded: ", text, re.M) and "loaded.slice" in text
    done = schedsim(scenario, "--sched", "loaded")
    assert done.returncode == 1 and "loaded" in done.stdout.splitlines()[-1]


@pytest.mark.parametrize("spoil, reason", [
    (lambda data: data[:200], "it is cut short"),
    (lambda data: data[:18] + b"\xb7" + data[19:], "for another machine"),
    (lambda data: data.replace(b"sched_steal", b"sched_stool"),
     "it calls sched_stool, which is no service of sched.h"),
])
@pytest.mark.parametrize("args", [("--list",), ("--sched", "loaded"), ()])
def test_refused(scenario: pathlib.Path, tmp_path: pathlib.Path, spoil,
                 reason: str, args: tuple[str, ...]) -> None:
    """One line with the file and the reason."""
    bad = tmp_path / "bad.o"
    bad.write_bytes(spoil(OBJECT.read_bytes()))
    words = [scenario] if args != ("--list",) else []
    done = schedsim("--plugin", bad, *words, *args)
    last = done.stdout.splitlines()[-1]
    assert done.returncode and last.startswith(f"{bad}: "), done.stdout
    assert reason in last and "Traceback" not in done.stdout
