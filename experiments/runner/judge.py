"""Does what was measured stand as the study expects, and do its controls fail?

rows: a DataFrame with a row a run, indexed by the run's name: the axes, the
columns of the metrics, and `control` ("" for a run of the sweep).
"""
from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd

from .points import matches
from .study import Control, Expect, Study

UNSEEN = "it was not seen"
PASS, FAIL, SKIP, GONE = "PASS", "FAIL", "skipped", "incomplete"


@dataclass(frozen=True)
class Verdict:
    """An expectation, and what was seen: of `each` run the one that is the
    nearest to failing, or furthest beyond."""

    expect: Expect
    status: str
    value: float = float("nan")
    bound: Any = None
    run: str = ""
    runs: int = 0
    note: str = ""

    @property
    def text(self) -> str:
        """One line."""
        e = self.expect
        head = f"{self.status}  {e.name}: "
        if self.status in (SKIP, GONE):
            return head + self.note
        at = f" in {self.run}" if self.run else ""
        return (f"{head}{e.what or e.function} is {self.value:.6g}{at}, "
                f"expected {relation(e, self.bound)}"
                + (f" ({self.note})" if self.note else ""))


@dataclass(frozen=True)
class Tried:
    """A control, and what became of the expectations that must fail."""

    control: Control
    verdicts: list[Verdict]

    @property
    def status(self) -> str:
        """PASS: all that must fail do, one at least with a number: a control
        of which nothing is seen shows nothing."""
        kinds = {v.status for v in self.verdicts}
        if FAIL in kinds and all(v.note == UNSEEN for v in self.verdicts
                                 if v.status == FAIL):
            return GONE
        if kinds <= {FAIL}:
            return PASS
        if kinds <= {FAIL, SKIP}:
            return PASS if FAIL in kinds else SKIP
        return FAIL if PASS in kinds else GONE

    @property
    def lines(self) -> list[str]:
        """What it shows, a line each."""
        said = {PASS: "fails, as it must", SKIP: "skipped",
                FAIL: "does NOT FAIL, though it must", GONE: "incomplete"}
        return [f"{self.status}  control {self.control.name} "
                f"{said[self.status]}",
                *(f"      {v.text}" for v in self.verdicts)]


def relation(e: Expect, bound: Any) -> str:
    """The expectation's right side, as people read it."""
    slack = ""
    if e.tolerance:
        slack = f" ± {e.tolerance:g}"
    elif e.tolerance_percent:
        slack = f" ± {e.tolerance_percent:g} %"
    if e.relation == "between":
        return f"between {bound[0]:g} and {bound[1]:g}{slack}"
    return f"{e.relation} {bound:g}{slack}"


def margin(e: Expect, value: float, bound: Any) -> float:
    """How far the value is from failing: negative if it fails. NaN: it was
    not seen."""
    if isinstance(bound, list):
        slack = e.tolerance or e.tolerance_percent / 100 * abs(bound[1])
        return min(value - bound[0], bound[1] - value) + slack
    slack = e.tolerance or e.tolerance_percent / 100 * abs(bound)
    if e.relation == "about":
        return slack - abs(value - bound)
    sign = 1.0 if e.relation in ("<", "<=") else -1.0
    return sign * (bound - value) + slack


def holds(e: Expect, far: float) -> bool:
    """Does a value that is so far from failing pass?"""
    return far > 0 if e.relation in ("<", ">") else far >= 0


def _select(rows: pd.DataFrame, where: dict[str, Any]) -> pd.DataFrame:
    keep = [matches(dict(row), where) for _, row in rows.iterrows()]
    return rows[keep]


def _one(e: Expect, value: float, bound: Any, runs: int) -> Verdict:
    far = margin(e, value, bound)
    return Verdict(e, PASS if holds(e, far) else FAIL, value, bound,
                   runs=runs, note="" if far == far else UNSEEN)


def _each(e: Expect, mine: pd.DataFrame) -> Verdict:
    """The worst of all runs."""
    worst: tuple[float, str, float, Any] | None = None
    for name, row in mine.iterrows():
        bound = row[e.value] if isinstance(e.value, str) else e.value
        far = margin(e, row[e.what], bound)
        if far != far:
            return Verdict(e, FAIL, row[e.what], bound, str(name), len(mine),
                           UNSEEN)
        if worst is None or far < worst[0]:
            worst = far, str(name), row[e.what], bound
    assert worst
    return Verdict(e, PASS if holds(e, worst[0]) else FAIL, worst[2],
                   worst[3], worst[1], len(mine))


def judge(study: Study, e: Expect, rows: pd.DataFrame,
          missing: list[dict[str, Any]], quick: bool) -> Verdict:
    """One expectation. missing: the points whose runs failed."""
    if quick and e.name in study.quick.skip:
        return Verdict(e, SKIP, note="it needs the whole sweep")
    if any(matches(p, e.where) for p in missing):
        return Verdict(e, GONE, note="not all of its runs are there")
    mine = _select(rows, e.where)
    if mine.empty:
        return Verdict(e, SKIP if quick else GONE, note="no run is there")
    if e.function:
        path = ("expect", study.expect.index(e), "function")
        value = float(study.function(e.function, *path)(mine, **e.args))
        bound = mine[e.value].mean() if isinstance(e.value, str) else e.value
        return _one(e, value, bound, len(mine))
    for column in (e.what, e.value):
        if isinstance(column, str) and column not in mine:
            raise study.error(("expect", study.expect.index(e)), "there is no "
                              f"column {column!r}; there are: "
                              f"{', '.join(map(str, mine.columns))}")
    if e.over == "each":
        return _each(e, mine)
    value = float(getattr(mine[e.what], e.over)(
        **({} if e.over == "sum" else {"skipna": False})))
    if e.over == "sum" and mine[e.what].isna().any():
        value = float("nan")
    bound = mine[e.value].mean() if isinstance(e.value, str) else e.value
    return _one(e, value, bound, len(mine))


def judge_all(study: Study, rows: pd.DataFrame,
              missing: list[dict[str, Any]], quick: bool) -> list[Verdict]:
    """All expectations on the sweep's runs."""
    sweep = rows[rows["control"] == ""]
    gone = [p for p in missing if not p["control"]]
    return [judge(study, e, sweep, gone, quick) for e in study.expect]


def _swapped(rows: pd.DataFrame, control: Control) -> pd.DataFrame:
    """The sweep, with the control's runs in the place of those it changes."""
    sweep = rows[rows["control"] == ""]
    kept = [not matches(dict(r), control.where) for _, r in sweep.iterrows()]
    return pd.concat([sweep[kept], rows[rows["control"] == control.name]])


def try_controls(study: Study, rows: pd.DataFrame,
                 missing: list[dict[str, Any]], quick: bool) -> list[Tried]:
    """All controls, each on the expectations that it names."""
    tried = []
    for control in study.controls:
        changed = _swapped(rows, control)
        none = not (rows["control"] == control.name).any()
        gone = [p for p in missing if p["control"] == control.name
                or (not p["control"] and not matches(p, control.where))]
        verdicts = []
        for e in study.expect:
            if e.name not in control.fails:
                continue
            if none and not gone:
                verdicts.append(Verdict(e, SKIP, note="no run is there"))
            else:
                verdicts.append(judge(study, e, changed, gone, quick))
        tried.append(Tried(control, verdicts))
    return tried
