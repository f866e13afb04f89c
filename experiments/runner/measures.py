"""Functions that measure a run, for `[[metric]] function = "..."`.

Each takes an Observed and the metric's args, and returns a number or a
dictionary of numbers, whose keys are columns and end in their unit. NaN: it was
not seen. An experiment's own are in its analyse.py, in the same form.
"""
from __future__ import annotations

import re

from xentrace import check as rules
from xentrace import latency, runstates, shares

from .observed import Observed

NAN = float("nan")
Numbers = dict[str, float]


def wake_latency(run: Observed, domain: str) -> Numbers:
    """From a wake-up of the domain until it runs: wakes, min_us, median_us,
    p99_us, p99.9_us, max_us, mean_us; hidden: wake-ups that are not in these
    (records lost, or still waiting at the end)."""
    s = latency.wake_to_run(run.intervals, run.id_of(domain),
                            start=run.start, end=run.stop)
    return {"wakes": len(s.ns),
            **{f"{name}_us": s.quantile(name) / 1e3
               for name in latency.QUANTILES},
            "mean_us": float(s.ns.mean()) / 1e3 if len(s.ns) else NAN,
            "hidden": s.torn + s.unfinished}


def cpu_percent(run: Observed, domain: str) -> float:
    """The CPU time of the domains whose name begins so, in percent of one
    CPU over the window."""
    ran = shares.cpu_time(run.intervals, run.start, run.stop)["ran"]
    mine = sum(float(ran.get(i, 0.0)) for i in run.ids_of(domain))
    return 100 * mine / (run.stop - run.start)


def share_error(run: Observed, domain: str) -> float:
    """Of the domains whose name begins so, all of which never block: the
    largest relative difference from what their weights entitle them to, in
    percent."""
    mine = {i: float(d.weight) for i, d in run.ids_of(domain).items()}
    errors = shares.share_errors(run.intervals, mine, run.start, run.stop)
    return 100 * float(errors["error"].abs().max())


def switches_per_second(run: Observed) -> float:
    """How often a CPU went to another vCPU, idle included, on all CPUs."""
    return runstates.switches(run.window) / run.seconds


def _console(serial: str, word: str) -> dict[str, int]:
    found: dict[str, int] = {}
    for line in serial.splitlines():
        _, mark, rest = line.partition(f"{word}: ")
        if mark and "=" in rest:
            found = {key: int(value) for key, value in
                     re.findall(r"(\S+?)=(-?\d+)", rest)}
    return found


def console(run: Observed, word: str, key: str, scale: float = 1.0) -> float:
    """key=NUMBER of the console's last line with `word: `, times scale."""
    return _console(run.serial, word).get(key, NAN) * scale


def responses(run: Observed, domain: str) -> Numbers:
    """Of a domain's jobs, from release to end: response_median_us,
    response_p99_us, response_max_us. In the simulator those that end in the
    window, in the hypervisor all of the guest `periodic`."""
    if run.table is not None:
        row = run.table.loc[domain]
        found = [float(row[f"response_{q}"]) for q in ("median", "p99", "max")]
    else:
        said = _console(run.serial, "periodic")
        found = [said.get(f"response_{q}", NAN) for q in ("p50", "p99", "max")]
    return {f"response_{q}_us": ns / 1e3
            for q, ns in zip(("median", "p99", "max"), found)}


def deadlines(run: Observed, domain: str) -> Numbers:
    """jobs, misses, miss_percent of a domain with jobs, and its `responses`. In
    the simulator: those that the load counted in the window. In the
    hypervisor: what the guest `periodic` said at its end."""
    seen = _console(run.serial, "periodic") if run.table is None \
        else run.table.loc[domain]
    jobs, misses = (float(seen.get(k, NAN)) for k in ("jobs", "misses"))
    return {"jobs": jobs, "misses": misses,
            "miss_percent": 100 * misses / jobs if jobs else NAN,
            **responses(run, domain)}


def trace_faults(run: Observed) -> Numbers:
    """faults: rules that the trace breaks (xentrace check); lost: records that
    did not fit into the ring."""
    return {"faults": len(rules.check(run.trace)),
            "lost": sum(run.trace.info.lost.values())}


NAMES = sorted(n for n, f in globals().items() if not n.startswith("_")
               and getattr(f, "__module__", "") == __name__)
