"""GNU GRUB's own PV binary as a boot-time domain, to its prompt."""
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from qemu import Machine  # noqa: E402

GRUB = "/usr/lib/grub-xen/grub-x86_64-xen.bin"


def test_prompt() -> None:
    """It starts, finds no disk, and answers `ls`."""
    module = f"{GRUB} domain name=grub mem=128M store=empty"
    with Machine("console=com1", (module,)) as m:
        m.wait("file completions", 300)
        m.send("ls\n")
        m.wait(r"\(memdisk\) \(proc\)", 300)
