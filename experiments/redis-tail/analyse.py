"""Tail latency of redis in a Linux guest, and how right its neighbours'
shares are; the rule by which each scheduler's parameters are chosen; the
figures' data.

The rule is that of experiments/service-tail, with redis' own figures."""
from __future__ import annotations

import re
from typing import Any

import numpy as np
import pandas as pd

from experiments.runner.observed import Observed
from xentrace import shares as fair

GAP_US = 500            # of requests, on average
# CPU time that the whole domain takes for one (client, kernel, server), on a
# CPU of its own; the run without batch domains measures it (`demand_us`), and
# an expectation says that it is so.
WORK_US = 60
WINDOWS = 10            # one after the other in a run, a seed each
BATCH_WEIGHTS = (128, 256, 512)
LOAD = WORK_US / GAP_US
TWICE = 2 * LOAD
BURST_US = 10 * WORK_US


def scenario(tables: dict[str, Any], point: dict[str, Any]) -> dict[str, Any]:
    """The batch domains, or none, and the service's parameters by the rule."""
    count = point["batch"]
    batch = [BATCH_WEIGHTS[i % 3] for i in range(count)]
    if not count:
        tables["domains"] = [d for d in tables["domains"]
                             if d["name"] != "batch"]
    # A weight whose share is TWICE, whatever the others' are.
    weight = max(1, round(TWICE / (1 - TWICE) * sum(batch))) if batch else 256
    for domain in tables["domains"]:
        if domain["name"] == "batch":
            domain["count"] = count
            domain["weight"] = batch
            domain["parameters"] = {"rtds.budget": "10us"}
            continue
        domain["weight"] = weight
        # warp is in CPU time at weight 256: a burst at this weight.
        warp = max(BURST_US * 256 // weight + 1, BURST_US)
        domain["parameters"] = {
            "bvt.warp": f"{warp}us",
            "bvt.warp_limit": f"{BURST_US}us",
            "bvt.unwarp": f"{5 * BURST_US}us",
            **{f"{s}.period": f"{BURST_US}us" for s in ("sedf", "rtds")},
            "sedf.slice": f"{round(TWICE * BURST_US)}us",
            "rtds.budget": f"{round(TWICE * BURST_US)}us"}
        if point["scheduler"] == "bvt-plain":
            domain["parameters"].pop("bvt.warp")
    return tables


def windows(run: Observed) -> pd.DataFrame:
    """A row for each window that redis-load told of: seed, requests, from and
    until in ns of system time, quantiles of latency in ns."""
    found = [{k: int(v) for k, v in re.findall(r"(\w+)=(\d+)", line)}
             for line in run.serial.splitlines()
             if "redis-load: seed=" in line]
    table = pd.DataFrame(found)
    for name in "begin", "end":
        tsc = table[f"{name}_tsc"].to_numpy(dtype=np.uint64)
        table[name] = run.trace.to_ns(tsc)
    return table


def tail(run: Observed) -> dict[str, float]:
    """Over the windows: the mean, least and greatest of each one's 99th
    percentile (p99_us), the mean median and the greatest of all; how many
    windows there were in the time that is measured."""
    table = windows(run)
    table = table[(table["begin"] >= run.start) & (table["end"] <= run.stop)]
    us = table[["p50", "p99", "p999", "max"]] / 1e3
    return {"windows": float(len(table)),
            "requests": float(table["requests"].sum()),
            "median_us": us["p50"].mean(), "p99_us": us["p99"].mean(),
            "p99_least_us": us["p99"].min(), "p99_most_us": us["p99"].max(),
            "p999_us": us["p999"].mean(), "max_us": us["max"].max()}


def _span(run: Observed) -> tuple[float, float]:
    table = windows(run)
    return float(table["begin"].min()), float(table["end"].max())


def demand_us(run: Observed) -> float:
    """CPU time of the service's domain, for each request: over the windows, and
    the pauses between them."""
    begin, end = _span(run)
    ran = fair.cpu_time(run.intervals, begin, end)["ran"]
    mine = float(ran.get(run.id_of("service"), 0.0))
    return mine / 1e3 / float(windows(run)["requests"].sum())


def share_error(run: Observed) -> float:
    """Of the batch domains, over the windows, the largest relative error of
    what weights entitle each to of what the service leaves; in percent."""
    batch = {i: float(d.weight) for i, d in run.ids_of("batch").items()}
    if len(batch) < 2:
        return 0.0
    errors = fair.share_errors(run.intervals, batch, *_span(run))
    return 100 * float(errors["error"].abs().max())


def _alone(rows: pd.DataFrame) -> pd.Series:
    return rows[rows["batch"] == 0]["p99_us"].mean()


def worst_ratio(rows: pd.DataFrame) -> float:
    """The greatest mean 99th percentile, over that of the run without batch."""
    return rows["p99_us"].max() / _alone(rows)


def least_ratio(rows: pd.DataFrame) -> float:
    """The least one of those with batch under other schedulers, over that."""
    others = rows[(rows["batch"] > 0) & (rows["scheduler"] != "bvt-warp")]
    return others["p99_us"].min() / _alone(rows)


def curves(rows: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """SCHEDULER: batch, p99 in us (mean, least, most of the windows),
    share_error. alone: of the run without batch."""
    names = ["batch", "p99_us", "p99_least_us", "p99_most_us", "share_error"]
    found = {"alone": rows[rows["batch"] == 0][names]}
    for scheduler, part in rows[rows["batch"] > 0].groupby("scheduler"):
        part = part[names].sort_values("batch").copy()
        part["share_error"] = part["share_error"].clip(lower=1e-2)
        found[str(scheduler)] = part
    return found
