"""schedsim plays what the kit has saved, actions and all."""
import os
import pathlib
import subprocess

import pytest

from xentrace.trace import load

ROOT = pathlib.Path(__file__).resolve().parents[2]
WRONG = ROOT / "build/kit/wrong"
SCHEDSIM = ROOT / "build/schedsim"


def schedsim(*args: object) -> subprocess.CompletedProcess[str]:
    """schedsim, whose kit has the wrong plug-ins."""
    return subprocess.run([SCHEDSIM, *args], text=True, capture_output=True,
                          env=os.environ | {"SCHEDSIM_KIT": str(WRONG)})


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    """What the kit saves of a plug-in that goes wrong in a move."""
    out = tmp_path_factory.mktemp("kit")
    subprocess.run([WRONG, "--quiet", "--sched=wrong_home", "--scenarios=1000",
                    "--rule=move", f"--output={out}"], cwd=ROOT,
                   capture_output=True)
    return out / "wrong_home-move"


def test_a_counterexample_with_actions(found: pathlib.Path,
                                       tmp_path: pathlib.Path) -> None:
    """The same rule breaks, and the trace is the one that the kit saved."""
    scenario = found / "scenario.txt"
    assert "\nat " in scenario.read_text()  # schedsim's TOML cannot say that
    assert not (found / "scenario.toml").exists()
    run = schedsim(scenario, "--trace", tmp_path / "trace")
    assert run.returncode == 3, run.stderr
    assert 'breaks the rule "move"' in run.stdout
    trace = (tmp_path / "trace").read_bytes()
    assert trace and trace == (found / "trace.bin").read_bytes()
    assert len(load(tmp_path / "trace").records) > 5  # readers take it


def test_a_folder_with_a_picture(found: pathlib.Path,
                                 tmp_path: pathlib.Path) -> None:
    """--out writes what the kit writes."""
    run = schedsim(found / "scenario.txt", "--out", tmp_path)
    assert run.returncode == 3, run.stderr
    saved = tmp_path / "wrong_home-move"
    assert b"<svg" in (saved / "timeline.svg").read_bytes()
    assert (saved / "trace.bin").read_bytes() == \
        (found / "trace.bin").read_bytes()


def test_no_rule_is_broken() -> None:
    """One that once broke a rule, of a plug-in that is right by now."""
    scenario = ROOT / "tests/conformance/regress/core-wake-and-join.txt"
    run = schedsim(scenario)
    assert run.returncode == 0, run.stderr
    assert "no rule is broken" in run.stdout


def test_wrong_words(found: pathlib.Path, tmp_path: pathlib.Path) -> None:
    """One line that says what is wrong, and what to do."""
    scenario = found / "scenario.txt"
    run = schedsim(scenario, "--seed", "3")
    assert run.returncode == 1
    assert run.stderr.startswith(f"{scenario}: the kit's scenario says all")
    assert "--seed" in run.stderr and run.stderr.count("\n") == 1
    run = schedsim(scenario, "--trace", tmp_path / "none" / "trace")
    assert run.returncode == 1
    assert run.stderr.count("\n") == 1 and "none/trace: No such" in run.stderr
    bad = tmp_path / "bad.txt"
    bad.write_text("scheduler rr\ncpus 99\n")
    run = schedsim(bad)
    assert run.returncode == 1
    assert run.stderr.startswith(f"conformance: {bad}:2: ")
