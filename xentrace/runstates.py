"""Intervals: when each vCPU was in which state, and on which CPU."""
from __future__ import annotations

import numpy as np
import pandas as pd

from .trace import RUNNING, Trace


def changes(trace: Trace) -> pd.DataFrame:
    """Every runstate change: ns, cpu, dom, vcpu, old, new; in order of time
    within each vCPU."""
    mask = trace.select("runstate_change")
    rec = trace.records[mask]
    who = rec["word"][:, 0]
    frame = pd.DataFrame({
        "ns": trace.ns[mask],
        "cpu": rec["cpu"].astype(np.int32),
        "dom": (who >> 16).astype(np.int32),
        "vcpu": (who & 0xFFFF).astype(np.int32),
        "old": (rec["event"] >> 8 & 3).astype(np.int8),
        "new": (rec["event"] >> 4 & 3).astype(np.int8),
    })
    return frame.sort_values(["dom", "vcpu", "ns"], kind="stable",
                             ignore_index=True)


def intervals(trace: Trace) -> pd.DataFrame:
    """Each stay in a state: dom, vcpu, state, came_from, start, end, cpu, and
    the flags open and torn.

    came_from is the state before (-1: not seen). The first stay of a vCPU
    begins at its first record; the last one, which nothing ends, is `open` and
    ends with the trace. `torn` marks stays that overlap a gap of lost records:
    they count in no statistic.
    """
    ch = changes(trace)
    if ch.empty:
        return pd.DataFrame(columns=["dom", "vcpu", "state", "came_from",
                                     "start", "end", "cpu", "open", "torn"])
    last = float(trace.ns[-1])
    same_next = ((ch["dom"] == ch["dom"].shift(-1))
                 & (ch["vcpu"] == ch["vcpu"].shift(-1)))
    frame = pd.DataFrame({
        "dom": ch["dom"], "vcpu": ch["vcpu"], "state": ch["new"],
        "came_from": ch["old"], "start": ch["ns"],
        "end": ch["ns"].shift(-1).where(same_next, last),
        "cpu": ch["cpu"],
        "open": ~same_next,
    })
    frame["torn"] = False
    for _, begin, end in trace.gaps():
        frame["torn"] |= (frame["start"] < end) & (frame["end"] > begin)
    return frame


def clip(frame: pd.DataFrame, start: float, end: float) -> pd.DataFrame:
    """The parts of intervals within [start, end)."""
    part = frame[(frame["start"] < end) & (frame["end"] > start)].copy()
    part["start"] = part["start"].clip(lower=start)
    part["end"] = part["end"].clip(upper=end)
    return part


def totals(frame: pd.DataFrame) -> pd.Series:
    """ns in each state, by (dom, vcpu, state)."""
    length = (frame["end"] - frame["start"]).rename("ns")
    return length.groupby([frame["dom"], frame["vcpu"], frame["state"]]).sum()


def switches(frame: pd.DataFrame) -> int:
    """How often a CPU was given to another vCPU (the idle one included)."""
    run = frame[frame["state"] == RUNNING].sort_values(["cpu", "start"])
    changed = ((run["dom"] != run["dom"].shift())
               | (run["vcpu"] != run["vcpu"].shift())
               | (run["cpu"] != run["cpu"].shift()))
    return int(changed.sum()) - run["cpu"].nunique()
