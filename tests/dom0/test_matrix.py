"""dom0 with 1 to 8 vCPUs on 1 to 8 processors, under every scheduler.

The whole product is 512 boots; the square here is 64, a scheduler for each pair
of numbers, so that each of the eight has had every number of vCPUs and every
number of processors. METRONOME_MATRIX=all runs the product.
"""
import itertools
import os
import pathlib
import re
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from machine import boot, finish  # noqa: E402

SCHEDULERS = ["rr", "bvt", "sedf", "credit", "credit2", "fbvt", "rtds", "null"]
NUMBERS = range(1, 9)
JOBS = "drivers=virtio_pci job=each_cpu"


def can_run(sched: str, vcpus: int, cpus: int) -> bool:
    """null gives each CPU to one vCPU: more of these would wait for ever."""
    return sched != "null" or vcpus <= cpus


def cases() -> list[tuple[str, int, int]]:
    """Scheduler, vCPUs, CPUs."""
    pairs = list(itertools.product(NUMBERS, NUMBERS))
    if os.environ.get("METRONOME_MATRIX") == "all":
        whole = [(s, v, c) for s in SCHEDULERS for v, c in pairs]
    else:
        whole = [(SCHEDULERS[(v + c) % 8], v, c) for v, c in pairs]
    return [(s if can_run(s, v, c) else "rr", v, c) for s, v, c in whole]


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
