"""The engine's lines that follow a recorded run."""
from __future__ import annotations

import subprocess

import pytest

from xentrace.trace import ROOT

MACHINE = """machine 1
seed 1
sched {sched}
window 0 1000000000 1000000000
{more}
row a
domain 1 a 1 0
load hog
row b
domain 2 b 1 0
{b}
load hog
"""


def engine(sched: str, b: str = "", more: str = "") -> \
        subprocess.CompletedProcess:
    """Two hogs on a CPU for a second; lines for the second one."""
    text = MACHINE.format(sched=sched, b=b, more=more)
    text = "\n".join(line for line in text.splitlines() if line)
    return subprocess.run([ROOT / "build/schedsim-engine", "-", "test"],
                          input=text + "\n", text=True, capture_output=True)


def share_of_b(*lines: str) -> float:
    """Its part of the CPU, in percent."""
    done = engine("bvt", "\n".join(lines))
    assert done.returncode == 0, done.stderr
    row = next(line for line in done.stdout.splitlines()
               if line.startswith("b "))
    return float(row.split()[1])


def test_parameters_count_from_when_they_were_set() -> None:
    """A third as weight: 25 % of the time that is left."""
    third = "set bvt.weight 85"
    assert share_of_b() == pytest.approx(50, abs=1)
    assert share_of_b(third) == pytest.approx(25, abs=1)
    assert share_of_b("adjusted 0 600000000", third) == \
        pytest.approx(0.6 * 50 + 0.4 * 25, abs=1)
    assert share_of_b(third, "adjusted 0 600000000") == \
        pytest.approx(25, abs=1)  # said before: at once


def test_what_the_scheduler_refuses_is_told() -> None:
    """Each value is possible, not both together: one line, exit 1."""
    done = engine("sedf", "adjusted 0 5000\nset sedf.period 1000000\n"
                          "set sedf.slice 2000000")
    assert done.returncode == 1
    assert done.stderr.startswith("test: sedf refuses the parameters that "
                                  "domain b is given later (error 22)")
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize("b, more, says", [
    ("adjusted 1 5000", "", "line 10: adjusted: CPU and time are expected"),
    ("adjusted 0 soon", "", "line 10: adjusted: CPU and time are expected"),
    ("adjusted 0 9\ndomain 3 c 1 0\nadjusted 0 8", "",
     "line 12: adjusted: another domain was, later"),
    ("", "decided 1 5 5", "line 5: decided: CPU and two times are expected"),
    ("", "decided 0 5", "line 5: decided: no such line, or too short"),
    ("", "decided 0 5 4", "line 5: decided: it is out of order"),
    ("", "decided 0 5 7\ndecided 0 4 8", "line 6: decided: it is out of"),
    ("", "fired 0 5 7\nfired 0 6 6", "line 6: fired: it is out of order"),
    ("", "busy 0 x 7", "line 5: busy: CPU and two times are expected"),
    ("burst 1 5 5", "", "line 10: burst: vCPU, release and work are expected"),
    ("burst 0 5 5 0", "", "line 10: burst: CPU and time are expected"),
    ("burst 0 5 5 0 4", "", "line 10: burst: CPU and time are expected"),
    ("burst 0 5 5 1 6", "", "line 10: burst: CPU and time are expected"),
    ("born 0 1 5", "", "line 10: born: vCPU, CPU and time are expected"),
])
def test_bad_lines(b: str, more: str, says: str) -> None:
    """One line that says which, and what is expected."""
    done = engine("rr", b, more)
    assert done.returncode == 1
    assert done.stderr.startswith("test: " + says), done.stderr
    assert len(done.stderr.splitlines()) == 1
