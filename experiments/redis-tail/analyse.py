"""Tail latency of redis in a Linux guest, and of its model in the simulator,
and how right the neighbours' shares are; the rule by which each scheduler's
parameters are chosen; the figures' data."""
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
WORK_US = 47
WINDOWS = 10            # of a run, one after the other, a seed each
BATCH_WEIGHTS = (128, 256, 512)
# The rule. The service is given twice its load, by whatever the scheduler has:
TWICE = 2 * WORK_US / GAP_US
# ... and, where latency can be asked for, for a burst of ten mean requests.
BURST_US = 10 * WORK_US


def _parameters(weight: int) -> dict[str, str]:
    """The service's, by the rule."""
    # warp is in CPU time at weight 256: a burst at this weight.
    warp = max(BURST_US * 256 // weight + 1, BURST_US)
    slice_us = round(TWICE * BURST_US)
    return {"bvt.warp": f"{warp}us", "bvt.warp_limit": f"{BURST_US}us",
            "bvt.unwarp": f"{5 * BURST_US}us",
            **{f"{s}.period": f"{BURST_US}us" for s in ("sedf", "rtds")},
            "sedf.slice": f"{slice_us}us", "rtds.budget": f"{slice_us}us"}


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
            domain.update(count=count, weight=batch,
                          parameters={"rtds.budget": "10us"})
        else:
            domain.update(weight=weight, parameters=_parameters(weight))
            if point["scheduler"] == "bvt-plain":
                domain["parameters"].pop("bvt.warp")
    if point["scheduler"] == "rtds" and point["host"] == "qemu":
        tables["trace"]["pages"] *= 4   # a budget's every end is an event
    if point["host"] == "sim":
        # As often asked, as much work each; all that came is done in one go.
        tables["domains"][0]["workload"] = {
            "kind": "poisson", "work": f"{WORK_US}us", "period": f"{GAP_US}us"}
    return tables


def windows(run: Observed) -> pd.DataFrame:
    """A row for each window that counts, of those that redis-load told of:
    seed, requests, from and until in ns of system time, quantiles of latency in
    ns."""
    found = [{k: int(v) for k, v in re.findall(r"(\w+)=(\d+)", line)}
             for line in run.serial.splitlines()
             if "redis-load: seed=" in line]
    table = pd.DataFrame(found)
    table = table[table["seed"] <= WINDOWS]
    for name in "begin", "end":
        tsc = table[f"{name}_tsc"].to_numpy(dtype=np.uint64)
        table[name] = run.trace.to_ns(tsc)
    return table


def tail(run: Observed) -> dict[str, float]:
    """Of latencies, from when a request is due. In the hypervisor over the
    windows: the mean, least and greatest of each one's 99th percentile
    (p99_us), the mean median and the greatest of all; how many windows there
    were in the time that is measured. In the simulator: of the run."""
    if run.table is not None:
        row = run.table.loc["service"]
        us = {q: float(row[f"response_{q}"]) / 1e3
              for q in ("median", "p99", "max")}
        return {"windows": np.nan, "requests": float(row["jobs"]),
                "median_us": us["median"], "p99_us": us["p99"],
                "p99_least_us": us["p99"], "p99_most_us": us["p99"],
                "max_us": us["max"]}
    table = windows(run)
    table = table[(table["begin"] >= run.start) & (table["end"] <= run.stop)]
    us = table[["p50", "p99", "max"]] / 1e3
    return {"windows": float(len(table)),
            "requests": float(table["requests"].sum()),
            "median_us": us["p50"].mean(), "p99_us": us["p99"].mean(),
            "p99_least_us": us["p99"].min(), "p99_most_us": us["p99"].max(),
            "max_us": us["max"].max()}


def _span(run: Observed) -> tuple[float, float]:
    """The time that is measured: in the hypervisor, that of the windows."""
    if run.table is not None:
        return run.start, run.stop
    table = windows(run)
    return float(table["begin"].min()), float(table["end"].max())


def demand_us(run: Observed) -> float:
    """CPU time of the service's domain, for each request: over the windows, and
    the pauses between them."""
    begin, end = _span(run)
    ran = fair.cpu_time(run.intervals, begin, end)["ran"]
    mine = float(ran.get(run.id_of("service"), 0.0))
    asked = run.table.loc["service", "jobs"] if run.table is not None \
        else windows(run)["requests"].sum()
    return mine / 1e3 / float(asked)


def share_error(run: Observed) -> float:
    """Of the batch domains, over that time, the largest relative error of what
    weights entitle each to of what the service leaves; in percent. NaN: there
    are not two of them."""
    batch = {i: float(d.weight) for i, d in run.ids_of("batch").items()}
    if len(batch) < 2:
        return np.nan
    errors = fair.share_errors(run.intervals, batch, *_span(run))
    return 100 * float(errors["error"].abs().max())


def _ratios(rows: pd.DataFrame) -> pd.Series:
    """Of each host, scheduler and number of batch domains: the 99th percentile,
    in the mean of the seeds, over that without batch domains in this host."""
    p99 = rows.groupby(["host", "scheduler", "batch"])["p99_us"].mean()
    p99 = p99.reset_index().set_index("host")
    alone = p99[p99["batch"] == 0]["p99_us"]
    beside = p99[p99["batch"] > 0].set_index(["scheduler", "batch"],
                                             append=True)["p99_us"]
    return beside / alone.reindex(beside.index, level="host")


def worst_ratio(rows: pd.DataFrame, scheduler: str) -> float:
    """The greatest of this scheduler's."""
    return _ratios(rows).xs(scheduler, level="scheduler").max()


def least_ratio(rows: pd.DataFrame, schedulers: list[str]) -> float:
    """The least of any of these schedulers'."""
    ratios = _ratios(rows)
    return ratios[ratios.index.isin(schedulers, level="scheduler")].min()


def curves(rows: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """HOST-SCHEDULER: batch, p99 in us (mean over the seeds, least, most),
    share_error (the worst). HOST-alone: the run without batch."""
    found = {}
    table = rows.groupby(["host", "scheduler", "batch"]).agg(
        {"p99_us": "mean", "p99_least_us": "min", "p99_most_us": "max",
         "share_error": "max"}).reset_index()
    for (host, scheduler), part in table.groupby(["host", "scheduler"]):
        part = part.drop(columns=["host", "scheduler"]).sort_values("batch")
        part["share_error"] = part["share_error"].clip(lower=1e-2)
        found[f"{host}-{scheduler}"] = part[part["batch"] > 0]
        if (part["batch"] == 0).any():
            found[f"{host}-alone"] = part[part["batch"] == 0]
    return found
