"""Debian's xenalyze as a second, independent reader of the same file."""
from __future__ import annotations

import re
import subprocess
from dataclasses import dataclass

import pandas as pd

from . import runstates
from .trace import RUNNING, STATES, Trace


@dataclass(frozen=True)
class Total:
    """A vCPU's time in one state by xenalyze: it prints a count and a mean,
    rounded down to whole cycles, so the sum is known to `count` cycles."""

    count: int
    mean: int


def summary(trace: Trace) -> dict[tuple[int, int, str], Total]:
    """Run `xenalyze --summary`; its runstates by (dom, vcpu, state).

    Raises CalledProcessError if it complains by its exit status.
    """
    hz = trace.info.tsc_khz * 1000
    out = subprocess.run(["xenalyze", "--summary", f"--cpu-hz={hz}",
                          trace.path], check=True, text=True,
                         capture_output=True).stdout
    found, dom, vcpu = {}, -1, -1
    for line in out.splitlines():
        if match := re.match(r"\|-- Domain (\d+) --\|", line):
            dom, vcpu = int(match[1]), -1
        elif match := re.match(r"-- v(\d+) --", line):
            vcpu = int(match[1])
        elif match := re.match(r"\s*(running|runnable|blocked|offline):"
                               r"\s+(\d+)\s+\S+s\s+(\d+)", line):
            if vcpu >= 0:
                found[dom, vcpu, match[1]] = Total(int(match[2]),
                                                   int(match[3]))
    return found


def _closed(trace: Trace, iv: pd.DataFrame) -> pd.DataFrame:
    """The stays that xenalyze counts: from a vCPU's first run on; of those that
    nothing ends, only runs, up to the last record of their CPU."""
    ran = iv[iv["state"] == RUNNING].groupby(["dom", "vcpu"])["start"].min()
    since = pd.MultiIndex.from_frame(iv[["dom", "vcpu"]]).map(ran)
    kept = iv[(iv["start"] >= since)
              & (~iv["open"] | (iv["state"] == RUNNING))].copy()
    last = pd.Series(trace.ns).groupby(trace.records["cpu"]).max()
    kept.loc[kept["open"], "end"] = kept["cpu"].map(last)
    return kept


def disagreements(trace: Trace) -> list[str]:
    """Where xenalyze's totals of runstates and ours differ by more than a
    microsecond beyond what its rounding hides."""
    ours = _closed(trace, runstates.intervals(trace))
    ours["ns"] = ours["end"] - ours["start"]
    sums = ours.groupby(["dom", "vcpu", "state"])["ns"].agg(["sum", "count"])
    theirs = summary(trace)
    per_ns = trace.info.tsc_khz / 1e6
    texts = []
    for (dom, vcpu, state), row in sums.iterrows():
        name = STATES[state]
        total = theirs.get((dom, vcpu, name), Total(0, 0))
        low = total.count * total.mean / per_ns
        high = low + total.count / per_ns
        if not low - 1000 <= row["sum"] <= high + 1000:
            texts.append(f"d{dom}v{vcpu} {name}: ours {row['sum']:.0f} ns in "
                         f"{row['count']:.0f} stays, xenalyze's {low:.0f} ns "
                         f"in {total.count}")
    return texts
