"""A study from beginning to end: plan, run, judge, publish, and say so."""
from __future__ import annotations

import signal
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from xentrace.trace import ROOT

from . import graph, plan, publish, study
from .judge import PASS
from .manifest import ManifestError

PROFILES = Path(__file__).resolve().parent


def _out(what: study.Study, quick: bool, build: Path, accel: str) -> Path:
    """Where the results go: to results/ only those that may be committed, of
    the whole sweep of an experiment of ours, and that repeat."""
    if accel:
        return build / "results" / f"{what.name}-live-{accel}"
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


@dataclass(frozen=True)
class Wish:
    """What is asked of a study. profile: Snakemake's, for a cluster; accel: of
    live runs; again: make no runs, judge those that are there."""

    folder: Path
    quick: bool = False
    jobs: int = 2
    build: Path = ROOT / "build"
    out: Path | None = None
    profile: str = ""
    accel: str = ""
    again: bool = False


def _do(wish: Wish) -> tuple[publish.Outcome, list[str], Path] | None:
    """What came of it, what has changed, where it is; None: interrupted."""
    what, build = study.read(wish.folder), wish.build.resolve()
    with graph.locked(plan.top_of(what, wish.quick, build, wish.accel)):
        work = plan.make(what, wish.quick, build, wish.accel)
        if not wish.again and not graph.work(work, wish.jobs,
                                             _profile(wish.profile)):
            return None
        outcome = publish.evaluate(work)
        where = wish.out or _out(what, wish.quick, build, wish.accel)
        return outcome, publish.publish(outcome, where), where


def conduct(wish: Wish) -> int:
    """0: PASS; 1: not, or the manifest is wrong; 3: PASS, but a trace is not
    that of an equal run before; 130: interrupted."""
    began = time.monotonic()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        done = _do(wish)
    except (ManifestError, RuntimeError) as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    if not done:
        return 130
    outcome, changed, where = done
    _tell(outcome, changed, where, time.monotonic() - began)
    if outcome.status != PASS:
        return 1
    return 3 if any("(the same was asked for)" in c for c in changed) and \
        not any(c.startswith("input ") for c in changed) else 0
