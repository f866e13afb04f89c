"""Small guests at boot: shutdown reasons, unknown hypercalls, many vCPUs."""
import pathlib
import re
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from qemu import BUILD, Machine  # noqa: E402

STOP = BUILD / "guests/stop"


@pytest.mark.parametrize("reason, said", enumerate(
    ["power-off", "reboot", "suspend", "crash", "watchdog", "soft reset"]))
def test_reason(reason: int, said: str) -> None:
    """Each reason of SCHEDOP_shutdown is told by its name."""
    with Machine("console=com1",
                 (f"{STOP} domain name=stop mem=16M -- reason={reason}",)) as m:
        log = m.wait_end()
    assert f"Domain 1 (stop) has shut down: {said}\n" in log, log[-2000:]


def test_no_reason() -> None:
    """A number that is no reason is refused, and the guest goes on."""
    with Machine("console=com1",
                 (f"{STOP} domain name=stop mem=16M -- reason=6",)) as m:
        log = m.wait_end()
    assert "stop: shutdown returns -22" in log
    assert "has shut down: power-off" in log


def test_unknown_hypercalls() -> None:
    """-ENOSYS, and counted: the debug key u tells how often."""
    module = f"{STOP} domain name=stop mem=16M -- unknown=500 at=30s"
    with Machine("console=com1 loglvl=all", (module,)) as m:
        m.wait("stop: unknown=1000 refused=1000")
        assert "asks for hypercall 45, which is not served" in m.log
        m.send("\x01\x01\x01")
        m.wait("Input goes to the hypervisor")
        m.send("h")
        m.wait(r"^\(XEN\)   u  what guests asked for")
        m.send("u")
        m.wait(r"hypercall 29: 500 times\n"
               r"\(XEN\)     operation 999: 500 times\n"
               r"\(XEN\)   hypercall 45: 500 times")


def test_many_unknown_operations() -> None:
    """Each has a counter, while there is room; all are in the sum."""
    module = f"{STOP} domain name=stop mem=16M -- different=1000 at=30s"
    with Machine("console=com1", (module,)) as m:
        m.wait("stop: unknown=1000 refused=1000")
        m.send("\x01\x01\x01u")
        m.wait(r"hypercall 24: 1000 times")
        m.wait(r"    others: 872 times")
        assert "    operation 1000: 1 times" in m.log
        assert "    operation 1127: 1 times" in m.log
        assert "    operation 1128: " not in m.log


@pytest.mark.parametrize("sched", ["rr", "credit", "sedf", "bvt", "credit2",
                                   "fbvt", "rtds"])
@pytest.mark.parametrize("smp", [1, 4])
def test_32_vcpus(sched: str, smp: int) -> None:
    """A guest with 32 vCPUs: all come up, and all run."""
    modules = (f"{BUILD}/guests/hog domain name=hogs mem=16M vcpus=32 --"
               " duration=200ms",)
    with Machine(f"console=com1 sched={sched}", modules, smp=smp,
                 deterministic=smp == 1) as m:
        log = m.wait_end(240)
    ran = set(re.findall(r"hog: vcpu=(\d+) loops=[1-9]", log))
    assert ran == {str(i) for i in range(32)}, log[-3000:]
    assert "Panic" not in log and "crash" not in log
