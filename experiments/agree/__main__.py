"""The same scenario in the hypervisor and in the simulator: do they decide
alike?

Each scenario boots the hypervisor in deterministic mode. What its guests asked
for (each burst of work, when it was released) and what the machine itself cost
(how late its timer is, how long a wake-up takes to a decision) are read from
its trace and given to the simulator, with the same domains and parameters: a
decision that is due takes place as late as it did there. Who is chosen, and for
how long, follows from the plug-in alone, in both. Then the two traces are
compared decision by decision. What was not run this time (--sched, --cpus)
stays in the table as it was, with the commit that it is of; a control (--param,
--without) leaves the table alone.

examples:
  python3 -m experiments.agree                        all of it
  python3 -m experiments.agree --sched bvt --cpus 1   one scheduler, one CPU
  python3 -m experiments.agree jobs.toml --sched mine

exit: 0: they agree everywhere; 1: they part, or a run failed; 130: interrupted.
"""
from __future__ import annotations

import argparse
import dataclasses
import subprocess
import sys
from pathlib import Path

from experiments.runner import report as runner_report
from experiments.runner.manifest import (Manifest, ManifestError, Scheduler,
                                         read)
from experiments.runner.run import Run, run_all
from experiments.runner.workload import Workload
from experiments.simulate.lines import Writer
from xentrace import decisions
from xentrace.trace import ROOT, Trace, TraceError, load

from . import costs, report
from .report import Row

HERE = Path(__file__).resolve().parent
PICTURED = ("bvt", "credit2")  # a lock for each CPU; one for all
BOOTED = "commit"  # in a run's folder: of which the hypervisor was
TOLERANCE_NS = 1   # the simulator writes 64ths of a ns


def schedulers(build: Path) -> dict[str, Scheduler]:
    """All that are built in, and whether they have weights."""
    done = subprocess.run([build / "schedsim-engine", "--list"], text=True,
                          check=True, stdout=subprocess.PIPE)
    lines = done.stdout.splitlines()
    names = [line.partition(":")[0] for line in lines
             if not line.startswith(" ")]
    return {n: Scheduler(n, n, weight="weight" if any(
        f" {n}.weight " in line for line in lines) else "") for n in names}


def replayed(manifest: Manifest, trace: Path) -> Manifest:
    """The scenario with the bursts that its guests really made."""
    domains = [dataclasses.replace(d, workload=Workload(
        "replay", {"trace": str(trace), "domain": d.name}))
        for d in manifest.domains]
    return dataclasses.replace(manifest, domains=domains)


def times(real: Trace, without: list[str]) -> dict[str, list[costs.Time]]:
    """By kind of line, when each CPU did what."""
    found = {"decided": costs.decided(real), "fired": costs.fired(real),
             "busy": costs.busy(real)}
    if "idle" in without:
        found["decided"] = costs.telling(real, found["decided"])
    if "order" in without:
        found = {k: [(cpu, ns, ns) for cpu, ns, _ in v]
                 for k, v in found.items()}
    return found


def simulate(manifest: Manifest, run: Run, build: Path, params: list[str],
             without: list[str]) -> Trace:
    """The same in the simulator. RuntimeError: what it says."""
    real = load(run.trace)
    measured = costs.measure(real)
    writer = Writer(replayed(manifest, run.trace), run.scheduler, run.seed,
                    params, measured, born=True, without=without)
    file = run.work / "simulated"
    lines = [*writer.machine(file, None),
             *(f"{what} {cpu} {ns} {at}"
               for what, several in times(real, without).items()
               for cpu, ns, at in several),
             *writer.domains()]
    done = subprocess.run([build / "schedsim-engine", "-", manifest.title],
                          input="\n".join(lines) + "\n", text=True,
                          capture_output=True)
    if done.returncode:
        raise RuntimeError(done.stderr.strip() or "the simulator failed")
    return load(file)


def judge(manifest: Manifest, run: Run, args: argparse.Namespace) -> Row:
    """Compare a run with its simulation."""
    row = Row(run.scheduler.name, manifest.name, manifest.cpus)
    if run.problem or not run.trace:
        row.verdict, row.detail = "no run", run.problem
        return row
    try:
        real = load(run.trace)
        simulated = simulate(manifest, run, args.build, args.param,
                             args.without)
    except (TraceError, RuntimeError, ManifestError) as error:
        row.verdict, row.detail = "no run", str(error)
        return row
    window = manifest.measure
    found = decisions.compare(real, simulated, window.start, window.stop,
                              TOLERANCE_NS)
    row.decisions, row.apart_us = found.alike, found.apart / 1e3
    row.verdict = "part" if found.parting else "agree"
    row.detail = decisions.timelines(real, simulated, found, window.start)
    row.digest = real.digest(window.stop)
    row.commit = (run.work / BOOTED).read_text().strip()
    row.picture = report.strips(real, simulated, window.start)
    return row


def one(scenario: Path, cpus: int, chosen: list[Scheduler],
        args: argparse.Namespace) -> tuple[list[Row], bool]:
    """A scenario under each scheduler. False: interrupted."""
    manifest = dataclasses.replace(read(scenario), cpus=cpus)
    manifest = dataclasses.replace(manifest, schedulers=chosen)
    folder = args.out / "work" / f"{manifest.name}-{cpus}"
    runs = [Run(s, seed, folder / f"{s.name}-{seed}")
            for s in chosen for seed in manifest.seeds]
    if args.again:
        whole = keep(runs)
    else:
        whole = run_all(runs, manifest, args.build, args.jobs)
        for run in runs:
            (run.work / BOOTED).write_text(runner_report.commit() + "\n")
    return [judge(manifest, run, args) for run in runs], whole


def keep(runs: list[Run]) -> bool:
    """Take the traces that are there."""
    for run in runs:
        run.trace = run.work / "trace"
        if not run.trace.exists():
            run.problem = f"{run.trace}: there is none"
        elif not (run.work / BOOTED).exists():
            (run.work / BOOTED).write_text("?\n")
    return True


def say(rows: list[Row]) -> None:
    """The table, and where runs part."""
    for row in rows:
        if row.verdict != "agree":
            print(f"\n{row.scheduler}, {row.scenario}, {row.cpus} CPUs: "
                  f"{row.verdict}\n{row.detail}")
    print(f"\n{'scheduler':<12}{'scenario':<12}{'CPUs':>5}{'decisions':>11}"
          f"{'apart us':>10}  verdict")
    for row in rows:
        print(f"{row.scheduler:<12}{row.scenario:<12}{row.cpus:5}"
              f"{row.decisions:11,}{row.apart_us:10.3f}  {row.verdict}")


def draw(rows: list[Row], scenarios: list[Path], out: Path) -> None:
    """Pictures of two of the comparisons, if they were made."""
    manifests = {m.name: m for m in map(read, scenarios)}
    for name in PICTURED:
        mine = [r for r in rows if r.scheduler == name and r.picture
                and r.scenario == "overload" and r.cpus == 2]
        for row in mine[-1:]:
            report.draw(row, manifests[row.scenario], out)


def arguments() -> argparse.Namespace:
    """See the description."""
    parser = argparse.ArgumentParser(
        prog="experiments.agree", description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("scenario", nargs="*", type=Path,
                        help="default: the five of experiments/agree")
    parser.add_argument("--sched", action="append", default=[],
                        help="only this scheduler; may be repeated")
    parser.add_argument("--cpus", action="append", type=int, default=[],
                        help="so many CPUs; may be repeated (default: 1, 2)")
    parser.add_argument("--param", action="append", default=[],
                        metavar="NAME.PARAM=VALUE",
                        help="a parameter that only the simulation has: a "
                        "control, for the two must part then")
    parser.add_argument("--without", action="append", default=[],
                        choices=["idle", "order", "parameters"],
                        help="do not follow: decisions that kept a CPU idle; "
                        "the order of the locks; when parameters were set (a "
                        "control)")
    parser.add_argument("--again", action="store_true",
                        help="do not boot: take the traces that are there")
    parser.add_argument("--jobs", type=int, default=2, help="runs at a time")
    parser.add_argument("--build", type=Path, default=ROOT / "build")
    # Absolute: a path in a workload counts from the scenario's folder.
    parser.add_argument("--out", type=lambda name: Path(name).resolve(),
                        default=ROOT / "results" / "agreement")
    return parser.parse_args()


def main() -> int:
    """See the description."""
    args = arguments()
    scenarios = args.scenario or sorted(HERE.glob("*.toml"))
    known = schedulers(args.build)
    if unknown := [n for n in args.sched if n not in known]:
        print(f"--sched {unknown[0]}: there is: {' '.join(known)}",
              file=sys.stderr)
        return 1
    chosen = [known[n] for n in args.sched or known]
    rows: list[Row] = []
    try:
        for cpus in args.cpus or [1, 2]:
            for scenario in scenarios:
                done, whole = one(scenario, cpus, chosen, args)
                rows += done
                if not whole:
                    say(rows)
                    return 130
    except ManifestError as error:
        print(error, file=sys.stderr)
        return 1
    say(rows)
    if not args.param and not args.without:
        report.write(rows, scenarios, list(known), args.build, args.out)
        draw(rows, scenarios, args.out)
    return 0 if all(r.verdict == "agree" for r in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
