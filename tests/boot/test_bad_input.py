"""Bad input at boot: one clear line that names the thing and the remedy.

Never a hang, never a backtrace: the machine says what is wrong and ends.
"""
import pathlib
import re
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from qemu import BUILD, Machine  # noqa: E402

HELLO = BUILD / "guests/hello"
LINUX = BUILD / "guests/linux/vmlinuz"
DESCRIBED = "domain name=lat mem=16M"
NEW = "ake (the file|it) anew"


def ends_with(modules: tuple[str, ...], message: str, *,
              options: str = "", memory: str = "512M") -> None:
    """The boot ends with exactly one line of complaint, which is this."""
    with Machine(f"console=com1 {options}", modules, memory=memory) as m:
        log = m.wait_end(240)
    bad = [line for line in log.splitlines() if re.search(message, line)]
    assert len(bad) == 1, log[-3000:]
    for words in ("Backtrace", "Started in", "rip ["):
        assert words not in log, log[-3000:]


def spoil(data: bytes, how: str) -> bytes:
    """A copy cut early, cut in its header, or with garbage in it."""
    if how == "cut":
        return data[:len(data) // 16]
    if how == "stub":
        return data[:40]
    if how == "garbage":
        middle = len(data) // 2
        return data[:middle] + bytes(range(256)) * 16 + data[middle + 4096:]
    if how == "header":
        return data[:4] + b"\xff" * 252 + data[256:]
    return b""


@pytest.mark.parametrize("how, message", [
    ("cut", "it is cut short"),
    ("stub", "not an ELF file"),
    ("header", "not for 64-bit x86"),
])
def test_elf(tmp_path: pathlib.Path, how: str, message: str) -> None:
    """A damaged ELF kernel is named, with what to do."""
    kernel = tmp_path / "kernel"
    kernel.write_bytes(spoil(HELLO.read_bytes(), how))
    ends_with((f"{kernel} {DESCRIBED}",), rf"module 0.*{message}.*{NEW}")


@pytest.mark.parametrize("how, message", [
    ("cut", "it is cut short"),
    ("garbage", "compressed part is damaged"),
    ("header", "neither ELF nor compressed"),
])
def test_bzimage(tmp_path: pathlib.Path, how: str, message: str) -> None:
    """A damaged bzImage is named, with what to do."""
    kernel = tmp_path / "vmlinuz"
    data = LINUX.read_bytes()
    data = spoil(data, how) if how != "header" else \
        b"\0" * 0x400 + data[0x400:]
    kernel.write_bytes(data)
    ends_with((f"{kernel} {DESCRIBED}",), rf"module 0.*{message}.*{NEW}")


def test_no_kernel(tmp_path: pathlib.Path) -> None:
    """A text where a kernel is wanted, as dom0's."""
    text = tmp_path / "text"
    text.write_text("This is not a kernel at all.\n" * 10)
    ends_with((f"{text} root=/dev/sda1",),
              rf"module 0 is not a kernel.*Name the right file.*{NEW}")


def test_too_large(tmp_path: pathlib.Path) -> None:
    """An initrd that is larger than its domain."""
    large = tmp_path / "large"
    with large.open("wb") as file:
        file.truncate(48 << 20)
    ends_with((f"{HELLO} {DESCRIBED} ramdisk=large", f"{large} file=large"),
              r"module 0: 16 MiB are too little.*give it \d+ MiB or more")


def test_no_room_to_unpack() -> None:
    """A kernel that the machine has no memory to unpack."""
    ends_with((f"{LINUX} {DESCRIBED}",),
              "module 0.*needs \\d+ MiB to be unpacked: give the machine more",
              memory="48M")


@pytest.mark.parametrize("words, message", [
    ("name=a mem=64G", r"wants 65536 MiB and \d+ MiB are left: give it less"),
    ("name=a mem=16M frobnicate=7", "frobnicate.*(accept|known|there are)"),
    ("name=a mem=16", "mem=16: accepted is a size with its unit"),
    ("name=a mem=16M vcpus=0", "vcpus=0: accepted is 1 to 128"),
    ("name=a mem=16M cpus=7", "cpus=: none of these CPUs exists"),
    ("name=a mem=16M weight=0", "weight.*0"),
    ("name=a mem=16M weight=heavy", "weight=heavy.*accepted"),
    ("name=a mem=16M ramdisk=no", "ramdisk=no: no module with file=no"),
    ("name=a/b mem=16M", "name=a/b: accepted is"),
    ("name=a", "mem"),
    ('name=a mem=16M cmdline="x', "quote"),
])
def test_description(words: str, message: str) -> None:
    """An unknown key or an impossible value of a domain's description."""
    ends_with((f"{HELLO} domain {words}",), rf"module 0.*: .*{message}")


def test_parameters_that_do_not_go_together() -> None:
    """A period below the budget that is in force; with a budget it fits."""
    words = f"{HELLO} domain name=a mem=16M rtds.period=3ms"
    ends_with((words,), r"rtds refuses period=3ms: they do not go together",
              options="sched=rtds")
    with Machine("console=com1 sched=rtds",
                 (f"{words} rtds.budget=1ms",)) as m:
        assert "hello" in m.wait_end().lower()


def test_description_in_a_text(tmp_path: pathlib.Path) -> None:
    """The line of the text is said."""
    text = tmp_path / "domains"
    text.write_text("# first\ndomain name=a kernel=hello mem=16M\n"
                    "domain name=a kernel=hello mem=16M\n")
    ends_with((f"{HELLO} file=hello", f"{text} domains"),
              "module 1, line 3: name=: another domain has this name")


def test_dom0_memory() -> None:
    """dom0_mem= that is not there."""
    ends_with((f"{HELLO} placeholder",),
              r"dom0.*wants 8192 MiB and \d+ MiB are left",
              options="dom0_mem=8G")


def test_no_module() -> None:
    """Nothing to run."""
    ends_with((), "no domain to run: give GRUB a module2 line")


@pytest.mark.parametrize("module", [f"{HELLO} file=", f"{HELLO} {DESCRIBED}"])
def test_scheduler_is_refused_first(module: str) -> None:
    """sched=nonsense is said whatever the modules are."""
    ends_with((module,), "sched=nonsense: no such scheduler; there are: .*bvt",
              options="sched=nonsense")
