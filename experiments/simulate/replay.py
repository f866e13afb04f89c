"""A recorded trace as a workload: each vCPU's bursts of work.

A burst begins when the vCPU becomes runnable and ends when it blocks; its work
is the CPU time in between. Who had not blocked when the trace ended computes on
for ever.

Wake-ups that one decision of a CPU answered, one right after the other (several
timers expired together), are put 1 ns before each other, up to the last one: so
they are one event here, too, whatever it costs to handle them. Not where each
decision is followed, as in experiments/agree.
"""
from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import pandas as pd

from xentrace import runstates
from xentrace.trace import (BLOCKED, RUNNABLE, RUNNING, Trace, TraceError,
                            load)

FOREVER_NS = 10**18
APART_NS = 5_000    # wake-ups that expire together come faster


class ReplayError(Exception):
    """The trace does not fit; `key` of the workload says why."""

    def __init__(self, key: str, text: str) -> None:
        super().__init__(text)
        self.key = key


def together(trace: Trace, frame: pd.DataFrame) -> pd.Series:
    """When each stay begins; wake-ups before one decision: as said above. The
    decision is that of the CPU on which the wake-up happened."""
    start = frame["start"].copy()
    picks = trace.select("pick")
    wakes = (frame["state"] == RUNNABLE) & (frame["came_from"] > RUNNABLE)
    for cpu in frame["cpu"].unique():
        decided = trace.ns[picks & (trace.records["cpu"] == cpu)]
        mine = start[wakes & (frame["cpu"] == cpu)].sort_values(kind="stable")
        group = (np.searchsorted(decided, mine.to_numpy())
                 + (mine.diff() > APART_NS).cumsum().to_numpy())
        last = mine.groupby(group).transform("max")
        behind = mine.groupby(group).cumcount(ascending=False)
        start.update(last - behind)
    return start


def acted(trace: Trace, frame: pd.DataFrame) -> pd.Series:
    """When each stay really began: of a wake-up, the time of its own record,
    which is written under the lock, after the clock was read."""
    at = frame["start"].copy()
    woken = (frame["state"] == RUNNABLE) & (frame["came_from"] == BLOCKED)
    records = trace.records[trace.select("wake")]
    seen = trace.ns[trace.select("wake")]
    for who in frame[woken][["dom", "vcpu"]].drop_duplicates().itertuples():
        mine = seen[(records["word"][:, 0] == who.dom)
                    & (records["word"][:, 1] == who.vcpu)]
        stays = at[woken & (frame["dom"] == who.dom)
                   & (frame["vcpu"] == who.vcpu)]
        n = np.searchsorted(mine, stays.to_numpy())
        stays = stays[n < len(mine)]
        at.update(pd.Series(mine[n[n < len(mine)]], index=stays.index))
    return at


@lru_cache(maxsize=4)
def _read(path: Path) -> tuple[Trace, pd.DataFrame]:
    try:
        trace = load(path)
    except TraceError as error:
        raise ReplayError("trace", str(error)) from None
    if trace.gaps():
        raise ReplayError("trace", f"{path}: records were lost: the bursts in "
                          "the gaps are not known")
    frame = runstates.intervals(trace)
    return trace, frame.assign(grouped=together(trace, frame),
                               acted=acted(trace, frame))


def _domain(trace: Trace, frame: pd.DataFrame, name: str) -> int:
    """The domain's number in the trace, by its name or number."""
    there = {int(d): trace.name_of(int(d)) for d in frame["dom"].unique()}
    for dom, known in there.items():
        if name in (known, str(dom)):
            return dom
    raise ReplayError("domain", f"{trace.path} has no domain {name!r}; it has: "
                      f"{', '.join(sorted(set(there.values()) - {'idle'}))}")


@dataclass(frozen=True)
class Burst:
    """Work of a vCPU, in ns. It became runnable at `release`; on which CPU,
    and when that acted upon it, counts only where a run is followed."""

    release: int
    work: int
    cpu: int
    at: int


def _bursts(stays: pd.DataFrame) -> Iterator[tuple[tuple, float]]:
    """(the stay that begins it, work) of one vCPU's bursts."""
    first, work = None, 0.0
    for row in stays.itertuples():
        if row.state in (RUNNING, RUNNABLE):
            if first is None:
                first, work = row, 0.0
            if row.state == RUNNING:
                work += row.end - row.start
            if row.open:
                work = FOREVER_NS
        elif first is not None:
            yield first, work
            first = None
    if first is not None:
        yield first, work


def births(path: Path, name: str) -> list[tuple[int, int]]:
    """(first CPU, when it joined its scheduler, in ns) of each of the domain's
    vCPUs; empty where the trace does not tell."""
    trace, frame = _read(path)
    words = trace.records["word"][trace.select("vcpu_add")]
    mine = words[words[:, 0] >> 16 == _domain(trace, frame, name)]
    mine = mine[np.argsort(mine[:, 0])]
    return [(int(w[1]), int(w[2]) | int(w[3]) << 32) for w in mine]


def adjusted(path: Path, name: str) -> list[tuple[int, int]]:
    """(CPU, ns) of the last time that the domain's parameters were set before
    anything of it ran; empty if they were not."""
    trace, frame = _read(path)
    dom = _domain(trace, frame, name)
    began = frame[(frame["dom"] == dom) & (frame["state"] == RUNNING)]["start"]
    found = trace.records[trace.select("adjdom")]
    found = found[found["word"][:, 0] == dom]
    times = found["word"][:, 1].astype(np.int64)
    times |= found["word"][:, 2].astype(np.int64) << 32
    early = [(int(cpu), int(ns)) for cpu, ns in zip(found["cpu"], times)
             if began.empty or ns < began.min()]
    return early[-1:]


def bursts(path: Path, name: str, vcpus: int, end: int,
           exact: bool = False) -> list[list[Burst]]:
    """For each of the domain's vCPUs its bursts; exact: wake-ups that came
    together stay apart, for decisions take place when they did. ReplayError if
    the trace does not fit: another number of vCPUs, or it ends before `end`."""
    trace, frame = _read(path)
    mine = frame[frame["dom"] == _domain(trace, frame, name)]
    there = mine["vcpu"].max() + 1
    if there != vcpus:
        raise ReplayError("domain", f"{name} has {there} vCPUs in {path}, and "
                          f"{vcpus} here")
    last = float(trace.ns[-1])
    if last < end * 0.99:
        raise ReplayError("trace", f"{path} ends at {last / 1e9:.3f} s, before "
                          f"the scenario's end at {end / 1e9:.3f} s")
    by = mine.sort_values(["vcpu", "start"], kind="stable")
    return [[Burst(round(row.start if exact else row.grouped), round(work),
                   int(row.cpu), round(row.acted))
             for row, work in _bursts(by[by["vcpu"] == v])]
            for v in range(vcpus)]
