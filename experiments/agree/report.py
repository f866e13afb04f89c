"""What a comparison leaves behind: table.csv, manifest.json, and pictures.

What was compared before, and is not now, stays in both. So each run in the
manifest tells of which commit its hypervisor is."""
from __future__ import annotations

import dataclasses
import json
import platform
import subprocess
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd

from experiments.runner.figures import KINDS, STYLE, undate
from experiments.runner.manifest import Manifest
from experiments.runner.report import commit, sha256, version_of
from xentrace import decisions
from xentrace.trace import Trace

HERE = Path(__file__).resolve().parent
FROM_NS, UNTIL_NS = 20_000_000, 60_000_000  # what is drawn of the window
COLUMNS = ["scheduler", "scenario", "cpus", "decisions", "apart_us", "verdict"]
ORDER = ["cpus", "scenario", "scheduler"]


@dataclasses.dataclass
class Row:
    """One comparison."""

    scheduler: str
    scenario: str
    cpus: int
    decisions: int = 0
    apart_us: float = 0.0
    verdict: str = ""
    detail: str = ""
    digest: str = ""
    """SHA-256 of the hypervisor's trace up to the end of the window."""
    commit: str = ""
    """Of the hypervisor."""
    picture: str = ""
    """Lines for strips.gp."""

    @property
    def name(self) -> str:
        """In the manifest."""
        return f"{self.scenario}-{self.cpus}/{self.scheduler}"


def strips(real: Trace, simulated: Trace, start: float) -> str:
    """Who had each CPU in both, 4 numbers a line: the strip (CPU 0 of the
    hypervisor, of the simulator, then CPU 1), from ms, to ms, domain; idle is
    left out."""
    lines = []
    for number, trace in enumerate((real, simulated)):
        rows = decisions.decisions(trace, start + FROM_NS, start + UNTIL_NS)
        for cpu, mine in rows.groupby("cpu"):
            begins = (mine["ns"].to_numpy() - start) / 1e6
            ends = np.append(begins[1:], UNTIL_NS / 1e6)
            lines += [f"{2 * cpu + number} {a:.6f} {b:.6f} {dom}"
                      for a, b, dom in zip(begins, ends, mine["dom"])
                      if trace.name_of(int(dom)) != "idle"]
    return "\n".join(lines) + "\n"


def draw(row: Row, manifest: Manifest, out: Path) -> None:
    """strips-SCHEDULER-SCENARIO.{pdf,svg,png}."""
    names = " ".join(d.name for d in manifest.domains)
    with tempfile.NamedTemporaryFile("w", suffix=".dat") as data:
        data.write(row.picture)
        data.flush()
        for kind in KINDS:
            file = out / f"strips-{row.scheduler}-{row.scenario}.{kind}"
            subprocess.run(
                ["gnuplot", "-e", f"kind='{kind}'; wide=8.0; high=3.4; "
                 f"out='{file}'; data='{data.name}'; names='{names}'; "
                 f"from={FROM_NS / 1e6}; until={UNTIL_NS / 1e6}; "
                 f"title_='{row.scheduler}, {row.scenario}, {row.cpus} CPUs'",
                 str(STYLE), str(HERE / "strips.gp")], check=True)
            if kind == "pdf":
                undate(file)


def inputs(scenarios: list[Path], build: Path) -> dict[str, str]:
    """Hashes of what goes in."""
    files = [build / "metronome.gz", build / "schedsim-engine", *scenarios,
             *(build / "guests" / g for g in ("hog", "periodic", "pingpong"))]
    return {f"{f.parent.name}/{f.name}": sha256(f)
            for f in files if f.exists()}


def before(rows: list[Row], scenarios: list[Path], known: list[str],
           out: Path) -> list[Row]:
    """Those of the run before that there still are, and are not of `rows`."""
    if not (out / "table.csv").exists():
        return []
    runs = json.loads((out / "manifest.json").read_text())
    now, there = {r.name for r in rows}, {s.stem for s in scenarios}
    # One is called "null".
    table = pd.read_csv(out / "table.csv", keep_default_na=False)
    kept = []
    for values in table.to_dict("records"):
        row = Row(**values)
        if (row.name in now or row.scheduler not in known
                or row.scenario not in there):
            continue
        said = runs["runs"][row.name]
        row.digest = said["trace_sha256"]
        row.commit = said.get("commit", runs["commit"])
        kept.append(row)
    return kept


def write(rows: list[Row], scenarios: list[Path], known: list[str],
          build: Path, out: Path) -> None:
    """table.csv and manifest.json. `known`: the schedulers that there are."""
    out.mkdir(parents=True, exist_ok=True)
    scenarios = sorted({*HERE.glob("*.toml"), *scenarios})
    rows = rows + before(rows, scenarios, known, out)
    rows.sort(key=lambda r: [getattr(r, key) for key in ORDER])
    table = pd.DataFrame([dataclasses.asdict(r) for r in rows])
    table[COLUMNS].to_csv(out / "table.csv", index=False)
    said = {
        "experiment": "agree", "commit": commit(),
        "inputs": inputs(scenarios, build),
        "tools": {
            "qemu": version_of(["qemu-system-x86_64", "--version"]),
            "gcc": version_of(["gcc", "--version"]),
            "gnuplot": version_of(["gnuplot", "--version"]),
            "python": platform.python_version(),
        },
        "runs": {r.name: {"verdict": r.verdict, "trace_sha256": r.digest,
                          "commit": r.commit} for r in rows},
    }
    (out / "manifest.json").write_text(json.dumps(said, indent=2) + "\n")
