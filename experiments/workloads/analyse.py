"""What a workload says of itself, in the simulator's table or on the guest's
console, and how far the two hosts are apart."""
from __future__ import annotations

import re
from typing import Any

import pandas as pd

from experiments.runner import measures
from experiments.runner.observed import Observed

# Of each guest's line: its name, the word for a job, and for its time.
LINES = {"step": ("request", "requests", "response"),
         "chance": ("request", "requests", "response"),
         "lock": ("smp", "locks", "wait"),
         "barrier": ("smp", "rounds", "round"),
         "audio": ("periodic", "jobs", "response"),
         "video": ("periodic", "jobs", "response")}
QUANTILES = {"median": "p50", "p99": "p99", "max": "max"}


def scenario(tables: dict[str, Any], point: dict[str, Any]) -> dict[str, Any]:
    """The domains of this load, and the hogs."""
    tables["domains"] = [d for d in tables["domains"] if d["name"] == "hog" or
                         d["name"].partition("-")[0] == point["load"]]
    return tables


def _simulated(run: Observed, load: str) -> dict[str, float]:
    row = run.table.loc[load]
    # There each vCPU counts the round that all have together.
    of_all = float(row["vcpus"]) if load == "barrier" else 1.0
    return {"jobs": float(row["jobs"]) / of_all,
            "misses": float(row["misses"]),
            **{f"{q}_us": float(row[f"response_{q}"]) / 1e3
               for q in QUANTILES}}


def _booted(run: Observed, load: str) -> dict[str, float]:
    word, jobs, time = LINES[load]
    said: dict[str, int] = {}
    for line in run.serial.splitlines():    # a server has a line, too
        if f"{word}: " in line and f"{jobs}=" in line:
            said = {k: int(v) for k, v in re.findall(r"(\w+)=(\d+)", line)}
    nan = float("nan")
    # What a guest does not count is 0 in the simulator, too.
    misses = 0.0 if word == "smp" else float(said.get("misses", nan))
    return {"jobs": float(said.get(jobs, nan)), "misses": misses,
            **{f"{q}_us": said.get(f"{time}_{p}", nan) / 1e3
               for q, p in QUANTILES.items()}}


def figures(run: Observed) -> dict[str, float]:
    """jobs, misses, quantiles of response in us, and cpu_percent of the domain
    that has the load's name (its server's are not counted)."""
    load = run.point["load"]
    found = _simulated(run, load) if run.host == "sim" else _booted(run, load)
    return {**found, "cpu_percent": measures.cpu_percent(run, load)}


def apart_percent(rows: pd.DataFrame, what: str) -> float:
    """Of a column, the largest difference of the two hosts, in percent of the
    simulator's."""
    both = rows.pivot_table(index=["load", "scheduler"], columns="host",
                            values=what)
    return 100 * float(((both["qemu"] - both["sim"]).abs()
                        / both["sim"]).max())
