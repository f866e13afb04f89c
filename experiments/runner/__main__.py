"""python3 -m experiments.runner FOLDER: run an experiment, write its report."""
from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path

from xentrace.trace import ROOT, TraceError

from . import figures, metrics, report
from .choose import check_weights, choose
from .conduct import Wish, conduct
from .manifest import Manifest, ManifestError, read
from .run import Run, run_all, runs_of
from .study import is_study


def missing(manifest: Manifest, build: Path) -> list[Path]:
    """Files that the runs need and that are not built."""
    files = {build / "metronome.gz", build / "xentrace"}
    files |= {build / "guests" / f for f in manifest.files}
    return sorted(f for f in files if not f.exists())


def evaluate(runs: list[Run], manifest: Manifest) -> list[metrics.Result]:
    """The results of those runs that have a trace."""
    results = []
    for run in runs:
        if not run.trace:
            continue
        try:
            result = metrics.measure(run, manifest)
            results.append(result)
            run.problem = run.problem or "; ".join(result.trace.warnings)
        except TraceError as error:
            run.problem = run.problem or str(error)
    return results


def compare(old: dict, new: dict) -> tuple[list[str], bool]:
    """What the hashes of this and of the run before tell; is one another?"""
    if old.get("inputs") != new["inputs"] or old.get("tools") != new["tools"]:
        return [], False
    lines, differs = [], False
    for name, run in new["runs"].items():
        before = old.get("runs", {}).get(name, {}).get("trace_sha256")
        if before and run["trace_sha256"]:
            same = before == run["trace_sha256"]
            differs |= not same
            verdict = "identical to" if same else "DIFFERS from"
            lines.append(f"{name}: trace {verdict} the run's before")
    return lines, differs


def publish(runs: list[Run], manifest: Manifest, build: Path,
            out: Path) -> tuple[list[metrics.Result], list[metrics.Verdict],
                                bool]:
    """Write everything into out, and say what it shows; the last: does a
    trace differ from that of an equal run before?"""
    results = evaluate(runs, manifest)
    if not results:
        return [], [], False
    verdicts = metrics.judge(results, manifest)
    file = out / "manifest.json"
    old = json.loads(file.read_text()) if file.exists() else {}
    said = report.write_manifest(manifest, runs, results, verdicts, build,
                                 file)
    report.write_table(results, out / "table.csv")
    drawn = figures.draw(results, manifest, out)
    report.write_report(manifest, runs, results, verdicts, drawn, said,
                        out / "report.html")
    print(f"\n{manifest.title}\n\n{report.text_table(results)}\n")
    compared, differs = compare(old, said)
    for line in [v.text for v in verdicts] + compared:
        print(line)
    for result in results:
        if result.faults:
            print(f"{result.run.name}: {len(result.faults)} faults in the "
                  f"trace; the first: {result.faults[0]}")
    return results, verdicts, differs


def is_a_study(folder: Path) -> bool:
    """What is no manifest at all is told by who reads it."""
    try:
        return is_study(folder)
    except ManifestError:
        return False


def main() -> int:
    """0: all ran and all expectations hold; 1: not; 3: they do, but a trace
    differs from that of an equal run before; 130: interrupted."""
    parser = argparse.ArgumentParser(prog="experiments.runner",
                                     description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--quick", action="store_true",
                        help="a study: the thinned sweep")
    parser.add_argument("--accel", default="", choices=["", "kvm", "tcg"],
                        help="a study: live, on real time, by this "
                        "accelerator: nothing repeats bit for bit")
    parser.add_argument("--profile", default="", metavar="NAME",
                        help="a study: on a cluster, by this profile of "
                        "Snakemake: slurm, or a folder of yours")
    parser.add_argument("--only", action="append", default=[],
                        help="only this scheduler; may be repeated")
    parser.add_argument("--sched", action="append", default=[],
                        metavar="NAME[,KEY=VALUE]...",
                        help="this scheduler instead of the manifest's, which "
                        "need not list it; may be repeated; keys: label, "
                        "options, weight (its parameter; empty: none)")
    parser.add_argument("--plugin", action="append", default=[], type=Path,
                        help="load this object; may be repeated")
    parser.add_argument("--jobs", type=int, default=2, help="runs at a time")
    parser.add_argument("--build", type=Path, default=ROOT / "build")
    parser.add_argument("--out", type=Path, help="default: results/NAME; with "
                        "--sched or --plugin, NAME below build/results")
    parser.add_argument("--again", action="store_true",
                        help="do not run: evaluate the traces that are there")
    args = parser.parse_args()
    chosen = args.sched or args.plugin
    if is_a_study(args.folder):
        if chosen or args.only:
            print("--only, --sched, --plugin: not for a study: its sweep says "
                  "which schedulers run", file=sys.stderr)
            return 1
        return conduct(Wish(args.folder, args.quick, args.jobs, args.build,
                            args.out, args.profile, args.accel, args.again))
    began = time.monotonic()
    try:
        manifest = choose(read(args.folder), args.sched, args.plugin)
        if chosen and not args.again:
            check_weights(manifest, args.build / "schedsim-engine")
    except ManifestError as error:
        print(error, file=sys.stderr)
        return 1
    for domain in manifest.domains:
        if not domain.kernel:
            print(manifest.error(("domains", domain.table, "workload"),
                                 "no guest of ours does this: it runs in the "
                                 "simulator only"), file=sys.stderr)
            return 1
    if lacking := missing(manifest, args.build):
        print(f"{lacking[0]} is not built: run `make demo`", file=sys.stderr)
        return 1
    place = args.build if chosen else ROOT
    out = args.out or place / "results" / manifest.name
    runs = runs_of(manifest, out / "work", args.only)
    if args.again:
        for run in runs:
            trace = run.work / "trace"
            run.trace = trace if trace.exists() else None
            run.serial = run.work / "serial.log"
            run.problem = "" if run.trace else "not run"
        whole = True
    else:
        whole = run_all(runs, manifest, args.build, args.jobs)
    results, verdicts, differs = publish(runs, manifest, args.build, out)
    for run in runs:
        if run.problem:
            print(f"{run.name}: {run.problem}", file=sys.stderr)
    if results:
        print(f"\nreport: {out / 'report.html'}   "
              f"({time.monotonic() - began:.0f} s)")
    if not whole:
        return 130
    good = results and all(v.passed for v in verdicts) and not any(
        r.problem for r in runs) and not any(r.faults for r in results)
    return 1 if not good else 3 if differs else 0


if __name__ == "__main__":
    sys.exit(main())
