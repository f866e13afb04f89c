"""Responses of a guest with I/O among hogs, and the figures' data."""
from __future__ import annotations

from typing import Any

import pandas as pd

from experiments.runner.measures import responses
from experiments.runner.observed import Observed
from experiments.runner.turns import ran_between, turns

WORK_US = 50.0
PERIOD_MS = 20


def scenario(tables: dict[str, Any], point: dict[str, Any]) -> dict[str, Any]:
    """Under SEDF each has its equal part of each 20 ms, and all may have what
    is left. Plain BVT warps nobody."""
    slice_ = int(0.98 * PERIOD_MS * 1000 / (point["hogs"] + 1))
    for domain in tables["domains"]:
        domain.setdefault("parameters", {}).update({
            "sedf.period": f"{PERIOD_MS}ms", "sedf.slice": f"{slice_}us"})
        if point["scheduler"] == "bvt":
            domain["parameters"].pop("bvt.warp", None)
    return tables


def response(run: Observed) -> dict[str, float]:
    """Of the requests to `io`: release to end, less its own work, in ms; in
    percent of its share what it got."""
    found = responses(run, "io")
    got = ran_between(turns(run, "io"), run.start, run.stop)
    return {**{f"{k}_ms": max((found[f"response_{k}_us"] - WORK_US) / 1e3, 0.0)
               for k in ("median", "p99", "max")},
            "io_percent": 100 * got / (run.stop - run.start)}


def slices(run: Observed) -> float:
    """What (n - 1) slices of Credit are, in ms."""
    return 30.0 * run.point["hogs"]


def by_hogs(rows: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """GUEST-SCHEDULER-HOST: hogs, median_ms, max_ms over the seeds."""
    # On a logarithmic scale nothing is shorter than a microsecond.
    rows = rows.assign(**{c: rows[c].clip(lower=1e-3)
                          for c in ("median_ms", "p99_ms", "max_ms")})
    keys = ["guest", "scheduler", "host", "hogs"]
    worst = rows.groupby(keys)[["median_ms", "p99_ms", "max_ms"]].max()
    return {"-".join(k): part[["hogs", "median_ms", "p99_ms", "max_ms"]]
            for k, part in worst.reset_index().groupby(keys[:3])}
