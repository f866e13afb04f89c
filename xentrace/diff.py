"""python3 -m xentrace.diff A B: do two runs take the same decisions?

Shows the first divergence with both timelines around it. The runs may be the
hypervisor's and the simulator's, or two of either.
"""
from __future__ import annotations

import argparse
import sys

from . import decisions
from .trace import Trace, TraceError, load

UNITS = {"ns": 1, "us": 10**3, "ms": 10**6, "s": 10**9}


def span(text: str) -> float:
    """ns of a time with its unit: "10ms"."""
    for unit, factor in UNITS.items():
        number = text.removesuffix(unit)
        if number != text and number.replace(".", "", 1).isdigit():
            return float(number) * factor
    raise argparse.ArgumentTypeError(
        f"{text!r} is no time: a number and ns, us, ms or s, as in 10ms")


def gaps_within(trace: Trace, start: float, end: float) -> int:
    """How many gaps of lost records overlap the window."""
    return sum(a < end and b > start for _, a, b in trace.gaps())


def main(argv: list[str] | None = None) -> int:
    """0: they agree; 1: they part; 2: cannot be told."""
    parser = argparse.ArgumentParser(
        prog="xentrace.diff", description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("first", metavar="A")
    parser.add_argument("second", metavar="B")
    parser.add_argument("--start", type=span, default=0.0,
                        help="compare from this system time on (10ms)")
    parser.add_argument("--until", type=span, default=None,
                        help="up to this one (default: the shorter one's end)")
    parser.add_argument("--tolerance", type=span, default=10e3,
                        help="a decision may be so much later in one (10us)")
    args = parser.parse_args(argv)
    try:
        a, b = load(args.first), load(args.second)
    except TraceError as error:
        print(error, file=sys.stderr)
        return 2
    until = args.until
    if until is None:
        until = min(float(t.ns[-1]) if len(t.records) else 0.0 for t in (a, b))
    for trace in a, b:
        if gaps_within(trace, args.start, until):
            print(f"{trace.path}: records are missing in the window: nothing "
                  "can be told", file=sys.stderr)
            return 2
    found = decisions.compare(a, b, args.start, until, args.tolerance)
    if not found.alike and found.parting is None:
        print("there is no decision in the window", file=sys.stderr)
        return 2
    print(f"{found.alike} decisions alike, at most {found.apart / 1e3:.3f} us "
          "apart")
    if found.parting is None:
        return 0
    print(decisions.timelines(a, b, found, args.start))
    return 1


if __name__ == "__main__":
    sys.exit(main())
