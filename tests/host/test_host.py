"""Runs each host unit test program that `make host-tests` has built."""
import os
import pathlib
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAMS = subprocess.run(
    ["make", "-s", "--no-print-directory", "list-host-tests"], cwd=ROOT,
    text=True, stdout=subprocess.PIPE, check=True).stdout.split()


@pytest.mark.parametrize("program", PROGRAMS, ids=os.path.basename)
def test_program(program: str) -> None:
    """It exits 0; else its output is shown."""
    run = subprocess.run([ROOT / program], cwd=ROOT, text=True, timeout=600,
                         stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    assert run.returncode == 0, run.stdout[-6000:]
