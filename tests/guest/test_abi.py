"""Boot each ABI test as dom0, on Metronome and, where it is installed, on Xen.

A test has four outcomes; success is what is wanted, a skip is a skip. Where
the feature is common to both, Xen is the check of the test itself.
"""
import os
import pathlib
import re
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from guests.host.boot import Boot, Console, reference_xen  # noqa: E402

BUILD = ROOT / os.environ.get("BUILD", "build")
TESTS = sorted(path.parent.name for path in ROOT.glob("guests/abi/*/main.c"))
OUTCOME = r"ABI (\w+): (success|skip|error|failure)"
LIMIT = 120.0
# What a test wants besides, of the hypervisor and as its own arguments.
WISHES = {"virq": ("console_to_ring tbuf_size=4", "to_ring=1")}


def boot_test(hypervisor: pathlib.Path, name: str, cpus: int = 1) -> Console:
    """Run one test to its outcome."""
    image = BUILD / "guests/abi" / name
    wish, words = WISHES.get(name, ("", ""))
    return Boot(hypervisor, f"dom0_mem=32M dom0_max_vcpus=4 {wish}",
                [(image, words)], cpus=cpus, limit=LIMIT, until=OUTCOME).run()


def judge(console: Console) -> None:
    """Success passes, skip skips; the rest fails with the console's end."""
    outcome = console.find(OUTCOME + "(.*)")
    if outcome is None:
        why = "time ran out" if console.expired else "no outcome"
        pytest.fail(f"{why}:\n{console.tail()}")
    if outcome[2] == "skip":
        pytest.skip(outcome[3])
    said = [line for line in console.lines if re.search(r"ABI \w+:", line)]
    assert outcome[2] == "success", "\n".join(said)


@pytest.mark.parametrize("name", TESTS)
def test_metronome(name: str) -> None:
    """On the hypervisor of this tree."""
    judge(boot_test(BUILD / "metronome32", name))


TWO_CPUS = ["vcpu", "time", "fpu", "event", "again", "poolop", "logdirty"]


@pytest.mark.parametrize("name", TWO_CPUS)
def test_two_cpus(name: str) -> None:
    """Those that more than one CPU makes harder."""
    judge(boot_test(BUILD / "metronome32", name, cpus=2))


@pytest.mark.parametrize("name", ["machine", "parameters"])
def test_other_domain(name: str) -> None:
    """What is dom0's: the machine's devices, the schedulers."""
    image = BUILD / "guests/abi" / name
    judge(Boot(BUILD / "metronome32", "", [(image, "domain name=m mem=16M")],
               limit=LIMIT, until=OUTCOME).run())


@pytest.mark.soak
@pytest.mark.parametrize("name", TESTS)
def test_xen(name: str) -> None:
    """On Debian's Xen: the check of the test itself."""
    xen = reference_xen(BUILD / "bench")
    if xen is None:
        pytest.skip("xen-hypervisor-4.17-amd64 is not installed")
    judge(boot_test(xen, name, cpus=2 if name == "poolop" else 1))
