"""xentrace shares FILE...: shares of the CPU over windows of every length.

For each length, the trace is cut into windows; in each a vCPU's share is its
CPU time over the window's, and its error is that share less what it should
have had. Windows that a gap of lost records touches count nowhere, and are
counted. The entitlement of vCPUs that never block is their weight's part of
what these have together (Generalised Processor Sharing).
"""
from __future__ import annotations

import argparse
import sys

import numpy as np
import pandas as pd

from . import runstates
from .diff import span
from .trace import IDLE_DOMAIN, RUNNING, Trace, TraceError, load


def run_time(iv: pd.DataFrame, dom: int, at: np.ndarray) -> np.ndarray:
    """ns that a domain has run up to each of these times."""
    mine = iv[(iv["dom"] == dom) & (iv["state"] == RUNNING)]
    total = np.zeros(len(at))
    for _, one in mine.groupby("vcpu"):
        start, end = one["start"].to_numpy(), one["end"].to_numpy()
        order = np.argsort(start, kind="stable")
        start, end = start[order], end[order]
        done = np.concatenate([[0.0], np.cumsum(end - start)])
        n = np.searchsorted(start, at, side="right")
        last = np.maximum(n - 1, 0)
        past = np.where(n > 0, np.clip(end[last] - at, 0, None), 0.0)
        total += done[n] - past
    return total


def whole_windows(trace: Trace, edges: np.ndarray) -> np.ndarray:
    """Which windows no gap touches (boolean; one less than the edges)."""
    good = np.ones(len(edges) - 1, bool)
    for _, begin, end in trace.gaps():
        good &= ~((edges[:-1] < end) & (edges[1:] > begin))
    return good


def shares(trace: Trace, iv: pd.DataFrame, length: float, start: float,
           end: float) -> tuple[pd.DataFrame, int]:
    """Share (of one CPU) of each domain in each window of `length` ns; and how
    many windows were left out because of gaps."""
    edges = np.arange(start, end + 0.5, length)
    if len(edges) < 2:
        return pd.DataFrame(), 0
    good = whole_windows(trace, edges)
    doms = sorted(set(iv["dom"]) - {IDLE_DOMAIN})
    table = pd.DataFrame({
        dom: np.diff(run_time(iv, dom, edges))[good] / length for dom in doms})
    return table, int((~good).sum())


def errors(table: pd.DataFrame, weight: dict[int, float]) -> pd.DataFrame:
    """Share less entitlement, of the domains of `weight`, none of which blocks:
    each window's time of all of them, by weight."""
    mine = table[list(weight)]
    parts = pd.Series(weight) / sum(weight.values())
    return mine - np.outer(mine.sum(axis=1), parts)


def print_lengths(trace: Trace, weight: dict[int, float],
                  lengths: list[float], start: float, end: float) -> None:
    """A row for each length and domain."""
    iv = runstates.intervals(trace)
    print(f"{'window ms':>12}{'windows':>9}{'left out':>9}  {'domain':<16}"
          f"{'mean %':>9}{'least':>9}{'most':>9}{'worst error %':>15}")
    for length in lengths:
        table, out = shares(trace, iv, length, start, end)
        if table.empty:
            continue
        wrong = errors(table, weight) if weight else pd.DataFrame()
        for dom in table:
            one = 100 * table[dom]
            worst = f"{100 * wrong[dom].abs().max():15.3f}" \
                if dom in wrong else ""
            print(f"{length / 1e6:12.3f}{len(table):9}{out:9}  "
                  f"{trace.name_of(dom):<16}{one.mean():9.3f}{one.min():9.3f}"
                  f"{one.max():9.3f}{worst}")


def weights_of(trace: Trace, text: str) -> dict[int, float]:
    """{domain: weight} of "hog1=128,hog2=256"."""
    ids = {name: dom for dom, name in trace.info.domains.items()}
    found = {}
    for part in filter(None, text.split(",")):
        name, _, number = part.partition("=")
        if name not in ids or not number.replace(".", "", 1).isdigit():
            raise TraceError(f"--weights {part}: not NAME=NUMBER with a domain"
                             f" of the trace: {' '.join(sorted(ids))}")
        found[ids[name]] = float(number)
    return found


def main(argv: list[str] | None = None) -> int:
    """0: fine; 1: cannot be done; 2: the trace is damaged."""
    parser = argparse.ArgumentParser(
        prog="xentrace shares", description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog="example:\n  xentrace shares --from 100ms --weights "
               "hog1=128,hog2=256 a.trace")
    parser.add_argument("files", nargs="+", metavar="FILE")
    parser.add_argument("--from", dest="start", type=span, default=None)
    parser.add_argument("--until", type=span, default=None)
    parser.add_argument("--weights", default="", metavar="NAME=W,...",
                        help="of domains that never block: their errors")
    args = parser.parse_args(argv)
    status = 0
    for file in args.files:
        try:
            trace = load(file)
            weight = weights_of(trace, args.weights)
        except TraceError as error:
            print(error, file=sys.stderr)
            return 1
        status = 2 if trace.warnings else status
        start = float(trace.ns[0]) if args.start is None else args.start
        end = float(trace.ns[-1]) if args.until is None else args.until
        lengths = [x * 10**k for k in range(6, 12) for x in (1, 2, 5)
                   if x * 10**k <= end - start]
        print(f"{file}: {start / 1e9:.6f} to {end / 1e9:.6f} s")
        print_lengths(trace, weight, lengths, start, end)
    return status


if __name__ == "__main__":
    sys.exit(main())
