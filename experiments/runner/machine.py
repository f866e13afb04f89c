"""One run of QEMU in deterministic mode, observed through its memory file."""
from __future__ import annotations

import shutil
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from xentrace.trace import TOOL

from .manifest import Manifest

QEMU = "qemu-system-x86_64"
# It ends with the runner, however that one ends.
WITH_US = ["setpriv", "--pdeathsig", "KILL"]


@dataclass(frozen=True)
class Progress:
    """What the rings show: records, of them lost, virtual time in ns."""

    records: int = 0
    lost: int = 0
    ns: float = 0.0


def _clock(manifest: Manifest) -> list[str]:
    """What time is: the instructions, or in a live run the host's."""
    if manifest.accel:
        return ["-accel", manifest.accel]
    return ["-accel", "tcg,thread=single",
            "-icount", f"shift={manifest.icount_shift},sleep=off",
            "-rtc", "base=2026-01-01T00:00:00,clock=vm"]


def command(manifest: Manifest, seed: int, image: Path, ram: Path,
            serial: Path) -> list[str]:
    """QEMU's command line. Nothing in it may depend on the machine it runs on
    (but in a live run): each option stands for a source of chance that is shut
    off."""
    return [
        QEMU, "-M", "q35,memory-backend=ram", "-cpu", "max,-smap",
        "-m", manifest.memory, "-smp", str(manifest.cpus),
        *_clock(manifest), "-seed", str(seed),
        "-object", f"memory-backend-file,id=ram,size={manifest.memory},"
        f"mem-path={ram},share=on",
        "-drive", f"if=none,id=boot,format=raw,file={image}",
        "-device", "sdhci-pci", "-device", "sd-card,drive=boot",
        "-nodefaults", "-display", "none", "-no-reboot",
        "-serial", f"file:{serial}",
    ]


class Machine:
    """A QEMU process and its files in a temporary folder."""

    def __init__(self, manifest: Manifest, seed: int, image: Path,
                 work: Path) -> None:
        self.work = work
        self.serial = work / "serial.log"
        self.serial.write_bytes(b"")
        base = "/dev/shm" if Path("/dev/shm").is_dir() else None
        self.folder = Path(tempfile.mkdtemp(prefix="metronome-", dir=base))
        self.ram = self.folder / "ram"
        self.started = time.monotonic()
        self.command = command(manifest, seed, image, self.ram, self.serial)
        self.errors = open(work / "qemu.err", "wb")
        self.process = subprocess.Popen(
            WITH_US + self.command, stdin=subprocess.DEVNULL,
            stdout=self.errors, stderr=self.errors, start_new_session=True)

    def progress(self) -> Progress:
        """A look at the rings; zeros until the hypervisor has made them."""
        done = subprocess.run([TOOL, "peek", "--ram", self.ram], text=True,
                              capture_output=True)
        if done.returncode:
            return Progress()
        records, lost, ns, _ = done.stdout.split()
        return Progress(int(records), int(lost), float(ns))

    def running(self) -> bool:
        """Has QEMU not ended by itself?"""
        return self.process.poll() is None

    def stop(self) -> None:
        """End QEMU, if it has not ended."""
        if self.running():
            self.process.terminate()
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.errors.close()

    def collect(self) -> Path | None:
        """The trace so far, as work/trace; None if there is none."""
        file = self.work / "trace"
        done = subprocess.run([TOOL, "record", "--ram", self.ram, file],
                              text=True, capture_output=True)
        return file if done.returncode == 0 else None

    def discard(self) -> None:
        """Remove the memory file."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def last_words(self, lines: int = 3) -> str:
        """The end of the console, or of QEMU's own complaints."""
        text = self.serial.read_text(errors="replace").strip()
        text = text or (self.work / "qemu.err").read_text().strip()
        return " | ".join(text.splitlines()[-lines:]) or "(it said nothing)"
