"""How dom0 ends is how the machine ends."""
import pathlib
import re
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from machine import boot  # noqa: E402

SMALL = "drivers=virtio_pci"


def test_crash() -> None:
    """A kernel's panic: its registers and stack, and with noreboot a halt."""
    with boot(f"{SMALL} job=end:crash", hypervisor="noreboot") as m:
        m.wait(r"Kernel panic - not syncing: sysrq triggered crash", 600)
        m.wait(r"Halted \(noreboot\)")
        log = m.log
    assert re.search(r"Domain 0 \(Domain-0\), vCPU 0:\n\(XEN\)   rip "
                     r"ffffffff8[0-9a-f]{7} cs e033", log), log[-3000:]
    assert re.search(r"stack from rsp:\n\(XEN\) +([0-9a-f]{16} ?){4}", log)
    assert "dom0 has crashed" in log


@pytest.mark.soak
@pytest.mark.parametrize("way, words", [
    ("reboot", "dom0 reboots"),
    ("crash", "dom0 has crashed\n(XEN) Reboot."),
    ("halt", "dom0 has powered off"),
])
def test_end(way: str, words: str) -> None:
    """QEMU, which does not reboot, ends by itself."""
    with boot(f"{SMALL} job=end:{way}") as m:
        m.wait(r"JOB BEGIN end", 600)
        assert words in m.wait_end(120)
