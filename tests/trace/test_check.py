"""The checker: nothing in clean traces, and every fault that is planted.

Planted are faults in records that the rules of docs/trace.md tie to others: a
change of runstate, a step's records. Each kind at many seeded places of
traces by the simulator, which writes as the hypervisor does.
"""
from __future__ import annotations

import re
import subprocess
from pathlib import Path

import numpy as np
import pytest

from xentrace import check, load
from xentrace.trace import ROOT, TOOL, Trace

from trace_files import lies, write

SCHEDULERS = ("rr", "bvt", "fbvt", "sedf", "credit", "credit2", "rtds")
SCENARIO = ROOT / "sched/sim/examples/mixed.toml"
PLACES = 40

RUNSTATE, PICK, WAKE, BLOCK = 0x21001, 0x28101, 0x28004, 0x28006
INFPREV, INFNEXT, SWITCH, CONTINUE = 0x2800E, 0x2800F, 0x2800A, 0x21002
TIED = (PICK, WAKE, BLOCK, INFPREV, INFNEXT, SWITCH)
RUNNING = 0


def simulate(folder: Path, sched: str, seed: int, until: str) -> Path:
    """A trace of the mixed load."""
    file = folder / f"{sched}-{seed}"
    subprocess.run([ROOT / "build/schedsim", SCENARIO, "--sched", sched,
                    "--seed", str(seed), "--until", until, "--trace", file],
                   check=True, capture_output=True)
    return file


@pytest.fixture(scope="module")
def clean(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """105 traces: 7 schedulers, 15 seeds."""
    folder = tmp_path_factory.mktemp("clean")
    return [simulate(folder, sched, seed, "600ms")
            for sched in SCHEDULERS for seed in range(15)]


def test_nothing_in_clean_traces(clean: list[Path]) -> None:
    done = subprocess.run([TOOL, "check", *clean], text=True,
                          capture_output=True)
    said = done.stdout.splitlines()
    assert done.returncode == 0, done.stdout[-2000:]
    assert len(said) == len(clean) and not done.stderr
    assert all("whole and possible" in line for line in said)


def is_change(r: np.ndarray) -> np.ndarray:
    return (r["event"] & 0x0FFFF00F) == RUNSTATE


def tied(r: np.ndarray) -> np.ndarray:
    return is_change(r) | np.isin(r["event"], TIED)


def settled(r: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """Places that are not among the first, where nothing is known yet, nor
    the last, to which nothing is tied."""
    at = np.flatnonzero(mask)
    return at[(at > len(r) // 5) & (at < len(r) - 60)]


def lost(r: np.ndarray, i: int) -> np.ndarray:
    return np.delete(r, i)


def doubled(r: np.ndarray, i: int) -> np.ndarray:
    return np.insert(r, i, r[i])


def swapped(r: np.ndarray, i: int) -> np.ndarray:
    r = r.copy()
    r[[i, i + 1]] = r[[i + 1, i]]
    return r


def late(r: np.ndarray, i: int) -> np.ndarray:
    """1 ns is 64 cycles in these traces."""
    r = r.copy()
    r["tsc"][i] += 64
    return r


def early(r: np.ndarray, i: int) -> np.ndarray:
    r = r.copy()
    r["tsc"][i] -= 64
    return r


def other_vcpu(r: np.ndarray, i: int) -> np.ndarray:
    """Somebody else's number in a change."""
    r = r.copy()
    r["word"][i, 0] += 1 << 16
    return r


def no_wake(r: np.ndarray, i: int) -> np.ndarray:
    """A wake-up whose change never came."""
    return np.delete(r, i + 1)


def ends_before(r: np.ndarray) -> np.ndarray:
    """Changes that can be told late or early without leaving their order:
    both ends of a run, and the wake-ups of those who then waited."""
    return is_change(r)


KINDS = {
    "lost": (lost, tied),
    "doubled": (doubled, lambda r: r["event"] != 0),
    "swapped": (swapped, tied),
    "1 ns late": (late, ends_before),
    "1 ns early": (early, ends_before),
    "another vCPU's": (other_vcpu, is_change),
    "lost wake-up": (no_wake, lambda r: r["event"] == WAKE),
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("sched", ["bvt", "credit2"])
def test_planted_faults_are_found(kind: str, sched: str, clean: list[Path],
                                  tmp_path: Path) -> None:
    file = next(f for f in clean if f.name == f"{sched}-3")
    change, places = KINDS[kind]
    cpus = lies(load(file).records)
    rng = np.random.default_rng(6)
    said = ""
    for n in range(PLACES):
        cpu = int(rng.choice(list(cpus)))
        i = int(rng.choice(settled(cpus[cpu], places(cpus[cpu]))))
        bad = write(tmp_path / "bad", {**cpus, cpu: change(cpus[cpu], i)},
                    Path(f"{file}.info"))
        found = subprocess.run([TOOL, "check", bad], text=True,
                               capture_output=True)
        assert found.returncode == 2 and "faults" in found.stdout, \
            (n, cpu, i, cpus[cpu][i - 3:i + 4])
        said += found.stdout
    if kind.startswith("1 ns"):  # two rules see it, each by itself
        assert "a CPU's time is all accounted for" in said
        assert "spans are those between the changes" in said


def test_a_vcpu_in_two_places_is_found(clean: list[Path],
                                       tmp_path: Path) -> None:
    """It begins to run on a CPU while it runs on another."""
    file = next(f for f in clean if f.name == "bvt-3")
    cpus = lies(load(file).records)
    rng = np.random.default_rng(7)
    begins = is_change(cpus[0]) & ((cpus[0]["event"] >> 4 & 3) == RUNNING)
    for i in rng.choice(settled(cpus[0], begins), PLACES):
        there = cpus[1].copy()
        mine = is_change(there) & ((there["event"] >> 4 & 3) == RUNNING)
        later = np.flatnonzero(mine & (there["tsc"] > cpus[0]["tsc"][i]))
        there["word"][later[0], 0] = cpus[0]["word"][i, 0]
        bad = write(tmp_path / "bad", {**cpus, 1: there}, Path(f"{file}.info"))
        rules = {f.rule for f in check.check(Trace(bad, cpus[0], None, []))}
        assert rules & {"runstates form a chain", "a vCPU is in one place",
                        "who is picked runs"}, i


def woken_and_taken(kind: np.dtype, cycles: int) -> dict[int, np.ndarray]:
    """d0v0 wakes on CPU 0; CPU 1, which was idle until 1 ms before, has it run
    so many cycles later."""
    def change(cpu: int, tsc: int, who: int, old: int, new: int) -> np.ndarray:
        r = np.zeros(1, kind)
        r["event"] = RUNSTATE | old << 8 | new << 4
        r["tsc"], r["cpu"], r["nr"], r["word"][0, 0] = tsc, cpu, 1, who
        return r

    idle, now = 0x7FFF0001, 10**10
    wakes = [change(0, now - 10**7, 0, 0, 2), change(0, now, 0, 2, 1)]
    takes = [change(1, now - 10**8, idle, 1, 0),
             change(1, now - 2445433, idle, 0, 1),
             change(1, now + cycles, 0, 1, 0)]
    return {0: np.concatenate(wakes), 1: np.concatenate(takes)}


@pytest.mark.parametrize("cycles, good", [(0, True), (2, True), (4, True),
                                          (5, False), (-1, False)])
def test_a_reading_older_than_the_wake_up(cycles: int, good: bool,
                                          clean: list[Path],
                                          tmp_path: Path) -> None:
    """Of 2.4 cycles in a ns the hypervisor tells the last one: that run began
    when the vCPU woke, and the ms before is nobody's by right."""
    info = tmp_path / "info"
    text = Path(f"{clean[0]}.info").read_text()
    info.write_text(re.sub(r"tsc_khz \d+", "tsc_khz 2445433", text))
    kind = load(clean[0]).records.dtype
    file = write(tmp_path / "made", woken_and_taken(kind, cycles), info)
    found = subprocess.run([TOOL, "check", file], text=True,
                           capture_output=True)
    assert (found.returncode == 0) == good, found.stdout + found.stderr


def test_torn_records_are_found(clean: list[Path], tmp_path: Path) -> None:
    """Part of a record is as it was before: zeroes, or another record's."""
    file = next(f for f in clean if f.name == "bvt-3")
    data = np.fromfile(file, np.uint32)
    rng = np.random.default_rng(8)
    heads = np.flatnonzero((data & 0xF00FF000) == 0xC0028000)
    for at in rng.choice(heads[50:-50], PLACES):
        bad = data.copy()
        bad[at:at + 3] = 0
        path = tmp_path / "bad"
        bad.tofile(path)
        found = subprocess.run([TOOL, "check", path], text=True,
                               capture_output=True)
        assert found.returncode == 2
        assert "garbage at byte" in found.stderr, at
