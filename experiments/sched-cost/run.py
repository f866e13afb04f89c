#!/usr/bin/python3
"""What each callback of each scheduler costs, in instructions, by callgrind.

    run.py PROGRAM [--results FOLDER] [--schedulers NAME...] [--quick]

Writes table.csv, README.md and the figure; exit status 1 if a callback grows
by more than O(log n) allows: from n to m waiting vCPUs by log m / log n.
"""
from __future__ import annotations

import argparse
import concurrent.futures
import csv
import math
import pathlib
import re
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path.insert(0, str(ROOT))

# pylint: disable=wrong-import-position
from experiments.runner.figures import undate  # noqa: E402

CALLBACKS = ["enqueue", "dequeue", "pick", "charge", "sleep", "place", "tick",
             "account"]
WAITING = [16, 256, 4096]
FEWEST = 10  # calls, below which an average says nothing
# Callbacks that do their work in bounded steps: no more than this, whatever n.
# They are measured with more vCPUs in between, where the steps are largest.
BOUNDED = {("credit", "account"): 20000}
BETWEEN = [64, 112, 1024, 16384]
SLACK = 20  # instructions: what is done at a vCPU's first call only

Costs = dict[str, tuple[int, int]]  # function: (calls, instructions)
Row = dict[str, object]


def parse(text: str) -> Costs:
    """Calls and inclusive instructions of each function of a callgrind file.

    After `cfn=` and `calls=` comes a line whose last number is what the calls
    cost with all that they called in turn. Names are written once, as
    "(id) name", and then as "(id)".
    """
    names: dict[str, str] = {}
    costs: Costs = {}
    callee, calls = "", 0
    for line in text.splitlines():
        if found := re.match(r"c?fn=\((\d+)\)(?: (\S+))?", line):
            if found[2]:
                names[found[1]] = found[2]
            if line.startswith("cfn="):
                callee = names[found[1]]
        elif line.startswith("calls="):
            calls = int(line[6:].split()[0])
        elif calls:
            count, sum_ = costs.get(callee, (0, 0))
            costs[callee] = (count + calls, sum_ + int(line.split()[-1]))
            calls = 0
    return costs


def measure(program: str, scheduler: str, waiting: int) -> list[Row]:
    """One run: a row for each callback that was called."""
    with tempfile.NamedTemporaryFile("r") as out:
        subprocess.run(
            ["valgrind", "--tool=callgrind", "--instr-atstart=no", "-q",
             f"--callgrind-out-file={out.name}", program, scheduler,
             str(waiting)], check=True)
        costs = parse(pathlib.Path(out.name).read_text())
    rows: list[Row] = []
    for callback in CALLBACKS:
        calls, sum_ = costs.get(f"{scheduler}_{callback}", (0, 0))
        if calls >= FEWEST:
            rows.append({"scheduler": scheduler, "callback": callback,
                         "waiting": waiting, "calls": calls,
                         "instructions": round(sum_ / calls, 1)})
    return rows


def judge(rows: list[Row], waiting: list[int]) -> list[str]:
    """What grows too much: a line each."""
    cost = {(r["scheduler"], r["callback"], r["waiting"]):
            float(str(r["instructions"])) for r in rows}
    small, wrong = waiting[0], []
    for (scheduler, callback, n), value in cost.items():
        most = BOUNDED.get((scheduler, callback))
        if most and value > most:
            wrong.append(f"{scheduler}: {callback} costs {value} with {n} "
                         f"waiting: more than {most}")
        if most or n not in waiting:
            continue
        first = cost.get((scheduler, callback, small))
        if first is None or n == small:
            continue
        bound = math.log(int(str(n))) / math.log(small)
        if value > first * bound + SLACK:
            wrong.append(f"{scheduler}: {callback} costs {value} with {n} "
                         f"waiting, {first} with {small}: more than "
                         f"{bound:g} times as much")
    return wrong


def cell(rows: list[Row], scheduler: str, callback: str) -> str:
    """The costs of one callback over n, as the table shows them."""
    found = [str(round(float(str(r["instructions"])))) for r in rows
             if r["scheduler"] == scheduler and r["callback"] == callback
             and r["waiting"] in WAITING]
    return " ".join(found) if found else "–"


def write_readme(path: pathlib.Path, rows: list[Row], schedulers: list[str],
                 wrong: list[str]) -> None:
    """The table for readers."""
    used = [c for c in CALLBACKS if any(r["callback"] == c for r in rows)]
    lines = [
        "# What a scheduler's callbacks cost", "",
        "Written by `make sched-cost`; `experiments/sched-cost/README.md` "
        "says how it is measured.", "",
        "Instructions a call, on average, with "
        + ", ".join(map(str, WAITING)) + " vCPUs waiting on two CPUs. –: none, "
        f"or fewer than {FEWEST} calls.", "",
        "| | " + " | ".join(f"`{c}`" for c in used) + " |",
        "|---|" + "---|" * len(used)]
    for scheduler in schedulers:
        lines.append(f"| {scheduler} | " + " | ".join(
            cell(rows, scheduler, c) for c in used) + " |")
    for scheduler, callback in BOUNDED:
        at = sorted((int(str(r["waiting"])), float(str(r["instructions"])))
                    for r in rows if r["scheduler"] == scheduler
                    and r["callback"] == callback)
        seen = ", ".join(f"{cost:.0f} with {n}" for n, cost in at)
        lines += ["", f"{scheduler}'s `{callback}`, which serves all, in "
                  f"bounded steps: {seen} waiting; allowed are "
                  f"{BOUNDED[scheduler, callback]}."]
    lines += ["", "**Every callback grows by no more than O(log n)**: from "
              "16 to 4096 by at most log 4096 / log 16 = 3." if not wrong
              else "**Grows too much**: " + "; ".join(wrong) + ".", "",
              "![instructions over waiting vCPUs](cost.svg)"]
    path.write_text("\n".join(lines) + "\n")


def draw(folder: pathlib.Path, rows: list[Row], schedulers: list[str]) -> None:
    """cost.pdf, cost.svg, cost.png: a panel for each of three callbacks."""
    shown = ("enqueue", "pick", "charge")
    names = {c: [str(i) for i, s in enumerate(schedulers, 1) if any(
        r["scheduler"] == s and r["callback"] == c for r in rows)]
        for c in shown}
    lists = "; ".join(f"of_{c}='{' '.join(names[c])}'" for c in shown)
    with tempfile.TemporaryDirectory() as temporary:
        for scheduler in schedulers:
            for callback in shown:
                data = [f"{r['waiting']} {r['instructions']}\n" for r in rows
                        if r["scheduler"] == scheduler
                        and r["callback"] == callback]
                name = f"{scheduler}.{callback}"
                (pathlib.Path(temporary) / name).write_text("".join(data))
        for kind in ("pdf", "svg", "png"):
            subprocess.run(
                ["gnuplot", "-e", f"kind='{kind}'; data='{temporary}'; "
                 f"out='{folder}/cost.{kind}'; {lists}; "
                 f"schedulers='{' '.join(schedulers)}'",
                 str(HERE / "plot.gp")], check=True)
        undate(folder / "cost.pdf")


def plugins() -> list[str]:
    """The schedulers that there are: a folder each."""
    return sorted(p.parent.name for p in (ROOT / "sched").glob("*/*.c")
                  if "\nSCHED_PLUGIN(" in p.read_text())


def main() -> int:
    """Measure, write, judge."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("program")
    options.add_argument("--results", type=pathlib.Path,
                         default=ROOT / "results/sched-cost")
    options.add_argument("--schedulers", nargs="+", default=plugins())
    options.add_argument("--quick", action="store_true",
                         help="only the least and the most; write nothing")
    args = options.parse_args()
    waiting = [WAITING[0], WAITING[-1]] if args.quick else WAITING
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        runs = [pool.submit(measure, args.program, s, n)
                for s in args.schedulers for n in waiting]
        more = [] if args.quick else [
            pool.submit(measure, args.program, s, n)
            for s, _ in BOUNDED if s in args.schedulers for n in BETWEEN]
        rows = [row for run in runs for row in run.result()]
        rows += [row for run in more for row in run.result()
                 if (row["scheduler"], row["callback"]) in BOUNDED]
    wrong = judge(rows, waiting)
    if not args.quick:
        args.results.mkdir(parents=True, exist_ok=True)
        with (args.results / "table.csv").open("w", newline="") as file:
            writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)
        write_readme(args.results / "README.md", rows, args.schedulers, wrong)
        draw(args.results, rows, args.schedulers)
    for line in wrong:
        print(line)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
