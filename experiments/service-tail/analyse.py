"""Tail latency of a service, and how right its neighbours' shares are; the
rule by which each scheduler's parameters are chosen; the figures' data."""
from __future__ import annotations

from typing import Any

import pandas as pd

from experiments.runner.observed import Observed
from xentrace import shares as fair

MEAN_GAP_US = 2000      # of requests
MEAN_WORK_US = 200      # of one; exponential
BATCH_WEIGHTS = (128, 256, 512)
# The rule. Of the service it is known how often it is asked, and what a request
# takes on average; it is given twice that, by whatever the scheduler has:
LOAD = MEAN_WORK_US / MEAN_GAP_US
TWICE = 2 * LOAD
# ... and, where latency can be asked for, for a burst of ten mean requests.
BURST_US = 10 * MEAN_WORK_US


def scenario(tables: dict[str, Any], point: dict[str, Any]) -> dict[str, Any]:
    """The batch domains' weights, and the service's parameters by the rule."""
    batch = [BATCH_WEIGHTS[i % 3] for i in range(point["batch"])]
    # A weight whose share is TWICE, whatever the others' are.
    weight = max(1, round(TWICE / (1 - TWICE) * sum(batch)))
    for domain in tables["domains"]:
        if domain["name"] == "batch":
            domain["weight"] = batch
            domain["parameters"] = {"rtds.budget": "10us"}
        elif domain["name"] == "service":
            domain["weight"] = weight
            # warp is in CPU time at weight 256: a burst at this weight.
            warp = BURST_US * 256 // weight + 1
            domain["parameters"] = {
                "bvt.warp": f"{max(warp, BURST_US)}us",
                "bvt.warp_limit": f"{BURST_US}us",
                "bvt.unwarp": f"{5 * BURST_US}us",
                **{f"{s}.period": f"{BURST_US}us" for s in ("sedf", "rtds")},
                "sedf.slice": f"{round(TWICE * BURST_US)}us",
                "rtds.budget": f"{round(TWICE * BURST_US)}us"}
    if point["scheduler"] == "bvt-plain":
        for domain in tables["domains"]:
            domain.get("parameters", {}).pop("bvt.warp", None)
    return tables


def tail(run: Observed) -> dict[str, float]:
    """Of the client's requests: from when they are due to the answer."""
    row = run.table.loc["client"]
    return {"requests": float(row["jobs"]),
            **{f"{k}_ms": float(row[f"response_{k}"]) / 1e6
               for k in ("median", "p99", "max")}}


def share_error(run: Observed) -> float:
    """Of the batch domains, the largest relative error of what weights entitle
    each to of what the service leaves; in percent."""
    batch = {i: float(d.weight) for i, d in run.ids_of("batch").items()}
    if len(batch) < 2:
        return 0.0
    errors = fair.share_errors(run.intervals, batch, run.start, run.stop)
    return 100 * float(errors["error"].abs().max())


def curves(rows: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """SCHEDULER: batch, p99_ms, share_error: mean, least, most of the seeds."""
    found = {}
    for scheduler, part in rows.groupby("scheduler"):
        stats = part.groupby("batch")[["p99_ms", "share_error"]].agg(
            ["mean", "min", "max"])
        stats.columns = [f"{a}.{b}" for a, b in stats.columns]
        error = [c for c in stats if c.startswith("share_error")]
        stats[error] = stats[error].clip(lower=1e-3)
        found[str(scheduler)] = stats.reset_index()
    return found
