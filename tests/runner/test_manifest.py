"""A study's manifest: what is refused, how it is told, what it becomes."""
from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from experiments.runner import merge, points, study
from experiments.runner.manifest import ManifestError, read

STUDY = Path(__file__).parent / "study"


def changed(tmp_path: Path, old: str, new: str) -> Path:
    """A copy of the study with a piece of its manifest changed."""
    folder = tmp_path / "study"
    shutil.copytree(STUDY, folder)
    file = folder / "experiment.toml"
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new, 1))
    return folder


WRONG = [   # what is changed, to what; the key that is named; the remedy
    ('kind = "sim"', 'kind = "xen"', "host.kind", '"sim" (the simulator)'),
    ('limit = "60s"', 'limit = 60', "host.limit", '"600s"'),
    ('limit = "60s"', 'limits = "60s"', "host.limits",
     "did you mean 'limit'?"),
    ("[quick]", "[quickly]", "quickly", "did you mean 'quick'?"),
    ('title = "Waiting for slices"\n', "", "the file's top",
     "title is missing: write one line"),
    ("seeds = [1]", "seeds = []", "seeds", "[1, 2, 3]"),
    ("seeds = [1]", "seeds = [-1]", "seeds", "0 or more"),
    ("[sweep]\nhogs", "[sweep]\nseed = [1]\nhogs", "sweep",
     "'seed' cannot be an axis"),
    ('{ label = "one", count = 1 }', "{ count = 1 }", "sweep.hogs",
     'label'),
    ('label = "many"', 'label = "one"', "sweep.hogs", "same name"),
    ('id = "warped"', 'id = "rr"', "schedulers", "give them an id"),
    ('"${hogs.count}"', '"${hog.count}"', "${hog.count}",
     "there are: scheduler, hogs, seed"),
    ('"${hogs.count}"', '"${hogs.number}"', "${hogs.number}",
     "no 'number' here"),
    ('kind = "hog"', 'kind = "pig"', "domains.hog.workload.kind",
     "known: hog"),
    ('weight = ""\n', 'weight = ""\ncolour = 1\n', "schedulers.rr.colour",
     "known: id, label"),
    ('until = "3s"', 'untill = "3s"', "measure", "until is missing"),
    ('function = "wake_latency"', 'function = "wake_latencies"',
     "metric.wait.function", "there are: console, cpu_percent"),
    ('"analyse.round_us"', '"analyse.round"', "metric.2.function",
     "analyse.py has no function 'round'"),
    ('relation = "<="', 'relation = "=<"', "expect.a-round.relation",
     'one of "<", "<="'),
    ("checked_against_paper = false\n", "", "expect.at-once",
     "checked_against_paper is missing: write true only if"),
    ('source = "BVT, section 3.2"\n', "", "expect.at-once",
     "source is missing: write where the number is from"),
    ('what = "wait.max_us"\nrelation = "<"\n', 'relation = "<"\n',
     "expect.at-once", "either what (a column) or function"),
    ("value = [2.9, 3.1]", "value = 3.0", "expect.many-times.value",
     "[from, to]"),
    ('relation = "<"', 'relation = "about"', "expect.at-once",
     "tolerance or tolerance_percent is needed"),
    ("tolerance = 1.0", "tolerance = 1.0\ntolerance_percent = 1",
     "expect.a-round.tolerance_percent", "one of them"),
    ('name = "a-round"', 'name = "at-once"', "expect.at-once.name",
     "two are called 'at-once'"),
    ('where = { scheduler = "warped" }', 'where = { schedulers = "warped" }',
     "expect.at-once.where.schedulers", "there are: scheduler, hogs, seed"),
    ('where = { scheduler = "rr" }', 'where = { scheduler = "bvt" }',
     "expect.a-round.where.scheduler", "it has: rr, warped"),
    ('fails = ["at-once"]', 'fails = ["at-last"]', "control.no-warp.fails",
     "there are: at-once, a-round, many-times"),
    ('schedulers = { warped = {', 'schedulers = { warp = {',
     "control.no-warp.set.schedulers.warp", "there are: rr, warped"),
    ('script = "waits.gp"', 'script = "wait.gp"', "figure.waits.script",
     "there is no such file"),
    ('skip = ["many-times"]', 'skip = ["many"]', "quick.skip",
     "no [[expect]] is called 'many'"),
    ("[machine]", '[dom0]\nramdisk = "linux/a.img"\njobs = ["daemons"]\n'
     "[machine]", "dom0", "in the hypervisor only"),
    ("[machine]", '[dom0]\njobs = ["daemons"]\n[machine]', "dom0",
     "ramdisk is missing"),
    ('hogs = [{', 'hogs = [{]', "experiment.toml:12:", "line 12"),
]


@pytest.mark.parametrize("old,new,key,remedy", WRONG)
def test_what_is_wrong_is_named(tmp_path: Path, old: str, new: str, key: str,
                                remedy: str):
    folder = changed(tmp_path, old, new)
    with pytest.raises(ManifestError) as error:
        points.runs(study.read(folder))
    text = str(error.value)
    assert "\n" not in text
    assert text.startswith(f"{folder}/experiment.toml:"), text
    assert key in text and remedy in text, text


def test_the_line_is_told(tmp_path: Path):
    folder = changed(tmp_path, 'relation = "<="', 'relation = "=<"')
    lines = (folder / "experiment.toml").read_text().splitlines()
    number = lines.index('relation = "=<"') + 1
    with pytest.raises(ManifestError, match=f"toml:{number}: "):
        study.read(folder)


def names(folder: Path, quick: bool = False) -> list[str]:
    return [r.name for r in points.runs(study.read(folder), quick)]


def test_the_runs(tmp_path: Path):
    assert names(STUDY) == [
        "rr_hogs-one_seed-1", "rr_hogs-many_seed-1", "warped_hogs-one_seed-1",
        "warped_hogs-many_seed-1", "no-warp_warped_hogs-many_seed-1"]
    assert names(STUDY, quick=True) == [
        "rr_hogs-many_seed-1", "warped_hogs-many_seed-1",
        "no-warp_warped_hogs-many_seed-1"]
    folder = changed(tmp_path, "[machine]", """[[exclude]]
scheduler = "rr"
hogs = ["one", "many"]
seed = 1

[[extra]]
scheduler = "rr"
hogs = "many"
seed = [3, 4]

[machine]""")
    assert names(folder)[:-1] == [
        "warped_hogs-one_seed-1", "warped_hogs-many_seed-1",
        "rr_hogs-many_seed-3", "rr_hogs-many_seed-4"]


def test_a_run_has_its_own_scenario():
    runs = {r.name: r for r in points.runs(study.read(STUDY))}
    many = runs["warped_hogs-many_seed-1"]
    assert [d.name for d in many.manifest.domains] == ["lat", "hog1", "hog2",
                                                       "hog3"]
    control = runs["no-warp_warped_hogs-many_seed-1"]
    assert [s["name"] for s in many.scenario["schedulers"]] == ["bvt"]
    assert [s["name"] for s in control.scenario["schedulers"]] == ["rr"]
    assert control.control == "no-warp" and not many.control


def test_a_function_builds_the_scenario(tmp_path: Path):
    folder = changed(tmp_path, "seeds = [1]",
                     'seeds = [1]\nbuild = "analyse.heavier"')
    with open(folder / "analyse.py", "a") as file:
        file.write("""

def heavier(scenario, point):
    scenario["domains"][1]["weight"] = 7 * point["hogs"]["count"]
    scenario["domains"][1]["weight"] += point["seed"]
    del scenario["domains"][1]["count"]
    return scenario
""")
    run = points.runs(study.read(folder))[1]
    assert [d.weight for d in run.manifest.domains] == [256, 22]


def test_a_study_is_no_scenario():
    """schedsim says what to do with it."""
    with pytest.raises(ManifestError, match="host: this is a study"):
        read(STUDY)


def test_overlay_and_holes():
    base = {"domains": [{"name": "a", "weight": 1, "parameters": {"x.y": 1}},
                        {"name": "b"}], "machine": {"cpus": 1}}
    merge.overlay(base, {"machine": {"cpus": 2},
                         "domains": {"a": {"parameters": {"x.z": 2}}}})
    assert base["machine"] == {"cpus": 2}
    assert base["domains"][0]["parameters"] == {"x.y": 1, "x.z": 2}
    with pytest.raises(ValueError, match=re.escape("set.domains.c: ")):
        merge.overlay(base, {"domains": {"c": {"weight": 1}}})
    point = {"load": {"label": "low", "ms": 3}, "n": 5, "on": True}
    assert merge.fill({"a": "${n}", "b": ["${load.ms}ms", "${load}"],
                       "c": "${on}"}, point) == \
        {"a": 5, "b": ["3ms", "low"], "c": True}
