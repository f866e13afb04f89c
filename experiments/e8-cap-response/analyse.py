"""How a capped domain's CPU time follows its cap, and the figures' data."""
from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from experiments.runner.observed import Observed
from experiments.runner.turns import ran_by, turns

MS = 1e6
PERIOD = 30 * MS            # of accounting
CAPS = (10, 80, 20)         # percent, each for STEP
STEP = 3000 * MS
NEAR = 2.0                  # percent of a CPU: settled,
SMOOTH = 4                  # ... on average over so many periods
DRAWN = 20                  # periods around each step
CHANGING = ("credit.cap", "credit2.cap", "sedf.slice", "rtds.budget")


def scenario(tables: dict[str, Any], point: dict[str, Any]) -> dict[str, Any]:
    """The same cap said in each scheduler's parameters."""
    capped = next(d for d in tables["domains"] if d["name"] == "capped")
    if point["case"] == "steady":
        capped["parameters"] = _parameters(point["cap"])
        return tables
    capped["parameters"] = _parameters(CAPS[0])
    capped["changes"] = [
        {"at": f"{1e9 + i * STEP:.0f}ns", "parameters": {
            k: v for k, v in _parameters(cap).items() if k in CHANGING}}
        for i, cap in enumerate(CAPS) if i]
    return tables


def _parameters(cap: int) -> dict[str, Any]:
    slice_ = f"{cap * 300}us"   # of 30 ms
    return {"credit.cap": cap, "credit2.cap": cap,
            "sedf.period": "30ms", "sedf.slice": slice_, "sedf.extra": 0,
            "rtds.period": "30ms", "rtds.budget": slice_,
            "rtds.extratime": 0}


def usage(run: Observed) -> np.ndarray:
    """Percent of a CPU in each accounting period of the window."""
    edges = np.arange(run.start, run.stop + 1, PERIOD)
    return np.diff(ran_by(turns(run, "capped"), edges)) / PERIOD * 100


def steady(run: Observed) -> dict[str, float]:
    """With one cap: the error of the mean, and of the worst period, in percent
    of a CPU."""
    if run.point["case"] != "steady":
        return {}
    used, cap = usage(run), run.point["cap"]
    return {"mean_error": used.mean() - cap,
            "worst_error": float(np.abs(used - cap).max())}


def steps(run: Observed) -> dict[str, float]:
    """Of the cap's steps: after how many periods usage stays within NEAR of
    the cap, on average over SMOOTH periods; and usage around each step."""
    if run.point["case"] != "steps":
        return {}
    used = usage(run)
    smooth = np.convolve(used, np.ones(SMOOTH) / SMOOTH)[SMOOTH - 1:]
    found: dict[str, float] = {}
    per = int(STEP / PERIOD)
    for i, cap in enumerate(CAPS):
        if not i:
            continue
        part = smooth[i * per:(i + 1) * per - SMOOTH]
        off = np.flatnonzero(np.abs(part - cap) > NEAR)
        # One that never settles is off up to the end: about a hundred.
        found[f"settles_{CAPS[i - 1]}_{cap}"] = \
            int(off[-1]) + 1 if len(off) else 0
        around = used[i * per - 5:i * per + DRAWN]
        found.update({f"step{i}.{n}": u for n, u in enumerate(around)})
    return found


def curves(rows: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """SCHEDULER: periods since the step, usage at the first and second."""
    rows = rows[(rows["case"] == "steps") & (rows["host"] == "sim")]
    found = {}
    for row in rows.to_dict("records"):
        n = np.arange(DRAWN + 5)
        found[row["scheduler"]] = pd.DataFrame({
            "period": n - 5, **{f"step{i}": [row[f"step{i}.{k}"] for k in n]
                                for i in (1, 2)}})
    return found


def errors(rows: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """SCHEDULER-HOST: cap, worst_error, mean_error."""
    rows = rows[rows["case"] == "steady"]
    return {f"{s}-{h}": part[["cap", "worst_error", "mean_error"]].sort_values(
        "cap") for (s, h), part in rows.groupby(["scheduler", "host"])}
