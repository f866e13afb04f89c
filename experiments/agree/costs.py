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


Time = tuple[int, int, int]     # CPU; clock reading, and when it acted; ns


def _times(records: np.ndarray, word: int) -> list[Time]:
    """Of records whose words from `word` on are a time, and for how long the
    lock was waited for."""
    low, high = (records["word"][:, word + i].astype(np.int64)
                 for i in range(2))
    reading = low | high << 32
    waited = records["word"][:, word + 2].astype(np.int32)
    at = reading + np.maximum(waited, 0)
    return list(zip(records["cpu"].tolist(), reading.tolist(), at.tolist()))


def decided(trace: Trace) -> list[Time]:
    """All decisions, by CPU and time, those that kept an idle CPU idle
    included."""
    return sorted(_times(trace.records[trace.select("pick")], 3))


def telling(trace: Trace, times: list[Time]) -> list[Time]:
    """Decisions without those that kept an idle CPU idle: a control."""
    ch = runstates.changes(trace)
    run = ch[ch["new"] == RUNNING]
    switched = {(int(c), round(ns)) for c, ns in zip(run["cpu"], run["ns"])}
    picks = trace.records[trace.select("pick")]
    busy_picks = picks[picks["word"][:, 0] >> 16 != IDLE_DOMAIN]
    of_vcpus = {(cpu, ns) for cpu, ns, _ in _times(busy_picks, 3)}
    return [t for t in times if t[:2] in switched | of_vcpus]


def fired(trace: Trace) -> list[Time]:
    """When each CPU's timer fired."""
    return sorted(_times(trace.records[trace.select("s_timer_fn")], 0))


def busy(trace: Trace) -> list[Time]:
    """Decisions that found a peer's lock held: a CPU's next one, in the order
    of its ring, for the record is written within it."""
    found: set[Time] = set()
    held = trace.records[trace.select("busy")]
    picks = trace.records[trace.select("pick")]
    for cpu in np.unique(held["cpu"]):
        mine = np.sort(picks[picks["cpu"] == cpu], order="seq")
        at = np.searchsorted(mine["seq"], held["seq"][held["cpu"] == cpu])
        found.update(_times(mine[at[at < len(mine)]], 3))
    return sorted(found)


def measure(trace: Trace) -> dict[str, int]:
    """As the simulator's --cost names them. What a switch costs is in the
    bursts already: they are what the hypervisor charged."""
    return {"boot": boot(trace), "timer": timer(trace),
            "decide": decide(trace)}
