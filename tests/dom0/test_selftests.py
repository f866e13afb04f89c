"""The kernel's own self-tests in dom0: what passes on Xen passes here.

From Debian's source of the very kernel (`make selftests`)."""
import pathlib
import re
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2]))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from guests.host.boot import reference_xen  # noqa: E402
from machine import BAD, KERNEL  # noqa: E402
from qemu import BUILD, Machine  # noqa: E402

IMAGE = pathlib.Path("build/guests/linux/selftests.img")
SKIPPED = 4

pytestmark = [
    pytest.mark.soak,
    pytest.mark.skipif(not (BUILD.parent / IMAGE).exists(),
                       reason="no self-tests: make selftests"),
]


def run(hypervisor: pathlib.Path) -> tuple[dict[str, int], str]:
    """Each test's status, and the console."""
    with Machine("console=com1 dom0_mem=512M",
                 (f"{KERNEL} console=hvc0 job=selftests", str(IMAGE)), smp=2,
                 memory="1G", kernel=hypervisor) as m:
        m.wait(r"JOBS DONE failed=0", 6000)
        log = m.wait_end(120)
    return {name: int(status) for name, status in
            re.findall(r"SELFTEST (\S+) (\d+)", log)}, log


def test_selftests() -> None:
    """None of those that pass on Xen fails; as many as have passed there."""
    ours, log = run(BUILD / "metronome32")
    for words in BAD:
        assert words not in log, log[-6000:]
    bad = {name: status for name, status in ours.items()
           if status not in (0, SKIPPED)}
    xen = reference_xen(BUILD / "bench")
    if bad and xen:
        theirs, _ = run(xen)
        bad = {name: status for name, status in bad.items()
               if theirs.get(name, 0) == 0}
    assert not bad, log
    assert list(ours.values()).count(0) >= 37
