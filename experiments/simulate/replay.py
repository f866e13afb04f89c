"""A recorded trace as a workload: each vCPU's bursts of work.

A burst begins when the vCPU becomes runnable and ends when it blocks; its work
is the CPU time in between. Who had not blocked when the trace ended computes on
for ever.
"""
from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import pandas as pd

from xentrace import runstates
from xentrace.trace import RUNNABLE, RUNNING, Trace, TraceError, load

FOREVER_NS = 10**18


class ReplayError(Exception):
    """The trace does not fit; `key` of the workload says why."""

    def __init__(self, key: str, text: str) -> None:
        super().__init__(text)
        self.key = key


@lru_cache(maxsize=4)
def _read(path: Path) -> tuple[Trace, pd.DataFrame]:
    try:
        trace = load(path)
    except TraceError as error:
        raise ReplayError("trace", str(error)) from None
    if trace.gaps():
        raise ReplayError("trace", f"{path}: records were lost: the bursts in "
                          "the gaps are not known")
    return trace, runstates.intervals(trace)


def _domain(trace: Trace, frame: pd.DataFrame, name: str) -> int:
    """The domain's number in the trace, by its name or number."""
    there = {int(d): trace.name_of(int(d)) for d in frame["dom"].unique()}
    for dom, known in there.items():
        if name in (known, str(dom)):
            return dom
    raise ReplayError("domain", f"{trace.path} has no domain {name!r}; it has: "
                      f"{', '.join(sorted(set(there.values()) - {'idle'}))}")


def _bursts(stays: pd.DataFrame) -> list[tuple[int, int]]:
    """(release, work) of one vCPU, in ns."""
    found: list[tuple[int, int]] = []
    release, work = None, 0.0
    for row in stays.itertuples():
        if row.state in (RUNNING, RUNNABLE):
            if release is None:
                release, work = row.start, 0.0
            if row.state == RUNNING:
                work += row.end - row.start
            if row.open:
                work = FOREVER_NS
        elif release is not None:
            found.append((round(release), round(work)))
            release = None
    if release is not None:
        found.append((round(release), round(work)))
    return found


def bursts(path: Path, name: str, vcpus: int,
           end: int) -> list[list[tuple[int, int]]]:
    """For each of the domain's vCPUs its (release, work) in ns. ReplayError if
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
    return [_bursts(by[by["vcpu"] == v]) for v in range(vcpus)]
