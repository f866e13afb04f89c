"""From a run's trace and console to one row of the table."""
from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from xentrace import check, latency, runstates, shares
from xentrace.latency import Samples
from xentrace.trace import Trace, TraceError, load

from .manifest import Expect, Manifest
from .run import Run


@dataclass
class Result:
    """All that the report shows of one run."""

    run: Run
    trace: Trace
    intervals: pd.DataFrame
    samples: Samples
    busy: pd.DataFrame          # share_errors() of the hogs
    time: pd.DataFrame          # cpu_time() of all domains
    row: dict[str, float | str]
    digest: str
    faults: list[check.Fault]


def console_values(serial: Path, word: str) -> dict[str, int]:
    """The key=value numbers of the console's last line that has `word: `
    (whatever names the domain comes before it). Empty if there is none."""
    found: dict[str, int] = {}
    for line in serial.read_text(errors="replace").splitlines():
        _, mark, rest = line.partition(f"{word}: ")
        if mark and "=" in rest:
            found = {key: int(value) for key, value in
                     re.findall(r"(\S+?)=(-?\d+)", rest)}
    return found


def cyclictest_max(serial: Path) -> float:
    """What cyclictest printed as its maximum, in us; NaN if it did not."""
    found = re.findall(r"# Max Latencies: (\d+)",
                       serial.read_text(errors="replace"))
    return float(found[-1]) if found else float("nan")


def measure(run: Run, manifest: Manifest) -> Result:
    """Everything about one run. TraceError if its trace cannot be read."""
    m = manifest.measure
    trace = load(run.trace)
    if trace.ns[-1] < m.start:
        raise TraceError(f"its trace ends at {trace.ns[-1] / 1e9:.3f} s, before"
                         f" the window begins")
    iv = runstates.intervals(trace)
    samples = latency.wake_to_run(iv, manifest.id_of(m.latency_domain),
                                  start=m.start, end=m.stop)
    hogs = manifest.ids_of(m.busy_domains)
    busy = shares.share_errors(iv, {i: d.weight for i, d in hogs.items()},
                               m.start, m.stop)
    window = runstates.clip(iv, m.start, m.stop)
    jobs = console_values(run.serial, "periodic")
    ping = console_values(run.serial, "pingpong")
    seconds = (m.stop - m.start) / 1e9
    row: dict[str, float | str] = {
        "scheduler": run.scheduler.name, "seed": run.seed,
        "wakes": len(samples.ns),
        **{f"{name}_us": samples.quantile(name) / 1e3
           for name in latency.QUANTILES},
        "cyclictest_max_us": cyclictest_max(run.serial),
        "hidden": samples.torn + samples.unfinished,
        "deadline_jobs": jobs.get("jobs", float("nan")),
        "deadline_misses": jobs.get("misses", float("nan")),
        "pingpong_p50_us": ping.get("roundtrip_p50", float("nan")) / 1e3,
        "share_error_percent": 100 * busy["error"].abs().max(),
        "switches_per_second": runstates.switches(window) / seconds,
        "lost_records": sum(trace.info.lost.values()),
    }
    return Result(run, trace, iv, samples, busy,
                  shares.cpu_time(iv, m.start, m.stop), row,
                  trace.digest(until_ns=m.end), check.check(trace))


@dataclass(frozen=True)
class Verdict:
    """An expectation and what was seen."""

    expect: Expect
    value: float
    passed: bool

    @property
    def text(self) -> str:
        """One line."""
        e = self.expect
        bound = f"below {e.below:g}" if e.below is not None \
            else f"above {e.above:g}"
        return (f"{'pass' if self.passed else 'FAIL'}  {e.scheduler}: {e.what} "
                f"is {self.value:.4g}, expected {bound}: {e.claim}")


def judge(results: list[Result], manifest: Manifest) -> list[Verdict]:
    """Every expectation on every run of its scheduler. What was not seen
    (NaN) does not pass."""
    verdicts = []
    for e in manifest.expect:
        for result in results:
            if result.run.scheduler.name != e.scheduler:
                continue
            value = float(result.row[e.what])
            passed = (e.below is None or value < e.below) and \
                     (e.above is None or value > e.above)
            verdicts.append(Verdict(e, value, passed))
    return verdicts
