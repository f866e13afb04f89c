"""Options that concern dom0."""
import pathlib
import re
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from machine import boot  # noqa: E402
from qemu import Machine  # noqa: E402

HOG = ("build/guests/hog report=1s",)


@pytest.mark.parametrize("option, cpus", [
    ("dom0_vcpus_pin", ["0x1", "0x2", "0x1"]),
    ("", ["0x3", "0x3", "0x3"]),
])
def test_pin(option: str, cpus: list[str]) -> None:
    """dom0_vcpus_pin: vCPU n may run on CPU n only, and wraps."""
    with Machine(f"console=com1 dom0_mem=32M dom0_max_vcpus=3 {option}", HOG,
                 smp=2) as m:
        m.wait(r"^hog: vcpu=", 120)
        m.send("\x01\x01\x01")
        m.wait("Input goes to the hypervisor")
        m.send("q")
        m.wait(r"^  vCPU 2: .* offline")
        found = re.findall(r"^  vCPU \d: \w+, CPU \d of (\w+)", m.log, re.M)
    assert found == cpus


def dump(options: str, smp: int) -> str:
    """What the key q says of a dom0 with these options."""
    with Machine(f"console=com1 {options}", HOG, smp=smp) as m:
        m.wait(r"^hog: vcpu=", 120)
        m.send("\x01\x01\x01")
        m.wait("Input goes to the hypervisor")
        m.send("q")
        m.wait(r"^domain 0 ")
        m.send("q")              # when this begins, the first is whole
        m.wait(r"^domain 0 (.|\n)*^domain 0 ")
        return m.log[:m.log.rindex("domain 0 ")]


@pytest.mark.parametrize("option, pages, most", [
    ("dom0_mem=32M,max:48M", 8192, 12288),
    ("dom0_mem=max:48M,32M", 8192, 12288),
    ("dom0_mem=min:16M,max:24M", 6144, 6144),
    ("dom0_mem=8M,min:24M", 6144, 6144),
])
def test_memory(option: str, pages: int, most: int) -> None:
    """dom0_mem's bounds hold at the start; to max: it may grow."""
    assert f"(Domain-0): {pages} frames of {most}," in dump(option, 1)


@pytest.mark.parametrize("option, vcpus", [
    ("3", 3), ("1-4", 2), ("3-4", 3), ("-1", 1), ("3-", 3),
])
def test_vcpus(option: str, vcpus: int) -> None:
    """Of a range the number nearest to that of CPUs: two."""
    log = dump(f"dom0_mem=32M dom0_max_vcpus={option}", 2)
    assert len(re.findall(r"^  vCPU \d+:", log, re.M)) == vcpus


@pytest.mark.soak
def test_balloon() -> None:
    """Debian's kernel with dom0_mem=384M,max:512M grows to that and shrinks."""
    with boot("job=balloon:512 job=balloon:320 job=balloon:512 job=balloon:600",
              hypervisor="dom0_mem=384M,max:512M") as m:
        m.wait("JOBS DONE failed=1", 600)
        log = m.wait_end(120)
    assert re.findall(r"^BALLOON (\d+) of", log, re.M) == [
        "512", "320", "512", "512"], log[-4000:]
