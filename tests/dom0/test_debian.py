"""A whole Debian 12 as dom0, from `make dom0-disk`: login, load, shutdown."""
import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from machine import BAD, Devices, boot  # noqa: E402
from qemu import BUILD, Machine  # noqa: E402

DISK = BUILD / "dom0/debian.img"
FIO = ("fio --name={0} --filename=/dev/{0} --rw=randrw --bs=4k --size=4M "
       "--loops=20 --verify=crc32c --direct=1 --ioengine=libaio --iodepth=16 "
       "--minimal > /dev/null")

pytestmark = [
    pytest.mark.soak,
    pytest.mark.skipif(not DISK.exists(), reason="no disk: make dom0-disk"),
]


class Shell:
    """A login on the console."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        self.number = 0
        machine.wait(r"dom0 login:", 600)
        machine.send("root\n")
        machine.wait(r"root@dom0:~#", 120)

    def run(self, command: str, limit: float = 600) -> None:
        """It has to succeed."""
        self.number += 1
        self.machine.send(f"{command}; echo END{self.number}=$?\n")
        status = self.machine.wait(rf"END{self.number}=(\d+)", limit)[1]
        assert status == "0", self.machine.log[-4000:]


@pytest.mark.parametrize("end, words", [
    ("poweroff", "dom0 enters ACPI state S5"),
    ("reboot", "dom0 reboots"),
])
@pytest.mark.parametrize("sched", ["credit", "bvt"])
def test_debian(sched: str, end: str, words: str,
                tmp_path: pathlib.Path) -> None:
    """To a login; verified I/O on all disks at once, both networks, load on
    all CPUs; and its end by systemd."""
    devices = Devices(tmp_path, ("sda", "nvme0n1"))
    extra = ("-drive", f"file={DISK},format=raw,if=none,id=root,snapshot=on",
             "-device", "virtio-blk-pci,drive=root", *devices.arguments())
    with boot("job=root:vda drivers=virtio_pci:virtio_blk:ext4:crc32c_generic",
              smp=2, memory="2G", hypervisor=f"sched={sched}",
              extra=extra) as m:
        shell = Shell(m)
        shell.run("systemctl is-system-running --wait || systemctl --failed")
        shell.run("ls /sys/hypervisor/uuid /proc/xen/capabilities || true")
        shell.run("stress-ng --cpu 2 --vm 1 --vm-bytes 32M --timer 1 --switch 1"
                  " --verify --timeout 20s & true")
        shell.run(" & ".join(f"({FIO.format(name)} || touch /bad)"
                             for name in devices.disks) + " & wait; "
                  "[ ! -e /bad ]")
        for number, name in enumerate(("ens4", "ens5")):
            shell.run(f"n=$(ls -d /sys/class/net/e* | sed -n {number + 1}p); "
                      "n=${n##*/}; ip addr add 10.0.2.15/24 dev $n; "
                      "ip link set $n up; sleep 4; ping -c 3 10.0.2.2 && "
                      "ip addr flush dev $n")
        m.send(f"systemctl {end}\n")
        log = m.wait_end(300)
    assert words in log, log[-4000:]
    for words in BAD:
        assert words not in log, log[-6000:]
