#!/usr/bin/python3
"""The conformance kit over all plug-ins and all negative controls.

    run.py KIT WRONG [--sched NAME]... [--scenarios N] [--results FOLDER]

KIT and WRONG are build/kit/conformance and build/kit/wrong. Writes table.csv,
controls.csv, manifest.json and README.md. With --sched these plug-ins only are
played; the other rows and the controls stay as they were.

exit: 0; 1: a rule is broken, a control is not caught, or it takes too long.
"""
from __future__ import annotations

import argparse
import json
import pathlib
import platform
import re
import resource
import subprocess
import sys
import tempfile
import time
import tomllib

import pandas as pd

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from experiments.runner.report import commit, sha256, version_of  # noqa: E402

CONTROLS = ROOT / "tests/conformance/wrong/controls.toml"
WITHIN_S = 600          # for all plug-ins' scenarios, by the clock
WITHIN_SCENARIOS = 1000
VCPUS_MAX = 3

Row = dict[str, object]


def cpu_s() -> float:
    """CPU time of all that has ended beneath this process."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def play(kit: str, *words: str) -> tuple[str, float, float]:
    """What the kit said; seconds by the clock, and of the CPUs."""
    began, before = time.monotonic(), cpu_s()
    with tempfile.TemporaryDirectory() as found:
        done = subprocess.run([kit, "--quiet", f"--output={found}", *words],
                              text=True, cwd=ROOT, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT)
    if done.returncode not in (0, 1):
        sys.exit(f"{kit} {' '.join(words)}:\n{done.stdout[-2000:]}")
    return done.stdout, time.monotonic() - began, cpu_s() - before


def verdict(said: str) -> tuple[int, str]:
    """How many scenarios, and which rules are broken."""
    number = re.search(r"(\d+) scenarios", said)
    broken = sorted(set(re.findall(r'breaks the rule "([\w-]+)"', said)))
    if not broken and "no rule is broken" not in said:
        broken = ["?"]
    return int(number[1]) if number else 0, " ".join(broken)


def plugin(kit: str, name: str, scenarios: int) -> Row:
    """One plug-in."""
    said, wall, cpu = play(kit, f"--sched={name}", f"--scenarios={scenarios}")
    number, broken = verdict(said)
    all_small, _, small_cpu = play(kit, f"--sched={name}", "--exhaustive")
    small, small_broken = verdict(all_small)
    return {"scheduler": name, "scenarios": number, "broken": broken,
            "seconds": round(wall, 1), "cpu_seconds": round(cpu, 1),
            "exhaustive": small, "exhaustive_broken": small_broken,
            "exhaustive_cpu_seconds": round(small_cpu, 1), "commit": commit()}


def control(wrong: str, name: str, rule: str) -> Row:
    """One control; `first` is empty if it was not caught."""
    said, _, _ = play(wrong, f"--sched={name}", f"--rule={rule}",
                      f"--scenarios={WITHIN_SCENARIOS}")
    row: Row = {"control": name, "rule": rule, "first": None, "in": 0,
                "cpus": None, "vcpus": None, "actions": None}
    found = re.search(
        rf'^{name} breaks the rule "{rule}" in (\d+) of \d+ scenarios, first '
        r"in number (\d+)\n  shrunk to (\d+) CPUs, (\d+) vCPUs, (\d+) actions",
        said, re.M)
    if found:
        row |= dict(zip(("in", "first", "cpus", "vcpus", "actions"),
                        map(int, found.groups())))
    return row


def judge(plugins: list[Row], controls: list[Row]) -> list[str]:
    """What is not as claimed: a line each."""
    wrong = [f"{r['scheduler']}: broken: {r['broken']} {r['exhaustive_broken']}"
             for r in plugins if r["broken"] or r["exhaustive_broken"]]
    seconds = sum(float(str(r["seconds"])) for r in plugins)
    if seconds > WITHIN_S:
        wrong.append(f"all scenarios took {seconds:.0f} s, more than "
                     f"{WITHIN_S} s")
    for row in controls:
        if row["first"] is None:
            wrong.append(f"{row['control']}: {row['rule']} was not found")
        elif int(str(row["vcpus"])) > VCPUS_MAX:
            wrong.append(f"{row['control']}: shrunk to {row['vcpus']} vCPUs "
                         "only")
    return wrong


def table(rows: list[Row], columns: list[str]) -> list[str]:
    """Lines of Markdown."""
    cells = [[f"{v:,}" if isinstance(v, int) else str(v if v else "–")
              for v in (row[c] for c in columns)] for row in rows]
    return ["| " + " | ".join(c.replace("_", " ") for c in columns) + " |",
            "|---" * len(columns) + "|",
            *("| " + " | ".join(line) + " |" for line in cells)]


def readme(plugins: list[Row], controls: list[Row], wrong: list[str]) -> str:
    """For readers."""
    seconds = sum(float(str(r["seconds"])) for r in plugins)
    cpu = sum(float(str(r["cpu_seconds"])) for r in plugins)
    late = max((int(str(r["first"])) for r in controls
                if r["first"] is not None), default=0)
    most = max((int(str(r["vcpus"])) for r in controls if r["vcpus"]),
               default=0)
    return "\n".join([
        "# The conformance kit: what passes, and what is caught", "",
        "Written by `make conformance-results`; `experiments/conformance/"
        "README.md` says what is claimed. `manifest.json`: of which commit.",
        "",
        f"{len(plugins)} plug-ins, {plugins[0]['scenarios']:,} scenarios of "
        f"each: {seconds:.0f} s by the clock with two processes, "
        f"{cpu:.0f} s of CPU time; and all of the small scenarios "
        "(`exhaustive`). `broken`: which rules.", "",
        *table(plugins, [c for c in plugins[0] if c != "commit"]), "",
        f"{len(controls)} negative controls, {WITHIN_SCENARIOS:,} scenarios "
        f"of each: the last one to be found is in scenario {late}, the largest "
        f"that a breach is shrunk to has {most} vCPUs. `first`: the number of "
        "the first scenario that breaks the rule; `in`: how many do.", "",
        *table(controls, list(controls[0])), "",
        "**" + ("As claimed." if not wrong else "Not as claimed: "
                + "; ".join(wrong) + ".") + "**", ""])


def stored(file: pathlib.Path) -> list[Row]:
    """Rows of a table that there is, as they were written."""
    if not file.exists():
        return []
    frame = pd.read_csv(file, dtype=str, keep_default_na=False)
    return [{k: int(v) if v.isdigit() else v if v or "broken" in k else None
             for k, v in row.items()} for row in frame.to_dict("records")]


def write(folder: pathlib.Path, plugins: list[Row], controls: list[Row],
          programs: list[str]) -> list[str]:
    """All of results/conformance; what is not as claimed."""
    folder.mkdir(parents=True, exist_ok=True)
    wrong = judge(plugins, controls)
    pd.DataFrame(plugins).to_csv(folder / "table.csv", index=False)
    pd.DataFrame(controls).to_csv(folder / "controls.csv", index=False)
    (folder / "README.md").write_text(readme(plugins, controls, wrong))
    (folder / "manifest.json").write_text(json.dumps({
        "experiment": "conformance", "commit": commit(),
        "inputs": {pathlib.Path(p).name: sha256(pathlib.Path(p))
                   for p in programs},
        "tools": {"gcc": version_of(["gcc", "--version"]),
                  "python": platform.python_version()},
    }, indent=2) + "\n")
    return wrong


def names_in(kit: str) -> list[str]:
    """The plug-ins that are built in."""
    return re.findall(r"^(\w+) +1 scenarios", play(kit, "--scenarios=1")[0],
                      re.M)


def main() -> int:
    """Play, write, judge."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("kit")
    parser.add_argument("wrong")
    parser.add_argument("--sched", action="append", default=[])
    parser.add_argument("--scenarios", type=int, default=100_000)
    parser.add_argument("--results", type=pathlib.Path,
                        default=ROOT / "results/conformance")
    args = parser.parse_args()
    known = names_in(args.kit)
    if unknown := [n for n in args.sched if n not in known]:
        print(f"--sched {unknown[0]}: there is: {' '.join(known)}",
              file=sys.stderr)
        return 1
    rows = {r["scheduler"]: r for r in stored(args.results / "table.csv")
            if args.sched and r["scheduler"] in known}
    for name in args.sched or known:
        rows[name] = plugin(args.kit, name, args.scenarios)
        print(" ".join(f"{k}={v}" for k, v in rows[name].items()), flush=True)
    controls = stored(args.results / "controls.csv") if args.sched else []
    if not controls:
        controls = [control(args.wrong, name, rule) for name, rule
                    in tomllib.loads(CONTROLS.read_text()).items()]
    wrong = write(args.results, [rows[n] for n in known if n in rows], controls,
                  [args.kit, args.wrong])
    for line in wrong:
        print(line)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
