"""How far CPU time is off its target in windows of every length, and what
dom0's weight does to a service; the figures' data."""
from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from experiments.runner.observed import Observed
from experiments.runner.turns import ran_by, ran_between, turns

S = 1e9
WINDOWS = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0)     # s
ALLOCATION = ("target", "rest")
SERVICE = ("client", "dom0", "web", "batch")


def scenario(tables: dict[str, Any], point: dict[str, Any]) -> dict[str, Any]:
    """The case's domains; the target said in each scheduler's parameters."""
    case = point["case"]
    names = ALLOCATION if case == "allocation" else SERVICE
    tables["domains"] = [d for d in tables["domains"] if d["name"] in names]
    if case == "service":
        tables["machine"]["cpus"] = 2
        return tables
    share = point["percent"]
    tables["domains"][0]["parameters"] = {
        "credit.cap": share, "credit2.cap": share,
        "sedf.period": "20ms", "sedf.slice": f"{share * 200}us",
        "sedf.extra": 0, "rtds.period": "20ms",
        "rtds.budget": f"{share * 200}us", "rtds.extratime": 0}
    return tables


def allocation(run: Observed) -> dict[str, float]:
    """Of windows of each length: the mean of |used - target| / target, in
    percent."""
    if run.point["case"] != "allocation":
        return {}
    t, target = turns(run, "target"), run.point["percent"] / 100
    found = {}
    for length in WINDOWS:
        if length * S > run.stop - run.start:
            continue
        edges = np.arange(run.start, run.stop + 1, length * S)
        used = np.diff(ran_by(t, edges)) / (length * S)
        found[f"{length:g}s"] = 100 * float(
            np.abs(used - target).mean()) / target
    return found


def service(run: Observed) -> dict[str, float]:
    """Requests a second of all clients, and who had what of the first CPU."""
    if run.point["case"] != "service" or run.table is None:
        return {}
    clients = run.table[run.table.index.str.startswith("client")]
    had = {name: 100 * ran_between(turns(run, name), run.start, run.stop)
           / (run.stop - run.start) for name in ("dom0", "web")}
    return {"requests_per_s": float(clients["jobs"].sum()) / run.seconds,
            **{f"{k}_percent": v for k, v in had.items()}}


def by_window(rows: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """SCHEDULER-HOST: window in s, error: mean and most over the targets."""
    rows = rows[rows["case"] == "allocation"]
    found = {}
    for (scheduler, host), part in rows.groupby(["scheduler", "host"]):
        lines = [(w, part[f"error.{w:g}s"].mean(), part[f"error.{w:g}s"].max())
                 for w in WINDOWS if f"error.{w:g}s" in part
                 and part[f"error.{w:g}s"].notna().any()]
        frame = pd.DataFrame(lines, columns=["window", "mean", "most"])
        frame[["mean", "most"]] = frame[["mean", "most"]].clip(lower=1e-3)
        found[f"{scheduler}-{host}"] = frame
    return found


def by_weight(rows: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """SCHEDULER: dom0's weight over the others', requests_per_s."""
    rows = rows[rows["case"] == "service"]
    rows = rows.assign(times=rows["dom0"] / 256)
    return {s: part[["times", "requests_per_s"]].sort_values("times")
            for s, part in rows.groupby("scheduler")}


def _mean(rows: pd.DataFrame, scheduler: str, column: str) -> float:
    return float(rows[rows["scheduler"] == scheduler][column].mean())


def over(rows: pd.DataFrame, worse: str, better: str, column: str) -> float:
    """The mean of one scheduler over that of another, which counts as a
    thousandth at least."""
    return _mean(rows, worse, column) / max(_mean(rows, better, column), 1e-3)


def gain(rows: pd.DataFrame, low: int, high: int) -> float:
    """Requests a second with the higher weight of dom0 over those with the
    lower one."""
    rate = rows.groupby("dom0")["requests_per_s"].mean()
    return float(rate[high] / rate[low])
