"""From a study to folders that Snakemake works on.

build/experiments/NAME/full (or quick) has a folder for each run:

    recipe.json   all that the run's outcome depends on; rule `run`'s input
    engine.txt    sim: the simulator's input;  scenario.json: the run's tables
    measure.key   all that its numbers depend on besides; rule `measure`'s
    run.json, trace, table.csv, serial.log, log     what the run left
    measure.json  its numbers

A recipe holds hashes, not times of files: it is written only when it has
changed, and what has not changed is not made again.
"""
from __future__ import annotations

import dataclasses
import hashlib
import json
import math
import re
import shutil
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from experiments.simulate.lines import Writer
from xentrace.trace import ROOT

from . import machine, medium
from .files import digest, write
from .manifest import ManifestError, Scheduler
from .points import Planned, runs
from .study import Study

PYTHON = "/usr/bin/python3"
HERE = Path(__file__).resolve().parent
MARGIN_MIN = 5  # on a cluster, for what is not the run itself


@dataclass(frozen=True)
class Plan:
    """All runs, and the folder that their folders are in."""

    study: Study
    quick: bool
    runs: list[Planned]
    top: Path
    build: Path
    accel: str = ""     # of live runs

    def folder(self, run: Planned) -> Path:
        """A run's."""
        return self.top / run.name

    def measured(self, run: Planned) -> dict[str, Any] | None:
        """What measure.json says, if it is of the run as planned now."""
        folder = self.folder(run)
        done = _said(folder / "measure.json")
        if done.get("recipe") == digest(folder / "recipe.json") and \
                done.get("key") == digest(folder / "measure.key"):
            return done
        return None


def _said(file: Path) -> dict[str, Any]:
    try:
        said = json.loads(file.read_text())
        return said if isinstance(said, dict) else {}
    except (OSError, ValueError):
        return {}


def _text_digest(words: Iterable[str]) -> str:
    return hashlib.sha256("\n".join(words).encode()).hexdigest()


def inputs(run: Planned, build: Path) -> list[Path]:
    """Files that the run's outcome depends on."""
    objects = [plugin_object(p, build) for p in run.plugins]
    if run.host == "sim":
        return [build / "schedsim-engine", *objects]
    return [build / "metronome.gz", *objects,
            *(build / "guests" / f for f in run.manifest.files)]


def plugin_object(folder: str, build: Path) -> Path:
    """What `make plugin DIR=folder` makes."""
    return build / "plugins" / f"{Path(folder).name}.o"


def make_plugins(every: list[Planned], build: Path) -> None:
    """Compile the schedulers that the runs load. ManifestError: one cannot
    be."""
    for folder in sorted({p for r in every for p in r.plugins}):
        done = subprocess.run(
            ["make", "--no-print-directory", "-s", "plugin", f"DIR={folder}",
             f"BUILD={build}"], cwd=ROOT, text=True, capture_output=True)
        if done.returncode:
            raise ManifestError(f"host.plugins: {folder}: "
                                f"{done.stderr.strip()[-400:]}")


def make_images(every: list[Planned], build: Path) -> None:
    """Pack the Linux guests with the programs that the runs name (with-*.img),
    and what a dom0 has. ManifestError: a program's package is not
    installed."""
    mine = {f for r in every if r.host == "qemu" for f in r.manifest.files
            if f.startswith("linux/with-")
            or r.manifest.dom0 and f == r.manifest.dom0.ramdisk}
    if not mine:
        return
    files = sorted({*mine, "linux/vmlinuz"})
    done = subprocess.run(
        ["make", "--no-print-directory", "-s", f"BUILD={build}",
         *(str(build / "guests" / f) for f in files)], cwd=ROOT, text=True,
        capture_output=True)
    if done.returncode:
        raise ManifestError(f"linux: {done.stderr.strip()[-400:]}")


def chosen(run: Planned) -> Scheduler:
    """The scheduler; where pools rule everywhere, one that has nothing."""
    found = [s for s in run.manifest.schedulers
             if run.point["scheduler"] == (s.id or s.name)]
    return found[0] if found else Scheduler("rr", weight="")


def engine_lines(run: Planned) -> list[str]:
    """The simulator's input; the files that it writes are in its folder."""
    writer = Writer(run.manifest, chosen(run), run.point["seed"], [], {})
    return [*writer.machine(Path("trace"), Path("table.csv")),
            *writer.domains()]


def _essence(run: Planned, lines: list[str]) -> str:
    """A hash of what is asked for, whatever line of the file asks for it."""
    if run.host == "sim":
        return _text_digest(line.partition("\t")[0] for line in lines)
    m, scheduler = run.manifest, chosen(run)
    return _text_digest([
        medium.grub_config(m, scheduler), str(m.measure.end),
        *(medium.describe(d, scheduler) for d in m.domains),
        *machine.command(m, run.point["seed"], Path("boot.img"), Path("ram"),
                         Path("serial.log"))])


def _recipe(run: Planned, study: Study, build: Path,
            lines: list[str]) -> dict[str, Any]:
    return {"run": run.name, "point": run.point, "control": run.control,
            "host": run.host, "essence": _essence(run, lines),
            "inputs": {str(f.relative_to(build)): digest(f)
                       for f in inputs(run, build)}}


_IMPORT = re.compile(r"^(?:from|import) (experiments(?:\.\w+)+)", re.M)


def _imported(file: Path, found: set[Path]) -> None:
    """What a module takes from experiments/, and what that does."""
    for name in _IMPORT.findall(file.read_text()):
        other = ROOT.joinpath(*name.split(".")).with_suffix(".py")
        if other.exists() and other not in found:
            found.add(other)
            _imported(other, found)


def _measure_key(study: Study, run: Planned, build: Path) -> dict[str, Any]:
    """What the numbers depend on, besides the run itself."""
    code = [HERE / "measures.py", HERE / "observed.py", HERE / "job.py",
            *sorted((ROOT / "xentrace").glob("*.py"))]
    if (own := study.folder / "analyse.py").exists():
        others: set[Path] = set()
        _imported(own, others)
        code += [own, *sorted(others - set(code))]
    window = run.manifest.measure
    return {"metrics": [vars(m) for m in study.metrics],
            "window": [window.start, window.stop, window.end],
            "explore": [vars(e) for e in study.explore],
            "code": {f.name: digest(f) for f in code},
            "xentrace": digest(build / "xentrace")}


def _dump(tree: Any) -> str:
    return json.dumps(tree, indent=1, ensure_ascii=False) + "\n"


def _prepare(plan: Plan, run: Planned, settings: dict[str, Any]) -> None:
    """Write what the run's folder has to have."""
    folder = plan.folder(run)
    folder.mkdir(parents=True, exist_ok=True)
    lines = engine_lines(run) if run.host == "sim" else []
    if lines:
        write(folder / "engine.txt", "\n".join(lines) + "\n")
    write(folder / "scenario.json", _dump(run.scenario))
    write(folder / "settings.json", _dump({**settings,
                                           "plugins": run.plugins}))
    write(folder / "recipe.json",
          _dump(_recipe(run, plan.study, plan.build, lines)))
    write(folder / "measure.key",
          _dump(_measure_key(plan.study, run, plan.build)))
    # What is of another recipe goes: a file's time alone could deceive.
    if _said(folder / "run.json").get("recipe") != \
            digest(folder / "recipe.json"):
        (folder / "run.json").unlink(missing_ok=True)
    if not plan.measured(run):
        (folder / "measure.json").unlink(missing_ok=True)


def _tools_there(every: list[Planned], build: Path) -> None:
    needed = {f for r in every for f in inputs(r, build)}
    needed.add(build / "xentrace")
    for file in sorted(needed):
        if not file.exists():
            target = "linux-guest" if "/linux/" in str(file) else "all"
            raise ManifestError(f"{file}: it is not built: run `make "
                                f"{target}`")


def top_of(study: Study, quick: bool, build: Path, accel: str) -> Path:
    """The folder of all the runs' folders."""
    kind = f"live-{accel}" if accel else "quick" if quick else "full"
    return build / "experiments" / study.name / kind


def _live(every: list[Planned], accel: str) -> list[Planned]:
    """The same on real time."""
    if not accel:
        return every
    for run in every:
        if run.host != "qemu":
            raise ManifestError(f"{run.name}: ACCEL={accel}: the simulator "
                                "has no real time; only host qemu can be "
                                "live: choose its runs, with `where` of "
                                "[quick] and QUICK=1")
    return [dataclasses.replace(r, manifest=dataclasses.replace(
        r.manifest, accel=accel)) for r in every]


def make(study: Study, quick: bool, build: Path, accel: str = "") -> Plan:
    """Plan all runs and write their folders; remove those of runs that are
    planned no more. ManifestError: what is wrong."""
    every = _live(runs(study, quick), accel)
    make_plugins(every, build)
    make_images(every, build)
    _tools_there(every, build)
    top = top_of(study, quick, build, accel)
    plan = Plan(study, quick, every, top, build, accel)
    settings = {"study": str(study.file.resolve()), "build": str(build),
                "limit_s": study.limit_s, "accel": accel}
    for run in every:
        _prepare(plan, run, settings)
    names = {r.name for r in every}
    for folder in top.iterdir():
        if (folder / "recipe.json").exists() and folder.name not in names:
            shutil.rmtree(folder)
    write(top / "plan.json", _dump({
        "runs": [r.name for r in every], "keep": study.keep_traces,
        "minutes": math.ceil(study.limit_s / 60) + MARGIN_MIN,
        "todo": {r.name: r.host for r in every if not plan.measured(r)},
        "root": str(ROOT), "python": PYTHON}))
    return plan
