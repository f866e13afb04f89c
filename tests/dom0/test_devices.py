"""Debian's kernel as dom0 on the machine's devices.

Contents are compared from outside; not deterministic mode, so that every run
is another interleaving.
"""
import pathlib
import re
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import boots  # noqa: E402
from machine import Devices, boot, finish  # noqa: E402

XENFS = {
    "/proc/xen/capabilities": "control_d",
    "/sys/hypervisor/type": "xen",
    "/sys/hypervisor/guest_type": "PV",
    "/sys/hypervisor/uuid": "00000000-0000-0000-0000-000000000000",
    "/sys/hypervisor/version/major": "4",
    "/sys/hypervisor/version/minor": "17",
    "/sys/hypervisor/version/extra": r"\.0-metronome",
    "/sys/hypervisor/properties/features": "[0-9a-f]{8}",
    "/sys/hypervisor/properties/capabilities": "xen-3.0-x86_64",
    "/sys/hypervisor/properties/pagesize": "1000",
    "/sys/hypervisor/properties/virtual_start": "ffff800000000000",
    "/sys/hypervisor/compilation/compiler": "gcc",
}
SCHEDULERS = ["rr", "credit", "sedf", "bvt"]


def check_xenfs(log: str) -> None:
    """/proc/xen and /sys/hypervisor say what a dom0's tools look for."""
    for path, words in XENFS.items():
        assert re.search(rf"^XENFS {path}: {words}", log, re.M), path
    assert re.search(r"^ffff82d04\S+ t hypercall_multicall", log, re.M)
    count = re.search(r"^XENFS symbols: (\d+)", log, re.M)
    assert count and int(count[1]) > 500


def test_all_devices(tmp_path: pathlib.Path) -> None:
    """AHCI by MSI, NVMe and virtio by MSI-X, e1000 by a level-triggered line:
    what is read, written and fetched is right; power-off by ACPI ends QEMU."""
    devices = Devices(tmp_path)
    with boot(devices.jobs() + " job=show:/proc/interrupts "
              "job=xenfs:hypercall_multicall", smp=2,
              extra=devices.arguments()) as m:
        log = finish(m)
    devices.check(log)
    assert "dom0 enters ACPI state S5" in log
    for line in ("ioapic-edge  i8042", "ioapic-edge  rtc0",
                 "ioapic-level  acpi", "-msi       ahci", "-msi-x     nvme0q1",
                 "-msi-x     virtio0-req.0"):
        assert re.search(r"xen-pirq +" + line.replace("ioapic", "-ioapic"),
                         log), line
    check_xenfs(log)


@pytest.mark.parametrize("sched", SCHEDULERS)
def test_scheduler(sched: str, tmp_path: pathlib.Path) -> None:
    """Under each scheduler, with more vCPUs than CPUs."""
    devices = Devices(tmp_path, ("vda",), ())
    with boot(devices.jobs() + " drivers=virtio_pci:virtio_blk", smp=2,
              hypervisor=f"sched={sched} dom0_max_vcpus=3",
              extra=devices.arguments()) as m:
        log = finish(m)
    assert ", 3 cpus" in log
    devices.check(log)


@pytest.mark.parametrize("sched", ["credit2", "fbvt", "rtds", "rtxen", "null"])
def test_scheduler_more(sched: str) -> None:
    """Under the others to user land; null has a CPU for each vCPU."""
    with boot("drivers=virtio_pci job=none", smp=2,
              hypervisor=f"sched={sched}") as m:
        assert ", 2 cpus" in finish(m)
    assert f"scheduler: {sched} " in m.log


@pytest.mark.soak
@pytest.mark.parametrize("sched", SCHEDULERS)
@pytest.mark.parametrize("machine, smp, vcpus, memory", [
    ("pc", 8, 8, "1G"),   # the older chipset: no MMCONFIG, IDE by edge
    ("q35", 2, 2, "5G"),  # dom0 above 4 GiB: bounce buffers by exchange
    ("q35", 1, 1, "1G"),
    ("q35", 1, 8, "1G"),
])
def test_machines(sched: str, machine: str, smp: int, vcpus: int, memory: str,
                  tmp_path: pathlib.Path) -> None:
    """All devices on other machines, with other numbers of vCPUs."""
    devices = Devices(tmp_path)
    with boot(devices.jobs(), smp=smp, memory=memory, machine=machine,
              hypervisor=f"sched={sched} dom0_max_vcpus={vcpus}",
              extra=devices.arguments()) as m:
        log = finish(m, 1200)
    assert f", {vcpus} cpus" in log
    devices.check(log)


@pytest.mark.soak
@pytest.mark.parametrize("number", range(50))
@pytest.mark.parametrize("sched", SCHEDULERS)
def test_fifty_boots(sched: str, number: int, tmp_path: pathlib.Path) -> None:
    """Fifty boots in a row on four CPUs under each scheduler, none fails."""
    outcome, seen = boots.one(sched, 4, tmp_path)
    assert outcome == boots.PASS, seen[-6000:]
