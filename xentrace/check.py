"""Is a trace possible? Identities that a correct hypervisor cannot violate."""
from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from . import runstates
from .trace import BLOCKED, IDLE_DOMAIN, RUNNABLE, RUNNING, STATES, Trace

WAKE_SLACK_NS = 20_000  # from the wake record to the change of state


@dataclass(frozen=True)
class Fault:
    """One violation: the rule, when, and what was seen."""

    rule: str
    ns: float
    text: str

    def __str__(self) -> str:
        return f"{self.ns / 1e3:.3f} us: {self.rule}: {self.text}"


def _who(row: pd.Series) -> str:
    return f"d{int(row.dom)}v{int(row.vcpu)}"


def check_chain(trace: Trace) -> list[Fault]:
    """Each change begins in the state that the change before ended in."""
    ch = runstates.changes(trace)
    same = ((ch["dom"] == ch["dom"].shift())
            & (ch["vcpu"] == ch["vcpu"].shift()))
    bad = ch[same & (ch["old"] != ch["new"].shift())]
    gaps = trace.gaps()
    return [Fault("runstates form a chain", row.ns,
                  f"{_who(row)} leaves {STATES[row.old]}, where it was not")
            for row in bad.itertuples()
            if not any(a <= row.ns for _, a, _ in gaps)]


def check_one_place(trace: Trace) -> list[Fault]:
    """A vCPU runs on one CPU at a time, and a CPU runs one vCPU."""
    iv = runstates.intervals(trace)
    run = iv[(iv["state"] == RUNNING) & ~iv["torn"]]
    faults = []
    for key, what in ((["dom", "vcpu"], "a vCPU is in one place"),
                      (["cpu"], "a CPU runs one vCPU")):
        by = run.sort_values(key + ["start", "end"])
        same = (by[key] == by[key].shift()).all(axis=1)
        over = by[same & (by["start"] < by["end"].shift())]
        faults += [Fault(what, row.start,
                         f"{_who(row)} on CPU {row.cpu} begins before the run "
                         "before it ended") for row in over.itertuples()]
    return faults


def check_accounting(trace: Trace) -> list[Fault]:
    """Where a CPU's idle vCPU is traced, its runs follow without a break: the
    reading of the clock that ends one begins the next."""
    iv = runstates.intervals(trace)
    run = iv[(iv["state"] == RUNNING) & ~iv["torn"]]
    traced = set(run.loc[run["dom"] == IDLE_DOMAIN, "cpu"])
    by = run[run["cpu"].isin(traced)].sort_values(["cpu", "start"])
    by = by.assign(hole=by["start"] - by["end"].shift())
    bad = by[(by["cpu"] == by["cpu"].shift()) & (by["hole"] > 0)]
    gaps = trace.gaps()
    return [Fault("a CPU's time is all accounted for", row.start,
                  f"{row.hole:.0f} ns of CPU {row.cpu} are nobody's before "
                  f"{_who(row)}") for row in bad.itertuples()
            if not any(a <= row.start and row.start - row.hole <= b
                       for _, a, b in gaps)]


def check_wakeups(trace: Trace) -> list[Fault]:
    """A wake-up of a blocked vCPU makes it runnable, at once."""
    mask = trace.select("wake")
    rec, ns = trace.records[mask], trace.ns[mask]
    ch = runstates.changes(trace)
    gaps, end = trace.gaps(), float(trace.ns[-1])
    faults = []
    for (dom, vcpu), group in ch.groupby(["dom", "vcpu"]):
        mine = ns[(rec["word"][:, 0] == dom) & (rec["word"][:, 1] == vcpu)]
        times = group["ns"].to_numpy()
        before = np.searchsorted(times, mine, side="right") - 1
        state = np.where(before < 0, RUNNABLE,
                         group["new"].to_numpy()[np.maximum(before, 0)])
        after = np.append(times, np.inf)[before + 1]
        lost = mine[(state == BLOCKED) & (after > mine + WAKE_SLACK_NS)
                    & (mine + WAKE_SLACK_NS < end)]
        faults += [Fault("no wake-up is lost", t,
                         f"d{dom}v{vcpu} was woken and stayed blocked")
                   for t in lost if not any(a <= t <= b for _, a, b in gaps)]
    return faults


def check_order(trace: Trace) -> list[Fault]:
    """A CPU's records are in order of time, but for the nesting of contexts:
    a record may be older than the one before it by a few microseconds."""
    faults = []
    for cpu in np.unique(trace.records["cpu"]):
        rec = trace.records[trace.records["cpu"] == cpu]
        order = np.argsort(rec["seq"], kind="stable")
        ns = trace.to_ns(rec["tsc"][order])
        back = np.flatnonzero(np.diff(ns) < -WAKE_SLACK_NS)
        faults += [Fault("a CPU's clock goes forward", float(ns[i + 1]),
                         f"CPU {cpu} goes back by {ns[i] - ns[i + 1]:.0f} ns")
                   for i in back]
    return faults


def check(trace: Trace) -> list[Fault]:
    """All rules. An empty list: the trace is possible."""
    faults = []
    for rule in (check_chain, check_one_place, check_accounting,
                 check_wakeups, check_order):
        faults += rule(trace)
    return sorted(faults, key=lambda f: f.ns)
