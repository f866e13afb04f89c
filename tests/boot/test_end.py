"""How a run ends: by itself, by stop_after=, by run_for=, by dom0, by a
crash; QEMU must end with it."""
from __future__ import annotations

import re

import pytest

from qemu import BUILD, Machine

HELLO = str(BUILD / "guests/hello")
STOP = str(BUILD / "guests/stop")
HOG = f"{BUILD / 'guests/hog'} domain name=hog mem=16M"


@pytest.mark.parametrize("options, modules, last", [
    ("", (f"{HELLO} domain name=a mem=16M", f"{HELLO} domain name=b mem=16M"),
     "all domains have shut down"),
    ("stop_after=a", (HOG, f"{HELLO} domain name=a mem=16M"),
     "the domain of stop_after= has shut down"),
    ("run_for=300ms", (HOG,), "the time of run_for= is up"),
    ("", (f"{HELLO} as dom0", HOG), "dom0 has powered off"),
    ("dom0_mem=64M dom0_max_vcpus=3", (f"{HELLO} as dom0",),
     "dom0 has powered off"),
])
def test_end(options: str, modules: tuple[str, ...], last: str) -> None:
    """The last line says why the run has ended."""
    with Machine(f"console=com1 {options}", modules, smp=2) as m:
        assert last in m.wait_end().strip().splitlines()[-1]


def test_dom0_gets_what_it_was_given() -> None:
    """dom0_mem= and dom0_max_vcpus= reach the guest."""
    with Machine("console=com1 dom0_mem=64M dom0_max_vcpus=3",
                 (f"{HELLO} one two",), smp=2) as m:
        log = m.wait_end()
        assert "16384 pages, 3 vcpus" in log
        assert "args 'one two'" in log


def test_half_an_iret_frame() -> None:
    """What was read of it before it faulted is not what may be returned to:
    the registers of the crash have ring 3 and interrupts on."""
    with Machine("console=com1", (f"{STOP} domain name=a mem=16M -- half=1",
                                  f"{STOP} domain name=b mem=16M")) as m:
        log = m.wait_end()
        assert "(a) crashed on its vCPU 0: no stack at" in log
        found = re.search(r"cs (\w+) rflags (\w+)", log)
        assert found and int(found[1], 16) & 3 == 3, log
        assert int(found[2], 16) & 0x3200 == 0x200, log
        assert "all domains have shut down" in log


def test_halt() -> None:
    """at_end=halt leaves the machine as it is: QEMU goes on."""
    with Machine("console=com1 at_end=halt",
                 (f"{HELLO} domain name=a mem=16M",)) as m:
        m.wait("all domains have shut down")
        with pytest.raises(AssertionError, match="still running"):
            m.wait_end(2)
