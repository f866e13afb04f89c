"""Data files and figures: gnuplot draws each as PDF, SVG and PNG."""
from __future__ import annotations

import re
import subprocess
from pathlib import Path

import numpy as np

from xentrace import runstates
from xentrace.trace import RUNNABLE, RUNNING

from .manifest import Manifest
from .metrics import Result

KINDS = ("pdf", "svg", "png")
SIZES = {"cdf": (8.0, 3.6), "timeline": (8.0, 9.0), "shares": (8.0, 3.8)}
STYLE = Path(__file__).with_name("style.gp")


def write_cdf(result: Result, file: Path) -> None:
    """Latency in us, fraction at or below, fraction above; and the maximum.

    Of points less than half a percent apart only the last one is kept, but for
    the tail's."""
    ns = np.sort(result.samples.ns)
    n = len(ns)
    rank = np.arange(1, n + 1) / max(n, 1)
    us = np.maximum(ns / 1e3, 1e-3)
    place = np.floor(np.log10(us) * 500)
    keep = np.append(np.diff(place) > 0, True)[:n]
    keep[-50:] = True
    points = np.column_stack([us, rank, 1 - rank])[keep]
    np.savetxt(file, np.vstack([[us[0], 0, 1], points]) if n else points,
               fmt="%.9g")
    np.savetxt(f"{file}.max", [[us[-1], 1 / n]] if n else np.empty((0, 2)),
               fmt="%.9g")


def write_timeline(result: Result, manifest: Manifest, rows: dict[int, int],
                   file: Path) -> None:
    """Boxes from the middle of the window on: row, from ms, to ms, kind."""
    start = (manifest.measure.start + manifest.measure.stop) / 2
    stop = start + manifest.measure.timeline
    lat = manifest.id_of(manifest.measure.latency_domain)
    part = runstates.clip(result.intervals, start, stop)
    part = part[part["dom"].isin(rows)]
    runs = part[part["state"] == RUNNING]
    waits = part[(part["state"] == RUNNABLE) & (part["dom"] == lat)]
    # Drawn one over the other: a short run is seen above the wait before it.
    lines = [(rows[r.dom], r.start, r.end, 2) for r in waits.itertuples()]
    lines += [(rows[r.dom], r.start, r.end, int(r.dom == lat))
              for r in runs.itertuples()]
    table = np.array(lines or [(0, start, start, 0)], dtype=float)
    table[:, 1:3] = (table[:, 1:3] - start) / 1e6
    np.savetxt(file, table, fmt="%.6f")


def write_shares(result: Result, manifest: Manifest, file: Path) -> None:
    """x, percent of the CPUs had, percent entitled to, label."""
    m = manifest.measure
    whole = (m.stop - m.start) * manifest.cpus / 100
    hogs = manifest.ids_of(m.busy_domains)
    lines = [f"{x} {result.busy.loc[i, 'ran'] / whole:.6f} "
             f"{result.busy.loc[i, 'due'] / whole:.6f} "
             f"\"{d.name} ({d.weight:g})\""
             for x, (i, d) in enumerate(hogs.items(), 1)]
    file.write_text("\n".join(lines) + "\n")


def undate(pdf: Path) -> None:
    """Take the time of day out of a PDF, so that the same figure is the same
    file; in as many bytes, for there is a table of places at its end."""
    text = re.sub(rb"/CreationDate \(D:(\d+)", lambda m:
                  b"/CreationDate (D:" + b"20260101000000"[:len(m[1])],
                  pdf.read_bytes())
    pdf.write_bytes(text)


def _variables(results: list[Result], manifest: Manifest) -> str:
    names = " ".join(r.run.name for r in results)
    labels = ", ".join(f'"{r.run.scheduler.label}"' for r in results)
    every = np.concatenate([r.samples.ns for r in results]) / 1e3
    low = 10 ** np.floor(np.log10(max(every.min(initial=1e9), 0.1)))
    high = 10 ** np.ceil(np.log10(max(every.max(initial=1), 1) * 1.01))
    rows = " ".join(d.name for d in manifest.domains)
    return (f"names = '{names}'; array labels[{len(results)}] = [{labels}]; "
            f"xmin = {low:g}; xmax = {high:g}; "
            f"span = {manifest.measure.timeline / 1e6:g}; "
            f"rowlabels = '{rows}'; "
            f"hogs = {len(manifest.ids_of(manifest.measure.busy_domains))}")


def draw(results: list[Result], manifest: Manifest,
         folder: Path) -> dict[str, Path]:
    """Write data and figures into folder; the SVG of each figure by name."""
    data = folder / "work" / "data"
    data.mkdir(parents=True, exist_ok=True)
    rows = {i: i for i in range(1, len(manifest.domains) + 1)}
    for result in results:
        name = result.run.name
        write_cdf(result, data / f"cdf.{name}")
        write_timeline(result, manifest, rows, data / f"timeline.{name}")
        write_shares(result, manifest, data / f"shares.{name}")
    variables = _variables(results, manifest)
    for figure, (wide, high) in SIZES.items():
        script = manifest.folder / f"{figure}.gp"  # its own, or the usual
        if not script.exists():
            script = STYLE.with_name(f"{figure}.gp")
        for kind in KINDS:
            out = folder / f"{figure}.{kind}"
            subprocess.run(
                ["gnuplot", "-e", f"kind = '{kind}'; wide = {wide}; "
                 f"high = {high}; out = '{out}'; data = '{data / figure}'; "
                 + variables, STYLE, script], check=True)
            if kind == "pdf":
                undate(out)
    return {figure: folder / f"{figure}.svg" for figure in SIZES}
