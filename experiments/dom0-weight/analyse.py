"""What a web server in a guest answers, and who has the CPU, while dom0 has
another weight from window to window; the figures' data."""
from __future__ import annotations

import re

import numpy as np
import pandas as pd

from experiments.runner.observed import Observed
from experiments.runner.turns import ran_between, turns

OTHERS = 256    # the weight of each of the others on the CPU
LINE = re.compile(
    r"WINDOW (\d+ \d+) (\S+?):? +(?:TSC )?([0-9a-f.]+)([mu]?s?)")
MS = {"us": 1e-3, "ms": 1.0, "s": 1e3}
MEASURES = ("requests_per_s", "p99_ms", "dom0_percent", "web_percent")


def windows(run: Observed) -> dict[str, dict[str, float]]:
    """By "CONNECTIONS WEIGHT": begin and end in ns of system time, requests a
    second as wrk counted them, and the 99th percentile of its latencies in
    ms."""
    found: dict[str, dict[str, float]] = {}
    for name, word, value, unit in LINE.findall(run.serial):
        row = found.setdefault(name, {})
        if word in ("begin", "end"):
            tsc = np.array([int(value, 16)], dtype=np.uint64)
            row[word] = float(run.trace.to_ns(tsc)[0])
        elif word == "Requests/sec":
            row["requests_per_s"] = float(value)
        elif word == "99%":
            row["p99_ms"] = float(value) * MS[unit]
    return found


def service(run: Observed) -> dict[str, float]:
    """Of each number of connections and each weight of dom0: requests_per_s,
    p99_ms, and CPU time of dom0 and of the web server's guest in percent of
    their CPU, as MEASURE.CONNECTIONS.WEIGHT. How many windows are wholly in the
    time that is measured: the others do not count."""
    done: dict[str, float] = {"windows": 0.0}
    had = {name: turns(run, name) for name in ("dom0", "web")}
    for name, row in windows(run).items():
        if not run.start <= row.get("begin", 0) < row.get("end", 0) <= run.stop:
            continue
        done["windows"] += 1
        for guest, t in had.items():
            row[f"{guest}_percent"] = 100 * ran_between(
                t, row["begin"], row["end"]) / (row["end"] - row["begin"])
        done |= {f"{m}.{name.replace(' ', '.')}": row.get(m, np.nan)
                 for m in MEASURES}
    return done


def _gains(rows: pd.DataFrame, connections: int, low: int,
           high: int) -> pd.Series:
    rate = f"requests_per_s.{connections}"
    return rows[f"{rate}.{high}"] / rows[f"{rate}.{low}"]


def least_gain(rows: pd.DataFrame, connections: int, low: int,
               high: int) -> float:
    """Requests a second with the higher weight of dom0 over those with the
    lower one; the least of the runs'."""
    return float(_gains(rows, connections, low, high).min(skipna=False))


def largest_change(rows: pd.DataFrame, connections: int, low: int,
                   high: int) -> float:
    """How far that is from 1, at most."""
    change = (_gains(rows, connections, low, high) - 1).abs()
    return float(change.max(skipna=False))


def dom0_cost_ratio(rows: pd.DataFrame, connections: int, low: int,
                    high: int) -> float:
    """dom0's CPU time for a request with the lower weight over that with the
    higher one; the greatest of the runs'."""
    cost = {w: rows[f"dom0_percent.{connections}.{w}"]
            / rows[f"requests_per_s.{connections}.{w}"] for w in (low, high)}
    return float((cost[low] / cost[high]).max(skipna=False))


def by_weight(rows: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """SCHEDULER-CONNECTIONS: dom0's weight over the others', and MEASURES."""
    found = {}
    pairs = {tuple(map(int, c.split(".")[1:])) for c in rows
             if c.startswith(f"{MEASURES[0]}.")}
    for scheduler, part in rows.groupby("scheduler"):
        for connections in {c for c, _ in pairs}:
            found[f"{scheduler}-{connections}"] = pd.DataFrame([
                (w / OTHERS, *(part[f"{m}.{connections}.{w}"].mean()
                               for m in MEASURES))
                for w in sorted(w for c, w in pairs if c == connections)],
                columns=["times", *MEASURES])
    return found
