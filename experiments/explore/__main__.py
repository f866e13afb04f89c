"""python3 -m experiments.explore FILE... : a page with the traces' time line.

One file that works offline: zoom, search, and a click on a wait tells who had
the CPU meanwhile.
"""
from __future__ import annotations

import argparse
import sys
from pathlib import Path

from xentrace.trace import TraceError, load

from .page import write


def seconds(text: str) -> float:
    """5s, 20ms, 100us, 7ns in ns."""
    for unit, ns in (("ns", 1), ("us", 1e3), ("ms", 1e6), ("s", 1e9)):
        if text.endswith(unit):
            try:
                return float(text[:-len(unit)]) * ns
            except ValueError:
                break
    raise argparse.ArgumentTypeError(f"{text}: a time is, say, 5s or 20ms")


def main() -> int:
    """0; 1: a trace cannot be read, or the page not be written."""
    parser = argparse.ArgumentParser(prog="experiments.explore",
                                     description=__doc__.split("\n", 1)[1])
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE")
    parser.add_argument("--out", type=Path, default=Path("trace.html"),
                        help="default: trace.html")
    parser.add_argument("--from", dest="start", type=seconds, metavar="TIME",
                        help="since the hypervisor's boot: 5s, 20ms")
    parser.add_argument("--until", type=seconds, metavar="TIME")
    args = parser.parse_args()
    try:
        traces = [(file.name, load(file)) for file in args.files]
        write(traces, args.out, args.start, args.until)
    except (TraceError, OSError, ValueError) as error:
        print(error, file=sys.stderr)
        return 1
    print(f"{args.out}: {args.out.stat().st_size / 1e6:.1f} MB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
