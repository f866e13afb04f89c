"""Simulate a scenario with the hypervisor's schedulers.

examples:
  schedsim experiments/latency/experiment.toml    each of its schedulers
  schedsim s.toml --sched bvt --sched credit --seed 7
  schedsim s.toml --param bvt.ctx_allow=5ms --cost switch=2us --until 60s
  schedsim s.toml --sched bvt --trace out.trace   then: python3 -m xentrace
  schedsim s.toml --out results/s                 a folder for each run
  schedsim build/conformance/bvt-progress/scenario.txt --trace out.trace
                                                  what the kit has found
  schedsim --list                                 schedulers, parameters

exit: 0; 1: the scenario is wrong, or a file could not be written; 3: a
scheduler broke a rule; 130: interrupted (traces are whole up to there).
sched/sim/README.md describes the scenario."""
from __future__ import annotations

import argparse
import dataclasses
import os
import signal
import subprocess
import sys
from pathlib import Path

from experiments.runner.manifest import (COSTS, Manifest, ManifestError,
                                         Scheduler, read)
from experiments.runner.units import to_ns

from .lines import Writer

ROOT = Path(__file__).resolve().parents[2]
ENGINE = Path(os.environ.get("SCHEDSIM_ENGINE",
                             ROOT / "build" / "schedsim-engine"))
KIT = Path(os.environ.get("SCHEDSIM_KIT",
                          ENGINE.parent / "kit" / "conformance"))
OF_THE_KIT = {"scenario", "trace", "out", "plugin"}  # options that it takes


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="schedsim", description=__doc__.split("\n\n")[0],
        epilog=__doc__.split("\n\n", 1)[1],
        formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("scenario", nargs="?", type=Path,
        help="a TOML file, a folder with an experiment.toml, or a .txt of "
             "the conformance kit")
    add("--sched", action="append", default=[], metavar="NAME",
        help="only this scheduler (of the scenario, or any); repeatable")
    add("--seed", action="append", default=[], type=int,
        help="instead of the scenario's; repeatable")
    add("--param", action="append", default=[], metavar="NAME.PARAM=VALUE",
        help="a scheduler's parameter, before the domains' own")
    add("--cost", action="append", default=[], metavar="WHAT=TIME",
        help=f"one of {', '.join(COSTS)}")
    add("--cpus", type=int, help="another number of CPUs")
    add("--until", metavar="TIME", help="another end: 2s")
    add("--trace", type=Path, metavar="FILE",
        help="write the trace (of a single run) here")
    add("--out", type=Path, metavar="FOLDER",
        help="write FOLDER/work/NAME-SEED/trace and table.csv of each run")
    add("--csv", type=Path, metavar="FILE", help="the table (single run)")
    add("--plugin", action="append", default=[], metavar="OBJECT",
        help="take in a scheduler that `make plugin` made; repeatable")
    add("--list", action="store_true", help="schedulers and their parameters")
    add("--lines", action="store_true",
        help="print what the engine would read, and run nothing")
    return parser.parse_args()


def _time(option: str, text: str) -> int:
    try:
        return to_ns(text)
    except ValueError as error:
        raise ValueError(f"schedsim: {option}: {error}") from None


def _changed(manifest: Manifest, args: argparse.Namespace) -> Manifest:
    """With what the command line changes."""
    if args.cpus:
        manifest = dataclasses.replace(manifest, cpus=args.cpus)
    if args.until:
        end = _time("--until", args.until)
        if end <= 0:
            raise ValueError("schedsim: --until: above 0")
        start = min(manifest.measure.start, end - 1)
        manifest = dataclasses.replace(manifest, measure=dataclasses.replace(
            manifest.measure, start=start, stop=end, end=end))
    return manifest


def _engine(args: argparse.Namespace) -> list[str | Path]:
    """The engine's command, with the plug-ins that it takes in."""
    return [ENGINE, *(w for p in args.plugin for w in ("--plugin", p))]


def _weights(args: argparse.Namespace) -> set[str]:
    """Schedulers that have a parameter `weight`."""
    done = subprocess.run([*_engine(args), "--list"], text=True,
                          capture_output=True)
    if done.returncode:
        raise ValueError(done.stderr.strip())
    text = done.stdout
    return {line.split(".")[0].strip() for line in text.splitlines()
            if line.startswith("  ") and ".weight " in line}


def _schedulers(manifest: Manifest,
                args: argparse.Namespace) -> list[Scheduler]:
    names = args.sched
    there = {s.name: s for s in manifest.schedulers}
    if not names:
        return manifest.schedulers or [Scheduler("rr", weight="")]
    known = set() if set(names) <= set(there) else _weights(args)
    return [there.get(n) or
            Scheduler(n, weight="weight" if n in known else "")
            for n in names]


def _costs(words: list[str]) -> dict[str, int]:
    costs = {}
    for word in words:
        name, _, time = word.partition("=")
        if name not in COSTS:
            raise ValueError(f"schedsim: --cost: {word}: known are "
                             f"{', '.join(COSTS)}")
        costs[name] = _time(f"--cost {name}", time)
    return costs


def _params_fit(params: list[str], names: list[str]) -> None:
    """Each --param is of a scheduler that runs."""
    for word in params:
        key, equals, _ = word.partition("=")
        name, dot, _ = key.partition(".")
        if not equals or not dot:
            raise ValueError(f"schedsim: --param: {word!r}: NAME.PARAM=VALUE "
                             "is expected")
        if name not in names:
            there = ", ".join(dict.fromkeys(names))
            raise ValueError(f"schedsim: --param: {word}: no scheduler {name} "
                             f"runs here, but {there}")


def _run(lines: list[str], command: list[str | Path]) -> int:
    """The engine's exit code. Ctrl-C reaches it, and it ends in good order."""
    engine = subprocess.Popen(command, stdin=subprocess.PIPE, text=True)
    try:
        try:
            engine.communicate("\n".join(lines) + "\n")
        except BrokenPipeError:
            pass  # it has told what is wrong
        return engine.wait()
    except KeyboardInterrupt:
        engine.send_signal(signal.SIGINT)
        engine.wait()
        return 130


def _files(args: argparse.Namespace,
           run: str) -> tuple[Path | None, Path | None]:
    """Where the trace and the table of a run go."""
    if not args.out:
        return args.trace, args.csv
    folder = args.out / "work" / run
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "serial.log").touch()  # the hypervisor's console: none here
    return folder / "trace", folder / "table.csv"


def _all(manifest: Manifest, args: argparse.Namespace) -> int:
    schedulers = _schedulers(manifest, args)
    seeds = args.seed or manifest.seeds
    if (args.trace or args.csv) and len(schedulers) * len(seeds) > 1:
        raise ValueError("--trace and --csv are for a single run: name one "
                         "--sched and one --seed, or use --out")
    costs, worst = _costs(args.cost), 0
    _params_fit(args.param, [*(s.name for s in schedulers),
                             *(p.scheduler for p in manifest.pools)])
    for scheduler in schedulers:
        for seed in seeds:
            writer = Writer(manifest, scheduler, seed, args.param, costs)
            trace, csv = _files(args, f"{scheduler.name}-{seed}")
            lines = [*writer.machine(trace, csv), *writer.domains()]
            if args.lines:
                print(*lines, sep="\n")
                continue
            print(f"{manifest.title}: {scheduler.label or scheduler.name}, "
                  f"seed {seed}", flush=True)
            code = _run(lines, [*_engine(args), "-", str(manifest.file)])
            worst = max(worst, code if code >= 0 else 1)
            if code == 130 or code == 1:
                return code
    return worst


def _kit(args: argparse.Namespace) -> int:
    """Play a scenario of the conformance kit, with its actions, by the kit: the
    same simulator, and the rules that judge it."""
    given = [name for name, value in vars(args).items()
             if value and name not in OF_THE_KIT]
    if given:
        raise ValueError(f"{args.scenario}: the kit's scenario says all by "
                         f"itself: leave out --{given[0]}, or edit the file")
    if args.trace and args.out:
        raise ValueError("--trace: --out writes the trace, too")
    if not KIT.exists():
        raise ValueError(f"{KIT} is not built: run `make {KIT}`")
    words = [KIT, *(w for p in args.plugin for w in ("--plugin", p)),
             f"--replay={args.scenario}"]
    words += [f"--trace={args.trace}"] if args.trace else []
    words += [f"--output={args.out}"] if args.out else []
    code = subprocess.run(words).returncode
    if code < 0:
        print(f"{args.scenario}: the scheduler crashed or hung: --out FOLDER "
              "saves how far it came", file=sys.stderr)
    return {0: 0, 2: 1}.get(code, 3)


def main() -> int:
    """See the description."""
    args = _arguments()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    if not ENGINE.exists():
        print(f"{ENGINE} is not built: run `make tools`", file=sys.stderr)
        return 1
    if args.list:
        return subprocess.run([*_engine(args), "--list"]).returncode
    if not args.scenario:
        print("schedsim: which scenario? (--help)", file=sys.stderr)
        return 1
    try:
        if args.scenario.suffix == ".txt":
            return _kit(args)
        return _all(_changed(read(args.scenario), args), args)
    except BrokenPipeError:  # who reads the table has seen enough: head
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141
    except (ManifestError, ValueError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
