"""The same inputs give the same traces, bit for bit, under every scheduler."""
from __future__ import annotations

from pathlib import Path

import pytest

from experiments.runner import metrics
from experiments.runner.manifest import read
from experiments.runner.run import run_all, runs_of
from xentrace import xenalyze
from xentrace.trace import ROOT, load

MANIFEST = read(Path(__file__).parent / "short")


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> list:
    """Every scheduler twice; two machines at a time."""
    folder = tmp_path_factory.mktemp("runs")
    runs = runs_of(MANIFEST, folder / "a", []) + \
        runs_of(MANIFEST, folder / "b", [])
    assert run_all(runs, MANIFEST, ROOT / "build")
    for run in runs:
        assert not run.problem, f"{run.name}: {run.problem}"
    return runs


@pytest.mark.xdist_group("qemu")
def test_traces_repeat(runs: list):
    half = len(runs) // 2
    for one, other in zip(runs[:half], runs[half:]):
        a, b = (load(run.trace).digest(until_ns=MANIFEST.measure.end)
                for run in (one, other))
        assert a == b, one.name


@pytest.mark.xdist_group("qemu")
def test_traces_are_possible(runs: list):
    for run in runs[:len(runs) // 2]:
        result = metrics.measure(run, MANIFEST)
        assert result.faults == [], f"{run.name}: {result.faults[0]}"
        assert not result.trace.gaps()
        assert result.row["wakes"] > 5, run.name


@pytest.mark.xdist_group("qemu")
def test_xenalyze_agrees(runs: list):
    for run in runs[:len(runs) // 2]:
        assert xenalyze.disagreements(load(run.trace)) == [], run.name


@pytest.mark.xdist_group("qemu")
def test_bvt_keeps_to_weights(runs: list):
    bvt = next(r for r in runs if r.scheduler.name == "bvt")
    assert metrics.measure(bvt, MANIFEST).row["share_error_percent"] < 2
