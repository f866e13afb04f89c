"""Snakemake at work on a plan: here, or on a cluster."""
from __future__ import annotations

import fcntl
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .manifest import ManifestError
from .plan import HERE, PYTHON, Plan

PATIENCE_S = 10.0   # for the jobs of a runner that was killed


@contextmanager
def locked(top: Path) -> Iterator[None]:
    """Only one runner at a time works on a folder. The lock goes with the
    process, however that ends."""
    top.mkdir(parents=True, exist_ok=True)
    with open(top / "lock", "w") as file:
        until = time.monotonic() + PATIENCE_S
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > until:
                    raise ManifestError(
                        f"{top}: another runner is at work here: wait for "
                        "it") from None
                time.sleep(0.2)
        yield


def command(plan: Plan, jobs: int, profile: str) -> list[str | Path]:
    """Snakemake's. It tells by times what has changed, for plan.py changes
    them only then; its own lock would outlive a crash."""
    words: list[str | Path] = [
        "setpriv", "--pdeathsig", "KILL", PYTHON, "-m", "snakemake",
        "--snakefile", HERE / "Snakefile", "--directory", plan.top,
        "--keep-going", "--rerun-incomplete", "--nolock",
        "--rerun-triggers", "mtime", "--scheduler", "greedy", "--nocolor",
        "--log-handler-script", HERE / "progress.py"]
    if profile:
        return [*words, "--profile", profile, "--jobs", str(jobs)]
    return [*words, "--cores", str(jobs)]


def _heed_interrupts() -> None:
    """A shell's background jobs ignore SIGINT, and so would what they start."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def work(plan: Plan, jobs: int, profile: str = "") -> bool:
    """Make all runs that are not there. A run that fails does not keep the
    others from being made. False: interrupted."""
    todo = sum(not plan.measured(r) for r in plan.runs)
    there = len(plan.runs) - todo
    print(f"{plan.study.name}: {len(plan.runs)} runs, {there} of them there, "
          f"{todo} to make", flush=True)
    if not todo:
        return True
    env = {**os.environ, "METRONOME_RUNNER": str(os.getpid()),
           "METRONOME_TODO": str(todo), "METRONOME_JOBS": str(jobs)}
    with open(plan.top / "snakemake.log", "wb") as log:
        snakemake = subprocess.Popen(command(plan, jobs, profile), env=env,
                                     stdin=subprocess.DEVNULL, stderr=log,
                                     start_new_session=True,
                                     preexec_fn=_heed_interrupts)
        try:
            snakemake.wait()
            return True
        except KeyboardInterrupt:
            print("interrupted: what is done stays; run it again to go on",
                  flush=True)
            os.killpg(snakemake.pid, signal.SIGINT)
            snakemake.wait()
            return False
