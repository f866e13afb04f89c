"""The processor as a paravirtual kernel sees it, leaf by leaf beside Xen's.

guests/processor prints CPUID and MSRs as dom0 of either; every difference is
named here with its reason, and none may be missing.
"""
import os
import pathlib
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from guests.host.boot import Boot, reference_xen  # noqa: E402

BUILD = ROOT / os.environ.get("BUILD", "build")
DIFFERENT = {
    "CPUID 00000001.0": "no MTRR and no thermal control: the guest would get "
                        "a fault for their registers",
    "CPUID 80000001.0": "AMD's copy of MTRR",
    "CPUID 80000000.0": "no leaves after 80000008: nothing is said there",
    "CPUID 80000021.0": "LFENCE is not promised to serialise",
    "MSR 0000001b": "no APIC is the guest's, so none is the boot processor's",
    "MSR 000000e7": "MPERF can't be written, as it can't be read",
    "MSR 000000e8": "APERF, too",
}
MOVING = ("MSR 00000010",)  # the time: only that it can be read, not written


def look(hypervisor: pathlib.Path) -> dict[str, list[str]]:
    """What the guest printed: CPUID's registers, an MSR's value and write."""
    console = Boot(hypervisor, "dom0_mem=32M",
                   [(BUILD / "guests/processor", "")], limit=120.0,
                   until="processor: done").run()
    assert console.find("processor: done"), console.tail()
    found = {}
    for line in console.lines:
        words = line.split()
        if words and words[0] in ("CPUID", "MSR"):
            found[" ".join(words[:2])] = words[2:]
        elif words and words[0] == "PMU":
            found["PMU"] = words[1:]
    for name in MOVING:
        found[name][0] = "fault" if found[name][0] == "fault" else "time"
    return found


def test_as_on_xen() -> None:
    """Every leaf and register that is not named above is the same."""
    xen_image = reference_xen(BUILD / "bench")
    if xen_image is None:
        pytest.skip("xen-hypervisor-4.17-amd64 is not installed")
    ours, xen = look(BUILD / "metronome32"), look(xen_image)
    assert ours.keys() == xen.keys()
    assert len(ours) > 200
    unlike = {name: (ours[name], xen[name]) for name in ours
              if ours[name] != xen[name]}
    assert unlike.keys() == DIFFERENT.keys(), {
        name: pair for name, pair in unlike.items() if name not in DIFFERENT}
    for name in ("CPUID 00000001.0", "CPUID 80000001.0"):
        for mine, its in zip(*unlike[name], strict=True):
            assert not int(mine, 16) & ~int(its, 16), f"{name}: not in Xen's"
