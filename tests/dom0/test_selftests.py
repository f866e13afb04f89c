"""The kernel's own self-tests in dom0: what passes on Xen passes here.

From Debian's source of the very kernel (`make selftests`). Some have limits of
real time of their own, so the machine's time goes by its instructions. Both
columns are left in build/selftests.csv; results/dom0/selftests.csv is one.
"""
import csv
import pathlib
import re
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2]))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from guests.host.boot import reference_xen  # noqa: E402
from machine import BAD, COUNTED, KERNEL  # noqa: E402
from qemu import BUILD, Machine  # noqa: E402

IMAGE = pathlib.Path("build/guests/linux/selftests.img")
SKIPPED = 4

pytestmark = [
    pytest.mark.soak,
    pytest.mark.skipif(not (BUILD.parent / IMAGE).exists(),
                       reason="no self-tests: make selftests"),
]


def run(hypervisor: pathlib.Path) -> tuple[dict[str, int], str]:
    """Each test's status, and the console."""
    with Machine("console=com1 dom0_mem=512M",
                 (f"{KERNEL} console=hvc0 job=selftests", str(IMAGE)), smp=2,
                 memory="1G", kernel=hypervisor, extra=COUNTED) as m:
        m.wait(r"JOBS DONE failed=0", 6000)
        log = m.wait_end(120)
    return {name: int(status) for name, status in
            re.findall(r"SELFTEST (\S+) (\d+)", log)}, log


def failed(status: int) -> bool:
    """What the kernel's own runner of them calls so."""
    return status not in (0, SKIPPED)


def keep(theirs: dict[str, int], ours: dict[str, int]) -> None:
    """Both columns, test by test."""
    with (BUILD / "selftests.csv").open("w", newline="") as file:
        out = csv.writer(file, lineterminator="\n")
        out.writerow(["test", "Xen 4.17", "Metronome"])
        out.writerows([name, theirs.get(name, "n/a"), status]
                      for name, status in sorted(ours.items()))


def test_selftests() -> None:
    """None of those that pass on Xen fails; as many as have passed there."""
    ours, log = run(BUILD / "metronome32")
    (BUILD / "selftests.log").write_text(log)
    xen = reference_xen(BUILD / "bench")
    theirs = run(xen)[0] if xen else {}
    keep(theirs, ours)
    for words in BAD:
        assert words not in log, log[-6000:]
    worse = {name: status for name, status in ours.items()
             if failed(status) and not failed(theirs.get(name, 0))}
    assert not worse, log
    assert list(ours.values()).count(0) >= 43
