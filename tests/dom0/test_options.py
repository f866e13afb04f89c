"""Options that concern dom0."""
import pathlib
import re
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
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
