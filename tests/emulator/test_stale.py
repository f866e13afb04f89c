"""QEMU keeps a translation that a parallel write has made stale; one thread
does not (README.md here tells why this matters)."""
import pathlib
import subprocess
import sys

import pytest

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent)]
from qemu import Machine  # noqa: E402
from stuck import STALE as FREED, free  # noqa: E402

CLEAN, STALE = 1, 3     # isa-debug-exit: twice the value, plus one


def build(folder: pathlib.Path, *flags: str) -> pathlib.Path:
    """The two-processor machine's program."""
    image = folder / "stale"
    subprocess.run(["gcc", "-m32", "-nostdlib", "-static", "-o", str(image),
                    f"-Wl,-T,{HERE / 'stale.ld'},--build-id=none,"
                    "--no-warn-rwx-segments", *flags, str(HERE / "stale.S")],
                   check=True)
    return image


def run(folder: pathlib.Path, threads: str) -> tuple[int, str]:
    """Exit code and serial line of the two-processor machine."""
    image = build(folder)
    done = subprocess.run(
        ["qemu-system-x86_64", "-accel", f"tcg,thread={threads}", "-smp", "2",
         "-kernel", str(image), "-display", "none", "-net", "none",
         "-serial", "stdio", "-device",
         "isa-debug-exit,iobase=0xf4,iosize=4"],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=300,
        text=True, check=False)
    return done.returncode, done.stdout


def test_one_thread(tmp_path: pathlib.Path) -> None:
    """What `make check` boots Linux with sees every write."""
    assert run(tmp_path, "single") == (CLEAN, "clean: never stale\n")


@pytest.mark.soak
def test_parallel(tmp_path: pathlib.Path) -> None:
    """Parallel emulation may keep a stale one; the same byte written frees it,
    which is what the boots in a row rely on."""
    code, text = run(tmp_path, "multi")
    print(text)
    assert code == CLEAN or (code == STALE and "it goes on" in text)


@pytest.mark.soak
def test_freed(tmp_path: pathlib.Path) -> None:
    """stuck.free() tells such a machine, and lets it go on."""
    with Machine(kernel=build(tmp_path, "-DWAIT"), smp=2,
                 extra=("-accel", "tcg,thread=multi")) as m:
        m.wait("stale: .* in round")
        assert free(m, "it goes on").startswith(FREED)
