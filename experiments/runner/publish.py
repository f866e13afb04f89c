"""results/NAME of a study: tables, figures, manifest.json, report.html, verdict
and what has changed against the results of before."""
from __future__ import annotations

import json
import platform
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from experiments.explore import page

from . import tables
from .figures import KINDS, undate
from .files import digest
from .judge import FAIL, GONE, PASS, Tried, Verdict, judge_all, try_controls
from .plan import Plan, inputs
from .points import Planned
from .report import cell, commit, inline, version_of

HERE = Path(__file__).resolve().parent
TAIL = 12       # lines of a failed run's log


@dataclass
class Outcome:
    """All that a study gave."""

    plan: Plan
    rows: pd.DataFrame
    missing: list[dict[str, Any]]
    trouble: dict[str, list[str]]
    verdicts: list[Verdict]
    tried: list[Tried]

    @property
    def status(self) -> str:
        """PASS, FAIL or incomplete."""
        if self.missing:
            return GONE
        kinds = {v.status for v in self.verdicts} | \
            {t.status for t in self.tried}
        if self.trouble or FAIL in kinds:
            return FAIL
        return GONE if GONE in kinds else PASS

    @property
    def lines(self) -> list[str]:
        """The verdict in words: verdict.txt."""
        said = [f"{self.status}: {self.plan.study.title}"
                + (" (quick)" if self.plan.quick else "")]
        said += [v.text for v in self.verdicts]
        said += [line for t in self.tried for line in t.lines]
        said += [f"FAIL  {run}: {text}" for run, several in
                 self.trouble.items() for text in several]
        return said + [f"incomplete  {p['run']}: it failed"
                       for p in self.missing]


def evaluate(plan: Plan) -> Outcome:
    """Judge what is there."""
    rows, missing = tables.rows(plan)
    done = {r.name: plan.measured(r) for r in plan.runs}
    trouble = {name: d["trouble"] for name, d in done.items()
               if d and d["trouble"]}
    return Outcome(plan, rows, missing, trouble,
                   judge_all(plan.study, rows, missing, plan.quick),
                   try_controls(plan.study, rows, missing, plan.quick))


def tail(plan: Plan, run: str) -> list[str]:
    """The end of a failed run's log."""
    log = plan.top / run / "log"
    if not log.exists():    # then it was not begun, and Snakemake knows why
        log = plan.top / "snakemake.log"
    lines = log.read_text(errors="replace").splitlines()
    return lines[-TAIL:] or ["it said nothing"]


def _tools() -> dict[str, str]:
    return {"qemu": version_of(["qemu-system-x86_64", "--version"]),
            "gcc": version_of(["gcc", "--version"]),
            "gnuplot": version_of(["gnuplot", "--version"]),
            "snakemake": version_of(["snakemake", "--version"]),
            "python": platform.python_version(), "pandas": pd.__version__}


def _inputs(plan: Plan) -> dict[str, str]:
    """Hashes of all that goes in."""
    folder = plan.study.folder
    mine = {folder.name + "/" + f.name: digest(f)
            for f in sorted(folder.iterdir())
            if f.suffix in (".toml", ".py", ".gp", ".csv")}
    built = {f for r in plan.runs for f in inputs(r, plan.build)}
    built.add(plan.build / "xentrace")
    return {**mine, **{str(f.relative_to(plan.build)): digest(f)
                       for f in sorted(built)}}


def _run(plan: Plan, run: Planned) -> dict[str, Any]:
    """What manifest.json says of a run."""
    recipe = json.loads((plan.folder(run) / "recipe.json").read_text())
    done = plan.measured(run)
    return {"host": run.host, "asked_sha256": recipe["essence"],
            "trace_sha256": done["trace_sha256"] if done else None,
            "trouble": done["trouble"] if done else ["it failed"]}


def describe(outcome: Outcome) -> dict[str, Any]:
    """manifest.json: nothing in it depends on when or where it was made."""
    plan = outcome.plan
    return {
        "experiment": plan.study.name, "quick": plan.quick,
        "time": f"live, {plan.accel}" if plan.accel else "deterministic",
        "commit": commit(), "status": outcome.status,
        "tools": _tools(), "inputs": _inputs(plan),
        "runs": {r.name: _run(plan, r) for r in plan.runs},
        "verdict": outcome.lines,
    }


def _quoted(value: Any) -> str:
    return "'" + str(value).replace("'", "''") + "'"


def draw(outcome: Outcome, out: Path) -> dict[str, Path]:
    """All figures; the SVG of each by name."""
    study, top = outcome.plan.study, outcome.plan.top
    sweep = outcome.rows[outcome.rows["control"] == ""]
    for figure in study.figures:
        data = top / f"data.{figure.name}"
        if figure.data:
            made = study.function(figure.data)(sweep)
            for name, frame in made.items():
                frame.to_csv(f"{data}.{name}.csv", index=False,
                             float_format=tables.DIGITS)
        wide, high = figure.size
        for kind in KINDS:
            names = {"kind": kind, "out": out / f"{figure.name}.{kind}",
                     "data": data, "folder": study.folder.resolve(),
                     "table": out / "table.csv",
                     "summary": out / "summary.csv"}
            words = "; ".join(f"{k} = {_quoted(v)}" for k, v in names.items())
            done = subprocess.run(
                ["gnuplot", "-e", f"wide = {wide}; high = {high}; {words}",
                 HERE / "style.gp", study.folder.resolve() / figure.script],
                text=True, capture_output=True)
            if done.returncode:
                raise RuntimeError(f"{figure.script}: "
                                   f"{done.stderr.strip()[-400:]}")
            if kind == "pdf":
                undate(out / f"{figure.name}.pdf")
    return {f.name: out / f"{f.name}.svg" for f in study.figures}


def _explore(plan: Plan) -> dict[str, Any] | None:
    packed = []
    for run in plan.runs:
        file = plan.folder(run) / "explore.json"
        if file.exists() and plan.measured(run):
            meta, blob = json.loads(file.read_text())
            packed.append((meta, blob))
    return page.part(packed) if packed else None


def write_report(outcome: Outcome, said: dict[str, Any],
                 lines: list[list[str]], svgs: dict[str, Path],
                 file: Path) -> None:
    """One self-contained page."""
    env = page.environment(HERE)
    env.filters["cell"] = cell
    plan = outcome.plan
    file.write_text(env.get_template("study.html.j2").render(
        study=plan.study, root=plan.study.root, quick=plan.quick,
        accel=plan.accel,
        runs=len(plan.runs), outcome=outcome, said=said, table=lines,
        tails={p["run"]: "\n".join(tail(plan, p["run"]))
               for p in outcome.missing},
        explore=_explore(plan),
        figures=[(f, inline(svgs[f.name])) for f in plan.study.figures
                 if f.name in svgs]))


def compare(old: str, said: dict[str, Any]) -> list[str]:
    """Hashes that are others than in the manifest.json of before."""
    before = json.loads(old)
    found = []
    for name, run in said["runs"].items():
        was = before.get("runs", {}).get(name, {})
        if was.get("trace_sha256") not in (None, run.get("trace_sha256")):
            why = "the same was asked for" if \
                was.get("asked_sha256") == run.get("asked_sha256") else \
                "something else was asked for"
            found.append(f"{name}: another trace ({why})")
    for name, value in said["inputs"].items():
        if before.get("inputs", {}).get(name, value) != value:
            found.append(f"input {name} is another")
    if before.get("status") != said.get("status"):
        found.append(f"verdict: {before.get('status')} -> "
                     f"{said.get('status')}")
    return found


def publish(outcome: Outcome, out: Path) -> list[str]:
    """Write everything into out; what has changed there, a line each."""
    plan = outcome.plan
    out.mkdir(parents=True, exist_ok=True)
    old_table = tables.committed(out / "table.csv")
    old_said = tables.committed(out / "manifest.json")
    said = describe(outcome)
    tables.write(outcome.rows, out / "table.csv", index=True)
    lines: list[list[str]] = []
    svgs: dict[str, Path] = {}
    if len(outcome.rows) and (outcome.rows["control"] == "").any():
        whole = tables.summary(plan, outcome.rows)
        tables.write(whole, out / "summary.csv", index=False)
        lines = tables.markdown(plan, whole)
        tables.write_markdown(lines, out / "table.md")
        svgs = draw(outcome, out)
    (out / "manifest.json").write_text(
        json.dumps(said, indent=1, ensure_ascii=False) + "\n")
    (out / "verdict.txt").write_text("\n".join(outcome.lines) + "\n")
    write_report(outcome, said, lines, svgs, out / "report.html")
    changed = tables.changes(old_table, out / "table.csv") if old_table else []
    if old_said and not plan.accel:     # what is live does not repeat
        changed += compare(old_said, said)
    return changed
