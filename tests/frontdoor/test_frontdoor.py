"""The front door: ./metronome, in a POSIX shell, with and without root."""
import os
import pathlib
import re
import shutil
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
DOOR = ROOT / "metronome"


def run(*args: str, shell: str = "dash",
        path: str | None = None) -> subprocess.CompletedProcess:
    """./metronome ARGS in that shell, with that PATH first."""
    where = os.environ["PATH"]
    return subprocess.run(
        [shell, DOOR, *args], text=True, stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=120,
        env={**os.environ, "PATH": f"{path}:{where}" if path else where})


def stubs(folder: pathlib.Path, **programs: str) -> str:
    """A folder of small programs that stand for others."""
    for name, text in programs.items():
        file = folder / name.replace("_", "-")
        file.write_text(f"#!/bin/sh\n{text}\n")
        file.chmod(0o755)
    return str(folder)


@pytest.mark.parametrize("shell", ["dash", "bash"])
def test_unknown_command(shell: str) -> None:
    """One line that tells where help is."""
    if not shutil.which(shell):
        pytest.skip(f"no {shell}")
    done = run("frobnicate", shell=shell)
    assert done.returncode == 2
    assert done.stdout == "metronome: unknown command 'frobnicate'; " \
        "./metronome help lists them\n"


def test_help() -> None:
    """Its own commands, and make's targets."""
    assert run().returncode == 2
    text = run("help").stdout
    for word in ("demo", "check", "bench", "soak", "iso", "run", "setup"):
        assert re.search(rf"^  {word} ", text, re.M), text
    targets = subprocess.run(["make", "-s", "help"], cwd=ROOT, text=True,
                             stdout=subprocess.PIPE, check=True).stdout
    for word in ("all", "demo", "check", "bench", "iso", "help", "run",
                 "clean", "linux-guest"):
        assert re.search(rf"^  {word} ", targets, re.M), targets


@pytest.mark.parametrize("name,target", [
    ("bvt", "run SCHED=bvt"),
    ("latency", f"experiment FOLDER={ROOT}/experiments/latency"),
    ("experiments/latency/", f"experiment FOLDER={ROOT}/experiments/latency"),
    ("experiments/none", f"experiment FOLDER={ROOT}/experiments/none"),
    ("/an/other", "experiment FOLDER=/an/other"),
])
def test_run_by_name(tmp_path: pathlib.Path, name: str, target: str) -> None:
    """A scheduler's name boots it, an experiment's makes it."""
    path = stubs(tmp_path, dpkg_query="echo installed", make='echo "$@"')
    done = run("run", name, "JOBS=3", path=path)
    assert done.stdout.split()[-3:] == [*target.split(), "JOBS=3"]


def test_without_root(tmp_path: pathlib.Path) -> None:
    """Without root: the one command to run, and nothing is done."""
    path = stubs(tmp_path, id="echo 1000", dpkg_query="exit 1",
                 make="echo make was called", apt_get="echo apt was called")
    done = run("check", path=path)
    assert done.returncode == 1
    assert "was called" not in done.stdout
    last = done.stdout.splitlines()[-1]
    assert last.startswith("  apt-get update && apt-get install -y ")
    packages = (ROOT / "tools/packages.txt").read_text()
    names = re.findall(r"^([a-z0-9][a-z0-9.+-]*)", packages, re.M)
    assert len(names) > 30 and last.split()[-len(names):] == names


def test_as_root(tmp_path: pathlib.Path) -> None:
    """As root: it says what it installs, installs it, and calls make."""
    path = stubs(tmp_path, id="echo 0", apt_get='echo "apt-get $*"',
                 make='echo "make $*"',
                 dpkg_query='case $* in *gnuplot*) exit 1;; esac\n'
                            'printf installed')
    lines = run("demo", path=path).stdout.splitlines()
    assert lines == [
        "metronome: installing Debian packages: gnuplot-nox ",
        "apt-get update -q",
        "apt-get install -y -q --no-install-recommends gnuplot-nox",
        "make --no-print-directory demo"]


def test_run(tmp_path: pathlib.Path) -> None:
    """`run NAME` is make run SCHED=NAME."""
    path = stubs(tmp_path, make='echo "make $*"',
                 dpkg_query="printf installed")
    assert run("run", "bvt", path=path).stdout == \
        "make --no-print-directory -s run SCHED=bvt\n"


def test_make_run() -> None:
    """make run boots that scheduler with small domains, to their end."""
    done = subprocess.run(
        ["make", "-s", "run", "SCHED=rr", "RUN_ARGS=run_for=2s"], cwd=ROOT,
        text=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, timeout=300)
    assert done.returncode == 0, done.stdout
    assert "Ctrl-A x leaves QEMU" in done.stdout
    assert "scheduler: rr" in done.stdout
    assert "(hello) hello: Xen ABI 4.17" in done.stdout


def test_ci() -> None:
    """CI runs the README's test command, which the README names."""
    assert "./metronome check" in (ROOT / ".ci/run").read_text()
    readme = (ROOT / "README.md").read_text()
    assert "./metronome demo" in readme and "./metronome check" in readme
    for picture in re.findall(r"!\[[^]]*\]\(([^)]+)\)", readme):
        assert (ROOT / picture).exists(), picture
