"""How dom0 ends is how the machine ends."""
import pathlib
import re
import subprocess
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from machine import boot  # noqa: E402
from qemu import BUILD  # noqa: E402

SMALL = "drivers=virtio_pci"


def check_trace(ram: pathlib.Path, trace: pathlib.Path) -> None:
    """Of the memory of a machine that is gone."""
    tool = BUILD / "xentrace"
    subprocess.run([tool, "record", "--ram", ram, trace], check=True)
    subprocess.run([tool, "check", trace], check=True)
    text = subprocess.run([tool, "dump", trace], check=True, text=True,
                          capture_output=True).stdout
    assert text.count("\n") > 1000
    assert re.search(r"shutdown_code|shutdown .*reason", "\n".join(
        text.splitlines()[-200:])), text[-4000:]


@pytest.mark.parametrize("option, last", [
    ("noreboot", r"Halted \(noreboot\)"),
    pytest.param("", r"dom0 has crashed\n\(XEN\) Reboot\.",
                 marks=pytest.mark.soak),
], ids=["halt", "reboot"])
def test_crash(option: str, last: str, tmp_path: pathlib.Path) -> None:
    """A kernel's panic: its registers and stack, and a reboot, or with noreboot
    a halt; the trace in the machine's memory is whole, to the panic itself."""
    ram = tmp_path / "ram"
    with boot(f"{SMALL} job=end:crash", smp=2,
              hypervisor=f"{option} tbuf_size=64 tevt_mask=0x2f000 "
              "trace_overwrite", machine="q35,memory-backend=ram",
              extra=("-object", "memory-backend-file,id=ram,size=1G,share=on,"
                     f"mem-path={ram}")) as m:
        m.wait(r"Kernel panic - not syncing: sysrq triggered crash", 600)
        m.wait(last)
        log = m.log if option else m.wait_end(120)
    check_trace(ram, tmp_path / "trace")
    assert re.search(r"Domain 0 \(Domain-0\), vCPU [01]:\n\(XEN\)   rip "
                     r"ffffffff8[0-9a-f]{7} cs e033", log), log[-3000:]
    assert re.search(r"stack from rsp:\n\(XEN\) +([0-9a-f]{16} ?){4}", log)
    assert "dom0 has crashed" in log


@pytest.mark.soak
@pytest.mark.parametrize("way, words", [
    ("reboot", "dom0 reboots"),
    ("halt", "dom0 has powered off"),
])
def test_end(way: str, words: str) -> None:
    """QEMU, which does not reboot, ends by itself."""
    with boot(f"{SMALL} job=end:{way}") as m:
        m.wait(r"JOB BEGIN end", 600)
        assert words in m.wait_end(120)
