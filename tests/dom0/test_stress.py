"""stress-ng in dom0, for ten minutes of its time: no error, no lockup, not a
line of the hypervisor's.

Counted: the host's load can't be what the guest's watchdogs see. Parallel: in
real time, other interleavings; there a busy host can bring about a soft lockup.
rtds is among the schedulers since such a host had seen one there, in a boot.
"""
import os
import pathlib
import re
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2]))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from guests.host.boot import reference_xen  # noqa: E402
from machine import BAD, COUNTED, KERNEL  # noqa: E402
from qemu import BUILD, Machine  # noqa: E402

# With less than dom0 has together: else the kernel ends the malloc stressor,
# which has 65536 pieces unless it is told, and says so with a call trace.
STRESSORS = ("cpu:2", "memcpy:1", "malloc:1", "malloc-bytes:4M",
             "malloc-max:32", "vm:2", "vm-bytes:48M", "fork:1", "signal:1",
             "timer:1", "futex:1", "switch:1")
SECONDS = int(os.environ.get("METRONOME_STRESS", "600"))
PARALLEL = ("-accel", "tcg,thread=multi")
# What is said when dom0 powers off, by one or the other.
END = r"ACPI state S5|Hardware Dom0 shutdown|Preparing system for ACPI|" \
      r"Disabling non-boot CPUs|Entering ACPI S5|Broke affinity"


def stress(sched: str, extra: tuple[str, ...],
           hypervisor: pathlib.Path = BUILD / "metronome32") -> list[str]:
    """Run it; what the hypervisor said meanwhile."""
    words = ":".join(f"--{word}" for word in STRESSORS)
    with Machine(f"console=com1 dom0_mem=768M sched={sched}",
                 (f"{KERNEL} console=hvc0 job=stress:{words}:--verify:"
                  f"--metrics-brief:--timeout:{SECONDS}s",
                  "build/guests/linux/stress.img"), smp=2, memory="1G",
                 kernel=hypervisor, extra=extra) as m:
        m.wait("JOB BEGIN stress", 600)
        begun = len(m.log)
        m.wait(r"JOBS DONE failed=0", 5 * SECONDS + 1200)
        log = m.wait_end(300)
    for line in ("successful run completed", "JOB END stress status=0"):
        assert line in log, log[-6000:]
    for bad in BAD + ("fail:", "error:", "lockup"):
        assert bad not in log[begun:], log[-6000:]
    return [line for line in re.findall(r"^\(XEN\).*", log[begun:], re.M)
            if not re.search(END, line)]


@pytest.mark.soak
@pytest.mark.parametrize("mode", [COUNTED, PARALLEL],
                         ids=["counted", "parallel"])
@pytest.mark.parametrize("sched", ["rr", "bvt", "sedf", "credit", "rtds"])
def test_stress(sched: str, mode: tuple[str, ...]) -> None:
    """Ten minutes of processor, memory, fork, signal, timer and futex."""
    assert stress(sched, mode) == []


@pytest.mark.soak
def test_xen() -> None:
    """The same on Xen 4.17, which says nothing either: so nothing is what is
    asked of us."""
    xen = reference_xen(BUILD / "bench")
    if xen is None:
        pytest.skip("xen-hypervisor-4.17-amd64 is not installed")
    assert stress("credit", COUNTED, xen) == []
