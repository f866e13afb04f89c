"""A trace in memory: an array of records, and what FILE.info says."""
from __future__ import annotations

import hashlib
import os
import subprocess
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
TOOL = Path(os.environ.get("XENTRACE", ROOT / "build" / "xentrace"))

# struct rec of xentrace/stream.h
RECORD = np.dtype([("tsc", "<u8"), ("event", "<u4"), ("cpu", "<u2"),
                   ("nr", "<u2"), ("word", "<u4", 7), ("seq", "<u4")])

IDLE_DOMAIN = 32767
RUNNING, RUNNABLE, BLOCKED, OFFLINE = range(4)
STATES = ("running", "runnable", "blocked", "offline")


class TraceError(Exception):
    """The trace cannot be read; the text says why."""


@dataclass
class Info:
    """What FILE.info says; empty where there is none."""

    tsc_khz: int = 0
    tsc_zero: int = 0
    scheduler: str = ""
    sched_id: int = -1
    events: dict[int, str] = field(default_factory=dict)
    plugins: dict[str, tuple[int, list[str]]] = field(default_factory=dict)
    """Of each plug-in: its first event's number, its events' names."""
    domains: dict[int, str] = field(default_factory=dict)
    lost: dict[int, int] = field(default_factory=dict)  # CPU -> dropped


def read_info(path: Path) -> Info:
    """Parse FILE.info; unknown lines are passed over."""
    info = Info()
    if not path.exists():
        return info
    for line in path.read_text().splitlines():
        key, *rest = line.split()
        if key == "tsc_khz":
            info.tsc_khz = int(rest[0])
        elif key == "tsc_zero":
            info.tsc_zero = int(rest[0])
        elif key == "scheduler":
            info.scheduler, info.sched_id = rest[0], int(rest[1])
        elif key == "event":
            info.events[int(rest[0])] = rest[1]
        elif key == "plugin":
            info.plugins[rest[1]] = int(rest[0], 16), rest[2:]
        elif key == "domain":
            info.domains[int(rest[0])] = rest[2]
        elif key == "lost":
            info.lost[int(rest[0])] = int(rest[1])
    return info


@lru_cache
def event_numbers() -> dict[str, int]:
    """Names of events.def and their numbers, from the tool itself."""
    out = subprocess.run([TOOL, "events"], check=True, text=True,
                         capture_output=True).stdout
    rows = (line.split("\t") for line in out.splitlines())
    return {name: int(number, 16) for name, number, *_ in rows}


@dataclass
class Trace:
    """Records in order of time, all CPUs merged."""

    path: Path
    records: np.ndarray
    info: Info
    warnings: list[str]

    @property
    def ns(self) -> np.ndarray:
        """System time of each record, in ns."""
        return self.to_ns(self.records["tsc"])

    def to_ns(self, tsc: np.ndarray) -> np.ndarray:
        """Cycles to ns of system time."""
        since = (tsc - np.uint64(self.info.tsc_zero)).astype(np.int64)
        return since * (1e6 / (self.info.tsc_khz or 1e6))

    def select(self, name: str) -> np.ndarray:
        """Which records are of the event of this name (boolean mask)."""
        event = self.records["event"]
        if name == "runstate_change":
            event = event & 0x0FFFF00F
        return event == event_numbers()[name]

    def name_of(self, dom: int) -> str:
        """A domain's name, or its number."""
        if dom == IDLE_DOMAIN:
            return "idle"
        return self.info.domains.get(dom, f"d{dom}")

    def digest(self, until_ns: float | None = None) -> str:
        """SHA-256 of the records (up to a time): the trace's identity."""
        rec = self.records
        if until_ns is not None:
            rec = rec[self.ns <= until_ns]
        return hashlib.sha256(np.ascontiguousarray(rec)).hexdigest()

    def gaps(self) -> list[tuple[int, float, float]]:
        """Where records are missing: (CPU, from ns, to ns)."""
        rec = self.records[self.select("lost_records")]
        first = (rec["word"][:, 2].astype(np.uint64)
                 | rec["word"][:, 3].astype(np.uint64) << np.uint64(32))
        found = [(int(c), float(a), float(b)) for c, a, b in
                 zip(rec["cpu"], self.to_ns(first), self.to_ns(rec["tsc"]))]
        for cpu, dropped in self.info.lost.items():
            mine = self.records["cpu"] == cpu
            told = self.records["word"][self.select("lost_records") & mine, 0]
            if dropped > int(told.sum()) and mine.any():
                last = float(self.ns[mine][-1])
                found.append((cpu, last, float("inf")))
        return found


def load(path: str | Path) -> Trace:
    """Read FILE and FILE.info. Damage becomes warnings; what is whole counts.

    Raises TraceError if there is nothing to read.
    """
    path = Path(path)
    if not TOOL.exists():
        raise TraceError(f"{TOOL} is not built: run `make tools`")
    done = subprocess.run([TOOL, "export", path], capture_output=True)
    said = done.stderr.decode().splitlines()
    if done.returncode not in (0, 2):
        raise TraceError("; ".join(said) or f"{path}: cannot be read")
    records = np.frombuffer(done.stdout, dtype=RECORD)
    return Trace(path, records, read_info(Path(f"{path}.info")), said)
