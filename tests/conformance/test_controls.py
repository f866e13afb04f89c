"""Negative controls: the kit catches each wrong plug-in, by the broken rule."""
import pathlib
import re
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
WRONG = ROOT / "build/kit/wrong"

# What is wrong, and the rule that must be named: tests/conformance/wrong/.
CONTROLS = {
    "wrong_unlink": "unlink",
    "wrong_hands": "three-hands",
    "wrong_grant": "grant",
    "wrong_affinity": "affinity",
    "wrong_locks": "locks",
    "wrong_place": "one-place",
    "wrong_account": "accounting",
    "wrong_home": "move",
    "wrong_lost": "lost-wakeup",
    "wrong_idle": "work-conservation",
    "wrong_starve": "starvation",
    "wrong_static": "determinism",
    "wrong_clamp": "parameters",
    "wrong_spin": "progress",
    "wrong_crash": "crash",
    "wrong_hang": "hang",
    "wrong_down": "cpu-down",
    "wrong_news": "core",
    "bvt_overcharge": "bvt-bound",
    "bvt_units": "bvt-slice",
    "bvt_underflow": "bvt-bound",
    "bvt_slack": "bvt-bound",
    "bvt_stale": "bvt-bound",
    "bvt_relimit": "bvt-limit",
    "bvt_nolimit": "bvt-limit",
    "bvt_nounwarp": "bvt-unwarp",
    "fbvt_even": "fbvt-bound",
    "fbvt_slack": "fbvt-bound",
    "fbvt_stale": "fbvt-bound",
    "sedf_wake3": "sedf-slice",
    "sedf_stale": "sedf-slice",
    "sedf_monotonic": "sedf-slice",
    "sedf_extra": "sedf-isolation",
    "sedf_noadmit": "sedf-admission",
    "sedf_noweight": "sedf-extra-weight",
    "sedf_noextra": "sedf-extra-used",
    "credit_sampled": "credit-shares",
    "credit_stale": "credit-shares",
    "credit_seldom": "credit-cap",
    "credit_nocap": "credit-cap",
    "credit_noboost": "credit-boost",
    "credit2_even": "credit2-shares",
    "credit2_stale": "credit2-shares",
    "credit2_nocap": "credit2-cap",
    "null_wanders": "null-fixed",
    "null_late": "null-at-once",
    "rtds_extra": "rtds-isolation",
    "rtds_nobudget": "rtds-budget",
    "rtds_stale": "rtds-budget",
    "rtxen_free": "rtxen-isolation",
    "rtxen_nobudget": "rtxen-budget",
}


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
