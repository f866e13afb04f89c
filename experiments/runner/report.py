"""table.csv, manifest.json, report.html: what a run leaves behind."""
from __future__ import annotations

import hashlib
import json
import math
import platform
import re
import subprocess
from pathlib import Path
from typing import Any

import pandas as pd

from experiments.explore import page
from experiments.explore.pack import pack
from xentrace.trace import ROOT

from .manifest import Manifest
from .metrics import Result, Verdict
from .run import Run

COLUMNS = {  # column of table.csv: heading in print and in the report
    "scheduler": "scheduler", "wakes": "wake-ups", "min_us": "min µs",
    "median_us": "median µs", "p99_us": "p99 µs", "p99.9_us": "p99.9 µs",
    "max_us": "max µs", "cyclictest_max_us": "cyclictest µs",
    "deadline_misses": "misses", "deadline_jobs": "of jobs",
    "pingpong_p50_us": "ping-pong µs", "share_error_percent": "share off %",
    "switches_per_second": "switches/s",
}


def sha256(file: Path) -> str:
    """The hash of a file's bytes."""
    return hashlib.sha256(file.read_bytes()).hexdigest()


def version_of(command: list[str]) -> str:
    """The first line that a tool says of itself."""
    try:
        out = subprocess.run(command, text=True, capture_output=True).stdout
        return out.splitlines()[0] if out else "?"
    except OSError:
        return "not there"


def commit() -> str:
    """The commit, with + if the tree differs from it (but in results/, where
    all comes out and nothing goes in); ? outside of git. An unpacked artefact
    has it in a file."""
    if (packed := ROOT / "COMMIT").exists():
        return packed.read_text().strip()
    rev = subprocess.run(["git", "rev-parse", "HEAD"], text=True,
                         capture_output=True)
    dirty = subprocess.run(["git", "status", "--porcelain", "-uno", "--",
                            ":(top)", ":(top,exclude)results"], text=True,
                           capture_output=True).stdout.strip()
    return (rev.stdout.strip() or "?") + ("+" if dirty else "")


def cell(value: Any) -> str:
    """A number as people read it; a dash for what was not seen."""
    if isinstance(value, str):
        return value
    if value is None or math.isnan(value):
        return "–"
    if value == int(value) and abs(value) < 1e15:
        return f"{int(value):,}"
    # z: no minus before what is rounded to nothing
    return f"{value:z,.2f}" if abs(value) < 100 else f"{value:,.1f}"


def text_table(results: list[Result]) -> str:
    """The table for the terminal."""
    rows = [list(COLUMNS.values())]
    rows += [[cell(r.row[c]) for c in COLUMNS] for r in results]
    widths = [max(len(row[i]) for row in rows) for i in range(len(COLUMNS))]
    return "\n".join("  ".join(
        text.ljust(w) if i == 0 else text.rjust(w)
        for i, (text, w) in enumerate(zip(row, widths))) for row in rows)


def write_table(results: list[Result], file: Path) -> None:
    """table.csv: every column, full precision, times in us."""
    pd.DataFrame([r.row for r in results]).to_csv(file, index=False)


def inputs(manifest: Manifest, build: Path) -> dict[str, str]:
    """Hashes of what goes in."""
    files = {build / "metronome.gz", manifest.folder / "experiment.toml"}
    files |= set(manifest.plugins)
    files |= {build / "guests" / f for d in manifest.domains
              for f in (d.kernel, d.ramdisk) if f}
    return {str(f.relative_to(f.parents[1])): sha256(f)
            for f in sorted(files) if f.exists()}


def write_manifest(manifest: Manifest, runs: list[Run], results: list[Result],
                   verdicts: list[Verdict], build: Path,
                   file: Path) -> dict[str, Any]:
    """manifest.json: inputs, tools, commands, and the hash of each trace."""
    digests = {r.run.name: r.digest for r in results}
    said = {
        "experiment": manifest.name, "commit": commit(),
        "inputs": inputs(manifest, build),
        "tools": {
            "qemu": version_of(["qemu-system-x86_64", "--version"]),
            "gcc": version_of(["gcc", "--version"]),
            "grub": version_of(["grub-mkrescue", "--version"]),
            "gnuplot": version_of(["gnuplot", "--version"]),
            "python": platform.python_version(),
        },
        "runs": {r.name: {
            "problem": r.problem, "trace_sha256": digests.get(r.name),
            "qemu": [re.sub(r"/\S*/", "", a) for a in r.command or []],
        } for r in runs},
        "verdicts": [{"text": v.text, "passed": v.passed} for v in verdicts],
    }
    file.write_text(json.dumps(said, indent=2) + "\n")
    return said


def inline(svg: Path) -> str:
    """An SVG file as an element: without prologue and fixed size, and with
    names of its own, for several stand in one page."""
    text = svg.read_text()
    text = text[text.index("<svg"):]
    stem = svg.stem
    text = re.sub(r"\bid=(['\"])", rf"id=\1{stem}-", text)
    text = re.sub(r"(xlink:href=['\"]#)", rf"\1{stem}-", text)
    return re.sub(r"url\(#", f"url(#{stem}-", text)


def explore(manifest: Manifest, results: list[Result]) -> dict[str, Any]:
    """The interactive time line: each run's measured window."""
    m = manifest.measure
    several = len({r.run.seed for r in results}) > 1
    return page.part([pack(
        r.trace, r.run.scheduler.label
        + (f", seed {r.run.seed}" if several else ""), m.start, m.stop,
        manifest.id_of(m.latency_domain)) for r in results])


def write_report(manifest: Manifest, runs: list[Run], results: list[Result],
                 verdicts: list[Verdict], figures: dict[str, Path],
                 said: dict[str, Any], file: Path) -> None:
    """One self-contained page."""
    env = page.environment(Path(__file__).parent)
    env.filters["cell"] = cell
    file.write_text(env.get_template("report.html.j2").render(
        manifest=manifest, runs=runs, results=results, verdicts=verdicts,
        columns=COLUMNS, said=said, explore=explore(manifest, results),
        figures={name: inline(path) for name, path in figures.items()}))
