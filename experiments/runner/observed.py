"""What a function that measures is given: one finished run.

Everything is read when it is first asked for, so that a function which needs
the table alone does not wait for the trace.
"""
from __future__ import annotations

import json
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from xentrace import runstates
from xentrace.trace import Trace, load

from .manifest import Domain, Manifest, read


class Observed:
    """One run: where it is in the sweep, and what it left behind.

    point: axis -> value; manifest: its scenario; start, stop: the window in ns
    of virtual time; cpus: how many.
    """

    def __init__(self, folder: Path, recipe: dict[str, Any]) -> None:
        self.folder = folder
        self.point: dict[str, Any] = recipe["point"]
        self.host: str = recipe["host"]
        self.manifest: Manifest = read(folder / "scenario.json")
        self.start = self.manifest.measure.start
        self.stop = self.manifest.measure.stop
        self.cpus = self.manifest.cpus

    @classmethod
    def of(cls, folder: Path) -> Observed:
        """The run of a folder of build/experiments."""
        return cls(folder, json.loads(
            (folder / "recipe.json").read_text()))

    @property
    def seconds(self) -> float:
        """The window's length."""
        return (self.stop - self.start) / 1e9

    @cached_property
    def trace(self) -> Trace:
        """The hypervisor's, or the simulator's."""
        return load(self.folder / "trace")

    @cached_property
    def intervals(self) -> pd.DataFrame:
        """xentrace.runstates.intervals(): every stay of a vCPU in a state."""
        return runstates.intervals(self.trace)

    @cached_property
    def window(self) -> pd.DataFrame:
        """The parts of the intervals that are in the measured window."""
        return runstates.clip(self.intervals, self.start, self.stop)

    @cached_property
    def table(self) -> pd.DataFrame | None:
        """The simulator's table, times in ns, by domain; None with qemu."""
        file = self.folder / "table.csv"
        return pd.read_csv(file, index_col="domain") if file.exists() else None

    @cached_property
    def serial(self) -> str:
        """The hypervisor's console; empty in the simulator."""
        file = self.folder / "serial.log"
        return file.read_text(errors="replace") if file.exists() else ""

    def id_of(self, name: str) -> int:
        """The id of the domain of exactly this name."""
        return self.manifest.id_of(name)

    def ids_of(self, prefix: str) -> dict[int, Domain]:
        """Domains whose name begins so, by id: prefix "hog" is hog1, hog2."""
        return self.manifest.ids_of(prefix)
