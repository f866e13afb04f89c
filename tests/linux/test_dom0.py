"""A menu entry written for Xen boots Debian's kernel as dom0 to user space."""
import pathlib
import subprocess
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from qemu import BUILD, ONE_THREAD, OVMF, ROOT, Machine  # noqa: E402
from test_linux import BAD  # noqa: E402

ENTRY = """serial --unit=0
terminal_output serial
set timeout=0
menuentry 'Debian GNU/Linux, with Xen hypervisor' {
  multiboot2 /boot/metronome.gz placeholder console=com1 dom0_mem=384M
  module2 /boot/vmlinuz placeholder root=/dev/sda1 ro console=hvc0 job=none
  module2 --nounzip /boot/initrd.img
}
"""


@pytest.fixture(scope="module")
def medium(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    """A medium with Debian's kernel, and that entry."""
    folder = tmp_path_factory.mktemp("dom0")
    (folder / "grub.cfg").write_text(ENTRY)
    linux = BUILD / "guests/linux"
    subprocess.run([ROOT / "tools/mkiso", folder / "dom0.iso",
                    folder / "grub.cfg", BUILD / "metronome.gz",
                    linux / "vmlinuz", linux / "initrd.img"], check=True)
    return folder / "dom0.iso"


@pytest.mark.parametrize("uefi", [False, True], ids=["bios", "uefi"])
def test_dom0(medium: pathlib.Path, uefi: bool) -> None:
    """Up to user space with as many vCPUs as CPUs; power-off ends it."""
    if uefi and not OVMF.exists():
        pytest.skip("no OVMF (package ovmf)")
    with Machine(iso=medium, uefi=uefi, smp=2, memory="1G",
                 extra=ONE_THREAD) as m:
        m.wait(r"LINUX UP: .*, 2 cpus", 600)
        m.wait(r"JOBS DONE failed=0", 120)
        log = m.wait_end(120)
    assert "dom0 enters ACPI state S5" in log, log[-4000:]
    assert ("efi: EFI v2" in log) == uefi
    for words in BAD:
        assert words not in log, log[-6000:]
