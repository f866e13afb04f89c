"""Runs are compared decision by decision; hypervisor and simulator agree."""
from __future__ import annotations

import dataclasses
import json
import subprocess
from pathlib import Path

import numpy as np
import pytest

from experiments.agree import report
from xentrace import decisions
from xentrace.trace import ROOT, load

JOBS = ROOT / "experiments/agree/jobs.toml"
OVERLOAD = ROOT / "experiments/agree/overload.toml"


def simulated(folder: Path, *options: str) -> Path:
    """The trace of jobs.toml in the simulator."""
    file = folder / "-".join(options or ("plain",)).replace("=", "-")
    subprocess.run([ROOT / "build/schedsim", JOBS, "--trace", file, *options],
                   check=True, capture_output=True)
    return file


def diff(*words: str | Path) -> subprocess.CompletedProcess:
    """python3 -m xentrace.diff."""
    return subprocess.run(["/usr/bin/python3", "-m", "xentrace.diff", *words],
                          cwd=ROOT, text=True, capture_output=True)


def agree(*words: str | Path) -> subprocess.CompletedProcess:
    """python3 -m experiments.agree."""
    return subprocess.run(["/usr/bin/python3", "-m", "experiments.agree",
                           *words], cwd=ROOT, text=True, capture_output=True)


def test_the_same_run_agrees(tmp_path: Path) -> None:
    """With itself, to the nanosecond."""
    a = simulated(tmp_path)
    done = diff(a, a, "--start", "200ms", "--tolerance", "0ns")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "decisions alike, at most 0.000 us apart" in done.stdout


def test_another_parameter_parts(tmp_path: Path) -> None:
    """The first other decision is shown, with what is around it in both."""
    a = simulated(tmp_path)
    b = simulated(tmp_path, "--param", "bvt.ctx_allow=1ms")
    done = diff(a, b, "--start", "200ms")
    assert done.returncode == 1
    assert "another vCPU is chosen" in done.stdout or "apart" in done.stdout
    marked = [x for x in done.stdout.splitlines() if x.startswith(">")]
    assert len(marked) == 1 and "|" in marked[0]


def test_where_they_part(tmp_path: Path) -> None:
    """The index is that of the first decision that differs: the two lists are
    the same up to it, and not there."""
    a = load(simulated(tmp_path))
    b = load(simulated(tmp_path, "--cost", "timer=50us"))
    found = decisions.compare(a, b, 200e6, 700e6, 1e3)
    n = found.parting.number
    left = found.left.reset_index(drop=True)
    right = found.right.reset_index(drop=True)
    assert n > 0 and found.alike == n
    assert (left["ns"][:n] - right["ns"][:n]).abs().max() <= 1e3
    assert abs(left["ns"][n] - right["ns"][n]) > 1e3


@pytest.mark.parametrize("words, message", [
    (("nowhere", "nowhere", "--start", "1ms"), "nowhere"),
    (("a", "a", "--start", "soon"), "'soon' is no time"),
])
def test_bad_input(words: tuple[str, ...], message: str) -> None:
    """One line that names it."""
    done = diff(*words)
    assert done.returncode == 2
    assert message in done.stderr.splitlines()[-1]


def test_no_such_scheduler() -> None:
    """Those that there are, are told."""
    done = agree("--sched", "nonsense")
    assert done.returncode == 1
    assert "nonsense" in done.stderr and "bvt" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_another_grant_parts(tmp_path: Path) -> None:
    """The same vCPU at the same time, but for how long is not the same: that is
    another decision, long before it shows in who runs."""
    a = load(simulated(tmp_path))
    picks = np.flatnonzero(a.select("pick") & (a.ns > 300e6))
    changed = a.records.copy()
    changed["word"][picks, 1] += 500
    b = dataclasses.replace(a, records=changed)
    found = decisions.compare(a, b, 200e6, 700e6, 100)
    assert "the same vCPU, granted " in found.parting.why
    assert decisions.compare(a, b, 200e6, 700e6, 501).parting is None
    assert decisions.compare(a, b, 200e6, 300e6, 1).parting is None


@pytest.mark.parametrize("sched", ["bvt", "credit2", "rr"])
def test_a_simulation_is_followed_by_itself(tmp_path: Path, sched: str) -> None:
    """Two CPUs, pokes and timers that take their time: the times of a run lead
    to the same decisions; with another parameter they do not. (No cost of
    `decide`: it counts when the CPUs come up, before there is what to follow.)
    """
    scenario = tmp_path / "two.toml"
    scenario.write_text(OVERLOAD.read_text().replace("cpus = 1", "cpus = 2"))
    work = tmp_path / "work/overload-2" / f"{sched}-1"
    work.mkdir(parents=True)
    subprocess.run([ROOT / "build/schedsim", scenario, "--sched", sched,
                    "--trace", work / "trace", "--cost", "poke=37us",
                    "--cost", "timer=5us"],
                   check=True, capture_output=True)
    words = [scenario, "--cpus", "2", "--out", tmp_path, "--again", "--sched",
             sched]
    done = agree(*words)
    assert done.returncode == 0, done.stdout + done.stderr
    digest = load(work / "trace").digest(700e6)
    said = json.loads((tmp_path / "manifest.json").read_text())
    assert said["runs"][f"overload-2/{sched}"] == {
        "verdict": "agree", "trace_sha256": digest, "commit": "?"}
    for kind in ("pdf", "svg", "png") if sched != "rr" else ():
        assert (tmp_path / f"strips-{sched}-overload.{kind}").stat().st_size
    parameter = {"bvt": "bvt.ctx_allow=1ms", "rr": "rr.slice=9ms",
                 "credit2": "credit2.ratelimit=2ms"}[sched]
    assert agree(*words, "--param", parameter).returncode == 1
    assert json.loads((tmp_path / "manifest.json").read_text()) == said


def row(sched: str, scenario: str = "jobs", **more: object) -> report.Row:
    """One of two CPUs."""
    return report.Row(sched, scenario, 2, 7, 0.5, "agree", digest=sched,
                      commit="now", **more)


def test_rows_that_are_not_run_stay(tmp_path: Path) -> None:
    """... with their hash and commit; but for those of a scheduler, or of a
    scenario, that is no more. One scheduler's name is also a word for
    nothing."""
    def write(known: str, *rows: report.Row) -> list[str]:
        report.write(list(rows), [], known.split(), tmp_path, tmp_path)
        return (tmp_path / "table.csv").read_text().splitlines()[1:]

    write("null bvt mine", row("null"), row("bvt"), row("mine"),
          row("bvt", "no-more"))
    first = json.loads((tmp_path / "manifest.json").read_text())["runs"]
    again = dataclasses.replace(row("bvt"), verdict="part", commit="later")
    assert write("null bvt", again) == ["bvt,jobs,2,7,0.5,part",
                                        "null,jobs,2,7,0.5,agree"]
    runs = json.loads((tmp_path / "manifest.json").read_text())["runs"]
    assert runs["jobs-2/null"] == first["jobs-2/null"]
    assert runs["jobs-2/null"]["trace_sha256"] == "null"
    assert runs["jobs-2/bvt"]["commit"] == "later"


def test_hypervisor_and_simulator_with_two_cpus(tmp_path: Path) -> None:
    """One lock for all CPUs, in front of which the emulator lets a CPU wait for
    milliseconds; a lock for each. The same decisions at the same nanosecond."""
    done = agree(OVERLOAD, "--cpus", "2", "--out", tmp_path, "--sched",
                 "credit2", "--sched", "sedf")
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr
    rows = (tmp_path / "table.csv").read_text().splitlines()[1:]
    assert len(rows) == 2
    for row in rows:
        _, _, cpus, number, _, verdict = row.split(",")
        assert (cpus, verdict) == ("2", "agree") and int(number) > 150
    waited = [int(w) for w in load(
        tmp_path / "work/overload-2/credit2-1/trace").records["word"][:, 5]]
    assert max(waited) > 100_000  # else this shows nothing
    for sched, what in ("credit2", "order"), ("sedf", "parameters"):
        done = agree(OVERLOAD, "--cpus", "2", "--out", tmp_path, "--again",
                     "--sched", sched, "--without", what)
        assert done.returncode == 1 and f"{sched}, overload" in done.stdout


def test_hypervisor_and_simulator(tmp_path: Path) -> None:
    """Three plug-ins: the same decisions at the same nanosecond; and not with
    another parameter in the simulator."""
    words = [JOBS, "--cpus", "1", "--out", tmp_path]
    scheds = ["--sched", "bvt", "--sched", "credit", "--sched", "sedf"]
    done = agree(*words, *scheds)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr
    rows = (tmp_path / "table.csv").read_text().splitlines()[1:]
    for row in rows:
        _, _, _, number, apart, verdict = row.split(",")
        # Below a ns: the simulator's clock counts 64ths of one.
        assert verdict == "agree" and float(apart) < 0.001
        assert int(number) > 300
    done = agree(*words, "--again", "--sched", "bvt", "--param",
                 "bvt.ctx_allow=1ms")
    assert done.returncode == 1
    assert "bvt, jobs, 1 CPUs: part" in done.stdout
