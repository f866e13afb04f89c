"""dom0 with 1 to 8 vCPUs on 1 to 8 processors, under every scheduler.

The whole product is 576 boots. The 36 here have each scheduler on 1, 2, 4 and 8
processors, and each of these with every number of vCPUs. METRONOME_MATRIX=all
runs the product.
"""
import itertools
import os
import pathlib
import re
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from machine import boot, finish  # noqa: E402

SCHEDULERS = ["rr", "bvt", "sedf", "credit", "credit2", "fbvt", "rtds", "rtxen",
              "null"]
CPUS = (1, 2, 4, 8)
JOBS = "drivers=virtio_pci job=each_cpu"


def cases() -> list[tuple[str, int, int]]:
    """Scheduler, vCPUs, CPUs. null gives each CPU to one vCPU: of more vCPUs
    the last would wait for ever."""
    if os.environ.get("METRONOME_MATRIX") == "all":
        whole = list(itertools.product(SCHEDULERS, range(1, 9), range(1, 9)))
    else:
        whole = [(sched, (number + 3 * row) % 8 + 1, cpus)
                 for row, cpus in enumerate(CPUS)
                 for number, sched in enumerate(SCHEDULERS)]
    return [(s, min(v, c) if s == "null" else v, c) for s, v, c in whole]


def check(options: str, vcpus: int, cpus: int) -> None:
    """To user land with all vCPUs; a program on each; each goes and returns."""
    with boot(JOBS, smp=cpus,
              hypervisor=f"{options} dom0_max_vcpus={vcpus}") as m:
        log = finish(m, 1800)
    assert f", {vcpus} cpus" in log
    numbers = list(range(vcpus))
    assert sorted(map(int, re.findall(r"^CPU (\d+)", log, re.M))) == numbers
    assert list(map(int, re.findall(r"^BACK (\d+)", log, re.M))) == numbers[1:]


@pytest.mark.soak
@pytest.mark.parametrize("sched, vcpus, cpus", dict.fromkeys(cases()))
def test_matrix(sched: str, vcpus: int, cpus: int) -> None:
    """One pair of numbers under one scheduler."""
    check(f"sched={sched}", vcpus, cpus)


@pytest.mark.soak
@pytest.mark.parametrize("sched", SCHEDULERS)
def test_pinned(sched: str) -> None:
    """dom0_vcpus_pin: each vCPU on a CPU of its own."""
    check(f"sched={sched} dom0_vcpus_pin", 4, 4)
