"""A study from beginning to end: plan, run, judge, publish, and say so."""
from __future__ import annotations

import signal
import sys
import time
from pathlib import Path

from xentrace.trace import ROOT

from . import graph, plan, publish, study
from .judge import PASS
from .manifest import ManifestError

PROFILES = Path(__file__).resolve().parent


def _out(what: study.Study, quick: bool, build: Path) -> Path:
    """Where the results go: to results/ only those that may be committed, of
    the whole sweep of an experiment of ours."""
    ours = what.folder.resolve().parent == ROOT / "experiments"
    return (ROOT if ours and not quick else build) / "results" / what.name


def _profile(name: str) -> str:
    """A folder for Snakemake's --profile: one of ours by its name."""
    mine = PROFILES / name
    return str(mine) if name and (mine / "config.yaml").exists() else name


def _tell(outcome: publish.Outcome, changed: list[str], out: Path,
          seconds: float) -> None:
    for point in outcome.missing:
        print(f"\n{point['run']} failed; the end of its log:")
        for line in publish.tail(outcome.plan, point["run"]):
            print(f"    {line}")
    print()
    for line in outcome.lines:
        print(line)
    if changed:
        print("\nchanged against the results of before:")
        for line in changed:
            print(f"  {line}")
    print(f"\nreport: {out / 'report.html'}   ({seconds:.0f} s)", flush=True)


def conduct(folder: Path, quick: bool = False, jobs: int = 2,
            build: Path = ROOT / "build", out: Path | None = None,
            profile: str = "", again: bool = False) -> int:
    """0: PASS; 1: not, or the manifest is wrong; 3: PASS, but a trace is not
    that of an equal run before; 130: interrupted."""
    began = time.monotonic()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        what = study.read(folder)
        top = build.resolve() / "experiments" / what.name / (
            "quick" if quick else "full")
        with graph.locked(top):
            work = plan.make(what, quick, build.resolve())
            if not again and not graph.work(work, jobs, _profile(profile)):
                return 130
            outcome = publish.evaluate(work)
            where = out or _out(what, quick, build)
            changed = publish.publish(outcome, where)
    except ManifestError as error:
        print(error, file=sys.stderr)
        return 1
    except RuntimeError as error:
        print(f"{folder}: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    _tell(outcome, changed, where, time.monotonic() - began)
    if outcome.status != PASS:
        return 1
    return 3 if any("(the same was asked for)" in c for c in changed) and \
        not any(c.startswith("input ") for c in changed) else 0
