"""All runs of an experiment, two at a time, with a line that shows how far."""
from __future__ import annotations

import math
import shutil
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from . import medium
from .machine import Machine, Progress
from .manifest import Manifest, Scheduler

LOOK_EVERY_S = 1.0
STUCK_AFTER_S = 180.0   # no new virtual time for so long: given up


@dataclass
class Run:
    """One boot: a scheduler and a seed, and what came of it."""

    scheduler: Scheduler
    seed: int
    work: Path
    trace: Path | None = None
    serial: Path | None = None
    command: list[str] | None = None
    seconds: float = 0.0
    problem: str = ""

    @property
    def name(self) -> str:
        """For messages and folders."""
        return f"{self.scheduler.name}-{self.seed}"


class Ticker:
    """The progress line: rewritten on a terminal, now and then elsewhere."""

    def __init__(self) -> None:
        self.tty = sys.stdout.isatty()
        self.last = 0.0

    def show(self, text: str) -> None:
        """Show the state of affairs."""
        if self.tty:
            width = shutil.get_terminal_size().columns - 1
            print("\r" + text[:width].ljust(width), end="", flush=True)
        elif time.monotonic() - self.last > 20:
            self.last = time.monotonic()
            print(text, flush=True)

    def say(self, text: str) -> None:
        """A line that stays."""
        if self.tty:
            print("\r" + " " * (shutil.get_terminal_size().columns - 1),
                  end="\r")
        print(text, flush=True)


class Slot:
    """A run under way."""

    def __init__(self, run: Run, manifest: Manifest, build: Path,
                 limit_s: float) -> None:
        self.run, self.manifest, self.limit_s = run, manifest, limit_s
        run.work.mkdir(parents=True, exist_ok=True)
        image = medium.make(manifest, run.scheduler, build, run.work)
        self.machine = Machine(manifest, run.seed, image, run.work)
        run.command = self.machine.command
        run.serial = self.machine.serial
        self.seen = Progress()
        self.moved = time.monotonic()

    def look(self) -> bool:
        """Look at the rings. True: the run is over, well or badly."""
        running = self.machine.running()
        now = self.machine.progress()
        if now.ns > self.seen.ns:
            self.moved = time.monotonic()
        self.seen = now
        if now.ns >= self.manifest.measure.end:
            return True
        if not running:
            self.run.problem = (f"the machine stopped at {now.ns / 1e9:.3f} s "
                                f"of {self.manifest.measure.end / 1e9:.1f} s: "
                                f"{self.machine.last_words()}")
            return True
        if time.monotonic() - self.moved > STUCK_AFTER_S:
            self.run.problem = (f"nothing happened for {STUCK_AFTER_S:.0f} s "
                                f"at {now.ns / 1e9:.3f} s of virtual time: "
                                f"{self.machine.last_words()}")
            return True
        if time.monotonic() - self.machine.started > self.limit_s:
            self.run.problem = (f"the time limit of {self.limit_s:g} s is over"
                                f" at {now.ns / 1e9:.3f} s of virtual time")
            return True
        return False

    def finish(self) -> None:
        """Keep the trace, end the machine."""
        self.machine.stop()
        self.run.trace = self.machine.collect()
        self.run.seconds = time.monotonic() - self.machine.started
        self.machine.discard()
        if not self.run.trace and not self.run.problem:
            self.run.problem = "no trace was found in its memory"

    def text(self) -> str:
        """For the progress line."""
        return (f"{self.run.name}: {self.seen.ns / 1e9:6.3f} of "
                f"{self.manifest.measure.end / 1e9:.1f} s, "
                f"{self.seen.records:,} records")


def runs_of(manifest: Manifest, work: Path, only: list[str]) -> list[Run]:
    """One run for each scheduler (of `only`, if given) and seed."""
    return [Run(s, seed, work / f"{s.name}-{seed}")
            for s in manifest.schedulers if not only or s.name in only
            for seed in manifest.seeds]


def _drive(waiting: Iterator[Run], slots: list[Slot], manifest: Manifest,
           build: Path, jobs: int, ticker: Ticker, limit_s: float) -> None:
    run = next(waiting, None)
    while run or slots:
        while run and len(slots) < jobs:
            try:
                slots.append(Slot(run, manifest, build, limit_s))
            except (RuntimeError, OSError) as error:
                run.problem = str(error)
                ticker.say(f"{run.name}: {error}")
            run = next(waiting, None)
        time.sleep(LOOK_EVERY_S)
        for slot in [s for s in slots if s.look()]:
            slot.finish()
            slots.remove(slot)
            done = slot.run
            ticker.say(f"{done.name}: {done.problem or 'done'}, "
                       f"{slot.seen.records:,} records, "
                       f"{done.seconds:.0f} s" +
                       (f", {slot.seen.lost:,} lost" if slot.seen.lost else ""))
        ticker.show("   ".join(s.text() for s in slots))


def run_all(runs: list[Run], manifest: Manifest, build: Path,
            jobs: int = 2, limit_s: float = math.inf) -> bool:
    """Do all runs, each in at most limit_s by the wall's clock. False:
    interrupted by Ctrl-C; what was seen until then is kept, and the runs that
    were not begun have a problem that says so."""
    ticker, slots = Ticker(), []
    try:
        _drive(iter(runs), slots, manifest, build, jobs, ticker, limit_s)
        return True
    except KeyboardInterrupt:
        ticker.say("interrupted: keeping what there is")
        for slot in slots:
            slot.run.problem = "interrupted"
        return False
    finally:
        for slot in slots:
            slot.finish()
        for run in runs:
            if not run.trace and not run.problem:
                run.problem = "not run"
