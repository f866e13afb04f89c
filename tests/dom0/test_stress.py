"""stress-ng in dom0, for ten minutes: no error, and not a line of the
hypervisor's."""
import pathlib
import re
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from machine import BAD, KERNEL  # noqa: E402
from qemu import Machine  # noqa: E402

STRESSORS = ("cpu:2", "memcpy:1", "malloc:1", "malloc-bytes:32M", "vm:2",
             "vm-bytes:48M", "fork:1", "signal:1", "timer:1", "futex:1",
             "switch:1")
SECONDS = 600


@pytest.mark.soak
@pytest.mark.parametrize("sched", ["credit"])
def test_stress(sched: str) -> None:
    """Ten minutes of processor, memory, fork, signal, timer and futex."""
    words = ":".join(f"--{word}" for word in STRESSORS)
    with Machine(f"console=com1 dom0_mem=768M sched={sched}",
                 (f"{KERNEL} console=hvc0 job=stress:{words}:--verify:"
                  f"--metrics-brief:--timeout:{SECONDS}s",
                  "build/guests/linux/stress.img"), smp=2, memory="1G") as m:
        m.wait("JOB BEGIN stress", 600)
        begun = len(m.log)
        m.wait(r"JOBS DONE failed=0", SECONDS + 1200)
        said = re.findall(r"^\(XEN\).*", m.log[begun:], re.M)
        log = m.wait_end(120)
    for line in ("successful run completed", "JOB END stress status=0"):
        assert line in log, log[-6000:]
    for bad in BAD + ("fail:", "error:"):
        assert bad not in log[begun:], log[-6000:]
    assert [line for line in said if "ACPI state S5" not in line] == []
