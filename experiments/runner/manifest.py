"""experiment.toml as dataclasses; what is wrong in it is named in one line."""
from __future__ import annotations

import dataclasses
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .units import to_ns


class ManifestError(Exception):
    """The manifest says something that cannot be done."""


@dataclass(frozen=True)
class Scheduler:
    """One row of the table: `sched=name`, further options of that boot, and the
    parameter that takes a domain's weight (empty: it knows no weights)."""

    name: str
    label: str
    options: str = ""
    weight: str = "weight"


@dataclass(frozen=True)
class Domain:
    """One boot-time domain. kernel, ramdisk: below build/guests. A parameter
    is for the scheduler that its name begins with: "bvt.warp"."""

    name: str
    kernel: str
    memory: str
    ramdisk: str = ""
    vcpus: int = 1
    cmdline: str = ""
    weight: int = 256
    parameters: dict[str, Any] = dataclasses.field(default_factory=dict)


@dataclass(frozen=True)
class Expect:
    """A verdict: a column of a scheduler's row against a bound."""

    scheduler: str
    what: str
    claim: str
    below: float | None = None
    above: float | None = None


@dataclass(frozen=True)
class Measure:
    """The window of virtual time, in ns since boot, and whose figures count."""

    start: int
    stop: int
    end: int
    timeline: int
    latency_domain: str
    busy_domains: str


@dataclass(frozen=True)
class Manifest:
    """A whole experiment."""

    folder: Path
    name: str
    title: str
    seeds: list[int]
    cpus: int
    memory: str
    icount_shift: int
    trace_mask: int
    trace_pages: int
    measure: Measure
    schedulers: list[Scheduler]
    domains: list[Domain]
    expect: list[Expect]
    plugins: tuple[Path, ...] = ()  # objects to load: choose.py

    def ids_of(self, prefix: str) -> dict[int, Domain]:
        """Domains whose name begins so, by domain id: they are numbered from 1
        in the order of the manifest."""
        return {i: d for i, d in enumerate(self.domains, 1)
                if d.name.startswith(prefix)}

    def id_of(self, name: str) -> int:
        """The id of the domain of exactly this name."""
        for i, domain in enumerate(self.domains, 1):
            if domain.name == name:
                return i
        raise ManifestError(f"no domain is called {name!r}")


def _make(cls: type, table: dict[str, Any], where: str) -> Any:
    known = {f.name for f in dataclasses.fields(cls)}
    unknown = sorted(set(table) - known)
    if unknown:
        raise ManifestError(f"{where}: unknown key {unknown[0]!r}; known: "
                            f"{', '.join(sorted(known))}")
    try:
        return cls(**table)
    except TypeError as error:
        raise ManifestError(f"{where}: {error}") from None


def _domains(tables: list[dict[str, Any]]) -> list[Domain]:
    """Expand count = N: name1, name2, ...; a list of N weights is dealt out."""
    found = []
    for table in tables:
        table = dict(table)
        count = table.pop("count", None)
        where = f"domain {table.get('name', '?')!r}"
        weights = table.get("weight", 256)
        if isinstance(weights, int):
            weights = [weights] * (count or 1)
        if len(weights) != (count or 1):
            raise ManifestError(f"{where}: {len(weights)} weights for "
                                f"{count or 1} domains")
        for i, weight in enumerate(weights):
            one = {**table, "weight": weight}
            if count:
                one["name"] = f"{table['name']}{i + 1}"
            found.append(_make(Domain, one, where))
    return found


def _measure(table: dict[str, Any]) -> Measure:
    table = dict(table)
    try:
        table["start"] = to_ns(table.pop("from"))
        table["stop"] = to_ns(table.pop("until"))
        table["end"] = to_ns(table["end"])
        table["timeline"] = to_ns(table["timeline"])
    except KeyError as missing:
        raise ManifestError(f"measure: {missing} is missing") from None
    measure = _make(Measure, table, "measure")
    if not measure.start < measure.stop <= measure.end:
        raise ManifestError("measure: from < until <= end does not hold")
    return measure


def read(folder: Path) -> Manifest:
    """Read folder/experiment.toml. ManifestError tells what is wrong."""
    file = folder / "experiment.toml"
    try:
        table = tomllib.loads(file.read_text())
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise ManifestError(f"{file}: {error}") from None
    try:
        machine, trace = table["machine"], table["trace"]
        return Manifest(
            folder=folder, name=table["name"], title=table["title"],
            seeds=table["seeds"], cpus=machine["cpus"],
            memory=machine["memory"], icount_shift=machine["icount_shift"],
            trace_mask=trace["mask"], trace_pages=trace["pages"],
            measure=_measure(table["measure"]),
            schedulers=[_make(Scheduler, t, "schedulers")
                        for t in table["schedulers"]],
            domains=_domains(table["domains"]),
            expect=[_make(Expect, t, "expect")
                    for t in table.get("expect", [])])
    except (KeyError, ValueError) as error:
        raise ManifestError(f"{file}: {error}") from None
    except ManifestError as error:
        raise ManifestError(f"{file}: {error}") from None
