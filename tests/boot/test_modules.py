"""What is wrong with a module or a description ends the boot with one line
that names it and what would be right: never a hang, never a run of something
else."""
from __future__ import annotations

import gzip
import lzma
import pathlib

import pytest

from qemu import BUILD, Machine

HELLO = str(BUILD / "guests/hello")


def refused(modules: tuple[str, ...], options: str = "",
            memory: str = "256M") -> str:
    """The last line but the reboot's, of a boot that must end by itself."""
    with Machine(f"console=com1 {options}", modules, memory=memory) as m:
        log = m.wait_end()
    assert "Backtrace" not in log, log
    lines = [line for line in log.splitlines() if line.startswith("(XEN)")]
    assert "Reboot" in lines[-1], log
    return lines[-2]


@pytest.mark.parametrize("words, names", [
    ("domain name=a mem=16M wieght=5", ("wieght=", "vcpus", "weight")),
    ("domain name=a mem=16M weight=-1", ("weight=-1", "1 to 65535")),
    ("domain name=a mem=16", ("mem=16", "192M")),
    ("domain name=a mem=16M vcpus=1000", ("vcpus=1000", "1 to 128")),
    ("domain name=a mem=16M cpus=77", ("cpus=", "exists")),
    ("domain name=a mem=16M ramdisk=nix", ("ramdisk=nix", "file=nix")),
    ("domain name=a mem=1M", ("1 MiB are too little", "or more")),
    ("domain name=a mem=2G", ("2048 MiB", "left")),
    ("domain mem=16M", ("name= is missing",)),
    ("file=hello", ("There is no domain to run",)),
])
def test_description(words: str, names: tuple[str, ...]) -> None:
    """A wrong description: the line names the key and what is accepted."""
    line = refused((f"{HELLO} {words}",), "sched=credit")
    assert all(name in line for name in names), line


def test_text(tmp_path: pathlib.Path) -> None:
    """In a text of descriptions, the line's number is named, too."""
    text = tmp_path / "domains"
    text.write_text("# two\ndomain name=a kernel=h mem=16M\n"
                    "domain name=b kernel=k mem=16M\n")
    line = refused((f"{HELLO} file=h", f"{text} domains"))
    assert "line 3" in line and "file=k" in line and "h" in line


def test_stop_after() -> None:
    """Nobody has the name of stop_after=."""
    assert "stop_after=b" in refused((f"{HELLO} domain name=a mem=16M",),
                                     "stop_after=b")


@pytest.mark.parametrize("role", ["domain name=a mem=32M", "dom0"])
@pytest.mark.parametrize("kind", ["cut", "garbage", "gzip", "xz"])
def test_kernel(tmp_path: pathlib.Path, role: str, kind: str) -> None:
    """A kernel that is cut short, no kernel at all, or damaged where it is
    compressed."""
    elf = pathlib.Path(HELLO).read_bytes()
    data = {
        "cut": lambda: elf[:5000],
        "garbage": lambda: b"not a kernel " * 500,
        "gzip": lambda: flip(gzip.compress(elf)),
        "xz": lambda: flip(lzma.compress(elf, check=lzma.CHECK_CRC32)
                           + len(elf).to_bytes(4, "little")),
    }[kind]()
    path = tmp_path / "kernel"
    path.write_bytes(data)
    line = refused((f"{path} {role}",))
    assert "module 0" in line and "kernel" in line, line


def flip(data: bytes) -> bytes:
    """data with a few bytes changed in its middle."""
    middle = len(data) // 2
    return data[:middle] + bytes(b ^ 0x5a for b in data[middle:middle + 8]) \
        + data[middle + 8:]


@pytest.mark.parametrize("kind", ["gzip", "xz"])
def test_compressed(tmp_path: pathlib.Path, kind: str) -> None:
    """A kernel that is well compressed runs."""
    elf = pathlib.Path(HELLO).read_bytes()
    path = tmp_path / "kernel"
    path.write_bytes(gzip.compress(elf) if kind == "gzip" else
                     lzma.compress(elf, check=lzma.CHECK_CRC32)
                     + len(elf).to_bytes(4, "little"))
    with Machine("console=com1", (f"{path} domain name=a mem=16M",)) as m:
        assert "good bye" in m.wait_end()


def test_module_too_large(tmp_path: pathlib.Path) -> None:
    """A ramdisk that the domain's memory cannot hold."""
    path = tmp_path / "ramdisk"
    path.write_bytes(bytes(64 << 20))
    line = refused((f"{HELLO} domain name=a mem=32M ramdisk=big",
                    f"{path} file=big"))
    assert "32 MiB are too little" in line, line
