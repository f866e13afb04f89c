"""One job of the graph: `job.py run FOLDER` makes a run, `job.py measure
FOLDER` takes its numbers. Snakemake starts it, here or on a cluster's node.

What is half done is in FOLDER/.making and counts for nothing: files get their
names when the job is over, run.json or measure.json last. FOLDER/log has what
was said; of a job that fails, its end is what the report shows.
"""
from __future__ import annotations

import dataclasses
import json
import os
import re
import select
import shutil
import signal
import subprocess
import sys
import threading
import time
import traceback
from pathlib import Path
from typing import Any

from .files import digest, put

KEPT = ("trace", "trace.info", "table.csv", "serial.log")
ENDED = 3.0     # seconds that the simulator has to end in good order


class Failed(Exception):
    """The run did not do what it should; the text says why."""


def guard() -> None:
    """End with the runner: one that is killed outright cannot tell us."""
    pid = os.environ.get("METRONOME_RUNNER")
    if not pid or "SLURM_JOB_ID" in os.environ:
        return
    try:
        runner = os.pidfd_open(int(pid))
    except OSError:
        sys.exit(1)     # it is gone already

    def watch() -> None:
        select.select([runner], [], [])
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, daemon=True).start()


def simulate(folder: Path, settings: dict[str, Any], making: Path) -> None:
    """The engine, in the folder `making`."""
    build = Path(settings["build"])
    plugins = [w for p in settings["plugins"] for w in
               ("--plugin", str(build / "plugins" / f"{Path(p).name}.o"))]
    command = ["setpriv", "--pdeathsig", "KILL", build / "schedsim-engine",
               *plugins, "-", settings["study"]]
    engine = subprocess.Popen(command, stdin=open(folder / "engine.txt"),
                              stdout=sys.stdout, stderr=sys.stderr,
                              cwd=making)
    try:
        code = engine.wait(settings["limit_s"])
    except subprocess.TimeoutExpired:
        raise Failed(f"the time limit of {settings['limit_s']:g} s is over "
                     "(host.limit)") from None
    finally:
        if engine.poll() is None:
            engine.send_signal(signal.SIGINT)
            try:
                engine.wait(ENDED)
            except subprocess.TimeoutExpired:
                engine.kill()
                engine.wait()
    if code:
        said = (folder / "log").read_text(errors="replace").splitlines()
        why = {1: "the scenario is wrong", 3: "the scheduler broke a rule"}
        raise Failed(f"{why.get(code, f'the simulator ended with {code}')}: "
                     f"{said[-1] if said else 'it said nothing'}")


# What a run must not have on its console, though its trace may be whole.
COMPLAINTS = re.compile(
    r"Domain \d+ \([^)\n]*\) (?:crashed.*|has shut down: (?:crash|watchdog))|"
    r"scheduler \w+ \(pool \d+\) broke a rule.*|Panic on CPU \d+:.*\n.*")


def complaint(serial: str) -> str:
    """The first crash of a domain, of the hypervisor, or breach of a scheduler
    that the console tells of; nothing if there is none."""
    found = COMPLAINTS.search(serial)
    return found[0].replace("\n", " ") if found else ""


def boot(folder: Path, settings: dict[str, Any], making: Path) -> None:
    """The hypervisor, in QEMU."""
    from . import manifest, run
    build = Path(settings["build"])
    m = manifest.read(folder / "scenario.json")
    plugins = tuple(build / "plugins" / f"{Path(p).name}.o"
                    for p in settings["plugins"])
    m = dataclasses.replace(m, plugins=plugins, accel=settings["accel"])
    one = run.Run(m.schedulers[0], m.seeds[0], making)
    whole = run.run_all([one], m, build, 1, settings["limit_s"])
    if not whole:
        raise KeyboardInterrupt
    serial = ""
    if one.serial and one.serial.exists():
        serial = one.serial.read_text(errors="replace")
        print(*serial.splitlines()[-20:], sep="\n", flush=True)
    if problem := complaint(serial) or one.problem:
        raise Failed(problem)


def make_run(folder: Path) -> None:
    """Make the run's trace and tables, then run.json."""
    settings = json.loads((folder / "settings.json").read_text())
    recipe = json.loads((folder / "recipe.json").read_text())
    before = digest(folder / "recipe.json")
    making = folder / ".making"
    shutil.rmtree(making, ignore_errors=True)
    making.mkdir()
    began = time.monotonic()
    try:
        {"sim": simulate, "qemu": boot}[recipe["host"]](folder, settings,
                                                        making)
        for name in KEPT:
            if (making / name).exists():
                (making / name).replace(folder / name)
    finally:
        shutil.rmtree(making)
    put(folder / "run.json", json.dumps({
        "recipe": before, "seconds": round(time.monotonic() - began, 3)}))


def _numbers(observed: Any, study: Any) -> dict[str, Any]:
    """Column -> number, of all metrics."""
    found: dict[str, Any] = {}
    for metric in study.metrics:
        function = study.function(metric.function)
        value = function(observed, **metric.args)
        if isinstance(value, dict):
            prefix = f"{metric.name}." if metric.name else ""
            new = {f"{prefix}{k}": v for k, v in value.items()}
        else:
            new = {metric.name or metric.function.rpartition(".")[2]: value}
        if twice := set(new) & (set(found) | set(observed.point)):
            raise Failed(f"two metrics, or a metric and an axis, are called "
                         f"{min(twice)!r}: give one a name")
        found.update({k: float(v) for k, v in new.items()})
    return found


def _trouble(observed: Any) -> list[str]:
    """What is wrong with the trace itself."""
    from xentrace import check
    said = list(observed.trace.warnings)
    lost = sum(observed.trace.info.lost.values())
    if lost:
        said.append(f"{lost} records are lost: more trace.pages, or a smaller "
                    "trace.mask")
    if observed.manifest.trace_mask & 0x2f000 == 0x2f000:
        faults = check.check(observed.trace)
        if faults:
            said.append(f"the trace breaks {len(faults)} rules; the first: "
                        f"{faults[0]}")
    return said


def _timeline(observed: Any, study: Any, folder: Path,
              control: str) -> None:
    """Pack what the report's time line is to show of this run."""
    from experiments.explore.pack import pack

    from .points import matches
    file = folder / "explore.json"
    file.unlink(missing_ok=True)
    for e in study.explore:
        if not control and matches(observed.point, e.where):
            focus = observed.id_of(e.domain) if e.domain else None
            put(file, json.dumps(pack(observed.trace, folder.name, e.start,
                                      e.stop, focus)))
            return


def make_measure(folder: Path) -> None:
    """Take the run's numbers: measure.json."""
    from . import study as studies
    from .observed import Observed
    settings = json.loads((folder / "settings.json").read_text())
    study = studies.read(Path(settings["study"]), checked=True)
    key, recipe = (digest(folder / n) for n in ("measure.key", "recipe.json"))
    observed = Observed.of(folder)
    control = json.loads((folder / "recipe.json").read_text())["control"]
    values = _numbers(observed, study)
    _timeline(observed, study, folder, control)
    window = observed.manifest.measure
    done = {"recipe": recipe, "key": key, "values": values,
            "trace_sha256": observed.trace.digest(until_ns=window.end),
            "trouble": _trouble(observed),
            "seconds": json.loads((folder / "run.json").read_text())[
                "seconds"]}
    put(folder / "measure.json", json.dumps(done, indent=1))


def main() -> int:
    """0: done; 1: not, the log says why; 130: interrupted."""
    what, folder = sys.argv[1], Path(sys.argv[2]).resolve()
    guard()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    log = os.open(folder / "log", os.O_WRONLY | os.O_CREAT | (
        os.O_TRUNC if what == "run" else os.O_APPEND), 0o644)
    os.dup2(log, 1)
    os.dup2(log, 2)
    try:
        {"run": make_run, "measure": make_measure}[what](folder)
        return 0
    except KeyboardInterrupt:
        print("interrupted")
        return 130
    except Failed as error:
        print(f"{what}: {error}")
    except Exception:
        traceback.print_exc()
    return 1


if __name__ == "__main__":
    sys.exit(main())
