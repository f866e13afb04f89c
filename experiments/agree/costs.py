"""What a run shows of the machine's own costs, for the simulator to have."""
from __future__ import annotations

import numpy as np

from xentrace import runstates
from xentrace.trace import IDLE_DOMAIN, RUNNING, Trace

LATE_MAX_NS = 100_000   # beyond, it was not the timer that ended a turn
AT_ONCE_NS = 5_000      # beyond, somebody else had the CPU meanwhile


def timer(trace: Trace) -> int:
    """How late a turn that ends by its timer ends: the median, in ns."""
    words = trace.records["word"][trace.select("switch_infprev")]
    late = words[:, 2].astype(np.int64) - words[:, 3].astype(np.int64)
    late = late[(words[:, 3] > 0) & (late >= 0) & (late < LATE_MAX_NS)]
    return round(float(np.median(late))) if len(late) else 0


def decide(trace: Trace) -> int:
    """From a wake-up to the switch that it causes: the median wait of those
    that got the CPU at once, in ns."""
    words = trace.records["word"][trace.select("switch_infnext")]
    waited = words[:, 2].astype(np.int64)
    waited = waited[(waited > 0) & (waited < AT_ONCE_NS)]
    return round(float(np.median(waited))) if len(waited) else 0


def boot(trace: Trace) -> int:
    """When the scheduler had its first CPU, which had nothing to run."""
    ch = runstates.changes(trace)
    idle = ch[(ch["dom"] == IDLE_DOMAIN) & (ch["new"] == RUNNING)]
    return round(float(idle["ns"].min())) if len(idle) else 0


def decided(trace: Trace) -> list[tuple[int, int]]:
    """(CPU, when) of all decisions that can be told to the ns, by CPU and time:
    who got a CPU, or kept it."""
    ch = runstates.changes(trace)
    run = ch[ch["new"] == RUNNING]
    times = {(int(c), round(ns)) for c, ns in zip(run["cpu"], run["ns"])}
    kept = trace.records[trace.select("switch_infcont")]
    for cpu in np.unique(kept["cpu"]):
        mine = kept["cpu"] == cpu
        began = np.sort(run["ns"][run["cpu"] == cpu].to_numpy())
        seen = trace.ns[trace.select("switch_infcont")][mine]
        since = began[np.searchsorted(began, seen) - 1]
        ran = kept["word"][mine, 2].astype(np.int64)
        times |= {(int(cpu), round(ns)) for ns in since + ran}
    return sorted(times)


def fired(trace: Trace,
          decisions: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """(CPU, when) each CPU's timer fired: the time of the decision that it led
    to at once. Else that of its own record, some 100 ns too late: where there
    is one CPU only, the usual lateness is nearer to the truth."""
    found = []
    mask = trace.select("s_timer_fn")
    several = len({cpu for cpu, _ in decisions}) > 1
    for cpu in np.unique(trace.records["cpu"][mask]):
        there = np.array([ns for c, ns in decisions if c == cpu] + [2**62])
        for seen in trace.ns[mask & (trace.records["cpu"] == cpu)]:
            decision = int(there[np.searchsorted(there, seen)])
            if decision - seen < AT_ONCE_NS:
                found.append((int(cpu), decision))
            elif several:
                found.append((int(cpu), round(seen)))
    return found


def busy(trace: Trace,
         decisions: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """(CPU, when) decisions that found a peer's lock held. Those that kept an
    idle CPU idle are not among the decisions: theirs are left out."""
    found = set()
    mask = trace.select("busy")
    for cpu in np.unique(trace.records["cpu"][mask]):
        there = np.array([-2**62] + [ns for c, ns in decisions if c == cpu])
        for seen in trace.ns[mask & (trace.records["cpu"] == cpu)]:
            decision = int(there[np.searchsorted(there, seen) - 1])
            if seen - decision < AT_ONCE_NS:
                found.add((int(cpu), decision))
    return sorted(found)


def measure(trace: Trace) -> dict[str, int]:
    """As the simulator's --cost names them. What a switch costs is in the
    bursts already: they are what the hypervisor charged."""
    return {"boot": boot(trace), "timer": timer(trace),
            "decide": decide(trace)}
