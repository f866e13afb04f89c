"""The checker finds nothing in 210 traces of the hypervisor: seven schedulers,
1, 2 and 4 CPUs, five windows of a flight recorder each, of which each stop
catches the CPUs wherever they are; by the host's clock and by instructions."""
from __future__ import annotations

import pathlib
import subprocess
import time

import pytest

from qemu import BUILD, Machine

from xentrace import load
from xentrace.trace import TOOL

SCHEDULERS = ("rr", "bvt", "fbvt", "sedf", "credit", "credit2", "rtds")
WINDOWS = 5
ENOUGH = 200  # records
GUESTS = {
    "a": "pingpong role=a peer=2 duration=0", "b":
    "pingpong role=b peer=1 duration=0", "late":
    "periodic period=3ms work=400us duration=0", "hog1": "hog", "hog2": "hog"}


def modules() -> tuple[str, ...]:
    """Two that ping each other, one with deadlines, two that compute."""
    found = []
    for name, words in GUESTS.items():
        program, _, rest = words.partition(" ")
        vcpus = 2 if program == "hog" else 1
        found.append(f"{BUILD / 'guests' / program} domain name={name} mem=8M "
                     f"vcpus={vcpus} -- {rest}")
    return tuple(found)


def reached(ram: pathlib.Path) -> tuple[float, int]:
    """The time of the last record in the rings, in ns; how many there are."""
    said = subprocess.run([TOOL, "peek", "--ram", ram], text=True,
                          capture_output=True).stdout.split()
    return float(said[2]), int(said[0])


def wait_for_window(ram: pathlib.Path) -> None:
    """60 ms on, and until there is something to check: by the host's clock
    that is little at first if the host is loaded."""
    until = reached(ram)[0] + 60e6
    while True:
        ns, records = reached(ram)
        if ns >= until and records > ENOUGH:
            return
        time.sleep(0.02)


@pytest.mark.soak
@pytest.mark.xdist_group("qemu")
@pytest.mark.parametrize("deterministic", (True, False),
                         ids=("instructions", "clock"))
@pytest.mark.parametrize("cpus", (1, 2, 4))
@pytest.mark.parametrize("sched", SCHEDULERS)
def test_nothing_in_clean_traces(tmp_path: pathlib.Path, sched: str, cpus: int,
                                 deterministic: bool) -> None:
    ram, counts = tmp_path / "ram", []
    with Machine(f"console=com1 sched={sched} tevt_mask=0xffff000 tbuf_size=64 "
                 "trace_overwrite", modules(), smp=cpus, memory="256M",
                 deterministic=deterministic,
                 machine="q35,memory-backend=ram",
                 extra=("-object", "memory-backend-file,id=ram,size=256M,"
                        f"share=on,mem-path={ram}")) as m:
        m.wait(r"Domain 5 \(hog2\)")
        for i in range(WINDOWS):
            wait_for_window(ram)
            m.qmp("stop")
            out = tmp_path / f"window-{i}"
            subprocess.run([TOOL, "record", "--ram", ram, out], check=True)
            m.qmp("cont")
            done = subprocess.run([TOOL, "check", out], text=True,
                                  capture_output=True)
            assert done.returncode == 0, done.stdout[-2000:] + done.stderr
            counts.append(len(load(out).records))
    assert min(counts) > ENOUGH
    assert "panic" not in m.log.lower()
