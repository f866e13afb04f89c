"""A runner that is killed goes on where it was, and ends with the same hashes;
so do those on a cluster and in another clone."""
from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from xentrace.trace import ROOT

from .slurm_node import slurm
from .test_study import Place

pytestmark = pytest.mark.xdist_group("study")
PATIENCE_S = 120


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Place:
    """The study, made in one go."""
    place = Place(tmp_path_factory.mktemp("whole"))
    assert place.run()[0] == 0
    return place


def count(top: Path, pattern: str) -> int:
    return len(list(top.glob(pattern)))


# Moments at which a runner is killed: what there is one more of then.
MOMENTS = {
    "Snakemake has begun": ".snakemake/log/*",
    "a run is half done": "*/.making",
    "a run is done, and not measured": "*/run.json",
    "a run is measured": "*/measure.json",
}


def begin(place: Place, behind: bool = False) -> subprocess.Popen[bytes]:
    """behind: as a job in the background of a script, which ignores SIGINT."""
    words = [str(word) for word in place.command("--jobs", "1")]
    if behind:
        words = ["sh", "-c", 'trap "" INT; exec "$@"', "sh", *words]
    return subprocess.Popen(
        words, cwd=ROOT, stdout=subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": str(ROOT)})


def wait_for(what: Callable[[], bool]) -> bool:
    until = time.monotonic() + PATIENCE_S
    while time.monotonic() < until:
        if what():
            return True
        time.sleep(0.002)
    return False


def at_work(place: Place) -> list[str]:
    """Processes of the runner's that are still there."""
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdecimal():
            continue
        try:
            line = (entry / "cmdline").read_bytes().replace(b"\0", b" ")
            here = os.readlink(entry / "cwd")
        except OSError:
            continue
        if str(place.build) in f"{line.decode(errors='replace')} {here}":
            found.append(f"{entry.name}: {line.decode(errors='replace')}")
    return found


def kill(place: Place, moment: str, how: signal.Signals,
         behind: bool = False) -> int:
    """Begin, and kill the runner at this moment. Its exit status."""
    pattern = MOMENTS[moment]
    before = count(place.runs, pattern)
    runner = begin(place, behind)
    came = wait_for(lambda: runner.poll() is not None
                    or count(place.runs, pattern) > before)
    runner.send_signal(how)
    status = runner.wait(PATIENCE_S)
    assert came, moment
    assert wait_for(lambda: not at_work(place)), at_work(place)
    return status


def finish(place: Place, whole: Place) -> None:
    code, said = place.run()
    assert code == 0, said
    assert place.hashes() == whole.hashes()
    assert (place.out / "table.csv").read_bytes() == \
        (whole.out / "table.csv").read_bytes()


@pytest.mark.parametrize("how,status", [(signal.SIGKILL, -signal.SIGKILL),
                                        (signal.SIGINT, 130)])
def test_it_goes_on_after_one(whole: Place, tmp_path: Path,
                              how: signal.Signals, status: int):
    place = Place(tmp_path)
    assert kill(place, "a run is done, and not measured", how) == status
    assert count(place.runs, "*/run.json") < 5
    finish(place, whole)


def test_the_jobs_end_with_their_runner(tmp_path: Path):
    """One that would go on for ten minutes, and writes no trace."""
    place = Place(tmp_path)
    place.change('limit = "60s"', 'limit = "600s"')
    place.change('until = "3s"', 'until = "90000000s"\n\n[trace]\nmask = 0')
    kill(place, "a run is half done", signal.SIGKILL)   # and see them end
    assert kill(place, "a run is half done", signal.SIGTERM, True) == 130


@pytest.mark.soak
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_it_goes_on_after_five(whole: Place, tmp_path: Path, seed: int):
    place = Place(tmp_path)
    chance = random.Random(seed)
    for _ in range(5):
        moment = chance.choice(list(MOMENTS))
        status = kill(place, moment, signal.SIGKILL)
        # The last ones may find all done: then the runner ended by itself.
        assert status == -signal.SIGKILL or count(
            place.runs, "*/measure.json") == 5, moment
    finish(place, whole)


@pytest.mark.soak
def test_slurm_gives_the_same(whole: Place, tmp_path: Path):
    place = Place(tmp_path)
    # Sockets have short names: not below pytest's folders.
    with tempfile.TemporaryDirectory() as folder:
        with slurm(Path(folder)) as env:
            done = subprocess.run(
                place.command("--profile", "slurm"), cwd=ROOT, text=True,
                env={**env, "PYTHONPATH": str(ROOT)}, capture_output=True)
            assert done.returncode == 0, done.stdout + done.stderr
            jobs = subprocess.run(
                ["scontrol", "-o", "show", "job"], env=env, text=True,
                capture_output=True).stdout.count("JobState=COMPLETED")
    assert jobs == 5    # it was Slurm that made them
    assert place.hashes() == whole.hashes()
    assert (place.out / "table.csv").read_bytes() == \
        (whole.out / "table.csv").read_bytes()


@pytest.mark.soak
def test_two_clones_give_the_same(whole: Place, tmp_path: Path):
    said = []
    for name in "one", "another/deeper":
        clone = tmp_path / name
        subprocess.run(["git", "clone", "-q", ROOT, clone], check=True)
        subprocess.run(["make", "-s", "-C", clone, "-j2", "tools"],
                       check=True)
        subprocess.run(["./metronome", "run", "tests/runner/study"],
                       cwd=clone, check=True)
        results = clone / "build" / "results" / "study"
        said.append((json.loads((results / "manifest.json").read_text()),
                     (results / "table.csv").read_text(),
                     (results / "report.html").read_text()))
        shutil.rmtree(clone)
    assert said[0] == said[1]
    assert said[0][0]["status"] == "PASS"
