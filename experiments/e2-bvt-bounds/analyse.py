"""Latencies and leads under BVT against their bounds, and the figures' data.

Virtual time is in ns of CPU time at weight 1, as in the formulas: a weight here
is the manifest's over 256.
"""
from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from experiments.runner.observed import Observed
from experiments.runner.turns import ran_by, turns
from experiments.runner.units import to_ns
from xentrace import latency
from xentrace.trace import RUNNING

MS = 1e6
ALLOW = 5 * MS              # C, as the bounds are told it is
GROUPS = ("drivers", "media", "default", "background")
WEIGHTS = (10, 5, 5, 1)
WARPS = (4.5 * MS, 4 * MS, 2 * MS, 0.0)
DELTA = 1.0                 # granularity of charging, ns
LIMIT = np.array(WARPS) + (ALLOW + DELTA) / np.array(WEIGHTS)
BURST_AFTER = 100 * MS      # ... the window's begin, and each second
BURST_LOOKED_AT = 200 * MS  # nobody is done by then


def scenario(tables: dict[str, Any], point: dict[str, Any]) -> dict[str, Any]:
    """The sleeper's group decides its weight and warp; the load, what the
    others do."""
    group = GROUPS.index(point["group"])
    wide = point["load"] == "bursts"
    for domain in tables["domains"]:
        if domain["name"] == "sleeper":
            domain["weight"] = 256 * WEIGHTS[group]
            domain["parameters"]["bvt.warp"] = f"{WARPS[group]:.0f}ns"
            if wide:
                domain["workload"] = {
                    "kind": "periodic", "start": "500ms", "period": "1s",
                    "work": "100us", "duration": "0s",
                    "offset": f"{1e9 + to_ns(point['offset']):.0f}ns"}
        elif wide:
            domain["workload"] = {
                "kind": "periodic", "start": "500ms", "period": "1s",
                "work": "150ms", "duration": "0s"}
    return tables


def idle_bound(group: int) -> float:
    """Latency of a waker that was idle for long: sum over all others of
    max(C + (W_j - W_i) w_j, 0), in ns."""
    return sum(max(ALLOW + (WARPS[j] - WARPS[group]) * WEIGHTS[j], 0)
               for j in range(len(GROUPS)))


def wake(run: Observed) -> dict[str, float]:
    """The sleeper's latencies, against the bound."""
    group = GROUPS.index(run.point["group"])
    s = latency.wake_to_run(run.intervals, run.id_of("sleeper"),
                            start=run.start, end=run.stop)
    worst, bound = float(s.ns.max()), idle_bound(group)
    return {"wakes": len(s.ns), "worst_ms": worst / MS, "bound_ms": bound / MS,
            "of_bound": worst / bound}


def lead(run: Observed) -> dict[str, float]:
    """Of all pairs of others at all switches: A_i - A_k over its bound W_i +
    (C + delta) / w_i, the greatest. Among hogs it is not known when they were
    even: there the swing, over the sum of both bounds."""
    iv = run.window
    at = np.unique(iv.loc[iv["state"] == RUNNING, "end"].to_numpy())
    others = [turns(run, name) for name in GROUPS]
    if run.point["load"] == "bursts":
        starts = run.start + BURST_AFTER + \
            np.arange(0, run.stop - run.start - 1e9, 1e9)
        return {"lead_of_bound": max(_burst_lead(others, at, b)
                                     for b in starts)}
    a = _virtual(others, at)
    ahead = a[:, None, :] - a[None, :, :]
    swing = ahead.max(axis=2) - ahead.min(axis=2)
    np.fill_diagonal(swing, 0)
    return {"swing_of_bound": float((swing / (LIMIT[:, None] + LIMIT)).max())}


def _burst_lead(others: list[pd.DataFrame], at: np.ndarray,
                begin: float) -> float:
    """... in a burst, at whose begin all are even."""
    at = at[(at > begin) & (at < begin + BURST_LOOKED_AT)]
    a = _virtual(others, np.append(begin, at))
    a -= a[:, :1]
    ahead = (a[:, None, :] - a[None, :, :]).max(axis=2)
    return float((ahead / LIMIT[:, None]).max())


def _virtual(others: list[pd.DataFrame], at: np.ndarray) -> np.ndarray:
    return np.array([ran_by(t, at) / w for t, w in zip(others, WEIGHTS)])


def by_group(rows: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """LOAD-HOST: group, worst_ms of all; bound: group, bound_ms."""
    rows = rows[rows["scheduler"] == "bvt"]
    rows = rows.assign(x=rows["group"].map(GROUPS.index))
    worst = rows.groupby(["load", "host", "x"])["worst_ms"].max().reset_index()
    found = {f"{load}-{host}": part[["x", "worst_ms"]]
             for (load, host), part in worst.groupby(["load", "host"])}
    bound = rows[["x", "bound_ms"]].drop_duplicates().sort_values("x")
    return {**found, "bound": bound}


def by_offset(rows: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """GROUP: offset in ms, of_bound."""
    rows = rows[(rows["load"] == "bursts") & (rows["host"] == "sim")
                & (rows["scheduler"] == "bvt")]
    rows = rows.assign(ms=rows["offset"].map(lambda t: to_ns(t) / MS))
    return {g: part[["ms", "of_bound"]].sort_values("ms")
            for g, part in rows.groupby("group")}
