"""Negative controls: the kit catches each wrong plug-in, by the broken rule."""
import pathlib
import re
import subprocess
import tomllib

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
WRONG = ROOT / "build/kit/wrong"

# What is wrong, and the rule that must be named.
CONTROLS = tomllib.loads((pathlib.Path(__file__).parent
                          / "wrong/controls.toml").read_text())


@pytest.mark.parametrize("name", CONTROLS)
def test_control(name: str, tmp_path: pathlib.Path) -> None:
    """Within 1,000 scenarios, shrunk to 3 vCPUs at most, saved and drawn."""
    rule = CONTROLS[name]
    run = subprocess.run(
        [WRONG, "--quiet", f"--sched={name}", "--scenarios=1000",
         f"--rule={rule}", f"--output={tmp_path}"], cwd=ROOT, text=True,
        timeout=600, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    assert run.returncode == 1, run.stdout[-3000:]
    found = re.search(rf'^{name} breaks the rule "{rule}" in .*\n  shrunk to '
                      r"(\d) CPUs, (\d) vCPUs", run.stdout, re.M)
    assert found, run.stdout[-3000:]
    assert int(found[2]) <= 3
    saved = tmp_path / f"{name}-{rule}"
    assert (saved / "calls.txt").stat().st_size > 0
    assert b"<svg" in (saved / "timeline.svg").read_bytes()
    again = subprocess.run([WRONG, f"--replay={saved}/scenario.txt"], cwd=ROOT,
                           timeout=100, stdout=subprocess.PIPE,
                           stderr=subprocess.STDOUT)
    assert again.returncode != 0 or rule == "determinism"


def test_each_rule_has_a_control() -> None:
    """No rule of which it was not seen that it can be broken."""
    listed = subprocess.run([WRONG, "--rules"], text=True, cwd=ROOT,
                            check=True, stdout=subprocess.PIPE).stdout
    rules = {line.split()[0] for line in listed.splitlines()}
    assert rules == set(CONTROLS.values())
