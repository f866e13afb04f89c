"""A study from beginning to end, in the simulator: what it leaves, what is made
anew, what becomes of a run that fails."""
from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from experiments.runner import job, judge, report, study
from xentrace.trace import ROOT

STUDY = Path(__file__).parent / "study"
TOOLS = "schedsim-engine", "xentrace", "plugins"
pytestmark = pytest.mark.xdist_group("study")


def linked_build(top: Path) -> Path:
    """A build folder with the tools of the tree's, and no runs."""
    build = top / "build"
    build.mkdir()
    for name in TOOLS:
        if (ROOT / "build" / name).exists():
            (build / name).symlink_to(ROOT / "build" / name)
    return build


class Place:
    """A copy of the study, a build folder and a results folder of its own."""

    source = STUDY

    def __init__(self, top: Path) -> None:
        self.folder, self.build = top / self.source.name, linked_build(top)
        self.out = top / "results"
        shutil.copytree(self.source, self.folder)

    @property
    def runs(self) -> Path:
        return self.build / "experiments" / self.source.name / "full"

    def change(self, old: str, new: str, name: str = "experiment.toml",
               ) -> None:
        file = self.folder / name
        text = file.read_text()
        assert old in text
        file.write_text(text.replace(old, new, 1))

    def command(self, *options: str) -> list[str | Path]:
        return [sys.executable, "-m", "experiments.runner", self.folder,
                "--build", self.build, "--out", self.out, *options]

    def run(self, *options: str) -> tuple[int, str]:
        done = subprocess.run(
            self.command(*options), cwd=ROOT, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            env={**os.environ, "PYTHONPATH": str(ROOT)})
        print(done.stdout)
        return done.returncode, done.stdout

    def said(self) -> dict:
        return json.loads((self.out / "manifest.json").read_text())

    def hashes(self) -> dict[str, str]:
        return {name: run["trace_sha256"]
                for name, run in self.said()["runs"].items()}


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Place:
    """A study that has run."""
    place = Place(tmp_path_factory.mktemp("done"))
    code, said = place.run()
    assert code == 0
    assert "5 runs, 0 of them there, 5 to make" in said
    lines = [line for line in said.splitlines() if line.startswith("[")]
    assert len(lines) == 5 and "left" not in lines[4]
    left = [re.search(r"; (\d+) s left$", line) for line in lines[:4]]
    assert all(left) and int(left[0][1]) > 0
    return place


@pytest.fixture
def place(done: Place, tmp_path: Path) -> Place:
    """The same, to be changed."""
    mine = Place(tmp_path)
    shutil.copytree(done.build / "experiments", mine.build / "experiments")
    shutil.copytree(done.out, mine.out)
    return mine


def test_results(done: Place):
    table = pd.read_csv(done.out / "table.csv", index_col="run")
    assert table.at["rr_hogs-many_seed-1", "wait.max_us"] > 29000
    assert table.at["warped_hogs-many_seed-1", "wait.max_us"] < 1
    assert (done.out / "verdict.txt").read_text().startswith("PASS: ")
    summary = pd.read_csv(done.out / "summary.csv")
    assert list(summary["seeds"]) == [1, 1, 1, 1]  # without the control
    assert "| rr | many |" in (done.out / "table.md").read_text()
    for kind in "pdf", "svg", "png":
        assert (done.out / f"waits.{kind}").stat().st_size > 2000
    page = (done.out / "report.html").read_text()
    assert "not checked" in page and page.count("<svg") == 1
    assert 'id="explore-meta"' in page
    said = done.said()
    assert said["status"] == "PASS"
    assert all(len(h) == 64 for h in done.hashes().values())
    assert {"study/experiment.toml", "schedsim-engine", "xentrace"} <= \
        set(said["inputs"])


def test_what_has_not_changed_is_not_made_again(place: Place):
    before = place.said()
    code, said = place.run()
    assert code == 0 and "5 of them there, 0 to make" in said
    assert place.said() == before and "changed against" not in said
    place.change("[sweep]", "# A remark.\n[sweep]")
    place.change("tolerance = 1.0", "tolerance = 2.0")
    assert "5 of them there, 0 to make" in place.run()[1]


def test_the_same_results_are_the_same_files(place: Place, done: Place):
    """The figures too, though gnuplot writes the time of day into them."""
    assert place.run("--again")[0] == 0
    names = {f.name for f in done.out.iterdir()}
    assert names == {f.name for f in place.out.iterdir()}
    for name in names:
        assert (place.out / name).read_bytes() == \
            (done.out / name).read_bytes(), name


def test_what_has_changed_is_made_again(place: Place):
    place.change("count = 3", "count = 2")
    code, said = place.run()
    assert "2 of them there, 3 to make" in said
    assert code == 1 and "FAIL  many-times: " in said
    assert "rr_hogs-many_seed-1: wait.max_us: 29999.013 -> 19999" in said
    assert "another trace (something else was asked for)" in said
    assert "verdict: PASS -> FAIL" in said
    assert (place.out / "verdict.txt").read_text().startswith("FAIL: ")


def test_another_analysis_measures_again(place: Place):
    """All are measured anew, and the traces, which are gone, made for it."""
    before = place.hashes()
    place.change("SLICE_US = 10000", "SLICE_US = 10001", "analyse.py")
    code, said = place.run()
    assert code == 0 and "0 of them there, 5 to make" in said
    assert place.hashes() == before
    assert "round_us: 10000 -> 10001" in said


def test_another_trace_of_the_same_is_told(place: Place):
    file = place.out / "manifest.json"
    said = place.said()
    said["runs"]["rr_hogs-one_seed-1"]["trace_sha256"] = "0" * 64
    file.write_text(json.dumps(said))
    code, text = place.run()
    assert code == 3
    assert "rr_hogs-one_seed-1: another trace (the same was asked for)" in text


def test_a_run_that_fails_loses_no_other(place: Place):
    """A bad parameter that only the engine can tell of, in one run."""
    place.change('label = "many", count = 3', 'label = "many", count = 3, '
                 'set = { schedulers = { rr = { options = "rr.slice=9s" } } }')
    shutil.rmtree(place.runs)
    code, said = place.run()
    assert code == 1
    assert "rr_hogs-many_seed-1 failed; the end of its log:" in said
    assert said.count("rr.slice") >= 2      # in the line, and in the tail
    assert "incomplete: " in said
    assert "incomplete  a-round: not all of its runs are there" in said
    assert "PASS  at-once: " in said        # what does not need it is judged
    table = pd.read_csv(place.out / "table.csv", index_col="run")
    assert len(table) == 4
    assert "rr.slice" in (place.out / "report.html").read_text()
    assert place.said()["runs"]["rr_hogs-many_seed-1"]["trouble"] == [
        "it failed"]


def test_the_time_limit(place: Place):
    place.change('limit = "60s"', 'limit = "50ms"')
    place.change('until = "3s"', 'until = "90000s"')
    place.change('[quick]\nwhere = { hogs = "many" }',
                 '[quick]\nwhere = { hogs = "many", scheduler = "rr" }')
    code, said = place.run("--quick")
    assert code == 1
    assert "the time limit of 0.05 s is over (host.limit)" in said


def test_an_error_in_the_analysis_is_told(place: Place):
    place.change("return float(SLICE_US", "return float(SLICES_US",
                 "analyse.py")
    code, said = place.run("--quick")
    assert code == 1
    assert "NameError: name 'SLICES_US' is not defined" in said


def test_a_control_that_does_not_fail_is_told(place: Place):
    """With the warp left on, the control is no control."""
    place.change('set = { schedulers = { warped = { name = "rr", weight = "" }'
                 ' } }', 'set = { domains = { hog = { weight = 255 } } }')
    code, said = place.run()
    assert code == 1 and "4 of them there, 1 to make" in said
    assert "FAIL  control no-warp does NOT FAIL, though it must" in said


def test_two_runners_do_not_meet(place: Place, monkeypatch):
    from experiments.runner import graph
    from experiments.runner.manifest import ManifestError
    monkeypatch.setattr(graph, "PATIENCE_S", 0.0)
    with graph.locked(place.runs):
        with pytest.raises(ManifestError, match="another runner is at work"):
            with graph.locked(place.runs):
                pass


@pytest.mark.parametrize("said,word,file", [
    ("Domain 3 (hog2) crashed on its vCPU 0: a bad frame",
     "Domain %u (%s) crashed on its vCPU %u: %s", "xen/core/shutdown.c"),
    ("Domain 1 (lat) crashed: it would not stop",
     "Domain %u (%s) crashed: %s", "xen/core/shutdown.c"),
    ("Domain 2 (linux) has shut down: crash",
     "Domain %u (%s) has shut down: %s", "xen/dom/finish.c"),
    ("scheduler wrong (pool 0) broke a rule on CPU1: pick: not there",
     "scheduler %s (pool %u) broke a rule on CPU%u", "xen/sched/report.c"),
    ("Panic on CPU 0:\n(XEN) BUG: no", "Panic on CPU %u:",
     "xen/base/panic.c"),
])
def test_a_crash_is_a_failure(said: str, word: str, file: str):
    """Whatever the trace says; and those are the hypervisor's words."""
    assert job.complaint(f"(XEN) Started.\n(XEN) {said}\n(XEN) Reboot.\n")
    assert not job.complaint("(XEN) Domain 1 (lat): hog\n(d1) it crashed\n"
                             "(XEN) Domain 1 (lat) has shut down: reboot\n")
    assert word in (ROOT / file).read_text()


def tried(*verdicts: tuple[str, str]) -> str:
    """The status of a control whose expectations have these statuses, notes."""
    e = study.Expect("e", "c", "<", 1, "s", False, what="x")
    control = study.Control("c", "c", {}, ["e"])
    return judge.Tried(control, [judge.Verdict(e, status, note=note)
                                 for status, note in verdicts]).status


def test_controls():
    fail, unseen = (judge.FAIL, ""), (judge.FAIL, judge.UNSEEN)
    assert tried(fail, unseen, (judge.SKIP, "")) == judge.PASS
    assert tried(unseen) == tried(unseen, (judge.SKIP, "")) == judge.GONE
    assert tried(fail, (judge.PASS, "")) == judge.FAIL
    assert tried(fail, (judge.GONE, "")) == judge.GONE
    assert tried((judge.SKIP, "")) == judge.SKIP


@pytest.mark.parametrize("relation,value,seen,passes", [
    ("<", 5, 5, False), ("<=", 5, 5, True), (">", 5, 5, False),
    (">=", 5, 4.9, False), ("about", 5, 5.4, True), ("about", 5, 5.6, False),
    ("between", [1, 2], 2.4, True), ("between", [1, 2], 2.6, False),
    ("between", [1, 2], float("nan"), False), ("<", 5, float("nan"), False),
])
def test_relations(relation: str, value: object, seen: float, passes: bool):
    e = study.Expect("e", "c", relation, value, "s", False, what="x",
                     tolerance=0.5 if relation in ("about", "between") else 0)
    assert judge.holds(e, judge.margin(e, seen, value)) == passes


@pytest.mark.parametrize("value,text", [
    (-0.001, "0.00"), (-0.01, "-0.01"), (1234.5, "1,234.5"), (-12, "-12"),
    (float("nan"), "–"), (2e5, "200,000")])
def test_numbers_as_people_read_them(value: float, text: str):
    assert report.cell(value) == text
