"""The conformance kit: plug-ins keep the rules; what was found stays mended."""
import pathlib
import re
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
KIT = ROOT / "build/kit/conformance"
REGRESS = sorted((pathlib.Path(__file__).parent / "regress").glob("*.txt"))
SCENARIOS = 20000


def kit(*args: str) -> subprocess.CompletedProcess[str]:
    """Run the kit; both of its outputs come back as one."""
    return subprocess.run([KIT, *args], cwd=ROOT, text=True, timeout=600,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


def test_every_plugin_keeps_the_rules(tmp_path: pathlib.Path) -> None:
    """A short run over all of them, which `make conformance` makes long."""
    run = kit(f"--scenarios={SCENARIOS}", f"--output={tmp_path}")
    assert run.returncode == 0, run.stdout[-6000:]
    lines = run.stdout.splitlines()
    assert len(lines) >= 4
    for line in lines:
        assert f" {SCENARIOS} scenarios, " in line
        assert line.endswith(": no rule is broken")


def test_credit_that_looks_at_few(tmp_path: pathlib.Path) -> None:
    """Credit as it is with thousands: its accounting sees one vCPU a CPU."""
    run = subprocess.run(
        [KIT.parent / "few", "--sched=credit", "--scenarios=3000",
         f"--output={tmp_path}"], cwd=ROOT, text=True, timeout=600,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    assert run.returncode == 0, run.stdout[-6000:]
    assert "3000 scenarios" in run.stdout


@pytest.mark.parametrize("name", [
    "rr", *(pytest.param(name, marks=pytest.mark.soak)
            for name in ("null", "bvt", "fbvt", "sedf", "credit", "credit2",
                         "rtds", "rtxen"))])
def test_all_of_the_small_scenarios(name: str, tmp_path: pathlib.Path) -> None:
    """Each of the exhaustive ones, those with two pools among them."""
    run = kit("--exhaustive", f"--sched={name}", f"--output={tmp_path}")
    assert run.returncode == 0, run.stdout[-6000:]
    found = re.fullmatch(rf"{name} +(\d+) scenarios, .*: no rule is broken\n",
                         run.stdout)
    assert found and int(found[1]) > 27744


def test_all_of_the_small_scenarios_can_fail(tmp_path: pathlib.Path) -> None:
    """A move of a domain that goes wrong is among them, and found by number."""
    wrong = KIT.with_name("wrong")
    run = subprocess.run(
        [wrong, "--exhaustive", "--sched=wrong_home", "--rule=move",
         f"--output={tmp_path}"], cwd=ROOT, text=True, timeout=600,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    assert run.returncode == 1
    found = re.search(r'^wrong_home breaks the rule "move" in .* number (\d+)$',
                      run.stdout, re.M)
    assert found, run.stdout[-3000:]
    assert int(found[1]) % 4 == 0  # they are every fourth one: KIT_STEP
    alone = subprocess.run([wrong, "--sched=wrong_home",
                            f"--number={found[1]}"], cwd=ROOT, text=True,
                           timeout=100, stdout=subprocess.PIPE,
                           stderr=subprocess.STDOUT)
    assert 'breaks the rule "move"' in alone.stdout


@pytest.mark.parametrize("scenario", REGRESS, ids=lambda path: path.stem)
def test_what_was_found_stays_mended(scenario: pathlib.Path) -> None:
    """Scenarios that once broke a rule, as they were shrunk."""
    run = kit(f"--replay={scenario}")
    assert run.returncode == 0, run.stdout[-3000:]
    assert "no rule is broken" in run.stdout
