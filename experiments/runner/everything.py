"""All experiments: `python3 -m experiments.runner.everything [--quick]`.

Every folder of experiments/ with an experiment.toml is one; those that are
programs of their own stand in OTHERS. Each writes results/NAME, and what is
another there than in the last commit is told; --quick makes the studies'
thinned sweeps only, into build/results/NAME. One that fails does not keep the
others from being made.

exit: 0: each says PASS; 1: not; 130: interrupted.
"""
from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass

from xentrace.trace import ROOT

from .manifest import ManifestError
from .plan import PYTHON
from .publish import compare
from .study import is_study
from .tables import changes, committed

FOLDERS = ROOT / "experiments"
# Name in results/: its command.
OTHERS = {
    "agreement": [PYTHON, "-m", "experiments.agree"],
    "conformance": [PYTHON, "experiments/conformance/run.py",
                    "build/kit/conformance", "build/kit/wrong"],
    "sched-cost": [PYTHON, "experiments/sched-cost/run.py",
                   "build/sched-cost"],
}
SAID = {0: "PASS", 1: "FAIL", 3: "PASS, but a trace is another one",
        130: "interrupted"}


@dataclass(frozen=True)
class One:
    """An experiment, by the name that it has in results/."""

    name: str
    command: list[str]
    study: bool


def every(jobs: int, quick: bool) -> list[One]:
    """All, those that are quick to tell of a fault first."""
    found = []
    for file in sorted(FOLDERS.glob("*/experiment.toml")):
        try:
            study = is_study(file.parent)
        except ManifestError:
            study = True    # its runner tells what is wrong
        words = [PYTHON, "-m", "experiments.runner",
                 os.path.relpath(file.parent, ROOT), "--jobs", str(jobs)]
        found.append(One(file.parent.name, words + ["--quick"] * quick,
                         study))
    found += [One(name, words, False) for name, words in OTHERS.items()]
    found.sort(key=lambda one: not one.study)
    return [one for one in found if one.study or not quick]


def news(name: str) -> list[str]:
    """What is another in results/NAME than in the last commit; a study tells
    by itself."""
    folder, said = ROOT / "results" / name, []
    if (old := committed(folder / "table.csv")) is not None:
        said += changes(old, folder / "table.csv")
    file = folder / "manifest.json"
    if file.exists() and (old := committed(file)) is not None:
        said += compare(old, {"runs": {}, "inputs": {},
                              **json.loads(file.read_text())})
    return said


def make(one: One) -> int:
    """Run it; its exit code."""
    print(f"\n== {one.name}", flush=True)
    code = subprocess.run(one.command, cwd=ROOT).returncode
    if not one.study and code in (0, 1, 3):
        for line in news(one.name):
            print(f"  changed: {line}")
    return code


def main() -> int:
    """See above."""
    parser = argparse.ArgumentParser(
        prog="experiments.runner.everything", description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("name", nargs="*", help="only these")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--jobs", type=int, default=2, help="runs at a time")
    parser.add_argument("--list", action="store_true")
    args = parser.parse_args()
    chosen = every(args.jobs, args.quick)
    if unknown := set(args.name) - {one.name for one in chosen}:
        print(f"{min(unknown)}: no such experiment; there are: "
              f"{' '.join(one.name for one in chosen)}", file=sys.stderr)
        return 1
    chosen = [o for o in chosen if not args.name or o.name in args.name]
    if args.list:
        print(*(one.name for one in chosen), sep="\n")
        return 0
    table = []
    for one in chosen:
        began = time.monotonic()
        try:
            code = make(one)
        except KeyboardInterrupt:
            code = 130
        table.append((one.name, code, time.monotonic() - began))
        if code == 130:
            break
    width = max((len(name) for name, _, _ in table), default=0)
    print()
    for name, code, seconds in table:
        print(f"{name:{width}}  {seconds:7.0f} s  {SAID.get(code, code)}")
    codes = {code for _, code, _ in table}
    return 130 if 130 in codes else 0 if codes <= {0} else 1


if __name__ == "__main__":
    sys.exit(main())
