"""python3 -m xentrace [--check] FILE: latencies, CPU time, and faults."""
from __future__ import annotations

import argparse
import sys

from . import check, latency, runstates, shares
from .trace import IDLE_DOMAIN, Trace, TraceError, load


def print_statistics(trace: Trace) -> None:
    """A table of domains: CPU time, wake-to-run latency in microseconds."""
    iv = runstates.intervals(trace)
    begin, end = float(trace.ns[0]), float(trace.ns[-1])
    time = shares.cpu_time(iv, begin, end)
    print(f"{trace.path}: {len(trace.records)} records, "
          f"{(end - begin) / 1e9:.3f} s, scheduler "
          f"{trace.info.scheduler or 'unknown'}, "
          f"{runstates.switches(iv) / ((end - begin) / 1e9):.1f} switches/s")
    print(f"{'domain':<16}{'CPU %':>8}{'wakes':>8}{'min us':>10}"
          f"{'median':>10}{'p99':>10}{'p99.9':>10}{'max':>10}")
    for dom, row in time.iterrows():
        s = latency.wake_to_run(iv, dom)
        text = f"{trace.name_of(dom):<16}" \
               f"{100 * row['ran'] / (end - begin):8.2f}{len(s.ns):8}"
        if len(s.ns) and dom != IDLE_DOMAIN:
            text += "".join(f"{s.quantile(q) / 1e3:10.1f}"
                            for q in latency.QUANTILES)
            text += "" if s.exact_max else f"  ({s.torn} hidden by gaps, " \
                                           f"{s.unfinished} unfinished)"
        print(text)
    for cpu, a, b in trace.gaps():
        print(f"gap: CPU {cpu}, {a / 1e3:.3f} to {b / 1e3:.3f} us")


def main() -> int:
    """0: fine; 1: cannot be read; 2: damaged or impossible."""
    parser = argparse.ArgumentParser(prog="xentrace", description=__doc__)
    parser.add_argument("--check", action="store_true",
                        help="only look for what cannot be")
    parser.add_argument("file")
    args = parser.parse_args()
    try:
        trace = load(args.file)
    except TraceError as error:
        print(error, file=sys.stderr)
        return 1
    print(*trace.warnings, sep="\n", end="\n" * bool(trace.warnings),
          file=sys.stderr)
    if not args.check:
        print_statistics(trace)
    faults = check.check(trace)
    for fault in faults[:20]:
        print(fault)
    print(f"{len(faults)} faults" if faults else "no faults")
    return 2 if faults or trace.warnings else 0


if __name__ == "__main__":
    sys.exit(main())
