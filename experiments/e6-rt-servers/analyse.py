"""Random sets of periodic tasks in servers, what is measured of them, and the
figures' data."""
from __future__ import annotations

import random
import re
from typing import Any

import numpy as np
import pandas as pd

from experiments.runner.observed import Observed
from experiments.runner.turns import ran_between, turns

US = 1_000
MS = 1_000_000
TASKS = 5
PERIODS_MS = (10, 100)      # log-uniform
SERVERS = {"deferrable": 0, "periodic": 1, "polling": 2, "sporadic": 3}
SPARE = 1.002               # of a budget, for what switches take
NAN = float("nan")
GUEST_RUNS = 1500 * MS      # ns, in the hypervisor


def _task_set(load: float, seed: int) -> list[tuple[int, int, int]]:
    """(period, work, phase) in ns of each task; utilisations sum up to load
    (UUniFast: E. Bini, G. Buttazzo, Real-Time Systems 30, 2005)."""
    draw = random.Random(f"tasks {seed}")
    left, shares = 1.0, []
    for i in range(TASKS - 1, 0, -1):
        rest = left * draw.random() ** (1 / i)
        shares.append(left - rest)
        left = rest
    shares.append(left)
    low, high = PERIODS_MS
    found = []
    for share in shares:
        period = round(low * (high / low) ** draw.random()) * MS
        phase = round(draw.random() * period)
        found.append((period, max(round(load * share * period), US), phase))
    return found


def scenario(tables: dict[str, Any], point: dict[str, Any]) -> dict[str, Any]:
    """A set of tasks, each in a domain with a server; or, for the case
    `blocker`, the two domains of the file."""
    if point["case"] == "blocker":
        return tables
    host = point["host"]
    host = host["label"] if isinstance(host, dict) else host
    row = next(s for s in tables["schedulers"]
               if s["id"] == point["scheduler"])
    tables["domains"] = [
        _domain(i, task, SERVERS.get(row["label"], 0), host)
        for i, task in enumerate(_task_set(point["load"], point["seed"]), 1)]
    tables["domains"].append({
        "name": "hog", "memory": "8M",
        "workload": {"kind": "hog", "start": "480ms"}})
    return tables


def _domain(number: int, task: tuple[int, int, int], server: int,
            host: str) -> dict[str, Any]:
    """Under rtxen four server periods to a task's, of which one may be lost to
    its phase, so three budgets must do; under sedf its own period, and all of
    its work as the slice."""
    period, work, phase = task
    budget = min(round(work / 3 * SPARE) + 5 * US, period // 4)
    return {
        "name": f"task{number}", "memory": "8M",
        "workload": {"kind": "periodic", "start": f"{490 + number}ms",
                     "period": f"{period}ns", "work": f"{work}ns",
                     "offset": f"{period + phase}ns",
                     "duration": f"{GUEST_RUNS}ns" if host == "qemu"
                     else "0s"},
        "parameters": {
            "rtxen.period": f"{period // 4}ns", "rtxen.budget": f"{budget}ns",
            "rtxen.server": server, "sedf.period": f"{period}ns",
            "sedf.slice": f"{min(round(work * SPARE) + 5 * US, period)}ns",
            "sedf.extra": 0}}


def misses(run: Observed) -> dict[str, float]:
    """Of all tasks: jobs that were released, and of how many of 100 the
    deadline passed before they were done."""
    if run.point["case"] != "tasks":
        return {}
    released = on_time = 0.0
    for i, domain in enumerate(run.manifest.domains[:-1], 1):
        jobs, late, span = _counted(run, f"task{i}")
        released += span // domain.workload.values["period"]
        on_time += jobs - late
    # At an edge of the window a job may be in one count only.
    return {"jobs": released,
            "miss_percent": max(0.0, 100 * (1 - on_time / released))}


def _counted(run: Observed, task: str) -> tuple[float, float, float]:
    """(jobs that were done, of these late, time in ns in which they were
    released): by the simulator in the window, by the guest since its start."""
    if run.table is not None:
        row = run.table.loc[task]
        return row["jobs"], row["misses"], run.stop - run.start
    said = re.search(rf"{task}\W+periodic: jobs=(\d+) misses=(\d+)",
                     run.serial)
    if not said:
        return NAN, NAN, GUEST_RUNS
    return float(said[1]), float(said[2]), GUEST_RUNS


def promise(run: Observed) -> dict[str, float]:
    """What a domain that blocks shortly, again and again, gets of its
    reservation; and how much later than its deadline, or earlier, its
    neighbour gets its slice."""
    if run.point["case"] != "blocker":
        return {}
    got = ran_between(turns(run, "blocker"), run.start, run.stop)
    share = got / (run.stop - run.start)
    neighbour = turns(run, "neighbour")
    ends = np.arange(run.start, run.stop, 10 * MS)
    per = [ran_between(neighbour, a, b) for a, b in zip(ends, ends[1:])]
    return {"promise_percent": 100 * share / (5 / 16),
            "neighbour_least_ms": min(per) / MS}


def by_load(rows: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """SCHEDULER-HOST: load, miss_percent: mean, least, most of the seeds."""
    rows = rows[rows["case"] == "tasks"]
    found = {}
    for (scheduler, host), part in rows.groupby(["scheduler", "host"]):
        miss = part.groupby("load")["miss_percent"]
        found[f"{scheduler}-{host}"] = miss.agg(
            ["mean", "min", "max"]).reset_index()
    return found


def _mean(rows: pd.DataFrame, scheduler: str) -> float:
    part = rows[(rows["case"] == "tasks") & (rows["scheduler"] == scheduler)]
    return float(part["miss_percent"].mean())


def ahead_of(rows: pd.DataFrame, best: str, others: list[str]) -> float:
    """By how many percent of the jobs it misses fewer than the next of these,
    on average over the rows."""
    return min(_mean(rows, s) for s in others) - _mean(rows, best)


def behind(rows: pd.DataFrame, worst: str, others: list[str]) -> float:
    """By how many percent of the jobs it misses more than the next."""
    return _mean(rows, worst) - max(_mean(rows, s) for s in others)
