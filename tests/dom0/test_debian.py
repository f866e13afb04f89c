"""A whole Debian 12 as dom0, from the disk that `make dom0-disk` makes: its own
GRUB, menu, kernel and initramfs, with one file exchanged.

The disk's file is not written to: what a test changes is lost with its QEMU.
"""
import contextlib
import pathlib
import subprocess
import sys
from collections.abc import Iterator

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from machine import BAD, Devices  # noqa: E402
from qemu import BUILD, ONE_THREAD, Machine  # noqa: E402

DISK = BUILD / "dom0/debian.img"
ROOT_AT = 66 << 20  # where mkdisk.sh puts the root file system
OURS = BUILD / "metronome.gz"
THEIRS = "/boot/xen-4.17-amd64.gz"
MENU = "/boot/grub/grub.cfg"
SCHEDULERS = ["rr", "bvt", "sedf", "credit"]
FIO = ("fio --name={0} --filename=/dev/{0} --rw=randrw --bs=4k --size=4M "
       "--loops=20 --verify=crc32c --direct=1 --ioengine=libaio --iodepth=16 "
       "--minimal > /dev/null")

pytestmark = pytest.mark.skipif(not DISK.exists(),
                                reason="no disk: make dom0-disk")


class Debian(Machine):
    """A machine that boots the disk; metronome.gz is its second one."""

    def __init__(self, *, disk: pathlib.Path = DISK, smp: int = 2,
                 uefi: bool = False,
                 extra: tuple[str, ...] = ()) -> None:
        self.boots = 0
        self.number = 0
        self.start = 0
        file = (f"file={OURS},format=raw,if=none,id=ours,readonly=on",
                "virtio-blk-pci,drive=ours,serial=ours")
        super().__init__(disk=disk, smp=smp, memory="2G", uefi=uefi,
                         reboots=True, extra=(*ONE_THREAD, "-drive", file[0],
                                              "-device", file[1], *extra))

    def login(self, hypervisor: str) -> None:
        """The machine has come up with this hypervisor, to a login."""
        self.wait(hypervisor, 600, self.start)
        self.wait(r"dom0 login:", 900, self.start)
        self.send("root\n")
        self.wait(r"root@dom0:~#", 300, self.start)

    def run(self, command: str, limit: float = 900) -> str:
        """It has to succeed; what it printed."""
        self.number += 1
        start = len(self.log)
        self.send(f"{command}; echo END{self.number}=$?\n")
        status = self.wait(rf"END{self.number}=(\d+)", limit, start)
        assert status[1] == "0", self.log[-4000:]
        return self.log[start:status.start()]

    def exchange(self) -> None:
        """What the README says: our file in the place of Xen's."""
        self.run(f"head -c {OURS.stat().st_size} /dev/disk/by-id/virtio-ours "
                 f"> {THEIRS} && sync")

    def reboot(self) -> None:
        """By systemd; what is waited for then is of the next boot."""
        self.start = len(self.log)
        self.send("systemctl reboot\n")

    def poweroff(self) -> str:
        """By systemd; the log of the last boot."""
        self.send("systemctl poweroff\n")
        return self.wait_end(600)[self.start:]


@contextlib.contextmanager
def exchanged(folder: pathlib.Path, words: str) -> Iterator[pathlib.Path]:
    """A copy of the disk with our file, and words for it in the menu; gone
    afterwards, since it is large."""
    copy, menu = folder / "disk", folder / "menu"
    subprocess.run(["cp", "--sparse=always", str(DISK), str(copy)], check=True)
    root = f"{copy}?offset={ROOT_AT}"
    subprocess.run(["debugfs", "-R", f"dump {MENU} {menu}", root], check=True)
    menu.write_text(menu.read_text().replace("com1=115200,8n1",
                                             f"com1=115200,8n1 {words}"))
    commands = "".join(f"rm {old}\nwrite {new} {old}\n"
                       for old, new in ((THEIRS, OURS), (MENU, menu)))
    subprocess.run(["debugfs", "-w", "-f", "-", root], input=commands,
                   text=True, check=True)
    try:
        yield copy
    finally:
        copy.unlink()


XEN = r"Xen version 4\.17"
METRONOME = r"^\(XEN\) Metronome"


def check_running(m: Debian) -> None:
    """systemd has started all that it wanted, xenfs and sysfs are filled, and
    Debian's toolstack talks to the hypervisor. systemd gives its generators 90
    seconds, by no option; on a busy host that is too short for the one of
    System V's scripts, which then gets its time here."""
    m.run("systemctl cat xen.service > /dev/null || systemctl daemon-reload;"
          " systemctl start xen.service")
    m.run("systemctl is-system-running --wait || systemctl --failed | "
          "grep -q '^0 loaded'")
    m.run("grep control_d /proc/xen/capabilities && "
          "grep 4 /sys/hypervisor/version/major")
    assert "xen_version" in m.run("xl info")
    assert "Domain-0" in m.run("xl list")


@pytest.mark.soak
@pytest.mark.parametrize("sched", SCHEDULERS)
def test_login(sched: str, tmp_path: pathlib.Path) -> None:
    """By BIOS, GRUB and Debian's own entry to a login; again after a reboot;
    and power-off."""
    with exchanged(tmp_path, f"sched={sched}") as disk, Debian(disk=disk) as m:
        m.login(METRONOME)
        check_running(m)
        m.run(f"xl dmesg | grep 'scheduler: {sched} '")
        m.reboot()
        m.login(METRONOME)
        m.poweroff()
    assert m.log.count("dom0 reboots") == 1
    assert "dom0 enters ACPI state S5" in m.log
    for words in BAD:
        assert words not in m.log, m.log[-6000:]


@pytest.mark.soak
def test_exchange() -> None:
    """The promise: a Debian Xen host, one file of it exchanged. Xen; then this
    hypervisor by the same menu entry, which comes up again after a reboot, and
    powers the machine off."""
    with Debian() as m:
        m.login(XEN)
        m.exchange()
        for _ in range(2):
            m.reboot()
            m.login(METRONOME)
            check_running(m)
        log = m.poweroff()
    assert "dom0 enters ACPI state S5" in log
    assert m.log.count("dom0 reboots") == 1, "the second boot's, not Xen's"
    for words in BAD:
        assert words not in log, log[-6000:]


@pytest.mark.soak
def test_exchange_uefi(tmp_path: pathlib.Path) -> None:
    """The same entry by UEFI: the kernel has heard of the firmware, and is
    refused its runtime services without harm; power-off."""
    with exchanged(tmp_path, "sched=bvt") as disk, \
            Debian(disk=disk, uefi=True) as m:
        m.login(METRONOME)
        check_running(m)
        m.run("dmesg | grep 'efi: EFI v2' && [ -d /sys/firmware/efi ]")
        log = m.poweroff()
    assert "(UEFI)" in log
    assert "dom0 enters ACPI state S5" in log
    for words in BAD:
        assert words not in log, log[-6000:]


@pytest.mark.soak
@pytest.mark.parametrize("sched", SCHEDULERS)
def test_load(sched: str, tmp_path: pathlib.Path) -> None:
    """Verified I/O on all disks at once, both networks, load on all CPUs."""
    devices = Devices(tmp_path, ("sda", "nvme0n1"))
    with exchanged(tmp_path, f"sched={sched}") as disk, \
            Debian(disk=disk, extra=devices.arguments()) as m:
        m.login(METRONOME)
        m.run("stress-ng --cpu 2 --vm 1 --vm-bytes 32M --timer 1 --switch 1"
              " --verify --timeout 20s > /stress 2>&1 & true")
        m.run(" & ".join(f"({FIO.format(name)} || touch /bad)"
                         for name in devices.disks) + " & wait; [ ! -e /bad ]")
        m.run("grep 'successful run' /stress")
        for number in range(2):
            m.run(f"n=$(ls -d /sys/class/net/e* | sed -n {number + 1}p); "
                  "n=${n##*/}; ip addr add 10.0.2.15/24 dev $n; "
                  "ip link set $n up; sleep 4; ping -c 3 10.0.2.2 && "
                  "ip addr flush dev $n")
        log = m.poweroff()
    for words in BAD:
        assert words not in log, log[-6000:]
