"""A machine with disks and networks for a Linux dom0, and what they hold.

The disks' contents are known here, and compared from outside of the guest;
the networks are QEMU's own, closed to the world.
"""
import dataclasses
import hashlib
import os
import pathlib
import random
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from qemu import ONE_THREAD, Machine  # noqa: E402

KERNEL = "build/guests/linux/vmlinuz"
RAMDISK = "build/guests/linux/dom0.img"
MIB = 1 << 20
SIZE = 4 * MIB
# What must never be said: the hypervisor's own faults, and a kernel's.
BAD = ("Panic on CPU", "broke a rule", "BUG:", "Oops", "Call Trace",
       "rcu_sched self-detected", "Kernel panic", "I/O error", "lost interrupt",
       "nobody cared", "MODULE FAILED", "xen map irq failed", "qc timeout",
       "completion polled", "NETDEV WATCHDOG")
# Linux's name of a disk, QEMU's device, and the driver (but for its parts).
DISKS = {
    "sda": "ide-hd,drive={0}",
    "vda": "virtio-blk-pci,drive={0}",
    "nvme0n1": "nvme,drive={0},serial=1",
}
# QEMU counts instructions, 16 ns each, and the clock goes by these: the host's
# load can't be what a guest's watchdogs and time limits see. All CPUs in turn.
# METRONOME_SHIFT=5: 32 ns each, for a machine half as fast, and half the work.
SHIFT = os.environ.get("METRONOME_SHIFT", "4")
COUNTED = ("-icount", f"shift={SHIFT},sleep=off", "-rtc",
           "base=2026-01-01,clock=vm", "-seed", "1")
NETWORKS = {"eth0": "e1000", "eth1": "virtio-net-pci"}


@dataclasses.dataclass
class Devices:
    """Files behind the devices, in a folder of the test's."""

    folder: pathlib.Path
    disks: tuple[str, ...] = tuple(DISKS)
    networks: tuple[str, ...] = tuple(NETWORKS)

    def __post_init__(self) -> None:
        bits = random.Random(1)
        for name in self.disks:
            (self.folder / name).write_bytes(bits.randbytes(SIZE // 2)
                                             + bytes(SIZE // 2))
        (self.folder / "tftp").mkdir()
        (self.folder / "tftp/file").write_bytes(bits.randbytes(200_000))

    def arguments(self) -> tuple[str, ...]:
        """QEMU's."""
        words: list[str] = []
        for name in self.disks:
            words += ["-drive", f"file={self.folder / name},format=raw,"
                      f"if=none,id={name}", "-device",
                      DISKS[name].format(name)]
        for name in self.networks:
            words += ["-netdev", f"user,id={name},restrict=on,"
                      f"tftp={self.folder / 'tftp'}", "-device",
                      f"{NETWORKS[name]},netdev={name}"]
        return tuple(words)

    def jobs(self) -> str:
        """Of the guest, to use them all."""
        words = [f"job=disk:{name}" for name in self.disks]
        words += [f"job=net:{name}:file" for name in self.networks]
        return " ".join(words)

    def check(self, log: str) -> None:
        """What was read, written and fetched is right, seen from both ends."""
        for name in self.disks:
            data = (self.folder / name).read_bytes()
            half = data[:SIZE // 2]
            digest = hashlib.sha256(half).hexdigest()
            assert f"DISK {name} {digest} {SIZE // 2 // MIB} MiB" in log
            assert f"DISK {name} {digest} copied" in log
            assert data[SIZE // 2:] == half, f"{name}: written wrongly"
        file = (self.folder / "tftp/file").read_bytes()
        for name in self.networks:
            assert f"NET {name} {hashlib.sha256(file).hexdigest()}" in log


def boot(jobs: str, *, hypervisor: str = "", smp: int = 1, memory: str = "1G",
         machine: str = "q35", extra: tuple[str, ...] = ()) -> Machine:
    """Debian's kernel as dom0, with the initramfs of the devices' drivers;
    unless extra has another -accel, in one thread."""
    if "-accel" not in extra:
        extra = (*ONE_THREAD, *extra)
    return Machine(f"console=com1 dom0_mem=512M {hypervisor}",
                   (f"{KERNEL} console=hvc0 {jobs}", RAMDISK), smp=smp,
                   memory=memory, machine=machine, extra=extra)


def finish(m: Machine, limit: float = 600) -> str:
    """Until all jobs are done and dom0 has powered the machine off."""
    m.wait(r"JOBS DONE failed=0", limit)
    log = m.wait_end(120)
    said = [line for line in log.splitlines()
            if any(words in line for words in BAD)]
    assert not said, "\n".join([*said[:20], "...", log[-6000:]])
    return log
