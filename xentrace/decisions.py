"""Who was given each CPU, in turn: the decisions of a run, and where two runs
part.

A decision is one (CPU, time, domain, vCPU, time granted): from then on the CPU
runs that vCPU, the idle domain included. Two runs agree in a window if, on each
CPU, the same vCPUs come in the same order, each at the same time and with the
same grant but for a tolerance.
"""
from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from .runstates import changes
from .trace import RUNNING, Trace


def grants(trace: Trace) -> pd.DataFrame:
    """Rows cpu, now, dom, vcpu, granted (all in ns) of the picks that tell the
    clock reading they go by."""
    picks = trace.records[trace.select("pick")]
    picks = picks[picks["nr"] >= 5]
    word = picks["word"].astype(np.int64)
    frame = pd.DataFrame({
        "cpu": picks["cpu"].astype(np.int32),
        "now": word[:, 3] | word[:, 4] << 32,
        "dom": (word[:, 0] >> 16).astype(np.int32),
        "vcpu": (word[:, 0] & 0xFFFF).astype(np.int32),
        "granted": word[:, 1] | word[:, 2] << 32,
    })
    return frame.drop_duplicates(["cpu", "now", "dom", "vcpu"])


def decisions(trace: Trace, start: float, end: float) -> pd.DataFrame:
    """Rows cpu, ns, dom, vcpu, granted within [start, end) ns, by CPU and time.
    Each CPU begins with who had it at `start`, at that time. granted is in ns,
    and NaN where the trace does not tell."""
    ch = changes(trace)
    run = ch[(ch["new"] == RUNNING) & (ch["ns"] < end)]
    run = run.sort_values(["cpu", "ns"], kind="stable")
    run = run.assign(now=run["ns"].round().astype(np.int64)).merge(
        grants(trace), how="left", on=["cpu", "now", "dom", "vcpu"])
    before = run[run["ns"] < start].groupby("cpu").tail(1).assign(ns=start)
    within = run[run["ns"] >= start]
    both = pd.concat([before, within])
    return both.sort_values(["cpu", "ns"], kind="stable", ignore_index=True)[
        ["cpu", "ns", "dom", "vcpu", "granted"]]


@dataclass(frozen=True)
class Parting:
    """Where two runs part: the n-th decision of a CPU in the window."""

    cpu: int
    number: int
    why: str


@dataclass(frozen=True)
class Comparison:
    """What came of it: how many decisions are alike, how far apart in time
    those were at most (ns), and the first parting in time, if any."""

    alike: int
    apart: float
    parting: Parting | None
    left: pd.DataFrame
    right: pd.DataFrame


def _of_cpu(frame: pd.DataFrame, cpu: int) -> np.ndarray:
    """ns, dom, vcpu, granted of a CPU's decisions, as an array of floats."""
    return frame[frame["cpu"] == cpu][
        ["ns", "dom", "vcpu", "granted"]].to_numpy(float)


def _why(a: np.ndarray, b: np.ndarray, n: int) -> str:
    if n >= len(a) or n >= len(b):
        return (f"only the {'second' if n >= len(a) else 'first'} run has a "
                "decision there")
    if (a[n, 1:3] != b[n, 1:3]).any():
        return "another vCPU is chosen"
    if abs(a[n, 3] - b[n, 3]) > abs(a[n, 0] - b[n, 0]):
        return (f"the same vCPU, granted {a[n, 3] / 1e3:.3f} and "
                f"{b[n, 3] / 1e3:.3f} us")
    return f"the same vCPU, {abs(a[n, 0] - b[n, 0]) / 1e3:.3f} us apart"


def _first(a: np.ndarray, b: np.ndarray, tolerance: float) -> int | None:
    """The index at which the two part, or None. At the very end one may have
    a decision more, which the other takes just behind the window."""
    n = min(len(a), len(b))
    differ = ((a[:n, 1:3] != b[:n, 1:3]).any(axis=1)
              | (np.abs(a[:n, 0] - b[:n, 0]) > tolerance)
              | (np.abs(a[:n, 3] - b[:n, 3]) > tolerance))
    if differ.any():
        return int(differ.argmax())
    return n if abs(len(a) - len(b)) > 1 else None


def compare(a: Trace, b: Trace, start: float, end: float,
            tolerance: float) -> Comparison:
    """Compare the decisions of two runs within [start, end) ns; tolerance is
    in ns."""
    left, right = decisions(a, start, end), decisions(b, start, end)
    partings: list[tuple[float, Parting]] = []
    alike, apart = 0, 0.0
    for cpu in sorted(set(left["cpu"]) | set(right["cpu"])):
        x, y = _of_cpu(left, cpu), _of_cpu(right, cpu)
        n = _first(x, y, tolerance)
        same = min(len(x), len(y)) if n is None else n
        alike += same
        if same:
            apart = max(apart, float(np.abs(x[:same, 0] - y[:same, 0]).max()))
        if n is not None:
            when = min(rows[n, 0] for rows in (x, y) if n < len(rows))
            partings.append((when, Parting(int(cpu), n, _why(x, y, n))))
    first = min(partings, key=lambda p: p[0])[1] if partings else None
    return Comparison(alike, apart, first, left, right)


def _line(trace: Trace, rows: np.ndarray, n: int, start: float) -> str:
    if n >= len(rows):
        return "-"
    until = rows[n + 1, 0] if n + 1 < len(rows) else float("nan")
    who = f"{trace.name_of(int(rows[n, 1]))}.{int(rows[n, 2])}"
    return (f"{(rows[n, 0] - start) / 1e3:14.3f} {who:<12}"
            f"{(until - rows[n, 0]) / 1e3:12.3f}")


def timelines(a: Trace, b: Trace, found: Comparison, start: float,
              around: int = 6) -> str:
    """Both runs around the parting, side by side: us since `start`, who, for
    how many us; the decisions that part are marked."""
    part = found.parting
    if part is None:
        return ""
    x, y = _of_cpu(found.left, part.cpu), _of_cpu(found.right, part.cpu)
    head = f"{'us':>14} {'runs':<12}{'for us':>12}"
    lines = [f"CPU {part.cpu}, decision {part.number}: {part.why}",
             f"  {head}  | {head}"]
    for n in range(max(0, part.number - around), part.number + around + 1):
        mark = ">" if n == part.number else " "
        lines.append(f"{mark} {_line(a, x, n, start):<38}  |"
                     f" {_line(b, y, n, start)}".rstrip())
    return "\n".join(lines)
