"""What QEMU's emulation has not got: an x2APIC and the TSC-deadline timer.

Bochs emulates processors that have both. It runs here without a window, by its
debugger, whose one command is to go on; the machine's end is Bochs's too.
"""
from __future__ import annotations

import os
import pathlib
import shutil
import subprocess

import pytest

from qemu import BUILD, ROOT

BOCHS = shutil.which("bochs")
GUESTS = [BUILD / "guests/hello", BUILD / "guests/hog"]
MENU = """
serial --unit=0 --speed=115200
terminal_output serial
set timeout=0
menuentry 'Metronome' {
    multiboot2 /boot/metronome.gz console=com1 loglvl=all OPTIONS
    module2 /boot/hello domain name=hello mem=16M
    module2 /boot/hog domain name=hog mem=16M -- duration=50ms
}
"""
# ips: how many instructions are a second of the machine's; few, so that what
# waits for a time, as firmware does, is soon over.
SETTINGS = """
config_interface: textconfig
display_library: sdl2
megs: 256
cpu: model=MODEL, count=CPUS, ips=20000000, reset_on_triple_fault=0
romimage: file=/usr/share/bochs/BIOS-bochs-latest
vgaromimage: file=/usr/share/bochs/VGABIOS-lgpl-latest
ata0: enabled=1, ioaddr1=0x1f0, ioaddr2=0x3f0, irq=14
ata0-master: type=cdrom, path=medium.iso, status=inserted
boot: cdrom
com1: enabled=1, mode=file, dev=serial
log: log
panic: action=fatal
error: action=report
info: action=report
clock: sync=none, time0=1700000000
"""


def run(folder: pathlib.Path, model: str, cpus: int, options: str) -> str:
    """Boot two small domains by GRUB to their ends; the serial log."""
    (folder / "grub.cfg").write_text(MENU.replace("OPTIONS", options))
    (folder / "settings").write_text(SETTINGS.replace("MODEL", model)
                                     .replace("CPUS", str(cpus)))
    (folder / "commands").write_text("c\n")
    subprocess.run([ROOT / "tools/mkiso", folder / "medium.iso",
                    folder / "grub.cfg", BUILD / "metronome.gz", *GUESTS],
                   check=True, capture_output=True)
    assert BOCHS
    subprocess.run([BOCHS, "-q", "-f", "settings", "-rc", "commands"],
                   cwd=folder, timeout=600, check=False,
                   stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                   stderr=subprocess.DEVNULL,
                   env={**os.environ, "SDL_VIDEODRIVER": "dummy",
                        "SDL_AUDIODRIVER": "dummy"})
    return (folder / "serial").read_text(errors="replace")


@pytest.mark.skipif(not BOCHS, reason="bochs is not installed")
@pytest.mark.parametrize("model, cpus, options, mode, events", [
    ("corei7_haswell_4770", 2, "", "x2APIC", "TSC deadline"),
    ("corei7_haswell_4770", 1, "x2apic=off", "xAPIC", "TSC deadline"),
    ("core2_penryn_t9600", 1, "", "xAPIC", "APIC one-shot"),
])
def test_bochs(tmp_path: pathlib.Path, model: str, cpus: int, options: str,
               mode: str, events: str) -> None:
    """The hypervisor takes what there is, and its timers fire: the domains
    sleep, compute for a time, and end."""
    log = run(tmp_path, model, cpus, options)
    assert f"Local APIC: {mode} mode" in log, log[-3000:]
    assert f"events by {events}" in log, log[-3000:]
    assert f"(XEN) {cpus} CPUs" in log, log[-3000:]
    assert "hog: vcpu=0 loops=" in log, log[-3000:]
    assert "End of the run: all domains have shut down" in log, log[-3000:]
    assert "PANIC" not in log
