"""Boot a hypervisor with guests in QEMU, and read its serial console.

The quick way: `qemu -kernel` with a 32-bit ELF container and modules (GRUB is
the real way; see `make iso`). Deterministic by default: one instruction is one
nanosecond. Every boot has a limit of time and ends when its console says so.
"""
import dataclasses
import gzip
import pathlib
import re
import subprocess
import threading

XEN_GZ = pathlib.Path("/boot/xen-4.17-amd64.gz")
# What both hypervisors say when the initial domain is gone, and a panic.
OVER = re.compile(r"Hardware Dom0 (halted|crashed|shutdown)|Reboot in five|"
                  r"Manual reset|PANIC|Panic on CPU|panic:")


@dataclasses.dataclass
class Boot:
    """One boot: the hypervisor, its arguments, and modules.

    A module is (file, arguments); the first one is the initial domain's
    kernel, a further one its ramdisk or, as `domain ...`, a boot-time domain.
    """

    hypervisor: pathlib.Path
    arguments: str = ""
    modules: list[tuple[pathlib.Path, str]] = dataclasses.field(
        default_factory=list)
    cpus: int = 1
    cpu: str = "max,-smap"
    memory: str = "512M"
    limit: float = 60.0
    until: str = ""          # also end when this matches a line
    deterministic: bool = True
    extra: list[str] = dataclasses.field(default_factory=list)

    def command(self) -> list[str]:
        """QEMU's arguments."""
        modules = ",".join(f"{file} {args}".strip().replace(",", ",,")
                           for file, args in self.modules)
        # It ends with whoever started it, however that one ends.
        command = ["setpriv", "--pdeathsig", "KILL",
                   "qemu-system-x86_64", "-M", "q35", "-m", self.memory,
                   "-cpu", self.cpu, "-smp", str(self.cpus), "-nographic",
                   "-serial", "stdio", "-monitor", "none", "-no-reboot",
                   "-kernel", str(self.hypervisor),
                   "-append", f"console=com1 com1=115200,8n1 {self.arguments}",
                   "-initrd", modules]
        if self.deterministic:
            command += ["-icount", "shift=0,sleep=off", "-seed", "1",
                        "-rtc", "base=2024-01-01T00:00:00,clock=vm"]
        return command + self.extra

    def run(self) -> "Console":
        """Boot, and return what the console said."""
        with subprocess.Popen(self.command(), stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              text=True, errors="replace") as qemu:
            watch = Watch(qemu, self.limit)
            lines = self._read(qemu)
            watch.stop()
        return Console(lines, watch.expired)

    def _read(self, qemu: subprocess.Popen) -> list[str]:
        lines = []
        assert qemu.stdout is not None
        for line in qemu.stdout:
            lines.append(line.rstrip("\r\n"))
            if OVER.search(line) or (self.until
                                     and re.search(self.until, line)):
                break
        qemu.kill()
        return [line for line in lines if line]


class Watch:
    """Kills a process when its time is over."""

    def __init__(self, process: subprocess.Popen, limit: float) -> None:
        self.expired = False
        self._process = process
        self._timer = threading.Timer(limit, self._expire)
        self._timer.start()

    def _expire(self) -> None:
        self.expired = True
        self._process.kill()

    def stop(self) -> None:
        """The process ended by itself."""
        self._timer.cancel()


@dataclasses.dataclass
class Console:
    """What a boot said, and whether its time ran out."""

    lines: list[str]
    expired: bool

    def find(self, pattern: str) -> re.Match | None:
        """The first match in any line."""
        for line in self.lines:
            if match := re.search(pattern, line):
                return match
        return None

    def tail(self, count: int = 25) -> str:
        """The last lines, for a message."""
        return "\n".join(self.lines[-count:])


def reference_xen(directory: pathlib.Path) -> pathlib.Path | None:
    """Debian's Xen 4.17 as QEMU takes it; None when it is not installed."""
    if not XEN_GZ.exists():
        return None
    target = directory / "xen32"
    directory.mkdir(parents=True, exist_ok=True)
    if not target.exists():
        target.write_bytes(gzip.decompress(XEN_GZ.read_bytes()))
    return target
