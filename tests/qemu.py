"""A machine in QEMU for boot tests: its serial line, keys, and memory.

    with Machine(append="sched=rr", smp=4) as m:
        m.wait(r"4 CPUs")

Boots build/metronome32 directly (multiboot 1), or a medium or a disk by BIOS or
UEFI.
Waiting ends early when QEMU does; whatever a test waits for has a generous
timeout, so that the load of the host decides nothing.
"""
from __future__ import annotations

import json
import os
import pathlib
import re
import shutil
import socket
import subprocess
import tempfile
import threading
import time
from types import TracebackType

ROOT = pathlib.Path(__file__).resolve().parents[1]
BUILD = ROOT / os.environ.get("BUILD", "build")
OVMF = pathlib.Path("/usr/share/OVMF")
DETERMINISTIC = ["-icount", "shift=0,sleep=off", "-rtc",
                 "base=2026-01-01,clock=vm", "-seed", "1"]
# All processors in one thread of the host. With one each a boot of Linux may
# stay at an instruction that Linux has just patched, by QEMU's fault
# (tests/emulator); and where the host is busy, a processor that waits for
# another one waits until the host lets that one's thread run.
ONE_THREAD = ("-accel", "tcg,thread=single")


class Machine:
    """One QEMU, started at once; end it by `with` or close()."""

    def __init__(self, append: str = "", modules: tuple[str, ...] = (), *,
                 smp: int = 1, memory: str = "512M",
                 cpu: str = "max,-smap", machine: str = "q35",
                 iso: pathlib.Path | None = None,
                 disk: pathlib.Path | None = None, uefi: bool = False,
                 reboots: bool = False, deterministic: bool = False,
                 kernel: pathlib.Path = BUILD / "metronome32",
                 extra: tuple[str, ...] = ()) -> None:
        """modules: "path words" each; reboots: a reset does not end it; what
        is written to a disk is lost; extra: further arguments of QEMU."""
        self._kernel = kernel
        self.folder = tempfile.TemporaryDirectory(prefix="metronome-")
        self.log = ""
        self._changed = threading.Condition()
        self._ended = False
        self._socket = pathlib.Path(self.folder.name) / "qmp"
        # It ends with whoever started it, however that one ends.
        args = ["setpriv", "--pdeathsig", "KILL",
                "qemu-system-x86_64", "-M", machine, "-m", memory,
                "-smp", str(smp), "-cpu", cpu, "-display", "none",
                "-net", "none", "-monitor", "none", "-serial", "stdio", "-qmp",
                f"unix:{self._socket},server=on,wait=off"]
        args += [] if reboots else ["-no-reboot"]
        args += DETERMINISTIC if deterministic else []
        args += (self._firmware(iso, disk, uefi) if iso or disk
                 else self._boot(append, modules)) + list(extra)
        self._process = subprocess.Popen(
            args, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, cwd=ROOT)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _boot(self, append: str, modules: tuple[str, ...]) -> list[str]:
        args = ["-kernel", str(self._kernel), "-append", append]
        if modules:
            args += ["-initrd", ",".join(modules)]
        return args

    def _firmware(self, iso: pathlib.Path | None, disk: pathlib.Path | None,
                  uefi: bool) -> list[str]:
        args = ["-cdrom", str(iso)] if iso else [
            "-drive", f"file={disk},format=raw,if=none,id=boot,snapshot=on",
            "-device", "virtio-blk-pci,drive=boot,bootindex=1"]
        if uefi:
            variables = pathlib.Path(self.folder.name) / "vars.fd"
            shutil.copy(OVMF / "OVMF_VARS_4M.fd", variables)
            flash = "if=pflash,format=raw"
            args += ["-drive", f"{flash},readonly=on,"
                     f"file={OVMF / 'OVMF_CODE_4M.fd'}",
                     "-drive", f"{flash},file={variables}"]
        return args

    def _read(self) -> None:
        assert self._process.stdout
        while data := self._process.stdout.read1(65536):
            with self._changed:
                self.log += data.decode("ascii", "replace").replace("\r", "")
                self._changed.notify_all()
        with self._changed:
            self._ended = True
            self._changed.notify_all()

    def wait(self, pattern: str, timeout: float = 120,
             start: int = 0) -> re.Match[str]:
        """Until the log matches, from `start` on; AssertionError with the log
        if it won't."""
        end = time.monotonic() + timeout
        with self._changed:
            expression = re.compile(pattern, re.M)
            while not (found := expression.search(self.log, start)):
                left = end - time.monotonic()
                assert left > 0 and not self._ended, \
                    f"no {pattern!r} in:\n{self.log[-4000:]}"
                self._changed.wait(left)
        return found

    def wait_end(self, timeout: float = 120) -> str:
        """Until QEMU ends by itself; its whole log."""
        try:
            self._process.wait(timeout)
        except subprocess.TimeoutExpired as error:
            raise AssertionError(
                f"still running:\n{self.log[-4000:]}") from error
        self._reader.join()
        return self.log

    def running(self) -> bool:
        """QEMU has not ended."""
        return not self._ended and self._process.poll() is None

    def send(self, text: str) -> None:
        """Type on the serial line."""
        assert self._process.stdin
        self._process.stdin.write(text.encode())
        self._process.stdin.flush()

    def qmp(self, command: str, **arguments: object) -> object:
        """One command of QEMU's machine protocol; its answer."""
        with socket.socket(socket.AF_UNIX) as s:
            s.settimeout(60)
            while not self._socket.exists():
                assert not self._ended, self.log
                time.sleep(0.05)
            s.connect(str(self._socket))
            with s.makefile("rw") as file:
                file.readline()
                for name, args in (("qmp_capabilities", {}),
                                   (command, arguments)):
                    file.write(json.dumps({"execute": name,
                                           "arguments": args}))
                    file.flush()
                    while "event" in (answer := json.loads(file.readline())):
                        pass
                return answer

    def memory(self, address: int, size: int) -> bytes:
        """Physical memory as it is now."""
        path = pathlib.Path(self.folder.name) / "memory"
        self.qmp("pmemsave", val=address, size=size, filename=str(path))
        return path.read_bytes()

    def close(self) -> None:
        """End QEMU if it still runs."""
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()
        self._reader.join()
        self.folder.cleanup()

    def __enter__(self) -> Machine:
        return self

    def __exit__(self, kind: type[BaseException] | None,
                 error: BaseException | None,
                 trace: TracebackType | None) -> None:
        self.close()
