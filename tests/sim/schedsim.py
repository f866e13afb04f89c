"""Running schedsim on scenarios written in the test."""
from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from xentrace.trace import ROOT

SCHEDSIM = ROOT / "build" / "schedsim"

MACHINE = """
[machine]
cpus = {cpus}
[measure]
until = "{until}"
[[schedulers]]
name = "{sched}"
weight = ""
{more}
"""


@dataclass
class Run:
    """What a run said, and its table by domain (times in ns)."""

    code: int
    out: str
    err: str
    table: pd.DataFrame | None
    trace: Path

    @property
    def hash(self) -> str:
        """The engine's hash of all changes of state."""
        return self.out.rsplit("hash ", 1)[1].split()[0]

    def of(self, domain: str) -> pd.Series:
        """A row of the table."""
        return self.table.loc[domain]


def scenario(domains: str, cpus: int = 1, until: str = "1s",
             sched: str = "rr", more: str = "") -> str:
    """A scenario; domains as `name: { kind = ... }` lines, one each."""
    text = MACHINE.format(cpus=cpus, until=until, sched=sched, more=more)
    for line in domains.strip().splitlines():
        name, _, work = line.strip().partition(":")
        work, _, keys = work.partition("|")
        text += f"\n[[domains]]\nname = \"{name}\"\nworkload = {work}\n"
        text += keys.replace(";", "\n") + "\n"
    return text


def run(folder: Path, text: str, *options: str, name: str = "s") -> Run:
    """Run schedsim on this scenario."""
    file = folder / f"{name}.toml"
    file.write_text(text)
    csv, trace = folder / f"{name}.csv", folder / f"{name}.trace"
    done = subprocess.run(
        [SCHEDSIM, file, "--csv", csv, "--trace", trace, *options],
        text=True, capture_output=True, timeout=300)
    table = pd.read_csv(csv, index_col="domain") if done.returncode == 0 \
        else None
    return Run(done.returncode, done.stdout, done.stderr, table, trace)
