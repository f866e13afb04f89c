"""Trace files of records, for tests that change some."""
from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import numpy as np

from xentrace import Trace
from xentrace.trace import ROOT, TOOL

SCENARIO = ROOT / "sched/sim/examples/mixed.toml"

CPU_CHANGE = 0x0001F003 | 2 << 28
TIMED = np.uint32(1 << 31)


def mixed(folder: Path, until: str = "500ms") -> Path:
    """Two CPUs, credit2, in the simulator: all kinds of records that a
    scheduler writes."""
    file = folder / "a"
    subprocess.run([ROOT / "build/schedsim", SCENARIO, "--sched", "credit2",
                    "--until", until, "--trace", file], check=True,
                   capture_output=True)
    return file


def export(trace: Trace, form: str, out: Path) -> Path:
    """`out`, a trace in another program's format."""
    subprocess.run([TOOL, "export", "--to", form, trace.path, out], check=True)
    return out


def lies(records: np.ndarray) -> dict[int, np.ndarray]:
    """Each CPU's records in the order in which they lie."""
    found = {}
    for cpu in np.unique(records["cpu"]):
        mine = records[records["cpu"] == cpu]
        found[int(cpu)] = mine[np.argsort(mine["seq"], kind="stable")]
    return found


def bytes_of(records: np.ndarray) -> bytes:
    """Records of one CPU as a ring has them."""
    n, nr = len(records), records["nr"].astype(np.int64)
    words = np.zeros((n, 10), np.uint32)
    words[:, 0] = records["event"] | nr.astype(np.uint32) << 28 | TIMED
    words[:, 1] = records["tsc"] & np.uint64(0xFFFFFFFF)
    words[:, 2] = records["tsc"] >> np.uint64(32)
    words[:, 3:] = records["word"]
    return words[np.arange(10) < 3 + nr[:, None]].tobytes()


def write(path: Path, cpus: dict[int, np.ndarray], info: Path) -> Path:
    """A trace file with a window for each CPU; names as in FILE.info."""
    with open(path, "wb") as out:
        for cpu, records in cpus.items():
            data = bytes_of(records)
            out.write(np.array([CPU_CHANGE, cpu, len(data)],
                               np.uint32).tobytes())
            out.write(data)
    shutil.copy(info, f"{path}.info")
    return path
