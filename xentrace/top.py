"""xentrace top --ram RAM: a live view of a machine, out of its memory file.

Domains with their shares and latencies, CPUs with who runs, run queues; over
the last second of the trace that lies in the rings. The machine is not
touched. A ring that is full keeps its oldest records: boot with
trace_overwrite, or the view stands still (and says so).

Keys: q ends, s sorts by the next column, + and - make the window longer or
shorter.
"""
from __future__ import annotations

import argparse
import curses
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from . import latency, runstates
from .diff import span
from .trace import (IDLE_DOMAIN, RUNNABLE, RUNNING, TOOL, Trace, TraceError,
                    load)

SORTS = ("CPU", "wait", "max", "name")


@dataclass(frozen=True)
class Row:
    """A domain in the window: percent of one CPU, wakes, us."""

    name: str
    run: float
    wait: float
    wakes: int
    median: float
    most: float


def take(ram: Path, folder: Path) -> Trace:
    """The rings as they are now."""
    file = folder / "now"
    done = subprocess.run([TOOL, "record", "--ram", ram, file], text=True,
                          capture_output=True)
    if done.returncode:
        raise TraceError(done.stderr.strip())
    return load(file)


def rows_of(trace: Trace, iv: pd.DataFrame, start: float, end: float,
            sort: str) -> list[Row]:
    """The domains, in the order asked for."""
    part = runstates.clip(iv, start, end)
    length = (part["end"] - part["start"]) * 100 / (end - start)
    rows = []
    for dom in sorted(set(iv["dom"]) - {IDLE_DOMAIN}):
        mine = part["dom"] == dom
        s = latency.wake_to_run(iv, dom, start=start, end=end)
        rows.append(Row(trace.name_of(dom),
                        float(length[mine & (part["state"] == RUNNING)].sum()),
                        float(length[mine
                                     & (part["state"] == RUNNABLE)].sum()),
                        len(s.ns), s.quantile("median") / 1e3,
                        s.quantile("max") / 1e3))
    keys = {"CPU": lambda r: -r.run, "wait": lambda r: -r.wait,
            "max": lambda r: -np.nan_to_num(r.most), "name": lambda r: r.name}
    return sorted(rows, key=keys[sort])


def cpus_of(trace: Trace, iv: pd.DataFrame, start: float,
            end: float) -> list[str]:
    """A line for each CPU: how busy, who runs, who waits where it ran last."""
    part = runstates.clip(iv, start, end)
    lines = []
    for cpu in sorted(set(iv.loc[iv["state"] == RUNNING, "cpu"])):
        run = part[(part["cpu"] == cpu) & (part["state"] == RUNNING)
                   & (part["dom"] != IDLE_DOMAIN)]
        busy = 100 * (run["end"] - run["start"]).sum() / (end - start)
        now = iv[iv["open"] & (iv["cpu"] == cpu)]

        def names(state: int, now: pd.DataFrame = now) -> str:
            mine = now[(now["state"] == state) & (now["dom"] != IDLE_DOMAIN)]
            return " ".join(f"{trace.name_of(int(d))}.{v}" for d, v in
                            zip(mine["dom"], mine["vcpu"])) or "-"
        lines.append(f"CPU {cpu:<4}{busy:6.1f} %  runs {names(RUNNING):<16} "
                     f"waits {names(RUNNABLE)}")
    return lines


def frame(trace: Trace, window: float, sort: str) -> list[str]:
    """The whole picture, as lines."""
    if not len(trace.records):
        raise TraceError("the rings are empty (tevt_mask=?)")
    iv = runstates.intervals(trace)
    end = float(trace.ns[-1])
    start = max(float(trace.ns[0]), end - window)
    lost = sum(trace.info.lost.values())
    lines = [f"{end / 1e9:.3f} s, scheduler {trace.info.scheduler}, the last "
             f"{(end - start) / 1e9:.3f} s"
             + (f"; {lost} records lost: trace_overwrite would keep the newest"
                if lost else ""), ""]
    lines += cpus_of(trace, iv, start, end)
    lines += ["", f"{'domain':<16}{'CPU %':>8}{'wait %':>8}{'wakes':>8}"
              f"{'median us':>12}{'max us':>12}    by {sort}"]
    for r in rows_of(trace, iv, start, end, sort):
        tail = f"{r.median:12.1f}{r.most:12.1f}" if r.wakes else ""
        lines.append(f"{r.name:<16}{r.run:8.1f}{r.wait:8.1f}{r.wakes:8}{tail}")
    return lines


def loop(screen: curses.window, ram: Path, folder: Path, window: float,
         every: float) -> None:
    """Draw until q is pressed."""
    sort = 0
    curses.use_default_colors()
    screen.timeout(int(every / 1e6))
    while True:
        try:
            lines = frame(take(ram, folder), window, SORTS[sort])
        except TraceError as error:
            lines = [str(error)]
        height, width = screen.getmaxyx()
        screen.erase()
        for y, line in enumerate(lines[:height - 1]):
            screen.addnstr(y, 0, line, width - 1,
                           curses.A_REVERSE if line.startswith("domain")
                           else curses.A_NORMAL)
        screen.addnstr(height - 1, 0, "q end  s sort  + - window", width - 1)
        screen.refresh()
        key = screen.getch()
        if key == ord("q"):
            return
        if key == ord("s"):
            sort = (sort + 1) % len(SORTS)
        if key in (ord("+"), ord("-")):
            window = max(window * (2 if key == ord("+") else 0.5), 1e6)


def main(argv: list[str] | None = None) -> int:
    """0: ended; 1: the memory cannot be read."""
    parser = argparse.ArgumentParser(
        prog="xentrace top", description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--ram", type=Path, required=True)
    parser.add_argument("--window", type=span, default=1e9)
    parser.add_argument("--every", type=span, default=1e9)
    parser.add_argument("--once", action="store_true",
                        help="one picture, to stdout")
    args = parser.parse_args(argv)
    with tempfile.TemporaryDirectory(prefix="top-") as folder:
        try:
            first = frame(take(args.ram, Path(folder)), args.window, SORTS[0])
        except TraceError as error:
            print(error, file=sys.stderr)
            return 1
        if args.once:
            print("\n".join(first))
            return 0
        curses.wrapper(loop, args.ram, Path(folder), args.window, args.every)
    return 0


if __name__ == "__main__":
    sys.exit(main())
