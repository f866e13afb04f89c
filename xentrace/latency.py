"""Wake-to-run latency: from runnable, after being blocked, to running."""
from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from .trace import BLOCKED, RUNNABLE, RUNNING

QUANTILES = {"min": 0.0, "median": 0.5, "p99": 0.99, "p99.9": 0.999,
             "max": 1.0}


@dataclass(frozen=True)
class Samples:
    """Latencies of one vCPU or domain, and what is missing among them."""

    ns: np.ndarray      # each latency
    at: np.ndarray      # system time of each wake-up
    torn: int           # wake-ups that a gap in the trace hides
    unfinished: int     # woken, and not yet run at the end of the window

    def quantile(self, name: str) -> float:
        """A statistic of QUANTILES by the nearest rank: a latency that was
        seen, not an interpolation. NaN without samples."""
        if not len(self.ns):
            return float("nan")
        ordered = np.sort(self.ns)
        rank = int(np.ceil(QUANTILES[name] * len(ordered)))
        return float(ordered[max(rank - 1, 0)])

    @property
    def exact_max(self) -> bool:
        """Is the maximum one of all wake-ups, or only of those seen?"""
        return self.torn == 0 and self.unfinished == 0

    def row(self) -> dict[str, float]:
        """The statistics as a row of a table, in ns."""
        stats = {name: self.quantile(name) for name in QUANTILES}
        return {"n": len(self.ns), "torn": self.torn,
                "unfinished": self.unfinished, **stats}


def wake_to_run(iv: pd.DataFrame, dom: int, vcpu: int | None = None,
                start: float = -np.inf, end: float = np.inf) -> Samples:
    """Latencies of the wake-ups of a domain within [start, end).

    A sample is a stay in `runnable` that came from `blocked`. It counts if it
    ended in `running`; a stay that began in the window may end after it.
    """
    mine = iv[iv["dom"] == dom]
    if vcpu is not None:
        mine = mine[mine["vcpu"] == vcpu]
    mine = mine.sort_values(["vcpu", "start"], kind="stable")
    woken = ((mine["state"] == RUNNABLE) & (mine["came_from"] == BLOCKED)
             & (mine["start"] >= start) & (mine["start"] < end))
    then = mine["state"].shift(-1).where(
        mine["vcpu"] == mine["vcpu"].shift(-1))
    whole = woken & ~mine["torn"] & ~mine["open"] & (then == RUNNING)
    ran = mine[whole]
    return Samples(ns=(ran["end"] - ran["start"]).to_numpy(),
                   at=ran["start"].to_numpy(),
                   torn=int((woken & mine["torn"]).sum()),
                   unfinished=int((woken & ~mine["torn"]
                                   & mine["open"]).sum()))
