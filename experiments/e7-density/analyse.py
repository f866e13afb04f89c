"""Latencies of one guest of four on a CPU, and the figure's data."""
from __future__ import annotations

from typing import Any

import pandas as pd

from experiments.runner.measures import responses
from experiments.runner.observed import Observed
from experiments.runner.turns import ran_between, turns

WORK_US = 100.0
ORDER = ("credit-30", "credit-10", "credit-5", "credit-1", "sedf-20", "rtds-20",
         "tableau-20", "sedf-4", "tableau-4", "bvt", "bvt-warp")


def scenario(tables: dict[str, Any], point: dict[str, Any]) -> dict[str, Any]:
    """A quarter of the CPU for each, in the periods that the scheduler's id
    names; the warp for one."""
    scheduler = point["scheduler"]
    period = 4 if scheduler.endswith("-4") else 20
    for domain in tables["domains"]:
        domain["parameters"] = {
            "sedf.period": f"{period}ms",
            "sedf.slice": f"{245 * period}us", "sedf.extra": 0,
            "rtds.period": f"{period}ms", "rtds.budget": f"{250 * period}us",
            "rtds.extratime": 0, "tableau.slot": f"{250 * period}us"}
        if scheduler == "bvt-warp" and domain["name"] == "lat":
            domain["parameters"].update({
                "bvt.warp": "1ms", "bvt.warp_limit": "1ms",
                "bvt.unwarp": "5ms"})
    return tables


def tail(run: Observed) -> dict[str, float]:
    """Of the jobs of `lat`: from release to end, without its own work, in
    ms."""
    found = responses(run, "lat")
    return {f"{k}_ms": (found[f"response_{k}_us"] - WORK_US) / 1e3
            for k in ("median", "p99", "max")}


def shares(run: Observed) -> dict[str, float]:
    """Of the three hogs: the least and the greatest share of the CPU."""
    span = run.stop - run.start
    got = [100 * ran_between(turns(run, f"hog{i}"), run.start, run.stop) / span
           for i in (1, 2, 3)]
    return {"hog_least": min(got), "hog_most": max(got)}


def _worst(rows: pd.DataFrame, scheduler: str) -> float:
    return float(rows[rows["scheduler"] == scheduler]["max_ms"].max())


def ratio(rows: pd.DataFrame, long: str, short: str) -> float:
    """The worst of one scheduler over the worst of another."""
    return _worst(rows, long) / _worst(rows, short)


def bars(rows: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """LOAD-HOST: x, p99_ms, max_ms over all seeds."""
    rows = rows.assign(x=rows["scheduler"].map(ORDER.index))
    worst = rows.groupby(["load", "host", "x"])[["p99_ms", "max_ms"]].max()
    # On a logarithmic scale nothing is shorter than a microsecond.
    worst = worst.clip(lower=1e-3).reset_index()
    return {f"{load}-{host}": part[["x", "p99_ms", "max_ms"]]
            for (load, host), part in worst.groupby(["load", "host"])}
