"""What is measured of BVT's illustrative cases, and the figures' data."""
from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from experiments.runner.observed import Observed
from experiments.runner.turns import (events, ran_between, ran_by, turns,
                                      wakes, whole)
from experiments.runner.units import to_ns

MS = 1e6
# Domains of each case; the others are left out.
CASES = {"hogs": ("gcc", "bigsim"), "sleep": ("sleeper", "gcc", "bigsim"),
         "player": ("player", "gcc", "bigsim"),
         "runaway": ("player", "gcc", "bigsim"),
         "limited": ("player", "gcc", "bigsim"),
         "rearmed": ("player", "gcc", "bigsim")}
DRAWN_MS = {"hogs": 120, "sleep": 400, "player": 120, "runaway": 240,
            "limited": 240, "rearmed": 240}
POINTS = 120
GONE_WRONG = 1300 * MS      # start + runaway of the player


def scenario(tables: dict[str, Any], point: dict[str, Any]) -> dict[str, Any]:
    """The case's domains only."""
    case = point["case"]["label"]
    tables["domains"] = [d for d in tables["domains"]
                         if d["name"] in CASES[case]]
    return tables


def _case(run: Observed) -> str:
    return str(run.point["case"])


def _allow(run: Observed) -> float:
    return to_ns(run.point["allow"])


def slices(run: Observed) -> dict[str, float]:
    """Of the two hogs alone: their turns, and what C (1 + w_i / w_j) says."""
    if _case(run) != "hogs":
        return {}
    heavy, light = whole(run, "gcc")["length"], whole(run, "bigsim")["length"]
    heavy, light = heavy.iloc[1:-1], light.iloc[1:-1]   # off the beginning
    c = _allow(run)
    off = max((heavy - 3 * c).abs().max(), (light - 1.5 * c).abs().max())
    return {"heavy_ms": heavy.median() / MS, "light_ms": light.median() / MS,
            "ratio": heavy.sum() / light.sum(), "off_us": off / 1e3,
            "off_percent": 100 * off / c}


def after_sleep(run: Observed) -> dict[str, float]:
    """How long the sleeper runs at first, when it wakes; the longest of
    all."""
    if _case(run) != "sleep":
        return {}
    t, at = turns(run, "sleeper"), wakes(run, "sleeper")
    first = t.iloc[np.searchsorted(t["start"].to_numpy(), at)]
    return {"first_run_ms": float((first["end"] - first["start"]).max()) / MS,
            "wakes": len(at)}


def player(run: Observed) -> dict[str, float]:
    """Latency of the player, and how evenly the hogs share the rest."""
    if _case(run) != "player":
        return {}
    t, at = turns(run, "player"), wakes(run, "player")
    begin = t["start"].to_numpy()
    n = np.searchsorted(begin, at)
    late = begin[n[n < len(begin)]] - at[n < len(begin)]
    heavy, light = (ran_between(turns(run, d), run.start, run.stop)
                    for d in ("gcc", "bigsim"))
    return {"latency_max_us": float(late.max()) / 1e3,
            "rest_ratio": heavy / light}


def gone_wrong(run: Observed) -> dict[str, float]:
    """Of the player that hangs: how long it has precedence (until somebody
    else runs), its share from then on, and when its next warp comes after one
    that was ended; 0: none was."""
    if _case(run) not in ("runaway", "limited", "rearmed"):
        return {}
    t = turns(run, "player")
    begins = t[t["start"] >= GONE_WRONG - MS]
    first = begins.iloc[0]
    share = ran_between(t, run.stop - 1e9, run.stop) / 1e9
    dom = run.id_of("player")
    down = events(run.trace, "unwarp", dom)
    down = down[down >= GONE_WRONG]
    up = events(run.trace, "warp", dom)
    again = [up[up > d][0] - d for d in down if (up > d).any()]
    return {"precedence_ms": (first["end"] - first["start"]) / MS,
            "share_percent": 100 * share,
            "unwarps": len(down),
            "rearmed_after_ms": min(again) / MS if again else 0.0}


def virtual_times(run: Observed) -> dict[str, float]:
    """A_i of each domain from the begin of the figure on, in ms at weight
    256: DOMAIN.N is it at the figure's Nth of POINTS steps."""
    case = _case(run)
    if case == "hogs" and run.point["allow"] != "5ms":
        return {}
    start = GONE_WRONG - 30 * MS if "player" in CASES[case] else run.start
    start = GONE_WRONG - 120 * MS if case == "player" else start
    at = start + np.linspace(0, DRAWN_MS[case] * MS, POINTS + 1)
    weights = {d.name: d.weight for d in run.manifest.domains}
    found = {}
    for name in CASES[case]:
        a = (ran_by(turns(run, name), at) - ran_by(turns(run, name), at[:1]))
        a *= 256 / weights[name] / MS
        found.update({f"{name}.{i}": v for i, v in enumerate(a)})
    return found


def curves(rows: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """CASE: ms, and A of each of its domains."""
    found = {}
    for case, names in CASES.items():
        rows_of = rows[(rows["case"] == case) & (rows["scheduler"] == "bvt")
                       & (rows["allow"] == "5ms") & (rows["host"] == "sim")]
        if rows_of.empty:
            continue
        row = rows_of.iloc[0]
        found[case] = pd.DataFrame({
            "ms": np.linspace(0, DRAWN_MS[case], POINTS + 1),
            **{n: [row[f"at.{n}.{i}"] for i in range(POINTS + 1)]
               for n in names}})
    return found


def slice_lengths(rows: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """SCHEDULER-HOST: C in ms, heavy_ms, light_ms."""
    rows = rows[rows["case"] == "hogs"]
    rows = rows.assign(c=rows["allow"].map(lambda t: to_ns(t) / MS))
    return {f"{s}-{h}": part[["c", "heavy_ms", "light_ms"]].sort_values("c")
            for (s, h), part in rows.groupby(["scheduler", "host"])}


def historic_slices(rows: pd.DataFrame) -> float:
    """The light one's slices over C, on average. (The heavy one gets two in
    succession.)"""
    return float((rows["light_ms"] / rows["allow"].map(
        lambda t: to_ns(t) / MS)).mean())
