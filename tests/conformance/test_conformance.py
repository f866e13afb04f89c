"""The conformance kit: plug-ins keep the rules; what was found stays mended."""
import pathlib
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


@pytest.mark.parametrize("scenario", REGRESS, ids=lambda path: path.stem)
def test_what_was_found_stays_mended(scenario: pathlib.Path) -> None:
    """Scenarios that once broke a rule, as they were shrunk."""
    run = kit(f"--replay={scenario}")
    assert run.returncode == 0, run.stdout[-3000:]
    assert "no rule is broken" in run.stdout
