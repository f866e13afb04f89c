"""Booting: processors, options, consoles, media, panics."""
import os
import pathlib
import re
import subprocess
import sys
import time

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from qemu import BUILD, OVMF, ROOT, Machine  # noqa: E402

# No module: the hypervisor says so and stays, or stops; both come after this.
READY = r"^\(XEN\) (\d+) CPUs$"
EMPTY = "console=com1 noreboot"
# Something to run, so that the hypervisor stays; it has the console's input.
HOG = ("build/guests/hog domain name=hog mem=16M -- report=1s",)


def switch_input(m: Machine) -> None:
    """Three Ctrl-A, once the guest runs: keys are the hypervisor's."""
    m.wait(r"^\(hog\)")
    m.send("\x01\x01\x01")
    m.wait("Input goes to the hypervisor")


@pytest.mark.parametrize("smp", [1, 4, 64])
def test_processors(smp: int) -> None:
    """All processors start."""
    with Machine(EMPTY, smp=smp) as m:
        assert int(m.wait(READY)[1]) == smp


def test_maxcpus() -> None:
    """maxcpus= starts fewer."""
    with Machine(EMPTY + " maxcpus=2", smp=4) as m:
        assert int(m.wait(READY)[1]) == 2


def test_deterministic() -> None:
    """The same boot twice is the same text twice."""
    logs = []
    for _ in range(2):
        with Machine(EMPTY + " loglvl=all", smp=2, deterministic=True) as m:
            end = m.wait(READY).end()
            logs.append(m.log[:end])
    assert logs[0] == logs[1]


def test_pc_machine() -> None:
    """The older chipset, without HPET: time is measured by the PM timer."""
    with Machine(EMPTY, smp=2, machine="pc,hpet=off") as m:
        assert int(m.wait(READY)[1]) == 2
        m.wait(r"Cycle counter: .* by PM timer")


def test_no_acpi() -> None:
    """Without tables: one processor, time by the PIT."""
    with Machine(EMPTY, machine="pc,acpi=off") as m:
        m.wait(r"No ACPI tables")
        m.wait(r"Cycle counter: .* by PIT")


def test_x2apic_off() -> None:
    """x2apic=off keeps the xAPIC. (QEMU 7.2 emulates no x2APIC without KVM.)
    """
    with Machine(EMPTY + " x2apic=off", smp=2) as m:
        m.wait("Local APIC: xAPIC mode")
        assert int(m.wait(READY)[1]) == 2


@pytest.mark.skipif(not os.access("/dev/kvm", os.W_OK),
                    reason="QEMU 7.2 has an x2APIC with KVM only")
def test_x2apic() -> None:
    """x2APIC and TSC deadline of the host's; emulated: test_bochs.py."""
    with Machine(EMPTY, smp=2, cpu="host,-arch-capabilities,+x2apic,"
                 "+tsc-deadline", memory="128M",
                 extra=("-accel", "kvm")) as m:
        m.wait("Local APIC: x2APIC mode", 240)
        m.wait("events by TSC deadline", 240)
        assert int(m.wait(READY, 240)[1]) == 2


@pytest.mark.parametrize("option, message", [
    ("sched=nonsense", r"sched=nonsense: no such scheduler; there are: .*rr"),
    ("maxcpus=0", r"Option maxcpus=0 is refused\. Accepted: 1 to 256\."),
    ("console=com7", r"Option console=com7 is refused\. Accepted: .*com1"),
    ("com1=0", r"com1=0 is refused\. Accepted: BAUD"),
    ("loglvl=loud", r"loglvl=loud is refused\. Accepted: error, "),
    ("tbuf_size=x", r"tbuf_size=x is refused"),
    ("rr.nonsense=1", r"rr\.nonsense"),
])
def test_wrong_value(option: str, message: str) -> None:
    """A wrong value ends the boot with one line that says what is right."""
    with Machine(f"console=com1 {option}") as m:
        log = m.wait_end()
        assert re.search(message, log), log
        assert "Backtrace" not in log


def test_unknown_option() -> None:
    """An unknown option is named and does no harm; known ones of Xen's are
    noted."""
    with Machine(EMPTY + " frobnicate=7 ucode=scan placeholder") as m:
        m.wait(READY)
        assert "Option frobnicate is unknown" in m.log
        assert "Option ucode has no effect here" in m.log


def test_too_little_memory() -> None:
    """Too little memory is said, not a hang."""
    with Machine("console=com1", memory="8M") as m:
        assert re.search(r"7 MiB of memory; at least 16 MiB are needed",
                         m.wait_end())


def test_keys() -> None:
    """The debug keys: the list, and a fault with a symbolised backtrace."""
    with Machine("console=com1", HOG, smp=2) as m:
        switch_input(m)
        m.send("h")
        m.wait(r"\(XEN\)   m  memory")
        m.send("m")
        m.wait(r"\(XEN\) Frames: \d+ free of \d+")
        m.send("q")
        m.wait(r"^domain 1 \(hog\): \d+ frames")
        m.wait(r"^  vCPU 0: running, CPU \d")
        m.send("p")
        m.wait(r"^domain 1: \d+ frames; 1 pinned; .* L4 1 writable")
        m.send("t")
        m.wait(r"^timers of CPU1")
        m.send("r")
        m.wait(r"^pool 0 \(Pool-0\): scheduler credit, 1 domains, CPUs 0 1")
        m.send("F")
        log = m.wait_end()
        assert "Unexpected exception 14 (page fault)" in log
        assert re.search(r"rip \[[0-9a-f]{16}\] provoke_fault\+0x", log)
        assert re.search(r"\] fatal_trap\+0x", log)
        assert log.rstrip().endswith("Reboot.")


def test_noreboot() -> None:
    """noreboot: a panic halts."""
    with Machine("console=com1 noreboot", HOG, smp=2) as m:
        switch_input(m)
        m.send("C")
        m.wait(r"Halted \(noreboot\)")


def wait_screen(m: Machine, text: str) -> None:
    """Until the text screen shows it."""
    for _ in range(600):
        screen = m.memory(0xb8000, 4000)[::2].decode("latin-1")
        if text in screen:
            return
        time.sleep(0.1)
    raise AssertionError(screen)


def test_vga() -> None:
    """console=vga writes to the screen, and nothing to the serial line."""
    with Machine("console=com1,vga noreboot") as m:
        m.wait(READY)
        wait_screen(m, "(XEN) 1 CPUs")
    with Machine("console=vga noreboot sched=nonsense") as m:
        wait_screen(m, "no such scheduler")
        wait_screen(m, "Halted")
        assert "(XEN)" not in m.log


@pytest.fixture(scope="module")
def medium(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    """A medium whose one entry boots at once, in the form written for Xen."""
    folder = tmp_path_factory.mktemp("medium")
    config = folder / "grub.cfg"
    config.write_text(
        "serial --unit=0\nterminal_output serial\nset timeout=0\n"
        "menuentry x {\n"
        "  multiboot2 /boot/metronome.gz placeholder console=com1 noreboot"
        " loglvl=all\n"
        "  module2 /boot/kernel placeholder root=/dev/sda1\n"
        "  module2 --nounzip /boot/initrd\n}\n")
    for name in ("kernel", "initrd"):
        (folder / name).write_text(name * 1000)
    image = folder / "medium.iso"
    subprocess.run([ROOT / "tools/mkiso", image, config,
                    BUILD / "metronome.gz", folder / "kernel",
                    folder / "initrd"], check=True)
    return image


@pytest.mark.parametrize("uefi", [False, True], ids=["bios", "uefi"])
def test_medium(medium: pathlib.Path, uefi: bool) -> None:
    """GRUB boots it, by BIOS and by UEFI, from a menu entry as for Xen."""
    if uefi and not OVMF.exists():
        pytest.skip("no OVMF (package ovmf)")
    with Machine(iso=medium, uefi=uefi, smp=2) as m:
        m.wait(r"Loaded by GRUB 2.*, command line: console=com1 noreboot",
               240)
        m.wait(r"Module 0: 6000 bytes at .*: root=/dev/sda1")
        m.wait(r"Module 1: 6000 bytes")
        assert int(m.wait(READY)[1]) == 2


def test_medium_is_reproducible(medium: pathlib.Path,
                                tmp_path: pathlib.Path) -> None:
    """The same input gives the same bytes."""
    again = tmp_path / "again.iso"
    folder = medium.parent
    subprocess.run([ROOT / "tools/mkiso", again, folder / "grub.cfg",
                    BUILD / "metronome.gz", folder / "kernel",
                    folder / "initrd"], check=True)
    assert again.read_bytes() == medium.read_bytes()


def test_options_are_documented() -> None:
    """docs/command-line.md names every option of the source, and no other."""
    text = (ROOT / "docs/command-line.md").read_text()
    named = {o for cell in re.findall(r"^\| (`.*?) \|", text, re.M)
             for o in re.findall(r"`([a-z0-9_]+)`", cell)}
    named |= set(re.findall(r"`(acpi [^`]*)`", text)[0].split())
    there = set()
    for path in (ROOT / "xen").glob("*/**/*.c"):
        source = path.read_text()
        there |= set(re.findall(r'CMDLINE_OPTION\(\w+\) = {\s*"([^"]+)"',
                                source))
        there |= set(re.findall(r'^IGNORED\(\w+, "([^"]+)"\)', source, re.M))
    assert there and named == there
