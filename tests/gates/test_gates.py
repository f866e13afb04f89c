"""The gates of CODING_STYLE.md, one test each: `make NAME` must succeed."""
import os
import subprocess

import pytest

ROOT = os.path.join(os.path.dirname(__file__), "..", "..")
GATES = ["check-layers", "check-size", "check-ifs", "check-format",
         "check-headers", "check-clang", "check-plugins", "check-cppcheck",
         "check-tidy", "check-python", "check-abi"]


@pytest.mark.parametrize("gate", GATES)
def test_gate(gate: str) -> None:
    """The gate passes; its output, which names the rule, is shown if not."""
    run = subprocess.run(["make", "--no-print-directory", "-s", gate],
                         cwd=ROOT, text=True, stdout=subprocess.PIPE,
                         stderr=subprocess.STDOUT)
    assert run.returncode == 0, run.stdout[-4000:]
