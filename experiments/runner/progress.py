"""Snakemake's log handler: one line for each run that is over, with how far the
sweep is and how long the rest may take. Snakemake loads this file by itself
(--log-handler-script), in its own process; its working folder has the runs."""
import json
import os
import time
from pathlib import Path

TODO = int(os.environ.get("METRONOME_TODO", "0"))
SHOWN = 160     # characters of what a failed run said


class State:
    """What was heard so far."""

    def __init__(self) -> None:
        self.began = time.monotonic()
        self.jobs: dict[int, tuple[str, str]] = {}  # id: rule, run
        self.over: set[str] = set()

    def left(self) -> str:
        """How long the rest takes, if it is like what was."""
        done, rest = len(self.over), TODO - len(self.over)
        if rest <= 0:
            return ""
        seconds = (time.monotonic() - self.began) / done * rest
        if seconds < 90:
            return f"; {seconds:.0f} s left"
        return f"; {seconds / 60:.0f} min left"

    def say(self, run: str, text: str) -> None:
        """The line of a run, once."""
        if run in self.over:
            return
        self.over.add(run)
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
        STATE.jobs[msg["jobid"]] = msg["name"], msg["wildcards"]["run"]
    elif level == "job_finished":
        rule, run = STATE.jobs.get(msg["jobid"], ("", ""))
        if rule == "measure":
            STATE.say(run, taken(run))
    elif level in ("job_error", "group_error"):
        for job in msg.get("job_error_info") or [msg]:
            _, run = STATE.jobs.get(job.get("jobid"), ("", ""))
            if run and not Path(run, "measure.json").exists():
                STATE.say(run, f"FAILED: {last_words(run)}")
