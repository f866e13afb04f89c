"""Snakemake's log handler: one line for each run that is over, with how far the
sweep is and how long the rest may take. Snakemake loads this file by itself
(--log-handler-script), in its own process; its working folder has the runs."""
import json
import os
import time
from functools import cached_property
from pathlib import Path

TODO = int(os.environ.get("METRONOME_TODO", "0"))
JOBS = max(int(os.environ.get("METRONOME_JOBS", "1")), 1)
SHOWN = 160     # characters of what a failed run said


class State:
    """What was heard so far. A run of QEMU takes a hundred times as long as
    one of the simulator: the time left counts both apart."""

    def __init__(self) -> None:
        self.jobs: dict[int, tuple[str, str]] = {}  # id: rule, run
        self.began: dict[str, float] = {}
        self.over: set[str] = set()
        self.took: dict[str, list[float]] = {}      # by host

    @cached_property
    def hosts(self) -> dict[str, str]:
        """Of each run to be made. Read late: Snakemake loads this file before
        it goes to its working folder."""
        return json.loads(Path("plan.json").read_text())["todo"]

    def left(self) -> str:
        """How long the rest takes, if it is like what was."""
        seconds, unknown = 0.0, False
        for host in set(self.hosts.values()):
            rest = sum(h == host and run not in self.over
                       for run, h in self.hosts.items())
            took = self.took.get(host)
            seconds += sum(took) / len(took) * rest / JOBS if took else 0
            unknown |= bool(rest and not took)
        if len(self.over) >= TODO:
            return ""
        least = "at least " if unknown else ""
        if seconds < 90:
            return f"; {least}{seconds:.0f} s left"
        return f"; {least}{seconds / 60:.0f} min left"

    def say(self, run: str, text: str) -> None:
        """The line of a run, once."""
        if run in self.over:
            return
        self.over.add(run)
        took = time.monotonic() - self.began.get(run, time.monotonic())
        self.took.setdefault(self.hosts.get(run, ""), []).append(took)
        width = len(str(TODO))
        print(f"[{len(self.over):{width}}/{TODO}] {run}: {text}{self.left()}",
              flush=True)


STATE = State()


def last_words(run: str) -> str:
    """The last line of a run's log."""
    try:
        lines = Path(run, "log").read_text(errors="replace").splitlines()
    except OSError:
        return "it left no log"
    return lines[-1][:SHOWN] if lines else "it said nothing"


def taken(run: str) -> str:
    """How long a run took."""
    try:
        seconds = json.loads(Path(run, "run.json").read_text())["seconds"]
    except (OSError, ValueError, KeyError):
        return "done"
    return f"done in {seconds:.1f} s"


def log_handler(msg: dict) -> None:
    """Called by Snakemake with everything that it has to say."""
    level = msg["level"]
    if level == "job_info" and "run" in (msg.get("wildcards") or {}):
        run = msg["wildcards"]["run"]
        STATE.jobs[msg["jobid"]] = msg["name"], run
        STATE.began.setdefault(run, time.monotonic())
    elif level == "job_finished":
        rule, run = STATE.jobs.get(msg["jobid"], ("", ""))
        if rule == "measure":
            STATE.say(run, taken(run))
    elif level in ("job_error", "group_error"):
        for job in msg.get("job_error_info") or [msg]:
            _, run = STATE.jobs.get(job.get("jobid"), ("", ""))
            if run and not Path(run, "measure.json").exists():
                STATE.say(run, f"FAILED: {last_words(run)}")
