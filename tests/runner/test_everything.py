"""All experiments: what is among them, and that one bad one stops no other."""
from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from experiments.runner import everything, points, study
from experiments.runner.study import is_study
from xentrace.trace import ROOT

from .test_study import linked_build

STUDY = Path(__file__).parent / "study"
STUDIES = sorted(f.parent for f in
                 (ROOT / "experiments").glob("*/experiment.toml")
                 if is_study(f.parent))
pytestmark = pytest.mark.xdist_group("study")


def call(monkeypatch, *args: str) -> int:
    monkeypatch.setattr(sys, "argv", ["everything", *args])
    return everything.main()


@pytest.mark.parametrize("folder", STUDIES, ids=lambda f: f.name)
def test_a_study_is_whole(folder: Path):
    """Its manifest is right, in full and thinned; a README says what would
    refute it; the thinned sweep still has a control."""
    what = study.read(folder)
    full, quick = points.runs(what), points.runs(what, quick=True)
    assert 0 < len(quick) <= len(full)
    assert any(r.control for r in quick), "no control is left in [quick]"
    text = (folder / "README.md").read_text()
    assert "refute" in text, "README.md: what would refute the claim?"


QUICKEST = ROOT / "experiments" / "e1-bvt-figures"


def test_a_thinned_study_passes(tmp_path: Path):
    """The one with the fewest runs, of the simulator: a part of
    results-quick."""
    every = points.runs(study.read(QUICKEST), quick=True)
    assert len(every) <= 20 and {r.host for r in every} == {"sim"}
    done = subprocess.run(
        [sys.executable, "-m", "experiments.runner", QUICKEST, "--quick",
         "--build", linked_build(tmp_path), "--out", tmp_path / "out"],
        cwd=ROOT, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    print(done.stdout)
    assert done.returncode == 0
    assert (tmp_path / "out" / "verdict.txt").read_text().startswith("PASS")


def test_who_is_among_them(monkeypatch, capsys):
    assert call(monkeypatch, "--list") == 0
    names = capsys.readouterr().out.split()
    assert {"latency", "agreement", "sched-cost"} <= set(names)
    assert {f.name for f in STUDIES} <= set(names)
    assert call(monkeypatch, "nothing") == 1
    assert "nothing: no such experiment; there are: " in \
        capsys.readouterr().err


def test_one_that_is_wrong_stops_no_other(monkeypatch, capfd, tmp_path: Path):
    for name in "tests-bad", "tests-good":
        shutil.copytree(STUDY, tmp_path / name)
    bad = tmp_path / "tests-bad" / "experiment.toml"
    bad.write_text(bad.read_text().replace("seeds = [1]", "seeds = 1"))
    monkeypatch.setattr(everything, "FOLDERS", tmp_path)
    try:
        assert call(monkeypatch, "--quick") == 1
        said = capfd.readouterr()
        assert "seeds: 1: expected a list: a list of numbers" in \
            said.err
        table = said.out.splitlines()[-2:]
        assert table[0].startswith("tests-bad") and table[0].endswith("FAIL")
        assert table[1].startswith("tests-good") and table[1].endswith("PASS")
    finally:
        for part in "experiments", "results":
            shutil.rmtree(ROOT / "build" / part / "tests-good",
                          ignore_errors=True)


def test_what_is_new_in_a_table_without_runs(monkeypatch, tmp_path: Path):
    folder = tmp_path / "results" / "x"
    folder.mkdir(parents=True)
    (folder / "table.csv").write_text("who,what\na,1\nb,3\n")
    (folder / "manifest.json").write_text(json.dumps(
        {"runs": {"r": {"trace_sha256": "2"}}, "inputs": {"i": "1"}}))
    before = {"table.csv": "who,what\na,1\nb,2\n", "manifest.json":
              json.dumps({"runs": {"r": {"trace_sha256": "1"}},
                          "inputs": {"i": "0"}, "status": None})}
    monkeypatch.setattr(everything, "ROOT", tmp_path)
    monkeypatch.setattr(everything, "committed", lambda f: before[f.name])
    assert everything.news("x") == [
        "line 3: what: 2 -> 3",
        "r: another trace (the same was asked for)", "input i is another"]
