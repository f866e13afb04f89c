"""dom0 pauses, shuts down and destroys boot-time domains that run."""
from __future__ import annotations

import pytest

from qemu import BUILD, Machine

DOM0 = str(BUILD / "guests/abi/destroy")
HOG = BUILD / "guests/hog"
PAIR = BUILD / "guests/pingpong"


@pytest.mark.parametrize("smp", [1, 2])
@pytest.mark.parametrize("sched", ["rr", "credit", "bvt", "sedf",
                                   "credit2", "rtds"])
def test_destroy(sched: str, smp: int) -> None:
    """The test guest as dom0, with a hog of two vCPUs and another domain."""
    with Machine(f"console=com1 sched={sched} dom0_mem=32M", (
            DOM0, f"{HOG} domain name=one mem=16M vcpus=2",
            f"{HOG} domain name=two mem=16M"), smp=smp) as m:
        found = m.wait(r"ABI destroy: (success|skip|error|failure)", 240)
        said = [line for line in m.log.splitlines() if "ABI destroy" in line]
        assert found[1] == "success", "\n".join(said)


@pytest.mark.parametrize("smp", [1, 2])
def test_destroy_in_a_long_call(smp: int) -> None:
    """A domain in a multicall of days is paused and destroyed as any other."""
    with Machine("console=com1 dom0_mem=32M", (
            DOM0, f"{HOG} domain name=one mem=16M vcpus=2 -- stuck=1",
            f"{HOG} domain name=two mem=16M"), smp=smp) as m:
        m.wait("hog: stuck in a multicall")
        found = m.wait(r"ABI destroy: (success|skip|error|failure)", 240)
        said = [line for line in m.log.splitlines() if "ABI destroy" in line]
        assert found[1] == "success", "\n".join(said)
        assert "the multicall gave" not in m.log
