"""experiments/conformance/run.py: what it takes of the kit, its verdict."""
import importlib.util
import json
import pathlib
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
KIT, WRONG = ROOT / "build/kit/conformance", ROOT / "build/kit/wrong"

spec = importlib.util.spec_from_file_location(
    "conformance_run", ROOT / "experiments/conformance/run.py")
run = importlib.util.module_from_spec(spec)
spec.loader.exec_module(run)


def test_a_plugin_and_controls() -> None:
    """A good one passes, a bad one does not; a control that the kit does not
    catch is told."""
    rr = run.plugin(str(KIT), "rr", 400)
    assert rr["scenarios"] == 400 and rr["exhaustive"] > 27744
    number, broken = run.verdict(run.play(
        str(WRONG), "--sched=wrong_grant", "--scenarios=4")[0])
    assert number == 4 and "grant" in broken.split()
    bad = rr | {"scheduler": "wrong_grant", "broken": broken}
    caught = run.control(str(WRONG), "wrong_grant", "grant")
    assert caught["first"] == 0 and caught["in"] > 900
    assert (caught["cpus"], caught["vcpus"], caught["actions"]) == (1, 1, 0)
    missed = run.control(str(WRONG), "wrong_grant", "affinity")
    assert run.judge([rr], [caught]) == []
    assert run.judge([rr, bad], [caught, missed]) == [
        f"wrong_grant: broken: {broken} ",
        "wrong_grant: affinity was not found"]


@pytest.mark.parametrize("change, says", [
    ({"seconds": 601.0}, "all scenarios took 601 s, more than 600 s"),
    ({"vcpus": 4}, "c: shrunk to 4 vCPUs only"),
    ({"exhaustive_broken": "move"}, "null: broken:  move"),
    ({"first": None}, "c: grant was not found"),
])
def test_verdict_survives_the_files(tmp_path: pathlib.Path, change: dict,
                                    says: str) -> None:
    """What is not as claimed is so from the stored rows, too. (One plug-in's
    name is also a word for nothing.)"""
    plugin = {"scheduler": "null", "scenarios": 7, "broken": "",
              "seconds": 5.5, "cpu_seconds": 1.0, "exhaustive": 8,
              "exhaustive_broken": "", "exhaustive_cpu_seconds": 1.0,
              "commit": "x"}
    control = {"control": "c", "rule": "grant", "first": 0, "in": 9, "cpus": 1,
               "vcpus": 3, "actions": 0}
    assert run.write(tmp_path, [plugin], [control], []) == []
    for row in plugin, control:
        row |= {k: v for k, v in change.items() if k in row}
    assert run.write(tmp_path, [plugin], [control], []) == [says]
    assert f"Not as claimed: {says}" in (tmp_path / "README.md").read_text()
    stored = [run.stored(tmp_path / f) for f in ("table.csv", "controls.csv")]
    assert run.judge(*stored) == [says]
    assert stored[0][0]["scheduler"] == "null"
    assert json.loads((tmp_path / "manifest.json").read_text())["commit"]


def test_no_such_scheduler() -> None:
    """Those that there are, are told."""
    done = subprocess.run([ROOT / "experiments/conformance/run.py", KIT, WRONG,
                           "--sched", "nonsense"], text=True,
                          stderr=subprocess.PIPE)
    assert done.returncode == 1
    assert done.stderr.startswith("--sched nonsense: there is: bvt credit ")
