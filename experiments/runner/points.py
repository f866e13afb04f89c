"""The runs of a study: every point of its sweep, and of its controls.

The axes are `scheduler` (the [[schedulers]], by id), those of [sweep], and
`seed`. A point gives each a value; a run is a point with the scenario that
comes of it.
"""
from __future__ import annotations

import copy
import hashlib
import itertools
import re
from dataclasses import dataclass
from typing import Any

from . import manifest
from .manifest import Manifest, ManifestError
from .merge import fill, overlay
from .study import Control, Study

Point = dict[str, Any]
NAME_MAX = 120


@dataclass(frozen=True)
class Planned:
    """A run to be made. `control` is empty but for a control's."""

    name: str
    point: Point            # axis -> value as tables show it
    control: str
    host: str
    plugins: list[str]
    scenario: dict[str, Any]    # tables, with one scheduler and one seed
    manifest: Manifest


def _label(value: Any) -> Any:
    return value["label"] if isinstance(value, dict) else value


def scheduler_ids(study: Study) -> list[str]:
    """The values of the axis `scheduler`; [""] if pools rule everywhere."""
    rows = study.root.get("schedulers", [])
    return [r.get("id") or r["name"] for r in rows] or [""]


def axes(study: Study) -> dict[str, list[Any]]:
    """All axes with their values as tables show them."""
    found: dict[str, list[Any]] = {"scheduler": list(scheduler_ids(study))}
    for name, values in study.root.get("sweep", {}).items():
        found[name] = [_label(v) for v in values]
    found["seed"] = study.seeds
    for name, values in found.items():
        if len({str(v) for v in values}) < len(values):
            path = ("schedulers",) if name == "scheduler" else ("sweep", name)
            raise study.error(path, "two values have the same name" + (
                ": give them an id" if name == "scheduler" else ""))
    return found


def matches(point: Point, where: dict[str, Any]) -> bool:
    """Does the point lie there? {} is everywhere."""
    return all(point.get(axis) in (v if isinstance(v, list) else [v])
               for axis, v in where.items())


def check_where(study: Study, where: dict[str, Any], *path: str | int) -> None:
    """Axes and values of a where table exist."""
    known = axes(study)
    for extra in study.root.get("extra", []):
        for axis, v in extra.items():
            known.get(axis, []).extend(v if isinstance(v, list) else [v])
    for axis, value in where.items():
        if axis not in known:
            raise study.error(path + (axis,), "no such axis; there are: "
                              f"{', '.join(known)}")
        for one in value if isinstance(value, list) else [value]:
            if one not in known[axis] and axis != "seed":
                raise study.error(
                    path + (axis,), f"the axis has no value {one!r}; it has: "
                    f"{', '.join(map(str, known[axis]))}")


def points(study: Study, quick: bool = False) -> list[Point]:
    """Every point of the sweep, extra ones last."""
    known = axes(study)
    if quick and study.quick.seeds:
        known["seed"] = study.quick.seeds
    found = [dict(zip(known, values))
             for values in itertools.product(*known.values())]
    for i, extra in enumerate(study.root.get("extra", [])):
        lists = {a: v if isinstance(v, list) else [v]
                 for a, v in extra.items()}
        lists.setdefault("seed", known["seed"])
        for axis in known:
            if axis not in lists:
                raise study.error(("extra", i), f"a value for {axis} is "
                                  "missing")
        if unknown := set(lists) - set(known):
            raise study.error(("extra", i, min(unknown)), "no such axis; "
                              f"there are: {', '.join(known)}")
        found += [dict(zip(known, values)) for values in
                  itertools.product(*(lists[a] for a in known))]
    for i, where in enumerate(study.root.get("exclude", [])):
        check_where(study, where, "exclude", i)
        found = [p for p in found if not matches(p, where)]
    if quick:
        check_where(study, study.quick.where, "quick", "where")
        found = [p for p in found if matches(p, study.quick.where)]
    if not found:
        raise study.error(("quick",) if quick else ("sweep",),
                          "no run is left")
    unique: dict[str, Point] = {}
    for p in found:
        if unique.setdefault(run_name(p), p) != p:
            raise study.error(("sweep",), f"two runs would be called "
                              f"{run_name(p)}: give the values other labels")
    return list(unique.values())


def run_name(point: Point, control: str = "") -> str:
    """The folder of a run."""
    words = [control] if control else []
    words += [str(point["scheduler"])] if point["scheduler"] else []
    words += [f"{axis}-{value}" for axis, value in point.items()
              if axis not in ("scheduler", "seed")]
    words.append(f"seed-{point['seed']}")
    # No comma, no "=": Snakemake has a meaning for them.
    name = "_".join(re.sub(r"[^A-Za-z0-9.+-]", "-", w) for w in words)
    if len(name) > NAME_MAX:
        mark = hashlib.sha256(name.encode()).hexdigest()[:8]
        name = f"{name[:NAME_MAX - 9]}-{mark}"
    return name


def _raw(study: Study, point: Point) -> dict[str, Any]:
    """axis -> the value as it stands in the file, tables included."""
    raw = dict(point)
    for axis, values in study.root.get("sweep", {}).items():
        for value in values:
            if _label(value) == point[axis]:
                raw[axis] = value
    return raw


def _changes(study: Study, raw: Point, quick: bool,
             control: Control | None) -> list[tuple[str, dict[str, Any]]]:
    """All `set` tables that apply, in order, with their places."""
    found = [(f"sweep.{axis}.set", value["set"]) for axis, value in raw.items()
             if isinstance(value, dict) and "set" in value]
    if quick and study.quick.set:
        found.append(("quick.set", study.quick.set))
    if control:
        found.append((f"control.{control.name}.set", control.set))
    return found


def tables(study: Study, point: Point, quick: bool = False,
           control: Control | None = None) -> dict[str, Any]:
    """The scenario of a point (all schedulers still in it), and its host."""
    raw = _raw(study, point)
    tree = copy.deepcopy({**study.scenario, "host": study.root["host"]})
    for row in tree.get("schedulers", []):
        row.setdefault("id", row["name"])   # a change may give another name
    try:
        for place, change in _changes(study, raw, quick, control):
            overlay(tree, copy.deepcopy(change), place)
        tree = fill(tree, raw)
    except ValueError as error:
        raise ManifestError(f"{study.file}: {error}") from None
    if "build" in study.root:
        tree = study.function(study.root["build"], "build")(tree, raw)
    return tree


def plan(study: Study, point: Point, quick: bool = False,
         control: Control | None = None) -> Planned:
    """One run. ManifestError: its scenario is wrong."""
    tree = tables(study, point, quick, control)
    host = tree.pop("host")
    name = run_name(point, control.name if control else "")
    tree = {"name": study.name, "title": study.title,
            "seeds": [point["seed"]], **tree}
    # With all schedulers, so that messages have the file's lines.
    whole = manifest.build(tree, study.file, study.lines)
    rows = tree.get("schedulers", [])
    mine = [r for r in rows if r.get("id") == point["scheduler"]]
    if rows:
        tree = {**tree, "schedulers": mine}
    if whole.dom0 and host["kind"] != "qemu":
        raise whole.error(("dom0",), "a dom0 runs in the hypervisor only")
    for d in whole.domains:
        if host["kind"] == "qemu" and not d.kernel:
            raise whole.error(("domains", d.table, "workload"),
                              f"{d.why}; so this runs in the simulator only")
        if host["kind"] == "qemu" and d.changes:
            raise whole.error(("domains", d.table, "changes"), "parameters "
                              "change in the simulator only")
    return Planned(name, point, control.name if control else "",
                   host["kind"], list(host.get("plugins", [])), tree,
                   manifest.build(tree, study.file, study.lines))


def runs(study: Study, quick: bool = False) -> list[Planned]:
    """All runs: the sweep's, then the controls'. Everything that can be wrong
    with the file is found here, before anything runs."""
    every = points(study, quick)
    found = [plan(study, p, quick) for p in every]
    for i, expect in enumerate(study.expect):
        check_where(study, expect.where, "expect", i, "where")
        if expect.function:
            study.function(expect.function, "expect", i, "function")
    for i, metric in enumerate(study.metrics):
        study.function(metric.function, "metric", i, "function")
    for i, figure in enumerate(study.figures):
        if figure.data:
            study.function(figure.data, "figure", i, "data")
    for i, explore in enumerate(study.explore):
        check_where(study, explore.where, "explore", i, "where")
    for i, control in enumerate(study.controls):
        check_where(study, control.where, "control", i, "where")
        there = [p for p in every if matches(p, control.where)]
        if not there and not quick:
            raise study.error(("control", i, "where"), "no run is there")
        found += [plan(study, p, quick, control) for p in there]
    return found
