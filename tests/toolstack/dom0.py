"""A Linux dom0 with Debian's toolstack, driven from its console.

The same on Metronome and on Debian's Xen 4.17: only the file differs. Xen
keeps 128 characters of a console's input and drops the rest, so commands go in
with the initramfs, as scripts, and what is typed is short.
"""
from __future__ import annotations

import dataclasses
import gzip
import pathlib
import re
import stat
import sys
from types import TracebackType

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2]
                       / "guests/linux"))
from mkinitrd import record  # noqa: E402
from qemu import BUILD, ONE_THREAD, Machine  # noqa: E402

XEN_NAME = "xen32"
XEN_GZ = pathlib.Path("/boot/xen-4.17-amd64.gz")
LINUX = BUILD / "guests/linux"
LIMIT = 600.0  # of anything, in s: a hundred times what it takes
# What must never be said: the hypervisor's own faults, and dom0's.
BAD = ("Panic on CPU", "PANIC", "broke a rule", "BUG:", "Oops", "Call Trace",
       "self-detected", "Kernel panic", "MODULE FAILED")


@dataclasses.dataclass
class Answer:
    """What a command said, and its status."""

    status: int
    text: str


def with_scripts(folder: pathlib.Path, scripts: list[str]) -> pathlib.Path:
    """The initramfs, and behind it an archive of scripts /s/0, /s/1 ..."""
    none = (0, 0)
    archive = record(1, "s", (stat.S_IFDIR | 0o755, b"", none))
    for number, script in enumerate(scripts):
        archive += record(number + 2, f"s/{number}",
                          (stat.S_IFREG | 0o644, f"{script}\n".encode(), none))
    archive += record(0, "TRAILER!!!", (0, b"", none))
    image = folder / "toolstack.img"
    image.write_bytes((LINUX / "toolstack.img").read_bytes() + archive)
    return image


# By default Xen switches vector registers lazily on this processor, and in
# QEMU's emulation that corrupts them: two domains that use them, and programs
# end with segmentation faults (results/toolstack/README.md). For correctness
# only: it is never a word of what is measured.
XEN_WORDS = " spec-ctrl=eager-fpu"


class Dom0:
    """Debian's kernel with the toolstack; end it by `with`."""

    def __init__(self, hypervisor: pathlib.Path, folder: pathlib.Path,
                 scripts: list[str], *, options: str = "", words: str = "",
                 smp: int = 2, memory: str = "1G", own: str = "384M",
                 extra: tuple[str, ...] = ()) -> None:
        """scripts: the commands that run() will be given; memory: the
        machine's; own: dom0's; extra: further arguments of QEMU."""
        self._scripts = {script: i for i, script in enumerate(scripts)}
        if hypervisor.name == XEN_NAME:
            options += XEN_WORDS
        self.machine = Machine(
            f"console=com1 com1=115200,8n1 dom0_mem={own},max:{own} {options}",
            (f"{LINUX / 'vmlinuz'} console=hvc0 quiet {words} job=daemons "
             "job=session", f"{with_scripts(folder, scripts)}"),
            smp=smp, memory=memory, kernel=hypervisor,
            extra=(*ONE_THREAD, *extra))
        self._number = 0

    def start(self) -> Dom0:
        """Wait for the shell and the daemons."""
        self.machine.wait(r"^SESSION", LIMIT)
        status = self.machine.wait(r"JOB END daemons status=(\d+)")[1]
        assert status == "0", self.machine.log[-4000:]
        self.type("PS1=; stty -echo; dmesg -n 1")
        return self

    def type(self, command: str, limit: float = LIMIT) -> Answer:
        """One short line, to its end."""
        assert len(command) < 64, f"too long to be typed: {command}"
        self._number += 1
        number = self._number
        self.machine.send(f"echo; echo BEGIN$(({number}));{command}\n"
                          f"echo END$(({number}))=$?\n")
        found = self.machine.wait(
            rf"BEGIN{number}\n((?:.*\n)*?)(?:.*)END{number}=(\d+)$", limit)
        return Answer(int(found[2]), found[1])

    def run(self, script: str, limit: float = LIMIT) -> Answer:
        """One of the scripts, to its end."""
        return self.type(f". /s/{self._scripts[script]}", limit)

    def ok(self, script: str, limit: float = LIMIT) -> str:
        """It has to succeed; what it said."""
        answer = self.run(script, limit)
        assert answer.status == 0, \
            f"{script}: status {answer.status}:\n{answer.text}\n" \
            f"{self.machine.log[-3000:]}"
        return answer.text

    def __enter__(self) -> Dom0:
        return self.start()

    def __exit__(self, kind: type[BaseException] | None,
                 error: BaseException | None,
                 trace: TracebackType | None) -> None:
        self.machine.close()


def hypervisors(folder: pathlib.Path) -> dict[str, pathlib.Path]:
    """Those that there are, by name, as QEMU takes them."""
    found = {"metronome": BUILD / "metronome32"}
    if XEN_GZ.exists():
        found["xen"] = folder / XEN_NAME
        found["xen"].write_bytes(gzip.decompress(XEN_GZ.read_bytes()))
    return found


def bad_words(log: str) -> list[str]:
    """Those of BAD that were said."""
    return [words for words in BAD if re.search(re.escape(words), log)]
