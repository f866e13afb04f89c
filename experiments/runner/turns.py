"""Who ran from when to when: what the reproductions' own measures are made
of. Times in ns."""
from __future__ import annotations

import numpy as np
import pandas as pd

from xentrace.trace import BLOCKED, RUNNABLE, RUNNING, Trace

from .observed import Observed

SCHED_CLASS = 0x22000     # TRC_SCHED_CLASS: plug-ins' own events


def turns(run: Observed, domain: str) -> pd.DataFrame:
    """start, end of each stretch of running of a domain's vCPU 0, whole runs
    of the trace; two that touch are one."""
    iv = run.intervals
    mine = iv[(iv["dom"] == run.id_of(domain)) & (iv["vcpu"] == 0)
              & (iv["state"] == RUNNING)].sort_values("start")
    group = (mine["start"] > mine["end"].shift()).cumsum()
    return mine.groupby(group).agg(start=("start", "min"), end=("end", "max"),
                                   open=("open", "max"))


def whole(run: Observed, domain: str) -> pd.DataFrame:
    """The turns that began and ended in the window, with their `length`."""
    t = turns(run, domain)
    t = t[(t["start"] >= run.start) & (t["end"] <= run.stop) & ~t["open"]]
    return t.assign(length=t["end"] - t["start"])


def wakes(run: Observed, domain: str) -> np.ndarray:
    """When the domain's vCPU 0 was woken, within the window."""
    iv = run.intervals
    at = iv[(iv["dom"] == run.id_of(domain)) & (iv["vcpu"] == 0)
            & (iv["state"] == RUNNABLE) & (iv["came_from"] == BLOCKED)]["start"]
    at = np.sort(at.to_numpy())
    return at[(at >= run.start) & (at < run.stop)]


def ran_by(t: pd.DataFrame, at: np.ndarray) -> np.ndarray:
    """How long, in all, these turns had lasted at each time."""
    if t.empty:
        return np.zeros(len(at))
    edges = t[["start", "end"]].to_numpy().ravel()
    length = (t["end"] - t["start"]).to_numpy()
    total = np.repeat(np.cumsum(length), 2)
    total[::2] -= length
    return np.interp(at, edges, total)


def ran_between(t: pd.DataFrame, start: float, stop: float) -> float:
    """How long these turns lasted within [start, stop)."""
    early, late = ran_by(t, np.array([start, stop]))
    return float(late - early)


def events(trace: Trace, name: str, dom: int) -> np.ndarray:
    """When an event of this name, of the (only) scheduler, was about this
    domain."""
    numbers = [n for n, known in trace.info.events.items() if known == name]
    if not numbers:
        return np.empty(0)
    event = SCHED_CLASS | trace.info.sched_id << 9 | numbers[0]
    rec = trace.records
    mask = (rec["event"] & 0x0FFFFFFF) == event
    return trace.ns[mask & (rec["word"][:, 0] >> 16 == dom)]
