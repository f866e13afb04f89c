"""The runs' numbers as tables, and what is new against tables of before."""
from __future__ import annotations

import io
import math
import subprocess
from pathlib import Path
from typing import Any

import pandas as pd

from xentrace.trace import ROOT

from .plan import Plan
from .report import cell

SHOWN = 20      # changed cells that are told one by one
DIGITS = "%.10g"


def rows(plan: Plan) -> tuple[pd.DataFrame, list[dict[str, Any]]]:
    """A row a run that is there, and the points of those that are not."""
    found, missing = {}, []
    for run in plan.runs:
        done = plan.measured(run)
        place = {**run.point, "control": run.control}
        if done is None:
            missing.append({**place, "run": run.name})
        else:
            found[run.name] = {**place, **done["values"]}
    table = pd.DataFrame.from_dict(found, orient="index")
    if table.empty:
        table["control"] = ""
    table.index.name = "run"
    return table, missing


def axes_of(plan: Plan) -> list[str]:
    """The names of the axes, without the seed."""
    return [a for a in plan.runs[0].point if a != "seed"]


def numbers_of(plan: Plan, table: pd.DataFrame) -> list[str]:
    """The columns that were measured."""
    return [c for c in table.columns
            if c not in plan.runs[0].point and c != "control"]


def summary(plan: Plan, table: pd.DataFrame) -> pd.DataFrame:
    """Over the seeds: of each column its mean, least and greatest."""
    axes, numbers = axes_of(plan), numbers_of(plan, table)
    sweep = table[table["control"] == ""]
    parts = []
    by = axes if len(axes) > 1 else axes[0]     # pandas warns of a list of one
    for point, group in sweep.groupby(by, sort=False, dropna=False):
        line = dict(zip(axes, point if isinstance(point, tuple) else (point,)))
        line["seeds"] = len(group)
        for c in numbers:
            line[c] = group[c].mean(skipna=False)
            line[f"{c}.min"], line[f"{c}.max"] = group[c].min(), group[c].max()
        parts.append(line)
    return pd.DataFrame(parts)


def _spread(line: Any, column: str) -> str:
    low, high = line[f"{column}.min"], line[f"{column}.max"]
    text = cell(line[column])
    if low == high or math.isnan(line[column]) or \
            cell(low) == cell(high):
        return text
    return f"{text} ({cell(low)} – {cell(high)})"


def markdown(plan: Plan, whole: pd.DataFrame) -> list[list[str]]:
    """The table for people, its heading first: a line a point, of several
    seeds the mean and the range."""
    axes = [a for a in axes_of(plan) if whole[a].nunique() > 1] or ["scheduler"]
    numbers = plan.study.columns or [
        c for c in whole.columns if f"{c}.min" in whole.columns]
    if wrong := [c for c in numbers if c not in whole.columns]:
        raise plan.study.error(("table", "columns"),
                               f"there is no column {wrong[0]!r}")
    lines = [[*axes, *numbers]]
    for _, line in whole.iterrows():
        lines.append([*(str(line[a]) for a in axes),
                      *(_spread(line, c) for c in numbers)])
    return lines


def write_markdown(lines: list[list[str]], file: Path) -> None:
    """As a table of Markdown."""
    text = ["| " + " | ".join(line) + " |" for line in lines]
    text.insert(1, "|" + "---|" * len(lines[0]))
    file.write_text("\n".join(text) + "\n")


def write(table: pd.DataFrame, file: Path, index: bool) -> None:
    """As CSV. Ten digits: more would tell of the order of additions."""
    table.to_csv(file, index=index, float_format=DIGITS)


def committed(file: Path) -> str | None:
    """What the last commit has there, or else the disk; None: nothing."""
    try:
        name = file.resolve().relative_to(ROOT)
        if (ROOT / "COMMIT").exists():      # an artefact, not a clone
            raise ValueError
        done = subprocess.run(["git", "-C", ROOT, "show", f"HEAD:{name}"],
                              text=True, capture_output=True)
        if done.returncode == 0:
            return done.stdout
    except (ValueError, OSError):
        pass
    return file.read_text() if file.exists() else None


def _read(text: str) -> pd.DataFrame:
    """By run, or by line where the table has no runs."""
    table = pd.read_csv(io.StringIO(text), dtype=str)
    if "run" in table:
        return table.set_index("run")
    table.index = pd.Index([f"line {i}" for i in range(2, len(table) + 2)])
    return table


def changes(old: str, new: Path) -> list[str]:
    """What is another in table.csv: runs and cells."""
    before, after = _read(old), _read(new.read_text())
    said = [f"{r} is new" for r in after.index.difference(before.index)]
    said += [f"{r} is no more"
             for r in before.index.difference(after.index)]
    for run in after.index.intersection(before.index):
        for column in after.columns:
            a = before.at[run, column] if column in before else None
            b = after.at[run, column]
            if a != b and not (pd.isna(a) and pd.isna(b)):
                said.append(f"{run}: {column}: {a} -> {b}")
    if len(said) > SHOWN:
        said = [*said[:SHOWN], f"... and {len(said) - SHOWN} more"]
    return said
